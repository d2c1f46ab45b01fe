//! What references mean: conditions and links within a transaction, this server's own base.

use crate::harness::{Client, Reply, Server, found, id};
use serde_json::{Value, json};

fn entry(method: &str, url: &str, resource: Value) -> Value {
    let mut entry = json!({"request": {"method": method, "url": url}});
    if !resource.is_null() {
        entry["resource"] = resource;
    }
    entry
}

fn transaction(system: &Client, entries: &[Value]) -> Reply {
    system.post("", &json!({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
}

fn patient(number: &str) -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": number}]})
}

fn observation(subject: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": {"reference": subject}})
}

/// `Patient/1` of the location in the answer to an entry.
fn place(answer: &Value, nth: usize) -> String {
    let text = answer["entry"][nth]["response"]["location"].as_str().unwrap_or_else(|| panic!("{answer}"));
    text.split("/_history").next().unwrap().to_owned()
}

fn subject(system: &Client, place: &str) -> String {
    system.get(&format!("/{place}")).expect(200)["subject"]["reference"].as_str().unwrap().to_owned()
}

#[test]
fn a_condition_finds_what_the_same_transaction_writes() {
    let server = Server::start();
    let system = server.system();
    let by_number = "Patient?identifier=urn:x|1";
    for order in [[0, 1], [1, 0]] {
        let number = format!("{}", order[0] + 5);
        let both = [
            entry("POST", "Patient", patient(&number)),
            entry("POST", "Observation", observation(&format!("Patient?identifier=urn:x|{number}"))),
        ];
        let answer = transaction(&system, &order.map(|nth: usize| both[nth].clone())).expect(200);
        let of = |nth| place(&answer, order.iter().position(|at| *at == nth).unwrap());
        assert_eq!(subject(&system, &of(1)), of(0));
    }

    // An update makes the one known one the match; then it takes it away again.
    let named = |number: &str| {
        let mut patient = patient(number);
        patient["id"] = json!("p");
        patient
    };
    let put = |number: &str| entry("PUT", "Patient/p", named(number));
    system.put("/Patient/p", &named("old")).expect(201);
    let refer = || entry("POST", "Observation", observation(by_number));
    let answer = transaction(&system, &[refer(), put("1")]).expect(200);
    assert_eq!(subject(&system, &place(&answer, 0)), "Patient/p");
    transaction(&system, &[refer(), put("2")]).refused(400, "invalid", "means no resource");
    // What is overwritten or deleted does not count beside what is new.
    let answer = transaction(&system, &[refer(), put("3"), entry("POST", "Patient", patient("1"))]).expect(200);
    assert_eq!(subject(&system, &place(&answer, 0)), place(&answer, 2));
    let delete = entry("DELETE", &place(&answer, 2), Value::Null);
    transaction(&system, &[refer(), delete.clone()]).refused(400, "invalid", "Bundle.entry[0]");
    let answer = transaction(&system, &[delete, refer(), entry("POST", "Patient", patient("1"))]).expect(200);
    assert_eq!(subject(&system, &place(&answer, 1)), place(&answer, 2));
}

#[test]
fn a_condition_means_exactly_one() {
    let server = Server::start();
    let system = server.system();
    let refer = |condition: &str| entry("POST", "Observation", observation(&format!("Patient?{condition}")));
    let post = |number: &str| entry("POST", "Patient", patient(number));
    let two = "identifier=urn:x|1";
    transaction(&system, &[refer(two), post("1"), post("1")]).refused(412, "multiple-matches", "Bundle.entry[0]");
    system.post("/Patient", &patient("1")).expect(201);
    transaction(&system, &[refer(two), post("1")]).refused(412, "multiple-matches", "more than one");
    // Those with other criteria are told apart by all of them.
    let mut woman = patient("2");
    woman["gender"] = json!("female");
    let entries = |condition: &str| [refer(condition), entry("POST", "Patient", woman.clone()), post("2")];
    let answer = transaction(&system, &entries("identifier=urn:x|2&gender=female")).expect(200);
    assert_eq!(subject(&system, &place(&answer, 0)), place(&answer, 1));
    let nobody = "identifier=urn:x|2&gender:not=female&gender:missing=false";
    transaction(&system, &entries(nobody)).refused(400, "invalid", "means no resource");
    let unknown = "identifier=urn:x|2&organization.name=x";
    transaction(&system, &entries(unknown)).refused(400, "not-supported", "fullUrl");
    assert_eq!(system.get("/Patient?_summary=count").expect(200)["total"], 3);
}

#[test]
fn many_that_are_overwritten_do_not_hide_the_one_left() {
    let server = Server::start();
    let system = server.system();
    let named = |id: &str, number: &str| {
        let mut patient = patient(number);
        patient["id"] = json!(id);
        patient
    };
    let ids = ["a", "b", "c", "d", "e", "f"];
    for id in ids {
        system.put(&format!("/Patient/{id}"), &named(id, "1")).expect(201);
    }
    for left in ["a", "d", "f"] {
        let refer = entry("POST", "Observation", observation("Patient?identifier=urn:x|1"));
        let others = ids.iter().filter(|id| **id != left);
        let puts = others.map(|id| entry("PUT", &format!("Patient/{id}"), named(id, "2")));
        let answer = transaction(&system, &[vec![refer], puts.collect()].concat()).expect(200);
        assert_eq!(subject(&system, &place(&answer, 0)), format!("Patient/{left}"));
        let back = ids.iter().map(|id| entry("PUT", &format!("Patient/{id}"), named(id, "1")));
        transaction(&system, &back.collect::<Vec<_>>()).expect(200);
    }
}

#[test]
fn a_condition_may_ask_for_a_link_of_the_transaction() {
    let server = Server::start();
    let system = server.system();
    let known = id(&system.post("/Patient", &patient("1")).expect(201));
    let panel = json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"},
        "hasMember": [{"reference": format!("Observation?subject=Patient/{known}")}]});
    let member = entry("POST", "Observation", observation("Patient?identifier=urn:x|1"));
    let answer = transaction(&system, &[entry("POST", "Observation", panel), member]).expect(200);
    let panel = system.get(&format!("/{}", place(&answer, 0))).expect(200);
    assert_eq!(panel["hasMember"][0]["reference"], json!(place(&answer, 1)));
}

