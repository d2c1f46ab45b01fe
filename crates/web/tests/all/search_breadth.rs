//! Every way to ask that R4 knows, from outside, on one small world.

use crate::harness::{Client, Server, sorted_names};
use serde_json::{Value, json};

/// A town: two hospitals (one below the other), a doctor, three patients with what happened to them.
fn town(system: &Client) {
    let reference = |name: &str| json!({"reference": name});
    system.keep(&json!({"resourceType": "Organization", "id": "city", "name": "City Hospital"}));
    system.keep(&json!({"resourceType": "Organization", "id": "ward", "name": "Ward", "partOf": reference("Organization/city")}));
    system.keep(&json!({"resourceType": "Practitioner", "id": "doctor", "name": [{"family": "Ödegård"}]}));
    let place = |id: &str, longitude: f64| {
        json!({"resourceType": "Location", "id": id, "status": "active",
            "position": {"latitude": 31.2, "longitude": longitude}})
    };
    system.keep(&place("near", 121.5));
    system.keep(&place("far", 122.5));
    for (id, family, given, born, at, number) in [
        ("zhang", "张", "伟", "1980-05-01", "city", "1001"),
        ("li", "李", "娜", "1990-05-01", "ward", "1002"),
        ("mueller", "Müller", "Eva", "2000-05-01", "ward", "1003"),
    ] {
        let text = format!("{family}{given}");
        system.keep(&json!({"resourceType": "Patient", "id": id, "birthDate": born, "gender": "female",
            "name": [{"text": text, "family": family, "given": [given]}],
            "identifier": [{"system": "urn:mrn", "value": number,
                "type": {"coding": [{"system": "urn:kind", "code": "MR"}]}}],
            "managingOrganization": reference(&format!("Organization/{at}")),
            "generalPractitioner": [{"identifier": {"system": "urn:staff", "value": "7"}}]}));
    }
    for (id, patient, code, value, day) in [
        ("o1", "zhang", "sys", 120, "2026-01-01"),
        ("o2", "zhang", "sys", 150, "2026-02-01"),
        ("o3", "li", "dia", 150, "2026-03-01"),
    ] {
        system.keep(&json!({"resourceType": "Observation", "id": id, "status": "final",
            "meta": {"tag": [{"system": "urn:tag", "code": "t"}], "profile": ["http://x/profile/bp"], "source": "http://x/lab"},
            "text": {"status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">pressure of {patient}</div>")},
            "code": {"coding": [{"system": "urn:c", "code": code, "display": "Systolic pressure"}]},
            "subject": reference(&format!("Patient/{patient}")), "performer": [reference("Practitioner/doctor")],
            "effectiveDateTime": day, "valueQuantity": {"value": value, "unit": "mmHg"}}));
    }
    system.keep(&json!({"resourceType": "List", "id": "list", "status": "current", "mode": "working",
        "entry": [{"item": reference("Patient/li")}, {"item": reference("Observation/o1")}]}));
}

#[track_caller]
fn finds(system: &Client, query: &str, expected: &[&str]) {
    let found = sorted_names(&system.get(&format!("/{query}")).expect(200), "match");
    let type_ = query.split('?').next().unwrap();
    let expected: Vec<String> = expected.iter().map(|id| format!("{type_}/{id}")).collect();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn values_and_modifiers() {
    let server = Server::start();
    let system = server.system();
    town(&system);
    for (query, expected) in [
        ("Patient?family=muller", &["mueller"][..]),
        ("Patient?family:exact=Müller", &["mueller"]),
        ("Patient?family:exact=muller", &[]),
        ("Patient?name=zhangwei", &["zhang"]),
        ("Patient?name=zw", &["zhang"]),
        ("Patient?name:contains=ülle", &["mueller"]),
        ("Practitioner?family=ode", &["doctor"]),
        ("Patient?birthdate=lt1990", &["zhang"]),
        ("Patient?birthdate=ge1990-05-01&birthdate=le1999", &["li"]),
        ("Patient?birthdate=1980,2000", &["mueller", "zhang"]),
        ("Patient?identifier:of-type=urn:kind|MR|1002", &["li"]),
        ("Patient?general-practitioner:identifier=urn:staff|7&_id=li", &["li"]),
        ("Patient?organization:missing=true", &[]),
        ("Observation?code:not=urn:c|sys", &["o3"]),
        ("Observation?code:text=systolic", &["o1", "o2", "o3"]),
        ("Observation?value-quantity=gt120", &["o2", "o3"]),
        ("Observation?value-quantity=150||mmHg&date=sa2026-02-15", &["o3"]),
        ("Observation?code-value-quantity=urn:c|sys$ge150", &["o2"]),
        ("Observation?_text=zhang", &["o1", "o2"]),
        ("Observation?_content=mmhg&patient=li", &["o3"]),
        ("Observation?_tag=urn:tag|t&_profile=http://x/profile/bp&_source=http://x/lab&_id=o1", &["o1"]),
        ("Observation?_list=list", &["o1"]),
        ("Patient?_list=list", &["li"]),
        ("Location?near=31.2|121.5|10|km", &["near"]),
        ("Patient?_filter=birthdate%20ge%201990%20and%20not%20(family%20eq%20%22M%C3%BCller%22)", &["li"]),
    ] {
        finds(&system, query, expected);
    }
}

#[test]
fn chains_and_what_comes_with_them() {
    let server = Server::start();
    let system = server.system();
    town(&system);
    for (query, expected) in [
        ("Observation?patient.identifier=urn:mrn|1001", &["o1", "o2"][..]),
        ("Observation?subject:Patient.organization.name=ward", &["o3"]),
        ("Observation?patient.organization.partof.name=city", &["o3"]),
        ("Patient?_has:Observation:patient:code=urn:c|sys", &["zhang"]),
        ("Patient?_has:Observation:patient:value-quantity=ge150", &["li", "zhang"]),
        ("Organization?_has:Patient:organization:_has:Observation:subject:code=dia", &["ward"]),
        ("Patient?organization:below=Organization/city", &["li", "mueller", "zhang"]),
        ("Patient?organization:above=Organization/ward&birthdate=lt1985", &["zhang"]),
        ("Observation?performer.name=odegard,nobody&date=gt2026-02-15", &["o3"]),
    ] {
        finds(&system, query, expected);
    }
    let page = system.get("/Observation?_id=o3&_include=Observation:patient&_include:iterate=Patient:organization&_include:iterate=Organization:partof");
    assert_eq!(sorted_names(&page.expect(200), "include"), ["Organization/city", "Organization/ward", "Patient/li"]);
    let page = system
        .get("/Organization?_id=city&_revinclude:iterate=Organization:partof&_revinclude:iterate=Patient:organization");
    assert_eq!(
        sorted_names(&page.expect(200), "include"),
        ["Organization/ward", "Patient/li", "Patient/mueller", "Patient/zhang"]
    );
    let page = system.get("/Observation?_id=o1&_include=*").expect(200);
    assert_eq!(sorted_names(&page, "include"), ["Patient/zhang", "Practitioner/doctor"]);
}

#[test]
fn orders_and_totals() {
    let server = Server::start();
    let system = server.system();
    town(&system);
    let order = |query: &str| crate::harness::names(&system.get(&format!("/{query}")).expect(200), "match").join(" ");
    assert_eq!(order("Observation?_sort=-value-quantity,date"), "Observation/o2 Observation/o3 Observation/o1");
    assert_eq!(order("Patient?_sort=-birthdate&_count=2"), "Patient/mueller Patient/li");
    for total in ["estimate", "accurate"] {
        let page = system.get(&format!("/Patient?gender=female&_count=1&_total={total}")).expect(200);
        assert_eq!(page["total"], 3, "{total}");
    }
    assert_eq!(system.get("/Patient?gender=female&_total=none").expect(200)["total"], Value::Null);
}

#[test]
fn what_cannot_be_asked_is_said() {
    let server = Server::start();
    let system = server.system();
    town(&system);
    for (query, code, part) in [
        ("Patient?_list=$current-problems", "not-supported", "$current-problems"),
        ("Patient?_query=x", "not-supported", "_query"),
        ("Patient?birthdate:exact=2000", "not-supported", "missing"),
        ("Patient?_has:Observation:subject", "invalid", "_has"),
        ("Observation?patient.nothing=1", "not-supported", "nothing"),
        ("Patient?_filter=birthdate%20ge", "invalid", "_filter"),
        ("Location?near=x", "invalid", "near"),
    ] {
        system.get(&format!("/{query}")).refused(400, code, part);
    }
}

#[test]
fn references_of_a_transaction_may_mean_what_it_writes_itself() {
    let server = Server::start();
    let system = server.system();
    let entry = |resource: Value| {
        let url = resource["resourceType"].clone();
        json!({"resource": resource, "request": {"method": "POST", "url": url}})
    };
    let patient = json!({"resourceType": "Patient", "birthDate": "1980-05-01", "name": [{"family": "Li", "given": ["Na"]}],
        "identifier": [{"system": "urn:mrn", "value": "1", "type": {"coding": [{"system": "urn:kind", "code": "MR"}]}}]});
    let to = |condition: &str| {
        let observation = json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"},
            "subject": {"reference": format!("Patient?{condition}")}});
        json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry(patient.clone()), entry(observation)]})
    };
    for (nth, condition) in [
        "identifier=urn:mrn|1&birthdate=lt1990",
        "identifier:of-type=urn:kind|MR|1",
        "_filter=family eq \"li\" and birthdate eq 1980-05-01",
        "name=li&identifier=1",
    ]
    .iter()
    .enumerate()
    {
        let server = Server::start();
        let reply = server.system().post("", &to(condition));
        assert_eq!(reply.status, 200, "{nth} {condition}: {reply:?}");
    }
    system.post("", &to("_has:Observation:subject:code=x")).refused(400, "not-supported", "fullUrl");
}
