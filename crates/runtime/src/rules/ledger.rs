//! Every version of every rule, in memory: read once from the feed, then followed. What holds now, what was known at an
//! instant and what waits for a decision are made from it without reading the record.

use super::library;
use super::model::{Row, RuleTable};
use super::table::Rules;
use crate::program::Env;
use base::{Cx, Error, Millis, Result};
use fhir::definitions::{TypeId, r4};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Op, Store, Stored};

/// Versions read from the feed at once.
const SLICE_ENTRIES: usize = 2_000;
/// Versions of rules that are held; a city has some thousands.
pub const RULE_VERSIONS_MAX: usize = 500_000;
/// Instants whose rules are held, beside those of now.
const PASTS_MAX: usize = 8;

/// A `Library` that is a rule or a proposal of one, as one of its versions says.
#[derive(Clone, Debug)]
pub struct Entry {
    pub table: String,
    pub state: State,
    pub row: Row,
    /// Who proposed and approved it; none for what came with a program.
    pub proposed: Option<By>,
    pub approved: Option<By>,
    /// Why, in the words of the one who proposed it.
    pub reason: Option<String>,
    /// Set for a proposal.
    pub proposal: Option<Proposal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for a decision.
    Draft,
    Active,
    /// Taken back, or a proposal that was decided.
    Retired,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The account's name and number.
    pub name: String,
    pub account: i64,
    pub at: Millis,
}

/// What a proposal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The `Library` that it would put, and the version that this had then; 0 where it was not there.
    pub target: String,
    pub base: u32,
    /// The row is to be taken back rather than put.
    pub takes_back: bool,
    pub outcome: Option<Outcome>,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub end: End,
    pub by: By,
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Approved,
    Refused,
    Withdrawn,
}

impl Entry {
    pub fn is_in_force(&self) -> bool {
        self.state == State::Active && self.proposal.is_none()
    }
}

/// One change of a rule; none says that it was deleted.
struct Change {
    position: u64,
    at: Millis,
    id: String,
    entry: Option<Arc<Entry>>,
}

/// See the head of this file.
pub struct Ledger {
    tables: Vec<&'static RuleTable>,
    held: Mutex<Held>,
}

struct Held {
    /// The feed was looked through so far.
    looked_to: u64,
    changes: Vec<Change>,
    entries: Arc<BTreeMap<String, Arc<Entry>>>,
    rules: Arc<Rules>,
    /// Rules as they were known, by the number of changes that they hold; the one asked for last comes last.
    pasts: Vec<(usize, Arc<Rules>)>,
}

