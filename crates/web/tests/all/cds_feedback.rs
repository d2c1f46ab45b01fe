//! What became of cards, told over CDS Hooks: taken once, each entry by itself, by the institution that was shown the card.

use crate::cds::{City, ask, call, cards_of, city, post};
use crate::harness::{Client, Reply};
use base::Role;
use serde_json::{Value, json};

fn send(city: &City, client: &Client, entries: Value) -> Reply {
    let body = json!({ "feedback": entries }).to_string();
    post(city, client, "/jingluo-order-sign/feedback", &[], body.as_bytes())
}

#[track_caller]
fn statuses(reply: Reply, status: u16) -> Vec<String> {
    let answer = reply.expect(status);
    let entries = answer["feedback"].as_array().unwrap().iter();
    entries.map(|entry| entry["status"].as_str().unwrap().to_owned()).collect()
}

fn accepted(card: &Value) -> Value {
    json!({
        "card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-21T08:00:00Z",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
    })
}

fn overridden(card: &Value, reason: Value) -> Value {
    json!({
        "card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-21T08:00:00Z",
        "overrideReason": reason,
    })
}

/// The record of a card, as the hospital sees it.
fn issue(city: &City, card: &Value) -> Value {
    city.doctor.get(&format!("/DetectedIssue/{}", card["uuid"].as_str().unwrap())).expect(200)
}

