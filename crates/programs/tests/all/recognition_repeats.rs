//! Examinations made again within their window: found over all institutions, whatever came first.

use crate::harness::{House, somebody};
use crate::recognition_figures::{MARCH, alert, ask, city, put};
use base::Cx;
use runtime::rebuild;
use serde_json::{Value, json};

/// A blood count (window 168 hours) of a registration, at so many hours after the first of March.
fn count(id: &str, org: &str, hours: i64) -> Value {
    let at = base::zone::instant_text(1_772_294_400_000 + hours * 3_600_000);
    json!({"resourceType": "DiagnosticReport", "id": id, "status": "final",
        "meta": {"source": format!("urn:jingluo:institution:{org}")},
        "extension": [{"url": "urn:jingluo:mark", "valueString": "平川HR"}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]},
        "subject": {"reference": format!("Patient/p-{org}")}, "effectiveDateTime": at, "issued": at,
        "performer": [{"reference": format!("Organization/{org}")}]})
}

fn person(linked: &[&str]) -> Value {
    let links: Vec<Value> = linked
        .iter()
        .map(|org| json!({"target": {"reference": format!("Patient/p-{org}")}, "assurance": "level3"}))
        .collect();
    json!({"resourceType": "Person", "id": "person", "link": links})
}

/// Report and what it repeats, as `integration` sees them.
fn repeats(house: &House) -> Vec<(String, String)> {
    let params: Vec<(&str, &str)> = MARCH.iter().copied().chain([("count", "500")]).collect();
    let list = house.list(&somebody("integration"), "recognition", "repeats", &params).unwrap();
    let mut found: Vec<(String, String)> = list["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row["before_report"]["id"].as_str().unwrap().to_owned()))
        .collect();
    found.sort();
    found
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(report, before)| ((*report).to_owned(), (*before).to_owned())).collect()
}

#[test]
fn a_repeat_is_found_in_whatever_order_things_come() {
    let all = [
        count("r1", "h1", 0),
        count("r2", "h1", 48),
        count("r3", "h2", 100),
        count("r4", "h1", 400),
        person(&["h1", "h2"]),
    ];
    let wanted = pairs(&[("r2", "r1"), ("r3", "r2")]);
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1], [3, 0, 4, 2, 1]] {
        let house = city();
        for at in order {
            house.put(&[all[at].clone()]);
        }
        assert_eq!(repeats(&house), wanted, "{order:?}");
        // All at once.
        let together = city();
        together.put(&order.map(|at| all[at].clone()));
        assert_eq!(repeats(&together), wanted, "{order:?} together");
    }
}

#[test]
fn what_changes_or_goes_is_counted_as_it_stands() {
    let house = city();
    house.put(&[count("r1", "h1", 0), count("r2", "h1", 48), count("r3", "h2", 100), person(&["h1", "h2"])]);
    assert_eq!(repeats(&house), pairs(&[("r2", "r1"), ("r3", "r2")]));
    // Sent again: nothing new.
    house.put(&[count("r2", "h1", 48)]);
    assert_eq!(repeats(&house), pairs(&[("r2", "r1"), ("r3", "r2")]));
    // The link turned out to be wrong.
    house.put(&[person(&["h1"])]);
    assert_eq!(repeats(&house), pairs(&[("r2", "r1")]));
    house.put(&[person(&["h1", "h2"])]);
    // A withdrawn report is no examination; the one after it repeats the one before.
    let mut withdrawn = count("r2", "h1", 48);
    withdrawn["status"] = json!("entered-in-error");
    house.put(&[withdrawn]);
    assert_eq!(repeats(&house), pairs(&[("r3", "r1")]));
    house.delete("DiagnosticReport", "r1");
    assert_eq!(repeats(&house), []);
    house.put(&[count("r2", "h1", 48)]);
    assert_eq!(repeats(&house), pairs(&[("r3", "r2")]));
    let before = repeats(&house);
    let reactions = programs::reactions();
    let keeper = rebuild::keeper(&reactions, "recognition.repeats").unwrap();
    rebuild::begin(&Cx::platform(), &house.env.store, keeper).unwrap();
    assert_eq!(repeats(&house), []);
    house.follow();
    assert_eq!(repeats(&house), before);
}

