//! The places under the FHIR base: what a path names. Shared by the HTTP edge and the entries of bundles.
//! <https://hl7.org/fhir/R4/http.html#general>

use super::query::decode_segment;
use base::limits::ID_CHARS_MAX;
use base::{Error, Result};
use fhir::{TypeId, r4};
use std::borrow::Cow;

/// What the path of a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// The base itself.
    System,
    /// `metadata`
    Metadata,
    /// `_history`
    SystemHistory,
    /// `Patient`
    Type(TypeId),
    /// `Patient/_search`
    TypeSearch(TypeId),
    /// `Patient/_history`
    TypeHistory(TypeId),
    /// `Patient/23`
    Instance(TypeId, Cow<'a, str>),
    /// `Patient/23/_history`
    InstanceHistory(TypeId, Cow<'a, str>),
    /// `Patient/23/_history/4`; none where the version is no number that a version can have.
    Version(TypeId, Cow<'a, str>, Option<u32>),
}

impl Place<'_> {
    /// The methods that do something here, as the `Allow` header lists them.
    pub const fn methods(&self) -> &'static str {
        match self {
            Place::System => "POST",
            Place::Metadata | Place::SystemHistory | Place::TypeHistory(_) => "GET, HEAD",
            Place::InstanceHistory(..) | Place::Version(..) => "GET, HEAD",
            Place::TypeSearch(_) => "POST",
            Place::Type(_) => "GET, HEAD, POST, PUT, DELETE",
            Place::Instance(..) => "GET, HEAD, PUT, DELETE",
        }
    }

    /// The type that the place is about.
    pub const fn type_id(&self) -> Option<TypeId> {
        match self {
            Place::Type(type_) | Place::TypeSearch(type_) | Place::TypeHistory(type_) => Some(*type_),
            Place::Instance(type_, _) | Place::InstanceHistory(type_, _) | Place::Version(type_, ..) => Some(*type_),
            Place::System | Place::Metadata | Place::SystemHistory => None,
        }
    }
}

/// The place that a path below the base names; slashes at its ends do not matter.
pub fn place(path: &str) -> Result<Place<'_>> {
    let path = path.trim_matches('/');
    if path.is_empty() {
        return Ok(Place::System);
    }
    let mut segments = path.split('/');
    let first = segments.next().unwrap_or_default();
    let rest: (Option<&str>, Option<&str>, Option<&str>) = (segments.next(), segments.next(), segments.next());
    if segments.next().is_some() {
        return Err(no_place(path));
    }
    match (first, rest) {
        ("metadata", (None, ..)) => return Ok(Place::Metadata),
        ("_history", (None, ..)) => return Ok(Place::SystemHistory),
        ("_search", (None, ..)) => {
            return Err(Error::unsupported("a search over all types is not supported; search one type"));
        }
        _ => {}
    }
    let type_ = r4().type_named(first).ok_or_else(|| no_type(first))?;
    match rest {
        (None, ..) => Ok(Place::Type(type_)),
        (Some("_search"), None, _) => Ok(Place::TypeSearch(type_)),
        (Some("_history"), None, _) => Ok(Place::TypeHistory(type_)),
        (Some(id), None, _) => Ok(Place::Instance(type_, instance(id, path)?)),
        (Some(id), Some("_history"), None) => Ok(Place::InstanceHistory(type_, instance(id, path)?)),
        (Some(id), Some("_history"), Some(version)) => {
            Ok(Place::Version(type_, instance(id, path)?, version_number(version)))
        }
        _ => Err(no_place(path)),
    }
}

/// A version as it stands in a URL or in an ETag: a whole number from 1, without leading zeros.
pub fn version_number(text: &str) -> Option<u32> {
    let plain = !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| plain)
}

/// Whether a text may be the id of a resource: letters, digits, `-` and `.`, at most 64.
pub fn is_id(text: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

fn instance<'a>(segment: &'a str, path: &str) -> Result<Cow<'a, str>> {
    if segment.starts_with(['$', '_']) || segment.is_empty() {
        return Err(no_place(path));
    }
    decode_segment(segment)
}

fn no_type(name: &str) -> Error {
    if name.starts_with('$') {
        return no_place(name);
    }
    let text = format!("there is no resource type `{name}` in FHIR R4; names are written like `Patient`");
    Error::not_found(super::outcome::shortened(text))
}

fn no_place(path: &str) -> Error {
    let text = format!("there is nothing at `{path}`; `metadata` lists what this server offers");
    Error::not_found(super::outcome::shortened(text))
}