#[test]
fn outcomes_are_kept_once_and_the_cards_come_no_more() {
    let city = city();
    let codes = ["cbc", "glu", "tsh", "own"];
    let shown = cards_of(ask(&city, &call("order-select", &codes)));
    let reason = json!({"reason": {"system": "urn:test:reason", "code": "changed"}, "userComment": "发热三天"});
    let closed = json!({"card": shown[2]["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-21T08:00:00Z"});
    let own = json!({"reason": {"system": "urn:hospital", "code": "7", "display": "院内规定"}, "userComments": "补充"});
    let entries = json!([accepted(&shown[0]), overridden(&shown[1], reason), closed, overridden(&shown[3], own)]);
    let new = ["recorded"; 4];
    assert_eq!(statuses(send(&city, &city.doctor, entries.clone()), 200), new);
    let position = city.server.store.position();
    assert_eq!(statuses(send(&city, &city.doctor, entries), 200), ["unchanged"; 4]);
    assert_eq!(city.server.store.position(), position, "the same again costs no write");
    let issues: Vec<Value> = shown.iter().map(|card| issue(&city, card)).collect();
    let status: Vec<&Value> = issues.iter().map(|issue| &issue["status"]).collect();
    assert_eq!(status, ["final", "final", "preliminary", "final"]);
    let outcome = |nth: usize| &issues[nth]["mitigation"][0]["action"]["coding"];
    let code = |code: &str| json!({"system": "urn:jingluo:card:outcome", "code": code});
    assert_eq!(*outcome(0), json!([code("accepted")]));
    // What a reason is called stands beside its code, for those who cannot look it up.
    let changed = json!({"code": "changed", "system": "urn:test:reason", "display": "病情变化"});
    assert_eq!(*outcome(1), json!([code("overridden"), changed]));
    let english = json!({"url": "reason_en", "valueString": "The condition has changed"});
    assert_eq!(issues[1]["mitigation"][0]["extension"][0]["extension"], json!([english]));
    assert_eq!(issues[1]["mitigation"][0]["action"]["text"], "发热三天");
    assert_eq!(*outcome(2), json!([code("dismissed")]));
    let hospital = json!({"code": "7", "system": "urn:hospital", "display": "院内规定"});
    assert_eq!(*outcome(3), json!([code("overridden"), hospital]));
    // Nothing but the closed one comes again, and that once.
    assert!(cards_of(ask(&city, &call("order-select", &codes))).is_empty());
    let last = cards_of(ask(&city, &call("order-sign", &codes)));
    assert_eq!((last.len(), &last[0]["uuid"]), (1, &shown[2]["uuid"]));
    // A choice can be changed; the last one holds.
    assert_eq!(statuses(send(&city, &city.doctor, json!([accepted(&shown[1])])), 200), ["recorded"]);
    assert_eq!(issue(&city, &shown[1])["mitigation"].as_array().unwrap().len(), 2);
}

#[test]
fn a_reason_of_the_source_is_one_in_force_and_explained() {
    let city = city();
    let shown = cards_of(ask(&city, &call("order-sign", &["cbc"])));
    let reason = |code: &str| json!({"reason": {"system": "urn:test:reason", "code": code}});
    let entries = json!([overridden(&shown[0], reason("made-up")), overridden(&shown[0], reason("other"))]);
    let answer = send(&city, &city.doctor, entries).expect(400);
    let texts: Vec<&str> =
        answer["feedback"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert!(texts[0].contains("none of those in force"), "{texts:?}");
    for missing in ["`userComment` (this reason needs one)", "`extension.urn:jingluo:told-patient` (whether"] {
        assert!(texts[1].contains(missing), "{texts:?}");
    }
    // One without the other is not enough where a text is asked for; the text alone says what was explained.
    let mut told = overridden(&shown[0], reason("other"));
    told["extension"] = json!({"urn:jingluo:told-patient": true});
    let answer = send(&city, &city.doctor, json!([told])).expect(400);
    let text = answer["feedback"][0]["text"].as_str().unwrap();
    assert!(text.contains("`userComment`") && !text.contains("told-patient"), "{text}");
    assert_eq!(issue(&city, &shown[0])["status"], "preliminary");
    told["overrideReason"]["userComment"] = json!("复查后决定用药");
    assert_eq!(statuses(send(&city, &city.doctor, json!([told])), 200), ["recorded"]);
    let facts = issue(&city, &shown[0])["mitigation"][0]["extension"][0]["extension"].clone();
    let kept = json!({"url": "told_patient", "valueBoolean": true});
    assert!(facts.as_array().unwrap().contains(&kept), "{facts}");
}

#[test]
fn the_same_feedback_from_many_at_once_is_kept_once() {
    let city = city();
    let shown = cards_of(ask(&city, &call("order-sign", &["cbc"])));
    let entry = json!([accepted(&shown[0])]);
    let mut all: Vec<String> = std::thread::scope(|scope| {
        let send = || statuses(send(&city, &city.doctor, entry.clone()), 200).remove(0);
        let sending: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        sending.into_iter().map(|sending| sending.join().unwrap()).collect()
    });
    all.sort();
    assert_eq!(all[..2], ["recorded", "unchanged"]);
    assert_eq!(issue(&city, &shown[0])["mitigation"].as_array().unwrap().len(), 1);
}

#[test]
fn feedback_for_what_is_not_ones_own_is_not_found() {
    let city = city();
    let shown = cards_of(ask(&city, &call("order-sign", &["cbc"])));
    let stranger = city.server.user("stranger", Role::Clinician, Some("far"));
    assert_eq!(statuses(send(&city, &stranger, json!([accepted(&shown[0])])), 404), ["not-found"]);
    let unknown = json!({"uuid": "00000000-0000-8000-8000-000000000000"});
    let strange = json!({"uuid": "../../Patient/pn?x=1\u{0}"});
    for card in [unknown, strange] {
        let entry = json!({"card": card["uuid"], "outcome": "overridden"});
        assert_eq!(statuses(send(&city, &city.doctor, json!([entry])), 404), ["not-found"]);
    }
    // One good entry among bad ones is kept, and each is answered.
    let wrong = json!({"card": shown[0]["uuid"], "outcome": "accepted", "acceptedSuggestions": [{"id": "another"}]});
    let entries = json!([wrong, {"card": "nothing", "outcome": "overridden"}, accepted(&shown[0])]);
    assert_eq!(statuses(send(&city, &city.doctor, entries), 200), ["invalid", "not-found", "recorded"]);
    for (role, scope) in [(Role::Admin, None), (Role::Officer, Some("city")), (Role::Resident, Some("person"))] {
        let client = city.server.user(role.name(), role, scope);
        send(&city, &client, json!([accepted(&shown[0])])).refused(403, "forbidden", role.name());
    }
    send(&city, &city.server.nobody(), json!([])).refused(401, "login", "token");
}

#[test]
fn feedback_that_says_nothing_is_refused() {
    let city = city();
    let shown = cards_of(ask(&city, &call("order-sign", &["cbc"])));
    let card = &shown[0]["uuid"];
    for (entry, part) in [
        (json!({"card": card, "outcome": "ignored"}), "`accepted` or `overridden`"),
        (json!({"card": card, "outcome": "accepted"}), "acceptedSuggestions"),
        (json!({"card": card, "outcome": "accepted", "acceptedSuggestions": []}), "acceptedSuggestions"),
        (json!({"card": card, "outcome": "overridden", "overrideReason": {"reason": {"system": "x"}}}), "no `code`"),
        (json!({"card": card, "outcome": "overridden", "outcomeTimestamp": "yesterday"}), "outcomeTimestamp"),
        (json!({"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-21"}), "outcomeTimestamp"),
        (overridden(&shown[0], json!({"userComment": "长".repeat(2_001)})), "2000 characters"),
    ] {
        let answer = send(&city, &city.doctor, json!([entry])).expect(400);
        let text = answer["feedback"][0]["text"].as_str().unwrap();
        assert!(text.contains(part), "{text}");
    }
    for entries in [json!([]), json!(vec![accepted(&shown[0]); 101]), json!({}), json!([1]), json!(null)] {
        assert_eq!(send(&city, &city.doctor, entries).status, 400);
    }
    assert!(issue(&city, &shown[0]).get("mitigation").is_none());
    let body = json!({"feedback": [accepted(&shown[0])]}).to_string();
    let elsewhere = post(&city, &city.doctor, "/nothing/feedback", &[], body.as_bytes());
    elsewhere.refused(404, "not-found", "no service `nothing`");
}