/// A map of `h1` from its own codes to items.
fn map(codes: &[(&str, &str)]) -> Value {
    let element =
        |(code, item): &(&str, &str)| json!({"code": code, "target": [{"code": item, "equivalence": "equivalent"}]});
    json!({"resourceType": "ConceptMap", "id": "recognition-codes-h1", "status": "active",
        "url": "urn:jingluo:recognition:codes:h1", "group": [{"source": "urn:jingluo:local:h1",
            "target": "urn:jingluo:recognition:item", "element": codes.iter().map(element).collect::<Vec<_>>()}]})
}

#[test]
fn a_code_that_is_mapped_later_finds_the_repeats_of_before() {
    let house = city();
    let local = |id: &str, code: &str, hours: i64| {
        let mut report = count(id, "h1", hours);
        report["code"]["coding"] = json!([{"system": "urn:jingluo:local:h1", "code": code}]);
        report
    };
    // More than one step, of a code that nobody has mapped, and one of another hospital under its own.
    let many: Vec<Value> = (0..230).map(|nth| local(&format!("a{nth:03}"), "A", nth)).collect();
    house.put(&many);
    house.put(&[local("b1", "B", 300), local("b2", "B", 310), count("r1", "h2", 320), person(&["h1", "h2"])]);
    assert!(repeats(&house).is_empty());
    let tally = |house: &House| house.env.store.tally_read("recognition.reports", "h1|marked", 0, 99_999).unwrap();
    let counted = tally(&house);
    house.put(&[map(&[("A", "cbc")])]);
    let found = repeats(&house);
    assert_eq!((found.len(), &found[0].1), (230, &"a000".to_owned()), "each repeats the one before");
    assert_eq!(found[229], ("r1".to_owned(), "a229".to_owned()));
    assert_eq!(tally(&house), counted, "the reports are no more than before");
    // The other code, too; then the first one means something else, and then nothing.
    house.put(&[map(&[("A", "cbc"), ("B", "cbc")])]);
    assert_eq!(repeats(&house).len(), 232);
    house.put(&[map(&[("A", "glucose"), ("B", "cbc")])]);
    let cbc = |house: &House| -> Vec<(String, String)> {
        repeats(house).into_iter().filter(|(report, _)| !report.starts_with('a')).collect()
    };
    assert_eq!(cbc(&house), pairs(&[("b2", "b1"), ("r1", "b2")]));
    house.delete("ConceptMap", "recognition-codes-h1");
    assert!(repeats(&house).is_empty());
    // A rebuild ends at the same.
    house.put(&[map(&[("A", "cbc"), ("B", "cbc")])]);
    let before = repeats(&house);
    assert_eq!(before.len(), 232);
    let reactions = programs::reactions();
    rebuild::begin(&Cx::platform(), &house.env.store, rebuild::keeper(&reactions, "recognition.repeats").unwrap())
        .unwrap();
    house.follow();
    assert_eq!(repeats(&house), before);
}

#[test]
fn the_state_of_the_patient_and_the_order_decide() {
    let house = city();
    let visit = |id: &str, class: &str| {
        json!({"resourceType": "Encounter", "id": id, "status": "finished", "class": {"code": class},
            "subject": {"reference": "Patient/p-h1"}})
    };
    let with = |mut report: Value, key: &str, value: Value| {
        report[key] = value;
        report
    };
    house.put(&[visit("emergency", "EMER"), count("r1", "h1", 0)]);
    // No window holds in an emergency.
    house.put(&[with(count("r2", "h1", 10), "encounter", json!({"reference": "Encounter/emergency"}))]);
    assert_eq!(repeats(&house), []);
    // Two reports of one order are one examination.
    let order = json!([{"reference": "ServiceRequest/s1"}]);
    house
        .put(&[with(count("r3", "h1", 300), "basedOn", order.clone()), with(count("r4", "h1", 301), "basedOn", order)]);
    assert_eq!(repeats(&house), []);
}

