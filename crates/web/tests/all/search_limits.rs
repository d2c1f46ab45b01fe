//! Searches that ask for too much, or with a link that is not theirs: each has a plain end, soon.

use crate::harness::{Client, Server, found, link};
use base::{Role, Stopwatch};
use serde_json::json;
use std::time::Duration;

/// Far more than any of these takes; an attack would take minutes.
const SOON: Duration = Duration::from_secs(10);

fn list(count: usize, value: &str) -> String {
    (0..count).map(|nth| format!("{value}{nth}")).collect::<Vec<_>>().join(",")
}

#[test]
fn what_is_asked_of_every_type_is_counted_once_a_type() {
    let server = Server::start();
    let system = server.system();
    system.keep(&json!({"resourceType": "Patient", "id": "p", "meta": {"tag": [{"system": "urn:t", "code": "v7"}]}}));
    let watch = Stopwatch::start();
    let tags = format!("_tag={}", list(9_000, "urn:t|v"));
    system.form("/_search", &tags).refused(413, "too-costly", "_type");
    let one = system.form("/_search", &format!("{tags}&_type=Patient,Observation")).expect(200);
    assert_eq!(found(&one, "match").len(), 1);
    let ids = system.form("/_search", &format!("_id={},p", list(9_000, "x"))).expect(200);
    assert_eq!(found(&ids, "match").len(), 1);
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
}

#[test]
fn thousands_of_unknown_names_are_refused_in_either_handling() {
    let server = Server::start();
    let system = server.system();
    let many: Vec<String> = (0..9_999).map(|nth| format!("zz{nth}=1")).collect();
    let body = many.join("&");
    let watch = Stopwatch::start();
    for path in ["/Observation/_search", "/_search"] {
        system.form(path, &body).refused(400, "not-supported", "zz0");
        let lenient = [("Content-Type", "application/x-www-form-urlencoded"), ("Prefer", "handling=lenient")];
        let reply = system.send("POST", path, &lenient, Some(body.as_bytes()));
        reply.refused(413, "too-costly", "unknown");
    }
    system.form("/Observation/_search", &["status=final"; 10_001].join("&")).refused(413, "too-costly", "");
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
}

#[test]
fn what_nests_too_deeply_is_refused() {
    let server = Server::start();
    let system = server.system();
    let watch = Stopwatch::start();
    let filter = format!("{}code eq x{}", "(".repeat(20_000), ")".repeat(20_000));
    let not = format!("{}(code eq x)", "not ".repeat(20_000));
    let chain = format!("{}status=final", "has-member:Observation.".repeat(2_000));
    let has = format!("{}status=final", "_has:Observation:has-member:".repeat(2_000));
    let sort = format!("_sort={}", vec!["date"; 5_000].join(","));
    let include = vec!["_include:iterate=Observation:has-member"; 5_000].join("&");
    for form in [&format!("_filter={filter}"), &format!("_filter={not}"), &chain, &has, &sort, &include] {
        let reply = system.form("/Observation/_search", form);
        assert!(matches!(reply.status, 400 | 413), "{:.60}: {reply:?}", form);
    }
    let deep = format!("{}1{}", r#"{"resourceType":"Basic","code":"#.repeat(30_000), "}".repeat(30_000));
    system.send("POST", "/Basic", &[], Some(deep.as_bytes())).refused(400, "structure", "nesting");
    let entry = r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":"#;
    let deep = format!("{}1{}", entry.repeat(5_000), "}]}".repeat(5_000));
    system.send("POST", "", &[], Some(deep.as_bytes())).refused(400, "structure", "nesting");
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
    system.get("/Observation").expect(200);
}

/// A link says where its page begins, not what its reader may see.
#[test]
fn a_page_link_serves_its_own_search_and_shows_each_reader_the_own() {
    let server = Server::start();
    let system = server.system();
    for hospital in ["east", "west"] {
        system.keep(&json!({"resourceType": "Organization", "id": hospital}));
        for nth in 0..6 {
            let managing = json!({"reference": format!("Organization/{hospital}")});
            system.keep(&json!({"resourceType": "Patient", "id": format!("{hospital}{nth}"), "gender": "male",
                "birthDate": format!("19{}0", 3 + nth), "managingOrganization": managing}));
        }
    }
    let east = server.user("east", Role::Clinician, Some("east"));
    let west = server.user("west", Role::Clinician, Some("west"));
    let searches = ["/Patient?_count=2", "/Patient?_count=2&_sort=birthdate", "/Patient?gender=male&_count=2"];
    for search in searches {
        let next = |who: &Client| link(&who.get(search).expect(200), "next").unwrap();
        for (maker, user, own) in [(&east, &west, "west"), (&west, &east, "east"), (&system, &east, "east")] {
            let page = user.get(&next(maker)).expect(200);
            let shown = found(&page, "match");
            assert!(shown.iter().all(|one| one["id"].as_str().unwrap().starts_with(own)), "{search}: {page}");
        }
        let page = next(&east).split_once("_page=").unwrap().1.to_owned();
        for other in searches.iter().filter(|other| **other != search) {
            east.get(&format!("{other}&_page={page}")).refused(400, "invalid", "page link");
        }
        for place in ["/?_type=Patient&_count=2", "/Patient/east1/Observation?_count=2", "/Observation?_count=2"] {
            east.get(&format!("{place}&_page={page}")).refused(400, "invalid", "page link");
        }
        for damaged in [page.replace('~', "!"), page.replacen('~', "~1", 1), format!("{page}~0"), page[..9].to_owned()]
        {
            east.get(&format!("{search}&_page={damaged}")).refused(400, "invalid", "page link");
        }
        east.get(&format!("/Patient/_history?_page={page}")).refused(400, "invalid", "");
    }
}
