//! Decisions on cards, and what follows when a result that somebody relied on is corrected or withdrawn.

use crate::harness::{House, somebody};
use crate::recognition_figures::{Alert, MARCH, alert, ask, city, put};
use base::{Cx, Kind};
use fhir::r4;
use runtime::program::Given;
use runtime::rebuild;
use serde_json::{Value, json};

pub fn report(id: &str, status: &str) -> Value {
    json!({"resourceType": "DiagnosticReport", "id": id, "status": status, "code": {"text": "血糖"},
        "subject": {"reference": "Patient/p-h2"}, "issued": "2026-03-01T09:00:00+08:00"})
}

fn observation(id: &str, status: &str, value: i64) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": status, "code": {"text": "血糖"},
        "subject": {"reference": "Patient/p-h2"}, "valueQuantity": {"value": value}})
}

pub fn read(house: &House, type_name: &str, id: &str) -> Value {
    let stored = house.env.store.read(&Cx::platform(), r4().type_named(type_name).unwrap(), id).unwrap().unwrap();
    let mut json = Vec::new();
    stored.json(&mut json).unwrap();
    serde_json::from_slice(&json).unwrap()
}

pub fn notices(house: &House, who: &str, more: &[(&str, &str)]) -> Vec<Value> {
    house.list(&somebody(who), "recognition", "notices", more).unwrap()["rows"].as_array().unwrap().clone()
}

fn send(house: &House, who: &str, operation: &str, body: &Value) -> base::Result<Value> {
    let given = Given { params: Vec::new(), body: body.to_string().into_bytes() };
    house.ask(&somebody(who), "recognition", operation, &given)
}

/// A report and an alert on it that was accepted.
fn relied(house: &House) -> Alert {
    house.put(&[report("r1", "final")]);
    let relied = alert("a1", "h1", "glucose", 500).with("accepted", "");
    put(house, std::slice::from_ref(&relied));
    relied
}

#[test]
fn who_relied_on_a_corrected_result_is_told_once() {
    let house = city();
    relied(&house);
    assert!(notices(&house, "clinician:h1", &[]).is_empty());
    house.put(&[report("r1", "corrected")]);
    let told = notices(&house, "clinician:h1", &[]);
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["kind"]["code"], &told[0]["read"]), (&json!("corrected"), &json!(false)));
    assert_eq!(told[0]["patient"]["id"], "p-h1");
    assert_eq!(told[0]["report"]["id"], "r1");
    assert!(
        told[0]["text"].as_str().unwrap().contains("2026-03-02 互认采用的「血糖」结果（h2医院）已更正"),
        "{}",
        told[0]
    );
    // The chart says so, and the decision stands.
    let chart = read(&house, "DetectedIssue", "a1");
    assert_eq!(chart["status"], "amended");
    let mitigations = chart["mitigation"].as_array().unwrap();
    assert_eq!(mitigations.len(), 2);
    assert_eq!(mitigations[1]["action"]["coding"][0]["code"], "corrected");
    let notice = read(&house, "Communication", "a1-1");
    assert_eq!(notice["subject"]["reference"], "Patient/p-h1");
    assert_eq!(notice["recipient"][0]["reference"], "Organization/h1");
    assert_eq!(notice["sender"]["reference"], "Organization/h2");
    let totals = ask(&house, "integration", "statistics", &MARCH).unwrap()["totals"].clone();
    assert_eq!((&totals["accepted"], &totals["changed"]), (&json!(1), &json!(1)));
    // The same sent again, and the reaction run again, tell nobody twice.
    house.put(&[report("r1", "corrected")]);
    house.follow();
    assert_eq!(notices(&house, "clinician:h1", &[]).len(), 1);
    assert_eq!(read(&house, "DetectedIssue", "a1")["meta"]["versionId"], chart["meta"]["versionId"]);
}

#[test]
fn a_report_and_its_results_are_one_correction_and_a_withdrawal_another() {
    let house = city();
    house.put(&[report("r1", "final"), observation("o1", "final", 5)]);
    let mut issue = alert("a1", "h1", "glucose", 500).with("accepted", "").json();
    issue["implicated"].as_array_mut().unwrap().push(json!({"reference": "Observation/o1"}));
    house.put(&[issue]);
    house.put(&[observation("o1", "corrected", 8)]);
    house.put(&[report("r1", "corrected")]);
    assert_eq!(notices(&house, "clinician:h1", &[]).len(), 1);
    let chart = read(&house, "DetectedIssue", "a1");
    assert_eq!(chart["mitigation"][1]["extension"].as_array().unwrap().len(), 2, "both are named");
    house.put(&[report("r1", "entered-in-error")]);
    let told = notices(&house, "clinician:h1", &[]);
    assert_eq!(
        told.iter().map(|row| row["kind"]["code"].as_str().unwrap()).collect::<Vec<_>>(),
        ["withdrawn", "corrected"]
    );
    assert_eq!(read(&house, "Communication", "a1-2")["priority"], "urgent");
    // What is deleted is withdrawn, and was so already.
    house.delete("Observation", "o1");
    assert_eq!(notices(&house, "clinician:h1", &[]).len(), 2);
}

