//! The text of a reference as what it points at.

use super::model::Target;
use crate::definitions::r4;
use base::limits::ID_CHARS_MAX;

/// `Patient/23` and `Patient/23/_history/1` → Local; an absolute URL, a `urn:` and all else → Url.
pub fn reference_target(text: &str) -> Target {
    local(text).unwrap_or_else(|| Target::Url(text.to_owned()))
}

fn local(text: &str) -> Option<Target> {
    let (name, rest) = text.split_once('/')?;
    let id = match rest.split_once('/') {
        None => rest,
        Some((id, version)) => version.strip_prefix("_history/").filter(|version| is_id(version)).map(|_| id)?,
    };
    let type_ = r4().type_named(name)?;
    is_id(id).then(|| Target::Local { type_, id: id.to_owned() })
}

/// A FHIR id: letters, digits, `-` and `.`, at most 64.
pub(crate) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !text.is_empty() && text.len() <= ID_CHARS_MAX && text.bytes().all(allowed)
}
