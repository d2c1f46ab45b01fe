//! Who waits for whom at the writer: accounts take turns, large batches have groups of their own, and the room is bounded.

use crate::disk::Disk;
use crate::harness::put;
use base::{Cx, Dice, Kind, Purpose, Role, Who};
use std::sync::Arc;
use store::{Batch, Expect, Options, Receipt, Store};
use tempfile::TempDir;

/// A store whose writer stands at the sync of its first group until the gate is opened.
struct Held {
    store: Store,
    disk: Arc<Disk>,
    first: Receipt,
    _dir: TempDir,
}

fn held() -> Held {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let options = Options { dice: Dice::seeded(9), disk_reserve_bytes: 0, readers: 3, ..Options::default() };
    let store = Store::open(dir.path(), options).unwrap();
    disk.close_gate();
    let first = store.submit(&by(1), some(1, "first")).unwrap();
    disk.wait_at_gate();
    Held { store, disk, first, _dir: dir }
}

fn by(account: i64) -> Cx {
    let who = Who { account, name: "somebody".into(), role: Role::Integration, scope: None };
    Cx::new(who, Purpose::Operations)
}

/// A batch of so many resources.
fn some(count: usize, tag: &str) -> Batch {
    let one = |nth| format!(r#"{{"resourceType":"Basic","id":"{tag}-{nth}","code":{{"text":"{tag}"}}}}"#);
    Batch { writes: (0..count).map(|nth| put(&one(nth), Expect::Absent).unwrap()).collect(), ..Batch::default() }
}

#[test]
fn one_account_with_many_batches_does_not_hold_up_another() {
    let held = held();
    let many: Vec<Receipt> =
        (0..300).map(|nth| held.store.submit(&by(1), some(1, &format!("many-{nth}"))).unwrap()).collect();
    let single = held.store.submit(&by(2), some(1, "single")).unwrap();
    held.disk.open_gate();
    let after = held.first.wait().unwrap().position;
    let single = single.wait().unwrap().position;
    assert!(single <= after + 2, "it came at {single}, {after} were there");
    let last = many.into_iter().map(|one| one.wait().unwrap().position).max().unwrap();
    assert_eq!(last, after + 301);
}

#[test]
fn short_writes_do_not_wait_for_several_large_ones() {
    let held = held();
    let large: Vec<Receipt> =
        (0..3).map(|nth| held.store.submit(&by(1), some(1_001, &format!("large-{nth}"))).unwrap()).collect();
    let short: Vec<Receipt> =
        (0..20).map(|nth| held.store.submit(&by(1), some(1, &format!("short-{nth}"))).unwrap()).collect();
    held.disk.open_gate();
    held.first.wait().unwrap();
    let large: Vec<u64> = large.into_iter().map(|one| one.wait().unwrap().position).collect();
    for one in short {
        let position = one.wait().unwrap().position;
        assert!(position < large[1], "a short write came at {position}, the large ones at {large:?}");
    }
    let groups = held.store.stats().groups;
    assert!(groups >= 5, "each large batch has a group of its own: {groups}");
}

#[test]
fn the_room_is_bounded_and_one_account_cannot_take_it_all() {
    let held = held();
    let mut waiting = Vec::new();
    let refused = loop {
        match held.store.submit(&by(1), some(1, &format!("w-{}", waiting.len()))) {
            Ok(receipt) => waiting.push(receipt),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind, Kind::Busy, "{refused}");
    assert_eq!(waiting.len(), base::limits::WRITE_QUEUE_MAX / 4 * 3);
    waiting.push(held.store.submit(&by(2), some(1, "other")).unwrap());
    // Who would rather wait than be refused comes in when the writer has taken some.
    std::thread::scope(|scope| {
        let patient = scope.spawn(|| held.store.submit_waiting(&by(1), some(1, "patient")).unwrap().wait());
        held.disk.open_gate();
        patient.join().unwrap().unwrap();
    });
    for one in waiting {
        one.wait().unwrap();
    }
    assert_eq!(held.store.position(), 1 + 768 + 1 + 1);
}

#[test]
fn a_store_that_is_closed_writes_what_waits_and_takes_nothing_more() {
    let held = held();
    let waiting: Vec<Receipt> =
        (0..50).map(|nth| held.store.submit(&by(nth % 5), some(1, &format!("c-{nth}"))).unwrap()).collect();
    held.disk.open_gate();
    held.store.close().unwrap();
    for one in waiting {
        one.wait().unwrap();
    }
    let refused = held.store.submit(&by(1), some(1, "late")).err().unwrap();
    assert_eq!(refused.kind, Kind::Busy, "{refused}");
}
