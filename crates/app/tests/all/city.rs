//! `jingluo city`: the same options make the same bytes, whatever interrupts it; what is impossible is refused.

use crate::jingluo::{Server, command, counts, fails, ok, run, signal_to};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::tempdir;

const CITY: [&str; 9] = ["city", "--residents", "2000", "--seed", "7", "--days", "90", "--end", "2026-03-01"];
/// Interruptions of one run.
const ROUNDS: u64 = 6;

/// The arguments of a city with more behind.
fn city<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CITY.iter().copied().chain(more.iter().copied()).collect()
}

/// All files of a folder by their path in it.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for folder in [dir.to_owned(), dir.join("truth")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                all.insert(path.strip_prefix(dir).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

#[track_caller]
fn same_files(dir: &Path, whole: &BTreeMap<String, Vec<u8>>) {
    let found = files(dir);
    assert_eq!(found.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    for (name, bytes) in &found {
        assert!(*bytes == whole[name], "`{name}` differs");
    }
}

/// A folder with the city made in one go.
fn whole(place: &Path) -> BTreeMap<String, Vec<u8>> {
    let dir = place.join("whole");
    ok(&city(&["--out", dir.to_str().unwrap()]));
    files(&dir)
}

#[test]
fn the_same_options_make_the_same_bytes() {
    let place = tempdir().unwrap();
    let whole = whole(place.path());
    for name in ["places.ndjson", "residents.ndjson", "map.geojson", "city.json", "truth/people.csv"] {
        assert!(!whole[name].is_empty(), "`{name}` is empty");
    }
    let map: Value = serde_json::from_slice(&whole["map.geojson"]).unwrap();
    assert_eq!((&map["type"], &map["schematic"]), (&Value::from("FeatureCollection"), &Value::from(true)));
    // On one processor as on several, into a pipe as into a folder.
    let piped = Command::new("taskset")
        .args(["-c", "0", env!("CARGO_BIN_EXE_jingluo")])
        .args(city(&["--out", "-"]))
        .output()
        .unwrap();
    assert!(piped.status.success());
    assert!(piped.stdout == [whole["places.ndjson"].clone(), whole["residents.ndjson"].clone()].concat());
    let other =
        run(&["city", "--residents", "2000", "--seed", "8", "--days", "90", "--end", "2026-03-01", "--out", "-"]);
    assert!(other.stdout != piped.stdout);
    // The truth of the pipe goes where it is told to.
    let truth = place.path().join("truth");
    run(&city(&["--out", "-", "--truth", truth.to_str().unwrap()]));
    assert!(fs::read(truth.join("registrations.csv")).unwrap() == whole["truth/registrations.csv"]);
    // A folder that is complete stays as it is.
    let dir = place.path().join("whole");
    assert!(ok(&city(&["--out", dir.to_str().unwrap()])).contains("is complete"));
    same_files(&dir, &whole);
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let place = tempdir().unwrap();
    let whole = whole(place.path());
    let dir = place.path().join("killed");
    let args = city(&["--out", dir.to_str().unwrap()]);
    for round in 0..ROUNDS {
        let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + round * 120));
        let _ = child.kill();
        if child.wait().unwrap().success() {
            break;
        }
        // What a torn write may leave behind the place in the journal.
        if let Ok(mut torn) = fs::OpenOptions::new().append(true).open(dir.join("residents.ndjson")) {
            std::io::Write::write_all(&mut torn, b"{\"resourceType\":\"Obs").unwrap();
        }
    }
    ok(&args);
    same_files(&dir, &whole);
    let error = fails(&["city", "--residents", "2001", "--seed", "7", "--out", dir.to_str().unwrap()]);
    assert!(error.contains("other settings") && error.contains("new folder"), "{error}");
    let error = fails(&city(&["--out", place.path().to_str().unwrap()]));
    assert!(error.contains("holds other files"), "{error}");
}

#[test]
fn an_interrupted_run_says_so_and_goes_on() {
    let place = tempdir().unwrap();
    let whole = whole(place.path());
    let dir = place.path().join("interrupted");
    let args = city(&["--out", dir.to_str().unwrap()]);
    let child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !dir.join("residents.ndjson").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    signal_to(child.id(), "INT");
    let output = child.wait_with_output().unwrap();
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(130));
        assert!(String::from_utf8_lossy(&output.stderr).contains("the same command goes on"));
    }
    ok(&args);
    same_files(&dir, &whole);
}

