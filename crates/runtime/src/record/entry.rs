//! One entry of a batch or transaction, read into what it asks for.
//! <https://hl7.org/fhir/R4/bundle.html#request>

use super::place::{Place, place};
use super::{Precondition, Site};
use base::{Error, Result};
use fhir::{BundleView, Element, EntryView, TypeId, r4};
use std::borrow::Cow;

/// One entry, with its place in the bundle for messages.
pub struct Entry<'a> {
    pub nth: usize,
    pub full_url: Option<Cow<'a, str>>,
    pub ask: Ask<'a>,
}

/// What an entry asks for.
pub enum Ask<'a> {
    Create {
        resource: Element<'a>,
        none_exist: Option<Cow<'a, str>>,
    },
    Update {
        type_: TypeId,
        id: String,
        resource: Element<'a>,
        precondition: Precondition,
    },
    UpdateWhere {
        type_: TypeId,
        query: String,
        resource: Element<'a>,
        precondition: Precondition,
    },
    Delete {
        type_: TypeId,
        id: String,
        precondition: Precondition,
    },
    DeleteWhere {
        type_: TypeId,
        query: String,
        precondition: Precondition,
    },
    /// `url` is relative to the base and names something that can be read.
    Get {
        url: String,
        none_match: Option<Cow<'a, str>>,
    },
}

/// The entries of a bundle, each read or refused by itself.
pub fn entries<'a>(view: &BundleView<'a>, site: &Site) -> Vec<Result<Entry<'a>>> {
    view.entries.iter().enumerate().map(|(nth, entry)| read(nth, entry, site)).collect()
}

fn read<'a>(nth: usize, entry: &EntryView<'a>, site: &Site) -> Result<Entry<'a>> {
    let missing = |what: &str| Error::invalid(format!("the entry has no `request.{what}`"));
    let method = entry.method.as_deref().ok_or_else(|| missing("method"))?;
    let url = entry.url.as_deref().ok_or_else(|| missing("url"))?;
    let url = relative(url, site)?;
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let ask = match method {
        "GET" => {
            readable(&place(path)?, url)?;
            Ask::Get { url: url.to_owned(), none_match: entry.if_none_match.clone() }
        }
        "POST" => create(entry, &place(path)?, url)?,
        "PUT" => update(entry, place(path)?, query, url)?,
        "DELETE" => delete(entry, place(path)?, query, url)?,
        "HEAD" | "PATCH" => {
            return Err(Error::unsupported(format!(
                "the method `{method}` is not supported in a bundle; use GET or PUT"
            )));
        }
        _ => return Err(Error::invalid(super::outcome::shortened(format!("there is no method `{method}`")))),
    };
    Ok(Entry { nth, full_url: entry.full_url.clone(), ask })
}

/// The URL below the base: `Patient/1` of `/Patient/1` and of `<base>/Patient/1`.
fn relative<'a>(url: &'a str, site: &Site) -> Result<&'a str> {
    if let Some(rest) = url.strip_prefix(&site.base_url).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    {
        return Ok(rest.trim_start_matches('/'));
    }
    if url.contains("://") {
        let text = format!("`{url}` is not below this server's base; write it relative to the base, like `Patient/1`");
        return Err(Error::invalid(super::outcome::shortened(text)));
    }
    Ok(url.trim_start_matches('/'))
}

fn readable(place: &Place, url: &str) -> Result<()> {
    match place {
        Place::System if url.contains('?') => Ok(()),
        Place::TypeSearch(_) | Place::SystemSearch | Place::CompartmentSearch(..) | Place::System | Place::Metadata => {
            Err(cannot("read", url))
        }
        _ => Ok(()),
    }
}

fn create<'a>(entry: &EntryView<'a>, place: &Place, url: &str) -> Result<Ask<'a>> {
    let Place::Type(type_) = place else {
        return Err(cannot("create", url));
    };
    let resource = resource(entry)?;
    let sent = resource.get("resourceType").and_then(Element::str);
    if sent.is_none_or(|sent| sent != r4().type_name(*type_)) {
        return Err(wrong_type(url));
    }
    Ok(Ask::Create { resource, none_exist: entry.if_none_exist.clone() })
}

fn update<'a>(entry: &EntryView<'a>, place: Place, query: Option<&str>, url: &str) -> Result<Ask<'a>> {
    let resource = resource(entry)?;
    let precondition = precondition(entry)?;
    match (place, query) {
        (Place::Instance(type_, id), None) => Ok(Ask::Update { type_, id: id.into_owned(), resource, precondition }),
        (Place::Type(type_), Some(query)) => {
            Ok(Ask::UpdateWhere { type_, query: query.to_owned(), resource, precondition })
        }
        _ => Err(cannot("update", url)),
    }
}

fn delete<'a>(entry: &EntryView<'a>, place: Place, query: Option<&str>, url: &str) -> Result<Ask<'a>> {
    let precondition = precondition(entry)?;
    match (place, query) {
        (Place::Instance(type_, id), None) => Ok(Ask::Delete { type_, id: id.into_owned(), precondition }),
        (Place::Type(type_), Some(query)) => Ok(Ask::DeleteWhere { type_, query: query.to_owned(), precondition }),
        _ => Err(cannot("delete", url)),
    }
}

fn resource<'a>(entry: &EntryView<'a>) -> Result<Element<'a>> {
    entry.resource.ok_or_else(|| Error::invalid("the entry has no `resource` to write"))
}

fn precondition(entry: &EntryView) -> Result<Precondition> {
    Precondition::parse(entry.if_match.as_deref(), entry.if_none_match.as_deref())
}

fn cannot(what: &str, url: &str) -> Error {
    Error::invalid(super::outcome::shortened(format!("`{url}` names nothing that a bundle can {what}")))
}

fn wrong_type(url: &str) -> Error {
    Error::invalid(super::outcome::shortened(format!("the resource is not of the type that `{url}` names")))
}
