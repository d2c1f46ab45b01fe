//! `subject:Patient.name=…`: a criterion on what a reference points at; `_has:Observation:patient:code=…`: on what points
//! at the resource. Both of any depth, in each other too.
//!
//! <https://hl7.org/fhir/R4/search.html#chaining>, <https://hl7.org/fhir/R4/search.html#has>

use super::criterion::{criterion, reference_param};
use super::model::{Criterion, Test};
use super::near::{did_you_mean, shown, unknown_param};
use super::parse::Context;
use super::special::is_special;
use crate::definitions::{Param, ParamPath, PathId, TypeId};
use crate::index::plan::Form;
use base::{Error, Kind, Result};

pub(super) fn chain(context: &Context<'_>, type_: TypeId, name: &str, value: &str, depth: usize) -> Result<Test> {
    let (head, rest) = name.split_once('.').unwrap_or((name, ""));
    let (param, types) = hop(context, type_, head, rest)?;
    follow(context, param, &types, &mut |target| criterion(context, target, rest, value, depth + 1))
}

/// The parameter of a link of a chain, such as `subject` or `subject:Patient`, and the types that it can lead to there,
/// where `rest` is asked for.
pub(super) fn hop<'a>(
    context: &Context<'a>,
    type_: TypeId,
    head: &str,
    rest: &str,
) -> Result<(&'a Param, Vec<TypeId>)> {
    let (bare, type_name) = match head.split_once(':') {
        Some((bare, type_name)) => (bare, Some(type_name)),
        None => (head, None),
    };
    let param = followed(context, type_, bare)?;
    let types = match type_name {
        Some(type_name) => vec![stated(context, param, type_name)?],
        None => fitting(context, param, rest)?,
    };
    Ok((param, types))
}

/// A reference that can be followed from resource to resource.
fn followed(context: &Context<'_>, type_: TypeId, bare: &str) -> Result<&'static Param> {
    let param = reference_param(context, type_, bare)?;
    let canonical = |path: &ParamPath| context.definitions.forms(path.path).iter().all(|form| *form == Form::Link);
    if param.paths.iter().all(canonical) {
        let text = format!(
            "`{}` names what it means by a canonical URL, which chains do not follow; search for the URL first",
            param.name
        );
        return Err(Error::unsupported(text));
    }
    Ok(param)
}

/// A chain to each of the types for which `inner` can be read.
pub(super) fn follow(
    context: &Context<'_>,
    param: &Param,
    types: &[TypeId],
    inner: &mut dyn FnMut(TypeId) -> Result<Criterion>,
) -> Result<Test> {
    let (mut ways, mut first_error) = (Vec::new(), None);
    for &target in types {
        context.spend_way()?;
        match inner(target) {
            Ok(criterion) => {
                ways.push(Test::Chain { paths: paths_to(param, target), type_: target, inner: vec![criterion] });
            }
            Err(error) if error.kind == Kind::TooCostly => return Err(error),
            // What a type cannot be asked it cannot meet; another may.
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    match (ways.pop(), first_error) {
        (None, Some(error)) => Err(error),
        (None, None) => Ok(Test::Either(Vec::new())),
        (Some(only), _) if ways.is_empty() => Ok(only),
        (Some(last), _) => {
            ways.push(last);
            Ok(Test::Either(ways))
        }
    }
}

fn paths_to(param: &Param, target: TypeId) -> Vec<PathId> {
    let wanted = param.paths.iter().filter(|path| path.target.is_none_or(|only| only == target));
    wanted.map(|path| path.path).collect()
}

/// `Observation:patient:code=…`, after `_has:`.
pub(super) fn has(context: &Context<'_>, type_: TypeId, rest: &str, value: &str, depth: usize) -> Result<Test> {
    let mut words = rest.splitn(3, ':');
    let (Some(source), Some(bare), Some(inner)) = (words.next(), words.next(), words.next()) else {
        let text = format!("`_has:{}` is malformed; write `_has:Observation:patient:code`", shown(rest));
        return Err(Error::invalid(text));
    };
    let (source, paths) = referring(context, type_, source, bare)?;
    let inner = criterion(context, source, inner, value, depth + 1)?;
    Ok(Test::Has { type_: source, paths, inner: vec![inner] })
}

/// The type `source` and the paths of its parameter by which it refers to `type_`.
pub(super) fn referring(
    context: &Context<'_>,
    type_: TypeId,
    source: &str,
    bare: &str,
) -> Result<(TypeId, Vec<PathId>)> {
    let definitions = context.definitions;
    let source_type = definitions.type_named(source).ok_or_else(|| {
        let near = did_you_mean(source, definitions.types().map(|type_| definitions.type_name(type_)));
        Error::unsupported(format!("`_has`: there is no resource type `{}`{near}", shown(source)))
    })?;
    let param = followed(context, source_type, bare)?;
    let paths = paths_to(param, type_);
    if !param.targets.contains(&type_) || paths.is_empty() {
        let type_name = definitions.type_name(type_);
        let text = format!("`_has`: `{}` of {source} never points at `{type_name}`", param.name);
        return Err(Error::invalid(text));
    }
    context.spend_way()?;
    Ok((source_type, paths))
}

/// The type written after the colon, if the reference can point at it.
fn stated(context: &Context<'_>, param: &Param, type_name: &str) -> Result<TypeId> {
    let definitions = context.definitions;
    let type_ = definitions.type_named(type_name).filter(|type_| param.targets.contains(type_));
    type_.ok_or_else(|| {
        let near = did_you_mean(type_name, param.targets.iter().map(|type_| definitions.type_name(*type_)));
        Error::invalid(format!("`{}` never points at `{}`{near}", param.name, shown(type_name)))
    })
}

/// The types among the targets that have the parameter which `rest` begins with.
fn fitting(context: &Context<'_>, param: &Param, rest: &str) -> Result<Vec<TypeId>> {
    let definitions = context.definitions;
    let inner = rest.split([':', '.', '[']).next().unwrap_or_default();
    let fits = |type_: &TypeId| {
        let known = || context.param(*type_, inner).is_ok_and(|param| param.is_some_and(Param::supported));
        inner == "_has" || is_special(definitions, *type_, inner) || known()
    };
    let types: Vec<TypeId> = param.targets.iter().copied().filter(fits).collect();
    match (types.as_slice(), param.targets.as_slice()) {
        ([], [only]) => Err(unknown_param(definitions, *only, inner)),
        ([], _) => Err(Error::unsupported(format!(
            "no type that `{}` points at has a search parameter `{}`",
            param.name,
            shown(inner)
        ))),
        _ => Ok(types),
    }
}
