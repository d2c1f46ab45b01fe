//! A full disk: acknowledged writes stay, later ones are answered `busy`, reads of persons go on while their audit can
//! be written, and everything goes on when there is room again.

use crate::disk::Disk;
use crate::load::{Acked, acked, batch, verify};
use base::{Cx, Dice, Error, Kind};
use fhir::definitions::r4;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Options, Store};

const RESERVE: u64 = 300_000;

fn options() -> Options {
    Options { dice: Dice::seeded(5), cache_mib: 4, readers: 3, disk_reserve_bytes: 0, ..Options::default() }
}

/// Free bytes of a watched disk.
fn room(dir: &Path) -> u64 {
    Disk::under(dir).map_or(u64::MAX, |disk| disk.room.load(Ordering::SeqCst).max(0) as u64)
}

/// Writes until the store says that it cannot; gives what was acknowledged and what it said.
fn fill(store: &Store, writer: &str) -> (Vec<Acked>, Error) {
    let mut all = Vec::new();
    for nth in 0..100_000 {
        match store.write(&Cx::platform(), batch(store, writer, nth)) {
            Ok(done) => all.push(acked(writer, nth, &done)),
            Err(error) => return (all, error),
        }
    }
    panic!("the disk does not become full");
}

/// Reads a person's resource until it is refused or `times` is reached; gives how often it was shown.
fn read(store: &Store, times: usize) -> (usize, Option<Error>) {
    for nth in 0..times {
        let basic = store.read(&Cx::platform(), r4().type_named("Basic").unwrap(), "w.a");
        match basic {
            Ok(found) => assert!(found.is_some()),
            Err(error) => return (nth, Some(error)),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    (times, None)
}

/// Tries until it is answered with yes, for at most two seconds.
fn comes_back<T>(what: &str, mut work: impl FnMut() -> base::Result<T>) -> T {
    for _ in 0..200 {
        match work() {
            Ok(done) => return done,
            Err(error) => assert_eq!(error.kind, Kind::Busy, "{what}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} does not come back");
}

#[test]
fn writes_are_refused_and_kept_when_the_disk_is_really_full() {
    for (nth, bytes) in [60_000, 151_111, 404_040].into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::watch(dir.path());
        let store = Store::open(dir.path(), options()).unwrap();
        disk.room.store(bytes, Ordering::SeqCst);
        let (mut all, error) = fill(&store, "a");
        assert_eq!(error.kind, Kind::Busy, "{error}");
        assert!(nth == 0 || !all.is_empty());
        assert_eq!(store.write(&Cx::platform(), batch(&store, "b", 0)).unwrap_err().kind, Kind::Busy);
        // Room comes back: the very same store goes on, with numbers of its own for what follows.
        disk.room.store(i64::MAX, Ordering::SeqCst);
        let done = comes_back("writing", || store.write(&Cx::platform(), batch(&store, "c", 1)));
        all.push(acked("c", 1, &done));
        verify(&store, &all);
        drop(store);
        let store = Store::open(dir.path(), options()).unwrap();
        for nth in 2..6 {
            let done = store.write(&Cx::platform(), batch(&store, "c", nth)).unwrap();
            all.push(acked("c", nth, &done));
        }
        verify(&store, &all);
    }
}

#[test]
fn numbers_of_a_group_that_found_no_room_are_not_given_twice() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let store = Store::open(dir.path(), options()).unwrap();
    // The very first group, which takes the first block of numbers, finds no room.
    disk.room.store(0, Ordering::SeqCst);
    assert_eq!(store.write(&Cx::platform(), batch(&store, "a", 1)).unwrap_err().kind, Kind::Busy);
    disk.room.store(i64::MAX, Ordering::SeqCst);
    let done = store.write(&Cx::platform(), batch(&store, "a", 2)).unwrap();
    let mut all = vec![acked("a", 2, &done)];
    drop(store);
    let store = Store::open(dir.path(), options()).unwrap();
    for nth in 3..9 {
        let done = store.write(&Cx::platform(), batch(&store, "a", nth)).unwrap();
        all.push(acked("a", nth, &done));
    }
    assert_eq!(verify(&store, &all), all.len());
}

#[test]
fn reads_go_on_in_the_reserve_and_stop_when_their_audit_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let settings = Options { disk_reserve_bytes: RESERVE, free_space: Some(room), ..options() };
    let store = Store::open(dir.path(), settings).unwrap();
    disk.room.store(2_000_000, Ordering::SeqCst);
    let (all, error) = fill(&store, "a");
    assert_eq!(error.kind, Kind::Busy);
    assert!(all.len() > 10 && store.ready().is_err());
    let (shown, error) = read(&store, 100);
    assert_eq!((shown, error), (100, None), "reads go on in the reserve");
    assert_eq!(store.write(&Cx::platform(), batch(&store, "b", 0)).unwrap_err().kind, Kind::Busy);
    // Somebody else fills the rest of the disk.
    disk.room.store(0, Ordering::SeqCst);
    let (_, error) = read(&store, 1_000);
    assert_eq!(error.expect("reads stop").kind, Kind::Busy);
    let (shown, _) = read(&store, 10);
    assert_eq!(shown, 0, "and stay so");
    disk.room.store(10_000_000, Ordering::SeqCst);
    comes_back("reading", || store.read(&Cx::platform(), r4().type_named("Basic").unwrap(), "w.a"));
    comes_back("writing", || store.write(&Cx::platform(), batch(&store, "d", 0)));
    verify(&store, &all);
}

/// A write that fails for want of room, with no read waiting, must not shut the readers out for good.
#[test]
fn a_refused_write_does_not_refuse_reads() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::watch(dir.path());
    let store = Store::open(dir.path(), options()).unwrap();
    store.write(&Cx::platform(), batch(&store, "a", 0)).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    disk.room.store(0, Ordering::SeqCst);
    assert_eq!(store.write(&Cx::platform(), batch(&store, "b", 0)).unwrap_err().kind, Kind::Busy);
    disk.room.store(i64::MAX, Ordering::SeqCst);
    comes_back("reading without any write", || {
        store.read(&Cx::platform(), r4().type_named("Basic").unwrap(), "w.a").map(drop)
    });
}

/// The same on a real file system that is full, where one may be mounted.
#[test]
fn a_full_file_system_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_mounted) = Mounted::at(dir.path(), "6m") else {
        eprintln!("SKIPPED: a file system cannot be mounted here; the watched disk stands for it");
        return;
    };
    let store = Store::open(dir.path(), options()).unwrap();
    let ballast = dir.path().join("ballast");
    std::fs::write(&ballast, vec![0; 2 << 20]).unwrap();
    let (mut all, error) = fill(&store, "a");
    assert_eq!(error.kind, Kind::Busy, "{error}");
    let (_, error) = read(&store, 1_000);
    assert_eq!(error.expect("no room for the audit either").kind, Kind::Busy);
    std::fs::remove_file(&ballast).unwrap();
    comes_back("reading", || store.read(&Cx::platform(), r4().type_named("Basic").unwrap(), "w.a"));
    let done = comes_back("writing", || store.write(&Cx::platform(), batch(&store, "b", 0)));
    all.push(acked("b", 0, &done));
    verify(&store, &all);
    drop(store);
    verify(&Store::open(dir.path(), options()).unwrap(), &all);
}

struct Mounted(std::path::PathBuf);

impl Mounted {
    fn at(dir: &Path, size: &str) -> Option<Mounted> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(dir);
        mount.output().is_ok_and(|done| done.status.success()).then(|| Mounted(dir.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: the store may still be open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
