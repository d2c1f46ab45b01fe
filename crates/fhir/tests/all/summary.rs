//! `_summary` and `_elements`.

use fhir::search::Summary;
use fhir::{Limits, parse, summarize};

const PATIENT: &str = r#"{"resourceType":"Patient","id":"1","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"extension":[{"url":"a","valueString":"b"}],"active":true,"birthDate":"1970","_birthDate":{"id":"b"},"maritalStatus":{"text":"m"},"photo":[{"data":"QUJD"}],"link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]}"#;
const TAG: &str =
    r#""tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]"#;

fn part(text: &str, summary: Summary, elements: &[&str]) -> String {
    let resource = parse(text.as_bytes(), &Limits::default()).expect("the resource is good");
    let elements: Vec<String> = elements.iter().map(|name| (*name).to_owned()).collect();
    let part = String::from_utf8_lossy(&summarize(&resource, summary, &elements)).into_owned();
    parse(part.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {part}"));
    part.replace(TAG, "TAG")
}

#[test]
fn a_summary_keeps_the_marked_elements() {
    let link = r#""link":[{"other":{"reference":"Patient/2"},"type":"seealso"}]"#;
    assert_eq!(
        part(PATIENT, Summary::True, &[]),
        format!(
            r#"{{"resourceType":"Patient","id":"1","meta":{{TAG}},"active":true,"birthDate":"1970","_birthDate":{{"id":"b"}},{link}}}"#
        )
    );
    let text = part(PATIENT, Summary::Text, &[]);
    assert!(text.contains("\"text\"") && !text.contains("active"), "{text}");
    let data = part(PATIENT, Summary::Data, &[]);
    assert!(!data.contains("\"div\"") && data.contains("photo"), "{data}");
    assert_eq!(part(PATIENT, Summary::False, &[]), PATIENT);
}

#[test]
fn elements_keep_what_is_mandatory() {
    let observation = r#"{"resourceType":"Observation","id":"1","meta":{"versionId":"1","tag":[{"code":"a"}]},"status":"final","code":{"text":"x"},"valueString":"a","note":[{"text":"n"}]}"#;
    assert_eq!(
        part(observation, Summary::False, &["value"]),
        r#"{"resourceType":"Observation","id":"1","meta":{"versionId":"1","tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"},{"code":"a"}]},"status":"final","code":{"text":"x"},"valueString":"a"}"#
    );
    assert_eq!(
        part(r#"{"active":true,"gender":"male","resourceType":"Patient"}"#, Summary::False, &["gender"]),
        r#"{"resourceType":"Patient","gender":"male","meta":{TAG}}"#
    );
}
