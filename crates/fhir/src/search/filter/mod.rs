//! `_filter`: tests joined by `and`, `or` and `not`.
//!
//! <https://hl7.org/fhir/R4/search_filter.html>

mod syntax;

use super::chain::{follow, hop, referring};
use super::composite::composite;
use super::model::{Criterion, DateTest, Match, Prefix, Test, TextHow, ValueTest};
use super::near::{shown, unknown_param};
use super::parse::Context;
use super::reading::Reading;
use super::special::{is_special, special};
use super::values::unescaped;
use crate::definitions::{ParamKind, TypeId};
use base::limits::CHAIN_DEPTH_MAX;
use base::{Error, Result};
use syntax::{Expression, Link};

/// `given eq "peter" and birthdate ge 2014-10-10`, on resources of `type_`.
pub(super) fn filter(context: &Context<'_>, type_: TypeId, value: &str, depth: usize) -> Result<Test> {
    meaning(context, type_, &syntax::parse(value)?, depth)
}

fn meaning(context: &Context<'_>, type_: TypeId, expression: &Expression, depth: usize) -> Result<Test> {
    let each =
        |all: &[Expression]| all.iter().map(|one| meaning(context, type_, one, depth)).collect::<Result<Vec<_>>>();
    match expression {
        Expression::All(one) if one.len() == 1 => meaning(context, type_, &one[0], depth),
        Expression::All(all) => each(all).map(Test::All),
        Expression::Either(any) => each(any).map(Test::Either),
        Expression::Not(inner) => Ok(Test::Not(Box::new(meaning(context, type_, inner, depth)?))),
        Expression::Test(path, operation, value) => {
            along(context, type_, &path.links, (&path.name, operation, value), depth)
        }
    }
}

/// What remains of a path, and the comparison at its end.
fn along(context: &Context<'_>, type_: TypeId, links: &[Link], end: (&str, &str, &str), depth: usize) -> Result<Test> {
    if depth > CHAIN_DEPTH_MAX {
        return Err(Error::too_costly(format!("`_filter` has a chain of more than {CHAIN_DEPTH_MAX} references")));
    }
    let Some((link, rest)) = links.split_first() else { return compared(context, type_, end, depth) };
    let criterion = |test: Test| Criterion { param: "_filter".to_owned(), test };
    match link {
        Link::By(source, param) => {
            let (source, paths) = referring(context, type_, source, param)?;
            let inner = along(context, source, rest, end, depth + 1)?;
            Ok(Test::Has { type_: source, paths, inner: vec![criterion(inner)] })
        }
        Link::To(head, filter) => {
            let next = match rest.first() {
                Some(Link::To(name, _)) => name.as_str(),
                Some(Link::By(..)) => "_has",
                None => end.0,
            };
            let (param, types) = hop(context, type_, head, next)?;
            follow(context, param, &types, &mut |target| {
                let inner = along(context, target, rest, end, depth + 1)?;
                let Some(filter) = filter else { return Ok(criterion(inner)) };
                Ok(criterion(Test::All(vec![meaning(context, target, filter, depth + 1)?, inner])))
            })
        }
    }
}

