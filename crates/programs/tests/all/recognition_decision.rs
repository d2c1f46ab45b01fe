//! The decision of mutual recognition: cases of `given/decisions.json`, and what holds whatever is given.

use crate::harness::House;
use base::{Cx, Millis};
use programs::recognition::model::{
    Answer, Assessment, Book, Circumstances, Dated, Decision, Found, HOUR_MILLIS, Here, MarkLevel, Ordered,
    PatientState, Question, Status, Value as Said, Why,
};
use programs::recognition::{book, rules};
use proptest::prelude::*;
use runtime::rules::{Place, Seeds};
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

const NOW: Millis = 1_795_000_000_000;
const DAY: i32 = (NOW / 86_400_000) as i32;

/// The shipped rules in a city of their own.
fn shipped(district: &str) -> Book {
    let house = House::new();
    runtime::rules::lay(&Cx::platform(), &house.env.store, &programs::rule_tables(), Seeds::Demonstration).unwrap();
    let rules = runtime::rules::of(&house.env, &programs::rule_tables()).unwrap();
    let place = Place { district: Some(district.to_owned()), institution: Some("h0".to_owned()) };
    book::compile(&rules, DAY, &place).unwrap()
}

static BOOK: LazyLock<Book> = LazyLock::new(|| shipped("339901"));