/// The ledger of this server. All who ask give the same tables.
pub fn ledger(env: &Env, tables: &[&'static RuleTable]) -> Result<Arc<Ledger>> {
    env.kept.at("rules", 0, || Ok(Ledger::new(tables)))
}

impl Ledger {
    pub fn new(tables: &[&'static RuleTable]) -> Ledger {
        let rules = Arc::new(Rules::of(tables, 0, std::iter::empty()));
        let held = Held { looked_to: 0, changes: Vec::new(), entries: Arc::default(), rules, pasts: Vec::new() };
        Ledger { tables: tables.to_vec(), held: Mutex::new(held) }
    }

    pub fn tables(&self) -> &[&'static RuleTable] {
        &self.tables
    }

    /// The rules as they are now. Where nothing was committed since the last question, this reads nothing; otherwise it
    /// looks through what was, which is in memory, too.
    pub fn rules(&self, store: &Store) -> Result<Arc<Rules>> {
        Ok(self.followed(store)?.rules.clone())
    }

    /// Every rule and proposal as it is now, by its id.
    pub fn entries(&self, store: &Store) -> Result<Arc<BTreeMap<String, Arc<Entry>>>> {
        Ok(self.followed(store)?.entries.clone())
    }

    /// The rules as they were recorded at an instant.
    pub fn as_known(&self, store: &Store, at: Millis) -> Result<Arc<Rules>> {
        let mut held = self.followed(store)?;
        let known = held.changes.partition_point(|change| change.at <= at);
        if known == held.changes.len() {
            return Ok(held.rules.clone());
        }
        if let Some(place) = held.pasts.iter().position(|(count, _)| *count == known) {
            let past = held.pasts.remove(place);
            held.pasts.push(past);
        } else {
            let mut entries = BTreeMap::new();
            held.changes[..known].iter().for_each(|change| apply(&mut entries, change));
            let mark = held.changes[..known].last().map_or(0, |change| change.position);
            let rules = Arc::new(Rules::of(&self.tables, mark, entries.into_values()));
            if held.pasts.len() >= PASTS_MAX {
                held.pasts.remove(0);
            }
            held.pasts.push((known, rules));
        }
        held.pasts.last().map(|(_, rules)| rules.clone()).ok_or_else(|| Error::fault("past rules are not held"))
    }

    /// Every version of a rule or proposal, oldest first: the instant and what it said; none where it was deleted.
    pub fn history(&self, store: &Store, id: &str) -> Result<Vec<(Millis, Option<Arc<Entry>>)>> {
        let held = self.followed(store)?;
        let of_it = held.changes.iter().filter(|change| change.id == id);
        Ok(of_it.map(|change| (change.at, change.entry.clone())).collect())
    }

    /// The rules as they would be with some rows put and some taken back.
    pub fn with(&self, store: &Store, put: Vec<Entry>, taken_back: &[String]) -> Result<Arc<Rules>> {
        let held = self.followed(store)?;
        let mut entries = BTreeMap::clone(&held.entries);
        entries.retain(|id, _| !taken_back.contains(id));
        entries.extend(put.into_iter().map(|entry| (entry.row.id.clone(), Arc::new(entry))));
        Ok(Arc::new(Rules::of(&self.tables, held.rules.mark, entries.into_values())))
    }

    fn followed(&self, store: &Store) -> Result<MutexGuard<'_, Held>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let position = store.position();
        let mut moved = false;
        while held.looked_to < position {
            let (entries, looked_to) =
                store.feed_of(&Cx::platform(), &[library_type()?], held.looked_to, SLICE_ENTRIES)?;
            for stored in &entries {
                moved |= held.note(&self.tables, stored)?;
            }
            if looked_to <= held.looked_to {
                break;
            }
            held.looked_to = looked_to;
        }
        if moved {
            let mark = held.changes.last().map_or(0, |change| change.position);
            held.rules = Arc::new(Rules::of(&self.tables, mark, held.entries.values().cloned()));
        }
        Ok(held)
    }
}

impl Held {
    /// Takes a version in; tells whether it is of a rule.
    fn note(&mut self, tables: &[&'static RuleTable], stored: &Stored) -> Result<bool> {
        let entry = match stored.op {
            Op::Delete => None,
            Op::Create | Op::Update => library::read(tables, stored)?.map(Arc::new),
        };
        if entry.is_none() && !self.entries.contains_key(&stored.id) {
            return Ok(false);
        }
        if self.changes.len() >= RULE_VERSIONS_MAX {
            return Err(Error::too_costly(format!("the record holds more than {RULE_VERSIONS_MAX} versions of rules")));
        }
        // The record's clock may have been set back; what was known at an instant stays in the order of the feed.
        let at = self.changes.last().map_or(stored.updated, |last| last.at.max(stored.updated));
        let change = Change { position: stored.position, at, id: stored.id.clone(), entry };
        apply(Arc::make_mut(&mut self.entries), &change);
        self.changes.push(change);
        Ok(true)
    }
}

fn apply(entries: &mut BTreeMap<String, Arc<Entry>>, change: &Change) {
    match &change.entry {
        Some(entry) => entries.insert(change.id.clone(), entry.clone()),
        None => entries.remove(&change.id),
    };
}

pub(super) fn library_type() -> Result<TypeId> {
    r4().type_named("Library").ok_or_else(|| Error::fault("the definitions hold no type `Library`"))
}
