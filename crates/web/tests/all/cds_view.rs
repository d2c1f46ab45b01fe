//! The viewer's links: what is behind one card, for a quarter of an hour, as the account that made the link.

use crate::api_session::api;
use crate::cds::{City, ask, call, cards_of, city};
use crate::harness::{Client, Reply};
use base::Role;
use serde_json::{Value, json};

const TEXT_BASE64: &str = "UmVwb3J0";

/// A report at the other hospital with a text and a picture, and a study of somebody else.
fn results(city: &City) {
    let system = &city.system;
    let label = json!({"security": [{
        "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "U",
    }]});
    system.keep(&json!({
        "resourceType": "Binary", "id": "b", "meta": label, "contentType": "image/png", "data": "UE5H",
    }));
    system.keep(&json!({
        "resourceType": "Endpoint", "id": "e", "status": "active", "connectionType": {"code": "hl7-fhir-rest"},
        "payloadType": [{"text": "image"}], "address": "Binary/b",
    }));
    for (id, patient) in [("s-far", "pf"), ("s-near", "pn")] {
        system.keep(&json!({
            "resourceType": "ImagingStudy", "id": id, "status": "available", "endpoint": [{"reference": "Endpoint/e"}],
            "subject": {"reference": format!("Patient/{patient}")},
        }));
    }
    system.keep(&json!({
        "resourceType": "DiagnosticReport", "id": "r-view", "status": "final", "code": {"text": "CT"},
        "subject": {"reference": "Patient/pf"}, "presentedForm": [{"contentType": "text/plain", "data": TEXT_BASE64}],
    }));
}

fn shown(city: &City) -> Value {
    results(city);
    cards_of(ask(city, &call("order-sign", &["view"]))).remove(0)
}

fn token(card: &Value) -> String {
    card["links"][0]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn get(city: &City, path: &str) -> Reply {
    api(&city.server, &city.server.nobody(), "GET", path, &[], None)
}

#[test]
fn a_link_shows_its_card_without_a_session() {
    let city = city();
    let card = shown(&city);
    assert_eq!(card["links"][0]["type"], "absolute");
    let url = card["links"][0]["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://{}/view/", city.server.address)), "{url}");
    let token = token(&card);
    let opened = get(&city, &format!("/viewer/{token}"));
    assert_eq!(opened.header("cache-control"), "no-store");
    let view = opened.expect(200);
    assert_eq!((&view["card"]["id"], &view["card"]["kind"]), (&card["uuid"], &json!("offer")));
    assert_eq!((&view["report"], &view["fen"]), (&json!("r-view"), &json!(2_000)));
    assert_eq!(view["registrations"], json!(["pn", "pf"]));
    assert!(view["expires"].is_string());
    // What the view names can be loaded with the link, and nothing else.
    let picture = view["images"][0]["url"].as_str().unwrap().strip_prefix("/api").unwrap().to_owned();
    assert_eq!(get(&city, &picture).body, "PNG");
    let document = view["documents"][0]["url"].as_str().unwrap().strip_prefix("/api").unwrap().to_owned();
    assert_eq!(get(&city, &document).body, "Report");
    get(&city, &picture.replace("s-far", "s-near")).refused(404, "not-found", "does not show");
    get(&city, &document.replace("presentedForm", "text")).refused(404, "not-found", "does not show");
    get(&city, &format!("/viewer/{token}/attachment/Patient/pn?path=photo")).refused(404, "not-found", "does not show");
    get(&city, "/images/ImagingStudy/s-far").refused(401, "login", "token");
    // The first opening is in the card's record, once.
    let path = format!("/DetectedIssue/{}", card["uuid"].as_str().unwrap());
    let issue = city.doctor.get(&path).expect(200);
    assert_eq!(issue["meta"]["versionId"], "2");
    assert!(issue.to_string().contains("urn:jingluo:card:opened"));
    get(&city, &format!("/viewer/{token}")).expect(200);
    assert_eq!(city.doctor.get(&path).expect(200)["meta"]["versionId"], "2");
}

