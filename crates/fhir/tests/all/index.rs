//! `given/index.txt`: a resource a line, then what it is found by, a line each, then a blank line. With UPDATE_GIVEN
//! set the file is written anew.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use base::zone::{Zone, instant_text};
use fhir::definitions::IndexKind;
use fhir::{Extract, Limits, Target, Value, extract, extract_paths, fold, parse, parse_date, r4, reference_target};
use proptest::prelude::*;
use std::fmt::Write;

const INDEX: &str = include_str!("../given/index.txt");

#[test]
fn resources_are_found_by_their_values() {
    crate::blocks::check("index.txt", INDEX, &|input| {
        let resource = parse(input.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {input}"));
        told(&extract(&resource, &Zone::default()))
    });
}

fn told(extract: &Extract) -> String {
    let mut out = String::new();
    for value in &extract.values {
        let path = r4().path(value.path);
        let _ = writeln!(out, "{}\t{}\t{}", path.kind.name(), path.key, value_text(&value.value));
    }
    if let Some(date) = extract.main_date {
        let _ = writeln!(out, "main date\t{}", instant_text(date));
    }
    for patient in &extract.patients {
        let _ = writeln!(out, "patient\t{}", target_text(patient));
    }
    if let Some(organization) = &extract.organization {
        let _ = writeln!(out, "organization\t{}", target_text(organization));
    }
    out
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Token { system, code, texts } => format!("{system}|{code} {texts:?}"),
        Value::Identifier { system, value } => format!("{system}|{value}"),
        Value::Reference(target) => target_text(target),
        Value::Text(text) => text.clone(),
        Value::Date { start, end } => format!("{} to {}", side(*start), side(*end)),
        Value::Number { low, high } => format!("{low} to {high}"),
        Value::Quantity { low, high, system, code, unit } => format!("{low} to {high} {system}|{code} {unit:?}"),
        Value::Uri { uri, version } => format!("{uri} {version:?}"),
    }
}

fn target_text(target: &Target) -> String {
    match target {
        Target::Local { type_, id } => format!("{} {id}", r4().type_name(*type_)),
        Target::Url(url) => format!("<{url}>"),
    }
}

fn side(at: base::Millis) -> String {
    if at == base::Millis::MIN || at == base::Millis::MAX { "open".to_owned() } else { instant_text(at) }
}

#[test]
fn the_definitions_of_paths_hold_together() {
    let mut most = 0;
    for type_ in r4().types() {
        let paths = r4().paths_of(type_);
        most = most.max(paths.len());
        for (nth, id) in paths.iter().enumerate() {
            let path = r4().path(*id);
            assert_eq!((path.id, path.type_, usize::from(path.ordinal)), (*id, type_, nth));
            assert_eq!(r4().path_keyed(type_, path.key, path.kind), Some(*id), "{} is there twice", path.key);
            assert!(path.key.starts_with(r4().type_name(type_)), "{}", path.key);
            let read = r4().params_of(type_).iter().flat_map(|param| &param.paths).any(|read| read.path == *id);
            assert!(read, "no parameter reads {}", path.key);
        }
        for path in r4().compartment_paths(type_) {
            assert_eq!(r4().path(*path).kind, IndexKind::Reference);
        }
        if let Some(date) = r4().main_date_path(type_) {
            assert_eq!(r4().path(date).kind, IndexKind::Date);
        }
    }
    // The store keeps a bit a path.
    assert!(most <= 64, "{most}");
    let observation = r4().type_named("Observation").unwrap();
    let keys = |paths: &[fhir::PathId]| paths.iter().map(|path| r4().path(*path).key).collect::<Vec<_>>();
    assert_eq!(keys(r4().compartment_paths(observation)), ["Observation.subject", "Observation.performer"]);
    assert_eq!(keys(&[r4().main_date_path(observation).unwrap()]), ["Observation.effective"]);
    assert!(!r4().in_patient_compartment(r4().type_named("Organization").unwrap()));
    assert!(r4().in_patient_compartment(r4().type_named("Patient").unwrap()));
}