fn ago(hours: &Value, otherwise: Option<Millis>) -> Option<Millis> {
    match hours {
        Value::Number(hours) => Some(NOW - (hours.as_f64().unwrap() * HOUR_MILLIS as f64) as Millis),
        _ => otherwise,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The given one, or what is usual where it is left out.
fn or<'a>(given: &'a Value, key: &str, usual: &'a Value) -> &'a Value {
    given.get(key).unwrap_or(usual)
}

fn found(given: &Value) -> Found {
    let (h1, mark, yes) = (Value::from("h1"), Value::from("全国HR"), Value::from(true));
    let nation = serde_json::json!([true, "nation"]);
    let taken = ago(&given["age_hours"], None);
    let value = match (given["number"].is_string(), text(&given["text"])) {
        _ if given["unseen"] == true => Said::Unseen,
        (_, Some(text)) => Said::Text(text),
        (true, None) => {
            let number = text(&given["number"]).unwrap();
            Said::Quantity { shown: number.clone(), number, unit: text(&given["unit"]) }
        }
        (false, None) => Said::Missing,
    };
    let assessed = or(given, "assessed", &nation).as_array();
    Found {
        item: text(&given["item"]),
        name: "报告".to_owned(),
        report: text(&given["report"]).unwrap(),
        institution: text(or(given, "institution", &h1)),
        assessed: assessed.map(|all| assessments(all)).unwrap_or_default(),
        certain: or(given, "certain", &yes) == true,
        status: match given["status"].as_str() {
            Some(name) => [Status::Corrected, Status::Preliminary, Status::Withdrawn]
                .into_iter()
                .find(|status| status.code() == name)
                .unwrap(),
            None => Status::Final,
        },
        taken,
        issued: ago(&given["issued_hours"], taken),
        arrived: ago(&given["arrived_hours"], Some(NOW)).unwrap(),
        value,
        mark: text(or(given, "mark", &mark)),
        method: text(&given["method"]),
        instrument: text(&given["instrument"]),
        thickness_um: given["thickness_um"].as_i64(),
        specimen: text(&given["specimen"]),
        restricted: given["restricted"] == true,
        number: given["number"].as_array().map(|pair| (text(&pair[0]).unwrap(), text(&pair[1]).unwrap())),
        ..Found::default()
    }
}

fn ordered(given: &Value) -> Ordered {
    Ordered {
        item: text(&given["item"]),
        order: "o1".to_owned(),
        institution: Some("h1".to_owned()),
        institution_name: None,
        ordered: ago(&given["ordered_hours"], None),
        due: ago(&given["due_hours"], None),
        certain: given["certain"] != false,
    }
}

/// `[passed, reach, from, to]`, or several of these; days are counted from the order.
fn assessments(given: &[Value]) -> Arc<[Assessment]> {
    if given.first().is_some_and(Value::is_array) {
        return given.iter().flat_map(|one| assessments(one.as_array().unwrap()).to_vec()).collect();
    }
    let day = |at: usize| given.get(at)?.as_i64().map(|days| DAY + days as i32);
    let level = given[1].as_str().and_then(MarkLevel::named);
    [Assessment { passed: given[0] == true, level, from: day(2), to: day(3) }].into()
}

fn passed(passed: bool) -> Assessment {
    Assessment { passed, level: Some(MarkLevel::Nation), from: None, to: None }
}

fn texts(given: &Value) -> Vec<String> {
    given.as_array().into_iter().flatten().filter_map(text).collect()
}

/// What a case says of its item beside the shipped row.
fn with_attributes(mut book: Book, case: &Value) -> Book {
    if let Some(item) = book.items.get_mut(case["item"].as_str().unwrap()) {
        item.instruments = texts(&case["instruments"]);
        item.thickness_max_um = case["thickness_max_um"].as_i64();
    }
    book
}

/// Rights of single institutions beside the shipped ones; days are counted from the order.
fn with_rights(book: &Book, given: &Value) -> Book {
    let mut book = book.clone();
    for right in given.as_array().into_iter().flatten() {
        let item = text(&right["item"]).unwrap_or_else(|| "*".to_owned());
        let of_mark = book.rights.entry(text(&right["mark"]).unwrap()).or_default();
        let of_institution = of_mark.entry(text(&right["institution"]).unwrap()).or_default();
        of_institution.entry(item).or_default().push(Dated {
            from: DAY + right["from"].as_i64().map_or(-400, |days| days as i32),
            to: right["to"].as_i64().map(|days| DAY + days as i32),
            by_event: true,
            rule: "rule-x/1".to_owned(),
            sure: true,
            lifted: false,
            value: right["granted"] != false,
        });
    }
    book
}

fn decide(case: &Value) -> Decision {
    let results: Vec<Found> = case["results"].as_array().unwrap().iter().map(found).collect();
    let orders: Vec<Ordered> = case["ordered"].as_array().into_iter().flatten().map(ordered).collect();
    let here = Here {
        institution: Some("h0".to_owned()),
        district: text(&case["here"]["district"]).or_else(|| Some("339901".to_owned())),
        consortia: Vec::new(),
    };
    let circumstances = Circumstances {
        encounter_reasons: texts(&case["encounter_reasons"]),
        severities: texts(&case["severities"]),
        order_reasons: texts(&case["order_reasons"]),
        own_method: text(&case["own_method"]),
        own_instrument: text(&case["own_instrument"]),
    };
    rules::decide(&Question {
        now: NOW,
        item: case["item"].as_str().unwrap(),
        state: PatientState::named(case["state"].as_str().unwrap()).unwrap(),
        here: &here,
        results: &results,
        ordered: &orders,
        circumstances: &circumstances,
        book: &with_attributes(with_rights(&BOOK, &case["rights"]), case),
        day_of: &|at| (at / 86_400_000) as i32,
    })
}

#[test]
fn the_decisions_are_as_given() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recognition/given/decisions.json");
    let given: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for case in given["cases"].as_array().unwrap() {
        let decision = decide(case);
        let place = format!("{}\n{decision:#?}", case["name"]);
        let (answer, reports, missing) = match &decision.answer {
            Answer::Offer(offer) => ("offer", offer.reports.clone(), Vec::new()),
            Answer::Partly { offer, missing } => ("partly", offer.reports.clone(), missing.clone()),
            Answer::Pending(_) => ("pending", Vec::new(), Vec::new()),
            Answer::None(_) => ("none", Vec::new(), Vec::new()),
        };
        assert_eq!(answer, case["answer"].as_str().unwrap(), "{place}");
        if case["reports"].is_array() {
            assert_eq!(reports, texts(&case["reports"]), "{place}");
        }
        assert_eq!(missing, texts(&case["missing"]), "{place}");
        if let (Answer::None(refusal), Some(why)) = (&decision.answer, case["why"].as_str()) {
            assert_eq!(refusal.why.code(), why, "{place}");
        }
        if case["refused"].is_array() {
            let refused: Vec<String> = decision.refused.iter().map(|one| one.why.code().to_owned()).collect();
            assert_eq!(refused, texts(&case["refused"]), "{place}");
        }
        if let (Answer::Offer(offer), Some(mark)) = (&decision.answer, case.get("mark")) {
            let held = offer.parts[0].mark.as_ref().map(|mark| mark.code.clone());
            assert_eq!(held, text(mark), "{place}");
        }
    }
}

#[test]
fn every_reason_has_a_case_or_a_test_of_its_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/recognition/given/decisions.json");
    let text = std::fs::read_to_string(path).unwrap();
    let given: Value = serde_json::from_str(&text).unwrap();
    let mut met: HashSet<Why> = HashSet::new();
    for case in given["cases"].as_array().unwrap() {
        let decision = decide(case);
        met.extend(decision.refused.iter().map(|one| one.why));
        if let Answer::None(refusal) = decision.answer {
            met.insert(refusal.why);
        }
    }
    // Told by other tests: an item without a window, fasting, parts named in an explanation, cases without a word.
    let elsewhere = [Why::NoWindow, Why::NotFasting, Why::Incomplete, Why::OtherCase];
    let missing: Vec<Why> = Why::ALL.into_iter().filter(|why| !met.contains(why) && !elsewhere.contains(why)).collect();
    assert_eq!(missing, []);
}

