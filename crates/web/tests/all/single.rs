//! One resource at a time: create, read, vread, update, delete.

use crate::harness::{Server, id};
use serde_json::json;

#[test]
fn a_resource_is_created_read_updated_deleted_and_gone() {
    let server = Server::start();
    let system = server.system();
    let made = system.post("/Patient", &json!({"resourceType": "Patient", "id": "ignored", "gender": "female"}));
    assert_eq!(made.header("etag"), "W/\"1\"");
    assert!(made.header("last-modified").ends_with(" GMT"), "{made:?}");
    assert_eq!(made.header("content-type"), "application/fhir+json");
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    let id = id(&made);
    assert_ne!(id, "ignored");
    assert!(location.ends_with(&format!("/fhir/Patient/{id}/_history/1")), "{location}");
    let path = format!("/Patient/{id}");
    assert_eq!(system.get(&path).expect(200), made);

    let mut changed = made.clone();
    changed["gender"] = json!("male");
    changed["meta"]["versionId"] = json!("77");
    let update = system.put(&path, &changed);
    assert_eq!(update.header("etag"), "W/\"2\"");
    let updated = update.expect(200);
    assert_eq!(updated["meta"]["versionId"], "2", "the version in the body is ignored");
    assert_eq!(system.get(&format!("{path}/_history/1")).expect(200), made);
    assert_eq!(system.get(&format!("{path}/_history/2")).expect(200)["gender"], "male");
    system.get(&format!("{path}/_history/3")).refused(404, "not-found", "version `3`");
    system.get(&format!("{path}/_history/x")).refused(404, "not-found", "whole number");

    let same = system.put(&path, &changed);
    assert_eq!(same.header("etag"), "W/\"2\"", "the same content makes no new version");
    same.expect(200);

    let deleted = system.delete(&path);
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    assert_eq!(deleted.header("etag"), "W/\"3\"");
    let gone = system.get(&path);
    assert_eq!(gone.header("etag"), "W/\"3\"");
    gone.refused(410, "deleted", &id);
    system.get(&format!("{path}/_history/3")).refused(410, "deleted", &id);
    system.get(&format!("{path}/_history/2")).expect(200);
    assert_eq!(system.delete(&path).status, 204, "deleting twice is no error");

    let again = system.put(&path, &changed);
    assert_eq!(again.header("etag"), "W/\"4\"");
    again.expect(201);
}

#[test]
fn an_update_creates_under_the_clients_id() {
    let server = Server::start();
    let system = server.system();
    let body = json!({"resourceType": "Organization", "id": "hospital-1", "name": "市一医院"});
    let made = system.put("/Organization/hospital-1", &body);
    assert!(made.header("location").ends_with("/Organization/hospital-1/_history/1"));
    made.expect(201);
    assert_eq!(system.get("/Organization/hospital-1").expect(200)["name"], "市一医院");

    system.put("/Organization/hospital-2", &body).refused(400, "invalid", "hospital-2");
    system.put("/Organization/hospital-1", &json!({"resourceType": "Organization"})).refused(400, "invalid", "no id");
    system.put("/Patient/hospital-1", &body).refused(400, "invalid", "type");
    let bad = json!({"resourceType": "Organization", "id": "a_b"});
    assert_eq!(system.put("/Organization/a_b", &bad).status, 400);
    let long = "x".repeat(65);
    let bad = json!({"resourceType": "Organization", "id": long});
    assert_eq!(system.put(&format!("/Organization/{long}"), &bad).status, 400);
}

#[test]
fn what_is_not_there_is_told() {
    let server = Server::start();
    let system = server.system();
    system.get("/Patient/nobody").refused(404, "not-found", "Patient/nobody");
    system.get("/Patients/1").refused(404, "not-found", "Patients");
    system.get("/Patient/1/_history/1/2").refused(404, "not-found", "nothing");
    system.get("/Patient/1/everything").refused(404, "not-found", "everything");
    system.get("/Patient/$nothing").refused(404, "not-found", "nothing");
    system.get("/Patient/%ff").refused(400, "invalid", "UTF-8");
    for (method, path, allow) in [
        ("PATCH", "/Patient/1", "GET, HEAD, PUT, DELETE"),
        ("POST", "/Patient/1", "GET, HEAD, PUT, DELETE"),
        ("DELETE", "/metadata", "GET, HEAD"),
        ("PUT", "", "GET, HEAD, POST"),
        ("GET", "/Patient/_search", "POST"),
        ("DELETE", "/Patient/1/_history", "GET, HEAD"),
    ] {
        let body = (method != "GET" && method != "DELETE").then_some(b"{}".as_slice());
        let reply = system.send(method, path, &[], body);
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
        reply.refused(405, "not-supported", allow);
    }
}

