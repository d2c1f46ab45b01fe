//! Residents, the overview, the definitions and the audit over the API.

use crate::api_session::api;
use crate::harness::{Client, Server};
use base::{Cx, Role};
use serde_json::{Value, json};

const WEI: &str = "11010519491231002X";

fn register(system: &Client, patient: &str, hospital: &str, number: Option<&str>, given: &str) {
    let identifier = number.map(|number| json!([{"system": "urn:oid:2.16.156.10011.1.3", "value": number}]));
    let mut body = json!({
        "resourceType": "Patient", "id": patient, "name": [{"family": "张", "given": [given]}],
        "managingOrganization": {"reference": format!("Organization/{hospital}")},
    });
    if let Some(identifier) = identifier {
        body["identifier"] = identifier;
    }
    system.put(&format!("/Patient/{patient}"), &body).expect(201);
}

fn city() -> (Server, Client) {
    let server = Server::start();
    let system = server.system();
    for hospital in ["east", "west"] {
        let body = json!({"resourceType": "Organization", "id": hospital, "name": hospital});
        system.put(&format!("/Organization/{hospital}"), &body).expect(201);
    }
    register(&system, "p1", "east", Some(WEI), "伟");
    register(&system, "p2", "west", Some(WEI), "伟");
    register(&system, "p3", "west", None, "敏");
    runtime::reactions::catch_up(&Cx::platform(), &server.store, &programs::reactions()).unwrap();
    (server, system)
}

#[test]
fn residents_are_found_and_shown() {
    let (server, system) = city();
    let found = api(&server, &system, "GET", "/residents?q=zhangwei&count=5", &[], None).expect(200);
    assert_eq!((&found["total"], &found["next"]), (&json!(1), &Value::Null));
    let row = &found["rows"][0];
    assert_eq!((&row["name"], &row["number"]), (&json!("张伟"), &json!("1101**********002X")));
    assert_eq!(row["registrations"].as_array().unwrap().len(), 2);
    assert!(!found.to_string().contains(WEI));
    let person = row["person"].as_str().unwrap();
    let same = api(&server, &system, "GET", &format!("/residents/person/{person}"), &[], None).expect(200);
    assert_eq!(&same, row);
    assert_eq!(&api(&server, &system, "GET", "/residents/patient/p2", &[], None).expect(200), row);
    let alone = api(&server, &system, "GET", "/residents/patient/p3", &[], None).expect(200);
    assert_eq!((&alone["person"], &alone["registrations"][0]["institution"]), (&Value::Null, &json!("west")));
    api(&server, &system, "GET", "/residents/patient/p9", &[], None).refused(404, "not-found", "p9");
    api(&server, &system, "GET", "/residents?name=x", &[], None).refused(400, "invalid", "`name`");
    api(&server, &system, "GET", "/residents?q=a&q=b", &[], None).refused(400, "invalid", "twice");
    api(&server, &server.nobody(), "GET", "/residents?q=x", &[], None).refused(401, "login", "sign in");
}

#[test]
fn the_narrow_roles_find_within_their_sight() {
    let (server, system) = city();
    let found = api(&server, &system, "GET", &format!("/residents?q={WEI}"), &[], None).expect(200);
    let person = found["rows"][0]["person"].as_str().unwrap();
    let east = server.user("east", Role::Clinician, Some("east"));
    let rows = api(&server, &east, "GET", "/residents", &[], None).expect(200)["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["registrations"].as_array().unwrap().len(), 1);
    api(&server, &east, "GET", "/residents/patient/p3", &[], None).refused(404, "not-found", "p3");
    let own = server.user("own", Role::Resident, Some(person));
    let rows = api(&server, &own, "GET", "/residents", &[], None).expect(200)["rows"].clone();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["person"]), (1, &json!(person)));
    let officer = server.user("officer", Role::Officer, Some("east"));
    api(&server, &officer, "GET", "/residents?q=x", &[], None).refused(403, "forbidden", "");
    let admin = server.user("admin", Role::Admin, None);
    api(&server, &admin, "GET", "/residents?q=x", &[], None).refused(403, "forbidden", "");
}