#[test]
fn some_paths_alone() {
    let resource = r#"{"resourceType":"Patient","active":true,"gender":"male","birthDate":"1990"}"#;
    let resource = parse(resource.as_bytes(), &Limits::default()).unwrap();
    let patient = resource.type_id();
    let path = |key, kind| r4().path_keyed(patient, key, kind).unwrap();
    let paths = [path("Patient.gender", IndexKind::Token), path("Patient.deceased", IndexKind::Token)];
    let values = extract_paths(&resource, &paths, &Zone::default());
    let texts: Vec<String> = values.iter().map(|value| value_text(&value.value)).collect();
    assert_eq!(texts, ["|false []", "http://hl7.org/fhir/administrative-gender|male []"]);
}

#[test]
fn long_texts_are_cut_between_characters() {
    let name = format!("a{}", "é张".repeat(200));
    let resource = format!(r#"{{"resourceType":"Organization","name":"{name}"}}"#);
    let resource = parse(resource.as_bytes(), &Limits::default()).unwrap();
    let values = extract(&resource, &Zone::default()).values;
    assert_eq!(values.len(), 1);
    assert!(
        matches!(&values[0].value, Value::Text(text) if (253..=256).contains(&text.len()) && text.starts_with("ae张"))
    );
}

#[test]
fn chinese_names_are_spelled() {
    let spelled = |name: &str| {
        let resource = format!(r#"{{"resourceType":"Patient","name":[{name}]}}"#);
        let resource = parse(resource.as_bytes(), &Limits::default()).unwrap();
        let path = r4().path_keyed(resource.type_id(), "Patient.name#pinyin", IndexKind::Text).unwrap();
        let values = extract_paths(&resource, &[path], &Zone::default());
        values.iter().map(|value| value_text(&value.value)).collect::<Vec<_>>().join(" ")
    };
    for (text, keys) in [
        ("张伟", "zhangwei zw"),
        ("单田芳", "shantianfang stf"),
        ("仇英", "qiuying qy"),
        ("曾国藩", "zengguofan zgf"),
        ("解缙", "xiejin xj"),
        ("查良镛", "zhaliangyong zly"),
        ("区寄", "oj ouji"),
        ("任华", "renhua rh"),
        ("华任", "hr huaren"),
        ("尉迟恭", "ycg yuchigong"),
        ("万俟卨", "moqixie mqx"),
        ("长孙无忌", "zhangsunwuji zswj"),
        ("欧阳修", "ouyangxiu oyx"),
        ("吕布", "lb lubu lvbu"),
        ("阿迪力·买买提", "adilimaimaiti adlmmt"),
        ("李 雷", "lilei ll"),
        ("王", "wang"),
        ("藏天朔", "zangtianshuo zts"),
        ("李晟", "lisheng ls"),
        ("John Smith", ""),
    ] {
        assert_eq!(spelled(&format!(r#"{{"text":"{text}"}}"#)), keys, "{text}");
    }
    // The parts say where the surname ends; without Han characters in them the text counts.
    assert_eq!(spelled(r#"{"family":"单","given":["于"]}"#), "shanyu sy 单于");
    assert_eq!(spelled(r#"{"family":"Zhang","given":["Wei"],"text":"张伟"}"#), "zhangwei zw");
    assert_eq!(spelled(r#"{"family":"张"}"#), "zhang");
    assert_eq!(spelled(r#"{"family":"张","given":["曾","长"],"text":"张曾长"}"#), "zhangzengchang zzc");
}

#[test]
fn a_name_without_end_is_spelled_in_no_time() {
    let name = "·张".repeat(100_000);
    let resource = format!(r#"{{"resourceType":"Patient","name":[{{"text":"{name}"}},{{"family":"{name}"}}]}}"#);
    let resource = parse(resource.as_bytes(), &Limits::default()).unwrap();
    let values = extract(&resource, &Zone::default()).values;
    assert!(values.len() < 30, "{}", values.len());
    assert!(values.iter().all(|value| value_text(&value.value).len() <= 256));
}

#[test]
fn references_are_told_apart() {
    let local = |text: &str| matches!(reference_target(text), Target::Local { .. });
    for text in ["Patient/1", "Patient/a-b.C", "Observation/1/_history/2"] {
        assert!(local(text), "{text}");
    }
    let long = format!("Patient/{}", "a".repeat(65));
    for text in
        ["1", "Patient", "Patient/", "patient/1", "Nothing/1", "Patient/1/2", "Patient/a b", "urn:uuid:1", &long]
    {
        assert!(!local(text), "{text}");
    }
}

#[test]
fn dates_cover_what_they_may_mean() {
    let zone = Zone::default();
    let told =
        |text: &str| parse_date(text, &zone).map(|period| format!("{} {}", side(period.start), side(period.end)));
    for (text, period) in [
        ("2026", "2025-12-31T16:00:00.000Z 2026-12-31T16:00:00.000Z"),
        ("2024-02", "2024-01-31T16:00:00.000Z 2024-02-29T16:00:00.000Z"),
        ("2024-02-29", "2024-02-28T16:00:00.000Z 2024-02-29T16:00:00.000Z"),
        ("2024-12-31", "2024-12-30T16:00:00.000Z 2024-12-31T16:00:00.000Z"),
        ("2026-11-21T08:15", "2026-11-21T00:15:00.000Z 2026-11-21T00:16:00.000Z"),
        ("2026-11-21T08:15:30Z", "2026-11-21T08:15:30.000Z 2026-11-21T08:15:31.000Z"),
        ("2026-11-21T08:15:30.2-05:30", "2026-11-21T13:45:30.200Z 2026-11-21T13:45:30.300Z"),
        ("2026-11-21T08:15:30.123456Z", "2026-11-21T08:15:30.123Z 2026-11-21T08:15:30.124Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z 2017-01-01T00:00:01.000Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z 1970-01-01T00:00:01.000Z"),
        ("1900-02-28T00:00:00Z", "1900-02-28T00:00:00.000Z 1900-02-28T00:00:01.000Z"),
    ] {
        assert_eq!(told(text).as_deref(), Some(period), "{text}");
    }
    for text in [
        "",
        "26",
        "0000",
        "2026-13",
        "2026-00",
        "2026-2",
        "2023-02-29",
        "1900-02-29",
        "2026-11-31",
        "2026-11-21T",
        "2026-11-21T08",
        "2026-11-21T24:00",
        "2026-11-21T08:60",
        "2026-11-21T08:15:61Z",
        "2026-11-21T08:15:30.Z",
        "2026-11-21T08:15:30+8",
        "2026-11-21T08:15:30+15:00",
        "2026-11-21T08:15:30 08:00",
        "2026-11-21 08:15",
        "2026/11/21",
        "２０２６",
    ] {
        assert_eq!(told(text), None, "{text}");
    }
    for (first, last) in [("0001", "9999"), ("0001-01-01", "9999-12-31")] {
        let (first, last) = (parse_date(first, &zone).unwrap(), parse_date(last, &zone).unwrap());
        assert!(first.start < first.end && last.start < last.end && first.end < last.start);
    }
}

#[test]
fn texts_are_folded() {
    for (text, folded) in [
        ("  Bénédicte   DU Marché ", "benedicte du marche"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("張偉", "張偉"),
        ("İstanbul", "istanbul"),
        ("Ångström\tŁódź", "angstrom łodz"),
        ("ﬁne", "fine"),
    ] {
        assert_eq!(fold(text), folded);
    }
    assert!(fhir::starts_a_word("body weight", "weigh"));
    assert!(!fhir::starts_a_word("body weight", "eight"));
    assert!(fhir::starts_a_word("收缩压", "缩"));
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
        let folded = fold(&text);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn any_text_is_a_date_or_not(text in "[0-9TZ:.+-]{0,30}") {
        if let Some(period) = parse_date(&text, &Zone::default()) {
            prop_assert!(period.start < period.end);
        }
    }
}
