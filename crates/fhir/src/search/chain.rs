//! `subject:Patient.name=…`: a criterion on what a reference points at.
//!
//! <https://hl7.org/fhir/R4/search.html#chaining>

use super::criterion::plain;
use super::model::{Criterion, Test};
use super::near::{did_you_mean, shown, unknown_param};
use super::parse::Context;
use crate::definitions::{Param, ParamKind, TypeId};
use base::{Error, Result};

pub(super) fn chain(context: &Context<'_>, type_: TypeId, name: &str, value: &str) -> Result<Test> {
    let (head, rest) = name.split_once('.').unwrap_or((name, ""));
    let (bare, type_name) = match head.split_once(':') {
        Some((bare, type_name)) => (bare, Some(type_name)),
        None => (head, None),
    };
    let definitions = context.definitions;
    let param = definitions.param(type_, bare).ok_or_else(|| unknown_param(definitions, type_, bare))?;
    if param.kind != ParamKind::Reference || !param.supported() {
        let text = format!("`{}`: `{bare}` is no reference, so it cannot be followed", shown(name));
        return Err(Error::invalid(text));
    }
    if rest.contains('.') {
        let text = format!("`{}` follows more than one reference; one is supported", shown(name));
        return Err(Error::unsupported(text));
    }
    let inner_name = rest.split(':').next().unwrap_or_default();
    if inner_name == "resident" {
        return Err(Error::unsupported(format!("`{}`: `resident` cannot be chained", shown(name))));
    }
    let target = match type_name {
        Some(type_name) => stated(context, param, type_name)?,
        None => only_target(context, param, inner_name, rest)?,
    };
    let wanted = param.paths.iter().filter(|path| path.target.is_none_or(|only| only == target));
    let paths = wanted.map(|path| path.path).collect();
    let inner = Criterion { param: rest.to_owned(), test: plain(context, target, rest, value)? };
    Ok(Test::Chain { paths, type_: target, inner: vec![inner] })
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

/// The one type among the targets that has the inner parameter.
fn only_target(context: &Context<'_>, param: &Param, inner: &str, rest: &str) -> Result<TypeId> {
    let definitions = context.definitions;
    let with_inner = |type_: &&TypeId| definitions.param(**type_, inner).is_some_and(Param::supported);
    let fitting: Vec<TypeId> = param.targets.iter().filter(with_inner).copied().collect();
    match fitting.as_slice() {
        [only] => Ok(*only),
        [] => match param.targets.as_slice() {
            [only] => Err(unknown_param(definitions, *only, inner)),
            _ => Err(Error::unsupported(format!(
                "no type that `{}` points at has a search parameter `{}`",
                param.name,
                shown(inner)
            ))),
        },
        several => {
            let (name, rest) = (param.name, shown(rest));
            let ways: Vec<String> = several
                .iter()
                .take(4)
                .map(|type_| format!("`{name}:{}.{rest}`", definitions.type_name(*type_)))
                .collect();
            let text = format!("`{name}.{rest}` can mean several types; write {}", ways.join(" or "));
            Err(Error::unsupported(text))
        }
    }
}