#[test]
fn the_overview_counts_what_the_reader_may_know() {
    let (server, system) = city();
    let all = api(&server, &system, "GET", "/overview", &[], None).expect(200);
    assert_eq!((&all["residents"], &all["registrations"], &all["institutions"]), (&json!(1), &json!(3), &json!(2)));
    assert!(all["types"].as_array().unwrap().contains(&json!({"type": "Patient", "count": 3})));
    assert_eq!(all["position"], json!(server.store.position()));
    let east = server.user("east", Role::Clinician, Some("east"));
    let own = api(&server, &east, "GET", "/overview", &[], None).expect(200);
    assert_eq!((&own["types"], &own["registrations"]), (&json!([]), &json!(1)));
    let admin = server.user("admin", Role::Admin, None);
    let admins = api(&server, &admin, "GET", "/overview", &[], None).expect(200);
    assert_eq!(admins["registrations"], Value::Null);
}

#[test]
fn the_definitions_tell_types_and_parameters() {
    let (server, system) = city();
    let types = api(&server, &system, "GET", "/definitions", &[], None).expect(200)["types"].clone();
    assert_eq!(types.as_array().unwrap().len(), 146);
    assert!(types.as_array().unwrap().contains(&json!({"name": "Patient", "person": true})));
    assert!(types.as_array().unwrap().contains(&json!({"name": "Location", "person": false})));
    let observation = api(&server, &system, "GET", "/definitions/Observation", &[], None).expect(200);
    let param = |name: &str| {
        let params = observation["params"].as_array().unwrap();
        params.iter().find(|param| param["name"] == name).unwrap_or_else(|| panic!("no `{name}`")).clone()
    };
    assert_eq!(param("code")["kind"], "token");
    assert_eq!(param("subject")["supported"], true);
    assert_eq!(param("code-value-quantity")["supported"], true);
    assert_eq!(param("_query")["supported"], false);
    assert_eq!(param("status")["modifiers"], json!(["missing", "text", "not", "in", "not-in", "above", "below"]));
    assert_eq!(param("resident")["targets"], json!(["Person"]));
    api(&server, &system, "GET", "/definitions/Nothing", &[], None).refused(404, "not-found", "definitions");
}

#[test]
fn the_audit_tells_who_looked_at_whom() {
    let (server, system) = city();
    let east = server.user("wang", Role::Clinician, Some("east"));
    east.get("/Patient/p1").expect(200);
    let admin = server.user("admin", Role::Admin, None);
    let mut rows = Value::Null;
    for _ in 0..200 {
        rows = api(&server, &admin, "GET", "/audit?patient=p1&count=50", &[], None).expect(200)["rows"].clone();
        if rows.to_string().contains("wang") {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    let read = rows.as_array().unwrap().iter().find(|row| row["account"] == "wang").unwrap();
    assert_eq!(
        (&read["action"], &read["type"], &read["residents"]),
        (&json!("read"), &json!("Patient"), &json!(["p1"]))
    );
    assert_eq!((&read["role"], &read["purpose"]), (&json!("clinician"), &json!("TREAT")));
    let found = api(&server, &system, "GET", &format!("/residents?q={WEI}"), &[], None).expect(200);
    let person = found["rows"][0]["person"].as_str().unwrap();
    let by_person = api(&server, &admin, "GET", &format!("/audit?person={person}"), &[], None).expect(200);
    assert!(by_person.to_string().contains("wang"));
    let own = server.user("me", Role::Resident, Some(person));
    let mine = api(&server, &own, "GET", "/audit", &[], None).expect(200);
    assert!(mine.to_string().contains("wang"), "a resident reads who looked");
    let others = api(&server, &own, "GET", "/audit?patient=p3", &[], None).expect(200);
    assert_eq!(others["rows"], json!([]), "and nothing of others");
    let later = api(&server, &admin, "GET", "/audit?from=2100", &[], None).expect(200);
    assert_eq!(later["rows"], json!([]));
    api(&server, &admin, "GET", "/audit?from=soon", &[], None).refused(400, "invalid", "`soon`");
}

#[test]
fn the_platform_says_what_it_is() {
    let server = Server::start();
    let platform = api(&server, &server.nobody(), "GET", "/platform", &[], None).expect(200);
    let expected = json!({"version": "0.0.0-test", "demo": false, "fhir_base": "/fhir", "zone": "Asia/Shanghai"});
    assert_eq!(platform, expected);
    let system = server.system();
    api(&server, &system, "GET", "/nothing", &[], None).refused(404, "not-found", "/api/nothing");
    api(&server, &system, "DELETE", "/platform", &[], None).refused(405, "not-supported", "method");
}
