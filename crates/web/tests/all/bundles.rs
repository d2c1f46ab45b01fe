//! Transactions and batches.

use crate::harness::{Client, Server, found, id};
use serde_json::{Value, json};

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({"resourceType": "Bundle", "type": kind, "entry": entries})
}

fn entry(method: &str, url: &str, resource: Value) -> Value {
    let mut entry = json!({"request": {"method": method, "url": url}});
    if !resource.is_null() {
        entry["resource"] = resource;
    }
    entry
}

fn with(mut entry: Value, full_url: &str) -> Value {
    entry["fullUrl"] = json!(full_url);
    entry
}

fn observation(subject: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": {"reference": subject}})
}

fn total(system: &Client, type_: &str) -> u64 {
    system.get(&format!("/{type_}?_summary=count")).expect(200)["total"].as_u64().unwrap()
}

const A: &str = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9";
const B: &str = "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059";

#[test]
fn links_inside_a_transaction_become_references() {
    let server = Server::start();
    let system = server.system();
    let known = json!({"resourceType": "Patient", "id": "known", "identifier": [{"system": "urn:x", "value": "7"}]});
    system.put("/Patient/known", &known).expect(201);
    let other = "http://elsewhere.example/fhir";
    let answer = system
        .post(
            "",
            &bundle(
                "transaction",
                &[
                    with(entry("POST", "Observation", observation(A)), B),
                    with(entry("POST", "Patient", json!({"resourceType": "Patient"})), A),
                    entry("POST", "Observation", observation("Patient?identifier=urn:x|7")),
                    with(entry("POST", "Patient", json!({"resourceType": "Patient"})), &format!("{other}/Patient/1")),
                    with(entry("POST", "Observation", observation("Patient/1")), &format!("{other}/Observation/1")),
                    entry(
                        "PUT",
                        "Observation/mine",
                        json!({"resourceType": "Observation", "id": "mine", "status": "final",
            "code": {"text": "x"}, "hasMember": [{"reference": B}]}),
                    ),
                    entry("GET", "Observation/mine", Value::Null),
                    entry("GET", "Patient?identifier=urn:x|7", Value::Null),
                ],
            ),
        )
        .expect(200);
    assert_eq!(answer["type"], "transaction-response");
    let location = |nth: usize| {
        let text = answer["entry"][nth]["response"]["location"].as_str().unwrap_or_else(|| panic!("{answer}"));
        text.split("/_history").next().unwrap().to_owned()
    };
    let subject = |nth: usize| {
        let resource = system.get(&format!("/{}", location(nth))).expect(200);
        resource["subject"]["reference"].as_str().unwrap().to_owned()
    };
    assert_eq!(answer["entry"][0]["response"]["status"], "201 Created");
    assert_eq!(answer["entry"][0]["response"]["etag"], "W/\"1\"");
    assert_eq!(subject(0), location(1));
    assert_eq!(subject(2), "Patient/known");
    assert_eq!(subject(4), location(3));
    let mine = system.get("/Observation/mine").expect(200);
    assert_eq!(mine["hasMember"][0]["reference"], json!(location(0)));
    assert_eq!(answer["entry"][6]["resource"], mine, "reads see what the transaction wrote");
    assert_eq!(found(&answer["entry"][7]["resource"], "match").len(), 1);
    let of_patient = system.get(&format!("/Observation?patient={}", location(1))).expect(200);
    assert_eq!(found(&of_patient, "match").len(), 1);
}

