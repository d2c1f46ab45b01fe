//! Versions, deletes, expectations, batches, histories, the feed, the audit, opening again.

use crate::harness::{House, options, put};
use base::{Cx, Kind};
use fhir::definitions::r4;
use store::{
    AuditQuery, Batch, Expect, Found, Guard, HistoryOf, HistoryQuery, Put, SourceKey, Store, Write, WriteOutcome,
};

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","meta":{"profile":["http://x/y"]},"name":[{"family":"张","given":["伟"]}],"birthDate":"1985-03-07"}"#;

#[test]
fn a_resource_reads_back_as_it_was_written() {
    let house = House::new();
    let done = house.put(PATIENT);
    assert_eq!(done.written[0].outcome, WriteOutcome::Created);
    let expected =
        PATIENT.replace(r#""meta":{"#, r#""meta":{"versionId":"1","lastUpdated":"2026-05-28T20:26:40.000Z","#);
    assert_eq!(house.json("Patient", "p1").unwrap(), expected);
    assert_eq!(house.json("Patient", "p2"), None);
    assert_eq!(house.json("Person", "p1"), None, "an id belongs to its type");
}

#[test]
fn the_same_again_is_no_change_and_another_is_a_version() {
    let house = House::new();
    house.put(PATIENT);
    let again = house.put(PATIENT);
    assert_eq!((again.written[0].outcome, again.written[0].version), (WriteOutcome::Unchanged, 1));
    house.tick();
    let changed = house.put(&PATIENT.replace("张", "章"));
    assert_eq!((changed.written[0].outcome, changed.written[0].version), (WriteOutcome::Updated, 2));
    assert_eq!(house.store.position(), 2);
    let type_ = r4().type_named("Patient").unwrap();
    let first = house.store.read_version(&house.cx, type_, "p1", 1).unwrap().unwrap();
    let mut json = Vec::new();
    first.json(&mut json).unwrap();
    assert!(String::from_utf8(json).unwrap().contains("张"));
    assert!(house.store.read_version(&house.cx, type_, "p1", 3).unwrap().is_none());
}

#[test]
fn a_delete_leaves_its_history_and_a_put_brings_it_back() {
    let house = House::new();
    house.put(PATIENT);
    assert_eq!(house.delete("Patient", "p1").written[0].outcome, WriteOutcome::Deleted);
    assert_eq!(house.delete("Patient", "p1").written[0].outcome, WriteOutcome::AlreadyDeleted);
    assert_eq!(house.delete("Patient", "nobody").written[0].outcome, WriteOutcome::AlreadyDeleted);
    let type_ = r4().type_named("Patient").unwrap();
    assert_eq!(house.store.read(&house.cx, type_, "p1").unwrap().unwrap().op, store::Op::Delete);
    assert!(house.ids("Patient?family=张").is_empty());
    let back = house.put(PATIENT);
    assert_eq!((back.written[0].outcome, back.written[0].version), (WriteOutcome::Created, 3));
    assert_eq!(house.ids("Patient?family=张"), ["p1"]);
    let of = HistoryOf::Resource(type_, "p1".to_owned());
    let query = HistoryQuery { of, count: 2, since: None, at_position: None, before: None };
    let page = house.store.history(&house.cx, &query).unwrap();
    let versions: Vec<u32> = page.entries.iter().map(|entry| entry.version).collect();
    assert_eq!((versions, page.total), (vec![3, 2], Some(3)));
    let (at, before) = page.next.unwrap();
    let rest = house.store.history(&house.cx, &HistoryQuery { at_position: Some(at), before: Some(before), ..query });
    assert_eq!(rest.unwrap().entries[0].version, 1);
}

#[test]
fn expectations_hold_at_the_commit() {
    let house = House::new();
    let kind = |expect| house.try_put(PATIENT, expect).unwrap_err().kind;
    assert_eq!(kind(Expect::Present), Kind::NotFound);
    assert_eq!(kind(Expect::Version(1)), Kind::Precondition);
    house.try_put(PATIENT, Expect::Absent).unwrap();
    let other = PATIENT.replace("伟", "玮");
    assert_eq!(house.try_put(&other, Expect::Absent).unwrap_err().kind, Kind::Conflict);
    assert_eq!(house.try_put(&other, Expect::Version(2)).unwrap_err().kind, Kind::Precondition);
    house.try_put(&other, Expect::Version(1)).unwrap();
}

/// An id that the server made is asked for like any other: a create never writes over what is there.
#[test]
fn a_create_with_an_id_in_use_is_a_conflict() {
    let house = House::new();
    let id = house.store.new_id(r4().type_named("Patient").unwrap(), None).unwrap();
    let json = |family: &str| format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]}}"#);
    house.try_put(&json("甲"), Expect::Absent).unwrap();
    assert_eq!(house.try_put(&json("乙"), Expect::Absent).unwrap_err().kind, Kind::Conflict);
    assert_eq!(house.ids("Patient?family=甲"), [id.as_str()]);
    // Also when both are prepared before either is written.
    let id = house.store.new_id(r4().type_named("Patient").unwrap(), None).unwrap();
    let json = |family: &str| format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]}}"#);
    let won: usize = std::thread::scope(|scope| {
        let create = |nth: usize| usize::from(house.try_put(&json(&format!("n{nth}")), Expect::Absent).is_ok());
        let runs: Vec<_> = (0..8).map(|nth| scope.spawn(move || create(nth))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
    assert!(house.store.check(&mut |_, _| {}).unwrap().problems.is_empty());
}

#[test]
fn a_batch_lands_whole_or_not_at_all() {
    let house = House::new();
    let writes =
        vec![put(PATIENT, Expect::Any).unwrap(), put(r#"{"resourceType":"Patient","id":"p2"}"#, Expect::Any).unwrap()];
    let guards = vec![Guard::NewRow { space: "x".into(), key: "y".into() }];
    house.store.write(&house.cx, Batch { writes, guards, ..Batch::default() }).unwrap();
    let row = store::ShelfOp::Row { space: "x".into(), key: "y".into(), sort: String::new(), doc: Some(vec![1]) };
    house.store.write(&house.cx, Batch { shelves: vec![row], ..Batch::default() }).unwrap();
    let writes = vec![put(r#"{"resourceType":"Patient","id":"p3"}"#, Expect::Any).unwrap()];
    let guards = vec![Guard::NewRow { space: "x".into(), key: "y".into() }];
    let failed = house.store.write(&house.cx, Batch { writes, guards, ..Batch::default() });
    assert_eq!(failed.unwrap_err().kind, Kind::Conflict);
    assert_eq!(house.json("Patient", "p3"), None);
    let twice = vec![put(PATIENT, Expect::Any).unwrap(), put(&PATIENT.replace("伟", "1"), Expect::Any).unwrap()];
    let twice = house.store.write(&house.cx, Batch { writes: twice, ..Batch::default() });
    // The first of the two is unchanged, so only one is written; two changes of one resource are refused.
    twice.unwrap();
    let twice = ["2", "3"].map(|given| put(&PATIENT.replace("伟", given), Expect::Any).unwrap());
    let twice = house.store.write(&house.cx, Batch { writes: twice.into(), ..Batch::default() });
    assert_eq!(twice.unwrap_err().kind, Kind::Invalid);
}

#[test]
fn racing_writers_never_make_two_of_one() {
    let house = House::new();
    let query = || crate::harness::search("Patient?identifier=urn:n|7").unwrap();
    let create = |_| {
        let id = house.store.new_id(r4().type_named("Patient").unwrap(), None).unwrap();
        let json =
            format!(r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:n","value":"7"}}]}}"#);
        let writes = vec![put(&json, Expect::Absent).unwrap()];
        let guards = vec![Guard::Finds { search: Box::new(query()), expect: Found::Nothing }];
        house.store.write(&house.cx, Batch { writes, guards, ..Batch::default() }).is_ok()
    };
    let won: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|nth| scope.spawn(move || usize::from(create(nth)))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
    assert_eq!(house.ids("Patient?identifier=urn:n|7").len(), 1);
    // The same client-made id from many threads: versions without a gap.
    std::thread::scope(|scope| {
        for nth in 0..8 {
            let house = &house;
            scope.spawn(move || {
                let json =
                    format!(r#"{{"resourceType":"Patient","id":"same","active":true,"name":[{{"text":"n{nth}"}}]}}"#);
                while house.try_put(&json, Expect::Any).is_err() {}
            });
        }
    });
    let found = house.store.read(&house.cx, r4().type_named("Patient").unwrap(), "same").unwrap().unwrap();
    assert_eq!(found.version, 8);
    assert!(house.store.check(&mut |_, _| {}).unwrap().problems.is_empty());
}

#[test]
fn the_feed_is_gap_free_and_the_audit_chained() {
    let mut house = House::new();
    house.put(PATIENT);
    house.put(r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"}}"#);
    house.delete("Observation", "o");
    house = house.reopen();
    house.put(r#"{"resourceType":"Organization","id":"h","name":"一院"}"#);
    let feed = house.store.feed(&house.cx, 0, 100).unwrap();
    let positions: Vec<u64> = feed.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, [1, 2, 3, 4]);
    let query = AuditQuery { patients: Some(vec!["p1".to_owned()]), count: 10, ..AuditQuery::default() };
    let rows = house.store.audit(&query).unwrap();
    let actions: Vec<&str> = rows.iter().map(|row| row.action.name()).collect();
    assert_eq!(actions, ["delete", "create", "create"], "newest first");
    let report = house.store.check(&mut |_, _| {}).unwrap();
    assert_eq!((report.problems, report.versions, report.resources), (vec![], 4, 2));
}

#[test]
fn a_source_key_finds_its_resource() {
    let house = House::new();
    let key = SourceKey { institution: "h1".into(), system: "lis".into(), number: "17".into(), part: String::new() };
    let put = |id: &str| {
        let resource = fhir::parse(PATIENT.replace("p1", id).as_bytes(), &fhir::Limits::default()).unwrap();
        let write = Write::Put(Put { id: id.into(), resource, expect: Expect::Any, source: Some(key.clone()) });
        house.store.write(&house.cx, Batch { writes: vec![write], ..Batch::default() })
    };
    put("p1").unwrap();
    assert_eq!(house.store.find_source(&key).unwrap().unwrap().1, "p1");
    assert_eq!(put("p2").unwrap_err().kind, Kind::Conflict, "the key names another resource");
    assert_eq!(house.json("Patient", "p2"), None);
    put("p1").unwrap();
}

#[test]
fn server_made_ids_survive_opening_again_and_unknown_ones_are_refused() {
    let mut house = House::new();
    let type_ = r4().type_named("Patient").unwrap();
    let id = house.store.new_id(type_, None).unwrap();
    house.put(&PATIENT.replace("p1", &id));
    house = house.reopen();
    assert!(house.json("Patient", &id).is_some());
    let next = house.store.new_id(type_, None).unwrap();
    assert_ne!(next, id);
    let counts = house.store.counts(&Cx::platform()).unwrap();
    assert_eq!(counts, [(type_, 1)]);
}

#[test]
fn a_backup_is_a_whole_store() {
    let house = House::new();
    house.put(PATIENT);
    let copy = tempfile::tempdir().unwrap();
    house.store.backup(copy.path(), &mut |_, _| {}).unwrap();
    house.put(&PATIENT.replace("p1", "p2"));
    let restored = Store::open(copy.path(), options(&house.clock)).unwrap();
    let type_ = r4().type_named("Patient").unwrap();
    assert!(restored.read(&house.cx, type_, "p1").unwrap().is_some());
    assert!(restored.read(&house.cx, type_, "p2").unwrap().is_none());
    assert!(house.store.backup(copy.path(), &mut |_, _| {}).is_err(), "never over another record");
}

#[test]
fn a_full_disk_refuses_writes_and_keeps_reads() {
    let dir = tempfile::tempdir().unwrap();
    let cx = Cx::platform();
    let full = store::Options { disk_reserve_bytes: 1_000, free_space: Some(|_| 999), ..options(&base::Clock::System) };
    let store = Store::open(dir.path(), full).unwrap();
    let write = put(PATIENT, Expect::Any).unwrap();
    let refused = store.write(&cx, Batch { writes: vec![write], ..Batch::default() });
    assert_eq!(refused.unwrap_err().kind, Kind::Busy);
    assert!(store.read(&cx, r4().type_named("Patient").unwrap(), "p1").unwrap().is_none());
    assert_eq!(store.ready().unwrap_err().kind, Kind::Busy);
}

#[test]
fn what_belongs_together_lies_in_one_bucket() {
    let house = House::new();
    for json in [
        r#"{"resourceType":"Location","id":"room"}"#,
        r#"{"resourceType":"Schedule","id":"mornings","actor":[{"reference":"Location/room"}]}"#,
        r#"{"resourceType":"Slot","id":"first","schedule":{"reference":"Schedule/mornings"},"status":"free","start":"2026-11-21T08:00:00+08:00","end":"2026-11-21T08:15:00+08:00"}"#,
        r#"{"resourceType":"Person","id":"who","link":[{"target":{"reference":"Patient/p1"}}]}"#,
        PATIENT,
        r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"}}"#,
        r#"{"resourceType":"Organization","id":"h","name":"一院"}"#,
    ] {
        house.put(json);
    }
    let home = |type_name: &str, id: &str| house.store.home(r4().type_named(type_name).unwrap(), id).unwrap().unwrap();
    assert_ne!(home("Location", "room"), 0);
    assert_eq!(home("Schedule", "mornings"), home("Location", "room"));
    assert_eq!(home("Slot", "first"), home("Location", "room"));
    assert_ne!(home("Patient", "p1"), 0);
    assert_eq!(home("Observation", "o"), home("Patient", "p1"));
    assert_eq!(home("Person", "who"), home("Patient", "p1"));
    assert_eq!(home("Organization", "h"), 0);
    let slot = r4().type_named("Slot").unwrap();
    let made = house.store.new_id(slot, Some("mornings")).unwrap();
    assert_eq!(house.store.home(slot, &made).unwrap(), Some(home("Location", "room")));
}

#[test]
fn rows_of_patients_lie_side_by_side_and_none_is_given_twice() {
    let mut house = House::new();
    let type_ = |name: &str| r4().type_named(name).unwrap();
    for round in 0..3 {
        for nth in 0..4 {
            let owner = house.store.new_id(type_("Patient"), None).unwrap();
            // Some ids are the client's own.
            let id = if nth == 2 { format!("own{round}") } else { owner };
            house.put(&PATIENT.replace("p1", &id));
            for _ in 0..5 {
                let made = house.store.new_id(type_("Observation"), Some(&id)).unwrap();
                let about = format!(r#""subject":{{"reference":"Patient/{id}"}}"#);
                house.put(&format!(
                    r#"{{"resourceType":"Observation","id":"{made}","status":"final","code":{{"text":"x"}},{about}}}"#
                ));
            }
        }
        house = house.reopen();
    }
    house.store.close().unwrap();
    let file = rusqlite::Connection::open(house.dir.path().join("record.db")).unwrap();
    let rows = |name: &str| -> Vec<i64> {
        let mut rows = file.prepare("SELECT rid >> 12 FROM resource WHERE type = ?1 ORDER BY position").unwrap();
        rows.query_map([type_(name).0], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let (patients, results) = (rows("Patient"), rows("Observation"));
    assert_eq!((patients.len(), results.len()), (12, 60), "a row that is given twice is one resource too few");
    assert!(patients.is_sorted() && results.is_sorted(), "in the order of creation");
    for round in patients.chunks(4) {
        // One number went to an id that was not used.
        assert_eq!(round[3] - round[0], 4, "{patients:?}");
    }
}
