//! Search parameters of one's own, from the PUT of a SearchParameter to a search by it, and out of use again.

use crate::harness::{Client, Server};
use base::{Cx, Role};
use runtime::parameters::Indexing;
use serde_json::{Value, json};
use std::time::Duration;

const WARD: &str = "http://city.example/ward";

fn api(server: &Server, client: &Client, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("http://{}/api/parameters{path}", server.address);
    let body = body.map(Value::to_string);
    let headers = [("Content-Type", "application/json")];
    let reply = client.send(method, &url, &headers, body.as_ref().map(String::as_bytes));
    (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
}

fn listed(server: &Server, admin: &Client, id: &str) -> Value {
    let (status, list) = api(server, admin, "GET", "", None);
    assert_eq!(status, 200, "{list}");
    list["parameters"].as_array().unwrap().iter().find(|row| row["id"] == id).cloned().unwrap_or(Value::Null)
}

fn definition(id: &str, code: &str, expression: &str) -> Value {
    json!({
        "resourceType": "SearchParameter", "id": id, "url": format!("http://city.example/SearchParameter/{id}"),
        "name": "Ward", "status": "active", "description": "The ward", "code": code, "base": ["Patient"],
        "type": "string", "expression": expression,
    })
}

fn ward(id: &str) -> Value {
    definition(id, "ward", &format!("Patient.extension('{WARD}').value as string"))
}

fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not come");
}

fn metadata_has(client: &Client, code: &str) -> bool {
    let statement = client.get("/metadata").expect(200);
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    let patient = resources.iter().find(|resource| resource["type"] == "Patient").unwrap();
    patient["searchParam"].as_array().unwrap().iter().any(|param| param["name"] == code)
}

#[test]
fn a_search_parameter_is_used_when_an_administrator_says_so_and_its_index_is_whole() {
    let server = Server::start();
    let (system, admin) = (server.system(), server.user("boss", Role::Admin, None));
    for nth in 0..30 {
        let value = if nth % 3 == 0 { "Ostflügel" } else { "West" };
        let extension = json!([{"url": WARD, "valueString": value}]);
        system.keep(&json!({"resourceType": "Patient", "id": format!("p{nth}"), "extension": extension}));
    }
    system.keep(&ward("w"));
    assert_eq!(listed(&server, &admin, "w")["state"], "waiting");
    system.get("/Patient?ward=ost").expect(400);
    // Who may write it may see how it stands, not take it into use.
    let (use_it, retire_it) = (json!({"in_use": true}), json!({"in_use": false}));
    assert_eq!(api(&server, &system, "PUT", "/w", Some(&use_it)).0, 403);
    assert_eq!(listed(&server, &system, "w")["state"], "waiting");
    let clinician = server.user("doctor", Role::Clinician, Some("h1"));
    assert_eq!(api(&server, &clinician, "GET", "", None).0, 403);
    assert_eq!(api(&server, &admin, "PUT", "/nobody", Some(&use_it)).0, 404);
    assert_eq!(api(&server, &admin, "PUT", "/w", Some(&use_it)).0, 204);
    let building = system.get("/Patient?ward=ost").expect(503);
    assert!(building.to_string().contains("0 % done"), "{building}");
    assert!(!metadata_has(&system, "ward"));
    let indexing = Indexing::start(server.store.clone(), Cx::platform()).unwrap();
    until(|| listed(&server, &admin, "w")["state"] == "ready");
    assert_eq!(system.get("/Patient?ward=ostfl&_total=accurate").expect(200)["total"], 10);
    assert_eq!(system.get("/Patient?ward:missing=true&_total=accurate").expect(200)["total"], 0);
    assert_eq!(system.get("/Patient?_filter=ward%20eq%20west&_total=accurate").expect(200)["total"], 20);
    for (sort, value) in [("ward", "Ostflügel"), ("-ward", "West")] {
        let first = system.get(&format!("/Patient?_sort={sort}&_count=1")).expect(200)["entry"][0]["resource"].clone();
        assert_eq!(first["extension"][0]["valueString"], value);
    }
    assert!(metadata_has(&system, "ward"));
    // Another expression waits for the administrator and answers as before.
    system.keep(&definition("w", "ward", "Patient.name.text"));
    let row = listed(&server, &admin, "w");
    assert_eq!((&row["state"], &row["changed"]), (&json!("ready"), &json!(true)));
    assert_eq!(system.get("/Patient?ward=west&_total=accurate").expect(200)["total"], 20);
    assert_eq!(api(&server, &admin, "PUT", "/w", Some(&use_it)).0, 204);
    until(|| listed(&server, &admin, "w")["state"] == "ready");
    assert_eq!(system.get("/Patient?ward=west&_total=accurate").expect(200)["total"], 0);
    // Out of use by hand, then in again, then by the deletion of the resource.
    assert_eq!(api(&server, &admin, "PUT", "/w", Some(&retire_it)).0, 204);
    system.get("/Patient?ward=west").expect(400);
    assert_eq!(api(&server, &admin, "PUT", "/w", Some(&use_it)).0, 204);
    until(|| listed(&server, &admin, "w")["state"] == "ready");
    assert_eq!(system.delete("/SearchParameter/w").status, 204);
    until(|| system.get("/Patient?ward=west").status == 400);
    assert!(!metadata_has(&system, "ward"));
    until(|| api(&server, &admin, "GET", "", None).1["indexes"].as_array().unwrap().is_empty());
    indexing.stop();
    assert!(server.store.check(&mut |_, _| {}).unwrap().problems.is_empty());
}

#[test]
fn what_cannot_be_used_is_stored_and_says_why() {
    let server = Server::start();
    let (system, admin) = (server.system(), server.user("boss", Role::Admin, None));
    system.keep(&definition("taken", "gender", "Patient.gender"));
    system.keep(&definition("counted", "names", "Patient.name.count()"));
    system.keep(&ward("one"));
    system.keep(&ward("two"));
    // R4's own definition of a parameter is no parameter of one's own.
    let mut own = definition("gender", "gender", "Patient.gender");
    own["url"] = json!("http://hl7.org/fhir/SearchParameter/individual-gender");
    own["type"] = json!("token");
    system.keep(&own);
    assert_eq!(listed(&server, &admin, "gender"), Value::Null);
    let use_it = json!({"in_use": true});
    assert_eq!(api(&server, &admin, "PUT", "/one", Some(&use_it)).0, 204);
    for (id, word) in [("taken", "another code"), ("counted", "count()"), ("two", "SearchParameter/one")] {
        let row = listed(&server, &admin, id);
        assert_eq!(row["state"], "refused", "{row}");
        assert!(row["reason"].as_str().unwrap().contains(word), "{row}");
        let (status, told) = api(&server, &admin, "PUT", &format!("/{id}"), Some(&use_it));
        assert!(status == 400 || status == 409, "{status} {told}");
    }
    let mut draft = ward("draft");
    draft["status"] = json!("draft");
    system.keep(&draft);
    assert_eq!(listed(&server, &admin, "draft"), Value::Null);
    assert_eq!(api(&server, &admin, "PUT", "/draft", Some(&use_it)).0, 400);
}

#[test]
fn one_that_comes_in_a_transaction_is_like_any_other() {
    let server = Server::start();
    let (system, admin) = (server.system(), server.user("boss", Role::Admin, None));
    let entry = json!({"resource": ward("w"), "request": {"method": "PUT", "url": "SearchParameter/w"}});
    system.post("", &json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})).expect(200);
    assert_eq!(listed(&server, &admin, "w")["state"], "waiting");
}
