//! Search parameters of one's own: their index is built beside writers, refused until it is whole, and dropped.

use crate::harness::{House, options, put};
use base::{Cx, Dice, Kind, Result};
use fhir::custom::Definition;
use fhir::definitions::{ParamKind, r4};
use fhir::search::{Handling, Search, parse_search_with};
use std::collections::BTreeMap;
use store::{Batch, BuildState, BuildStep, Expect, ParameterState, Store, Write};

pub const WARD: &str = "http://city.example/ward";
const FLOOR: &str = "http://city.example/floor";

pub fn definition(code: &str, kind: ParamKind, expression: &str) -> Definition {
    let bases = vec![r4().type_named("Patient").unwrap()];
    let url = format!("http://city.example/SearchParameter/{code}");
    Definition { url, code: code.into(), kind, bases, targets: Vec::new(), expression: expression.into() }
}

pub fn ward() -> Definition {
    definition("ward", ParamKind::String, &format!("Patient.extension('{WARD}').value as string"))
}

pub fn patient(id: &str, ward: &str, floor: u32) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","extension":[{{"url":"{WARD}","valueString":"{ward}"}},{{"url":"{FLOOR}","valueInteger":{floor}}}]}}"#
    )
}

pub fn parsed(store: &Store, query: &str) -> Result<Search> {
    let (type_name, rest) = query.split_once('?').unwrap();
    let params = rest.split('&').map(|part| part.split_once('=').unwrap());
    let params: Vec<_> = params.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (type_, zone) = (r4().type_named(type_name).unwrap(), base::zone::Zone::default());
    parse_search_with(&store.indexes().custom, type_, &params, Handling::Strict, &zone, "", 0)
}

/// Sorted ids of what a search finds.
pub fn found(store: &Store, query: &str) -> Result<Vec<String>> {
    let mut search = parsed(store, query)?;
    search.count = Some(1_000);
    let mut ids = Vec::new();
    loop {
        let page = store.search(&Cx::platform(), &search)?;
        ids.extend(page.matches.iter().map(|found| found.id.clone()));
        match page.next {
            Some(next) => search.page = Some(next),
            None => break,
        }
    }
    ids.sort();
    Ok(ids)
}

pub fn finish(store: &Store) -> u64 {
    let mut done = 0;
    loop {
        match store.build_step(&Cx::platform()).unwrap() {
            BuildStep::Idle => return done,
            BuildStep::Waiting => std::thread::yield_now(),
            BuildStep::Worked(resources) => done += resources,
        }
    }
}

