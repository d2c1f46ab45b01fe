//! A batch: each entry is carried out by itself and answered by itself.
//! <https://hl7.org/fhir/R4/http.html#batch>

use super::bundle::{BundleAnswer, EntryAnswer, read};
use super::entry::{Ask, Entry, entries};
use super::outcome::at_entry;
use super::{Change, Plan, Return, Site, answers, commit, plan_again};
use base::{Cx, Error, Result};
use fhir::{BundleView, Element, Limits, Resource};
use std::collections::VecDeque;
use store::{Receipt, Store};

/// Changes of one batch that wait for the disk at once.
const WAITING_MAX: usize = 128;

/// A batch: changes are written many at a time, reads follow them. `valid` says that the bundle was checked as a whole.
pub fn batch(
    cx: &Cx,
    store: &Store,
    site: &Site,
    bundle: &Resource,
    show: Return,
    valid: bool,
) -> Result<BundleAnswer> {
    let view = BundleView::of(bundle).ok_or_else(|| Error::invalid("a batch is a Bundle"))?;
    let entries = entries(&view, site);
    let show = show == Return::Representation;
    let mut work = BatchWork { cx, store, site, show, valid, waiting: VecDeque::new() };
    let mut answers: Vec<Option<EntryAnswer>> = Vec::with_capacity(entries.len());
    for (nth, entry) in entries.iter().enumerate() {
        answers.push(match entry {
            Err(error) => Some(EntryAnswer::Failed(at_entry(error.clone(), nth))),
            Ok(Entry { ask: Ask::Get { .. }, .. }) => None,
            Ok(entry) => work.begin(entry).map(|error| EntryAnswer::Failed(at_entry(error, nth))),
        });
        if work.waiting.len() >= WAITING_MAX {
            work.end_first(&entries, &mut answers);
        }
    }
    while !work.waiting.is_empty() {
        work.end_first(&entries, &mut answers);
    }
    let answers = answers.into_iter().zip(entries).enumerate().map(|(nth, (answer, entry))| match (answer, entry) {
        (Some(answer), _) => answer,
        (None, Ok(Entry { ask: Ask::Get { url, none_match }, .. })) => {
            read(cx, store, site, nth, &url, none_match.as_deref())
        }
        (None, _) => EntryAnswer::Failed(Error::fault("an entry of the batch was not answered")),
    });
    Ok(BundleAnswer { transaction: false, entries: answers.collect() })
}

struct BatchWork<'a> {
    cx: &'a Cx,
    store: &'a Store,
    site: &'a Site,
    show: bool,
    valid: bool,
    waiting: VecDeque<(usize, Waiting)>,
}

enum Waiting {
    Receipt(Receipt, Vec<Change>),
    /// Nothing had to be written.
    Done(Vec<Change>),
}

impl BatchWork<'_> {
    /// Plans and submits one change; an error is the entry's answer.
    fn begin(&mut self, entry: &Entry) -> Option<Error> {
        let begun = self.cx.go_on().and_then(|()| self.plan(entry)).and_then(|Plan { batch, changes }| {
            if batch.writes.is_empty() {
                return Ok(Waiting::Done(changes));
            }
            Ok(Waiting::Receipt(self.store.submit_waiting(self.cx, batch)?, changes))
        });
        match begun {
            Ok(waiting) => {
                self.waiting.push_back((entry.nth, waiting));
                None
            }
            Err(error) => Some(error),
        }
    }

    /// Waits for the change that was begun first.
    fn end_first(&mut self, entries: &[Result<Entry>], out: &mut [Option<EntryAnswer>]) {
        let Some((nth, waiting)) = self.waiting.pop_front() else { return };
        let ended = match waiting {
            Waiting::Done(changes) => answers(changes, &[]),
            Waiting::Receipt(receipt, changes) => match (receipt.wait(), &entries[nth]) {
                (Ok(done), _) => answers(changes, &done.written),
                (Err(error), Ok(entry)) if plan_again(&error, 0) => {
                    commit(self.cx, self.store, &mut || self.plan(entry))
                }
                (Err(error), _) => Err(error),
            },
        };
        out[nth] = Some(match ended.map(|mut answers| answers.pop()) {
            Ok(Some(answer)) => EntryAnswer::Changed(answer),
            Ok(None) => EntryAnswer::Failed(Error::fault("a change was not answered")),
            Err(error) => EntryAnswer::Failed(at_entry(error, nth)),
        });
    }

    fn plan(&self, entry: &Entry) -> Result<Plan> {
        let (cx, store, site, show) = (self.cx, self.store, self.site, self.show);
        match &entry.ask {
            Ask::Create { resource, none_exist } => {
                super::create(cx, store, site, &self.resource(*resource)?, none_exist.as_deref(), show)
            }
            Ask::Update { type_, id, resource, precondition } => {
                super::update(cx, store, site, (*type_, id), &self.resource(*resource)?, *precondition, show)
            }
            Ask::UpdateWhere { type_, query, resource, precondition } => {
                let resource = self.resource(*resource)?;
                super::conditional_update(cx, store, site, (*type_, query), &resource, *precondition, show)
            }
            Ask::Delete { type_, id, precondition } => super::delete(cx, store, *type_, id, *precondition),
            Ask::DeleteWhere { type_, query, precondition } => {
                super::conditional_delete(cx, store, site, (*type_, query), *precondition)
            }
            Ask::Get { .. } => Ok(Plan::default()),
        }
    }

    fn resource(&self, element: Element<'_>) -> Result<Resource> {
        if self.valid {
            return Ok(Resource::entry_resource(element));
        }
        fhir::parse(element.raw(), &Limits::default())
    }
}
