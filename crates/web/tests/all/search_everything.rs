//! `$everything` of a Patient and of an Encounter.

use crate::harness::{Client, Server, found, link, names, sorted_names};
use base::Role;
use serde_json::json;

/// Two patients of one hospital; the first with an encounter, a result, a prescription and an allergy.
fn hospital(system: &Client) {
    system.keep(&json!({"resourceType": "Organization", "id": "east"}));
    system.keep(&json!({"resourceType": "Location", "id": "ward"}));
    system.keep(&json!({"resourceType": "Practitioner", "id": "doctor"}));
    system.keep(&json!({"resourceType": "PractitionerRole", "id": "role", "practitioner": {"reference": "Practitioner/doctor"}}));
    system.keep(&json!({"resourceType": "Medication", "id": "drug"}));
    system.keep(&json!({"resourceType": "Practitioner", "id": "stranger"}));
    for id in ["p1", "p2"] {
        system.keep(
            &json!({"resourceType": "Patient", "id": id, "managingOrganization": {"reference": "Organization/east"}}),
        );
    }
    let subject = json!({"reference": "Patient/p1"});
    system.keep(&json!({"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"},
        "subject": subject, "period": {"start": "2026-03-01", "end": "2026-03-02"},
        "location": [{"location": {"reference": "Location/ward"}}],
        "participant": [{"individual": {"reference": "PractitionerRole/role"}}]}));
    system.keep(&json!({"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
        "subject": subject, "encounter": {"reference": "Encounter/e"}, "effectiveDateTime": "2026-03-01T10:00:00Z",
        "performer": [{"reference": "Practitioner/doctor"}], "focus": [{"reference": "Patient/p2"}]}));
    system.keep(&json!({"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": subject, "medicationReference": {"reference": "Medication/drug"}, "authoredOn": "2026-05-01"}));
    system.keep(&json!({"resourceType": "AllergyIntolerance", "id": "a", "patient": subject}));
    system.keep(&json!({"resourceType": "Observation", "id": "other", "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p2"}, "performer": [{"reference": "Practitioner/stranger"}]}));
}

const OWN: [&str; 5] = ["AllergyIntolerance/a", "Encounter/e", "MedicationRequest/m", "Observation/o", "Patient/p1"];
const REFERRED: [&str; 5] =
    ["Location/ward", "Medication/drug", "Organization/east", "Practitioner/doctor", "PractitionerRole/role"];

#[test]
fn a_patient_comes_with_all_that_belongs_to_it() {
    let server = Server::start();
    let system = server.system();
    hospital(&system);
    let all = system.get("/Patient/p1/$everything").expect(200);
    assert_eq!(sorted_names(&all, "match"), OWN);
    assert_eq!(names(&all, "match")[0], "Patient/p1", "the patient comes first");
    assert_eq!(sorted_names(&all, "include"), REFERRED);
    assert_eq!((&all["type"], &all["total"]), (&json!("searchset"), &json!(5)));
    let body = json!({"resourceType": "Parameters", "parameter": [{"name": "_type", "valueCode": "Observation,Practitioner"}]});
    let some = system.post("/Patient/p1/$everything", &body).expect(200);
    assert_eq!(
        (names(&some, "match"), names(&some, "include")),
        (vec!["Observation/o".into()], vec!["Practitioner/doctor".into()])
    );
    assert_eq!(system.send("POST", "/Patient/p1/$everything", &[], Some(b"")).status, 200);
    system.get("/Patient/nobody/$everything").refused(404, "not-found", "nobody");
    system.get("/Patient/p1/$everything?_type=Nothing").refused(400, "invalid", "Nothing");
    system.get("/Patient/p1/$everything?_id=x").refused(400, "not-supported", "_id");
    system.get("/Patient/p1/$nothing").refused(404, "not-found", "nothing");
}

#[test]
fn it_is_narrowed_by_dates_of_care_and_of_the_record() {
    let server = Server::start();
    let system = server.system();
    hospital(&system);
    let of = |query: &str| sorted_names(&system.get(&format!("/Patient/p1/$everything?{query}")).expect(200), "match");
    // What has no date of care is in.
    assert_eq!(of("start=2026-04-01"), ["AllergyIntolerance/a", "MedicationRequest/m", "Patient/p1"]);
    assert_eq!(of("end=2026-04-01"), ["AllergyIntolerance/a", "Encounter/e", "Observation/o", "Patient/p1"]);
    assert_eq!(of("start=2026-03-01&end=2026-03-01&_type=Observation"), ["Observation/o"]);
    assert_eq!(of("_since=2020-01-01T00:00:00Z").len(), 5);
    assert_eq!(of("_since=2999-01-01T00:00:00Z").len(), 0);
    system.get("/Patient/p1/$everything?start=x").refused(400, "invalid", "start");
}

#[test]
fn it_comes_in_pages_where_a_count_asks_for_them() {
    let server = Server::start();
    let system = server.system();
    hospital(&system);
    let mut next = Some("/Patient/p1/$everything?_count=2".to_owned());
    let mut all = Vec::new();
    while let Some(path) = next {
        let page = system.get(&path).expect(200);
        assert!(found(&page, "match").len() <= 2);
        all.extend(names(&page, "match"));
        next = link(&page, "next");
        assert!(all.len() < 20, "the pages have no end");
    }
    all.sort();
    assert_eq!(all, OWN);
    let every = system.get("/Patient/$everything?_count=100").expect(200);
    assert_eq!(found(&every, "match").len(), 7);
}

#[test]
fn an_encounter_comes_with_its_own() {
    let server = Server::start();
    let system = server.system();
    hospital(&system);
    let all = system.get("/Encounter/e/$everything").expect(200);
    assert_eq!(sorted_names(&all, "match"), ["Encounter/e", "Observation/o"]);
    let referred = sorted_names(&all, "include");
    for name in ["Patient/p1", "Location/ward", "Practitioner/doctor", "PractitionerRole/role"] {
        assert!(referred.contains(&name.to_owned()), "{name} is missing in {referred:?}");
    }
    system.get("/Encounter/$everything").refused(404, "not-found", "everything");
}

#[test]
fn nobody_gets_more_than_the_own_sight() {
    let server = Server::start();
    let system = server.system();
    hospital(&system);
    system.keep(&json!({"resourceType": "Organization", "id": "west"}));
    system.keep(&json!({"resourceType": "Person", "id": "me", "link": [{"target": {"reference": "Patient/p1"}}]}));
    let me = server.user("me", Role::Resident, Some("me"));
    let own = sorted_names(&me.get("/Patient/p1/$everything").expect(200), "match");
    assert_eq!((&own[..5], own[5].as_str()), (&OWN.map(str::to_owned)[..], "Person/me"));
    me.get("/Patient/p2/$everything").refused(404, "not-found", "p2");
    assert_eq!(found(&me.get("/Patient/$everything").expect(200), "match").len(), 6);
    let west = server.user("west", Role::Clinician, Some("west"));
    west.get("/Patient/p1/$everything").refused(404, "not-found", "p1");
    assert_eq!(found(&west.get("/Patient/$everything").expect(200), "match").len(), 0);
    server.nobody().get("/Patient/p1/$everything").refused(401, "login", "token");
}
