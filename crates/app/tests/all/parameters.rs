//! Search parameters of one's own on the command line, with a server and without one, over a kill.

use crate::jingluo::{Server, fails, import, ok};
use serde_json::json;
use std::fs;
use std::time::{Duration, Instant};
use tempfile::tempdir;

const WARD: &str = "http://city.example/ward";

fn patients(count: usize) -> String {
    let one = |nth: usize| {
        let extension = json!([{"url": WARD, "valueString": if nth.is_multiple_of(4) { "east" } else { "west" }}]);
        format!("{}\n", json!({"resourceType": "Patient", "id": format!("n{nth}"), "extension": extension}))
    };
    (0..count).map(one).collect()
}

fn definition(id: &str, expression: &str) -> String {
    let definition = json!({
        "resourceType": "SearchParameter", "id": id, "url": format!("http://city.example/{id}"), "name": "N",
        "status": "active", "description": "d", "code": id, "base": ["Patient"], "type": "string",
        "expression": expression,
    });
    format!("{definition}\n")
}

#[test]
fn a_parameter_is_used_and_retired_with_and_without_a_server() {
    let (data, files) = (tempdir().unwrap(), tempdir().unwrap());
    let dir = data.path().to_str().unwrap();
    let file = files.path().join("a.ndjson");
    let lines = definition("ward", &format!("Patient.extension('{WARD}').value as string"))
        + &definition("names", "Patient.name.count()")
        + &patients(20_000);
    fs::write(&file, lines).unwrap();
    import(data.path(), &[&file], &[]);
    let list = || ok(&["admin", "parameter", "list", "--data", dir]);
    assert!(list().contains("waiting") && list().contains("count()"), "{}", list());
    assert!(fails(&["admin", "parameter", "use", "--data", dir, "--id", "names"]).contains("count()"));
    assert!(fails(&["admin", "parameter", "use", "--data", dir, "--id", "other"]).contains("`SearchParameter/other`"));
    ok(&["admin", "parameter", "use", "--data", dir, "--id", "ward"]);
    assert!(list().contains("building 0 %"), "{}", list());
    // A server builds as soon as it runs; one that is killed loses at most a slice.
    let found = |server: &Server| server.client.get("/fhir/Patient?ward=east&_summary=count");
    let server = Server::start(data.path());
    let begun = Instant::now();
    while !list().contains("building") || list().contains("building 0 %") {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", list());
        if list().contains("ready") {
            break;
        }
    }
    server.kill();
    ok(&["admin", "parameter", "build", "--data", dir]);
    assert!(list().contains("ready"), "{}", list());
    assert!(ok(&["check", "--data", dir]).contains("No problem"));
    let server = Server::start(data.path());
    assert_eq!(found(&server).json()["total"], 5_000);
    ok(&["admin", "parameter", "retire", "--data", dir, "--id", "ward"]);
    assert_eq!(found(&server).status, 400);
    ok(&["admin", "parameter", "build", "--data", dir]);
    assert!(list().contains("waiting"), "{}", list());
    assert!(server.stop().success());
}
