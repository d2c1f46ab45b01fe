//! Narratives and attachments: shown, and never run.

use crate::api_session::api;
use crate::harness::{Client, Server};
use base::Role;
use serde_json::{Value, json};

const HOSTILE: &str = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p title=\"&lt;script&gt;\">血压 <b>120/80</b></p>\
    <a href=\"http://example.org/\">x</a></div>";

fn put(system: &Client, body: Value) {
    let path = format!("/{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
    system.put(&path, &body).expect(201);
}

#[test]
fn a_narrative_is_a_sandboxed_page() {
    let server = Server::start();
    let system = server.system();
    put(&system, json!({"resourceType": "Patient", "id": "p1", "text": {"status": "generated", "div": HOSTILE}}));
    put(&system, json!({"resourceType": "Patient", "id": "p2"}));
    let page = api(&server, &system, "GET", "/narrative/Patient/p1", &[], None);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert_eq!(policy, "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.body.contains("<p title=\"&lt;script&gt;\">血压 <b>120/80</b></p>"), "{}", page.body);
    assert!(!page.body.contains("<script"), "{}", page.body);
    api(&server, &system, "GET", "/narrative/Patient/p2", &[], None).refused(404, "not-found", "narrative");
    api(&server, &system, "GET", "/narrative/Nothing/p2", &[], None).refused(404, "not-found", "");
    system.delete("/Patient/p2");
    api(&server, &system, "GET", "/narrative/Patient/p2", &[], None).refused(410, "deleted", "");
    let elsewhere = server.user("east", Role::Clinician, Some("east"));
    api(&server, &elsewhere, "GET", "/narrative/Patient/p1", &[], None).refused(404, "not-found", "");
}

#[test]
fn attachments_are_shown_or_saved_by_their_type() {
    let server = Server::start();
    let system = server.system();
    let attachment =
        |type_: &str, data: &str| json!({"attachment": {"contentType": type_, "data": data, "title": "报告"}});
    put(&system, json!({"resourceType": "Binary", "id": "b1", "contentType": "text/html", "data": "PHA+eDwvcD4="}));
    put(
        &system,
        json!({"resourceType": "DocumentReference", "id": "d1", "status": "current", "content": [
            attachment("text/plain", "6KGA5Y6L"), attachment("text/html", "PHA+eDwvcD4="),
            {"attachment": {"url": "Binary/b1"}}, {"attachment": {"url": "http://elsewhere.example/x"}},
        ]}),
    );
    let get = |path: &str| api(&server, &system, "GET", &format!("/attachment/{path}"), &[], None);
    let text = get("DocumentReference/d1?path=DocumentReference.content%5B0%5D.attachment");
    assert_eq!(
        (text.status, text.body.as_str(), text.header("content-type")),
        (200, "血压", "text/plain; charset=utf-8")
    );
    assert!(text.header("content-disposition").starts_with("inline"));
    for path in [
        "DocumentReference/d1?path=content%5B1%5D.attachment",
        "DocumentReference/d1?path=content%5B2%5D.attachment",
        "Binary/b1",
    ] {
        let page = get(path);
        assert_eq!((page.status, page.body.as_str()), (200, "<p>x</p>"), "{path}");
        assert_eq!(page.header("content-type"), "application/octet-stream");
        assert!(page.header("content-disposition").starts_with("attachment"));
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(page.header("content-security-policy").starts_with("sandbox"));
    }
    get("DocumentReference/d1?path=content%5B3%5D.attachment").refused(404, "not-found", "address");
    get("DocumentReference/d1?path=content%5B9%5D.attachment").refused(404, "not-found", "");
    get("DocumentReference/d1?path=content.attachment").refused(400, "invalid", "index");
    get("DocumentReference/d1?path=content%5Bx%5D").refused(400, "invalid", "`path`");
    get("DocumentReference/d1").refused(404, "not-found", "");
}

#[test]
fn the_console_is_guarded_and_answers_its_screens() {
    let server = Server::start();
    let get = |path: &str, headers: &[(&str, &str)]| {
        server.nobody().get_with(&format!("http://{}{path}", server.address), headers)
    };
    let start = get("/", &[]);
    assert_eq!((start.status, start.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(start.header("content-security-policy").starts_with("default-src 'self'; script-src 'self';"));
    assert_eq!((start.header("x-frame-options"), start.header("cache-control")), ("DENY", "no-cache"));
    let screen = get("/residents/person/123.4", &[]);
    assert_eq!((screen.status, screen.body), (200, start.body.clone()));
    assert_eq!(get("/assets/missing.js", &[]).status, 404);
    assert_eq!(get("/../Cargo.toml", &[]).body, start.body);
    get("/api", &[]).refused(404, "not-found", "");
    let post = server.nobody().send("POST", &format!("http://{}/", server.address), &[], Some(b"{}"));
    post.refused(405, "not-supported", "GET");
}
