//! Signing in from the console: the cookie, the csrf text, and what an account may do without them.

use crate::harness::{Client, Reply, Server};
use base::Role;
use serde_json::{Value, json};

pub const PASSWORD: &str = "long enough";
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Asks the API beside `/fhir`.
pub fn api(
    server: &Server,
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Reply {
    let url = format!("http://{}/api{path}", server.address);
    let body = body.map(Value::to_string);
    let mut headers = headers.to_vec();
    if body.is_some() {
        headers.push(JSON);
    }
    client.send(method, &url, &headers, body.as_deref().map(str::as_bytes))
}

/// An account with a password; gives its number.
pub fn account(server: &Server, admin: &Client, name: &str, role: &str, scope: Value) -> i64 {
    let new = json!({"name": name, "display": name, "role": role, "scope": scope, "password": PASSWORD});
    let made = api(server, admin, "POST", "/accounts", &[], Some(&new)).expect(201);
    made["number"].as_i64().unwrap()
}

/// The cookie and the csrf text of a new session.
pub fn sign_in(server: &Server, name: &str) -> (String, String) {
    let body = json!({"name": name, "password": PASSWORD});
    let reply = api(server, &server.nobody(), "POST", "/session", &[], Some(&body));
    let set = reply.header("set-cookie").to_owned();
    for part in ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=43200"] {
        assert!(set.contains(part), "{set}");
    }
    assert_eq!(reply.header("cache-control"), "no-store");
    let session = reply.expect(200);
    assert_eq!(session["name"], name);
    (set.split(';').next().unwrap().to_owned(), session["csrf"].as_str().unwrap().to_owned())
}

#[test]
fn a_session_reads_by_cookie_and_changes_only_with_its_csrf_text() {
    let server = Server::start();
    let admin = server.user("root", Role::Admin, None);
    account(&server, &admin, "lab", "integration", Value::Null);
    let nobody = server.nobody();
    let (cookie, csrf) = sign_in(&server, "lab");
    let with_cookie = [("Cookie", cookie.as_str())];
    let shown = api(&server, &nobody, "GET", "/session", &with_cookie, None).expect(200);
    assert_eq!((shown["csrf"].as_str(), shown["role"].as_str()), (Some(csrf.as_str()), Some("integration")));
    nobody.get_with("/Patient", &with_cookie).expect(200);
    let patient = br#"{"resourceType":"Patient","id":"p1"}"#;
    // A client of its own where a body is refused unread: the server may close that connection.
    server.nobody().send("PUT", "/Patient/p1", &with_cookie, Some(patient)).refused(403, "forbidden", "X-CSRF");
    let wrong = [("Cookie", cookie.as_str()), ("X-CSRF", "0123456789abcdef0123456789abcdef")];
    server.nobody().send("PUT", "/Patient/p1", &wrong, Some(patient)).refused(403, "forbidden", "X-CSRF");
    let right = [("Cookie", cookie.as_str()), ("X-CSRF", csrf.as_str())];
    nobody.send("PUT", "/Patient/p1", &right, Some(patient)).expect(201);
    // Another site cannot sign somebody out either.
    api(&server, &nobody, "DELETE", "/session", &with_cookie, None).refused(403, "forbidden", "X-CSRF");
    let out = api(&server, &nobody, "DELETE", "/session", &right, None);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    out.expect(204);
    api(&server, &nobody, "GET", "/session", &with_cookie, None).refused(401, "login", "sign in");
    api(&server, &nobody, "DELETE", "/session", &right, None).expect(204);
}

#[test]
fn signing_in_takes_json_and_the_right_password_only() {
    let server = Server::start();
    let admin = server.user("root", Role::Admin, None);
    account(&server, &admin, "lab", "integration", Value::Null);
    let nobody = server.nobody();
    let try_in = |name: &str, password: &str| {
        api(&server, &nobody, "POST", "/session", &[], Some(&json!({"name": name, "password": password})))
    };
    try_in("lab", "wrong").refused(401, "login", "wrong");
    try_in("nobody", PASSWORD).refused(401, "login", "wrong");
    let url = format!("http://{}/api/session", server.address);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    nobody.send("POST", &url, &form, Some(b"name=lab&password=long+enough")).refused(415, "not-supported", "JSON");
    let json = [JSON];
    for body in [&b"{"[..], b"[]", br#"{"name":"lab"}"#, br#"{"name":"lab","password":"secret word","more":1}"#] {
        let reply = nobody.send("POST", &url, &json, Some(body));
        assert!(!reply.body.contains("secret"), "{reply:?}");
        reply.refused(400, "invalid", "not what this operation takes");
    }
    nobody.send("POST", &url, &json, Some(&vec![b' '; 65 << 10])).refused(413, "too-costly", "bytes");
    for _ in 0..9 {
        try_in("lab", "wrong").refused(401, "login", "wrong");
    }
    try_in("lab", PASSWORD).refused(503, "transient", "five minutes");
}

#[test]
fn accounts_are_for_administrators() {
    let server = Server::start();
    let admin = server.user("root", Role::Admin, None);
    let number = account(&server, &admin, "wang", "clinician", json!("east"));
    let (cookie, csrf) = sign_in(&server, "wang");
    let nobody = server.nobody();
    let session = [("Cookie", cookie.as_str()), ("X-CSRF", csrf.as_str())];
    for (method, path) in [("GET", "/accounts"), ("GET", "/audit"), ("DELETE", "/accounts/1/tokens/x")] {
        api(&server, &nobody, method, path, &[], None).refused(401, "login", "sign in");
        api(&server, &nobody, method, path, &session, None).refused(403, "forbidden", "admin");
    }
    let tokens = format!("/accounts/{number}/tokens");
    let made = api(&server, &admin, "POST", &tokens, &[], Some(&json!({"label": "app", "days": 3}))).expect(201);
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let asked = [("Authorization", bearer.as_str())];
    let shown = api(&server, &nobody, "GET", "/session", &asked, None).expect(200);
    assert_eq!((&shown["scope"], &shown["csrf"]), (&json!("east"), &Value::Null));
    let list = api(&server, &admin, "GET", "/accounts", &[], None).expect(200);
    assert!(!list.to_string().contains("argon2"), "{list}");
    let wang = list["accounts"].as_array().unwrap().iter().find(|one| one["name"] == "wang").unwrap().clone();
    let hash = wang["tokens"][0]["hash"].as_str().unwrap().to_owned();
    api(&server, &admin, "DELETE", &format!("{tokens}/{hash}"), &[], None).expect(204);
    api(&server, &nobody, "GET", "/session", &asked, None).refused(401, "login", "token");
    let path = format!("/accounts/{number}");
    api(&server, &admin, "PUT", &path, &[], Some(&json!({"disabled": true}))).expect(200);
    api(&server, &nobody, "GET", "/session", &session, None).refused(401, "login", "session");
    api(&server, &admin, "PUT", &path, &[], Some(&json!({"role": "admin"}))).refused(400, "invalid", "operation");
    api(&server, &admin, "PUT", "/accounts/999", &[], Some(&json!({}))).refused(404, "not-found", "999");
    let short = json!({"name": "li", "role": "admin", "password": "short"});
    api(&server, &admin, "POST", "/accounts", &[], Some(&short)).refused(400, "invalid", "10");
}
