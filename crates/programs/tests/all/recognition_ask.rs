//! Mutual recognition from the record: through codes, registrations and versions to an answer; what is wrong with a
//! report is told and never offered.

use crate::harness::{House, somebody};
use base::zone::instant_text;
use base::{Clock, Cx, Kind, Millis, Purpose};
use programs::recognition::ask::{self, Moment};
use programs::recognition::model::{Answer, HOUR_MILLIS, Why};
use runtime::cards::{self, Asking, CardKind, Hook, Order, Question};
use runtime::care;
use runtime::program::{Given, Planned};
use runtime::rules::{self, Place, Seeds};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::AuditQuery;

const NOW: Millis = 1_795_000_000_000;
const LOINC: &str = "http://loinc.org";

fn at(who: &str) -> Cx {
    Cx { clock: Clock::fixed(NOW), ..somebody(who) }
}

fn hours_ago(hours: i64) -> String {
    instant_text(NOW - hours * HOUR_MILLIS)
}

/// `h0` orders, `h1` and `h2` have results. `p0`, `p1` are certainly one resident, `p2` probably; `q0`, `q1` are another.
fn city() -> House {
    let house = House::new();
    rules::lay(&Cx::platform(), &house.env.store, &programs::rule_tables(), Seeds::Demonstration).unwrap();
    let organization = |id: &str, level: &str| {
        json!({"resourceType": "Organization", "id": id, "name": format!("平川市{id}医院"), "active": true,
            "type": [{"coding": [{"system": "urn:jingluo:institution-kind", "code": if id == "wjw" { "Z100" } else { "A100" }}]}],
            "address": [{"extension": [{"url": "urn:jingluo:area", "valueCode": "339901"}]}],
            "extension": [{"url": "urn:jingluo:laboratory-quality", "extension": [
                {"url": "assessed", "valueBoolean": true}, {"url": "mark", "valueCode": level}]}]})
    };
    let patient = |id: &str, of: &str| {
        json!({"resourceType": "Patient", "id": id, "name": [{"text": "张静"}], "gender": "female",
            "managingOrganization": {"reference": format!("Organization/{of}")}})
    };
    let person = |id: &str, links: &[(&str, &str)]| {
        let link = |(patient, level): &(&str, &str)| json!({"target": {"reference": format!("Patient/{patient}")}, "assurance": level});
        json!({"resourceType": "Person", "id": id, "link": links.iter().map(link).collect::<Vec<_>>()})
    };
    let map = |of: &str, codes: &[(&str, &str)]| {
        let element = |(code, item): &(&str, &str)| json!({"code": code, "target": [{"code": item, "equivalence": "equivalent"}]});
        json!({"resourceType": "ConceptMap", "id": format!("recognition-codes-{of}"), "status": "active",
            "url": format!("urn:jingluo:recognition:codes:{of}"),
            "group": [{"source": format!("urn:jingluo:local:{of}"), "target": "urn:jingluo:recognition:item",
                "element": codes.iter().map(element).collect::<Vec<_>>()}]})
    };
    house.put(&[
        organization("wjw", "none"),
        organization("h0", "national"),
        organization("h1", "national"),
        organization("h2", "city"),
        patient("p0", "h0"),
        patient("p1", "h1"),
        patient("p2", "h2"),
        patient("q0", "h0"),
        patient("q1", "h1"),
        person("per-p", &[("p0", "level3"), ("p1", "level3"), ("p2", "level2")]),
        person("per-q", &[("q0", "level3"), ("q1", "level3")]),
        map("h0", &[("CT-01", "chestct"), ("SH-4", "chem")]),
        map("h1", &[("3001", "chestct"), ("4001", "chem")]),
    ]);
    house
}

/// A report of an image and its findings.
fn image(id: &str, patient: &str, of: &str, hours: i64) -> [Value; 2] {
    let findings = json!({"resourceType": "Observation", "id": format!("{id}-o"), "status": "final",
        "meta": {"source": format!("urn:jingluo:institution:{of}")},
        "code": {"coding": [{"system": LOINC, "code": "59776-5"}]},
        "subject": {"reference": format!("Patient/{patient}")}, "effectiveDateTime": hours_ago(hours),
        "valueString": "两肺纹理清晰", "method": {"text": "128排"}});
    let report = json!({"resourceType": "DiagnosticReport", "id": id, "status": "final",
        "meta": {"source": format!("urn:jingluo:institution:{of}")},
        "extension": [{"url": "urn:jingluo:mark", "valueString": "全国HR"}],
        "code": {"coding": [{"system": format!("urn:jingluo:local:{of}"), "code": "3001", "display": "胸部CT平扫"}]},
        "subject": {"reference": format!("Patient/{patient}")}, "effectiveDateTime": hours_ago(hours),
        "issued": hours_ago(hours - 2), "result": [{"reference": format!("Observation/{id}-o")}],
        "conclusion": "右肺下叶感染性病变"});
    [findings, report]
}

