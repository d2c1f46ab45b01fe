//! A transaction: all entries of a bundle are carried out together, or none.
//! <https://hl7.org/fhir/R4/http.html#transaction>
//!
//! The bundle is parsed once. Each written entry gets its identity first (Patients before what belongs to them, so
//! that it lies with its patient), then the references are rewritten. The order of the writes is DELETE, POST, PUT;
//! reads are carried out on the record after the commit.

use super::bundle::Planned;
use super::conditional::{Matches, find, finds_nothing};
use super::delete::conditional_delete;
use super::entry::{Ask, Entry, entries};
use super::link::{Links, owner_in};
use super::meaning::{Condition, Meanings};
use super::outcome::at_entry;
use super::update::{check_identity, expectation, means};
use super::{Change, Site, local_url};
use base::{Cx, Error, Result};
use fhir::{BundleView, Resource, TypeId, r4};
use std::collections::{HashMap, HashSet};
use store::{Batch, Expect, Put, Store, Stored, Write};

/// A transaction that is ready to be written.
pub struct Transaction {
    pub batch: Batch,
    /// One an entry, in the bundle's order.
    pub planned: Vec<Planned>,
}

impl Transaction {
    /// Plans a whole bundle; `show` keeps the bodies for the answer. What is wrong with an entry is told as
    /// `Bundle.entry[n]…`; entries that are wrong by themselves are told all at once.
    pub fn plan(cx: &Cx, store: &Store, site: &Site, bundle: &Resource, show: bool) -> Result<Transaction> {
        let view = BundleView::of(bundle).ok_or_else(|| Error::invalid("a transaction is a Bundle"))?;
        let entries = all(entries(&view, site))?;
        if entries.iter().any(|entry| !matches!(entry.ask, Ask::Get { .. })) {
            access::may_write(cx)?;
        }
        let mut work = Work::start(cx, store, site, entries.len());
        for entry in &entries {
            work.name(entry).map_err(|error| at_entry(error, entry.nth))?;
        }
        for entry in &entries {
            work.own(entry).map_err(|error| at_entry(error, entry.nth))?;
        }
        work.check_once()?;
        work.write(&entries, show)
    }
}

/// All entries, or the problems of all entries that have one.
fn all(entries: Vec<Result<Entry<'_>>>) -> Result<Vec<Entry<'_>>> {
    let mut good = Vec::with_capacity(entries.len());
    let mut issues = Vec::new();
    let mut kind = None;
    for (nth, entry) in entries.into_iter().enumerate() {
        match entry {
            Ok(entry) => good.push(entry),
            Err(error) => {
                kind = kind.or(Some(error.kind));
                issues.extend(at_entry(error, nth).issues);
            }
        }
    }
    issues.truncate(base::limits::ISSUES_MAX);
    match kind {
        None => Ok(good),
        Some(kind) => Err(Error { kind, issues }),
    }
}

/// What one entry will do. `id` is none until the owner of a new resource is known.
pub enum Step {
    Create {
        type_: TypeId,
        id: Option<String>,
        resource: Resource,
    },
    Put {
        type_: TypeId,
        id: String,
        resource: Resource,
        expect: Expect,
    },
    Delete(Write),
    Found(Box<Stored>),
    /// The condition is the same as that of an earlier entry, which creates the resource.
    Same {
        nth: usize,
    },
    Nothing,
    Get,
    /// Its write is in the batch.
    Written,
}

struct Work<'a> {
    cx: &'a Cx,
    store: &'a Store,
    site: &'a Site,
    patient: Option<TypeId>,
    /// One an entry.
    steps: Vec<Step>,
    batch: Batch,
    links: Links,
    /// Conditions of creates in this bundle, and the entry that has it.
    creates: HashMap<Condition, usize>,
}

