//! From raw text to what is to be written: single resources, and Bundles opened entry by entry.

use super::name::id_for;
use super::read::{Item, ItemBody};
use super::refusal::reason;
use super::scan;
use crate::rules;
use base::limits::RESOURCE_BYTES_MAX;
use base::{Error, Result};
use fhir::{Limits, Resource, TypeId, r4};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One write, or why there is none.
pub struct Step {
    /// The entry of the Bundle, from 1; 0 for the document itself.
    pub nth: u64,
    pub line: u64,
    pub bytes: usize,
    pub act: std::result::Result<Act, String>,
}

pub enum Act {
    Put { id: String, resource: Box<Resource> },
    Delete { type_: TypeId, id: String },
}

impl Act {
    /// The same number for the same resource; other resources rarely share it, which costs a short wait.
    pub fn key(&self) -> u64 {
        let (type_, id) = match self {
            Act::Put { id, resource } => (resource.type_id(), id),
            Act::Delete { type_, id } => (*type_, id),
        };
        let mut hasher = DefaultHasher::new();
        (type_.0, id).hash(&mut hasher);
        hasher.finish()
    }
}

/// What happens to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Stored as it is.
    Whole,
    /// Each entry is stored.
    Opened,
    /// Opened, oldest entry first: a history lists the newest first.
    OpenedBackwards,
    /// Carried out as a transaction or batch.
    CarriedOut,
}

pub fn way(item: &Item, keep_bundles: bool) -> Way {
    let ItemBody::Document(text) = &item.body else { return Way::Whole };
    if keep_bundles {
        return Way::Whole;
    }
    match scan::head(text).kind.as_deref() {
        Some("transaction" | "batch") => Way::CarriedOut,
        Some("collection" | "searchset") => Way::Opened,
        Some("history") => Way::OpenedBackwards,
        _ => Way::Whole,
    }
}

/// Gives each step of an item in its order. An item that is carried out has none.
pub fn open(item: &Item, way: Way, each: &mut dyn FnMut(Step)) {
    match &item.body {
        ItemBody::Refused(reason) => each(Step { nth: 0, line: item.line, bytes: 0, act: Err(reason.clone()) }),
        ItemBody::Entry { nth, text } => {
            if let Some(step) = entry_step(text, *nth, item.line, &HashMap::new()) {
                each(step);
            }
        }
        ItemBody::Document(text) => match way {
            Way::Whole => {
                each(Step { nth: 0, line: item.line, bytes: text.len(), act: put(text, None, &HashMap::new()) })
            }
            Way::Opened | Way::OpenedBackwards => bundle_steps(text, item.line, way == Way::OpenedBackwards, each),
            Way::CarriedOut => {}
        },
    }
}

fn bundle_steps(text: &[u8], first_line: u64, backwards: bool, each: &mut dyn FnMut(Step)) {
    let places = entry_places(text, first_line);
    if !is_whole(text) {
        let act = Err("the Bundle is no whole JSON object; nothing of it was stored".to_owned());
        return each(Step { nth: 0, line: first_line, bytes: 0, act });
    }
    let names = local_names(text, &places);
    let mut step = |place: &Place| {
        if let Some(step) = entry_step(&text[place.start..place.end], place.nth, place.line, &names) {
            each(step);
        }
    };
    if backwards {
        places.iter().rev().for_each(&mut step);
    } else {
        places.iter().for_each(&mut step);
    }
}

struct Place {
    nth: u64,
    line: u64,
    start: usize,
    end: usize,
}

fn entry_places(text: &[u8], first_line: u64) -> Vec<Place> {
    let Some(array) = scan::head(text).entries else { return Vec::new() };
    let (mut line, mut counted, mut places) = (first_line, 0, Vec::new());
    for (nth, (start, end)) in (1..).zip(scan::items(text, array)) {
        line += text[counted..start].iter().filter(|byte| **byte == b'\n').count() as u64;
        counted = start;
        places.push(Place { nth, line, start, end });
    }
    places
}

/// Whether the text is one object and nothing but space after it.
fn is_whole(text: &[u8]) -> bool {
    match scan::skip_value(text, scan::skip_space(text, 0)) {
        scan::End::At(end) => scan::skip_space(text, end) == text.len(),
        _ => false,
    }
}

/// What the `urn:` links between the entries of a Bundle become: full URL → `Type/id`.
fn local_names(text: &[u8], places: &[Place]) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for place in places {
        let parts = scan::entry_parts(&text[place.start..place.end]);
        let (Some(full_url), Some(resource)) = (parts.full_url, parts.resource) else { continue };
        if !full_url.starts_with("urn:") {
            continue;
        }
        let type_ = scan::member_text(resource, b"resourceType");
        let id = match scan::member_text(resource, b"id") {
            Some(id) => Some(id.to_owned()),
            None => parse(resource).ok().map(|resource| id_for(&resource, Some(full_url))),
        };
        if let (Some(type_), Some(id)) = (type_, id) {
            names.insert(full_url.to_owned(), format!("{type_}/{id}"));
        }
    }
    names
}

/// The step of one entry; none for the outcome of a search, which is no record.
fn entry_step(entry: &[u8], nth: u64, line: u64, names: &HashMap<String, String>) -> Option<Step> {
    let parts = scan::entry_parts(entry);
    if parts.mode == Some("outcome") {
        return None;
    }
    let act = match (parts.method, parts.resource) {
        (Some("DELETE"), _) => deletion(parts.url.unwrap_or_default()),
        (_, Some(resource)) => put(resource, parts.full_url, names),
        (_, None) => Err("it has no resource".to_owned()),
    };
    let act = act.map_err(|reason| format!("entry {nth}: {reason}"));
    Some(Step { nth, line, bytes: entry.len(), act })
}

fn deletion(url: &str) -> std::result::Result<Act, String> {
    let named = url.split_once('/').and_then(|(name, id)| Some((r4().type_named(name)?, id)));
    match named {
        Some((type_, id)) if !id.is_empty() && !id.contains('/') => {
            rules::writable(type_, id).map_err(|error| reason(&error))?;
            Ok(Act::Delete { type_, id: id.to_owned() })
        }
        _ => Err(format!("its request deletes `{url}`, which is no `Type/id`")),
    }
}

fn put(text: &[u8], full_url: Option<&str>, names: &HashMap<String, String>) -> std::result::Result<Act, String> {
    let mut resource = parse(text).map_err(|error| reason(&error))?;
    let id = id_for(&resource, full_url);
    rules::writable(resource.type_id(), &id).map_err(|error| reason(&error))?;
    if resource.id().is_none() {
        resource = resource.with_id(&id);
    }
    if !names.is_empty() {
        resource = resource.with_references(&mut |reference| names.get(reference).cloned());
    }
    Ok(Act::Put { id, resource: Box::new(resource) })
}

/// Parses and validates. A panic of the parser is a fault of this one resource.
pub fn parse(text: &[u8]) -> Result<Resource> {
    let limits = Limits::default();
    let resource = catch_unwind(AssertUnwindSafe(|| fhir::parse(text, &limits)))
        .unwrap_or_else(|_| Err(Error::fault("the resource met a defect of the parser; please report it")))?;
    // Written with much white space it may be larger than it is.
    if text.len() > RESOURCE_BYTES_MAX && resource.to_json().len() > RESOURCE_BYTES_MAX {
        let mib = RESOURCE_BYTES_MAX >> 20;
        return Err(Error::too_costly(format!(
            "the resource is larger than {mib} MiB without white space, the most of one resource"
        )));
    }
    Ok(resource)
}