#[test]
fn links_in_narratives_become_references() {
    let server = Server::start();
    let system = server.system();
    let urn = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9";
    let other = "http://elsewhere.example/fhir/Patient/1";
    let div = format!(
        r##"<div xmlns="http://www.w3.org/1999/xhtml"><a href="{urn}">张 {urn}</a><img src='{urn}' alt="x"/><a href="{other}">y</a><a href="Patient?identifier=urn:x|none">z</a></div>"##
    );
    let text = json!({"status": "generated", "div": div});
    let mut observation = observation(other);
    observation["text"] = text.clone();
    observation["contained"] = json!([{"resourceType": "Organization", "id": "o", "name": "x", "text": text}]);
    observation["performer"] = json!([{"reference": "#o"}]);
    let with = |full_url: &str| {
        let mut entry = entry("POST", "Patient", patient("1"));
        entry["fullUrl"] = json!(full_url);
        entry
    };
    let answer = transaction(&system, &[entry("POST", "Observation", observation), with(urn), with(other)]);
    let answer = answer.expect(200);
    let stored = system.get(&format!("/{}", place(&answer, 0))).expect(200);
    let (one, two) = (place(&answer, 1), place(&answer, 2));
    let expected = format!(
        r##"<div xmlns="http://www.w3.org/1999/xhtml"><a href="{one}">张 {urn}</a><img src='{one}' alt="x"/><a href="{two}">y</a><a href="Patient?identifier=urn:x|none">z</a></div>"##
    );
    assert_eq!(stored["text"]["div"], json!(expected));
    assert_eq!(stored["contained"][0]["text"]["div"], json!(expected));
}

#[test]
fn a_reference_to_the_own_base_is_stored_as_the_relative_one() {
    let server = Server::start();
    let system = server.system();
    system.put("/Patient/p", &json!({"resourceType": "Patient", "id": "p"})).expect(201);
    let own = format!("http://{}/fhir/Patient/p", server.address);
    let named = |id: &str| {
        let mut named = observation(&own);
        named["id"] = json!(id);
        named
    };
    let made = system.post("/Observation", &observation(&own)).expect(201);
    assert_eq!(made["subject"]["reference"], "Patient/p");
    let old = observation(&format!("{own}/_history/1"));
    let body = old.to_string();
    let once = [("If-None-Exist", "identifier=urn:x|1")];
    let made = system.send("POST", "/Observation", &once, Some(body.as_bytes())).expect(201);
    assert_eq!(made["subject"]["reference"], "Patient/p/_history/1");
    system.put("/Observation/a", &named("a")).expect(201);
    let relative = json!({"resourceType": "Observation", "id": "a", "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p"}});
    assert_eq!(system.put("/Observation/a", &relative).expect(200)["meta"]["versionId"], "1");
    system.put("/Observation?_id=b", &named("b")).expect(201);
    for kind in ["batch", "transaction"] {
        let (one, two) = (named(&format!("{kind}1")), named(&format!("{kind}2")));
        let entries = [
            entry("POST", "Observation", observation(&own)),
            entry("PUT", &format!("Observation/{kind}1"), one),
            entry("PUT", &format!("Observation?_id={kind}2"), two),
        ];
        let answer = system.post("", &json!({"resourceType": "Bundle", "type": kind, "entry": entries})).expect(200);
        for nth in 0..3 {
            assert_eq!(subject(&system, &place(&answer, nth)), "Patient/p");
        }
    }
    let of_patient = system.get("/Observation?subject=Patient/p&_count=100").expect(200);
    assert_eq!(found(&of_patient, "match").len(), 10);
    let elsewhere = system.post("/Observation", &observation("http://elsewhere.example/fhir/Patient/p")).expect(201);
    assert_eq!(elsewhere["subject"]["reference"], "http://elsewhere.example/fhir/Patient/p");
}
