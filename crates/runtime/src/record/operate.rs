//! The operations that read the record, by their names.
//! <https://hl7.org/fhir/R4/operations.html>

use super::{Operation, Site, everything, lastn};
use base::{Cx, Error, Issue, Result, Severity};
use fhir::search::Handling;
use fhir::{Element, Resource, TypeId};
use store::Store;

/// Carries an operation out on a type, or on one resource of it.
pub fn operate(
    cx: &Cx,
    store: &Store,
    site: &Site,
    (operation, type_, id): (Operation, TypeId, Option<&str>),
    params: &[(String, String)],
    handling: Handling,
) -> Result<Vec<u8>> {
    match operation {
        Operation::Everything => everything::everything(cx, store, site, (type_, id), params, handling),
        Operation::LastN => lastn::lastn(cx, store, site, type_, params, handling),
    }
}

/// The parameters that a resource of type Parameters holds: names and simple values.
pub fn parameters(resource: &Resource) -> Result<Vec<(String, String)>> {
    if resource.type_name() != "Parameters" {
        let text = format!("an operation takes a resource of type `Parameters`, not `{}`", resource.type_name());
        return Err(Error::invalid(text));
    }
    resource.root().path("parameter").map(parameter).collect()
}

fn parameter(element: Element<'_>) -> Result<(String, String)> {
    let name = element.text_at("name").unwrap_or_default().into_owned();
    let value = element.members().find(|(name, _)| name.starts_with("value")).map(|(_, value)| value);
    let text = value.and_then(|value| match (value.str(), value.bool()) {
        (Some(text), _) => Some(text.into_owned()),
        (None, Some(truth)) => Some(truth.to_string()),
        (None, None) => value.number_text().map(str::to_owned),
    });
    let no_text =
        || Error::invalid(super::shortened(format!("the parameter `{name}` has no simple value; give it one")));
    let text = text.ok_or_else(no_text)?;
    Ok((name, text))
}

/// A parameter that an operation does not know: an error, or a warning under lenient handling.
pub fn refused(operation: &str, known: &str, name: &str, handling: Handling) -> Result<Issue> {
    let text = super::shortened(format!("`${operation}` takes {known}; `{name}` is not supported here"));
    match handling {
        Handling::Strict => Err(Error::unsupported(text)),
        Handling::Lenient => Ok(Issue { severity: Severity::Warning, code: "not-supported", text, at: None }),
    }
}
