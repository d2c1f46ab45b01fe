//! The picture of an imaging study: for who sees the study, and nobody else.

use crate::api_session::api;
use crate::harness::{Client, Reply, Server};
use base::Role;
use serde_json::{Value, json};

/// A PNG as far as its first bytes, all of them text so that the client can read them.
const PICTURE: &str = "PNG of nobody";
const PICTURE_BASE64: &str = "UE5HIG9mIG5vYm9keQ==";

fn put(system: &Client, body: Value) {
    let path = format!("/{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
    let reply = system.put(&path, &body);
    assert!(matches!(reply.status, 200 | 201), "{reply:?}");
}

fn binary(id: &str, type_: &str, label: &str) -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    json!({"resourceType": "Binary", "id": id, "meta": {"security": [{"system": system, "code": label}]},
        "contentType": type_, "data": PICTURE_BASE64})
}

fn endpoint(id: &str, address: &str) -> Value {
    json!({"resourceType": "Endpoint", "id": id, "status": "active", "connectionType": {"code": "hl7-fhir-rest"},
        "payloadType": [{"text": "image"}], "address": address})
}

fn study(id: &str, patient: &str, endpoints: &[&str]) -> Value {
    let endpoints: Vec<Value> =
        endpoints.iter().map(|endpoint| json!({"reference": format!("Endpoint/{endpoint}")})).collect();
    let mut study = json!({"resourceType": "ImagingStudy", "id": id, "status": "available",
        "subject": {"reference": format!("Patient/{patient}")}});
    if !endpoints.is_empty() {
        study["endpoint"] = Value::Array(endpoints);
    }
    study
}

/// Two hospitals with a patient each, and studies of the first that lead to different things.
fn city(system: &Client) {
    for (hospital, patient) in [("east", "pe"), ("west", "pw")] {
        put(system, json!({"resourceType": "Organization", "id": hospital}));
        let managing = json!({"reference": format!("Organization/{hospital}")});
        put(system, json!({"resourceType": "Patient", "id": patient, "managingOrganization": managing}));
    }
    let link = json!([{"target": {"reference": "Patient/pe"}, "assurance": "level4"}]);
    put(system, json!({"resourceType": "Person", "id": "person", "link": link}));
    put(system, binary("shared", "image/png", "U"));
    put(system, binary("private", "image/png", "R"));
    put(system, binary("page", "text/html", "U"));
    put(system, endpoint("elsewhere", "https://images.example/dicom-web"));
    put(system, endpoint("shared", "Binary/shared"));
    put(system, endpoint("private", "Binary/private"));
    put(system, endpoint("page", "Binary/page"));
    put(system, endpoint("patient", "Patient/pe"));
    put(system, endpoint("lost", "Binary/lost"));
    put(system, study("good", "pe", &["elsewhere", "unknown", "shared"]));
    put(system, study("hidden", "pe", &["private"]));
    put(system, study("none", "pe", &[]));
    put(system, study("odd", "pe", &["elsewhere", "page", "patient", "lost"]));
}

fn picture(server: &Server, user: &Client, id: &str) -> Reply {
    api(server, user, "GET", &format!("/images/ImagingStudy/{id}"), &[], None)
}

#[test]
fn a_picture_is_shown_to_who_sees_its_study() {
    let server = Server::start();
    let system = server.system();
    city(&system);
    let near = server.user("east", Role::Clinician, Some("east"));
    let own = server.user("own", Role::Resident, Some("person"));
    for user in [&system, &near, &own] {
        let shown = picture(&server, user, "good");
        assert_eq!((shown.status, shown.body.as_str(), shown.header("content-type")), (200, PICTURE, "image/png"));
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert_eq!((shown.header("cache-control"), shown.header("content-disposition")), ("no-store", "inline"));
        assert!(shown.header("content-security-policy").starts_with("sandbox"));
    }
    let far = server.user("west", Role::Clinician, Some("west"));
    let officer = server.user("officer", Role::Officer, Some("east"));
    let admin = server.user("admin", Role::Admin, None);
    picture(&server, &far, "good").refused(404, "not-found", "see");
    for user in [&officer, &admin] {
        assert!(matches!(picture(&server, user, "good").status, 403 | 404));
    }
    picture(&server, &server.nobody(), "good").refused(401, "login", "");
}

#[test]
fn a_binary_that_is_not_labelled_as_nobodys_stays_within_its_own_sight() {
    let server = Server::start();
    let system = server.system();
    city(&system);
    let near = server.user("east", Role::Clinician, Some("east"));
    near.get("/Binary/shared").refused(404, "not-found", "");
    picture(&server, &near, "hidden").refused(404, "not-found", "picture");
    assert_eq!(picture(&server, &system, "hidden").status, 200);
}

#[test]
fn a_study_without_a_picture_of_this_record_has_none() {
    let server = Server::start();
    let system = server.system();
    city(&system);
    for id in ["none", "odd", "missing"] {
        picture(&server, &system, id).refused(404, "not-found", "");
    }
    api(&server, &system, "GET", "/images/Patient/pe", &[], None).refused(404, "not-found", "");
    api(&server, &system, "GET", "/images/ImagingStudy/good?size=1", &[], None).refused(400, "invalid", "size");
    system.delete("/Binary/shared");
    picture(&server, &system, "good").refused(404, "not-found", "picture");
}

#[test]
fn looking_at_a_picture_is_a_read_of_the_study() {
    let server = Server::start();
    let system = server.system();
    city(&system);
    let near = server.user("east", Role::Clinician, Some("east"));
    assert_eq!(picture(&server, &near, "good").status, 200);
    let admin = server.user("admin", Role::Admin, None);
    // A read is on disk within a tenth of a second.
    let mut rows = Value::Null;
    for _ in 0..200 {
        rows = api(&server, &admin, "GET", "/audit?patient=pe&count=50", &[], None).expect(200)["rows"].clone();
        if rows.to_string().contains("\"account\":\"east\"") {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    let read = rows.as_array().unwrap().iter().find(|row| row["account"] == "east").unwrap();
    let told = (&read["action"], &read["type"], &read["residents"], &read["outcome"]);
    assert_eq!(told, (&json!("read"), &json!("ImagingStudy"), &json!(["pe"]), &json!("success")));
}