impl<'a> Work<'a> {
    fn start(cx: &'a Cx, store: &'a Store, site: &'a Site, entries: usize) -> Work<'a> {
        Work {
            cx,
            store,
            site,
            patient: r4().type_named("Patient"),
            steps: Vec::with_capacity(entries),
            batch: Batch::default(),
            links: Links::default(),
            creates: HashMap::new(),
        }
    }

    /// Finds out what the entry means and, but for new resources that may belong to a patient, under which id.
    fn name(&mut self, entry: &Entry) -> Result<()> {
        self.cx.go_on()?;
        let step = match &entry.ask {
            Ask::Create { resource, none_exist } => {
                self.create(entry.nth, Resource::entry_resource(*resource), none_exist.as_deref())?
            }
            Ask::Update { type_, id, resource, precondition } => {
                let resource = Resource::entry_resource(*resource);
                check_identity(*type_, id, &resource)?;
                let expect = expectation(self.cx, self.store, *type_, id, *precondition)?;
                Step::Put { type_: *type_, id: id.clone(), resource, expect }
            }
            Ask::UpdateWhere { type_, query, resource, precondition } => {
                let resource = Resource::entry_resource(*resource);
                let named = (*type_, query.as_str());
                let (id, expect, guard) = means(self.cx, self.store, self.site, named, &resource, *precondition)?;
                self.batch.guards.push(guard);
                match id {
                    Some(id) => Step::Put { type_: *type_, id, resource, expect },
                    None => self.created(*type_, resource)?,
                }
            }
            Ask::Delete { type_, id, precondition } => {
                let expect = expectation(self.cx, self.store, *type_, id, *precondition)?;
                Step::Delete(Write::Delete { type_: *type_, id: id.clone(), expect })
            }
            Ask::DeleteWhere { type_, query, precondition } => {
                let named = (*type_, query.as_str());
                let mut plan = conditional_delete(self.cx, self.store, self.site, named, *precondition)?;
                self.batch.guards.append(&mut plan.batch.guards);
                plan.batch.writes.pop().map_or(Step::Nothing, Step::Delete)
            }
            Ask::Get { .. } => Step::Get,
        };
        let known = match &step {
            Step::Create { type_, id: Some(id), .. } | Step::Put { type_, id, .. } => Some((*type_, id.clone())),
            Step::Found(stored) => Some((stored.type_, stored.id.clone())),
            _ => None,
        };
        self.steps.push(step);
        known.map_or(Ok(()), |(type_, id)| self.link(entry, type_, &id))
    }

    fn create(&mut self, nth: usize, resource: Resource, none_exist: Option<&str>) -> Result<Step> {
        let type_ = resource.type_id();
        if let Some(query) = none_exist {
            let key = (type_, query.to_owned());
            if let Some(&nth) = self.creates.get(&key) {
                return Ok(Step::Same { nth });
            }
            let (search, matches) = find(self.cx, self.store, self.site, type_, query)?;
            if let Matches::One(stored) = matches {
                return Ok(Step::Found(stored));
            }
            self.batch.guards.push(finds_nothing(search));
            self.creates.insert(key, nth);
        }
        self.created(type_, resource)
    }

    fn created(&self, type_: TypeId, resource: Resource) -> Result<Step> {
        let id = match Some(type_) == self.patient {
            true => Some(self.store.new_id(type_, None)?),
            false => None,
        };
        Ok(Step::Create { type_, id, resource })
    }

    fn link(&mut self, entry: &Entry, type_: TypeId, id: &str) -> Result<()> {
        match entry.full_url.as_deref() {
            Some(url) if !self.links.insert(url, type_, id) => Err(Error::invalid(super::outcome::shortened(format!(
                "the fullUrl `{url}` is used by two entries; each entry needs its own"
            )))),
            _ => Ok(()),
        }
    }

    /// Gives a new resource its id, near its patient.
    fn own(&mut self, entry: &Entry) -> Result<()> {
        let (type_, made) = match &self.steps[entry.nth] {
            Step::Create { type_, id: None, resource } => {
                let owner = owner_in(resource, self.site, &self.links, entry.full_url.as_deref());
                (*type_, self.store.new_id(*type_, owner.as_deref())?)
            }
            Step::Same { nth } => match &self.steps[*nth] {
                Step::Create { type_, id: Some(id), .. } => (*type_, id.clone()),
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.link(entry, type_, &made)?;
        if let Step::Create { id, .. } = &mut self.steps[entry.nth] {
            *id = Some(made);
        }
        Ok(())
    }

    /// Each resource may be written by one entry only.
    fn check_once(&self) -> Result<()> {
        let mut seen = HashSet::new();
        for (nth, step) in self.steps.iter().enumerate() {
            let (type_, id) = match step {
                Step::Put { type_, id, .. } | Step::Delete(Write::Delete { type_, id, .. }) => (*type_, id.as_str()),
                _ => continue,
            };
            if !seen.insert((type_, id)) {
                let text = format!("`{}` is written by more than one entry; name it once", local_url(type_, id));
                return Err(at_entry(Error::invalid(text), nth));
            }
        }
        Ok(())
    }

    /// Rewrites the references and puts the writes in their order: DELETE, POST, PUT.
    fn write(mut self, entries: &[Entry], show: bool) -> Result<Transaction> {
        let mut steps: Vec<Step> = std::mem::take(&mut self.steps);
        let asked = (self.cx, self.store, self.site);
        Meanings::new(asked, &self.links, &self.creates, &steps).settle(entries, &mut steps)?;
        let mut places = vec![0; steps.len()];
        for round in [Round::Delete, Round::Create, Round::Put] {
            for (entry, step) in entries.iter().zip(&mut steps).filter(|(_, step)| Round::of(step) == round) {
                self.cx.go_on()?;
                places[entry.nth] = self.batch.writes.len();
                self.batch.writes.extend(write_of(std::mem::replace(step, Step::Written)));
            }
        }
        let mut planned = Vec::with_capacity(steps.len());
        for (entry, step) in entries.iter().zip(steps) {
            let nth = places[entry.nth];
            planned.push(match (step, &entry.ask) {
                (Step::Found(stored), _) => Planned::Change(Change::Found(stored)),
                (Step::Same { nth }, _) => Planned::Change(Change::FoundWrite { nth: places[nth] }),
                (Step::Nothing, _) => Planned::Change(Change::Nothing),
                (Step::Get, Ask::Get { url, none_match }) => {
                    Planned::Read { url: url.clone(), none_match: none_match.as_deref().map(str::to_owned) }
                }
                _ => Planned::Change(Change::Write { nth, body: self.body(nth, show) }),
            });
        }
        Ok(Transaction { batch: self.batch, planned })
    }

    fn body(&self, nth: usize, show: bool) -> Option<fhir::Body> {
        match self.batch.writes.get(nth) {
            Some(Write::Put(put)) if show => Some(put.resource.body()),
            _ => None,
        }
    }
}

/// The write of a step whose references are rewritten.
fn write_of(step: Step) -> Option<Write> {
    let (id, resource, expect) = match step {
        Step::Create { id, resource, .. } => (id.unwrap_or_default(), resource, Expect::Absent),
        Step::Put { id, resource, expect, .. } => (id, resource, expect),
        Step::Delete(write) => return Some(write),
        _ => return None,
    };
    Some(Write::Put(Put { id, resource, expect, source: None }))
}

/// When a step is carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Delete,
    Create,
    Put,
    Never,
}

impl Round {
    fn of(step: &Step) -> Round {
        match step {
            Step::Delete(_) => Round::Delete,
            Step::Create { .. } => Round::Create,
            Step::Put { .. } => Round::Put,
            _ => Round::Never,
        }
    }
}
