//! What a GET entry of a bundle asks for, as the entry of the answer shows it.
//! <https://hl7.org/fhir/R4/http.html#transaction>

use super::place::{Place, place};
use super::update::etag;
use super::{HistoryRequest, Scope, Site, ask, history, json, local_url, parse_query, search};
use base::zone::instant_text;
use base::{Cx, Error, Kind, Millis, Result};
use fhir::search::Handling;
use fhir::{TypeId, r4};
use store::{HistoryOf, Op, Store, Stored};

/// A resource or a Bundle that was read.
#[derive(Debug)]
pub struct Shown {
    /// Empty where it is the version that the caller has already.
    pub json: Vec<u8>,
    /// Version and time of a single resource.
    pub version: Option<(u32, Millis)>,
}

/// Reads what a URL relative to the base names.
pub fn show(cx: &Cx, store: &Store, site: &Site, url: &str, none_match: Option<&str>) -> Result<Shown> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut params = parse_query(query)?;
    params.retain(|(name, _)| name != "_format" && name != "_pretty");
    let bundle = |json| Ok(Shown { json, version: None });
    let found = |scope| bundle(search(cx, store, site, &ask(cx, store, site, scope, &params, Handling::Strict)?)?);
    match place(path)? {
        Place::Instance(type_, id) => single(read(cx, store, type_, &id)?, none_match),
        Place::Version(type_, id, version) => single(read_version(cx, store, type_, &id, version)?, none_match),
        Place::System => found(Scope::System),
        Place::Type(type_) => found(Scope::Type(type_)),
        Place::Compartment(type_, id, of) => found(Scope::Compartment { type_, id: id.into_owned(), of }),
        Place::Operation(operation, type_, id) => {
            bundle(super::operate(cx, store, site, (operation, type_, id.as_deref()), &params, Handling::Strict)?)
        }
        Place::SystemHistory => versions(cx, store, site, HistoryOf::System, &params),
        Place::TypeHistory(type_) => versions(cx, store, site, HistoryOf::Type(type_), &params),
        Place::InstanceHistory(type_, id) => {
            versions(cx, store, site, HistoryOf::Resource(type_, id.into_owned()), &params)
        }
        Place::Metadata | Place::SystemSearch | Place::TypeSearch(_) | Place::CompartmentSearch(..) => {
            Err(Error::invalid("this cannot be read in a bundle"))
        }
    }
}

/// The current version of a resource, or why there is none.
pub fn read(cx: &Cx, store: &Store, type_: TypeId, id: &str) -> Result<Stored> {
    match store.read(cx, type_, id)? {
        Some(stored) => Ok(stored),
        None => Err(absent(type_, id)),
    }
}

/// A version of a resource, or why there is none.
pub fn read_version(cx: &Cx, store: &Store, type_: TypeId, id: &str, version: Option<u32>) -> Result<Stored> {
    let found = match version {
        Some(version) => store.read_version(cx, type_, id, version)?,
        None => None,
    };
    found.ok_or_else(|| match version {
        Some(version) => Error::not_found(format!("there is no version `{version}` of `{}`", known(type_, id))),
        None => {
            Error::not_found(format!("a version is a whole number from 1; see the history of `{}`", known(type_, id)))
        }
    })
}

/// The error for a resource whose last version is a delete.
pub fn gone(stored: &Stored) -> Error {
    let text = format!("`{}` has been deleted; its history shows what it was", local_url(stored.type_, &stored.id));
    Error::new(Kind::Gone, text)
}

fn absent(type_: TypeId, id: &str) -> Error {
    Error::not_found(format!("there is no `{}`", known(type_, id)))
}

/// `Patient/23`, where 23 may be an id; a text that cannot be one is not repeated.
fn known(type_: TypeId, id: &str) -> String {
    if super::place::is_id(id) { local_url(type_, id) } else { format!("{}/…", r4().type_name(type_)) }
}

fn single(stored: Stored, none_match: Option<&str>) -> Result<Shown> {
    if stored.op == Op::Delete {
        return Err(gone(&stored));
    }
    let version = Some((stored.version, stored.updated));
    let mut json = Vec::new();
    if none_match.is_none_or(|tags| !tags_hold(tags, stored.version)) {
        stored.json(&mut json)?;
    }
    Ok(Shown { json, version })
}

/// Whether an `If-None-Match` list names this version, or any.
pub fn tags_hold(tags: &str, version: u32) -> bool {
    tags.trim() == "*" || tags.split(',').any(|tag| etag(tag) == Some(version))
}

fn versions(cx: &Cx, store: &Store, site: &Site, of: HistoryOf, params: &[(String, String)]) -> Result<Shown> {
    let request = HistoryRequest::parse(of, params, Handling::Strict, site)?;
    Ok(Shown { json: history(cx, store, site, &request)?, version: None })
}

impl Shown {
    /// Appends the entry of the answering bundle.
    pub fn entry_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        if !self.json.is_empty() {
            json::raw(out, r#""resource":"#);
            out.extend_from_slice(&self.json);
            out.push(b',');
        }
        let status = if self.json.is_empty() { "304 Not Modified" } else { "200 OK" };
        json::raw(out, &format!(r#""response":{{"status":"{status}""#));
        if let Some((version, updated)) = self.version {
            let text = format!(r#","etag":"W/\"{version}\"","lastModified":"{}""#, instant_text(updated));
            json::raw(out, &text);
        }
        json::raw(out, "}}");
    }
}