#[test]
fn a_deleted_report_is_withdrawn() {
    let house = city();
    relied(&house);
    house.delete("DiagnosticReport", "r1");
    assert_eq!(notices(&house, "clinician:h1", &[])[0]["kind"]["code"], "withdrawn");
}

#[test]
fn who_chose_after_the_correction_but_saw_the_result_before_is_told_too() {
    let house = city();
    house.put(&[report("r1", "final")]);
    let shown = alert("a1", "h1", "glucose", 500);
    put(&house, std::slice::from_ref(&shown));
    house.put(&[report("r1", "corrected")]);
    assert!(notices(&house, "clinician:h1", &[]).is_empty(), "nobody has relied on it");
    put(&house, &[shown.with("accepted", "")]);
    assert_eq!(notices(&house, "clinician:h1", &[]).len(), 1);
}

#[test]
fn what_says_otherwise_without_being_called_corrected_is_told_too() {
    let house = city();
    house.put(&[report("r1", "final"), observation("o1", "final", 5)]);
    let mut issue = alert("a1", "h1", "glucose", 500).with("accepted", "").json();
    issue["implicated"].as_array_mut().unwrap().push(json!({"reference": "Observation/o1"}));
    house.put(&[issue]);
    let kinds = || -> Vec<String> {
        let kind = |row: &Value| row["kind"]["code"].as_str().unwrap().to_owned();
        notices(&house, "clinician:h1", &[]).iter().map(kind).collect()
    };
    let mut noted = observation("o1", "final", 5);
    noted["note"] = json!([{"text": "复核"}]);
    house.put(&[noted]);
    assert!(kinds().is_empty(), "the value stands");
    house.put(&[observation("o1", "final", 8)]);
    assert_eq!(kinds(), ["corrected"]);
    // A report that turns out to be somebody else's.
    let mut moved = report("r1", "final");
    moved["subject"]["reference"] = "Patient/p-h1".into();
    house.put(&[moved]);
    assert_eq!(kinds(), ["withdrawn", "corrected"]);
    // Chosen after the value had changed, by who saw it as it was.
    house.put(&[report("r2", "final"), observation("o2", "final", 5)]);
    let mut shown = alert("a2", "h1", "glucose", 500).json();
    shown["implicated"] = json!([{"reference": "DiagnosticReport/r2"}, {"reference": "Observation/o2"}]);
    shown["identifiedDateTime"] = base::zone::instant_text(base::Clock::System.now()).into();
    house.put(&[shown.clone()]);
    house.put(&[observation("o2", "final", 9)]);
    assert_eq!(kinds().len(), 2, "nobody has relied on it");
    shown["mitigation"] = alert("a2", "h1", "glucose", 500).with("accepted", "").json()["mitigation"].clone();
    shown["status"] = "final".into();
    house.put(&[shown]);
    assert_eq!(kinds(), ["corrected", "withdrawn", "corrected"]);
}

#[test]
fn who_saw_the_corrected_result_or_ordered_anyway_is_not_told() {
    let house = city();
    house.put(&[report("r1", "final"), report("r2", "final")]);
    put(
        &house,
        &[Alert { report: "r2".to_owned(), ..alert("a2", "h1", "glucose", 500).with("overridden", "emergency") }],
    );
    house.put(&[report("r1", "corrected"), report("r2", "corrected")]);
    // Shown when the corrected version was there.
    put(&house, &[Alert { at: "2099-01-01T00:00:00Z", ..alert("a1", "h1", "glucose", 500).with("accepted", "") }]);
    assert!(notices(&house, "integration", &[]).is_empty());
    assert_eq!(read(&house, "DetectedIssue", "a1")["status"], "final");
}

