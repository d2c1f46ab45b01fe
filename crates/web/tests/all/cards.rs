//! The same cards without CDS Hooks: one plain question, one plain outcome, and the figures.

use crate::api_session::api;
use crate::cds::{City, ask as ask_by_hooks, call, cards_of, city};
use crate::harness::{Client, Reply};
use base::{Cx, Role};
use serde_json::{Value, json};

fn ask(city: &City, client: &Client, body: &Value) -> Reply {
    api(&city.server, client, "POST", "/cards", &[], Some(body))
}

fn question(codes: &[&str]) -> Value {
    let order = |code: &&str| json!({"id": format!("ServiceRequest/draft-{code}"), "system": "urn:local:near", "code": code, "text": "检查"});
    json!({
        "patient": "pn", "encounter": "visit", "user": "Practitioner/li", "department": "心内科",
        "orders": codes.iter().map(order).collect::<Vec<Value>>(),
    })
}

fn end(city: &City, client: &Client, uuid: &str, body: &Value) -> Reply {
    api(&city.server, client, "POST", &format!("/cards/{uuid}"), &[], Some(body))
}

#[test]
fn a_plain_question_gives_the_same_cards() {
    let city = city();
    let answer = ask(&city, &city.doctor, &question(&["cbc", "view"])).expect(200);
    assert_eq!(answer["remarks"], json!([]));
    let card = &answer["cards"][0];
    assert_eq!((&card["kind"], &card["indicator"]), (&json!("offer"), &json!("warning")));
    assert_eq!(card["source"], json!({"name": "offers", "zh": "测试提示", "en": "Test cards"}));
    assert_eq!((&card["summary"]["zh"], &card["detail"]["en"]), (&json!("已有结果：cbc"), &json!("**Detail**")));
    assert_eq!((&card["facts"]["fen"], &card["implicated"][0]), (&json!(2_000), &json!("DiagnosticReport/r-cbc")));
    assert_eq!((&card["again"], &card["view"]), (&json!(false), &Value::Null));
    assert!(answer["cards"][1]["view"]["url"].as_str().unwrap().contains("/view/"));
    // The same orders over CDS Hooks are the same cards.
    let hooks = cards_of(ask_by_hooks(&city, &call("order-sign", &["cbc"])));
    assert_eq!(hooks[0]["uuid"], card["uuid"]);
}

#[test]
fn an_outcome_is_told_plainly_and_read_back() {
    let city = city();
    let answer = ask(&city, &city.doctor, &question(&["cbc"])).expect(200);
    let uuid = answer["cards"][0]["uuid"].as_str().unwrap();
    let overridden = json!({
        "outcome": "overridden", "reason": {"system": "urn:test:reason", "code": "changed"}, "explanation": " 发热 ",
        "at": "2026-11-21T08:00:00Z", "user": "Practitioner/zhao",
    });
    let kept = end(&city, &city.doctor, uuid, &overridden).expect(200);
    assert_eq!((&kept["changed"], &kept["card"]["status"]), (&json!(true), &json!("final")));
    assert_eq!(end(&city, &city.doctor, uuid, &overridden).expect(200)["changed"], json!(false));
    let read = api(&city.server, &city.doctor, "GET", &format!("/cards/{uuid}"), &[], None).expect(200);
    assert_eq!((&read["patient"], &read["institution"]), (&json!("pn"), &json!("near")));
    assert_eq!((&read["department"], &read["hook"]), (&json!("心内科"), &json!("order-sign")));
    // A clock that is behind decides nothing before it was shown.
    let expected = json!({
        "outcome": "overridden",
        "reason": {"system": "urn:test:reason", "code": "changed", "display": "病情变化"},
        "explanation": "发热", "at": read["at"], "user": "Practitioner/zhao",
        "facts": {"reason_en": "The condition has changed"},
    });
    assert_eq!(read["outcomes"], json!([expected]));
    let again = ask(&city, &city.doctor, &question(&["cbc"])).expect(200);
    assert_eq!(again["cards"], json!([]));
}