/// A report of a panel: name, code and value of each test.
fn panel(id: &str, patient: &str, hours: i64, tests: &[(&str, Value, &str, &str)]) -> Vec<Value> {
    let source = json!({"source": "urn:jingluo:institution:h1"});
    let subject = json!({"reference": format!("Patient/{patient}")});
    let mut all = Vec::new();
    for (nth, (name, coding, number, unit)) in tests.iter().enumerate() {
        let mut coding = coding.clone();
        coding["display"] = (*name).into();
        all.push(json!({"resourceType": "Observation", "id": format!("{id}-{nth}"), "status": "final", "meta": source,
            "code": {"coding": [coding]}, "subject": subject, "effectiveDateTime": hours_ago(hours),
            "valueQuantity": {"value": number.parse::<f64>().unwrap(), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}}));
    }
    let results: Vec<Value> =
        (0..tests.len()).map(|nth| json!({"reference": format!("Observation/{id}-{nth}")})).collect();
    all.push(json!({"resourceType": "DiagnosticReport", "id": id, "status": "final", "meta": source,
        "extension": [{"url": "urn:jingluo:mark", "valueString": "全国HR"}],
        "code": {"coding": [{"system": "urn:jingluo:local:h1", "code": "4001", "display": "电解质四项"}]},
        "subject": subject, "effectiveDateTime": hours_ago(hours), "issued": hours_ago(hours - 1), "result": results}));
    all
}