/// The disk is made to look full by a limit on the size of a file.
#[test]
fn a_full_disk_is_told_and_the_run_goes_on_when_there_is_room() {
    let place = tempdir().unwrap();
    let whole = whole(place.path());
    let dir = place.path().join("full");
    let args = city(&["--out", dir.to_str().unwrap()]);
    let blocks = whole["residents.ndjson"].len() / 2 / 1024;
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let output =
        Command::new("bash").args(["-c", &limited, "-", env!("CARGO_BIN_EXE_jingluo")]).args(&args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("the disk is full"), "{error}");
    ok(&args);
    same_files(&dir, &whole);
    let full = command(&city(&["--out", "-"])).stdout(fs::File::create("/dev/full").unwrap()).output().unwrap();
    assert!(!full.status.success());
}

#[test]
fn a_reader_that_has_had_enough_ends_the_run_quietly() {
    let mut child = command(&city(&["--out", "-"])).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"resourceType\":"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn impossible_wishes_are_refused_with_their_place() {
    let place = tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let negative = file("negative.txt", "# ours\nhomophone = -2 %\n");
    let crowded = file("crowded.txt", "streets = 20\nschools = 30\n");
    let unknown = file("unknown.txt", "cinemas = 3\n");
    let cases: [(&[&str], &[&str]); 12] = [
        (&["--out", "x"], &["`--residents` is missing"]),
        (&["--residents", "many", "--out", "x"], &["`--residents`", "`many`"]),
        (&["--residents", "1", "--out", "x"], &["`residents`", "100"]),
        (&["--residents", "1000"], &["`--out DIR`", "`--data DIR`"]),
        (&["--residents", "1000", "--out", "x", "--data", "y"], &["one of `--out` and `--data`"]),
        (&["--residents", "1000", "--out", "x", "--end", "2026-02-30"], &["`--end`", "2026-02-30"]),
        (&["--residents", "1000", "--out", "x", "--only", "films"], &["`--only`", "`films`", "registrations"]),
        (&["--residents", "1000", "--out", "x", "--outbreak", "boredom"], &["`--outbreak`", "`boredom`"]),
        (&["--residents", "1000", "--out", "x", "--errors", "none.txt"], &["`--errors`", "none.txt"]),
        (&["--residents", "1000", "--out", "x", "--errors", &negative], &["negative.txt", "line 2", "homophone"]),
        (&["--residents", "1000", "--out", "x", "--settings", &crowded], &["crowded.txt", "line 2", "schools"]),
        (&["--residents", "1000", "--out", "x", "--settings", &unknown], &["unknown.txt", "line 1", "cinemas"]),
    ];
    for (args, parts) in cases {
        let output = command(&[&["city"], args].concat()).current_dir(place.path()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{args:?} was not refused");
        for part in parts {
            assert!(error.contains(part), "{args:?}: `{part}` is not in {error}");
        }
    }
    assert!(!place.path().join("x").exists());
}

#[test]
fn a_city_goes_straight_into_the_record_and_again_changes_nothing() {
    let data = tempdir().unwrap();
    let dir = data.path().to_str().unwrap();
    let args = ["city", "--residents", "300", "--seed", "7", "--days", "10", "--end", "2026-03-01", "--data", dir];
    // Killed twice on its way, then to the end; the place is kept with the data.
    for pause in [150, 400] {
        let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let said = ok(&args);
    assert!(said.contains(" 0 refused"), "{said}");
    let again = ok(&args);
    assert!(again.contains(" 0 stored"), "{again}");
    assert!(ok(&["check", "--data", dir]).contains("No problem"));
    // A server that runs takes it in, and holds what a pipe holds.
    let served = tempdir().unwrap();
    let server = Server::start(served.path());
    let piped = run(&[&args[..9], &["--out", "-"]].concat()).stdout;
    let by_socket = [&args[..10], &[served.path().to_str().unwrap()]].concat();
    ok(&by_socket);
    for type_ in ["Organization", "Patient", "Encounter", "Observation"] {
        let start = format!("{{\"resourceType\":\"{type_}\"");
        let lines = piped.split(|byte| *byte == b'\n').filter(|line| line.starts_with(start.as_bytes()));
        assert_eq!(server.client.count(type_), lines.count() as u64, "{type_}");
    }
    let file = served.path().join("piped.ndjson");
    fs::write(&file, &piped).unwrap();
    let report = crate::jingluo::import(served.path(), &[&file], &[]);
    assert_eq!((counts(&report).1, counts(&report).3), (0, 0), "{report}");
}
