//! A fresh store with a clock that the test moves, and short ways to write and read.

use base::{Clock, Cx, Dice, Purpose, Role, Who};
use fhir::r4;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Batch, Expect, Op, Options, Put, Store, Write};
use tempfile::TempDir;

/// 2026-11-21T08:00:00Z
pub const NOW: i64 = 1_795_248_000_000;

pub struct House {
    pub dir: TempDir,
    pub store: Store,
    pub clock: Clock,
    hand: Arc<AtomicI64>,
}

pub fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let hand = Arc::new(AtomicI64::new(NOW));
    let clock = Clock::Set(hand.clone());
    let options =
        Options { clock: clock.clone(), dice: Dice::seeded(7), sync: false, readers: 2, ..Options::default() };
    let store = Store::open(&dir.path().join("data"), options).unwrap();
    House { dir, store, clock, hand }
}

impl House {
    pub fn pass(&self, millis: i64) {
        self.hand.fetch_add(millis, Ordering::Relaxed);
    }

    /// The platform's context.
    pub fn cx(&self) -> Cx {
        self.as_who(Who::platform())
    }

    pub fn as_role(&self, role: Role, scope: Option<&str>) -> Cx {
        self.as_who(Who { account: 9, name: "test".into(), role, scope: scope.map(Into::into) })
    }

    pub fn as_who(&self, who: Who) -> Cx {
        Cx { clock: self.clock.clone(), ..Cx::new(who, Purpose::Operations) }
    }

    /// Puts a resource under its own id.
    pub fn put(&self, json: &str) {
        let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap();
        let id = resource.id().unwrap().to_owned();
        let put = Put { id, resource, expect: Expect::Any, source: None };
        self.store.write(&self.cx(), Batch { writes: vec![Write::Put(put)], ..Batch::default() }).unwrap();
    }

    pub fn delete(&self, type_name: &str, id: &str) {
        let type_ = r4().type_named(type_name).unwrap();
        let delete = Write::Delete { type_, id: id.to_owned(), expect: Expect::Any };
        self.store.write(&self.cx(), Batch { writes: vec![delete], ..Batch::default() }).unwrap();
    }

    /// A registration with an identity number (or without, where it is empty).
    pub fn register(&self, id: &str, number: &str, family: &str, given: &str, more: &str) {
        let identifier = match number {
            "" => String::new(),
            _ => format!(r#""identifier":[{{"system":"{}","value":"{number}"}}],"#, identity::number::SYSTEM),
        };
        self.put(&format!(
            r#"{{"resourceType":"Patient","id":"{id}",{identifier}"name":[{{"family":"{family}","given":["{given}"]}}]{more}}}"#
        ));
    }

    /// Every Person there is now, as JSON text without `meta.versionId` and `lastUpdated`.
    pub fn persons(&self) -> Vec<(String, serde_json::Value)> {
        let type_ = r4().type_named("Person").unwrap();
        let zone = base::zone::Zone::default();
        let search = fhir::search::parse_search(type_, &[], fhir::search::Handling::Strict, &zone, "", NOW).unwrap();
        let page = self.store.search(&self.cx(), &search).unwrap();
        assert!(page.matches.iter().all(|stored| stored.op != Op::Delete));
        let shown = page.matches.iter().map(|stored| {
            let mut json = Vec::new();
            stored.json(&mut json).unwrap();
            (stored.id.clone(), serde_json::from_slice(&json).unwrap())
        });
        shown.collect()
    }

    /// The registrations each Person links, with their assurance, sorted.
    pub fn links(&self) -> Vec<Vec<String>> {
        let link = |link: &serde_json::Value| {
            format!("{} {}", link["target"]["reference"].as_str().unwrap(), link["assurance"].as_str().unwrap())
        };
        let links = |person: &serde_json::Value| person["link"].as_array().unwrap().iter().map(link).collect();
        let mut all: Vec<Vec<String>> = self.persons().iter().map(|(_, person)| links(person)).collect();
        all.sort();
        all
    }
}