fn chem(potassium: (&str, &str)) -> [(&'static str, Value, String, String); 4] {
    let loinc = |code: &str| json!({"system": LOINC, "code": code});
    let mmol = || "mmol/L".to_owned();
    [
        ("钾", loinc("2823-3"), potassium.0.to_owned(), potassium.1.to_owned()),
        ("钠", loinc("2951-2"), "141".to_owned(), mmol()),
        ("氯", loinc("2075-0"), "103".to_owned(), mmol()),
        // A code that nobody has mapped, known within its panel by its exact name.
        ("血清总钙", json!({"system": "urn:jingluo:local:h1", "code": "zz9"}), "2.31".to_owned(), mmol()),
    ]
}

fn chem_panel(id: &str, patient: &str, potassium: (&str, &str)) -> Vec<Value> {
    let tests = chem(potassium);
    let tests: Vec<_> =
        tests.iter().map(|(name, code, number, unit)| (*name, code.clone(), number.as_str(), unit.as_str())).collect();
    panel(id, patient, 30, &tests)
}

/// What `check` answers to one order of `p0` at `h0`.
fn check(house: &House, code: &str) -> Value {
    check_as(house, "clinician:h0", "p0", code).unwrap()
}

fn check_as(house: &House, who: &str, patient: &str, code: &str) -> base::Result<Value> {
    let body = json!({"patient": patient, "orders": [{"system": "urn:jingluo:local:h0", "code": code}]});
    let given = Given { params: Vec::new(), body: body.to_string().into_bytes() };
    house.ask(&at(who), "recognition", "check", &given).map(|mut answer| answer["answers"][0].take())
}

fn whys(answer: &Value) -> Vec<&str> {
    answer["why"].as_array().unwrap().iter().map(|why| why["code"].as_str().unwrap()).collect()
}

#[test]
fn a_result_is_found_through_the_codes_and_registrations_of_two_hospitals() {
    let house = city();
    house.put(&image("r1", "p1", "h1", 50));
    let answer = check(&house, "CT-01");
    assert_eq!(
        (answer["answer"].as_str(), answer["item"]["code"].as_str()),
        (Some("offer"), Some("chestct")),
        "{answer}"
    );
    assert_eq!(answer["why"][0]["report"]["id"], "r1");
    assert_eq!(answer["why"][0]["mark"]["code"], "全国HR");
    // A code that the hospital has not mapped means nothing, whatever it is called elsewhere.
    let answer = check(&house, "3001");
    assert_eq!((answer["answer"].as_str(), whys(&answer)), (Some("none"), vec!["unknown-code"]));
    // Who does not see the registration is answered as if it were not there.
    assert_eq!(check_as(&house, "clinician:h1", "p0", "CT-01").unwrap_err().kind, Kind::NotFound);
    assert_eq!(check_as(&house, "officer:wjw", "p0", "CT-01").unwrap_err().kind, Kind::Forbidden);
}

#[test]
fn nothing_of_another_resident_and_nothing_uncertain_is_offered() {
    let house = city();
    house.put(&image("rq", "q1", "h1", 10));
    house.put(&image("rp", "p2", "h2", 10));
    let answer = check(&house, "CT-01");
    let text = answer.to_string();
    assert_eq!(answer["answer"], "none", "{answer}");
    assert!(!text.contains("rq") && !text.contains("\"rp\"") && !text.contains("h2"), "{text}");
    // The probable one is told of by its reason alone, under the code of its own hospital it is not even known.
    assert!(whys(&answer).iter().all(|why| ["unknown-code", "identity-not-certain", "no-result"].contains(why)));
}

#[test]
fn a_registration_without_a_certain_link_is_alone() {
    let house = city();
    house.put(&[json!({"resourceType": "Person", "id": "per-p", "link": [
        {"target": {"reference": "Patient/p0"}, "assurance": "level2"},
        {"target": {"reference": "Patient/p1"}, "assurance": "level3"}]})]);
    house.put(&image("r1", "p1", "h1", 50));
    let answer = check(&house, "CT-01");
    assert_eq!((answer["answer"].as_str(), whys(&answer)), (Some("none"), vec!["identity-not-certain"]), "{answer}");
    assert!(answer["why"][0]["report"].is_null() && answer["why"][0]["institution"].is_null());
}

#[test]
fn a_panel_is_whole_wrong_in_a_unit_or_doubled() {
    let house = city();
    house.put(&chem_panel("l1", "p1", ("4.1", "mmol/L")));
    let answer = check(&house, "SH-4");
    assert_eq!(answer["answer"], "offer", "{answer}");
    assert_eq!(answer["why"].as_array().unwrap().len(), 4);
    house.put(&chem_panel("l1", "p1", ("16.0", "mg/dL")));
    let answer = check(&house, "SH-4");
    assert_eq!(answer["answer"], "partly", "{answer}");
    assert!(whys(&answer).contains(&"wrong-unit"));
    // The report names the wrong value for what it is.
    assert!(answer.to_string().contains("mg/dL"), "{answer}");
    let mut doubled = image("r1", "p1", "h1", 50).to_vec();
    doubled.extend(image("r2", "p1", "h1", 60));
    for report in doubled.iter_mut().filter(|one| one["resourceType"] == "DiagnosticReport") {
        report["identifier"] = json!([{"system": "urn:h1:report", "value": "77"}]);
    }
    house.put(&doubled);
    let answer = check(&house, "CT-01");
    assert_eq!((answer["answer"].as_str(), whys(&answer)), (Some("none"), vec!["doubled-number", "doubled-number"]));
}

#[test]
fn times_that_cannot_be_are_refused() {
    let house = city();
    for (id, taken, issued, why) in
        [("f1", -48, -47, "future-date"), ("f2", 20, -1, "future-date"), ("f3", 20, 30, "clock-off")]
    {
        let mut records = image(id, "p1", "h1", taken);
        records[1]["issued"] = hours_ago(issued).into();
        house.put(&records);
        let answer = check(&house, "CT-01");
        assert_eq!((answer["answer"].as_str(), whys(&answer)), (Some("none"), vec![why]), "{answer}");
        house.delete("DiagnosticReport", id);
    }
}

#[test]
fn a_correction_a_withdrawal_and_the_past() {
    let house = city();
    let [findings, mut report] = image("r1", "p1", "h1", 50);
    report["status"] = "preliminary".into();
    report["issued"] = hours_ago(49).into();
    house.put(&[findings.clone(), report.clone()]);
    let answer = check(&house, "CT-01");
    assert_eq!(answer["answer"], "pending", "{answer}");
    report["status"] = "corrected".into();
    report["issued"] = hours_ago(20).into();
    house.put(&[report.clone()]);
    assert_eq!(check(&house, "CT-01")["answer"], "offer");
    // What a doctor could know thirty hours ago is the preliminary report, and before that nothing.
    let cx = at("clinician:h0");
    let care = care::of_patient(&cx, &house.env.store, "p0").unwrap();
    let order = |code: &str| Order {
        id: "1".to_owned(),
        codings: vec![cards::Coding {
            system: "urn:jingluo:local:h0".to_owned(),
            code: code.to_owned(),
            display: None,
        }],
        ..Order::default()
    };
    let then = |hours: i64| {
        let moment =
            Moment { at: NOW - hours * HOUR_MILLIS, institution: Some("h0".to_owned()), visit: None, explains: true };
        let answers = ask::answer(&house.env, &care, &moment, &[order("CT-01")]).unwrap();
        answers.answers.into_iter().next().unwrap().decision.unwrap()
    };
    assert!(matches!(then(30).answer, Answer::Pending(pending) if pending.preliminary));
    assert!(matches!(then(60).answer, Answer::None(refusal) if refusal.why == Why::NoResult));
    assert!(matches!(then(10).answer, Answer::Offer(_)));
    report["status"] = "entered-in-error".into();
    house.put(&[report]);
    let answer = check(&house, "CT-01");
    assert_eq!((answer["answer"].as_str(), whys(&answer)), (Some("none"), vec!["withdrawn"]));
}

#[test]
fn what_is_kept_back_is_not_told() {
    let house = city();
    let [findings, mut report] = image("r1", "p1", "h1", 50);
    report["meta"]["security"] =
        json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
    house.put(&[findings, report]);
    let answer = check(&house, "CT-01");
    assert_eq!(whys(&answer), ["restricted"]);
    assert!(answer["why"][0]["report"].is_null());
}

/// Shows what there is at the order, and records it.
fn shown(house: &House, code: &str) -> Vec<cards::Shown> {
    let (cx, sources) = (at("clinician:h0"), programs::card_sources());
    let mut told = cards::answer(&cx, &house.env, &sources, &asked(house, Hook::OrderSign, code)).unwrap();
    let batch = std::mem::take(&mut told.batch);
    if !batch.writes.is_empty() {
        house.env.store.write(&cx, batch).unwrap();
    }
    house.follow();
    told.cards
}

#[test]
fn what_is_kept_back_is_not_behind_a_card_nor_on_its_way() {
    let house = city();
    let restricted = json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
    let mut panel = chem_panel("l1", "p1", ("4.1", "mmol/L"));
    let mut other = panel[0].clone();
    other["id"] = "l1-kept".into();
    other["meta"]["security"] = restricted.clone();
    other["code"] = json!({"text": "艾滋病毒抗体"});
    // An older value of the same test, kept back too.
    let mut older = panel[0].clone();
    older["id"] = "l0-kept".into();
    older["meta"]["security"] = restricted.clone();
    panel[4]["result"].as_array_mut().unwrap().push(json!({"reference": "Observation/l1-kept"}));
    house.put(&[other, older]);
    house.put(&panel);
    let card = shown(&house, "SH-4").remove(0);
    assert_eq!(card.card.kind, CardKind::Offer);
    let given = Given { params: vec![("card".to_owned(), card.uuid)], body: Vec::new() };
    let result = || house.ask(&at("clinician:h0"), "recognition", "result", &given).unwrap();
    let seen = result();
    assert_eq!((seen["observations"].as_array().unwrap().len(), seen["report"]["id"].as_str()), (4, Some("l1")));
    assert!(!seen["trend"].as_array().unwrap().is_empty());
    assert!(!seen["observations"].to_string().contains("kept") && !seen["trend"].to_string().contains("kept"));
    // What is kept back after it was shown is no longer behind the card.
    panel[4]["meta"]["security"] = restricted.clone();
    house.put(&[panel[4].clone()]);
    assert!(result()["report"].is_null());
    // Neither is an order told of that is kept back.
    house.put(&[json!({"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
        "meta": {"source": "urn:jingluo:institution:h1", "security": restricted}, "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "urn:jingluo:local:h1", "code": "3001"}]},
        "authoredOn": hours_ago(5), "occurrenceDateTime": hours_ago(-20)})]);
    assert_eq!(check(&house, "CT-01")["answer"], "none");
}

#[test]
fn a_corrected_result_is_another_card() {
    let house = city();
    house.put(&chem_panel("l1", "p1", ("4.1", "mmol/L")));
    let first = shown(&house, "SH-4").remove(0);
    let again = shown(&house, "SH-4").remove(0);
    assert_eq!((&again.uuid, again.again), (&first.uuid, true));
    let decision = json!({"card": first.uuid, "decision": "recognise"});
    let given = Given { params: Vec::new(), body: decision.to_string().into_bytes() };
    house.ask(&at("clinician:h0"), "recognition", "decide", &given).unwrap();
    assert!(shown(&house, "SH-4").is_empty(), "it was answered");
    let mut panel = chem_panel("l1", "p1", ("6.9", "mmol/L"));
    panel[0]["status"] = "corrected".into();
    panel[4]["status"] = "corrected".into();
    house.put(&panel);
    let corrected = shown(&house, "SH-4").remove(0);
    assert!(corrected.uuid != first.uuid && corrected.card.detail.zh.contains("6.9"), "{:?}", corrected.card.detail);
}

#[test]
fn a_registration_that_two_residents_claim_is_nobodys() {
    let house = city();
    house.put(&image("r1", "p1", "h1", 50));
    assert_eq!(check(&house, "CT-01")["answer"], "offer");
    house.put(&[json!({"resourceType": "Person", "id": "per-x", "link": [
        {"target": {"reference": "Patient/p1"}, "assurance": "level3"}]})]);
    let answer = check(&house, "CT-01");
    assert_eq!((answer["answer"].as_str(), whys(&answer)), (Some("none"), vec!["identity-not-certain"]), "{answer}");
}

#[test]
fn what_cannot_be_read_is_not_repeated_in_the_error() {
    let house = city();
    let body = json!({"patient": "p0", "orders": "张静 13800000000"});
    let given = Given { params: Vec::new(), body: body.to_string().into_bytes() };
    for operation in ["check", "decide", "map"] {
        let who = if operation == "map" { "officer:wjw" } else { "clinician:h0" };
        let error = house.ask(&at(who), "recognition", operation, &given).unwrap_err();
        assert!(error.kind == Kind::Invalid && !error.text().contains("张静"), "{}", error.text());
    }
}

fn asked(house: &House, hook: Hook, code: &str) -> cards::Asked {
    let order = Order {
        id: "ServiceRequest/d1".to_owned(),
        resource: "ServiceRequest".to_owned(),
        codings: vec![cards::Coding {
            system: "urn:jingluo:local:h0".to_owned(),
            code: code.to_owned(),
            display: None,
        }],
        ..Order::default()
    };
    let question = Question {
        hook,
        patient: "p0".to_owned(),
        sent_patient: None,
        encounter: None,
        sent_encounter: None,
        user: None,
        department: None,
        orders: vec![order],
    };
    match cards::ask(&at("clinician:h0"), &house.env, &question).unwrap() {
        Asking::Asked(asked) => *asked,
        Asking::Differs(_) => panic!("it differs"),
    }
}

#[test]
fn instrument_and_slices_are_read_where_the_result_tells_them() {
    let house = city();
    let [mut findings, report] = image("r1", "p1", "h1", 50);
    let thickness = |value: f64, unit: &str| {
        json!({"code": {"coding": [{"system": "urn:jingluo:recognition:attribute", "code": "slice-thickness"}]},
            "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}})
    };
    findings["component"] = json!([thickness(1.25, "mm"), thickness(625.0, "um")]);
    findings["contained"] = json!([{"resourceType": "Device", "id": "ct", "type": {"text": "128排螺旋CT"}}]);
    findings["device"] = json!({"reference": "#ct", "display": "CT 2 室"});
    house.put(&[findings, report]);
    let sources = programs::card_sources();
    let question = asked(&house, Hook::OrderSign, "CT-01");
    let told = cards::answer(&at("clinician:h0"), &house.env, &sources, &question).unwrap();
    let card = &told.cards[0].card;
    let fact = |name: &str| card.facts.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    assert_eq!((fact("instrument"), fact("thickness_um")), (Some(json!("128排螺旋CT")), Some(json!(1250))));
    assert!(
        card.detail.zh.contains("设备：128排螺旋CT") && card.detail.zh.contains("层厚：1.25 mm"),
        "{:?}",
        card.detail
    );
}

/// A local row of an item, as one officer proposes it and another approves it: the shipped one with other cells.
fn set_item(house: &House, item: &str, cells: &[(&str, &str)]) {
    let officer = |account: i64, name: &str| {
        let mut cx = at("officer:wjw");
        (cx.who.account, cx.who.name) = (account, name.into());
        cx
    };
    let tables = programs::rule_tables();
    let ledger = rules::ledger(&house.env, &tables).unwrap();
    let place = Place { district: Some("339901".to_owned()), institution: Some("h0".to_owned()) };
    let shipped = rules::of(&house.env, &tables).unwrap();
    let (day, _) = house.env.store.zone().day_and_minute(NOW);
    let row = shipped.table("recognition.item").unwrap().find(day, &place, &[item]).unwrap().clone();
    let texts = |column: &str| row.texts(column).join(";");
    let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
    let mut fields: BTreeMap<String, String> = [
        ("scope", "city".to_owned()),
        ("from", "2026-01-01".to_owned()),
        ("source", "平川卫〔2026〕9号".to_owned()),
        ("item", item.to_owned()),
        ("zh", text("zh")),
        ("en", text("en")),
        ("kind", text("kind")),
        ("listed", "yes".to_owned()),
        ("loinc", texts("loinc")),
        ("modality", text("modality")),
        ("fasting", "no".to_owned()),
        ("fen", "22000".to_owned()),
        ("method", text("method")),
        ("methods", texts("methods")),
    ]
    .map(|(column, cell)| (column.to_owned(), cell))
    .into();
    fields.extend(cells.iter().map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned())));
    let write = |cx: &Cx, planned: Planned| {
        house.env.store.write(cx, planned.batch).unwrap();
        planned.answer
    };
    let (anna, bo) = (officer(11, "anna"), officer(12, "bo"));
    let planned = rules::propose(&anna, &house.env, &ledger, "recognition.item", &rules::Wanted::Row(fields), "试行");
    let proposed = write(&anna, planned.unwrap());
    let ids = [proposed["id"].as_str().unwrap().to_owned()];
    write(&bo, rules::decide(&bo, &house.env, &ledger, &ids, rules::End::Approved, "同意").unwrap());
}

#[test]
fn a_local_row_that_asks_for_instruments_and_slices_is_held_to() {
    let house = city();
    set_item(&house, "chestct", &[("instruments", "16排;64排;128排"), ("thickness_max_um", "1250")]);
    let found = house.ask(&at("clinician:h0"), "recognition", "items", &Given::default()).unwrap();
    let items = found["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["item"] == "chestct").unwrap();
    assert_eq!((&item["instruments"], &item["thickness_max_um"]), (&json!(["16排", "64排", "128排"]), &json!(1250)));
    assert_eq!((&item["sure"], &item["scope"]), (&json!("local"), &json!("city")), "{item}");

    let put = |device: &str, thickness_mm: f64| {
        let [mut findings, report] = image("r1", "p1", "h1", 50);
        findings["device"] = json!({"display": device});
        findings["component"] = json!([{
            "code": {"coding": [{"system": "urn:jingluo:recognition:attribute", "code": "slice-thickness"}]},
            "valueQuantity": {"value": thickness_mm, "unit": "mm", "code": "mm"},
        }]);
        house.put(&[findings, report]);
    };
    let order = |details: &str| {
        let order = json!({"system": "urn:jingluo:local:h0", "code": "CT-01", "details": [details]});
        let body = json!({"patient": "p0", "orders": [order]});
        let given = Given { params: Vec::new(), body: body.to_string().into_bytes() };
        house.ask(&at("clinician:h0"), "recognition", "check", &given).unwrap()["answers"][0].take()
    };
    put("某型64排螺旋CT", 1.25);
    assert_eq!(order("64排")["answer"], "offer");
    assert_eq!(order("")["answer"], "offer", "an order that names no instrument asks for none");
    let plainer = order("胸部平扫 128排");
    assert_eq!(whys(&plainer), ["other-instrument"], "{plainer}");
    assert!(plainer["why"][0]["detail"]["zh"].as_str().unwrap().contains("64排"), "{plainer}");
    put("某型64排螺旋CT", 1.5);
    let thick = order("64排");
    assert_eq!(whys(&thick), ["slice-too-thick"], "{thick}");
    assert_eq!(thick["why"][0]["detail"]["zh"], "1.5 mm > 1.25 mm");
    // A class is looked for as a whole number: 116 rows are not 16.
    put("某型116排螺旋CT", 1.0);
    assert_eq!(order("64排")["answer"], "offer", "of no class that is listed");
    assert_eq!(order("228排")["answer"], "offer");
}

#[test]
fn an_assessment_speaks_for_its_days_and_is_listed() {
    let house = city();
    house.put(&image("r1", "p1", "h1", 50));
    let assess = |periods: &[(bool, &str, &str)]| {
        let one = |(passed, from, to): &(bool, &str, &str)| {
            json!({"url": "urn:jingluo:laboratory-quality", "extension": [
                {"url": "assessed", "valueBoolean": passed}, {"url": "mark", "valueCode": "national"},
                {"url": "period", "valuePeriod": {"start": from, "end": to}}]})
        };
        house.put(&[json!({"resourceType": "Organization", "id": "h1", "name": "平川市h1医院", "active": true,
            "type": [{"coding": [{"system": "urn:jingluo:institution-kind", "code": "A100"}]}],
            "address": [{"extension": [{"url": "urn:jingluo:area", "valueCode": "339901"}]}],
            "extension": periods.iter().map(one).collect::<Vec<_>>()})]);
    };
    // The order is of 2026-11-18, the result of the 16th.
    assess(&[(true, "2025-01-01", "2026-11-15")]);
    assert_eq!(whys(&check(&house, "CT-01")), ["mark-expired"]);
    assess(&[(true, "2025-01-01", "2026-11-16")]);
    assert_eq!(check(&house, "CT-01")["answer"], "offer");
    assess(&[(true, "2025", "2025"), (true, "2026-11", "2026-12")]);
    assert_eq!(check(&house, "CT-01")["answer"], "offer");
    assess(&[(true, "2025", "2026"), (false, "2026-11-01", "2027-10-31")]);
    assert_eq!(whys(&check(&house, "CT-01")), ["no-mark"]);
    let list = |more: &[(&str, &str)]| {
        let params: Vec<(&str, &str)> = [("institution", "h1")].iter().chain(more).copied().collect();
        let rows = house.list(&at("clinician:h0"), "recognition", "assessments", &params).unwrap()["rows"].clone();
        rows.as_array().unwrap().clone()
    };
    let rows = list(&[]);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["passed"]["code"], &rows[0]["from"], &rows[0]["to"]),
        (&json!("failed"), &json!("2026-11-01"), &json!("2027-10-31"))
    );
    assert_eq!((&rows[1]["from"], &rows[1]["to"]), (&json!("2025-01-01"), &json!("2026-12-31")));
    assert_eq!((&rows[0]["state"]["code"], &rows[0]["level"]["code"]), (&json!("in-force"), &json!("nation")));
    assess(&[(true, "2025", "2025")]);
    assert!(list(&[("state", "in-force")]).is_empty());
    assert_eq!(list(&[("state", "ended")]).len(), 1);
}

