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
    /// `_search`
    SystemSearch,
    /// `Patient/_search`
    TypeSearch(TypeId),
    /// `Patient/23/*`, `Patient/23/Observation`
    Compartment(TypeId, Cow<'a, str>, Option<TypeId>),
    /// `Patient/23/_search`, `Patient/23/Observation/_search`
    CompartmentSearch(TypeId, Cow<'a, str>, Option<TypeId>),
    /// `Patient/23/$everything`, `Observation/$lastn`
    Operation(Operation, TypeId, Option<Cow<'a, str>>),
    /// `Patient/_history`
    TypeHistory(TypeId),
    /// `Patient/23`
    Instance(TypeId, Cow<'a, str>),
    /// `Patient/23/_history`
    InstanceHistory(TypeId, Cow<'a, str>),
    /// `Patient/23/_history/4`; none where the version is no number that a version can have.
    Version(TypeId, Cow<'a, str>, Option<u32>),
}

/// The operations that read the record, each under the name that follows `$`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Everything,
    LastN,
}

impl Operation {
    /// Name, type, and whether it is called on one resource and on the type.
    pub const ALL: [(Operation, &'static str, &'static str, bool, bool); 3] = [
        (Operation::Everything, "everything", "Patient", true, true),
        (Operation::Everything, "everything", "Encounter", true, false),
        (Operation::LastN, "lastn", "Observation", false, true),
    ];

    fn named(name: &str, type_: TypeId, instance: bool) -> Option<Operation> {
        let type_ = r4().type_name(type_);
        let fits = |&&(_, own, of, one, all): &&(Operation, &str, &str, bool, bool)| {
            own == name && of == type_ && if instance { one } else { all }
        };
        Operation::ALL.iter().find(fits).map(|(operation, ..)| *operation)
    }
}

impl Place<'_> {
    /// The methods that do something here, as the `Allow` header lists them.
    pub const fn methods(&self) -> &'static str {
        match self {
            Place::System => "GET, HEAD, POST",
            Place::Compartment(..) => "GET, HEAD",
            Place::SystemSearch | Place::CompartmentSearch(..) => "POST",
            Place::Operation(..) => "GET, HEAD, POST",
            Place::Metadata | Place::SystemHistory | Place::TypeHistory(_) => "GET, HEAD",
            Place::InstanceHistory(..) | Place::Version(..) => "GET, HEAD",
            Place::TypeSearch(_) => "POST",
            Place::Type(_) => "GET, HEAD, POST, PUT, DELETE",
            Place::Instance(..) => "GET, HEAD, PUT, DELETE",
        }
    }

    /// Whether a POST here changes nothing, or says itself what it changes.
    pub const fn is_read_by_post(&self) -> bool {
        use Place::{CompartmentSearch, Operation, System, SystemSearch, TypeSearch};
        matches!(self, System | SystemSearch | TypeSearch(_) | CompartmentSearch(..) | Operation(..))
    }

    /// The type that the place is about.
    pub const fn type_id(&self) -> Option<TypeId> {
        match self {
            Place::Type(type_) | Place::TypeSearch(type_) | Place::TypeHistory(type_) => Some(*type_),
            Place::Compartment(_, _, of) | Place::CompartmentSearch(_, _, of) => *of,
            Place::Operation(_, type_, _) => Some(*type_),
            Place::Instance(type_, _) | Place::InstanceHistory(type_, _) | Place::Version(type_, ..) => Some(*type_),
            Place::System | Place::SystemSearch | Place::Metadata | Place::SystemHistory => None,
        }
    }
}

/// The place that a path below the base names; slashes at its ends do not matter.
pub fn place<'a>(path: &'a str) -> Result<Place<'a>> {
    let path = path.trim_matches('/');
    if path.is_empty() {
        return Ok(Place::System);
    }
    let mut segments = [""; SEGMENTS_MAX + 1];
    let mut count = 0;
    for (segment, place) in path.splitn(SEGMENTS_MAX + 1, '/').zip(&mut segments) {
        *place = segment;
        count += 1;
    }
    let segments = &segments[..count];
    match segments {
        ["metadata"] => return Ok(Place::Metadata),
        ["_history"] => return Ok(Place::SystemHistory),
        ["_search"] => return Ok(Place::SystemSearch),
        _ => {}
    }
    let (first, rest) = segments.split_first().ok_or_else(|| no_place(path))?;
    let type_ = r4().type_named(first).ok_or_else(|| no_type(first))?;
    let id = |segment: &&'a str| instance(segment, path);
    match rest {
        [] => Ok(Place::Type(type_)),
        ["_search"] => Ok(Place::TypeSearch(type_)),
        ["_history"] => Ok(Place::TypeHistory(type_)),
        [name] if name.starts_with('$') => operation(name, type_, None, path),
        [one] => Ok(Place::Instance(type_, id(one)?)),
        [one, "_history"] => Ok(Place::InstanceHistory(type_, id(one)?)),
        [one, "_search"] => Ok(Place::CompartmentSearch(compartment(type_)?, id(one)?, None)),
        [one, "*"] => Ok(Place::Compartment(compartment(type_)?, id(one)?, None)),
        [one, name] if name.starts_with('$') => operation(name, type_, Some(id(one)?), path),
        [one, "_history", version] => Ok(Place::Version(type_, id(one)?, version_number(version))),
        [one, of] => Ok(Place::Compartment(compartment(type_)?, id(one)?, Some(inside(type_, of, path)?))),
        [one, of, "_search"] => {
            Ok(Place::CompartmentSearch(compartment(type_)?, id(one)?, Some(inside(type_, of, path)?)))
        }
        _ => Err(no_place(path)),
    }
}

/// The longest place is `Patient/23/Observation/_search`.
const SEGMENTS_MAX: usize = 4;

/// The types whose resources have compartments in R4.
pub const COMPARTMENTS: [&str; 5] = ["Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"];

fn compartment(type_: TypeId) -> Result<TypeId> {
    let name = r4().type_name(type_);
    match COMPARTMENTS.contains(&name) {
        true => Ok(type_),
        false => Err(Error::not_found(format!(
            "a resource of type `{name}` has no compartment to search in; R4 knows those of `{}`",
            COMPARTMENTS.join("`, `")
        ))),
    }
}

/// A type that can lie in the compartment.
fn inside(compartment: TypeId, name: &str, path: &str) -> Result<TypeId> {
    if name.starts_with(['$', '_', '*']) || name.is_empty() {
        return Err(no_place(path));
    }
    let type_ = r4().type_named(name).ok_or_else(|| no_type(name))?;
    let of = r4().type_name(compartment);
    match r4().compartment_params(of, type_).is_empty() {
        false => Ok(type_),
        true => Err(Error::not_found(format!(
            "a resource of type `{name}` never lies in the compartment of a `{of}`; search `{name}` itself"
        ))),
    }
}

fn operation<'a>(name: &str, type_: TypeId, id: Option<Cow<'a, str>>, path: &str) -> Result<Place<'a>> {
    match Operation::named(name.trim_start_matches('$'), type_, id.is_some()) {
        Some(operation) => Ok(Place::Operation(operation, type_, id)),
        None => Err(no_place(path)),
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