#[test]
fn clinicians_see_their_own_and_officers_counts() {
    let house = city();
    house.put(&[person(&["h1", "h2"]), count("r0", "h2", -2)]);
    for nth in 0..8 {
        house.put(&[count(&format!("r{}", nth + 1), "h1", nth * 24)]);
    }
    let list = |who: &str, more: &[(&str, &str)]| {
        let params: Vec<(&str, &str)> = MARCH.iter().chain(more).copied().collect();
        house.list(&somebody(who), "recognition", "repeats", &params).unwrap()["rows"].as_array().unwrap().clone()
    };
    let own = list("clinician:h1", &[]);
    assert_eq!(own.len(), 8);
    let abroad = own.iter().find(|row| row["id"] == "r1").unwrap();
    assert_eq!(
        (&abroad["own"], &abroad["before_institution"], &abroad["before_report"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    assert_eq!(list("clinician:h1", &[("own", "true")]).len(), 7);
    assert!(list("clinician:h2", &[]).is_empty());
    let officer = list("officer:d1", &[]);
    assert_eq!(officer.len(), 1);
    assert_eq!((&officer[0]["count"], &officer[0]["item"]["code"]), (&json!(8), &json!("cbc")));
    assert!(officer[0].get("patient").is_none_or(Value::is_null));
    assert!(list("officer:d2", &[]).is_empty());
}

#[test]
fn the_supervisor_sees_who_never_does_and_what_repeats_most() {
    let house = city();
    let refused = |nth: i64| alert(format!("o{nth}"), "c1", "glucose", 500).with("overridden", "emergency");
    put(&house, &(0..12).map(refused).collect::<Vec<_>>());
    let accepted = |nth: i64| alert(format!("a{nth}"), "h1", "glucose", 500).with("accepted", "");
    put(&house, &(0..30).map(accepted).collect::<Vec<_>>());
    for nth in 0..12 {
        house.put(&[count(&format!("r{nth}"), "h1", nth * 24)]);
        let mut plain = count(&format!("p{nth}"), "c1", nth * 400);
        plain["extension"] = json!([]);
        plain.as_object_mut().unwrap().remove("extension");
        house.put(&[plain]);
    }
    let page = ask(&house, "officer:d1", "supervision", &MARCH).unwrap();
    let hospital = |id: &str| {
        let rows = page["hospitals"].as_array().unwrap();
        rows.iter().find(|row| row["institution"]["id"] == id).unwrap_or_else(|| panic!("no {id} in {page}")).clone()
    };
    let (h1, c1) = (hospital("h1"), hospital("c1"));
    assert_eq!((&h1["shown"], &h1["never_recognises"], &h1["never_marks"]), (&json!(30), &json!(false), &json!(false)));
    assert_eq!((&c1["shown"], &c1["never_recognises"]), (&json!(12), &json!(true)));
    assert_eq!(c1["reasons"][0]["code"], "emergency");
    let doctor = page["doctors"].as_array().unwrap().iter().find(|row| row["institution"]["id"] == "c1").unwrap();
    assert_eq!((&doctor["never_recognises"], &doctor["department"]), (&json!(true), &json!("内科")));
    let whose = &page["refused"][0];
    assert_eq!((&whose["institution"]["id"], &whose["count"]), (&json!("h2"), &json!(12)));
    let item = &page["repeats"][0];
    assert_eq!((&item["item"]["code"], &item["count"], &item["fen"]), (&json!("cbc"), &json!(11), &json!(22_000)));
    assert!(ask(&house, "clinician:h1", "supervision", &MARCH).is_err());
    let other = ask(&house, "officer:d2", "supervision", &MARCH).unwrap();
    assert_eq!((&other["hospitals"], &other["doctors"], &other["repeats"]), (&json!([]), &json!([]), &json!([])));
}

#[test]
fn what_is_kept_back_is_no_repeat_that_others_hear_of() {
    let house = city();
    let mut kept = count("r1", "h1", 0);
    kept["meta"]["security"] =
        json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
    house.put(&[kept, count("r2", "h2", 48), person(&["h1", "h2"])]);
    assert!(repeats(&house).is_empty());
    house.put(&[count("r1", "h1", 0)]);
    assert_eq!(repeats(&house), pairs(&[("r2", "r1")]));
}
