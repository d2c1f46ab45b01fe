//! `:in`, `:not-in`, `:above`, `:below` on codes: answered from the CodeSystems and ValueSets of the record.

use crate::harness::{Client, Server, sorted_names};
use serde_json::{Value, json};

/// Diseases: a over a1 and a2, b alone; a Condition of each, named like its code.
fn clinic(system: &Client) {
    system.keep(&json!({"resourceType": "Patient", "id": "p"}));
    system.keep(&json!({"resourceType": "CodeSystem", "id": "diseases", "url": "urn:diseases", "status": "active",
        "content": "complete", "concept": [{"code": "a", "concept": [{"code": "a1"}, {"code": "a2"}]}, {"code": "b"}]}));
    for code in ["a", "a1", "a2", "b"] {
        system.keep(&json!({"resourceType": "Condition", "id": code, "subject": {"reference": "Patient/p"},
            "code": {"coding": [{"system": "urn:diseases", "code": code}]}}));
    }
    let filter = json!([{"property": "concept", "op": "descendent-of", "value": "a"}]);
    set(system, "below-a", "1", json!({"include": [{"system": "urn:diseases", "filter": filter}]}));
}

fn set(system: &Client, id: &str, version: &str, compose: Value) {
    system.keep(&json!({"resourceType": "ValueSet", "id": format!("{id}-{version}"), "url": format!("urn:{id}"),
        "version": version, "status": "active", "compose": compose}));
}

#[track_caller]
fn finds(system: &Client, query: &str, codes: &str) {
    let found = sorted_names(&system.get(&format!("/Condition?{query}")).expect(200), "match");
    let expected: Vec<String> = codes.split_whitespace().map(|code| format!("Condition/{code}")).collect();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn codes_of_a_stored_value_set() {
    let server = Server::start();
    let system = server.system();
    clinic(&system);
    finds(&system, "code:in=urn:below-a", "a1 a2");
    finds(&system, "code:in=urn:below-a|1", "a1 a2");
    finds(&system, "code:in=ValueSet/below-a-1", "a1 a2");
    finds(&system, "code:not-in=urn:below-a", "a b");
    // The newest version where none is named.
    set(&system, "below-a", "10", json!({"include": [{"system": "urn:diseases", "concept": [{"code": "a2"}]}]}));
    set(&system, "below-a", "9", json!({"include": [{"system": "urn:diseases", "concept": [{"code": "b"}]}]}));
    finds(&system, "code:in=urn:below-a", "a2");
    finds(&system, "code:in=urn:below-a|9", "b");
    finds(&system, "code:in=urn:below-a|9,urn:below-a|10", "a2 b");
    set(&system, "all", "1", json!({"include": [{"system": "urn:diseases"}]}));
    finds(&system, "code:in=urn:all", "a a1 a2 b");
    finds(&system, "code:not-in=urn:all", "");
    set(
        &system,
        "some",
        "1",
        json!({"include": [{"valueSet": ["urn:all"]}], "exclude": [{"valueSet": ["urn:below-a|1"]}]}),
    );
    finds(&system, "code:in=urn:some", "a b");
}

#[test]
fn what_lies_above_and_below_a_code() {
    let server = Server::start();
    let system = server.system();
    clinic(&system);
    finds(&system, "code:below=urn:diseases|a", "a a1 a2");
    finds(&system, "code:above=urn:diseases|a1", "a a1");
    finds(&system, "code:below=urn:diseases|a1,urn:diseases|b", "a1 b");
    let chained = system.get("/Patient?_has:Condition:subject:code:below=urn:diseases|a").expect(200);
    assert_eq!(sorted_names(&chained, "match"), ["Patient/p"]);
}

#[test]
fn what_is_not_known_is_said_with_the_way_out() {
    let server = Server::start();
    let system = server.system();
    clinic(&system);
    for (query, part) in [
        ("code:in=urn:nowhere", "urn:nowhere"),
        ("code:in=ValueSet/nowhere", "ValueSet/nowhere"),
        ("code:below=urn:nothing|x", "urn:nothing"),
        ("code:below=urn:diseases|zz", "zz"),
    ] {
        system.get(&format!("/Condition?{query}")).refused(400, "invalid", part);
    }
    let is_a = json!([{"property": "concept", "op": "is-a", "value": "1"}]);
    set(&system, "foreign", "1", json!({"include": [{"system": "http://snomed.info/sct", "filter": is_a}]}));
    system.get("/Condition?code:in=urn:foreign").refused(400, "not-supported", "http://snomed.info/sct");
    // A resource that is deleted says nothing.
    system.delete("/ValueSet/below-a-1");
    system.get("/Condition?code:in=urn:below-a").refused(400, "invalid", "urn:below-a");
}

#[test]
fn value_sets_of_r4_itself_are_known() {
    let server = Server::start();
    let system = server.system();
    for (id, gender) in [("f", "female"), ("m", "male")] {
        system.keep(&json!({"resourceType": "Patient", "id": id, "gender": gender}));
    }
    let genders = "http://hl7.org/fhir/ValueSet/administrative-gender";
    let found = system.get(&format!("/Patient?gender:in={genders}")).expect(200);
    assert_eq!(sorted_names(&found, "match"), ["Patient/f", "Patient/m"]);
    let found = system.get(&format!("/Patient?gender:not-in={genders}")).expect(200);
    assert_eq!(sorted_names(&found, "match"), [""; 0]);
}

#[test]
fn a_condition_of_a_change_may_ask_for_a_value_set() {
    let server = Server::start();
    let system = server.system();
    clinic(&system);
    let body = json!({"resourceType": "Condition", "subject": {"reference": "Patient/p"}});
    let header = [("If-None-Exist", "code:below=urn:diseases|b")];
    let text = body.to_string();
    let there = system.send("POST", "/Condition", &header, Some(text.as_bytes())).expect(200);
    assert_eq!(there["id"], "b");
}