#[test]
fn the_audit_names_who_made_the_link() {
    let city = city();
    let token = token(&shown(&city));
    get(&city, &format!("/viewer/{token}")).expect(200);
    // A read's row is on the disk soon after its answer.
    let watch = base::Stopwatch::start();
    loop {
        let rows = api(&city.server, &city.system, "GET", "/audit?patient=pf", &[], None).expect(200);
        let of_doctor = |row: &&Value| row["account"] == "doctor" && row["type"] == "DiagnosticReport";
        if let Some(row) = rows["rows"].as_array().unwrap().iter().find(of_doctor) {
            assert_eq!((&row["role"], &row["purpose"]), (&json!("clinician"), &json!("TREAT")));
            break;
        }
        assert!(watch.elapsed().as_secs() < 5, "{rows}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn a_link_that_is_not_right_shows_nothing() {
    let city = city();
    let token = token(&shown(&city));
    let turned = |at: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    for wrong in [turned(0), turned(20), turned(40), turned(token.len() - 1), "00".to_owned(), "x".repeat(500)] {
        get(&city, &format!("/viewer/{wrong}")).refused(401, "login", "not known");
        get(&city, &format!("/viewer/{wrong}/images/ImagingStudy/s-far")).refused(401, "login", "not known");
    }
    // It opens this card only: there is no other use of it.
    let bearer = city.server.nobody();
    let header = format!("Bearer {token}");
    bearer.get_with("/Patient/pf", &[("Authorization", &header)]).refused(401, "login", "token");
    let reply = bearer.send("DELETE", &format!("http://{}/api/viewer/{token}", city.server.address), &[], None);
    assert_eq!(reply.status, 405);
}

#[test]
fn a_link_is_as_good_as_the_account_that_made_it() {
    let city = city();
    let card = shown(&city);
    let number = {
        let admin = city.server.user("boss", Role::Admin, None);
        let all = api(&city.server, &admin, "GET", "/accounts", &[], None).expect(200);
        let rows = all["accounts"].as_array().unwrap();
        let doctor = rows.iter().find(|row| row["name"] == "doctor").unwrap();
        let number = doctor["number"].as_i64().unwrap();
        let change = json!({"disabled": true});
        assert!(api(&city.server, &admin, "PUT", &format!("/accounts/{number}"), &[], Some(&change)).status < 300);
        number
    };
    assert!(number > 0);
    get(&city, &format!("/viewer/{}", token(&card))).refused(401, "login", "account");
}

#[test]
fn who_is_signed_in_makes_a_link_for_a_card_of_the_own() {
    let city = city();
    let card = shown(&city);
    let wanted = json!({"card": card["uuid"]});
    let make = |client: &Client| api(&city.server, client, "POST", "/viewer", &[], Some(&wanted));
    let made = make(&city.doctor).expect(200);
    let token = made["token"].as_str().unwrap();
    assert!(made["url"].as_str().unwrap().ends_with(token));
    assert_eq!(get(&city, &format!("/viewer/{token}")).expect(200)["card"]["id"], card["uuid"]);
    make(&city.server.user("stranger", Role::Clinician, Some("far"))).refused(404, "not-found", "no card");
    make(&city.server.user("officer", Role::Officer, Some("city"))).refused(403, "forbidden", "officer");
    make(&city.server.nobody()).refused(401, "login", "token");
    // The same view for the session itself.
    let path = format!("/cards/{}/view", card["uuid"].as_str().unwrap());
    let view = api(&city.server, &city.doctor, "GET", &path, &[], None).expect(200);
    assert!(view.get("expires").is_none());
    // A session does not see the other hospital's picture; the view's own address shows it.
    let alone = "/images/ImagingStudy/s-far";
    api(&city.server, &city.doctor, "GET", alone, &[], None).refused(404, "not-found", "may see");
    let picture = view["images"][0]["url"].as_str().unwrap().strip_prefix("/api").unwrap();
    assert_eq!(api(&city.server, &city.doctor, "GET", picture, &[], None).body, "PNG");
}

#[test]
fn the_viewers_page_may_stand_in_another_system_and_no_other_page_may() {
    let city = city();
    let page = |path: &str| city.server.nobody().get(&format!("http://{}{path}", city.server.address));
    let viewer = page("/view/0123");
    assert!(viewer.header("content-security-policy").contains("frame-ancestors *"));
    assert_eq!((viewer.header("x-frame-options"), viewer.header("referrer-policy")), ("", "no-referrer"));
    for path in ["/", "/viewer", "/recognition/workstation"] {
        assert!(page(path).header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(page(path).header("x-frame-options"), "DENY");
    }
}
