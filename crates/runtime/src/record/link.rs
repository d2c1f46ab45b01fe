//! Links between resources: who owns one, and what the references inside a bundle mean.
//! <https://hl7.org/fhir/R4/bundle.html#references>

use super::Site;
use fhir::index::{Target, Value};
use fhir::{Resource, TypeId, r4};
use std::collections::HashMap;
use store::Store;

/// The id of the Patient in whose compartment a resource lies first, where it points at one of this server; of a
/// Schedule its Location's, of a Slot its Schedule's.
pub fn owner(resource: &Resource, site: &Site) -> Option<String> {
    owner_in(resource, site, &Links::default(), None)
}

/// The same for an entry of a bundle, whose references may mean other entries.
pub fn owner_in(resource: &Resource, site: &Site, links: &Links, full_url: Option<&str>) -> Option<String> {
    let type_ = resource.type_id();
    let (owner, paths) = match Store::owner_type(type_) {
        Some(owner) => (Some(owner), r4().paths_of(type_)),
        None => (r4().type_named("Patient"), r4().compartment_paths(type_)),
    };
    let values = fhir::index::extract_paths(resource, paths, &site.zone);
    values.into_iter().find_map(|found| {
        let target = match found.value {
            Value::Reference(target) => target,
            _ => return None,
        };
        let text = match &target {
            Target::Local { type_, id } => super::local_url(*type_, id),
            Target::Url(url) => url.clone(),
        };
        let target =
            links.target(&text, full_url).map_or(target, |(type_, id)| Target::Local { type_, id: id.to_owned() });
        match target {
            Target::Local { type_, id } if Some(type_) == owner => Some(id),
            Target::Url(url) => local_id(&url, &site.base_url, owner),
            Target::Local { .. } => None,
        }
    })
}

fn local_id(url: &str, base_url: &str, owner: Option<TypeId>) -> Option<String> {
    let local = url.strip_prefix(base_url)?.strip_prefix('/')?.strip_prefix(r4().type_name(owner?))?;
    local.strip_prefix('/').map(|id| id.split('/').next().unwrap_or(id).to_owned())
}

/// The resource as it is stored: references to this server are relative, so that searches by `Patient/1` find them.
pub fn stored(resource: &Resource, site: &Site) -> Resource {
    resource.with_local_references(&site.base_url).unwrap_or_else(|| resource.clone())
}

/// What the full URLs of a bundle's entries mean in the record.
#[derive(Default)]
pub struct Links(HashMap<String, (TypeId, String)>);

impl Links {
    /// Whether the full URL was free.
    pub fn insert(&mut self, full_url: &str, type_: TypeId, id: &str) -> bool {
        self.0.insert(full_url.to_owned(), (type_, id.to_owned())).is_none()
    }

    /// What a reference in the entry with this full URL means, where it means an entry.
    pub fn target(&self, reference: &str, full_url: Option<&str>) -> Option<(TypeId, &str)> {
        if self.0.is_empty() {
            return None;
        }
        let found = self.0.get(reference).or_else(|| {
            // A relative reference stands beside its own entry's full URL.
            let root = full_url.and_then(root)?;
            if reference.contains(':') { None } else { self.0.get(&format!("{root}/{reference}")) }
        });
        found.map(|(type_, id)| (*type_, id.as_str()))
    }

    /// The reference as it is stored, where it means an entry.
    pub fn rewritten(&self, reference: &str, full_url: Option<&str>) -> Option<String> {
        self.target(reference, full_url).map(|(type_, id)| super::local_url(type_, id))
    }
}

/// The base of a RESTful full URL: `http://example.org/fhir` of `http://example.org/fhir/Patient/1`.
fn root(full_url: &str) -> Option<&str> {
    let (rest, _) = full_url.rsplit_once('/')?;
    let (base, type_) = rest.rsplit_once('/')?;
    r4().type_named(type_).map(|_| base)
}

/// The parts of a conditional reference such as `Patient?identifier=system|value`.
pub fn conditional(reference: &str) -> Option<(TypeId, &str)> {
    let (type_, query) = reference.split_once('?')?;
    Some((r4().type_named(type_)?, query))
}
