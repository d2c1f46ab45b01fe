//! What the references inside a transaction mean: full URLs of its entries, conditions, this server's own base.
//! <https://hl7.org/fhir/R4/http.html#trules>
//!
//! A conditional reference is resolved against the record as the transaction leaves it: what it deletes or overwrites
//! no longer counts, what it writes does.

use super::conditional::{condition, find_but, several};
use super::entry::Entry;
use super::link::{Links, conditional};
use super::outcome::at_entry;
use super::transaction::Step;
use super::{Site, local_url};
use base::{Cx, Error, Millis, Result};
use fhir::index::{Known, holds};
use fhir::search::{Criterion, Search, Test, ValueTest};
use fhir::{PathId, Resource, TypeId, Value, extract_paths, r4};
use std::collections::{HashMap, HashSet};
use store::{Store, Write};

/// A condition: a type and a query.
pub type Condition = (TypeId, String);

/// A conditional reference that may mean a resource of the bundle, with its entry.
type Later = (usize, TypeId, String);

/// Gives references their meaning once every entry has its id.
pub struct Meanings<'a> {
    cx: &'a Cx,
    store: &'a Store,
    site: &'a Site,
    links: &'a Links,
    /// Conditions of creates in this bundle, and the entry that has it.
    creates: &'a HashMap<Condition, usize>,
    /// What the bundle deletes or overwrites, if it is there.
    replaced: HashSet<(TypeId, String)>,
    /// Entries that write a resource, by its type.
    written: HashMap<TypeId, Vec<usize>>,
    /// The same by the identifiers under a path, so that many conditions do not read many resources each.
    identified: HashMap<PathId, HashMap<String, Vec<usize>>>,
    /// Conditional references that were resolved already.
    known: HashMap<Condition, String>,
}

impl<'a> Meanings<'a> {
    pub fn new(
        (cx, store, site): (&'a Cx, &'a Store, &'a Site),
        links: &'a Links,
        creates: &'a HashMap<Condition, usize>,
        steps: &[Step],
    ) -> Meanings<'a> {
        let mut replaced = HashSet::new();
        let mut written: HashMap<TypeId, Vec<usize>> = HashMap::new();
        for (nth, step) in steps.iter().enumerate() {
            match step {
                Step::Create { type_, .. } => written.entry(*type_).or_default().push(nth),
                Step::Put { type_, id, .. } => {
                    replaced.insert((*type_, id.clone()));
                    written.entry(*type_).or_default().push(nth);
                }
                Step::Delete(Write::Delete { type_, id, .. }) => {
                    replaced.insert((*type_, id.clone()));
                }
                _ => {}
            }
        }
        let (identified, known) = (HashMap::new(), HashMap::new());
        Meanings { cx, store, site, links, creates, replaced, written, identified, known }
    }

    /// Rewrites the references of every resource. Those that may mean a resource of the bundle wait until all
    /// others are rewritten, because a condition may ask for a reference.
    pub fn settle(&mut self, entries: &[Entry], steps: &mut [Step]) -> Result<()> {
        let mut later = Vec::new();
        for (entry, step) in entries.iter().zip(steps.iter_mut()) {
            self.cx.go_on()?;
            if let Step::Create { resource, .. } | Step::Put { resource, .. } = step {
                let rewritten = self.rewritten(entry, resource, &mut later);
                *resource = rewritten.map_err(|error| at_entry(error, entry.nth))?;
            }
        }
        for (nth, type_, query) in &later {
            self.look_up(steps, *type_, query).map_err(|error| at_entry(error, *nth))?;
        }
        later.dedup_by_key(|(nth, ..)| *nth);
        for (nth, ..) in later {
            if let Step::Create { resource, .. } | Step::Put { resource, .. } = &mut steps[nth] {
                *resource = resource.with_references(&mut |reference| self.known(reference));
            }
        }
        Ok(())
    }

