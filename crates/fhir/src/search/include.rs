//! `_include` and `_revinclude`: what is shown beside the matches.
//!
//! <https://hl7.org/fhir/R4/search.html#include>

use super::model::{Include, Search};
use super::near::{did_you_mean, shown, unknown_param};
use super::parse::Context;
use crate::definitions::{IndexKind, ParamKind, PathId, TypeId};
use base::limits::CRITERIA_MAX;
use base::{Error, Result};

/// `Observation:subject`, `Observation:subject:Patient`, `Observation:*`.
pub(super) fn include(context: &Context<'_>, search: &mut Search, reverse: bool, value: &str) -> Result<()> {
    let name = if reverse { "_revinclude" } else { "_include" };
    if value == "*" {
        let text = format!("`{name}=*` is not supported; name a type and a reference parameter, or `Type:*`");
        return Err(Error::unsupported(text));
    }
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
    if !reverse && source != search.type_ {
        let text = format!(
            "`_include={}` starts from a type that the search does not return; chains of includes are not supported",
            shown(value)
        );
        return Err(Error::unsupported(text));
    }
    let wanted = if reverse { Some(search.type_) } else { target };
    if let (true, Some(target)) = (reverse, target)
        && target != search.type_
    {
        let type_name = context.definitions.type_name(search.type_);
        let text =
            format!("`_revinclude={}` ends at another type than the search returns, `{type_name}`", shown(value));
        return Err(Error::invalid(text));
    }
    let found = if param == "*" {
        every_reference(context, source, wanted, reverse)
    } else {
        one_param(context, name, source, param, wanted, reverse)?
    };
    if search.includes.len() + found.len() > CRITERIA_MAX {
        return Err(Error::too_costly(format!("the search has more than {CRITERIA_MAX} includes; leave some out")));
    }
    search.includes.extend(found);
    Ok(())
}

fn type_named(context: &Context<'_>, name: &str, type_: &str) -> Result<TypeId> {
    context.definitions.type_named(type_).ok_or_else(|| {
        let names = context.definitions.types().map(|type_| context.definitions.type_name(type_));
        let near = did_you_mean(type_, names);
        Error::unsupported(format!("`{name}`: there is no resource type `{}`{near}", shown(type_)))
    })
}

fn every_reference(context: &Context<'_>, source: TypeId, target: Option<TypeId>, reverse: bool) -> Vec<Include> {
    let paths = context.definitions.paths_of(source).iter().copied();
    let paths = paths.filter(|path| context.definitions.path(*path).kind == IndexKind::Reference).collect();
    vec![Include { reverse, iterate: false, source, paths, target }]
}

/// One include for each type that the parameter's paths are narrowed to.
fn one_param(
    context: &Context<'_>,
    name: &str,
    source: TypeId,
    param_name: &str,
    wanted: Option<TypeId>,
    reverse: bool,
) -> Result<Vec<Include>> {
    let definitions = context.definitions;
    let param = definitions.param(source, param_name);
    let param = param.ok_or_else(|| unknown_param(definitions, source, param_name))?;
    let source_name = definitions.type_name(source);
    if param.kind != ParamKind::Reference || !param.supported() {
        let text =
            format!("`{name}`: `{param_name}` of {source_name} is no reference, so nothing can be included by it");
        return Err(Error::invalid(text));
    }
    if let Some(type_) = wanted
        && !param.targets.contains(&type_)
    {
        let type_name = definitions.type_name(type_);
        let text = format!("`{name}`: `{param_name}` of {source_name} never points at `{type_name}`");
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
            None => found.push(Include { reverse, iterate: false, source, paths: vec![path], target }),
        }
    }
    Ok(found)
}
