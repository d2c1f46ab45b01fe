//! `code-value-quantity=8480-6$gt140`: values that must hold together in one place of the resource.
//!
//! <https://hl7.org/fhir/R4/search.html#composite>

use super::model::{Composite, Test};
use super::near::shown;
use super::parse::Context;
use super::reading::Reading;
use super::values::{list, split};
use crate::definitions::{Param, TypeId};
use base::{Error, Result};

pub(super) fn composite(
    context: &Context<'_>,
    type_: TypeId,
    param: &Param,
    modifier: Option<&str>,
    value: &str,
) -> Result<Test> {
    if let Some(modifier) = modifier {
        let text = format!("`{}` is a composite, which takes no modifier `:{}`", param.name, shown(modifier));
        return Err(Error::unsupported(text));
    }
    let mut any = Vec::new();
    for value in list(param.name, value)? {
        let parts = split(value, b'$');
        if parts.len() != param.components.len() || parts.iter().any(|part| part.is_empty()) {
            let names: Vec<&str> = param.components.iter().map(|component| component.name).collect();
            let text = format!(
                "`{}={}` has not the {} parts of this composite; write `{}`, and `\\$` for a `$` inside",
                param.name,
                shown(value),
                names.len(),
                names.join("$")
            );
            return Err(Error::invalid(text));
        }
        let mut alternative = Vec::with_capacity(parts.len());
        for (component, part) in param.components.iter().zip(parts) {
            let other = context.param(type_, component.name)?;
            let other = other.ok_or_else(|| Error::fault(format!("`{}` has no part", param.name)))?;
            let reading = Reading { context, param: other, paths: &component.paths, name: param.name };
            let mut matches = Vec::new();
            reading.one(None, part, &mut matches)?;
            context.spend_matches(param.name, matches.len())?;
            alternative.push(matches);
        }
        any.push(alternative);
    }
    Ok(Test::Composite(Composite { type_, name: param.name, any }))
}
