//! What the record should hold: maps, and searches carried out by looking at every resource.

use fhir::Resource;
use fhir::definitions::{TypeId, r4};
use fhir::index::{Target, Value, extract, extract_paths, matches, value_matches};
use fhir::search::{Criterion, Search, Test, ValueTest};
use std::collections::{BTreeMap, BTreeSet};
use store::{Op, WriteOutcome};

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

fn zone() -> base::zone::Zone {
    base::zone::Zone::default()
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
        let patient = match json {
            Some(json) => patient_of(key, &parsed(json)),
            None => self.newest(key).and_then(|version| version.patient.clone()),
        };
        let position = self.feed.len() as u64 + 1;
        let versions = self.things.entry(key.clone()).or_default();
        versions.push(Version { json: json.map(str::to_owned), op, updated, position, patient });
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
    pub fn find(&self, search: &Search) -> Vec<String> {
        let keys = self.things.keys().filter(|key| key.0 == search.type_);
        let found = keys.filter(|key| search.criteria.iter().all(|criterion| self.meets(key, criterion)));
        found.map(|key| key.1.clone()).collect()
    }

    fn meets(&self, key: &Key, criterion: &Criterion) -> bool {
        let Some(json) = self.live(key) else { return false };
        let resource = parsed(json);
        let is = |m| matches(&resource, m, &zone());
        match &criterion.test {
            Test::Any(any) => any.iter().any(is),
            Test::None(none) => !none.iter().any(is),
            Test::Missing { paths, missing } => extract_paths(&resource, paths, &zone()).is_empty() == *missing,
            Test::Id(ids) => ids.contains(&key.1),
            Test::LastUpdated(tests) => {
                let at = self.newest(key).unwrap().updated;
                let value = Value::Date { start: at, end: at + 1 };
                tests.iter().any(|test| value_matches(&value, &ValueTest::Date(*test)))
            }
            Test::Chain { paths, type_, inner } => local_targets(&resource, paths)
                .iter()
                .any(|target| target.0 == *type_ && inner.iter().all(|criterion| self.meets(target, criterion))),
            Test::Resident(persons) => {
                let patients: BTreeSet<Key> = persons.iter().flat_map(|person| self.linked(person)).collect();
                match key.0 == type_("Patient") {
                    true => patients.contains(key),
                    false => local_targets(&resource, r4().compartment_paths(key.0))
                        .iter()
                        .any(|target| patients.contains(target)),
                }
            }
            other => unimplemented!("the model does not know {other:?}"),
        }
    }

    /// The registrations of a Person.
    fn linked(&self, person: &str) -> Vec<Key> {
        let Some(json) = self.live(&(type_("Person"), person.to_owned())) else { return Vec::new() };
        let targets = extract(&parsed(json), &zone()).patients.into_iter();
        targets
            .filter_map(|target| match target {
                Target::Local { type_, id } => Some((type_, id)),
                Target::Url(_) => None,
            })
            .collect()
    }

    /// Sorted ids of the Persons that link a Patient.
    pub fn persons_of(&self, patient: &str) -> Vec<String> {
        let wanted = (type_("Patient"), patient.to_owned());
        let persons = self.things.keys().filter(|key| key.0 == type_("Person"));
        persons.map(|key| key.1.clone()).filter(|person| self.linked(person).contains(&wanted)).collect()
    }
}

fn patient_of(key: &Key, resource: &Resource) -> Option<String> {
    if key.0 == type_("Patient") {
        return Some(key.1.clone());
    }
    extract(resource, &zone()).patients.into_iter().find_map(|target| match target {
        Target::Local { type_: found, id } if found == type_("Patient") => Some(id),
        _ => None,
    })
}

fn local_targets(resource: &Resource, paths: &[fhir::definitions::PathId]) -> Vec<Key> {
    let values = extract_paths(resource, paths, &zone()).into_iter();
    values
        .filter_map(|value| match value.value {
            Value::Reference(Target::Local { type_, id }) => Some((type_, id)),
            _ => None,
        })
        .collect()
}
