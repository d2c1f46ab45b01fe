//! Searches over several types: the whole record, and compartments; the links between pages.

use crate::harness::{Client, Server, found, id, link, names, sorted_names};
use base::Role;
use serde_json::{Value, json};

/// Two patients, each with an Observation, a Condition and an Encounter; the first one's Observation by a Practitioner.
fn ward(system: &Client) {
    let tag = json!({"tag": [{"system": "urn:tag", "code": "a"}]});
    system.keep(&json!({"resourceType": "Practitioner", "id": "doctor", "meta": tag}));
    for nth in ["1", "2"] {
        let subject = json!({"reference": format!("Patient/p{nth}")});
        system.keep(&json!({"resourceType": "Patient", "id": format!("p{nth}"), "meta": tag}));
        system.keep(&json!({"resourceType": "Encounter", "id": format!("e{nth}"), "status": "finished",
            "class": {"code": "AMB"}, "subject": subject}));
        system.keep(&json!({"resourceType": "Condition", "id": format!("c{nth}"), "subject": subject,
            "code": {"coding": [{"system": "urn:c", "code": "x"}]}, "encounter": {"reference": format!("Encounter/e{nth}")}}));
        let mut observation = json!({"resourceType": "Observation", "id": format!("o{nth}"), "status": "final",
            "subject": subject, "code": {"coding": [{"system": "urn:c", "code": "x"}]},
            "encounter": {"reference": format!("Encounter/e{nth}")}});
        if nth == "1" {
            observation["performer"] = json!([{"reference": "Practitioner/doctor"}]);
        }
        system.keep(&observation);
    }
}

#[test]
fn the_whole_record_is_searched_by_what_all_types_have() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    let all = system.get("/?_tag=urn:tag|a").expect(200);
    assert_eq!(sorted_names(&all, "match"), ["Patient/p1", "Patient/p2", "Practitioner/doctor"]);
    let some = system.get("?_type=Patient,Condition&_id=p1,c2,o1").expect(200);
    assert_eq!(sorted_names(&some, "match"), ["Condition/c2", "Patient/p1"]);
    let own = link(&some, "self").unwrap();
    assert!(own.contains("/fhir?_type=Patient,Condition&_id="), "{own}");
    let both = system.get("?_type=Observation,Condition&code=urn:c|x&patient=Patient/p2").expect(200);
    assert_eq!(sorted_names(&both, "match"), ["Condition/c2", "Observation/o2"]);
    let form = system.form("/_search", "_type=Patient&_id=p2").expect(200);
    assert_eq!(names(&form, "match"), ["Patient/p2"]);
}

#[test]
fn what_a_type_lacks_is_told() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    system.get("?code=x").refused(400, "not-supported", "_type");
    system.get("?_type=Patient,Observation&code=x").refused(400, "not-supported", "code");
    system.get("?_type=Nothing").refused(400, "invalid", "Nothing");
    system.get("?_type=Patient&_type=Person").refused(400, "invalid", "more than once");
    system.get("/Patient?_type=Patient").refused(400, "not-supported", "_type");
    let lenient = [("Prefer", "handling=lenient")];
    let found = system.get_with("?_type=Patient,Observation&code=x&_id=p1,o1", &lenient).expect(200);
    assert_eq!(sorted_names(&found, "match"), ["Observation/o1", "Patient/p1"]);
    assert!(found.to_string().contains("http.code"), "{found}");
    let own = link(&found, "self").unwrap();
    assert!(!own.contains("code"), "{own}");
}

#[test]
fn a_compartment_is_searched_whole_or_by_type() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    let all = system.get("/Patient/p1/*").expect(200);
    assert_eq!(sorted_names(&all, "match"), ["Condition/c1", "Encounter/e1", "Observation/o1", "Patient/p1"]);
    let some = system.get("/Patient/p1/*?_type=Condition,Encounter").expect(200);
    assert_eq!(sorted_names(&some, "match"), ["Condition/c1", "Encounter/e1"]);
    let own = link(&some, "self").unwrap();
    assert!(own.contains("/fhir/Patient/p1/*?_type="), "{own}");
    for (path, expected) in [
        ("/Patient/p1/Observation", "Observation/o1"),
        ("/Patient/p2/Observation?code=urn:c|x", "Observation/o2"),
        ("/Encounter/e2/Condition", "Condition/c2"),
        ("/Practitioner/doctor/Observation", "Observation/o1"),
    ] {
        assert_eq!(names(&system.get(path).expect(200), "match"), [expected], "{path}");
    }
    assert_eq!(names(&system.get("/Patient/p1/Observation?code=other").expect(200), "match"), [""; 0]);
    let form = system.form("/Patient/p1/Observation/_search", "code=x").expect(200);
    assert_eq!(names(&form, "match"), ["Observation/o1"]);
    let form = system.form("/Patient/p1/_search", "_type=Condition").expect(200);
    assert_eq!(names(&form, "match"), ["Condition/c1"]);
    system.get("/Patient/p1/Practitioner").refused(404, "not-found", "Practitioner");
    system.get("/Organization/o/Patient").refused(404, "not-found", "compartment");
    system.get("/Patient/p1/*?_type=Organization").refused(400, "invalid", "Organization");
}

