//! `$lastn`: the newest observations of each kind.

use crate::harness::{Client, Server, names};
use serde_json::json;

/// An observation of `p` with codings of `urn:c`, on a day of January.
fn observe(system: &Client, id: &str, codes: &[&str], day: u32) {
    let codings: Vec<_> = codes.iter().map(|code| json!({"system": "urn:c", "code": code})).collect();
    let category = json!([{"coding": [{"system": "urn:cat", "code": if id.starts_with('l') {"lab"} else {"vital"}}]}]);
    system.keep(&json!({"resourceType": "Observation", "id": id, "status": "final", "category": category,
        "code": {"coding": codings}, "subject": {"reference": "Patient/p"},
        "effectiveDateTime": format!("2026-01-{day:02}")}));
}

fn patient(server: &Server) -> Client {
    let system = server.system();
    system.keep(&json!({"resourceType": "Patient", "id": "p"}));
    for (id, code, day) in
        [("v1", "pulse", 1), ("v2", "pulse", 5), ("v3", "pulse", 3), ("w1", "weight", 2), ("l1", "k", 4)]
    {
        observe(&system, id, &[code], day);
    }
    system
}

#[track_caller]
fn last(system: &Client, query: &str, ids: &str) {
    let found = names(&system.get(&format!("/Observation/$lastn?{query}")).expect(200), "match");
    let expected: Vec<String> = ids.split_whitespace().map(|id| format!("Observation/{id}")).collect();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn the_newest_of_each_kind() {
    let server = Server::start();
    let system = patient(&server);
    last(&system, "patient=Patient/p", "v2 l1 w1");
    last(&system, "patient=p&max=2", "v2 v3 l1 w1");
    last(&system, "subject=Patient/p&max=10", "v2 v3 v1 l1 w1");
    last(&system, "patient=p&category=lab", "l1");
    last(&system, "patient=p&code=urn:c|pulse&max=2", "v2 v3");
    last(&system, "patient=p&date=lt2026-01-05", "l1 v3 w1");
    last(&system, "patient=nobody", "");
    let body = json!({"resourceType": "Parameters", "parameter": [
        {"name": "patient", "valueString": "Patient/p"}, {"name": "max", "valuePositiveInt": 2},
        {"name": "code", "valueString": "pulse"}]});
    assert_eq!(
        names(&system.post("/Observation/$lastn", &body).expect(200), "match"),
        ["Observation/v2", "Observation/v3"]
    );
}

#[test]
fn codes_that_one_observation_joins_are_one_kind_and_ties_are_kept() {
    let server = Server::start();
    let system = patient(&server);
    // The same measurement under two codes makes pulse and rate one kind.
    observe(&system, "v4", &["rate"], 8);
    last(&system, "patient=p&category=vital", "v4 v2 w1");
    observe(&system, "v5", &["pulse", "rate"], 1);
    last(&system, "patient=p&category=vital", "v4 w1");
    observe(&system, "v6", &["rate"], 8);
    let found = system.get("/Observation/$lastn?patient=p&category=vital").expect(200);
    assert_eq!(names(&found, "match"), ["Observation/v6", "Observation/v4", "Observation/w1"]);
    assert_eq!(found["total"], 3);
}

#[test]
fn it_says_what_it_needs() {
    let server = Server::start();
    let system = patient(&server);
    system.get("/Observation/$lastn?code=x").refused(400, "invalid", "patient");
    system.get("/Observation/$lastn?patient=p&max=0").refused(400, "invalid", "max");
    system.get("/Observation/$lastn?patient=p&_count=3").refused(400, "not-supported", "_count");
    system.get("/Observation/$lastn?patient=p&nothing=3").refused(400, "not-supported", "nothing");
    system.get("/Patient/$lastn?patient=p").refused(404, "not-found", "lastn");
}
