//! What the record should hold: maps, and searches carried out by looking at every resource.

use crate::asks::{Ask, Include};
use crate::facts::{Fact, facts, folded};
use fhir::Resource;
use fhir::definitions::{TypeId, r4};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use store::{Op, WriteOutcome};

/// The types of the model.
pub const TYPES: [&str; 5] = ["Patient", "Observation", "Person", "Organization", "List"];

pub type Key = (TypeId, String);

/// One version as it should be.
#[derive(Clone, Debug)]
pub struct Version {
    /// The resource without `meta`; none for a delete.
    pub json: Option<String>,
    pub op: Op,
    pub updated: i64,
    pub position: u64,
    pub patient: Option<String>,
    /// What parameters find in it.
    pub facts: Vec<(&'static str, Fact)>,
}

#[derive(Default)]
pub struct World {
    pub things: BTreeMap<Key, Vec<Version>>,
    /// What was committed, in order: key and index of the version.
    pub feed: Vec<(Key, usize)>,
    pub rows: BTreeSet<String>,
    pub counters: BTreeMap<String, i64>,
    pub tally: i64,
    pub cursor: u64,
    /// Accesses that the audit should hold, by action and type.
    pub audit: BTreeMap<(&'static str, Option<TypeId>), usize>,
}

pub fn type_(name: &str) -> TypeId {
    r4().type_named(name).unwrap()
}

pub fn parsed(json: &str) -> Resource {
    fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap()
}

impl World {
    /// The newest version, deletes too.
    pub fn newest(&self, key: &Key) -> Option<&Version> {
        self.things.get(key)?.last()
    }

    /// The current content; none where it is not there or deleted.
    pub fn live(&self, key: &Key) -> Option<&str> {
        self.newest(key)?.json.as_deref()
    }

    pub fn version_number(&self, key: &Key) -> u32 {
        self.things.get(key).map_or(0, |versions| versions.len() as u32)
    }

    /// Adds a version; gives what the write should be told.
    pub fn add(&mut self, key: &Key, json: Option<&str>, updated: i64) -> WriteOutcome {
        let was_live = self.live(key).is_some();
        let op = match (json, was_live) {
            (None, _) => Op::Delete,
            (Some(_), true) => Op::Update,
            (Some(_), false) => Op::Create,
        };
        let facts = json.map(|json| facts(key, json)).unwrap_or_default();
        let patient = match json {
            Some(_) => patient_of(key, &facts),
            None => self.newest(key).and_then(|version| version.patient.clone()),
        };
        let position = self.feed.len() as u64 + 1;
        let versions = self.things.entry(key.clone()).or_default();
        versions.push(Version { json: json.map(str::to_owned), op, updated, position, patient, facts });
        self.feed.push((key.clone(), versions.len() - 1));
        match op {
            Op::Create => WriteOutcome::Created,
            Op::Update => WriteOutcome::Updated,
            Op::Delete => WriteOutcome::Deleted,
        }
    }

    pub fn note(&mut self, action: &'static str, type_: Option<TypeId>, about_patients: bool) {
        if about_patients || type_.is_none_or(|type_| !access::is_open(type_)) {
            *self.audit.entry((action, type_)).or_default() += 1;
        }
    }

    pub fn count(&self, wanted: TypeId) -> u64 {
        self.things.keys().filter(|key| key.0 == wanted && self.live(key).is_some()).count() as u64
    }

    /// Sorted ids of what a search should find.
    pub fn find(&self, wanted: TypeId, asks: &[Ask]) -> Vec<String> {
        let keys = self.things.keys().filter(|key| key.0 == wanted && self.live(key).is_some());
        let found = keys.filter(|key| asks.iter().all(|ask| ask.holds(self, key)));
        found.map(|key| key.1.clone()).collect()
    }