#[test]
fn a_plain_question_that_is_wrong_is_refused() {
    let city = city();
    let doctor = &city.doctor;
    let with = |member: &str, value: Value| {
        let mut question = question(&["cbc"]);
        question[member] = value;
        question
    };
    ask(&city, doctor, &with("patient", Value::Null)).refused(400, "invalid", "`patient` or `identifier`");
    ask(&city, doctor, &with("patient", json!("nobody"))).refused(404, "not-found", "no such registration");
    ask(&city, doctor, &with("patient", json!("pf"))).refused(404, "not-found", "no such registration");
    ask(&city, doctor, &with("hook", json!("order-dispatch"))).refused(400, "invalid", "`hook`");
    ask(&city, doctor, &with("surprise", json!(1))).refused(400, "invalid", "body");
    ask(&city, doctor, &with("user", json!(""))).refused(400, "invalid", "characters");
    ask(&city, &city.server.nobody(), &question(&[])).refused(401, "login", "token");
    let officer = city.server.user("officer", Role::Officer, Some("city"));
    ask(&city, &officer, &question(&[])).refused(403, "forbidden", "officer");
    // What is said of the patient is held against the record here too.
    let differs = ask(&city, doctor, &with("birth_date", json!("1990-01-01"))).expect(200);
    assert_eq!((&differs["cards"], &differs["remarks"][0]["code"]), (&json!([]), &json!("other-identity")));
    let slow = ask(&city, doctor, &question(&["slow"])).expect(200);
    assert_eq!((&slow["cards"], &slow["remarks"][0]["code"]), (&json!([]), &json!("not-known")));
    let by_number = json!({
        "identifier": {"system": "urn:local:near", "value": "N1"}, "name": "王芳", "gender": "female",
        "orders": [{"code": "cbc"}],
    });
    assert_eq!(ask(&city, doctor, &by_number).expect(200)["cards"].as_array().unwrap().len(), 1);
}

#[test]
fn a_plain_outcome_that_is_wrong_is_refused() {
    let city = city();
    let answer = ask(&city, &city.doctor, &question(&["cbc"])).expect(200);
    let uuid = answer["cards"][0]["uuid"].as_str().unwrap();
    for (body, part) in [
        (json!({"outcome": "maybe"}), "`outcome`"),
        (json!({"outcome": "overridden"}), "`reason` or an `explanation`"),
        (json!({"outcome": "overridden", "explanation": "  "}), "`reason` or an `explanation`"),
        (json!({"outcome": "accepted", "at": "today"}), "`at`"),
        (json!({"outcome": "accepted", "surprise": 1}), "body"),
        (json!({}), "body"),
    ] {
        end(&city, &city.doctor, uuid, &body).refused(400, "invalid", part);
    }
    let accepted = json!({"outcome": "accepted"});
    let stranger = city.server.user("stranger", Role::Clinician, Some("far"));
    end(&city, &stranger, uuid, &accepted).refused(404, "not-found", "no card");
    api(&city.server, &stranger, "GET", &format!("/cards/{uuid}"), &[], None).refused(404, "not-found", "no card");
    end(&city, &city.doctor, "nothing", &accepted).refused(404, "not-found", "no card");
}

#[test]
fn figures_are_asked_for_by_who_answers_for_them() {
    let city = city();
    let shown = ask(&city, &city.doctor, &question(&["cbc", "glu", "tsh"])).expect(200);
    let uuid = |nth: usize| shown["cards"][nth]["uuid"].as_str().unwrap().to_owned();
    end(&city, &city.doctor, &uuid(0), &json!({"outcome": "accepted"})).expect(200);
    end(&city, &city.doctor, &uuid(1), &json!({"outcome": "overridden", "explanation": "重做"})).expect(200);
    runtime::reactions::catch_up(&Cx::platform(), &city.server.store, &programs::reactions()).unwrap();
    city.server.card_counts.flush(&Cx::platform(), &city.server.store).unwrap();
    let figures =
        |client: &Client, query: &str| api(&city.server, client, "GET", &format!("/cards/figures{query}"), &[], None);
    let row = figures(&city.doctor, "?by=institution").expect(200)["rows"][0].clone();
    let expected = json!({
        "source": "offers", "institution": "near", "shown": 3, "offers": 3, "opened": 0, "accepted": 1,
        "overridden": 1, "dismissed": 0, "unanswered": 1, "override_percent": 50.0, "accept_percent": 33.3,
        "asked": 1, "again": 0, "late": 0,
    });
    assert_eq!(row.to_string(), expected.to_string());
    // Three are so few that an officer could tell whose they are.
    let officer = city.server.user("officer", Role::Officer, Some("city"));
    let row = figures(&officer, "?by=institution").expect(200)["rows"][0].clone();
    for name in ["shown", "offers", "opened", "accepted", "unanswered", "override_percent", "asked"] {
        assert_eq!(row[name], Value::Null, "{row}");
    }
    assert_eq!(row["institution"], "near");
    let doctors = figures(&city.doctor, "?by=doctor&source=offers").expect(200);
    assert_eq!(doctors["rows"][0]["doctor"], "Practitioner/li");
    let stranger = city.server.user("stranger", Role::Clinician, Some("far"));
    assert_eq!(figures(&stranger, "").expect(200)["rows"], json!([]));
    figures(&stranger, "?by=patient").refused(400, "invalid", "`by`");
    figures(&stranger, "?from=2026").refused(400, "invalid", "`from`");
    figures(&stranger, "?from=2020-01-01&to=2026-01-01").refused(400, "invalid", "366");
    figures(&stranger, "?x=1").refused(400, "invalid", "`x`");
    let resident = city.server.user("resident", Role::Resident, Some("person"));
    figures(&resident, "").refused(403, "forbidden", "resident");
}
