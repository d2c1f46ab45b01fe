//! What a reader may not see is in no answer, whichever way is asked.

use crate::harness::{House, search, user};
use base::{Cx, Kind, Role};
use fhir::definitions::r4;
use store::{HistoryOf, HistoryQuery};

fn two_hospitals() -> House {
    let house = House::new();
    for json in [
        r#"{"resourceType":"Organization","id":"district","name":"区"}"#,
        r#"{"resourceType":"Organization","id":"h1","name":"一院","partOf":{"reference":"Organization/district"}}"#,
        r#"{"resourceType":"Organization","id":"h2","name":"二院"}"#,
        r#"{"resourceType":"Patient","id":"p1","name":[{"family":"甲"}],"managingOrganization":{"reference":"Organization/h1"}}"#,
        r#"{"resourceType":"Patient","id":"p2","name":[{"family":"甲"}],"managingOrganization":{"reference":"Organization/h2"}}"#,
        r#"{"resourceType":"Patient","id":"p3","name":[{"family":"甲"}]}"#,
        r#"{"resourceType":"Person","id":"x","link":[{"target":{"reference":"Patient/p1"}},{"target":{"reference":"Patient/p2"}}]}"#,
        r#"{"resourceType":"Person","id":"y","link":[{"target":{"reference":"Patient/p3"}}]}"#,
        r#"{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p1"}}"#,
        r#"{"resourceType":"Observation","id":"o2","status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p2"}}"#,
        r#"{"resourceType":"Observation","id":"o3","status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p3"}}"#,
        r#"{"resourceType":"Observation","id":"moved","status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p3"}}"#,
        r#"{"resourceType":"Observation","id":"moved","status":"final","code":{"text":"t"},"subject":{"reference":"Patient/p1"}}"#,
        r#"{"resourceType":"Basic","id":"loose","code":{"text":"no patient"}}"#,
    ] {
        house.put(json);
    }
    house
}

/// Every id that a reader can come by.
fn everything(house: &House, cx: &Cx) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for type_name in ["Patient", "Person", "Observation", "Basic"] {
        let type_ = r4().type_named(type_name).unwrap();
        let page = house.page(cx, type_name).unwrap();
        found.extend(page.matches.iter().map(|one| format!("search {}", one.id)));
        for id in ["p1", "p2", "p3", "x", "y", "o1", "o2", "o3", "moved", "loose"] {
            if house.store.read(cx, type_, id).unwrap().is_some() {
                found.push(format!("read {id}"));
            }
            for version in 1..=2 {
                if house.store.read_version(cx, type_, id, version).unwrap().is_some() {
                    found.push(format!("vread {id} {version}"));
                }
            }
            let of = HistoryOf::Resource(type_, id.to_owned());
            let query = HistoryQuery { of, count: 10, since: None, at_position: None, before: None };
            if let Ok(page) = house.store.history(cx, &query) {
                found.extend(page.entries.iter().map(|one| format!("history {} {}", one.id, one.version)));
            }
        }
        for of in [HistoryOf::Type(type_), HistoryOf::System] {
            let query = HistoryQuery { of, count: 100, since: None, at_position: None, before: None };
            let page = house.store.history(cx, &query).unwrap();
            found.extend(page.entries.iter().map(|one| format!("history {} {}", one.id, one.version)));
        }
    }
    found.extend(house.store.feed(cx, 0, 100).unwrap().iter().map(|one| format!("feed {} {}", one.id, one.version)));
    let more = [
        "Observation?code:text=t",
        "Observation?subject:Patient.family=甲",
        "Patient?family=甲",
        "Patient?family=甲&_revinclude=Observation:subject",
        "Observation?_include=Observation:subject",
        "Observation?resident=x",
        "Observation?resident=y",
        "Organization?_revinclude=Patient:organization",
        "Patient?_revinclude=Person:patient",
        "Person?_include=Person:patient",
        "Observation?status:not=x",
        "Observation?_sort=_lastUpdated",
    ];
    for query in more {
        let page = house.page(cx, query).unwrap();
        found.extend(page.matches.iter().chain(&page.included).map(|one| format!("{query} {}", one.id)));
    }
    found
}

fn never(found: &[String], ids: &[&str]) {
    for one in found {
        let mut words = one.split(' ').skip(1);
        assert!(!ids.contains(&words.next().unwrap()), "{one}");
        assert_ne!(
            one.split(' ').skip(1).collect::<Vec<_>>(),
            ["moved", "1"],
            "the version about somebody else: {one}"
        );
    }
}

#[test]
fn a_clinician_sees_the_own_institution() {
    let house = two_hospitals();
    let found = everything(&house, &user(Role::Clinician, "h1"));
    never(&found, &["p2", "p3", "o2", "o3", "x", "y", "loose"]);
    for expected in ["read p1", "read o1", "Observation?resident=x o1", "search moved", "vread moved 2", "feed o1 1"] {
        assert!(found.iter().any(|one| one == expected), "{expected}");
    }
}

#[test]
fn a_resident_sees_the_own_record() {
    let house = two_hospitals();
    let found = everything(&house, &user(Role::Resident, "x"));
    never(&found, &["p3", "o3", "y", "loose"]);
    for expected in ["read p1", "read p2", "read o2", "read x"] {
        assert!(found.iter().any(|one| one == expected), "{expected}");
    }
    let nobody = everything(&house, &user(Role::Resident, "unknown"));
    never(&nobody, &["p1", "p2", "p3", "o1", "o2", "o3", "x", "y", "loose", "moved"]);
}

