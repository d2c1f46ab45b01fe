//! kill −9 of a process that builds, changes and drops the index of a search parameter while others write: what is whole
//! afterwards is whole, what is not is refused, and in the end the index is what a fresh extraction gives.

use crate::load::rounds;
use crate::reindex::{definition, finish, found, patient, sound, ward};
use base::{Cx, Dice, Kind};
use fhir::definitions::{ParamKind, r4};
use fhir::search::Search;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use store::{Batch, BuildStep, Expect, Options, ParameterState, Store};

const DIR: &str = "JINGLUO_KILL_BUILD_DIR";
const ROUND: &str = "JINGLUO_KILL_BUILD_ROUND";
const PATIENTS: u64 = 4_000;

fn options() -> Options {
    Options { disk_reserve_bytes: 0, cache_mib: 4, readers: 4, ..Options::default() }
}

fn write(store: &Store, dice: &Dice, count: u64, within: u64) {
    let one = |_| {
        let (id, ward) = (dice.u64() % within, dice.u64() % 5);
        (id, crate::harness::put(&patient(&format!("p{id}"), &format!("Ward {ward}"), 1), Expect::Any).unwrap())
    };
    // A resource may be named once in a batch.
    let writes: BTreeMap<u64, _> = (0..count).map(one).collect();
    let batch = Batch { writes: writes.into_values().collect(), ..Batch::default() };
    if let Err(error) = store.write(&Cx::platform(), batch) {
        assert_eq!(error.kind, Kind::Conflict, "{error}");
    }
}

/// Ward → sorted ids, as the resources themselves say it.
fn wards(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut search = Search::of(r4().type_named("Patient").unwrap(), Vec::new());
    search.count = Some(1_000);
    let mut wards: BTreeMap<String, Vec<String>> = BTreeMap::new();
    loop {
        let page = store.search(&Cx::platform(), &search).unwrap();
        for found in &page.matches {
            let resource = found.resource().unwrap();
            let ward = resource.root().text_at("extension.valueString").unwrap().to_lowercase();
            wards.entry(ward).or_default().push(found.id.clone());
        }
        match page.next {
            Some(next) => search.page = Some(next),
            None => break,
        }
    }
    wards.values_mut().for_each(|ids| ids.sort());
    wards
}

/// Holds every ward against the resources.
fn exact(store: &Store) {
    for (ward, ids) in wards(store) {
        assert_eq!(
            found(store, &format!("Patient?ward:exact={ward}").replace("ward ", "Ward ")).unwrap(),
            ids,
            "{ward}"
        );
    }
}

#[test]
fn a_build_lives_through_kills() {
    let dice = Dice::seeded(31);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options { sync: false, ..options() }).unwrap();
    for _ in 0..40 {
        write(&store, &dice, 200, PATIENTS);
    }
    store.parameter_use("w", ward()).unwrap();
    store.close().unwrap();
    let (mut whole, mut refused) = (0, 0);
    for round in 0..rounds(15) {
        // On a busy machine nothing may become whole in so short a life; then the next ones are longer.
        let more = if whole == 0 { round * 20 } else { 0 };
        one_life(dir.path(), round, Duration::from_millis(10 + dice.u64() % 150 + more));
        let store = Store::open(dir.path(), options()).unwrap();
        sound(&store);
        match store.parameters().first().map(|view| view.state) {
            Some(ParameterState::Ready | ParameterState::Changing(_)) => {
                exact(&store);
                whole += 1;
            }
            Some(_) => {
                assert_eq!(found(&store, "Patient?ward=ward 1").unwrap_err().kind, Kind::Busy);
                refused += 1;
            }
            None => assert_eq!(found(&store, "Patient?ward=ward 1").unwrap_err().kind, Kind::Unsupported),
        }
        store.close().unwrap();
    }
    assert!(whole > 0 && refused > 0, "{whole} whole, {refused} refused");
    let store = Store::open(dir.path(), options()).unwrap();
    store.parameter_use("w", ward()).unwrap();
    finish(&store);
    exact(&store);
    sound(&store);
    assert_eq!(store.builds().unwrap().len(), 1);
}

fn one_life(dir: &Path, round: u64, life: Duration) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill_build::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next().expect("the child begins").unwrap().contains("begun") {}
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
#[ignore = "the process that the test above kills"]
fn child() {
    let (Some(dir), Some(round)) = (std::env::var_os(DIR), std::env::var_os(ROUND)) else { return };
    let store = Store::open(Path::new(&dir), options()).unwrap();
    let round: u64 = round.into_string().unwrap().parse().unwrap();
    let mut out = std::io::stdout().lock();
    out.write_all(b"begun\n").unwrap();
    out.flush().unwrap();
    std::thread::scope(|scope| {
        let store = &store;
        for writer in 0..2 {
            scope.spawn(move || {
                let dice = Dice::seeded(round * 2 + writer);
                loop {
                    write(store, &dice, 3, PATIENTS + 500);
                }
            });
        }
        loop {
            match store.build_step(&Cx::platform()).unwrap() {
                BuildStep::Idle => change(store, round),
                BuildStep::Waiting | BuildStep::Worked(_) => {
                    std::thread::sleep(Duration::from_millis(4));
                }
            }
        }
    });
}

/// When all is whole: another definition that finds the same, or none for a while.
fn change(store: &Store, round: u64) {
    let now = store.parameters().first().and_then(|view| view.parameter.now.clone());
    let url = crate::reindex::WARD;
    let longer = definition("ward", ParamKind::String, &format!("Patient.extension.where(url = '{url}').value"));
    match now {
        None => store.parameter_use("w", ward()).unwrap(),
        Some(_) if round % 3 == 2 => drop(store.parameter_retire("w").unwrap()),
        Some(now) if now == ward() => store.parameter_use("w", longer).unwrap(),
        Some(_) => store.parameter_use("w", ward()).unwrap(),
    }
}
