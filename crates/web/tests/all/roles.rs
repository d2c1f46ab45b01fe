//! Who may do what: nobody, the narrow roles, the roles that write.

use crate::harness::{Client, Server, found, id};
use base::Role;
use serde_json::{Value, json};

fn put(system: &Client, body: Value) {
    let path = format!("/{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
    assert_eq!(system.put(&path, &body).status, 201, "{path}");
}

/// Two hospitals of one district, a patient in each with an Observation, and a Person for the first patient.
fn city(system: &Client) {
    put(system, json!({"resourceType": "Organization", "id": "district"}));
    for (hospital, patient) in [("east", "pe"), ("west", "pw")] {
        let part_of = json!({"reference": "Organization/district"});
        put(system, json!({"resourceType": "Organization", "id": hospital, "partOf": part_of}));
        let managing = json!({"reference": format!("Organization/{hospital}")});
        put(
            system,
            json!({"resourceType": "Patient", "id": patient, "gender": "female", "managingOrganization": managing}),
        );
        put(
            system,
            json!({"resourceType": "Observation", "id": format!("o-{patient}"), "status": "final",
            "code": {"text": "x"}, "subject": {"reference": format!("Patient/{patient}")}}),
        );
    }
    put(
        system,
        json!({"resourceType": "Person", "id": "person",
        "link": [{"target": {"reference": "Patient/pe"}, "assurance": "level4"}]}),
    );
}

#[test]
fn nobody_sees_nothing_but_the_capabilities() {
    let server = Server::start();
    let nobody = server.nobody();
    nobody.get("/metadata").expect(200);
    for (method, path) in [("GET", "/Patient/1"), ("GET", "/Patient"), ("GET", "/_history"), ("DELETE", "/Patient/1")] {
        let reply = nobody.send(method, path, &[], None);
        assert!(reply.header("www-authenticate").starts_with("Bearer"), "{reply:?}");
        reply.refused(401, "login", "token");
    }
    let body = br#"{"resourceType":"Patient"}"#;
    nobody.send("POST", "/Patient", &[], Some(body)).refused(401, "login", "token");
    let wrong = [("Authorization", "Bearer jingluo_wrong")];
    nobody.get_with("/Patient", &wrong).refused(401, "login", "token");
    nobody.get_with("/Patient", &[("Authorization", "Basic eDp5")]).refused(401, "login", "Bearer");
}

#[test]
fn only_integration_writes() {
    let server = Server::start();
    city(&server.system());
    let body = json!({"resourceType": "Patient", "id": "new"});
    let transaction = json!({"resourceType": "Bundle", "type": "transaction",
        "entry": [{"resource": body, "request": {"method": "PUT", "url": "Patient/new"}}]});
    let mut batch = transaction.clone();
    batch["type"] = json!("batch");
    for (role, scope) in [
        (Role::Clinician, Some("east")),
        (Role::Officer, Some("district")),
        (Role::Resident, Some("person")),
        (Role::Admin, None),
    ] {
        let user = server.user(role.name(), role, scope);
        user.post("/Patient", &body).refused(403, "forbidden", role.name());
        user.put("/Patient/new", &body).refused(403, "forbidden", role.name());
        user.put("/Patient?_id=new", &body).refused(403, "forbidden", role.name());
        user.delete("/Patient/pe").refused(403, "forbidden", role.name());
        user.delete("/Patient?_id=pe").refused(403, "forbidden", role.name());
        user.post("", &transaction).refused(403, "forbidden", role.name());
        let answer = user.post("", &batch).expect(200);
        assert_eq!(answer["entry"][0]["response"]["status"], "403 Forbidden");
    }
}

#[test]
fn narrow_roles_see_their_part() {
    let server = Server::start();
    let system = server.system();
    city(&system);
    let seen = |user: &Client, path: &str| -> Vec<String> {
        let mut ids: Vec<String> = found(&user.get(path).expect(200), "match").iter().map(|one| id(one)).collect();
        ids.sort();
        ids
    };
    for (role, scope) in [(Role::Clinician, "east"), (Role::Resident, "person")] {
        let user = server.user(role.name(), role, Some(scope));
        assert_eq!(seen(&user, "/Patient"), ["pe"], "{role:?}");
        assert_eq!(seen(&user, "/Observation"), ["o-pe"], "{role:?}");
        assert_eq!(seen(&user, "/Observation?subject:Patient.gender=female"), ["o-pe"], "{role:?}");
        user.get("/Patient/pe").expect(200);
        user.get("/Patient/pw").refused(404, "not-found", "pw");
        user.get("/Patient/pw/_history").refused(404, "not-found", "pw");
        user.get("/Patient/pw/_history/1").refused(404, "not-found", "");
        user.get("/Observation/o-pw").refused(404, "not-found", "");
        user.get("/Organization/west").expect(200);
        let history = user.get("/_history").expect(200).to_string();
        assert!(history.contains("o-pe") && !history.contains("o-pw"), "{role:?}");
        let count = user.get("/Observation?_summary=count").expect(200);
        assert_eq!(count["total"], 1, "{role:?}");
    }
    let officer = server.user("officer", Role::Officer, Some("district"));
    officer.get("/Patient/pe").refused(403, "forbidden", "officer");
    officer.get("/Organization/west").expect(200);
    let count = officer.get("/Patient?_summary=count").expect(200);
    assert_eq!(count.get("total"), None, "a total under five is hidden: {count}");
    let admin = server.user("admin", Role::Admin, None);
    assert!(matches!(admin.get("/Patient/pe").status, 403 | 404));
    assert_ne!(admin.get("/Organization/west").status, 200);
}

#[test]
fn a_refusal_before_the_body_leaves_the_connection_usable() {
    let server = Server::start();
    let clinician = server.user("doctor", Role::Clinician, Some("h1"));
    let integration = server.user("lab", Role::Integration, None);
    // Each request goes over the connection of the one before.
    for _ in 0..50 {
        clinician.send("POST", "/Patient", &[], Some(br#"{"resourceType":"Patient"}"#)).refused(
            403,
            "forbidden",
            "integration",
        );
        clinician.get("/Patient/nobody").refused(404, "not-found", "nobody");
        let xml = [("Content-Type", "application/fhir+xml")];
        assert_eq!(integration.send("POST", "/Patient", &xml, Some(b"<Patient/>")).status, 415);
        assert_eq!(integration.send("POST", "/Patient?_format=xml", &[], Some(b"{}")).status, 406);
        integration.get("/Patient/nobody").refused(404, "not-found", "nobody");
    }
}
