//! Conditions: If-Match, If-None-Match, If-None-Exist, conditional update and delete.

use crate::harness::{Client, Server, id};
use serde_json::{Value, json};

fn patient(number: &str) -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": number}]})
}

fn create(system: &Client, body: &Value, none_exist: &str) -> crate::harness::Reply {
    system.send("POST", "/Patient", &[("If-None-Exist", none_exist)], Some(body.to_string().as_bytes()))
}

#[test]
fn if_match_guards_a_version() {
    let server = Server::start();
    let system = server.system();
    let body = |gender: &str| json!({"resourceType": "Patient", "id": "p", "gender": gender}).to_string();
    let put =
        |tag: &str, gender: &str| system.send("PUT", "/Patient/p", &[("If-Match", tag)], Some(body(gender).as_bytes()));
    put("W/\"1\"", "male").refused(412, "conflict", "");
    put("*", "male").refused(412, "conflict", "");
    system.put("/Patient/p", &json!({"resourceType": "Patient", "id": "p"})).expect(201);
    put("W/\"1\"", "male").expect(200);
    put("W/\"1\"", "female").refused(412, "conflict", "");
    put("2", "female").refused(412, "conflict", "If-Match");
    put("\"2\"", "female").expect(200);
    put("*", "other").expect(200);
    system.send("DELETE", "/Patient/p", &[("If-Match", "W/\"1\"")], None).refused(412, "conflict", "");
    assert_eq!(system.send("DELETE", "/Patient/p", &[("If-Match", "W/\"4\"")], None).status, 204);

    let only_new = [("If-None-Match", "*")];
    system.send("PUT", "/Patient/p", &only_new, Some(body("male").as_bytes())).expect(201);
    system.send("PUT", "/Patient/p", &only_new, Some(body("female").as_bytes())).refused(412, "conflict", "exists");

    // The same under an id that the server made, deleted before.
    let made = id(&system.post("/Patient", &json!({"resourceType": "Patient"})).expect(201));
    let path = format!("/Patient/{made}");
    let again = json!({"resourceType": "Patient", "id": made}).to_string();
    system.send("PUT", &path, &only_new, Some(again.as_bytes())).refused(412, "conflict", "exists");
    assert_eq!(system.delete(&path).status, 204);
    let back = system.send("PUT", &path, &only_new, Some(again.as_bytes()));
    assert_eq!(back.header("etag"), "W/\"3\"", "{back:?}");
    back.expect(201);
}

#[test]
fn a_conditional_create_finds_what_is_there() {
    let server = Server::start();
    let system = server.system();
    let first = create(&system, &patient("1"), "identifier=urn:x|1").expect(201);
    let found = create(&system, &patient("1"), "identifier=urn:x|1");
    assert!(found.header("location").ends_with(&format!("/Patient/{}/_history/1", id(&first))));
    assert_eq!(found.expect(200), first);
    create(&system, &patient("2"), "identifier=urn:x%7C2").expect(201);
    create(&system, &patient("3"), "_id=").refused(400, "invalid", "_id");
    create(&system, &patient("3"), "_count=1").refused(412, "conflict", "criterion");
    create(&system, &patient("3"), "colour=red").refused(400, "not-supported", "colour");
    create(&system, &patient("3"), "identifier:missing=false").refused(412, "multiple-matches", "more than one");
}

#[test]
fn a_conditional_update_writes_the_one_match() {
    let server = Server::start();
    let system = server.system();
    let at = "/Patient?identifier=urn:x|1";
    let made = system.put(at, &patient("1")).expect(201);
    let mut changed = patient("1");
    changed["gender"] = json!("male");
    let updated = system.put(at, &changed).expect(200);
    assert_eq!((id(&updated), &updated["meta"]["versionId"]), (id(&made), &json!("2")));
    changed["id"] = json!("another");
    system.put(at, &changed).refused(400, "invalid", "another");
    changed["id"] = json!(id(&made));
    changed["gender"] = json!("female");
    system.put(at, &changed).expect(200);
    system.put("/Patient", &changed).refused(412, "conflict", "criterion");

    let mut named = patient("2");
    named["id"] = json!("mine");
    assert_eq!(id(&system.put("/Patient?identifier=urn:x|2", &named).expect(201)), "mine");
    system.put("/Patient?identifier=urn:x|3", &named).refused(409, "conflict", "mine");
    system.post("/Patient", &patient("2")).expect(201);
    system.put("/Patient?identifier=urn:x|2", &patient("2")).refused(412, "multiple-matches", "more than one");
    let wrong = json!({"resourceType": "Person"});
    system.put(at, &wrong).refused(400, "invalid", "type");
}

#[test]
fn a_conditional_delete_deletes_the_one_match() {
    let server = Server::start();
    let system = server.system();
    let made = system.post("/Patient", &patient("1")).expect(201);
    assert_eq!(system.delete("/Patient?identifier=urn:x|9").status, 204);
    assert_eq!(system.delete("/Patient?identifier=urn:x|1").status, 204);
    system.get(&format!("/Patient/{}", id(&made))).refused(410, "deleted", "");
    system.post("/Patient", &patient("2")).expect(201);
    system.post("/Patient", &patient("2")).expect(201);
    system.delete("/Patient?identifier=urn:x|2").refused(412, "multiple-matches", "more than one");
    system.delete("/Patient").refused(412, "conflict", "criterion");
}
