//! Calls of CDS Hooks that lie, are broken, or are too large: each has one end, and none of them is an offer.

use crate::cds::{City, ask, call, cards_of, city, draft, post, remark};
use crate::harness::Reply;
use runtime::cards::{CARDS_MAX, ORDERS_MAX};
use serde_json::{Value, json};

fn send(city: &City, body: &[u8]) -> Reply {
    post(city, &city.doctor, "/jingluo-order-sign", &[], body)
}

fn with_patient(patient: Value) -> Value {
    let mut call = call("order-sign", &["cbc"]);
    call["prefetch"] = json!({"patient": patient});
    call
}

#[test]
fn a_prefetch_that_lies_brings_no_offer() {
    let city = city();
    let patient = |member: &str, value: Value| {
        let mut patient = json!({
            "resourceType": "Patient", "id": "pn", "birthDate": "1980-05-12", "gender": "female",
            "identifier": [{"system": "urn:local:near", "value": "N1"}], "name": [{"text": "王芳"}],
        });
        patient[member] = value;
        with_patient(patient)
    };
    assert_eq!(cards_of(ask(&city, &patient("active", json!(true)))).len(), 1);
    let position = city.server.store.position();
    for (member, value, zh) in [
        ("id", json!("pf"), "患者标识"),
        ("name", json!([{"text": "王方"}]), "姓名"),
        ("birthDate", json!("1981-05-12"), "出生日期"),
        ("gender", json!("male"), "性别"),
        ("identifier", json!([{"system": "urn:local:near", "value": "N2"}]), "证件或就诊号码"),
    ] {
        let answer = cards_of(ask(&city, &patient(member, value)));
        assert_eq!((answer.len(), &answer[0]["indicator"]), (1, &json!("info")));
        let summary = answer[0]["summary"].as_str().unwrap();
        assert!(summary.contains(zh) && summary.contains("不一致"), "{summary}");
        // Neither value is repeated to whoever asks.
        assert!(!answer[0].to_string().contains("1980"));
    }
    assert_eq!(city.server.store.position(), position);
    // Results that are sent along are not read at all.
    let mut results = call("order-sign", &["other"]);
    results["prefetch"] =
        json!({"results": {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "X"}}]}});
    assert_eq!(cards_of(ask(&city, &results)).len(), 1);
    // What a client could not fetch, or does not have.
    for sent in [json!(null), json!({"resourceType": "OperationOutcome", "issue": []})] {
        assert_eq!(cards_of(ask(&city, &with_patient(sent))).len(), 1);
    }
    ask(&city, &with_patient(json!({"resourceType": "Person"}))).refused(400, "invalid", "prefetch.patient");
    ask(&city, &with_patient(json!([1]))).refused(400, "invalid", "prefetch.patient");
}

#[test]
fn a_patient_is_found_by_the_number_of_the_own_institution() {
    let city = city();
    let by = |system: &str, value: &str| {
        let mut call = with_patient(json!({
            "resourceType": "Patient", "id": "4711", "identifier": [{"system": system, "value": value}],
        }));
        call["context"]["patientId"] = "4711".into();
        call["context"]["draftOrders"]["entry"][0]["resource"]["subject"]["reference"] = "Patient/4711".into();
        call
    };
    let found = cards_of(ask(&city, &by("urn:local:near", "N1")));
    assert_eq!(found.len(), 1);
    let issue = city.doctor.get(&format!("/DetectedIssue/{}", found[0]["uuid"].as_str().unwrap())).expect(200);
    assert_eq!(issue["patient"]["reference"], "Patient/pn");
    ask(&city, &by("urn:local:near", "N2")).refused(412, "not-found", "no such registration");
    ask(&city, &by("urn:local:far", "F1")).refused(412, "not-found", "no such registration");
    ask(&city, &by("a|b,c\\$", "x|y,z\\$")).refused(412, "not-found", "no such registration");
}

#[test]
fn a_thousand_orders_are_answered_for_the_first_ones() {
    let city = city();
    let codes: Vec<String> = (0..1_000).map(|nth| format!("c{nth}")).collect();
    let many = call("order-sign", &codes.iter().map(String::as_str).collect::<Vec<_>>());
    let shown = cards_of(ask(&city, &many));
    let code = |card: &Value| card["extension"]["urn:jingluo:card"]["code"].clone();
    assert_eq!(shown.len(), CARDS_MAX + 2);
    assert_eq!((code(&shown[CARDS_MAX]), code(&shown[CARDS_MAX + 1])), (json!("left-out"), json!("not-looked-at")));
    let left = format!("另有 {} 条", ORDERS_MAX - CARDS_MAX);
    assert!(shown[CARDS_MAX]["summary"].as_str().unwrap().contains(&left));
    assert!(shown[CARDS_MAX + 1]["summary"].as_str().unwrap().contains("另有 800 项"));
    // Only what was shown is recorded.
    assert_eq!(city.system.get("/DetectedIssue?_summary=count").expect(200)["total"], CARDS_MAX);
    // The same order a thousand times is one card.
    let same = call("order-sign", &vec!["same"; 1_000]);
    assert_eq!(cards_of(ask(&city, &same)).len(), 2);
    let entries = vec![json!({"resource": draft("x")}); 2_001];
    let mut more = call("order-sign", &[]);
    more["context"]["draftOrders"]["entry"] = entries.into();
    ask(&city, &more).refused(413, "too-costly", "2000");
    let mut large = call("order-sign", &["cbc"]);
    large["extension"] = json!({"x": "y".repeat(5 << 20)});
    ask(&city, &large).refused(413, "too-costly", "bytes");
}