/// `name operation value` on the resource itself.
fn compared(
    context: &Context<'_>,
    type_: TypeId,
    (name, operation, value): (&str, &str, &str),
    depth: usize,
) -> Result<Test> {
    let operation = operation.to_ascii_lowercase();
    let operation = operation.as_str();
    if is_special(context.definitions, type_, name) || name == "near" {
        return of_special(context, type_, (name, operation, value), depth);
    }
    let unknown = || unknown_param(context.definitions, type_, name);
    let param = context.param(type_, name)?.ok_or_else(unknown)?;
    if operation == "ne" && !matches!(param.kind, ParamKind::Number | ParamKind::Date | ParamKind::Quantity) {
        return unequal(context, type_, (name, value), depth);
    }
    if param.kind == ParamKind::Composite && operation == "eq" {
        return composite(context, type_, param, None, value);
    }
    let reading = Reading { context, param, paths: &param.paths, name };
    let refused = || {
        let kind = param.kind.name();
        Error::unsupported(format!("`_filter`: `{}` is not supported for `{name}`, a {kind}", shown(operation)))
    };
    if !param.has_paths() {
        return Err(refused());
    }
    let mut out = Vec::new();
    match (param.kind, operation) {
        (_, "pr") => {
            return match value {
                "true" => reading.missing("false"),
                "false" => reading.missing("true"),
                _ => Err(Error::invalid(format!("`_filter`: `{name} pr` takes `true` or `false`"))),
            };
        }
        (ParamKind::String, "eq") => reading.text_how(TextHow::Equal, &unescaped(value), &mut out)?,
        (ParamKind::String, "co") => reading.text_how(TextHow::Contains, &unescaped(value), &mut out)?,
        (ParamKind::String, "sw") => reading.text_how(TextHow::Starts, &unescaped(value), &mut out)?,
        (ParamKind::String, "ew") => reading.text_how(TextHow::Ends, &unescaped(value), &mut out)?,
        (ParamKind::Number | ParamKind::Date | ParamKind::Quantity, prefix @ ("eq" | "ne" | "gt" | "lt" | "ge"))
        | (ParamKind::Number | ParamKind::Date | ParamKind::Quantity, prefix @ ("le" | "sa" | "eb" | "ap")) => {
            reading.one(None, &format!("{prefix}{value}"), &mut out)?;
        }
        (ParamKind::Date, "po") => {
            reading.one(None, &format!("eq{value}"), &mut out)?;
            out.iter_mut().for_each(overlapping);
        }
        (ParamKind::Token, "eq") => reading.one(None, &with_namespace(value), &mut out)?,
        (ParamKind::Token, "in") => return reading.terms("in", value),
        (ParamKind::Token, "ni") => return reading.terms("not-in", value),
        (ParamKind::Token, "ss") => return reading.terms("below", &with_namespace(value)),
        (ParamKind::Token, "sb") => return reading.terms("above", &with_namespace(value)),
        (ParamKind::Reference, "re" | "eq") | (ParamKind::Uri, "eq") => reading.one(None, value, &mut out)?,
        _ => return Err(refused()),
    }
    context.spend_matches(name, out.len())?;
    Ok(Test::Any(out))
}

/// A value is there and none equals.
fn unequal(context: &Context<'_>, type_: TypeId, (name, value): (&str, &str), depth: usize) -> Result<Test> {
    let equal = compared(context, type_, (name, "eq", value), depth)?;
    match equal {
        Test::Any(none) => {
            Ok(Test::All(vec![compared(context, type_, (name, "pr", "true"), depth)?, Test::None(none)]))
        }
        other => Ok(Test::Not(Box::new(other))),
    }
}

/// `po`: the two periods overlap.
fn overlapping(one: &mut Match) {
    if let ValueTest::Date(DateTest { prefix, .. }) = &mut one.test {
        *prefix = Prefix::Ap;
    }
}

/// Parameters that are no values under a path.
fn of_special(
    context: &Context<'_>,
    type_: TypeId,
    (name, operation, value): (&str, &str, &str),
    depth: usize,
) -> Result<Test> {
    let refused = || {
        let text = format!("`_filter`: `{}` is not supported for `{name}`", shown(operation));
        Err(Error::unsupported(text))
    };
    let given = match (name, operation) {
        ("_filter", _) => return refused(),
        ("_lastUpdated", "eq" | "ne" | "gt" | "lt" | "ge" | "le" | "sa" | "eb" | "ap") => format!("{operation}{value}"),
        ("_lastUpdated", _) => return refused(),
        ("_text" | "_content", "co") | (_, "eq" | "ne") | ("_list", "in" | "ni") => value.to_owned(),
        _ => return refused(),
    };
    let test = special(context, type_, (name, None), &given, depth)
        .unwrap_or_else(|| Err(unknown_param(context.definitions, type_, name)))?;
    let denied = name != "_lastUpdated" && matches!(operation, "ne" | "ni");
    Ok(if denied { Test::Not(Box::new(test)) } else { test })
}

/// `loinc|1234-5`: the names of code systems that a filter may write for their URLs.
fn with_namespace(value: &str) -> String {
    let Some((short, code)) = value.split_once('|') else { return value.to_owned() };
    let system = match short {
        "loinc" => "http://loinc.org",
        "snomed" => "http://snomed.info/sct",
        "rxnorm" => "http://www.nlm.nih.gov/research/umls/rxnorm",
        "ucum" => "http://unitsofmeasure.org",
        _ => return value.to_owned(),
    };
    format!("{system}|{code}")
}