#[test]
fn a_catalogue_that_asks_for_fasting_gets_it_told() {
    let mut book = BOOK.clone();
    book.items.get_mut("fpg").unwrap().fasting = true;
    let result = |fasting| Found {
        fasting,
        ..found(
            &serde_json::json!({ "report": "r1", "item": "fpg", "age_hours": 5, "number": "5.1", "unit": "mmol/L" }),
        )
    };
    for (fasting, why) in [(Some(true), None), (Some(false), Some(Why::NotFasting)), (None, Some(Why::NotFasting))] {
        let results = [result(fasting)];
        let decision = asked(&book, "fpg", PatientState::Outpatient, &results);
        assert_eq!(decision.refused.first().map(|one| one.why), why, "{fasting:?}");
    }
}

#[test]
fn a_window_may_depend_on_the_reach_of_the_mark_and_be_lifted() {
    let mut book = BOOK.clone();
    let windows = book.windows.get_mut("chestct").unwrap();
    let mut narrow = windows.iter().find(|window| window.state == PatientState::Outpatient).unwrap().clone();
    narrow.level = Some(MarkLevel::Nation);
    narrow.rows[0].value = 24;
    windows.push(narrow);
    let results = [found(&serde_json::json!({ "report": "r1", "item": "chestct", "age_hours": 30, "text": "所见" }))];
    let decision = asked(&book, "chestct", PatientState::Outpatient, &results);
    assert_eq!(decision.refused[0].why, Why::TooOld);
    for window in book.windows.get_mut("chestct").unwrap() {
        window.rows.iter_mut().for_each(|row| row.lifted = true);
    }
    let decision = asked(&book, "chestct", PatientState::Outpatient, &results);
    assert!(matches!(decision.answer, Answer::None(refusal) if refusal.why == Why::NoWindow));
}

fn asked(book: &Book, item: &str, state: PatientState, results: &[Found]) -> Decision {
    let here = Here {
        institution: Some("h0".to_owned()),
        district: Some("339901".to_owned()),
        consortia: vec!["u".to_owned()],
    };
    rules::decide(&Question {
        now: NOW,
        item,
        state,
        here: &here,
        results,
        ordered: &[],
        circumstances: &Circumstances::default(),
        book,
        day_of: &|at| (at / 86_400_000) as i32,
    })
}