#[test]
fn a_transaction_happens_as_a_whole_or_not_at_all() {
    let server = Server::start();
    let system = server.system();
    let good = || entry("POST", "Patient", json!({"resourceType": "Patient"}));
    let put = |id: &str| entry("PUT", &format!("Patient/{id}"), json!({"resourceType": "Patient", "id": id}));
    let twins = json!({"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "twin"}]});
    system.post("/Patient", &twins).expect(201);
    system.post("/Patient", &twins).expect(201);
    system.put("/Patient/one", &json!({"resourceType": "Patient", "id": "one"})).expect(201);
    let mut stale = put("one");
    stale["request"]["ifMatch"] = json!("W/\"9\"");
    let mut several = good();
    several["request"]["ifNoneExist"] = json!("identifier=urn:x|twin");
    let before = total(&system, "Patient");
    for (bad, status, part) in [
        (entry("POST", "Observation", observation("Patient?identifier=urn:x|none")), 400, "Bundle.entry[1]"),
        (entry("POST", "Observation", observation("Patient?identifier=urn:x|twin")), 412, "Bundle.entry[1]"),
        (several, 412, "Bundle.entry[1]"),
        (stale, 412, ""),
        (entry("PUT", "Patient/other", json!({"resourceType": "Patient", "id": "one"})), 400, "Bundle.entry[1]"),
        (entry("POST", "Patient/one", json!({"resourceType": "Patient"})), 400, "Bundle.entry[1]"),
        (entry("POST", "Observation", json!({"resourceType": "Patient"})), 400, "Bundle.entry[1]"),
        (entry("POST", "Patient", Value::Null), 400, "Bundle.entry[1]"),
        (entry("GET", "Nothing/1", Value::Null), 404, "Bundle.entry[1]"),
        (entry("PATCH", "Patient/one", Value::Null), 400, "Bundle.entry[1]"),
        (entry("DELETE", "http://elsewhere.example/fhir/Patient/one", Value::Null), 400, "Bundle.entry[1]"),
        (json!({"resource": {"resourceType": "Patient"}}), 400, "Bundle.entry[1]"),
        (
            entry("POST", "Patient", json!({"resourceType": "Patient", "gender": "woman"})),
            400,
            "Bundle.entry[1].resource.gender",
        ),
    ] {
        let reply = system.post("", &bundle("transaction", &[good(), bad.clone(), put("two")]));
        assert_eq!(reply.status, status, "{bad} {reply:?}");
        assert!(reply.body.contains(part), "`{part}` is not in {reply:?}");
        assert_eq!(total(&system, "Patient"), before, "{bad}");
    }
    system.get("/Patient/two").refused(404, "not-found", "");
}

#[test]
fn one_resource_is_written_once() {
    let server = Server::start();
    let system = server.system();
    let put = || entry("PUT", "Patient/one", json!({"resourceType": "Patient", "id": "one"}));
    let delete = entry("DELETE", "Patient/one", Value::Null);
    system.post("", &bundle("transaction", &[put(), put()])).refused(400, "invalid", "Bundle.entry[1]");
    system.post("", &bundle("transaction", &[put(), delete])).refused(400, "invalid", "Patient/one");
    let same = || with(entry("POST", "Patient", json!({"resourceType": "Patient"})), A);
    system.post("", &bundle("transaction", &[same(), same()])).refused(400, "invalid", "fullUrl");
    assert_eq!(total(&system, "Patient"), 0);
}

#[test]
fn deletes_come_first_and_answers_keep_the_order() {
    let server = Server::start();
    let system = server.system();
    let number =
        |id: &str| json!({"resourceType": "Patient", "id": id, "identifier": [{"system": "urn:x", "value": "1"}]});
    system.put("/Patient/old", &number("old")).expect(201);
    let answer = system.post(
        "",
        &bundle(
            "transaction",
            &[
                entry("GET", "Patient?identifier=urn:x|1", Value::Null),
                entry("PUT", "Patient/new", number("new")),
                entry("DELETE", "Patient/old", Value::Null),
            ],
        ),
    );
    let answer = answer.expect(200);
    let statuses: Vec<&Value> = (0..3).map(|nth| &answer["entry"][nth]["response"]["status"]).collect();
    assert_eq!(statuses, ["200 OK", "201 Created", "204 No Content"]);
    let seen = found(&answer["entry"][0]["resource"], "match");
    assert_eq!(seen.iter().map(|patient| id(patient)).collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_conditional_create_in_a_transaction_is_linked_to() {
    let server = Server::start();
    let system = server.system();
    let once = || {
        let mut entry = with(
            entry(
                "POST",
                "Patient",
                json!({"resourceType": "Patient",
            "identifier": [{"system": "urn:x", "value": "1"}]}),
            ),
            A,
        );
        entry["request"]["ifNoneExist"] = json!("identifier=urn:x|1");
        entry
    };
    let send = |entries: &[Value]| system.post("", &bundle("transaction", entries)).expect(200);
    let first = send(&[once(), entry("POST", "Observation", observation(A))]);
    let second = send(&[once(), entry("POST", "Observation", observation("Patient?identifier=urn:x|1"))]);
    assert_eq!(first["entry"][0]["response"]["status"], "201 Created");
    assert_eq!(second["entry"][0]["response"]["status"], "200 OK");
    assert_eq!(first["entry"][0]["response"]["location"], second["entry"][0]["response"]["location"]);
    let all = system.get("/Observation").expect(200);
    let subjects: Vec<&Value> = found(&all, "match").iter().map(|found| &found["subject"]["reference"]).collect();
    assert_eq!(subjects.len(), 2);
    assert_eq!(subjects[0], subjects[1]);

    // Two entries of one bundle on the same condition mean the same resource.
    let twice = |full_url: &str| {
        let mut entry = with(once(), full_url);
        entry["request"]["ifNoneExist"] = json!("identifier=urn:x|2");
        entry["resource"]["identifier"][0]["value"] = json!("2");
        entry
    };
    let answer = send(&[twice(A), twice(B), entry("POST", "Observation", observation(B))]);
    assert_eq!(answer["entry"][1]["response"]["status"], "200 OK");
    assert_eq!(total(&system, "Patient"), 2);
}

#[test]
fn conditional_changes_work_in_a_transaction() {
    let server = Server::start();
    let system = server.system();
    let patient =
        |number: &str| json!({"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": number}]});
    let one = id(&system.post("/Patient", &patient("1")).expect(201));
    let two = id(&system.post("/Patient", &patient("2")).expect(201));
    let mut changed = patient("1");
    changed["gender"] = json!("male");
    let answer = system
        .post(
            "",
            &bundle(
                "transaction",
                &[
                    with(entry("PUT", "Patient?identifier=urn:x|1", changed), A),
                    entry("DELETE", "Patient?identifier=urn:x|2", Value::Null),
                    entry("DELETE", "Patient?identifier=urn:x|9", Value::Null),
                    entry("PUT", "Patient?identifier=urn:x|3", patient("3")),
                    entry("POST", "Observation", observation(A)),
                ],
            ),
        )
        .expect(200);
    let statuses: Vec<&str> = (0..5).map(|nth| answer["entry"][nth]["response"]["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["200 OK", "204 No Content", "204 No Content", "201 Created", "201 Created"]);
    assert_eq!(system.get(&format!("/Patient/{one}")).expect(200)["gender"], "male");
    assert_eq!(system.get(&format!("/Patient/{two}")).status, 410);
    let all = system.get("/Observation").expect(200);
    assert_eq!(found(&all, "match")[0]["subject"]["reference"], json!(format!("Patient/{one}")));
}

#[test]
fn a_batch_answers_each_entry_by_itself() {
    let server = Server::start();
    let system = server.system();
    system.put("/Patient/one", &json!({"resourceType": "Patient", "id": "one"})).expect(201);
    let mut stale = entry("PUT", "Patient/one", json!({"resourceType": "Patient", "id": "one", "gender": "male"}));
    stale["request"]["ifMatch"] = json!("W/\"9\"");
    let mut known = entry("GET", "Patient/one", Value::Null);
    known["request"]["ifNoneMatch"] = json!("W/\"1\"");
    let answer = system
        .post(
            "",
            &bundle(
                "batch",
                &[
                    entry("POST", "Patient", json!({"resourceType": "Patient"})),
                    stale,
                    entry("GET", "Patient/nobody", Value::Null),
                    entry("GET", "Patient/one/_history/1", Value::Null),
                    known,
                    entry("DELETE", "Patient/nobody", Value::Null),
                    entry("PUT", "Nothing/1", json!({"resourceType": "Patient", "id": "1"})),
                    entry("GET", "Patient?colour=red", Value::Null),
                    entry("GET", "Patient/one/_history", Value::Null),
                ],
            ),
        )
        .expect(200);
    assert_eq!(answer["type"], "batch-response");
    let entries = answer["entry"].as_array().unwrap();
    let statuses: Vec<&str> = entries.iter().map(|entry| &entry["response"]["status"].as_str().unwrap()[..3]).collect();
    assert_eq!(statuses, ["201", "412", "404", "200", "304", "204", "404", "400", "200"]);
    let outcome = &entries[1]["response"]["outcome"];
    assert_eq!(outcome["issue"][0]["expression"][0], "Bundle.entry[1]");
    assert_eq!(entries[8]["resource"]["type"], "history");
}

#[test]
fn a_bad_entry_spoils_only_itself_in_a_batch() {
    let server = Server::start();
    let system = server.system();
    let answer = system
        .post(
            "",
            &bundle(
                "batch",
                &[
                    entry("POST", "Patient", json!({"resourceType": "Patient", "gender": "woman"})),
                    entry("POST", "Patient", json!({"resourceType": "Patient", "gender": "female"})),
                ],
            ),
        )
        .expect(200);
    assert_eq!(answer["entry"][0]["response"]["status"], "400 Bad Request");
    let issue = &answer["entry"][0]["response"]["outcome"]["issue"][0];
    assert_eq!(issue["expression"][0], "Bundle.entry[0].resource.gender");
    assert_eq!(answer["entry"][1]["response"]["status"], "201 Created");
}

#[test]
fn only_transactions_and_batches_are_carried_out() {
    let server = Server::start();
    let system = server.system();
    system.post("", &json!({"resourceType": "Patient"})).refused(400, "invalid", "Bundle");
    system.post("", &json!({"resourceType": "Bundle", "type": "collection"})).refused(400, "invalid", "Bundle.type");
    assert_eq!(
        system.post("", &json!({"resourceType": "Bundle", "type": "batch"})).expect(200)["type"],
        "batch-response"
    );
    assert_eq!(
        system
            .post("/", &bundle("transaction", &[entry("POST", "Patient", json!({"resourceType": "Patient"}))]))
            .status,
        200
    );
}

#[test]
fn the_answer_holds_what_was_preferred() {
    let server = Server::start();
    let system = server.system();
    let body =
        bundle("transaction", &[entry("POST", "Patient", json!({"resourceType": "Patient", "gender": "other"}))]);
    let bytes = body.to_string();
    let send = |prefer: &str| system.send("POST", "", &[("Prefer", prefer)], Some(bytes.as_bytes())).expect(200);
    let shown = send("return=representation");
    assert_eq!(shown["entry"][0]["resource"]["gender"], "other");
    assert_eq!(shown["entry"][0]["resource"]["meta"]["versionId"], "1");
    let outcome = send("return=OperationOutcome");
    assert_eq!(outcome["entry"][0]["response"]["outcome"]["resourceType"], "OperationOutcome");
    assert!(send("return=minimal")["entry"][0].get("resource").is_none());
}

#[test]
fn a_large_batch_is_answered_in_order() {
    let server = Server::start();
    let system = server.system();
    let puts: Vec<Value> = (0..700)
        .map(|nth| {
            entry("PUT", &format!("Patient/p{nth}"), json!({"resourceType": "Patient", "id": format!("p{nth}")}))
        })
        .collect();
    let answer = system.post("", &bundle("batch", &puts)).expect(200);
    for (nth, entry) in answer["entry"].as_array().unwrap().iter().enumerate() {
        assert_eq!(entry["response"]["location"], json!(format!("Patient/p{nth}/_history/1")), "{entry}");
    }
    assert_eq!(total(&system, "Patient"), 700);
}
