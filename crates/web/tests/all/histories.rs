//! Histories of a resource, a type and the whole record.

use crate::harness::{Client, Server, link};
use serde_json::{Value, json};

fn put(system: &Client, type_: &str, id: &str, text: &str) {
    let body = json!({"resourceType": type_, "id": id, "language": text});
    assert!(system.put(&format!("/{type_}/{id}"), &body).status < 300);
}

/// `id/version method` of each entry.
fn versions(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    let version = |entry: &Value| {
        let url = entry["fullUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let etag = entry["response"]["etag"].as_str().unwrap().trim_matches(['W', '/', '"']).to_owned();
        format!("{url}/{etag} {}", entry["request"]["method"].as_str().unwrap())
    };
    entries.iter().map(version).collect()
}

#[test]
fn histories_hold_every_version_newest_first() {
    let server = Server::start();
    let system = server.system();
    put(&system, "Patient", "a", "zh");
    put(&system, "Patient", "a", "en");
    put(&system, "Person", "b", "zh");
    system.delete("/Patient/a");
    let of_one = system.get("/Patient/a/_history").expect(200);
    assert_eq!(of_one["type"], "history");
    assert_eq!(of_one["total"], 3);
    assert_eq!(versions(&of_one), ["a/3 DELETE", "a/2 PUT", "a/1 POST"]);
    assert!(of_one["entry"][0].get("resource").is_none());
    assert_eq!(of_one["entry"][1]["resource"]["language"], "en");
    let of_type = system.get("/Patient/_history").expect(200);
    assert_eq!(versions(&of_type), ["a/3 DELETE", "a/2 PUT", "a/1 POST"]);
    let of_all = system.get("/_history").expect(200);
    assert_eq!(versions(&of_all), ["a/3 DELETE", "b/1 POST", "a/2 PUT", "a/1 POST"]);
    system.get("/Patient/nobody/_history").refused(404, "not-found", "nobody");
    system.get("/Patient/_history?colour=red").refused(400, "not-supported", "colour");
    let lenient = system.get_with("/Patient/_history?colour=red", &[("Prefer", "handling=lenient")]).expect(200);
    assert!(lenient.to_string().contains("colour"));
    for bad in ["_count=x", "_since=yesterday", "_page=7"] {
        system.get(&format!("/Patient/_history?{bad}")).refused(400, "invalid", "");
    }
}

#[test]
fn pages_of_a_history_show_each_version_once_while_it_grows() {
    let server = Server::start();
    let system = server.system();
    for nth in 0..7 {
        put(&system, "Patient", "a", if nth % 2 == 0 { "zh" } else { "en" });
    }
    let mut seen = Vec::new();
    let mut next = Some("/Patient/_history?_count=2".to_owned());
    while let Some(path) = next {
        let page = system.get(&path).expect(200);
        assert!(page["entry"].as_array().unwrap().len() <= 2);
        seen.extend(versions(&page));
        let own = link(&page, "self").unwrap();
        if seen.len() > 2 {
            assert_eq!(versions(&system.get(&own).expect(200)), versions(&page), "the self link is another page");
        }
        next = link(&page, "next");
        put(&system, "Patient", "a", &format!("l{}", seen.len()));
    }
    let expected: Vec<String> =
        (1..=7).rev().map(|nth| format!("a/{nth} {}", if nth == 1 { "POST" } else { "PUT" })).collect();
    assert_eq!(seen, expected);
}

#[test]
fn since_begins_at_an_instant() {
    let server = Server::start();
    let system = server.system();
    put(&system, "Patient", "a", "zh");
    let all = system.get("/_history?_since=2000-01-01T00:00:00Z").expect(200);
    assert_eq!(versions(&all).len(), 1);
    let none = system.get("/_history?_since=2100-01-01T00:00:00Z").expect(200);
    assert_eq!(versions(&none).len(), 0);
    assert!(link(&all, "self").unwrap().contains("_since=2000"));
}

#[test]
fn a_count_of_zero_gives_no_entry() {
    let server = Server::start();
    let system = server.system();
    put(&system, "Patient", "a", "zh");
    put(&system, "Patient", "a", "en");
    for path in ["/_history", "/Patient/_history", "/Patient/a/_history"] {
        let none = system.get(&format!("{path}?_count=0")).expect(200);
        assert!(none.get("entry").is_none(), "{none}");
        assert!(link(&none, "next").is_none(), "{none}");
        assert!(link(&none, "self").unwrap().ends_with(&format!("{path}?_count=0")));
    }
    assert_eq!(system.get("/Patient/a/_history?_count=0").expect(200)["total"], 2);
    system.get("/Patient/nobody/_history?_count=0").refused(404, "not-found", "nobody");
}