    /// What a parameter finds in a resource that is there.
    pub fn facts(&self, key: &Key, param: &str) -> Vec<&Fact> {
        let version = self.newest(key).filter(|version| version.json.is_some());
        let facts = version.into_iter().flat_map(|version| &version.facts);
        facts.filter(|(name, _)| *name == param).map(|(_, fact)| fact).collect()
    }

    /// What a resource that is there refers to under a parameter.
    pub fn targets(&self, key: &Key, param: &str) -> Vec<Key> {
        let facts = self.facts(key, param).into_iter();
        facts
            .filter_map(|fact| match fact {
                Fact::To(key) => Some(key.clone()),
                _ => None,
            })
            .collect()
    }

    /// What is there and shown beside some resources.
    pub fn included(&self, of: &[Key], include: &Include) -> Vec<Key> {
        let is_source = |key: &&Key| key.0 == type_(include.source);
        let found: Vec<Key> = match include.reverse {
            false => of.iter().filter(is_source).flat_map(|key| self.targets(key, include.param)).collect(),
            true => {
                let refers = |from: &&Key| self.targets(from, include.param).iter().any(|to| of.contains(to));
                self.things.keys().filter(is_source).filter(refers).cloned().collect()
            }
        };
        found.into_iter().filter(|key| self.live(key).is_some()).collect()
    }

    pub fn is_about_somebody(&self, of: TypeId, id: &str) -> bool {
        self.newest(&(of, id.to_owned())).is_some_and(|version| version.patient.is_some())
    }

    /// Whether one may stand before another in this order; what has no value stands last.
    pub fn in_order(&self, one: &Key, other: &Key, order: &[(&'static str, bool)]) -> bool {
        for (param, descending) in order {
            let keys = [one, other].map(|key| self.sort_key(key, param, *descending));
            match keys {
                [None, None] => {}
                [None, Some(_)] => return false,
                [Some(_), None] => return true,
                [Some(a), Some(b)] => match a.partial_cmp(&b).unwrap() {
                    Ordering::Equal => {}
                    order => return order.is_lt() != *descending,
                },
            }
        }
        true
    }

    /// The least value, or under a descending order the greatest: a number, or a text.
    fn sort_key(&self, key: &Key, param: &str, descending: bool) -> Option<(f64, String)> {
        let newest = self.newest(key).unwrap();
        match param {
            "_id" => return Some((0.0, key.1.clone())),
            "_lastUpdated" => return Some((newest.position as f64, String::new())),
            _ => {}
        }
        let values = self.facts(key, param).into_iter().filter_map(|fact| match fact {
            Fact::Text(text) => Some((0.0, folded(text))),
            Fact::Code(_, code, _) => Some((0.0, code.clone())),
            Fact::Time(from, _) => Some((*from as f64, String::new())),
            Fact::Amount(amount, _) => Some((*amount, String::new())),
            _ => None,
        });
        let compare = |a: &(f64, String), b: &(f64, String)| a.partial_cmp(b).unwrap();
        if descending { values.max_by(compare) } else { values.min_by(compare) }
    }

    /// Sorted ids of the Persons that link a Patient.
    pub fn persons_of(&self, patient: &str) -> Vec<String> {
        let wanted = (type_("Patient"), patient.to_owned());
        let persons = self.things.keys().filter(|key| key.0 == type_("Person"));
        persons
            .map(|key| key.1.clone())
            .filter(|person| self.targets(&(type_("Person"), person.clone()), "patient").contains(&wanted))
            .collect()
    }
}

/// The first patient that it is about.
fn patient_of(key: &Key, facts: &[(&'static str, Fact)]) -> Option<String> {
    if key.0 == type_("Patient") {
        return Some(key.1.clone());
    }
    let mut about = facts.iter().filter(|(name, _)| ["subject", "patient"].contains(name));
    about.find_map(|(_, fact)| match fact {
        Fact::To(to) if to.0 == type_("Patient") => Some(to.1.clone()),
        _ => None,
    })
}
