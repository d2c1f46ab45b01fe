//! One parameter with its modifier and values as a `Criterion`.

use super::chain::{chain, has};
use super::composite::composite;
use super::model::{Criterion, Test};
use super::near::{shown, unknown_param};
use super::parse::Context;
use super::reading::Reading;
use super::special;
use super::values::{self, list};
use crate::definitions::{Param, ParamKind, TypeId};
use base::limits::CHAIN_DEPTH_MAX;
use base::{Error, Result};

/// Parameters of FHIR that this server knows of and does not carry out.
const UNSUPPORTED: [(&str, &str); 5] = [
    ("_type", "it is taken where a search names no type"),
    ("_query", "named queries are not supported; write the criteria out"),
    ("_contained", "contained resources are found with the resource that holds them; leave it out"),
    ("_containedType", "contained resources are found with the resource that holds them; leave it out"),
    ("_score", "matches have no score; sort by a parameter"),
];

/// A parameter of `type_` with its modifier, as the caller wrote them, and its values. `depth` references were followed to
/// come here.
pub(super) fn criterion(
    context: &Context<'_>,
    type_: TypeId,
    name: &str,
    value: &str,
    depth: usize,
) -> Result<Criterion> {
    if depth > CHAIN_DEPTH_MAX {
        let text = format!("`{}` is the end of a chain of more than {CHAIN_DEPTH_MAX} references", shown(name));
        return Err(Error::too_costly(text));
    }
    let test = match name.strip_prefix("_has") {
        Some(rest) if rest.is_empty() || rest.starts_with(':') => {
            has(context, type_, rest.trim_start_matches(':'), value, depth)?
        }
        _ if name.contains('.') => chain(context, type_, name, value, depth)?,
        _ => plain(context, type_, name, value, depth)?,
    };
    Ok(Criterion { param: name.to_owned(), test })
}

/// A parameter that reads the resource itself.
fn plain(context: &Context<'_>, type_: TypeId, name: &str, value: &str, depth: usize) -> Result<Test> {
    let (bare, modifier) = match name.split_once(':') {
        Some((bare, modifier)) => (bare, Some(modifier)),
        None => (name, None),
    };
    if let Some((_, why)) = UNSUPPORTED.iter().find(|(known, _)| *known == bare) {
        return Err(Error::unsupported(format!("`{bare}` is not supported: {why}")));
    }
    if let Some(test) = special::special(context, type_, (bare, modifier), value, depth) {
        return test;
    }
    let unknown = || unknown_param(context.definitions, type_, bare);
    let param = context.param(type_, bare)?.ok_or_else(unknown)?;
    if param.kind == ParamKind::Composite {
        return composite(context, type_, param, modifier, value);
    }
    if !param.has_paths() {
        return Err(Error::unsupported(format!("`{}` is not supported; leave it out", param.name)));
    }
    let reading = Reading { context, param, paths: &param.paths, name };
    match (modifier, param.kind) {
        (Some("missing"), _) => reading.missing(value),
        (Some("not"), ParamKind::Token) => Ok(Test::None(reading.matches(None, value)?)),
        (Some(modifier @ ("in" | "not-in" | "above" | "below")), ParamKind::Token) => reading.terms(modifier, value),
        (Some(modifier @ ("above" | "below")), ParamKind::Reference) => reading.hierarchy(modifier == "above", value),
        (modifier, _) => Ok(Test::Any(reading.matches(modifier, value)?)),
    }
}

/// `_lastUpdated=…`.
pub(super) fn last_updated(context: &Context<'_>, name: &str, value: &str) -> Result<Test> {
    let tests = list(name, value)?.into_iter().map(|value| values::date(context, name, value));
    Ok(Test::LastUpdated(tests.collect::<Result<_>>()?))
}

/// The parameter a reference is followed by.
pub(super) fn reference_param(context: &Context<'_>, type_: TypeId, bare: &str) -> Result<&'static Param> {
    let definitions = context.definitions;
    let param = context.param(type_, bare)?.ok_or_else(|| unknown_param(definitions, type_, bare))?;
    if param.kind != ParamKind::Reference || !param.has_paths() {
        let text =
            format!("`{}` of {} is no reference, so it cannot be followed", shown(bare), definitions.type_name(type_));
        return Err(Error::invalid(text));
    }
    Ok(param)
}
