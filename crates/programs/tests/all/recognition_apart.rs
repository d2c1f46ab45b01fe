//! A result was recognised, and later its registration turns out not to be certainly the patient's: who relied on it is told.

use crate::harness::House;
use crate::recognition_figures::{MARCH, alert, ask, city};
use crate::recognition_follow::{notices, read, report};
use serde_json::{Value, json};

/// A Person with these registrations and grades.
fn person(id: &str, linked: &[(&str, &str)]) -> Value {
    let link =
        |(org, level): &(&str, &str)| json!({"target": {"reference": format!("Patient/p-{org}")}, "assurance": level});
    json!({"resourceType": "Person", "id": id, "link": linked.iter().map(link).collect::<Vec<_>>()})
}

/// An alert at `h1` on report `r1` of `h2`, shown now; answered, where an outcome is named.
fn shown(house: &House, outcome: Option<&'static str>) {
    let alert = alert("a1", "h1", "glucose", 500);
    let mut json = match outcome {
        Some(outcome) => alert.with(outcome, "").json(),
        None => alert.json(),
    };
    json["identifiedDateTime"] = base::zone::instant_text(base::Clock::System.now()).into();
    house.put(&[json]);
}

/// Both registrations one resident's, a result of `h2`, and who relied on it at `h1`.
fn relied() -> House {
    let house = city();
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level3")]), report("r1", "final")]);
    shown(&house, Some("accepted"));
    assert!(notices(&house, "clinician:h1", &[]).is_empty());
    house
}

fn told(house: &House) -> usize {
    notices(house, "clinician:h1", &[]).len()
}

#[test]
fn who_relied_on_what_is_another_persons_is_told_once() {
    let house = relied();
    house.put(&[person("zhang", &[("h1", "level3")]), person("li", &[("h2", "level3")])]);
    let notice = &notices(&house, "clinician:h1", &[])[0];
    assert_eq!((&notice["kind"]["code"], &notice["patient"]["id"]), (&json!("identity"), &json!("p-h1")));
    assert!(notice["text"].as_str().unwrap().contains("身份关联已不再确认"), "{notice}");
    assert!(notice["text_en"].as_str().unwrap().contains("no longer certain"), "{notice}");
    let chart = read(&house, "DetectedIssue", "a1");
    assert_eq!(chart["status"], "amended");
    assert_eq!(chart["mitigation"][1]["action"]["coding"][0]["code"], "identity");
    let sent = read(&house, "Communication", "a1-1");
    assert_eq!(sent["priority"], "urgent");
    assert!(!sent.to_string().contains("Person/"), "who the other one is, is not told: {sent}");
    let totals = ask(&house, "integration", "statistics", &MARCH).unwrap()["totals"].clone();
    assert_eq!(totals["shown"], 0, "it was shown today");
    // Other changes of the Persons, and the card again, tell nothing new.
    house.put(&[person("zhang", &[("h1", "level4")]), person("li", &[("h2", "level4")])]);
    house.put(&[chart]);
    assert_eq!(told(&house), 1);
}

#[test]
fn a_lower_grade_a_deleted_person_and_a_second_claim_part_them_too() {
    let house = relied();
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level2")])]);
    assert_eq!(told(&house), 1);
    // Restored, and undone again: the doctor is told again.
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level3")])]);
    assert_eq!(told(&house), 1);
    house.put(&[person("zhang", &[("h2", "level3")])]);
    assert_eq!(told(&house), 2);
    assert_eq!(read(&house, "DetectedIssue", "a1")["mitigation"].as_array().unwrap().len(), 3);

    let house = relied();
    house.delete("Person", "zhang");
    assert_eq!(told(&house), 1);

    let house = relied();
    house.put(&[person("li", &[("h2", "level2")])]);
    assert_eq!(told(&house), 1);
    house.put(&[person("li", &[("h2", "level3"), ("c1", "level3")])]);
    assert_eq!(told(&house), 1);
}

#[test]
fn who_chose_after_the_link_was_undone_is_told_and_who_did_not_rely_on_it_is_not() {
    let house = city();
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level3")]), report("r1", "final")]);
    shown(&house, None);
    house.put(&[person("zhang", &[("h1", "level3")])]);
    assert_eq!(told(&house), 0, "nobody has relied on it");
    let mut issue = read(&house, "DetectedIssue", "a1");
    let accepted = alert("a1", "h1", "glucose", 500).with("accepted", "").json();
    (issue["mitigation"], issue["status"]) = (accepted["mitigation"].clone(), "final".into());
    house.put(&[issue]);
    assert_eq!(told(&house), 1);

    let house = city();
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level3")]), report("r1", "final")]);
    shown(&house, Some("overridden"));
    house.put(&[person("zhang", &[("h1", "level3")])]);
    assert_eq!(told(&house), 0);
    // Links of others, and new ones, part nothing.
    let house = relied();
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level3"), ("c1", "level3")])]);
    house.put(&[person("zhang", &[("h1", "level3"), ("h2", "level3")])]);
    assert_eq!(told(&house), 0);
}
