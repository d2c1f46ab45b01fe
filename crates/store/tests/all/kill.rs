//! kill −9 of a process that writes from several threads: what it acknowledged is there when the next one opens.

use crate::load::{Acked, acked, batch, rounds, verify};
use base::{Cx, Dice};
use fhir::definitions::r4;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use store::{Options, Store};

/// Names the folder that the child writes to.
const DIR: &str = "JINGLUO_KILL_DIR";
/// Names the round, so that each child's batches have tags of their own.
const ROUND: &str = "JINGLUO_KILL_ROUND";
const WRITERS: usize = 4;
/// Kills that one record lives through, before a new one is begun.
const ROUNDS_A_RECORD: u64 = 20;

fn options() -> Options {
    Options { disk_reserve_bytes: 0, cache_mib: 4, readers: 4, index_run_rows: 2_000, ..Options::default() }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let dice = Dice::seeded(11);
    let mut dir = tempfile::tempdir().unwrap();
    let (mut all, mut there): (Vec<Acked>, usize) = (Vec::new(), 0);
    for round in 0..rounds(20) {
        if round % ROUNDS_A_RECORD == 0 {
            dir = tempfile::tempdir().unwrap();
            (all, there) = (Vec::new(), 0);
        }
        let new = one_life(dir.path(), round, Duration::from_millis(20 + dice.u64() % 120));
        assert!(!new.is_empty(), "round {round} wrote nothing");
        all.extend(new);
        // The record grows over the rounds, so that each restart stands on what the kills before left.
        let store = Store::open(dir.path(), options()).unwrap();
        let now = verify(&store, &all);
        assert!(now >= all.len() && now >= there, "round {round}");
        there = now;
    }
}

/// Starts a child, lets it write for a while after its first answer, kills it; gives what it acknowledged.
fn one_life(dir: &Path, round: u64, life: Duration) -> Vec<Acked> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
    let mut all = Vec::new();
    while all.is_empty() {
        let line = lines.next().expect("the child writes").unwrap();
        all.extend(read_line(&line));
    }
    // The lines are read meanwhile, so that the child never waits for its pipe.
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).filter_map(|line| read_line(&line)).collect());
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    let rest: Vec<Acked> = reader.join().unwrap();
    all.extend(rest);
    all
}

/// `ack TAG TYPE/ID/VERSION …`; a line cut off by the kill has no full stop at its end and was not acknowledged to us.
fn read_line(line: &[u8]) -> Option<Acked> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line[line.find("ack ")?..].strip_suffix(" .")?.split(' ').skip(1);
    let tag = words.next()?.to_owned();
    let part = |word: &str| {
        let mut fields = word.split('/');
        let mut field = || fields.next().unwrap().to_owned();
        (field(), field(), field().parse().unwrap())
    };
    Some(Acked { tag, parts: words.map(part).collect() })
}

#[test]
#[ignore = "the process that the test above kills"]
fn child() {
    let (Some(dir), Some(round)) = (std::env::var_os(DIR), std::env::var_os(ROUND)) else { return };
    let store = Store::open(Path::new(&dir), options()).unwrap();
    let round = round.into_string().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, name) = (&store, format!("r{round}w{writer}"));
            scope.spawn(move || {
                for nth in 0.. {
                    let done = store.write(&Cx::platform(), batch(store, &name, nth)).unwrap();
                    say(&acked(&name, nth, &done));
                    // Reads in between, so that audit pages are written too.
                    store.read(&Cx::platform(), r4().type_named("Basic").unwrap(), &format!("w.{name}")).unwrap();
                }
            });
        }
    });
}

fn say(acked: &Acked) {
    let parts: Vec<String> = acked.parts.iter().map(|(type_, id, version)| format!("{type_}/{id}/{version}")).collect();
    let line = format!("ack {} {} .\n", acked.tag, parts.join(" "));
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}
