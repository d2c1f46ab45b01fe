//! What an institution sees is kept in memory for its searches; it never shows more or less than the record of the very
//! snapshot that a search reads.

use crate::harness::{House, put, user};
use base::{Cx, Dice, Role};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Batch, Expect};

/// Searches after which the registrations of an institution are in memory for sure.
const ASKED: usize = 70;

fn patient(id: u64, organization: Option<&str>) -> String {
    let managed = organization.map_or(String::new(), |organization| {
        format!(r#","managingOrganization":{{"reference":"Organization/{organization}"}}"#)
    });
    format!(r#"{{"resourceType":"Patient","id":"p{id}","gender":"female"{managed}}}"#)
}

fn observation(id: u64) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"o{id}","status":"final","code":{{"coding":[{{"code":"c"}}]}},"subject":{{"reference":"Patient/p{id}"}}}}"#
    )
}

fn organization(id: &str, part_of: Option<&str>) -> String {
    let above = part_of.map_or(String::new(), |above| format!(r#","partOf":{{"reference":"Organization/{above}"}}"#));
    format!(r#"{{"resourceType":"Organization","id":"{id}","name":"x"{above}}}"#)
}

/// Some patients with a result each, of whom h1 manages the even ones.
fn town(patients: u64) -> House {
    let house = House::new();
    for (id, above) in [("district", None), ("h1", Some("district")), ("h2", None)] {
        house.put(&organization(id, above));
    }
    for id in 0..patients {
        house.put(&patient(id, (id % 2 == 0).then_some("h1")));
        house.put(&observation(id));
    }
    house
}

/// Numbers of the patients that a search finds, and the position that it tells of.
fn found(house: &House, cx: &Cx, query: &str) -> (u64, BTreeSet<u64>) {
    let page = house.page(cx, &format!("{query}&_count=1000")).unwrap();
    let ids = page.matches.iter().map(|one| one.id[1..].parse().unwrap()).collect();
    (page.position, ids)
}

const QUERIES: [&str; 3] = ["Observation?code=c", "Patient?gender=female", "Observation?_sort=-_lastUpdated"];

/// Each query alike, before and after the set is in memory.
fn sees(house: &House, cx: &Cx, wanted: impl IntoIterator<Item = u64>) {
    let wanted: BTreeSet<u64> = wanted.into_iter().collect();
    for nth in 0..ASKED {
        for query in QUERIES {
            assert_eq!(found(house, cx, query).1, wanted, "search {nth}, {query}");
        }
        let count = house.page(cx, "Observation?code=c&_summary=count").unwrap().total;
        assert_eq!(count, Some(wanted.len() as u64), "count {nth}");
    }
}

#[test]
fn a_registration_that_comes_or_goes_is_seen_or_unseen_at_once() {
    let mut house = town(6);
    let clinician = user(Role::Clinician, "h1");
    sees(&house, &clinician, [0, 2, 4]);
    house.put(&patient(2, Some("h2")));
    sees(&house, &clinician, [0, 4]);
    house.put(&patient(1, Some("h1")));
    sees(&house, &clinician, [0, 1, 4]);
    house = house.reopen();
    sees(&house, &clinician, [0, 1, 4]);
    house.delete("Patient", "p4");
    assert_eq!(found(&house, &clinician, QUERIES[0]).1, BTreeSet::from([0, 1]));
    house.put(&patient(4, None));
    sees(&house, &clinician, [0, 1]);
    house.put(&patient(4, Some("h1")));
    sees(&house, &clinician, [0, 1, 4]);
    // A batch that fails leaves the sight as it was.
    let refused = [put(&patient(0, None), Expect::Any), put(&patient(3, Some("h1")), Expect::Absent)];
    let writes = refused.into_iter().map(Result::unwrap).collect();
    house.store.write(&house.cx, Batch { writes, ..Batch::default() }).unwrap_err();
    sees(&house, &clinician, [0, 1, 4]);
}

#[test]
fn what_lies_below_an_institution_counts_as_its_own() {
    let house = town(6);
    let district = user(Role::Clinician, "district");
    sees(&house, &district, [0, 2, 4]);
    house.put(&organization("h2", Some("h1")));
    house.put(&patient(3, Some("h2")));
    sees(&house, &district, [0, 2, 3, 4]);
    house.put(&organization("h1", None));
    sees(&house, &district, []);
    sees(&house, &user(Role::Clinician, "h1"), [0, 2, 3, 4]);
    sees(&house, &user(Role::Clinician, "h2"), [3]);
}

#[test]
fn searches_beside_writes_see_what_their_snapshot_holds() {
    const PATIENTS: u64 = 40;
    let house = town(PATIENTS);
    let clinician = user(Role::Clinician, "h1");
    let start: BTreeSet<u64> = (0..PATIENTS).step_by(2).collect();
    // Who was managed by h1 from which position on.
    let truth = Mutex::new(vec![(0, start)]);
    let (ended, asked) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let (house, clinician, ended, asked) = (&house, &clinician, &ended, &asked);
            scope.spawn(move || {
                let mut nth = reader;
                while !ended.load(Ordering::Relaxed) {
                    nth += 1;
                    let query = QUERIES[nth % QUERIES.len()];
                    let told = found(house, clinician, query);
                    asked.lock().unwrap().push((query, told));
                }
            });
        }
        let dice = Dice::seeded(5);
        for _ in 0..60 {
            let mut now = truth.lock().unwrap().last().unwrap().1.clone();
            let id = dice.u64() % PATIENTS;
            let comes = now.insert(id) || !now.remove(&id);
            let done = house.put(&patient(id, comes.then_some("h1")));
            truth.lock().unwrap().push((done.position, now));
            // Long enough for sets to be made, and other writes between.
            let searched = asked.lock().unwrap().len();
            while asked.lock().unwrap().len() < searched + (dice.u64() % 60) as usize {
                house.put(&observation(PATIENTS + dice.u64() % 4));
            }
        }
        ended.store(true, Ordering::Relaxed);
    });
    let truth = truth.into_inner().unwrap();
    for (query, (position, ids)) in asked.into_inner().unwrap() {
        let (_, wanted) = truth.iter().rev().find(|(from, _)| *from <= position).unwrap();
        assert_eq!(&ids, wanted, "{query} at position {position}");
    }
}