/// Any result, most of them wrong in some way.
fn any_result() -> impl Strategy<Value = Found> {
    let items =
        prop::sample::select(vec![None, Some("k"), Some("na"), Some("cl"), Some("ca"), Some("chestct"), Some("chem")]);
    let marks = prop::sample::select(vec![None, Some("全国HR"), Some("平川HR"), Some("鄂HR"), Some("?")]);
    let hours = -200i64..2_000;
    (items, marks, hours.clone(), hours.clone(), hours, 0u8..4, any::<[bool; 5]>(), 0usize..4).prop_map(
        |(item, mark, taken, issued, arrived, status, flags, nth)| Found {
            item: item.map(str::to_owned),
            report: format!("r{nth}"),
            institution: (!flags[0]).then(|| format!("h{}", nth % 3)),
            assessed: flags[1].then_some(passed(flags[2])).into_iter().collect(),
            certain: flags[3],
            restricted: flags[4] && nth == 0,
            status: [Status::Final, Status::Corrected, Status::Preliminary, Status::Withdrawn][usize::from(status)],
            taken: Some(NOW - taken * HOUR_MILLIS),
            issued: Some(NOW - issued * HOUR_MILLIS),
            arrived: NOW - arrived * HOUR_MILLIS,
            value: Said::Quantity {
                number: "4".to_owned(),
                unit: Some(if nth == 1 { "g/L" } else { "mmol/L" }.to_owned()),
                shown: "4".to_owned(),
            },
            mark: mark.map(str::to_owned),
            number: (nth == 3).then(|| ("s".to_owned(), "1".to_owned())),
            ..Found::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever there is, only what is final, certain, shown, marked, in time and within its window is offered; every
    /// part is there; and nothing of what is refused changes when it is asked again.
    #[test]
    fn what_is_offered_qualifies(results in prop::collection::vec(any_result(), 0..24), emergency in any::<bool>()) {
        let state = if emergency { PatientState::Emergency } else { PatientState::Outpatient };
        for item in ["chem", "k", "chestct"] {
            let decision = asked(&BOOK, item, state, &results);
            prop_assert_eq!(&decision, &asked(&BOOK, item, state, &results));
            let offer = match &decision.answer {
                Answer::Offer(offer) => offer,
                Answer::Partly { offer, missing } => {
                    prop_assert!(!missing.is_empty() && !offer.parts.is_empty());
                    offer
                }
                _ => continue,
            };
            prop_assert!(!emergency);
            let parts = BOOK.items[item].tests();
            for held in &offer.parts {
                let found = &results[held.result];
                prop_assert!(parts.contains(&held.item.as_str()) && found.item.as_deref() == Some(&held.item));
                prop_assert!(found.certain && !found.restricted);
                prop_assert!(matches!(found.status, Status::Final | Status::Corrected));
                let taken = found.taken.unwrap();
                prop_assert!(taken <= NOW + 600_000 && found.issued.unwrap() <= NOW + 600_000);
                prop_assert!(found.issued.unwrap() + 600_000 >= taken && found.issued.unwrap() <= found.arrived + 600_000);
                prop_assert!(held.age_hours <= held.window_hours);
                prop_assert!(held.mark.is_some() || found.institution.as_deref() == Some("h0"));
                if let Some(mark) = &held.mark {
                    prop_assert!(*found.assessed == [passed(true)]);
                    prop_assert!(mark.code == "全国HR" || mark.code == "平川HR");
                }
                prop_assert!(!decision.refused.iter().any(|refused| refused.result == held.result));
            }
            if let Answer::Offer(offer) = &decision.answer {
                prop_assert_eq!(offer.parts.len(), parts.len());
            }
        }
    }

    /// The order in which results come does not matter.
    #[test]
    fn the_order_of_results_does_not_matter(results in prop::collection::vec(any_result(), 0..16)) {
        let kind = |decision: &Decision| std::mem::discriminant(&decision.answer);
        let mut turned = results.clone();
        turned.reverse();
        for item in ["chem", "chestct"] {
            let (one, other) = (asked(&BOOK, item, PatientState::Outpatient, &results), asked(&BOOK, item, PatientState::Outpatient, &turned));
            prop_assert_eq!(kind(&one), kind(&other));
            let mut whys = [one, other].map(|one| one.refused.iter().map(|one| one.why).collect::<Vec<_>>());
            whys.iter_mut().for_each(|whys| whys.sort());
            prop_assert_eq!(&whys[0], &whys[1]);
        }
    }
}
