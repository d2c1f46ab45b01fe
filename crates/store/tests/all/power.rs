//! Simulated power loss: what was acknowledged is on the disk, whatever else is lost or half written.

use crate::disk::{Disk, Survives};
use crate::load::{Acked, acked, batch, rounds, verify, write_until_failure};
use base::{Cx, Dice};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use store::{Options, Store};

fn options(seed: u64) -> Options {
    // Each group writes its own index rows, or they wait: a few groups long, or longer than the test.
    let index_run_rows = [0, 150, 1_500, 200_000][seed as usize % 4];
    let dice = Dice::seeded(seed);
    Options { dice, disk_reserve_bytes: 0, cache_mib: 4, readers: 3, index_run_rows, ..Options::default() }
}

#[test]
fn nothing_acknowledged_is_lost_at_a_power_cut() {
    for round in 0..rounds(20) {
        one_cut(round);
    }
}

/// Writers, and somebody who carries the log into the file meanwhile; then the cut, at a random moment.
fn one_cut(seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let dice = Dice::seeded(seed);
    let store = Store::open(dir.path(), options(seed)).unwrap();
    let all: Vec<Acked> = std::thread::scope(|scope| {
        let (store, disk, path) = (&store, &disk, dir.path());
        let writers: Vec<_> =
            (0..4).map(|nth| scope.spawn(move || write_until_failure(store, &format!("t{nth}"), 0))).collect();
        let carry = dice.u64();
        scope.spawn(move || carry_log(path, carry));
        std::thread::sleep(Duration::from_millis(5 + dice.u64() % 120));
        disk.cut();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    drop(store);
    for survives in [Survives::Nothing, Survives::Some(Dice::seeded(seed))] {
        let after = tempfile::tempdir().unwrap();
        disk.recover(after.path(), &survives);
        let store = Store::open(after.path(), options(seed)).unwrap();
        // It goes on at once: new ids, new codes, whole batches.
        let more = store.write(&Cx::platform(), batch(&store, "after", 1)).unwrap();
        let mut kept = all.clone();
        kept.push(acked("after", 1, &more));
        assert!(verify(&store, &kept) >= kept.len(), "seed {seed}");
    }
}

/// Checkpoints of every kind, until the power is cut.
fn carry_log(dir: &std::path::Path, seed: u64) {
    let dice = Dice::seeded(seed);
    let Ok(connection) = rusqlite::Connection::open(dir.join("record.db")) else { return };
    loop {
        std::thread::sleep(Duration::from_millis(dice.u64() % 12));
        let how = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"][(dice.u64() % 4) as usize];
        if connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(())).is_err() {
            return;
        }
    }
}

/// The disk of these tests does lose what is not synced; without that they would prove nothing.
#[test]
fn a_store_that_does_not_sync_loses_at_a_power_cut() {
    let (dir, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = Disk::watch(dir.path());
    let store = Store::open(dir.path(), Options { sync: false, ..options(3) }).unwrap();
    for nth in 0..20 {
        store.write(&Cx::platform(), batch(&store, "t", nth)).unwrap();
    }
    disk.cut();
    disk.recover(after.path(), &Survives::Nothing);
    let kept = Store::open(after.path(), options(3)).unwrap().position();
    assert!(kept < store.position(), "{kept}");
}

#[test]
fn no_answer_comes_before_its_sync() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let store = Store::open(dir.path(), options(1)).unwrap();
    disk.close_gate();
    let receipts: Vec<_> =
        (0..3).map(|nth| store.submit(&Cx::platform(), batch(&store, &format!("g{nth}"), nth)).unwrap()).collect();
    disk.wait_at_gate();
    std::thread::sleep(Duration::from_millis(50));
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting = Vec::new();
    for receipt in receipts {
        let mut receipt = Box::pin(receipt);
        assert!(receipt.as_mut().poll(&mut context).is_pending(), "an answer came while the sync was held back");
        waiting.push(receipt);
    }
    assert_eq!(store.position(), 0, "nobody is told of a position that is not on the disk");
    disk.open_gate();
    for receipt in waiting {
        let answer = std::thread::scope(|scope| scope.spawn(|| block_on(receipt)).join().unwrap());
        answer.unwrap();
    }
}

#[test]
fn each_answered_group_has_its_sync() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let store = Store::open(dir.path(), options(2)).unwrap();
    for nth in 0..50 {
        let before = disk.log_syncs.load(Ordering::SeqCst);
        store.write(&Cx::platform(), batch(&store, "s", nth)).unwrap();
        assert!(disk.log_syncs.load(Ordering::SeqCst) > before, "write {nth} was answered without a sync");
    }
    let syncs = disk.log_syncs.load(Ordering::SeqCst);
    let groups = store.stats().groups;
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for nth in 0..25 {
                    store.write(&Cx::platform(), batch(store, &format!("c{writer}"), nth)).unwrap();
                }
            });
        }
    });
    let (syncs, groups) = (disk.log_syncs.load(Ordering::SeqCst) - syncs, store.stats().groups - groups);
    assert!(syncs >= groups, "{groups} groups and {syncs} syncs");
    assert!(groups <= 200, "writers that come together share a sync");
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