#[test]
fn several_are_read_like_each_alone() {
    let house = two_hospitals();
    let type_ = r4().type_named("Observation").unwrap();
    let ids = ["o2", "unknown", "o1", "moved", "o3"];
    let read = |cx: &Cx| -> Vec<String> {
        house.store.read_each(cx, type_, &ids).unwrap().into_iter().map(|one| one.id).collect()
    };
    assert_eq!(read(&user(Role::Integration, "")), ["o2", "o1", "moved", "o3"]);
    assert_eq!(read(&user(Role::Clinician, "h1")), ["o1", "moved"]);
    assert_eq!(read(&user(Role::Resident, "x")), ["o2", "o1", "moved"]);
    let officer = user(Role::Officer, "district");
    assert_eq!(house.store.read_each(&officer, type_, &ids).unwrap_err().kind, Kind::Forbidden);
    house.delete("Observation", "o1");
    assert_eq!(read(&user(Role::Clinician, "h1")), ["moved"], "what was deleted is left out");
}

#[test]
fn a_registration_that_two_persons_claim_is_contested() {
    let house = two_hospitals();
    let contested = |person: &str| house.store.contested_of(person).unwrap();
    assert!(contested("x").is_empty() && contested("unknown").is_empty());
    house.put(r#"{"resourceType":"Person","id":"z","link":[{"target":{"reference":"Patient/p2"}}]}"#);
    assert_eq!(
        (contested("x"), contested("y"), contested("z")),
        (vec!["p2".to_owned()], vec![], vec!["p2".to_owned()])
    );
    house.delete("Person", "z");
    assert!(contested("x").is_empty());
}

#[test]
fn an_institution_that_moves_takes_its_registrations_along() {
    let house = two_hospitals();
    let district = user(Role::Clinician, "district");
    let type_ = r4().type_named("Patient").unwrap();
    let sees = |id: &str| house.store.read(&district, type_, id).unwrap().is_some();
    assert_eq!((sees("p1"), sees("p2")), (true, false));
    house.put(r#"{"resourceType":"Organization","id":"h2","name":"二院","partOf":{"reference":"Organization/h1"}}"#);
    assert_eq!((sees("p1"), sees("p2")), (true, true));
    house.put(r#"{"resourceType":"Organization","id":"h1","name":"一院"}"#);
    assert_eq!((sees("p1"), sees("p2")), (false, false));
    house.put(
        r#"{"resourceType":"Organization","id":"h1","name":"一院","partOf":{"reference":"Organization/district"}}"#,
    );
    assert_eq!((sees("p1"), sees("p2")), (true, true));
    house.delete("Organization", "h1");
    assert_eq!((sees("p1"), sees("p2")), (false, false), "what was deleted holds nothing together");
}

#[test]
fn an_officer_counts_and_an_admin_sees_nothing() {
    let house = two_hospitals();
    let officer = user(Role::Officer, "district");
    assert_eq!(house.page(&officer, "Patient").unwrap_err().kind, Kind::Forbidden);
    let mut count = search("Patient").unwrap();
    count.count = Some(0);
    let page = house.store.search(&officer, &count).unwrap();
    assert!(page.total_hidden && page.total.is_none(), "one registration is a small cell");
    assert_eq!(house.page(&officer, "Organization").unwrap().matches.len(), 3);
    let open = house.page(&officer, "Organization?_revinclude=Patient:organization").unwrap();
    assert!(open.included.is_empty());
    assert_eq!(
        house.store.read(&officer, r4().type_named("Patient").unwrap(), "p1").unwrap_err().kind,
        Kind::Forbidden
    );
    assert!(
        house
            .store
            .feed(&officer, 0, 100)
            .unwrap()
            .iter()
            .all(|one| one.type_ == r4().type_named("Organization").unwrap())
    );
    let admin = user(Role::Admin, "");
    assert_eq!(house.page(&admin, "Organization").unwrap_err().kind, Kind::Forbidden);
}

/// Ids of a search, in order of ids.
fn ids(house: &House, cx: &Cx, query: &str) -> Vec<String> {
    let mut ids: Vec<String> = house.page(cx, query).unwrap().matches.into_iter().map(|one| one.id).collect();
    ids.sort();
    ids
}

#[test]
fn a_result_that_was_about_somebody_else_is_seen_by_whom_it_is_about_now() {
    let (first, second) = (user(Role::Clinician, "h1"), user(Role::Clinician, "h2"));
    let about = |patient: &str| {
        let what = r#""status":"final","code":{"text":"m"},"effectiveDateTime":"2026-01-05""#;
        format!(r#"{{"resourceType":"Observation","id":"m",{what},"subject":{{"reference":"Patient/{patient}"}}}}"#)
    };
    let queries =
        ["Observation?code:text=m", "Observation?code:text=m&date=2026-01-05", "Observation?date=ge2026-01-01"];
    // Its code and date stay the same, so that only whose it is differs between its index rows.
    let mut house = two_hospitals();
    for patient in ["p1", "p2", "p1", "p3", "p2", "p1"] {
        house.put(&about(patient));
        for reopened in [false, true] {
            if reopened {
                house = house.reopen();
            }
            for query in queries {
                assert_eq!(ids(&house, &first, query) == ["m"], patient == "p1", "{query} of {patient}");
                assert_eq!(ids(&house, &second, query) == ["m"], patient == "p2", "{query} of {patient}");
            }
            assert_eq!(house.store.check(&mut |_, _| {}).unwrap().problems, Vec::<String>::new());
        }
    }
    house.delete("Observation", "m");
    for query in queries {
        assert!(ids(&house, &first, query).is_empty() && ids(&house, &second, query).is_empty());
    }
}