pub fn sound(store: &Store) {
    let report = store.check(&mut |_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

fn put_many(house: &House, count: u32) {
    for from in (0..count).step_by(200) {
        let range = from..(from + 200).min(count);
        let writes =
            range.map(|nth| put(&patient(&format!("p{nth}"), &format!("Ward {}", nth % 7), nth % 5), Expect::Any));
        let batch = Batch { writes: writes.collect::<Result<_>>().unwrap(), ..Batch::default() };
        house.store.write(&house.cx, batch).unwrap();
    }
}

#[test]
fn an_index_is_built_and_refused_until_it_is_whole() {
    let house = House::new();
    put_many(&house, 1_000);
    let before = house.store.check(&mut |_, _| {}).unwrap().index_rows;
    assert_eq!(found(&house.store, "Patient?ward=ward").unwrap_err().kind, Kind::Unsupported);
    house.store.parameter_use("w", ward()).unwrap();
    assert_eq!(found(&house.store, "Patient?ward=ward").unwrap_err().kind, Kind::Busy);
    sound(&house.store);
    while house.store.build_step(&house.cx).unwrap() == BuildStep::Waiting {}
    let error = found(&house.store, "Patient?_sort=ward").unwrap_err();
    assert!(error.text().contains("40 %"), "{error}");
    assert_eq!(house.store.parameters()[0].state, ParameterState::Building(40));
    sound(&house.store);
    assert_eq!(finish(&house.store), 600);
    assert_eq!(house.store.parameters()[0].state, ParameterState::Ready);
    assert_eq!(found(&house.store, "Patient?ward=ward 3").unwrap().len(), 143);
    assert_eq!(found(&house.store, "Patient?ward:missing=true").unwrap().len(), 0);
    assert_eq!(found(&house.store, "Patient?ward:missing=false").unwrap().len(), 1_000);
    sound(&house.store);
    let whole = house.store.check(&mut |_, _| {}).unwrap().index_rows;
    assert_eq!(whole, before + 1_000);
    // Retired: at once unknown, the rows go later, and an old search is not answered by what is left of them.
    let old = parsed(&house.store, "Patient?ward=ward 3").unwrap();
    assert!(house.store.parameter_retire("w").unwrap());
    assert!(!house.store.parameter_retire("w").unwrap());
    assert_eq!(found(&house.store, "Patient?ward=ward").unwrap_err().kind, Kind::Unsupported);
    assert_eq!(house.store.search(&house.cx, &old).unwrap_err().kind, Kind::Busy);
    assert_eq!(house.store.builds().unwrap()[0].state, BuildState::Dropping);
    sound(&house.store);
    finish(&house.store);
    assert_eq!(house.store.check(&mut |_, _| {}).unwrap().index_rows, before);
    assert!(house.store.builds().unwrap().is_empty());
}

#[test]
fn a_changed_definition_answers_when_its_own_index_is_whole() {
    let mut house = House::new();
    put_many(&house, 900);
    house.store.parameter_use("w", ward()).unwrap();
    finish(&house.store);
    let other = definition("ward", ParamKind::String, "Patient.name.text");
    assert_eq!(house.store.parameter_use("other", other).unwrap_err().kind, Kind::Conflict);
    // The same name now means a number.
    let floor = definition("ward", ParamKind::Number, &format!("Patient.extension('{FLOOR}').value as integer"));
    house.store.parameter_use("w", floor).unwrap();
    while house.store.build_step(&house.cx).unwrap() == BuildStep::Waiting {}
    assert!(matches!(house.store.parameters()[0].state, ParameterState::Changing(_)));
    assert_eq!(found(&house.store, "Patient?ward=ward 3").unwrap().len(), 129);
    // It goes on where it was after a restart.
    house = house.reopen();
    assert!(matches!(house.store.parameters()[0].state, ParameterState::Changing(44)));
    assert_eq!(found(&house.store, "Patient?ward=ward 3").unwrap().len(), 129);
    assert_eq!(finish(&house.store), 500);
    assert_eq!(found(&house.store, "Patient?ward=gt3").unwrap().len(), 180);
    assert_eq!(house.store.builds().unwrap().len(), 1);
    sound(&house.store);
    // Going back to what it is changes nothing.
    let rows = house.store.check(&mut |_, _| {}).unwrap().index_rows;
    house.store.parameter_use("w", house.store.parameters()[0].parameter.now.clone().unwrap()).unwrap();
    assert_eq!(finish(&house.store), 0);
    assert_eq!(house.store.check(&mut |_, _| {}).unwrap().index_rows, rows);
}

/// What there should be, beside the store.
#[derive(Default)]
struct Wards(BTreeMap<String, String>);

impl Wards {
    fn of(&self, ward: &str) -> Vec<String> {
        self.0.iter().filter(|(_, is)| is.to_lowercase().starts_with(ward)).map(|(id, _)| id.clone()).collect()
    }

    /// One random change: a new patient, another ward, the same ward with another floor, a delete.
    fn change(&mut self, house: &House, dice: &Dice, nth: u32) {
        let id = format!("p{}", dice.u64() % 1_500);
        if dice.u64().is_multiple_of(8) {
            house.delete("Patient", &id);
            self.0.remove(&id);
            return;
        }
        let same = self.0.get(&id).filter(|_| dice.u64().is_multiple_of(2)).cloned();
        let ward = same.unwrap_or_else(|| format!("Ward {}", dice.u64() % 7));
        house.put(&patient(&id, &ward, nth));
        self.0.insert(id, ward);
    }
}

#[test]
fn writes_during_a_build_are_in_the_index() {
    let dice = Dice::seeded(5);
    let house = House::new();
    put_many(&house, 1_200);
    let mut wards = Wards((0..1_200).map(|nth| (format!("p{nth}"), format!("Ward {}", nth % 7))).collect());
    house.store.parameter_use("w", ward()).unwrap();
    let mut nth = 0;
    loop {
        for _ in 0..60 {
            nth += 1;
            wards.change(&house, &dice, nth);
        }
        if house.store.build_step(&house.cx).unwrap() == BuildStep::Idle {
            break;
        }
    }
    for ward in 0..7 {
        let ward = format!("ward {ward}");
        assert_eq!(found(&house.store, &format!("Patient?ward={ward}")).unwrap(), wards.of(&ward), "{ward}");
    }
    sound(&house.store);
}

#[test]
fn a_batch_that_was_prepared_before_is_not_forgotten() {
    let house = House::new();
    put_many(&house, 10);
    // Whoever still holds what was searched by may have prepared a batch with it.
    let older = house.store.indexes();
    house.store.parameter_use("w", ward()).unwrap();
    assert_eq!(house.store.build_step(&house.cx).unwrap(), BuildStep::Waiting);
    drop(older);
    assert_eq!(house.store.build_step(&house.cx).unwrap(), BuildStep::Worked(10));
}

#[test]
fn paths_that_a_newer_program_brings_are_built() {
    let house = House::new();
    put_many(&house, 300);
    house.put(r#"{"resourceType":"Patient","id":"born","birthDate":"2001-02-03"}"#);
    house.store.close().unwrap();
    // As if the program that wrote this store had not known of birth dates.
    let file = rusqlite::Connection::open(house.dir.path().join("record.db")).unwrap();
    let number: i64 =
        file.query_row("SELECT number FROM path WHERE key = 'date Patient.birthDate'", [], |row| row.get(0)).unwrap();
    file.execute("DELETE FROM path WHERE number = ?1", [number]).unwrap();
    file.execute("DELETE FROM period WHERE class / 4 = ?1", [number]).unwrap();
    file.execute("UPDATE resource SET present = 0, present_more = 0", []).unwrap();
    drop(file);
    let store = Store::open(house.dir.path(), options(&house.clock)).unwrap();
    assert_eq!(store.builds().unwrap()[0].key, "Patient.birthDate");
    assert_eq!(found(&store, "Patient?birthdate=2001").unwrap_err().kind, Kind::Busy);
    assert_eq!(found(&store, "Patient?birthdate:missing=true").unwrap_err().kind, Kind::Busy);
    sound(&store);
    assert_eq!(finish(&store), 301);
    assert_eq!(found(&store, "Patient?birthdate=2001").unwrap(), ["born"]);
    assert_eq!(found(&store, "Patient?birthdate:missing=false").unwrap(), ["born"]);
    assert!(store.builds().unwrap().is_empty());
    sound(&store);
}

#[test]
fn a_batch_of_writes_and_deletes_leaves_no_custom_rows_behind() {
    let house = House::new();
    house.store.parameter_use("w", ward()).unwrap();
    finish(&house.store);
    house.put(&patient("a", "Ward 1", 1));
    house.put(&patient("a", "Ward 2", 1));
    assert!(found(&house.store, "Patient?ward=ward 1").unwrap().is_empty());
    assert_eq!(found(&house.store, "Patient?ward=ward 2").unwrap(), ["a"]);
    let write = Write::Delete { type_: r4().type_named("Patient").unwrap(), id: "a".into(), expect: Expect::Any };
    house.store.write(&house.cx, Batch { writes: vec![write], ..Batch::default() }).unwrap();
    assert!(found(&house.store, "Patient?ward=ward").unwrap().is_empty());
    sound(&house.store);
}