    fn rewritten(&mut self, entry: &Entry, resource: &Resource, later: &mut Vec<Later>) -> Result<Resource> {
        let mut failed = None;
        let rewritten = resource.with_references(&mut |reference| {
            if let Some(meant) = self.links.rewritten(reference, entry.full_url.as_deref()) {
                return Some(meant);
            }
            let (type_, query) = conditional(reference)?;
            if self.written.contains_key(&type_) {
                later.push((entry.nth, type_, query.to_owned()));
                return None;
            }
            match self.look_up(&[], type_, query) {
                Ok(()) => self.known(reference),
                Err(error) => {
                    failed.get_or_insert(error);
                    None
                }
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(rewritten.with_local_references(&self.site.base_url).unwrap_or(rewritten)),
        }
    }

    fn known(&self, reference: &str) -> Option<String> {
        let (type_, query) = conditional(reference)?;
        self.known.get(&(type_, query.to_owned())).cloned()
    }

    /// Finds the one resource that a condition means. `steps` are needed where the bundle writes such a type.
    fn look_up(&mut self, steps: &[Step], type_: TypeId, query: &str) -> Result<()> {
        let key = (type_, query.to_owned());
        if self.known.contains_key(&key) {
            return Ok(());
        }
        let search = condition(self.cx, self.store, self.site, type_, query)?;
        let mut meant = self.in_bundle(steps, &search, &key)?;
        let replaced = |id: &str| self.replaced.contains(&(type_, id.to_owned()));
        meant.extend(find_but(self.cx, self.store, search, &replaced)?);
        let (Some(id), one) = (meant.pop(), meant.is_empty()) else {
            let name = r4().type_name(type_);
            return Err(Error::invalid(super::outcome::shortened(format!(
                "the reference `{name}?{query}` means no resource; it must mean exactly one"
            ))));
        };
        if !one {
            return Err(several(type_));
        }
        self.known.insert(key, local_url(type_, &id));
        Ok(())
    }

    /// Ids of the resources of the bundle that meet the condition, or that are created on the same one.
    fn in_bundle(&mut self, steps: &[Step], search: &Search, key: &Condition) -> Result<Vec<String>> {
        let mut meant = Vec::new();
        for nth in self.candidates(steps, search, key) {
            let (Step::Create { id: Some(id), resource, .. } | Step::Put { id, resource, .. }) = &steps[nth] else {
                continue;
            };
            self.cx.go_on()?;
            if self.creates.get(key) == Some(&nth) || meets(search, id, resource, self.site, self.cx.now())? {
                meant.push(id.clone());
            }
        }
        Ok(meant)
    }

    /// The entries that may meet the condition, in their order.
    fn candidates(&mut self, steps: &[Step], search: &Search, key: &Condition) -> Vec<usize> {
        let Some(written) = self.written.get(&search.type_) else { return Vec::new() };
        let Some(identifiers) = search.criteria.iter().find_map(identifiers) else { return written.clone() };
        let mut found = Vec::new();
        for (path, identifier) in identifiers {
            if !self.identified.contains_key(&path) {
                self.identified.insert(path, by_identifier(steps, written, path, self.site));
            }
            let named = self.identified.get(&path).and_then(|by_identifier| by_identifier.get(identifier));
            found.extend(named.into_iter().flatten());
        }
        // What is created on the same condition counts even if its own identifier is another one.
        found.extend(self.creates.get(key));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The identifiers that a criterion asks for, one of which a resource must have; none where it asks for other things.
fn identifiers(criterion: &Criterion) -> Option<Vec<(PathId, &str)>> {
    let Test::Any(any) = &criterion.test else { return None };
    let identifiers = any.iter().map(|one| match &one.test {
        ValueTest::Identifier { value: Some(value), .. } => Some((one.path, value.as_str())),
        _ => None,
    });
    identifiers.collect()
}

fn by_identifier(steps: &[Step], written: &[usize], path: PathId, site: &Site) -> HashMap<String, Vec<usize>> {
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for &nth in written {
        let (Step::Create { resource, .. } | Step::Put { resource, .. }) = &steps[nth] else { continue };
        for index_value in extract_paths(resource, &[path], &site.zone) {
            if let Value::Identifier { value, .. } = index_value.value {
                found.entry(value).or_default().push(nth);
            }
        }
    }
    found
}

/// Whether a resource that is to be written now under this id meets all criteria.
fn meets(search: &Search, id: &str, resource: &Resource, site: &Site, now: Millis) -> Result<bool> {
    let known = Known { zone: &site.zone, id: Some(id), updated: Some(now) };
    let mut untold = None;
    for criterion in &search.criteria {
        match holds(resource, &criterion.test, &known) {
            Some(true) => {}
            Some(false) => return Ok(false),
            None => untold = Some(&criterion.param),
        }
    }
    match untold {
        None => Ok(true),
        Some(param) => Err(Error::unsupported(super::outcome::shortened(format!(
            "whether a resource of the same transaction meets `{param}` cannot be told; refer to it by its fullUrl"
        )))),
    }
}