#[test]
fn a_notice_is_read_by_its_own_institution_only() {
    let house = city();
    relied(&house);
    house.put(&[report("r1", "corrected")]);
    assert!(notices(&house, "clinician:h2", &[]).is_empty());
    let body = json!({"notices": ["a1-1"]});
    assert_eq!(send(&house, "clinician:h2", "notices-read", &body).unwrap_err().kind, Kind::NotFound);
    assert_eq!(send(&house, "officer:d1", "notices-read", &body).unwrap_err().kind, Kind::Forbidden);
    assert_eq!(send(&house, "clinician:h1", "notices-read", &body).unwrap()["read"], 1);
    assert_eq!(send(&house, "clinician:h1", "notices-read", &body).unwrap()["read"], 0, "read already");
    assert!(notices(&house, "clinician:h1", &[("read", "false")]).is_empty());
    let read_ones = notices(&house, "clinician:h1", &[("read", "true")]);
    assert_eq!(read_ones.len(), 1);
    assert!(send(&house, "clinician:h1", "notices-read", &json!({"notices": []})).is_err());
    // The shelf says the same when it is kept anew.
    let reactions = programs::reactions();
    let keeper = rebuild::keeper(&reactions, "recognition.notices").unwrap();
    rebuild::begin(&Cx::platform(), &house.env.store, keeper).unwrap();
    assert!(notices(&house, "clinician:h1", &[]).is_empty());
    house.follow();
    assert_eq!(notices(&house, "clinician:h1", &[]), read_ones);
}

fn decide(house: &House, who: &str, body: Value) -> base::Result<Value> {
    send(house, who, "decide", &body)
}

fn totals(house: &House) -> [i64; 4] {
    let totals = ask(house, "integration", "statistics", &MARCH).unwrap()["totals"].clone();
    ["shown", "accepted", "overridden", "unanswered"].map(|name| totals[name].as_i64().unwrap())
}

#[test]
fn a_decision_is_kept_and_counted_as_it_stands_last() {
    let house = city();
    put(&house, &[alert("a1", "h1", "glucose", 500)]);
    let closed = decide(&house, "clinician:h1", json!({"card": "a1", "decision": "dismiss"})).unwrap();
    assert_eq!(closed["status"], "preliminary");
    assert_eq!(totals(&house), [1, 0, 0, 1]);
    let anyway = json!({"card": "a1", "decision": "order-anyway", "reason": "emergency", "told_patient": true});
    let anyway = decide(&house, "clinician:h1", anyway).unwrap();
    assert_eq!((&anyway["status"], &anyway["outcome"]), (&json!("final"), &json!("overridden")));
    assert_eq!(totals(&house), [1, 0, 1, 0]);
    let list = house.list(&somebody("clinician:h1"), "recognition", "alerts", &MARCH).unwrap();
    assert_eq!((&list["rows"][0]["reason"]["code"], &list["rows"][0]["told"]), (&json!("emergency"), &json!(true)));
    for _ in 0..2 {
        decide(&house, "clinician:h1", json!({"card": "a1", "decision": "recognise"})).unwrap();
        assert_eq!(totals(&house), [1, 1, 0, 0]);
    }
    let versions = read(&house, "DetectedIssue", "a1")["mitigation"].as_array().unwrap().len();
    assert_eq!(versions, 3, "the same decision again is nothing new");
}

#[test]
fn what_a_decision_lacks_is_named() {
    let house = city();
    put(&house, &[alert("a1", "h1", "glucose", 500)]);
    put(&house, &[Alert { kind: "information", ..alert("i1", "h1", "glucose", 500) }]);
    let error = |who: &str, body: Value| decide(&house, who, body).unwrap_err();
    let lacks = error("clinician:h1", json!({"card": "a1", "decision": "order-anyway"}));
    assert_eq!(lacks.kind, Kind::Invalid);
    assert!(lacks.text().contains("`reason`") && lacks.text().contains("`told_patient`"), "{}", lacks.text());
    assert!(lacks.text().contains("condition-changed"), "the reasons that hold are named: {}", lacks.text());
    let other = json!({"card": "a1", "decision": "order-anyway", "reason": "other", "told_patient": true});
    assert!(error("clinician:h1", other).text().contains("`explanation`"));
    let unknown = json!({"card": "a1", "decision": "order-anyway", "reason": "weather", "told_patient": true});
    assert!(error("clinician:h1", unknown).text().contains("`weather`"));
    for (who, body, kind) in [
        ("clinician:h1", json!({"card": "a1", "decision": "perhaps"}), Kind::Invalid),
        ("clinician:h1", json!({"decision": "recognise"}), Kind::Invalid),
        ("clinician:h1", json!({"card": "i1", "decision": "recognise"}), Kind::Invalid),
        ("clinician:h1", json!({"card": "nobody", "decision": "recognise"}), Kind::NotFound),
        ("clinician:h2", json!({"card": "a1", "decision": "recognise"}), Kind::NotFound),
        ("officer:d1", json!({"card": "a1", "decision": "recognise"}), Kind::Forbidden),
    ] {
        assert_eq!(error(who, body.clone()).kind, kind, "{who} {body}");
    }
    assert_eq!(totals(&house), [1, 0, 0, 1], "nothing was kept");
}
