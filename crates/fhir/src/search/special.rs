//! Parameters that are more than a value under a path: `_id`, `_lastUpdated`, `_list`, `_text`, `_content`, `_filter`,
//! `near`, and `resident`.

use super::criterion::last_updated;
use super::filter::filter;
use super::model::{Circle, Criterion, Test, WordsOf};
use super::near::shown;
use super::parse::Context;
use super::text::alternatives;
use super::values::{list, split, unescaped};
use crate::definitions::{Definitions, ParamKind, PathId, TypeId};
use crate::index::is_id;
use base::limits::TEXT_WAYS_MAX;
use base::{Error, Result};

/// Known without a definition of its own for every type.
pub(super) fn is_special(definitions: &Definitions, type_: TypeId, name: &str) -> bool {
    match name {
        "_id" | "_lastUpdated" | "_list" | "_text" | "_content" | "_filter" => true,
        "resident" => definitions.in_patient_compartment(type_) || !to_patients(definitions, type_).is_empty(),
        _ => false,
    }
}

/// The test of a parameter of this kind; none if it is another one.
pub(super) fn special(
    context: &Context<'_>,
    type_: TypeId,
    (bare, modifier): (&str, Option<&str>),
    value: &str,
    depth: usize,
) -> Option<Result<Test>> {
    let test = match (bare, modifier) {
        ("_id", Some("not")) => ids("_id", "", value).map(|ids| Test::Not(Box::new(Test::Id(ids)))),
        ("near", _) if context.definitions.type_name(type_) != "Location" => return None,
        ("_id" | "_lastUpdated" | "_list" | "_text" | "_content" | "_filter" | "near" | "resident", Some(modifier)) => {
            Err(Error::unsupported(format!("`{bare}` has no modifier `:{}`; leave it out", shown(modifier))))
        }
        ("_id", None) => ids("_id", "", value).map(Test::Id),
        ("_lastUpdated", None) => last_updated(context, "_lastUpdated", value),
        ("_list", None) => lists(value),
        ("_text", None) => words(WordsOf::Narrative, "_text", value),
        ("_content", None) => words(WordsOf::Everything, "_content", value),
        ("_filter", None) => filter(context, type_, value, depth),
        ("near", None) => near(value),
        ("resident", None) => resident(context, type_, value),
        _ => return None,
    };
    Some(test)
}

/// Ids, which may stand after the name of their type.
fn ids(name: &str, type_prefix: &str, value: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for value in list(name, value)? {
        let text = unescaped(value);
        let id = text.strip_prefix(type_prefix).unwrap_or(&text);
        if !is_id(id) {
            let text =
                format!("`{name}={}` is no id; an id has letters, digits, `-` and `.`, at most 64", shown(value));
            return Err(Error::invalid(text));
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// `_list=42`, `_list=List/42`.
fn lists(value: &str) -> Result<Test> {
    if value.starts_with('$') {
        let text = format!("`_list={}`: lists by their function are not kept; name a List by its id", shown(value));
        return Err(Error::unsupported(text));
    }
    ids("_list", "List/", value).map(Test::List)
}

/// `resident=12` or `resident=Person/12`: in the compartment of any registration linked to this Person. Of a type outside
/// the compartment: what points at such a registration.
fn resident(context: &Context<'_>, type_: TypeId, value: &str) -> Result<Test> {
    let definitions = context.definitions;
    let persons = ids("resident", "Person/", value)
        .map_err(|error| Error::invalid(format!("{}; write `12` or `Person/12`, an id of a Person", error.text())))?;
    let test = Test::Resident(persons);
    if definitions.in_patient_compartment(type_) {
        return Ok(test);
    }
    let (paths, patient) = (to_patients(definitions, type_), definitions.type_named("Patient"));
    let (Some(patient), false) = (patient, paths.is_empty()) else {
        let type_name = definitions.type_name(type_);
        let text = format!("`resident` finds what belongs to a patient, which `{type_name}` does not; leave it out");
        return Err(Error::unsupported(text));
    };
    let inner = vec![Criterion { param: "resident".to_owned(), test }];
    Ok(Test::Chain { paths, type_: patient, inner })
}

/// The paths by which a type is said to point at a Patient; what may point at anything says nothing of patients.
fn to_patients(definitions: &Definitions, type_: TypeId) -> Vec<PathId> {
    let Some(patient) = definitions.type_named("Patient") else { return Vec::new() };
    let types = definitions.types().count();
    let params = definitions.params_of(type_).iter().filter(|param| param.kind == ParamKind::Reference);
    let params = params.filter(|param| param.targets.len() < types && param.targets.contains(&patient));
    let paths = params.flat_map(|param| &param.paths);
    let mut paths: Vec<PathId> =
        paths.filter(|path| path.target.is_none_or(|only| only == patient)).map(|path| path.path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// `_text=(bone OR liver) and metastases`.
fn words(of: WordsOf, name: &str, value: &str) -> Result<Test> {
    let mut any: Vec<Vec<String>> = Vec::new();
    for value in list(name, value)? {
        any.extend(alternatives(name, &unescaped(value))?);
        if any.len() > TEXT_WAYS_MAX {
            let text = format!("`{name}` comes to more than {TEXT_WAYS_MAX} alternatives; ask for fewer words");
            return Err(Error::too_costly(text));
        }
    }
    Ok(Test::Words { of, any })
}

/// Where a distance is left out.
const KILOMETRES_DEFAULT: f64 = 10.0;
/// Half the way around the earth: all places are nearer.
const KILOMETRES_MAX: f64 = 20_040.0;

/// `latitude|longitude|distance|units`, in kilometres unless the units (UCUM) say otherwise.
fn near(value: &str) -> Result<Test> {
    let malformed = |value: &str| {
        Error::invalid(format!(
            "`near={}` is no place; write `31.23|121.47|5|km`: latitude (-90 to 90), longitude (-180 to 180), distance, and \
             its units (km, m, [mi_i], [nmi_i], [ft_i])",
            shown(value)
        ))
    };
    let mut circles = Vec::new();
    for value in list("near", value)? {
        let parts: Vec<String> = split(value, b'|').into_iter().map(unescaped).collect();
        let part = |nth: usize| parts.get(nth).map_or("", |part| part.trim());
        let number = |text: &str| decimal(text).ok_or_else(|| malformed(value));
        let (latitude, longitude) = (number(part(0))?, number(part(1))?);
        let distance = if part(2).is_empty() { KILOMETRES_DEFAULT } else { number(part(2))? };
        let metres = match part(3) {
            "" | "km" => 1_000.0,
            "m" => 1.0,
            "[mi_i]" | "mi" => 1_609.344,
            "[nmi_i]" => 1_852.0,
            "[ft_i]" => 0.3048,
            _ => return Err(malformed(value)),
        };
        let metres = distance * metres;
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        if parts.len() > 4 || !on_earth || !(0.0..=KILOMETRES_MAX * 1_000.0).contains(&metres) {
            return Err(malformed(value));
        }
        circles.push(Circle { latitude, longitude, metres });
    }
    Ok(Test::Near(circles))
}

/// Digits with a sign and a point, nothing that only a computer calls a number.
fn decimal(text: &str) -> Option<f64> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"+-.".contains(&byte);
    text.parse().ok().filter(|number: &f64| text.bytes().all(plain) && number.is_finite())
}
