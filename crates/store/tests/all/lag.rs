//! Index rows that are written later: nobody sees an index that lacks rows, and no crash leaves one.

use crate::disk::Disk;
use crate::harness::{House, options, put, search, user};
use crate::load::{Acked, acked, batch, verify};
use base::{Clock, Cx, Dice, Kind, Role};
use fhir::definitions::r4;
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Batch, Expect, HistoryOf, HistoryQuery, Options, Store};

fn is_behind(dir: &Path) -> bool {
    let connection = Connection::open(dir.join("record.db")).unwrap();
    connection.prepare("SELECT 1 FROM setting WHERE name = 'index_behind'").unwrap().exists([]).unwrap()
}

/// Rows of a run: a few batches, many, more than the test writes.
const RUNS: [usize; 3] = [100, 1_000, 200_000];

#[test]
fn a_copy_and_a_backup_of_any_moment_become_whole_when_they_are_opened() {
    for run in RUNS {
        let clock = Clock::fixed(1_780_000_000_000);
        let dir = tempfile::tempdir().unwrap();
        let settings = || Options { index_run_rows: run, ..options(&clock) };
        let store = Store::open(dir.path(), settings()).unwrap();
        let (mut all, mut behind): (Vec<Acked>, usize) = (Vec::new(), 0);
        for nth in 0..60 {
            let done = store.write(&Cx::platform(), batch(&store, "t", nth)).unwrap();
            all.push(acked("t", nth, &done));
            if nth % 7 != 6 {
                continue;
            }
            let copy = tempfile::tempdir().unwrap();
            if nth % 2 == 0 {
                store.backup(copy.path(), &mut |_, _| {}).unwrap();
            } else {
                // As a crash would leave it: the file and its log, in the middle of everything.
                for name in ["record.db", "record.db-wal"] {
                    std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
                }
            }
            behind += usize::from(is_behind(copy.path()));
            let copied = Store::open(copy.path(), settings()).unwrap();
            assert!(!is_behind(copy.path()));
            assert_eq!(verify(&copied, &all), all.len(), "runs of {run} rows, batch {nth}");
        }
        assert!(behind > 0, "runs of {run} rows: no copy was behind, so nothing was tested");
        assert_eq!(verify(&store, &all), all.len());
        store.close().unwrap();
        assert!(!is_behind(dir.path()), "a store that is closed is whole");
    }
}

#[test]
fn an_update_and_a_delete_that_follow_at_once_leave_no_row_behind() {
    for run in RUNS {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(1_780_000_000_000);
        let store = Store::open(dir.path(), Options { index_run_rows: run, ..options(&clock) }).unwrap();
        let patient = |nth: usize, name: &str| {
            let json = format!(
                r#"{{"resourceType":"Patient","id":"p{nth}","name":[{{"family":"{name}"}}],"birthDate":"19{:02}-05-01"}}"#,
                nth % 90 + 10
            );
            Batch { writes: vec![put(&json, Expect::Any).unwrap()], ..Batch::default() }
        };
        for nth in 0..90 {
            for name in ["early", "middle", "late", "early"].into_iter().take(1 + nth % 4) {
                store.write(&Cx::platform(), patient(nth, name)).unwrap();
            }
            if nth.is_multiple_of(9) {
                let type_ = r4().type_named("Patient").unwrap();
                let write = store::Write::Delete { type_, id: format!("p{nth}"), expect: Expect::Present };
                store.write(&Cx::platform(), Batch { writes: vec![write], ..Batch::default() }).unwrap();
            }
        }
        let names =
            |nth: usize| if nth.is_multiple_of(9) { "gone" } else { ["early", "middle", "late", "early"][nth % 4] };
        for name in ["early", "middle", "late"] {
            let mut asked = search(&format!("Patient?family={name}")).unwrap();
            asked.count = Some(500);
            let found = store.search(&Cx::platform(), &asked).unwrap().matches.len();
            assert_eq!(found, (0..90).filter(|&nth| names(nth) == name).count(), "{name} with runs of {run} rows");
        }
        assert_eq!(store.check(&mut |_, _| {}).unwrap().problems, Vec::<String>::new());
    }
}

/// A registration that was moved to another institution is out of sight at once, on every way.
#[test]
fn sight_never_follows_an_index_that_lacks_rows() {
    for way in 0..4 {
        let house = House::new();
        house.put(r#"{"resourceType":"Organization","id":"a"}"#);
        house.put(r#"{"resourceType":"Organization","id":"b"}"#);
        for of in ["a", "b"] {
            house.put(&format!(
                r#"{{"resourceType":"Patient","id":"p","managingOrganization":{{"reference":"Organization/{of}"}}}}"#
            ));
        }
        let shown = |of: &str| {
            let (cx, type_) = (user(Role::Clinician, of), r4().type_named("Patient").unwrap());
            match way {
                0 => house.store.read(&cx, type_, "p").unwrap().is_some(),
                1 => house.page(&cx, "Patient?_id=p").unwrap().matches.len() == 1,
                2 => house.store.feed(&cx, 0, 100).unwrap().iter().any(|one| one.id == "p"),
                _ => {
                    let of = HistoryOf::Resource(type_, "p".into());
                    house
                        .store
                        .history(&cx, &HistoryQuery { of, count: 9, since: None, at_position: None, before: None })
                        .is_ok()
                }
            }
        };
        assert!(!shown("a") && shown("b"), "way {way}");
    }
}

#[test]
fn a_search_that_the_full_disk_keeps_from_a_whole_index_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let settings = Options { dice: Dice::seeded(5), disk_reserve_bytes: 0, readers: 3, ..Options::default() };
    let store = Store::open(dir.path(), settings).unwrap();
    let asked = search("Observation?code=shared-1").unwrap();
    let mut told = None;
    // The index catches up by itself when nobody writes for 50 ms, so a slow machine may need several tries.
    for nth in 0..50 {
        store.write(&Cx::platform(), batch(&store, "t", nth)).unwrap();
        disk.room.store(0, Ordering::SeqCst);
        told = store.search(&Cx::platform(), &asked).err();
        disk.room.store(i64::MAX, Ordering::SeqCst);
        if told.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1_100));
    }
    assert_eq!(told.expect("a search was refused").kind, Kind::Busy);
    for _ in 0..100 {
        if store.search(&Cx::platform(), &asked).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(store.check(&mut |_, _| {}).unwrap().problems, Vec::<String>::new());
}