#[test]
fn includes_of_several_types_concern_the_type_they_start_from() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    let page = system.get("?_type=Observation,Patient&_id=o1,p2&_include=Observation:performer").expect(200);
    assert_eq!(names(&page, "include"), ["Practitioner/doctor"]);
    let page = system.get("?_type=Encounter,Patient&_id=p1&_revinclude=Condition:subject").expect(200);
    assert_eq!(names(&page, "include"), ["Condition/c1"]);
    system.get("?_type=Patient&_include=Observation:performer").refused(400, "not-supported", "_include");
}

#[test]
fn several_types_are_one_list_of_pages() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    let mut next = Some("/Patient/p1/*?_count=1".to_owned());
    let mut all: Vec<String> = Vec::new();
    while let Some(path) = next {
        let page = system.get(&path).expect(200);
        assert_eq!(found(&page, "match").len(), 1);
        all.extend(names(&page, "match"));
        next = link(&page, "next");
        assert!(all.len() < 10, "the pages have no end");
    }
    all.sort();
    assert_eq!(all, ["Condition/c1", "Encounter/e1", "Observation/o1", "Patient/p1"]);
    let total = system.get("/Patient/p1/*?_summary=count").expect(200);
    assert_eq!(total["total"], 4);
    let page = system.get("/Patient/p1/*?_count=1").expect(200);
    let other = link(&page, "next").unwrap().replace("Patient/p1", "Patient/p2");
    system.get(&other).refused(400, "invalid", "page");
}

#[test]
fn every_reader_sees_the_own_part_of_a_compartment() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    system.keep(&json!({"resourceType": "Person", "id": "me", "link": [{"target": {"reference": "Patient/p1"}}]}));
    let me = server.user("me", Role::Resident, Some("me"));
    assert_eq!(found(&me.get("/Patient/p1/*").expect(200), "match").len(), 5, "the Person too");
    assert_eq!(found(&me.get("/Patient/p2/*").expect(200), "match").len(), 0);
    let tagged = sorted_names(&me.get("?_tag=urn:tag|a").expect(200), "match");
    assert_eq!(tagged, ["Patient/p1", "Practitioner/doctor"]);
}

#[test]
fn a_batch_may_search_the_same() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    let get = |url: &str| json!({"request": {"method": "GET", "url": url}});
    let urls = ["?_type=Patient&_id=p1", "Patient/p1/*?_type=Condition", "Patient/p1/$everything?_type=Observation"];
    let entries: Vec<Value> = urls.iter().map(|url| get(url)).collect();
    let answer = system.post("", &json!({"resourceType": "Bundle", "type": "batch", "entry": entries})).expect(200);
    for (nth, name) in ["p1", "c1", "o1"].into_iter().enumerate() {
        let bundle = &answer["entry"][nth]["resource"];
        assert_eq!(id(found(bundle, "match")[0]), name, "{answer}");
    }
}

#[test]
fn pages_lead_both_ways() {
    let server = Server::start();
    let system = server.system();
    for nth in 0..7 {
        system
            .keep(&json!({"resourceType": "Patient", "id": format!("p{nth}"), "birthDate": format!("200{nth}-01-01")}));
    }
    let start = "/Patient?_sort=birthdate&_count=3";
    let first = system.get(start).expect(200);
    assert_eq!(link(&first, "previous"), None);
    assert_eq!(names(&first, "match"), ["Patient/p0", "Patient/p1", "Patient/p2"]);
    let second = system.get(&link(&first, "next").unwrap()).expect(200);
    let third = system.get(&link(&second, "next").unwrap()).expect(200);
    assert_eq!((names(&third, "match"), link(&third, "next")), (vec!["Patient/p6".to_owned()], None));
    let back = system.get(&link(&third, "previous").unwrap()).expect(200);
    assert_eq!(names(&back, "match"), names(&second, "match"));
    let start = system.get(&link(&second, "first").unwrap()).expect(200);
    assert_eq!(names(&start, "match"), names(&first, "match"));
    if let Some(last) = link(&first, "last") {
        assert!(names(&system.get(&last).expect(200), "match").contains(&"Patient/p6".to_owned()));
    }
}

#[test]
fn a_search_explains_itself() {
    let server = Server::start();
    let system = server.system();
    ward(&system);
    let page = system.get("/Observation?patient=Patient/p1&code=x&_explain=true").expect(200);
    assert_eq!(names(&page, "match"), ["Observation/o1"]);
    let outcome = found(&page, "outcome")[0];
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    assert_eq!(outcome["issue"][0]["severity"], "information");
    assert!(!outcome["issue"][0]["diagnostics"].as_str().unwrap().is_empty());
    assert!(found(&system.get("/Observation?code=x").expect(200), "outcome").is_empty());
}