#[test]
fn the_card_shows_findings_and_rules_and_never_the_conclusion() {
    let house = city();
    house.put(&image("r1", "p1", "h1", 50));
    house.put(&chem_panel("l1", "p1", ("4.1", "mmol/L")));
    let cx = at("clinician:h0");
    let sources = programs::card_sources();
    let told = cards::answer(&cx, &house.env, &sources, &asked(&house, Hook::OrderSign, "CT-01")).unwrap();
    let shown = &told.cards[0];
    assert_eq!(told.cards.len(), 1);
    assert_eq!(shown.card.kind, CardKind::Offer);
    assert_eq!(shown.card.implicated, ["DiagnosticReport/r1", "Observation/r1-o"]);
    for text in [&shown.card.summary, &shown.card.detail] {
        assert!(!text.zh.contains("感染性病变") && !text.en.contains("感染性病变"));
    }
    assert!(
        shown.card.detail.zh.contains("两肺纹理清晰") && shown.card.detail.zh.contains("220.00"),
        "{:?}",
        shown.card.detail
    );
    assert!(shown.card.summary.zh.chars().count() <= 140 && shown.card.summary.en.chars().count() <= 140);
    let fact = |name: &str| shown.card.facts.iter().find(|(key, _)| *key == name).unwrap().1.clone();
    assert_eq!((fact("item"), fact("fen"), fact("age_hours")), (json!("chestct"), json!(22000), json!(50)));
    assert_eq!((fact("window_hours"), fact("mark"), fact("origin")), (json!(720), json!("全国HR"), json!("h1")));
    assert!(fact("window_rule").as_str().unwrap().contains('/'), "a rule is named with its version");
    assert_eq!(
        shown.reasons.iter().filter(|reason| reason.system == "urn:jingluo:recognition:reason").count(),
        shown.reasons.len()
    );
    assert_eq!(shown.reasons[0].code, "condition-changed");
    // On opening the record all that may be used is in one card.
    let opening = cards::answer(&cx, &house.env, &sources, &asked(&house, Hook::PatientView, "CT-01")).unwrap();
    assert_eq!(opening.cards.len(), 1);
    let detail = &opening.cards[0].card.detail.zh;
    assert!(detail.contains("胸部CT平扫") && detail.contains("电解质四项") && !detail.contains("| 钾 |"), "{detail}");
    // The card as recorded leads back to what it rests on.
    let uuid = shown.uuid.clone();
    house.env.store.write(&cx, told.batch).unwrap();
    house.follow();
    let given = Given { params: vec![("card".to_owned(), uuid)], body: Vec::new() };
    let result = house.ask(&cx, "recognition", "result", &given).unwrap();
    assert_eq!((result["report"]["id"].as_str(), result["observations"][0]["id"].as_str()), (Some("r1"), Some("r1-o")));
    assert_eq!(result["institutions"]["p1"], "平川市h1医院");
    assert_eq!(result["patient"]["name"], "张静");
    let explained = house.ask(&cx, "recognition", "explain", &given).unwrap();
    assert_eq!(explained["rules"][1]["table"], "recognition.window");
    assert_eq!(explained["rules"][1]["row"]["values"]["hours"], "720");
    assert_eq!(explained["now"]["answer"], "offer", "{explained}");
    assert_eq!(house.ask(&at("clinician:h1"), "recognition", "result", &given).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn an_order_elsewhere_is_information() {
    let house = city();
    house.put(&[json!({"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
        "meta": {"source": "urn:jingluo:institution:h1"}, "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "urn:jingluo:local:h1", "code": "3001"}]},
        "authoredOn": hours_ago(5), "occurrenceDateTime": hours_ago(-20)})]);
    let answer = check(&house, "CT-01");
    assert_eq!(
        (answer["answer"].as_str(), answer["why"][0]["reference"].as_str()),
        (Some("pending"), Some("ServiceRequest/s1"))
    );
    house.put(&image("r1", "p1", "h1", 50));
    assert_eq!(check(&house, "CT-01")["answer"], "offer");
}

#[test]
fn codes_are_counted_suggested_confirmed_and_taken_back() {
    let house = city();
    let mut records = image("r1", "p2", "h2", 50);
    records[1]["code"] =
        json!({"coding": [{"system": "urn:jingluo:local:h2", "code": "X-9", "display": "胸部CT平扫"}]});
    house.put(&records);
    let ask = |who: &str, params: &[(&str, &str)]| {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        house.ask(&at(who), "recognition", "codes", &Given { params, body: Vec::new() }).unwrap()
    };
    let page = ask("officer:wjw", &[("state", "unmapped")]);
    let row = &page["rows"][0];
    assert_eq!(
        (row["code"].as_str(), row["count"].as_i64(), page["total"].as_i64()),
        (Some("X-9"), Some(1), Some(1)),
        "{page}"
    );
    assert_eq!(row["suggestions"][0]["item"], "chestct");
    assert!(row["suggestions"][0]["confidence"].as_i64().unwrap() >= 90);
    assert_eq!(ask("clinician:h1", &[("institution", "h2")])["total"], 0);
    let map = |who: &str, item: Value| {
        let body = json!({"maps": [{"institution": "h2", "system": "urn:jingluo:local:h2", "code": "X-9", "name": "胸部CT平扫", "item": item}]});
        house.ask(&at(who), "recognition", "map", &Given { params: Vec::new(), body: body.to_string().into_bytes() })
    };
    assert_eq!(map("officer:h1", json!("chestct")).unwrap_err().kind, Kind::Forbidden);
    assert_eq!(map("officer:wjw", json!("no-such-item")).unwrap_err().kind, Kind::Invalid);
    assert_eq!(map("officer:wjw", json!("chestct")).unwrap()["mapped"], 1);
    assert_eq!(ask("officer:wjw", &[("state", "mapped"), ("institution", "h2")])["rows"][0]["item"]["code"], "chestct");
    assert_eq!(ask("officer:wjw", &[("state", "mapped"), ("institution", "h2")])["rows"][0]["by"], "map");
    // Of a registration that is only probable it is still told by its reason alone.
    assert_eq!(whys(&check(&house, "CT-01")), ["identity-not-certain"]);
    assert_eq!(map("officer:wjw", Value::Null).unwrap()["mapped"], 1);
    assert_eq!(ask("officer:wjw", &[("state", "unmapped")])["total"], 1);
}

#[test]
fn the_catalogue_of_a_day_has_windows_marks_and_reasons() {
    let house = city();
    let ask = |params: &[(&str, &str)]| {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        house.ask(&at("clinician:h0"), "recognition", "items", &Given { params, body: Vec::new() })
    };
    let all = ask(&[]).unwrap();
    assert!(all["items"].as_array().unwrap().len() > 130 && all["reasons"].as_array().unwrap().len() >= 6);
    let found = ask(&[("q", "xbct")]).unwrap();
    let item = &found["items"][0];
    assert_eq!((found["items"].as_array().unwrap().len(), item["item"].as_str()), (1, Some("chestct")), "{found}");
    assert_eq!(item["windows"].as_array().unwrap().len(), 2);
    assert_eq!(item["local"][0]["code"], "CT-01");
    assert_eq!(ask(&[("q", "CT-01")]).unwrap()["items"][0]["item"], "chestct");
    assert_eq!(ask(&[("on", "2020-01-01")]).unwrap()["items"], json!([]));
    assert_eq!(ask(&[("on", "gestern")]).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_change_of_the_rules_is_tried_on_the_orders_of_the_month() {
    let house = city();
    house.put(&image("r1", "p1", "h1", 100));
    let order = |id: &str, hours: i64| {
        json!({"resourceType": "ServiceRequest", "id": id, "status": "completed", "intent": "order",
            "meta": {"source": "urn:jingluo:institution:h0"}, "subject": {"reference": "Patient/p0"},
            "code": {"coding": [{"system": "urn:jingluo:local:h0", "code": "CT-01"}]}, "authoredOn": hours_ago(hours)})
    };
    house.put(&[order("s1", 30), order("s2", 95), order("s3", 200), order("s4", 24 * 40)]);
    let mut cx = at("officer:wjw");
    cx.who.account = 77;
    let ledger = rules::ledger(&house.env, &programs::rule_tables()).unwrap();
    // From next month on a day; both orders that were answered by the report would find it too old or not.
    let wanted = |hours: &str, from: &str| {
        let fields = [
            ("scope", "city"),
            ("from", from),
            ("source", "试行"),
            ("item", "chestct"),
            ("state", "outpatient"),
            ("hours", hours),
        ];
        let owned = fields.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        rules::Wanted::Row(owned.collect())
    };
    for (hours, from, before, after) in
        [("24", "2026-11-01", 2, 1), ("24", "2026-12-15", 2, 1), ("720", "2026-12-15", 2, 2)]
    {
        let wanted = wanted(hours, from);
        let tried = rules::Tried::Wanted("recognition.window", &wanted);
        let told = rules::trial(&cx, &house.env, &ledger, &tried).unwrap();
        let found = &told["found"];
        let figure = |nth: usize| (found["figures"][nth]["before"].as_i64(), found["figures"][nth]["after"].as_i64());
        assert_eq!(figure(0), (Some(3), Some(3)), "{told}");
        assert_eq!(figure(1), (Some(before), Some(after)), "{told}");
        // The officer is told of no patient.
        let text = found.to_string();
        assert!(!text.contains("ServiceRequest") && !text.contains("p0"), "{text}");
    }
    // What was read for that is the officer's doing.
    house.put(&[order("s5", 1)]);
    let query = AuditQuery { patients: Some(vec!["p0".to_owned()]), count: 10_000, ..AuditQuery::default() };
    let rows = house.env.store.audit(&query).unwrap();
    let readers: Vec<(i64, Purpose)> =
        rows.iter().filter(|row| row.at == NOW).map(|row| (row.account, row.purpose)).collect();
    assert!(!readers.is_empty() && readers.iter().all(|one| *one == (77, Purpose::PublicHealth)), "{readers:?}");
}