#[test]
fn broken_calls_are_refused_with_what_is_wrong() {
    let city = city();
    let deep =
        format!("{{\"hook\":\"order-sign\",\"prefetch\":{{\"patient\":{}{}}}}}", "[".repeat(5_000), "]".repeat(5_000));
    for (body, part) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "wrong type"),
        ("null", "wrong type"),
        ("\"王芳\"", "wrong type"),
        ("{}", "missing field `hook`"),
        (r#"{"hook":7}"#, "wrong type"),
        (r#"{"hook":"order-sign","hook":"order-sign"}"#, "wrong type"),
        (r#"{"hook":"order-sign"}"#, "missing field `hookInstance`"),
        (r#"{"hook":"order-sign","hookInstance":"1"}"#, "missing field `context`"),
        (r#"{"hook":"order-sign","hookInstance":"1","context":{"userId":"x"}}"#, "missing field `patientId`"),
        (r#"{"hook":"order-sign","hookInstance":"1","context":{"userId":"x","patientId":"pn"}}"#, "draftOrders"),
        (deep.as_str(), "body"),
        ("\u{0}\u{1}", "not JSON"),
    ] {
        let answer = send(&city, body.as_bytes());
        assert!(!answer.body.contains("王芳"));
        answer.refused(400, "invalid", part);
    }
    send(&city, b"\xff\xfe{}").refused(400, "invalid", "not JSON");
    let typed = [("Content-Type", "text/plain")];
    post(&city, &city.doctor, "/jingluo-order-sign", &typed, b"{}").refused(415, "not-supported", "JSON");
    ask(&city, &call("order-dispatch", &[])).refused(404, "not-found", "no service");
    let other = call("patient-view", &[]).to_string();
    send(&city, other.as_bytes()).refused(400, "invalid", "`order-sign`");
    let mut changed = call("order-sign", &["cbc"]);
    for (pointer, value, part) in [
        ("/context/draftOrders/entry/0/resource/subject/reference", json!("Patient/another"), "another patient"),
        ("/context/draftOrders/entry/0/resource/id", json!("x".repeat(300)), "200 characters"),
        ("/context/draftOrders/entry/0/resource", json!(null), "missing"),
        ("/context/draftOrders/entry", json!({}), "wrong type"),
        ("/context/patientId", json!("p\n"), "none that control"),
        ("/context/userId", json!(""), "context.userId"),
        ("/hookInstance", json!(""), "hookInstance"),
    ] {
        let right = std::mem::replace(changed.pointer_mut(pointer).unwrap(), value);
        ask(&city, &changed).refused(400, "invalid", part);
        *changed.pointer_mut(pointer).unwrap() = right;
    }
    // Orders that are not whole yet are no error: there is nothing to say about them.
    let bare = json!([
        {"resource": {"resourceType": "ServiceRequest"}},
        {"resource": {"resourceType": "ServiceRequest", "code": {"text": "血常规"}, "reasonCode": null}},
        {"resource": {"resourceType": "NutritionOrder", "id": "n", "patient": {"reference": "Patient/pn"}}},
    ]);
    changed["context"]["draftOrders"]["entry"] = bare;
    assert!(cards_of(ask(&city, &changed)).is_empty());
    changed["context"]["draftOrders"] = json!({"resourceType": "Bundle", "type": "collection"});
    assert!(cards_of(ask(&city, &changed)).is_empty());
    assert_eq!(city.system.get("/DetectedIssue?_summary=count").expect(200)["total"], 0);
}

#[test]
fn the_client_cannot_make_the_server_call_anywhere() {
    let city = city();
    let mut call = call("order-sign", &["cbc"]);
    call["fhirServer"] = "http://127.0.0.1:1/fhir".into();
    call["fhirAuthorization"] = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "*"});
    let answer = ask(&city, &call);
    assert!(!answer.body.contains("127.0.0.1:1"));
    assert_eq!(cards_of(answer).len(), 1);
    // A person who is somebody else to the client: nothing is said, and that it is said once.
    assert_eq!(
        remark(ask(&city, &with_patient(json!({"resourceType": "Patient", "gender": "male"})))),
        "other-identity"
    );
}
