//! The official R4 examples: each is stored and reads back equal, or is refused for the reason that
//! `docs/examples.md` gives. Skipped, visibly, where `make examples` has not fetched them.

use crate::jingluo::{Server, counts, import};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// (file, reason) of each row of the table of refusals.
fn expected() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join("docs/examples.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        (cells[0].trim_matches('`').to_owned(), cells[1].trim_matches('`').to_owned())
    })
    .collect()
}

#[test]
fn each_is_stored_and_reads_back_or_is_refused_for_a_reason_of_the_specification() {
    let folder = root().join("examples/node_modules/hl7.fhir.r4.examples");
    if !folder.is_dir() {
        eprintln!("SKIPPED: the official examples are not here; `make examples` fetches them");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let report = import(data.path(), &[&folder], &["--bundles", "keep"]);
    let refused: BTreeMap<String, String> = report["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let file = Path::new(one["file"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
            (file, one["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    let expected = expected();
    let names = |rows: &BTreeMap<String, String>| rows.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&refused), names(&expected), "docs/examples.md lists what is refused");
    for (file, reason) in &expected {
        assert!(refused[file].starts_with(reason.as_str()), "{file}: {}", refused[file]);
    }
    let (read, stored, unchanged, count) = counts(&report);
    assert_eq!((read, stored + count, unchanged), (5_306, 5_306, 0));
    let again = counts(&import(data.path(), &[&folder], &["--bundles", "keep", "--again"]));
    assert_eq!((again.1, again.2), (0, stored), "a second run doubles nothing");
    read_back(&folder, data.path(), &refused);
}

fn read_back(folder: &Path, data: &Path, refused: &BTreeMap<String, String>) {
    let server = Server::start(data);
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".json") || name == "package.json" || refused.contains_key(&name) {
            continue;
        }
        let mut original: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
        let (type_name, id) = (original["resourceType"].as_str().unwrap(), original["id"].as_str().unwrap());
        let answer = server.client.get(&format!("/fhir/{type_name}/{id}"));
        assert_eq!(answer.status, 200, "{name}");
        let mut stored: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(stored["meta"]["versionId"].is_string() && stored["meta"]["lastUpdated"].is_string(), "{name}");
        for value in [&mut original, &mut stored] {
            plain_meta(value);
        }
        assert!(same(&original, &stored), "{name} reads back differently");
        read += 1;
    }
    assert_eq!(read, 5_306 - refused.len());
}

/// Equal, with numbers compared as they are written and members in their order.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let order = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                map.keys().filter(|key| !["resourceType", "id", "meta"].contains(&key.as_str())).cloned().collect()
            };
            a.len() == b.len()
                && order(a) == order(b)
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => a.to_string() == b.to_string(),
        (a, b) => a == b,
    }
}

/// Takes out what the server sets: the version, the time, and the `meta` that holds nothing else.
fn plain_meta(resource: &mut Value) {
    let Some(members) = resource.as_object_mut() else { return };
    if let Some(meta) = members.get_mut("meta").and_then(Value::as_object_mut) {
        meta.shift_remove("versionId");
        meta.shift_remove("lastUpdated");
        if meta.is_empty() {
            members.shift_remove("meta");
        }
    }
}