#[test]
fn bad_bodies_name_their_places() {
    let server = Server::start();
    let system = server.system();
    let send = |body: &str| system.send("POST", "/Patient", &[], Some(body.as_bytes()));
    for (body, part) in [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        (r#"{"resourceType":"Patient","birthDate":"1985-13-01"}"#, "Patient.birthDate"),
        (r#"{"resourceType":"Patient","gender":"woman"}"#, "Patient.gender"),
        (r#"{"resourceType":"Patient","colour":"red"}"#, "colour"),
        (r#"{"resourceType":"Patient","gender":"male","gender":"female"}"#, "gender"),
        (r#"{"resourceType":"Nobody"}"#, "Nobody"),
        (r#"{"resourceType":"Observation","status":"final","code":{"text":"x"}}"#, ""),
    ] {
        let reply = send(body);
        assert_eq!(reply.status, 400, "{body} {reply:?}");
        let outcome = reply.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        assert!(outcome["issue"][0].to_string().contains(part), "`{part}` is not in {outcome}");
    }
    let two = send(r#"{"resourceType":"Patient","gender":"woman","birthDate":"x"}"#).json();
    assert_eq!(two["issue"].as_array().unwrap().len(), 2, "several problems at once: {two}");
}

#[test]
fn the_answer_is_as_it_was_asked_for() {
    let server = Server::start();
    let system = server.system();
    let body = json!({"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1985-03-07",
        "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}});
    let bytes = body.to_string();
    let put = |prefer| system.send("PUT", "/Patient/p", &[("Prefer", prefer)], Some(bytes.as_bytes()));
    assert_eq!(put("return=minimal").body, "");
    assert_eq!(put("return=OperationOutcome").json()["resourceType"], "OperationOutcome");
    assert_eq!(put("handling=strict; return=representation").json()["gender"], "female");

    assert!(system.get("/Patient/p?_pretty=true").body.contains("\n  \"gender\": \"female\""));
    assert_eq!(system.get("/Patient/p?_format=application/json").header("content-type"), "application/json");
    assert_eq!(
        system.get_with("/Patient/p", &[("Accept", "application/json")]).header("content-type"),
        "application/json"
    );
    system.get("/Patient/p?_format=xml").refused(406, "not-supported", "JSON");
    system.get_with("/Patient/p", &[("Accept", "application/fhir+xml")]).refused(406, "not-supported", "JSON");
    system.get_with("/Patient/p", &[("Accept", "text/html, */*;q=0.5")]).expect(200);

    let part = system.get("/Patient/p?_elements=gender").expect(200);
    assert_eq!((&part["gender"], &part["birthDate"]), (&json!("female"), &json!(null)));
    assert_eq!(part["meta"]["tag"][0]["code"], "SUBSETTED");
    assert_eq!(system.get("/Patient/p?_summary=data").expect(200)["text"], json!(null));
    system.get("/Patient/p?gender=male").refused(400, "not-supported", "gender");
    system.get("/Patient/p?_summary=most").refused(400, "invalid", "_summary");

    let head = system.send("HEAD", "/Patient/p", &[], None);
    assert_eq!((head.status, head.header("etag"), head.body.as_str()), (200, "W/\"1\"", ""));
}

#[test]
fn a_reader_who_has_the_version_gets_304() {
    let server = Server::start();
    let system = server.system();
    let made = system.put("/Patient/p", &json!({"resourceType": "Patient", "id": "p"}));
    let modified = made.header("last-modified").to_owned();
    for (name, value, status) in [
        ("If-None-Match", "W/\"1\"", 304),
        ("If-None-Match", "\"1\"", 304),
        ("If-None-Match", "W/\"7\", W/\"1\"", 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", "W/\"2\"", 200),
        ("If-Modified-Since", modified.as_str(), 304),
        ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT", 200),
        ("If-Modified-Since", "yesterday", 200),
    ] {
        let reply = system.get_with("/Patient/p", &[(name, value)]);
        assert_eq!(reply.status, status, "{name}: {value}");
        assert_eq!(reply.header("etag"), "W/\"1\"");
        assert_eq!(reply.body.is_empty(), status == 304);
    }
}

#[test]
fn wrong_content_types_are_refused() {
    let server = Server::start();
    let system = server.system();
    for content_type in ["application/xml", "application/fhir+xml", "text/plain", "application/json; charset=gbk", ""] {
        let reply = system.send("POST", "/Patient", &[("Content-Type", content_type)], Some(b"{}"));
        reply.refused(415, "not-supported", "fhir+json");
    }
    let body = br#"{"resourceType":"Patient"}"#;
    for content_type in ["application/json", "application/fhir+json; charset=UTF-8"] {
        system.send("POST", "/Patient", &[("Content-Type", content_type)], Some(body)).expect(201);
    }
    system.send("POST", "/Patient/_search", &[], Some(b"gender=male")).refused(415, "not-supported", "form");
}
