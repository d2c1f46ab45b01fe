//! `_include` and `_revinclude`: what is shown beside the matches.
//!
//! <https://hl7.org/fhir/R4/search.html#include>

use super::criterion::reference_param;
use super::model::{Include, Search};
use super::near::{did_you_mean, shown};
use super::parse::Context;
use crate::definitions::{ParamKind, PathId, TypeId};
use base::limits::INCLUDE_RULES_MAX;
use base::{Error, Result};

/// How a rule was asked for.
#[derive(Clone, Copy)]
struct How<'a> {
    /// `_include` or `_revinclude`.
    name: &'a str,
    reverse: bool,
    iterate: bool,
}

/// `Observation:subject`, `Observation:subject:Patient`, `Observation:*`, `*`; `name` may end in `:iterate`, or in
/// `:recurse`, as it was called before R4.
pub(super) fn include(context: &Context<'_>, search: &mut Search, name: &str, value: &str) -> Result<()> {
    let (bare, iterate) = match name.split_once(':') {
        None => (name, false),
        Some((bare, "iterate" | "recurse")) => (bare, true),
        Some((bare, other)) => {
            let text = format!("`{bare}` has no modifier `:{}`, only `:iterate`", shown(other));
            return Err(Error::unsupported(text));
        }
    };
    let how = How { name: bare, reverse: bare == "_revinclude", iterate };
    let found = if value == "*" { everything(context, how, search.type_) } else { named(context, how, search, value)? };
    if search.includes.len() + found.len() > INCLUDE_RULES_MAX {
        let text = format!("the search has more than {INCLUDE_RULES_MAX} rules of inclusion; leave some out");
        return Err(Error::too_costly(text));
    }
    search.includes.extend(found);
    Ok(())
}

/// `*`: all that the matches point at, or all that points at them; with `iterate` of everything found so, too.
fn everything(context: &Context<'_>, how: How<'_>, type_: TypeId) -> Vec<Include> {
    let target = (how.reverse && !how.iterate).then_some(type_);
    let sources = context.definitions.types().filter(|source| how.reverse || how.iterate || *source == type_);
    let rules = sources.map(|source| all_of(context, how, source, target));
    rules.filter(|rule| !rule.paths.is_empty()).collect()
}

fn all_of(context: &Context<'_>, how: How<'_>, source: TypeId, target: Option<TypeId>) -> Include {
    let params = context.definitions.params_of(source).iter().chain(context.custom.params_of(source));
    let params = params.filter(|param| param.kind == ParamKind::Reference);
    let params = params.filter(|param| target.is_none_or(|target| param.targets.contains(&target)));
    let paths = params.flat_map(|param| &param.paths);
    let paths = paths.filter(|path| target.is_none() || path.target.is_none() || path.target == target);
    let mut paths: Vec<PathId> = paths.map(|path| path.path).collect();
    paths.sort_unstable();
    paths.dedup();
    Include { reverse: how.reverse, iterate: how.iterate, source, paths, target }
}

fn named(context: &Context<'_>, how: How<'_>, search: &Search, value: &str) -> Result<Vec<Include>> {
    let How { name, reverse, iterate } = how;
    let parts: Vec<&str> = value.split(':').collect();
    let (source, param, target) = match parts.as_slice() {
        [source, param] => (*source, *param, None),
        [source, param, target] => (*source, *param, Some(*target)),
        _ => {
            let text = format!("`{name}={}` is malformed; write `Type:param` or `Type:param:Target`", shown(value));
            return Err(Error::invalid(text));
        }
    };
    let source = type_named(context, name, source)?;
    let target = target.map(|target| type_named(context, name, target)).transpose()?;
    if !reverse && !iterate && source != search.type_ {
        let text = format!(
            "`_include={}` starts from a type that the search does not return; follow what is included with \
             `_include:iterate`",
            shown(value)
        );
        return Err(Error::unsupported(text));
    }
    if let (true, false, Some(target)) = (reverse, iterate, target)
        && target != search.type_
    {
        let type_name = context.definitions.type_name(search.type_);
        let text =
            format!("`_revinclude={}` ends at another type than the search returns, `{type_name}`", shown(value));
        return Err(Error::invalid(text));
    }
    let wanted = if reverse && !iterate { Some(search.type_) } else { target };
    match param {
        "*" => Ok(vec![all_of(context, how, source, wanted)]),
        _ => one_param(context, how, source, param, wanted),
    }
}

fn type_named(context: &Context<'_>, name: &str, type_: &str) -> Result<TypeId> {
    context.definitions.type_named(type_).ok_or_else(|| {
        let names = context.definitions.types().map(|type_| context.definitions.type_name(type_));
        let near = did_you_mean(type_, names);
        Error::unsupported(format!("`{name}`: there is no resource type `{}`{near}", shown(type_)))
    })
}

/// One rule for each type that the parameter's paths are narrowed to.
fn one_param(
    context: &Context<'_>,
    how: How<'_>,
    source: TypeId,
    param_name: &str,
    wanted: Option<TypeId>,
) -> Result<Vec<Include>> {
    let definitions = context.definitions;
    let param = reference_param(context, source, param_name)
        .map_err(|error| Error::new(error.kind, format!("`{}`: {}", how.name, error.text())))?;
    if let Some(type_) = wanted
        && !param.targets.contains(&type_)
    {
        let (type_name, source_name) = (definitions.type_name(type_), definitions.type_name(source));
        let text = format!("`{}`: `{param_name}` of {source_name} never points at `{type_name}`", how.name);
        return Err(Error::invalid(text));
    }
    let mut found: Vec<Include> = Vec::new();
    for path in &param.paths {
        if let (Some(wanted), Some(target)) = (wanted, path.target)
            && wanted != target
        {
            continue;
        }
        let target = wanted.or(path.target);
        let path: PathId = path.path;
        match found.iter_mut().find(|include| include.target == target) {
            Some(include) => include.paths.push(path),
            None => {
                found.push(Include { reverse: how.reverse, iterate: how.iterate, source, paths: vec![path], target })
            }
        }
    }
    Ok(found)
}
