//! `jingluo import` on all that it reads.

use crate::jingluo::{Server, command, counts, fails, import, signal_to, with_input};
use crate::samples::{bundle, ndjson, observation, patient};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::{TempDir, tempdir};

/// A data folder and a folder of files.
struct Place {
    data: TempDir,
    files: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { data: tempdir().unwrap(), files: tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn import(&self, paths: &[&Path], more: &[&str]) -> serde_json::Value {
        import(self.data.path(), paths, more)
    }
}

#[test]
fn the_same_file_twice_doubles_nothing() {
    let place = Place::new();
    let text = format!("{}\n\n{}", ndjson(450), json!({"resourceType": "Patient", "gender": "male"}));
    let file = place.write("a.ndjson", text);
    assert_eq!(counts(&place.import(&[&file], &[])), (451, 451, 0, 0));
    assert_eq!(counts(&place.import(&[&file], &[])), (451, 0, 451, 0));
    assert_eq!(Server::start(place.data.path()).client.count("Patient"), 451);
}

#[test]
fn a_refused_line_is_named_and_takes_no_other_with_it() {
    let place = Place::new();
    let bad = r#"{"resourceType":"Patient","id":"bad","birthDate":"tomorrow"}"#;
    let text = format!("{}{bad}\n{{\"resourceType\":\n\u{feff}not json\n{}\n", ndjson(3), patient("last"));
    let file = place.write("mixed.ndjson", text);
    let report = place.import(&[&file], &[]);
    assert_eq!(counts(&report), (7, 4, 0, 3));
    let refusals = report["refusals"].as_array().unwrap();
    let lines: Vec<u64> = refusals.iter().map(|refusal| refusal["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [4, 5, 6]);
    assert!(refusals[0]["file"].as_str().unwrap().ends_with("mixed.ndjson"));
    assert!(refusals[0]["reason"].as_str().unwrap().contains("birthDate"), "{}", refusals[0]);
}

#[test]
fn a_document_of_several_lines_may_end_with_an_empty_one() {
    let place = Place::new();
    let pretty = place.write("pretty.json", "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"pretty\"\n}\n");
    let entries = (0..3).map(|nth| format!("{{\"resource\": {}}}", patient(&format!("e{nth}")))).collect::<Vec<_>>();
    let text =
        format!("{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n{}]}}\n", entries.join(",\n"));
    let bundle = place.write("bundle.json", text);
    assert_eq!(counts(&place.import(&[&pretty, &bundle], &[])), (4, 4, 0, 0));
}

#[test]
fn folders_gzip_documents_and_standard_input() {
    let place = Place::new();
    let inner = place.files.path().join("inner");
    fs::create_dir(&inner).unwrap();
    place.write("b.json", serde_json::to_string_pretty(&patient("pretty")).unwrap());
    place.write("package.json", r#"{"name":"no resource"}"#);
    place.write("readme.txt", "no resource");
    place.write("lines.json", ndjson(2));
    fs::write(inner.join("c.ndjson"), format!("\u{feff}{}", patient("marked"))).unwrap();
    let packed = std::process::Command::new("gzip").arg("-k").arg(inner.join("c.ndjson")).status().unwrap();
    assert!(packed.success());
    assert_eq!(counts(&place.import(&[place.files.path()], &[])), (5, 4, 1, 0));
    let data = place.data.path().to_str().unwrap();
    let output = with_input(&["import", "--data", data, "-"], ndjson(5).as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("5 resources read, 3 stored, 2 unchanged"), "{told}");
}

#[test]
fn a_path_that_is_not_there_and_a_file_that_cannot_be_read_are_named() {
    let place = Place::new();
    let error = fails(&["import", "--data", place.data.path().to_str().unwrap(), "/no/such/file"]);
    assert!(error.contains("/no/such/file"), "{error}");
    let file = place.write("cut.ndjson.gz", b"\x1f\x8b\x08\x00garbage");
    let good = place.write("good.ndjson", ndjson(1));
    let report = place.import(&[&file, &good], &[]);
    assert_eq!(counts(&report), (2, 1, 0, 1));
    assert!(report["refusals"][0]["file"].as_str().unwrap().ends_with("cut.ndjson.gz"));
}

#[test]
fn bundles_are_opened_carried_out_or_kept() {
    let place = Place::new();
    let collection = bundle(
        "collection",
        vec![
            json!({"fullUrl": "urn:uuid:8f0c1d62-6a51-4a4c-9a55-2f0a7d4d1001", "resource": {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}}),
            json!({"resource": {"resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"}, "subject": {"reference": "urn:uuid:8f0c1d62-6a51-4a4c-9a55-2f0a7d4d1001"}}}),
            json!({"resource": {"resourceType": "Patient", "id": "broken", "gender": "none"}}),
        ],
    );
    let file = place.write("collection.json", serde_json::to_string_pretty(&collection).unwrap());
    let report = place.import(&[&file], &[]);
    assert_eq!(counts(&report), (3, 2, 0, 1));
    assert!(report["refusals"][0]["reason"].as_str().unwrap().starts_with("entry 3: "), "{report}");
    assert!(report["refusals"][0]["line"].as_u64().unwrap() > 3, "{report}");
    assert_eq!(counts(&place.import(&[&file], &[])), (3, 0, 2, 1));
    let kept = place.import(
        &[&place.write("kept.json", bundle("collection", vec![json!({"resource": patient("in")})]).to_string())],
        &["--bundles", "keep"],
    );
    assert_eq!(counts(&kept), (1, 1, 0, 0));
    let document = json!({"resourceType": "Bundle", "type": "message", "id": "message", "entry": [{"fullUrl": "urn:uuid:8f0c1d62-6a51-4a4c-9a55-2f0a7d4d1002", "resource": {"resourceType": "MessageHeader", "eventUri": "urn:x", "source": {"endpoint": "urn:y"}}}]});
    assert_eq!(counts(&place.import(&[&place.write("message.json", document.to_string())], &[])), (1, 1, 0, 0));
    let server = Server::start(place.data.path());
    assert_eq!((server.client.count("Bundle"), server.client.count("Patient")), (2, 1));
    let patient = server.client.get("/fhir/Patient?identifier=urn:x|1").json();
    let id = patient["entry"][0]["resource"]["id"].as_str().unwrap().to_owned();
    let observation = server.client.get("/fhir/Observation/o1").json();
    assert_eq!(observation["subject"]["reference"], format!("Patient/{id}"));
}

#[test]
fn a_transaction_is_all_or_nothing_and_repeats_to_nothing() {
    let place = Place::new();
    let entry = |url: &str, resource: serde_json::Value| json!({"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}});
    let (one, two) = ("urn:uuid:8f0c1d62-6a51-4a4c-9a55-2f0a7d4d2001", "urn:uuid:8f0c1d62-6a51-4a4c-9a55-2f0a7d4d2002");
    let seen =
        json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": {"reference": one}});
    let good = bundle(
        "transaction",
        vec![entry(one, json!({"resourceType": "Patient", "gender": "female"})), entry(two, seen)],
    );
    let file = place.write("good.json", good.to_string());
    assert_eq!(counts(&place.import(&[&file], &[])), (2, 2, 0, 0));
    assert_eq!(counts(&place.import(&[&file], &[])), (2, 0, 2, 0));
    let bad = bundle(
        "transaction",
        vec![
            json!({"resource": patient("all"), "request": {"method": "PUT", "url": "Patient/all"}}),
            json!({"resource": patient("nothing"), "request": {"method": "PUT", "url": "Patient/other"}}),
        ],
    );
    let report = place.import(&[&place.write("bad.json", bad.to_string())], &[]);
    assert_eq!(counts(&report), (2, 0, 0, 2));
    let server = Server::start(place.data.path());
    assert_eq!((server.client.count("Patient"), server.client.count("Observation")), (1, 1));
    let seen = server.client.get("/fhir/Observation?_count=1").json();
    let subject = seen["entry"][0]["resource"]["subject"]["reference"].as_str().unwrap().to_owned();
    assert_eq!(server.client.get(&format!("/fhir/{subject}")).status, 200);
}

#[test]
fn a_history_is_told_from_its_oldest_entry_and_deletes() {
    let place = Place::new();
    let version = |id: &str, gender: &str| json!({"fullUrl": format!("http://x/Patient/{id}"), "resource": {"resourceType": "Patient", "id": id, "gender": gender}, "request": {"method": "PUT", "url": format!("Patient/{id}")}, "response": {"status": "200"}});
    let gone = json!({"fullUrl": "http://x/Patient/h2", "request": {"method": "DELETE", "url": "Patient/h2"}, "response": {"status": "204"}});
    let history = bundle("history", vec![gone, version("h1", "female"), version("h2", "male"), version("h1", "male")]);
    let file = place.write("history.json", history.to_string());
    assert_eq!(counts(&place.import(&[&file], &[])), (4, 4, 0, 0));
    let server = Server::start(place.data.path());
    assert_eq!(server.client.get("/fhir/Patient/h2").status, 410);
    let now = server.client.get("/fhir/Patient/h1").json();
    assert_eq!((now["gender"].as_str(), now["meta"]["versionId"].as_str()), (Some("female"), Some("2")));
}

#[test]
fn the_order_of_the_files_is_the_order_of_the_versions() {
    let place = Place::new();
    let lines: String =
        (0..2_000).map(|number| format!("{}\n", observation(&format!("o{}", number % 7), "p", number))).collect();
    let file = place.write("versions.ndjson", lines);
    assert_eq!(counts(&place.import(&[&file], &[])), (2_000, 2_000, 0, 0));
    let server = Server::start(place.data.path());
    for number in 1_993..2_000 {
        let seen = server.client.get(&format!("/fhir/Observation/o{}", number % 7)).json();
        assert_eq!(seen["valueQuantity"]["value"].as_u64(), Some(number), "{seen}");
    }
}

/// What lies in a folder so far.
fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

#[test]
fn an_interrupted_import_continues_and_again_starts_over() {
    let place = Place::new();
    let file = place.write("big.ndjson", format!("{{\"resourceType\":\"Nothing\"}}\n{}", ndjson(60_000)));
    let (data, path) = (place.data.path().to_str().unwrap(), file.to_str().unwrap());
    let report_file = place.files.path().join("report.json");
    let report_path = report_file.to_str().unwrap();
    let args = ["import", "--data", data, path, "--report", report_path];
    let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while bytes_in(place.data.path()) < 4 << 20 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    signal_to(child.id(), "INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "the import was over before the interrupt");
    let stopped: serde_json::Value = serde_json::from_slice(&fs::read(&report_file).unwrap()).unwrap();
    let (read, ..) = counts(&stopped);
    assert!(stopped["finished"] == false && read > 0 && read < 60_001, "{read}");
    let continued = place.import(&[&file], &[]);
    assert_eq!(continued["continued_after"].as_u64(), Some(read));
    assert_eq!(counts(&continued), (60_001, 60_000, 0, 1));
    assert_eq!(continued["refusals"].as_array().unwrap().len(), 1);
    let again = place.import(&[&file], &["--again"]);
    assert_eq!(counts(&again), (60_001, 0, 60_000, 1));
}

/// A Bundle above what is held in memory is read entry by entry.
#[test]
fn a_large_bundle_is_read_as_a_stream() {
    let place = Place::new();
    let padding = "x".repeat(2_000);
    let path = place.files.path().join("large.json");
    let mut text = String::from("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\n\"entry\":[\n");
    for number in 0..36_000 {
        let comma = if number == 0 { "" } else { ",\n" };
        text.push_str(&format!(
            "{comma}{{\"resource\":{{\"resourceType\":\"Basic\",\"id\":\"b{number}\",\"code\":{{\"text\":\"{padding}\"}}}}}}"
        ));
    }
    text.push_str("]}");
    assert!(text.len() > 64 << 20);
    fs::write(&path, text).unwrap();
    let data = place.data.path().to_str().unwrap();
    let child = command(&["import", "--data", data, path.to_str().unwrap()]).stdout(Stdio::piped()).spawn().unwrap();
    let process = child.id();
    let watch = std::thread::spawn(move || {
        let mut most = 0;
        while let Some(now) = Some(crate::jingluo::memory_mib(process)).filter(|now| *now > 0) {
            most = most.max(now);
            std::thread::sleep(Duration::from_millis(20));
        }
        most
    });
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("36000 resources read, 36000 stored"), "{told}");
    let most = watch.join().unwrap();
    assert!(most < 500, "{most} MiB");
    // One that must be carried out as a whole is refused.
    let head = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[".to_owned();
    let refused = place.import(&[&place.write("refused.json", head + &" ".repeat(65 << 20) + "]}")], &[]);
    assert!(refused["refusals"][0]["reason"].as_str().unwrap().contains("64 MiB"), "{refused}");
}
