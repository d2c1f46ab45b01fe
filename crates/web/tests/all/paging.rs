//! Searches over HTTP: forms, links, totals, warnings, and pages while the record changes.

use crate::harness::{Client, Server, found, id, link};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn put(system: &Client, id: &str, gender: &str) {
    let body = json!({"resourceType": "Patient", "id": id, "gender": gender});
    assert!(system.put(&format!("/Patient/{id}"), &body).status < 300);
}

/// All pages from a path; `between` is called after each.
fn walk(system: &Client, path: &str, mut between: impl FnMut(usize)) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = Some(path.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = system.get(&path).expect(200);
        all.extend(found(&page, "match").into_iter().cloned());
        next = link(&page, "next");
        pages += 1;
        assert!(pages < 100, "the pages have no end");
        between(pages);
    }
    all
}

#[test]
fn every_page_has_links_and_modes() {
    let server = Server::start();
    let system = server.system();
    (0..5).for_each(|nth| put(&system, &format!("p{nth}"), "female"));
    put(&system, "q", "male");
    let page = system.get("/Patient?gender=female&_count=2&_total=accurate").expect(200);
    assert_eq!((&page["type"], &page["total"]), (&json!("searchset"), &json!(5)));
    let own = link(&page, "self").unwrap();
    assert!(own.starts_with(&format!("http://{}/fhir/Patient?gender=female", server.address)), "{own}");
    assert_eq!(found(&page, "match").len(), 2);
    let full_url = page["entry"][0]["fullUrl"].as_str().unwrap();
    assert_eq!(full_url, format!("http://{}/fhir/Patient/{}", server.address, id(&page["entry"][0]["resource"])));
    let all = walk(&system, "/Patient?gender=female&_count=2", |_| {});
    assert_eq!(all.len(), 5);
    let count = system.get("/Patient?_summary=count").expect(200);
    assert_eq!((&count["total"], count.get("entry")), (&json!(6), None));
    let part = system.get("/Patient?_id=q&_elements=gender").expect(200);
    assert_eq!(part["entry"][0]["resource"]["meta"]["tag"][0]["code"], "SUBSETTED");
}

#[test]
fn a_form_searches_like_a_query() {
    let server = Server::start();
    let system = server.system();
    put(&system, "a", "female");
    put(&system, "b", "male");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let bundle = system.send("POST", "/Patient/_search?_sort=_id", &form, Some(b"gender=male")).expect(200);
    assert_eq!(found(&bundle, "match").iter().map(|one| id(one)).collect::<Vec<_>>(), ["b"]);
    system.send("POST", "/Patient/_search", &form, Some(b"gender=%zz")).refused(400, "invalid", "hexadecimal");
}

#[test]
fn unknown_parameters_are_never_silent() {
    let server = Server::start();
    let system = server.system();
    put(&system, "a", "female");
    system.get("/Patient?colour=red").refused(400, "not-supported", "colour");
    system.get("/Patient?gender:above=female").refused(400, "invalid", "CodeSystem");
    let lenient = system.get_with("/Patient?colour=red&gender=female", &[("Prefer", "handling=lenient")]).expect(200);
    assert_eq!(found(&lenient, "match").len(), 1);
    let outcome = found(&lenient, "outcome");
    assert_eq!((outcome.len(), &outcome[0]["issue"][0]["severity"]), (1, &json!("warning")));
    assert!(!link(&lenient, "self").unwrap().contains("colour"), "the self link holds what was carried out");
}

#[test]
fn includes_follow_the_matches() {
    let server = Server::start();
    let system = server.system();
    put(&system, "a", "female");
    let body = json!({"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/a"}});
    system.put("/Observation/o", &body).expect(201);
    let page = system.get("/Observation?_include=Observation:subject").expect(200);
    assert_eq!((found(&page, "match").len(), id(found(&page, "include")[0])), (1, "a".to_owned()));
    let page = system.get("/Patient?_revinclude=Observation:subject").expect(200);
    assert_eq!((found(&page, "match").len(), id(found(&page, "include")[0])), (1, "o".to_owned()));
}

/// What matched at the start and did not change is shown exactly once, what changed at most once in its present
/// version, nothing created later.
#[test]
fn pages_hold_their_promise_while_the_record_changes() {
    for sort in ["", "&_sort=_id", "&_sort=-_lastUpdated", "&_sort=birthdate"] {
        let server = Server::start();
        let system = server.system();
        for nth in 0..20 {
            let body = json!({"resourceType": "Patient", "id": format!("p{nth:02}"), "gender": "female",
                "birthDate": format!("19{:02}-01-01", (nth * 7) % 20 + 10)});
            system.put(&format!("/Patient/p{nth:02}"), &body).expect(201);
        }
        let all = walk(&system, &format!("/Patient?gender=female&_count=3{sort}"), |page| {
            put(&system, &format!("new{page:02}"), "female");
            if page == 2 {
                put(&system, "p00", "male");
                put(&system, "p19", "male");
                system.delete("/Patient/p10");
            }
        });
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for patient in &all {
            *seen.entry(id(patient)).or_default() += 1;
        }
        assert!(seen.values().all(|&times| times == 1), "{sort}: {seen:?}");
        assert!(seen.keys().all(|id| id.starts_with('p')), "{sort}: {seen:?}");
        for nth in (1..19).filter(|nth| *nth != 10) {
            assert!(seen.contains_key(&format!("p{nth:02}")), "{sort}: p{nth:02} is missing in {seen:?}");
        }
    }
}
