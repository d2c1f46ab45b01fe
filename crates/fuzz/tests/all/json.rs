//! Resources as JSON: read or refused with an error, never a panic; what is read is written back the same.

use crate::run::fuzz;
use fhir::search::Summary;
use fhir::{BundleView, Limits, Resource, extract, parse, parse_trusted, summarize};
use fuzz::{Target, corpus};

#[test]
fn json() {
    let mut all = corpus(include_str!("../../../fhir/tests/given/accepted.txt"));
    all.extend(corpus(include_str!("../../../fhir/tests/given/refused.txt")));
    all.extend(corpus(include_str!("../../corpus/json.txt")));
    let limits = Limits::default();
    let zone = base::zone::Zone::default();
    let take = move |input: &[u8]| match parse(input, &limits) {
        Err(error) => {
            // What is refused with all its reasons may still lie in a record, written by another version.
            if let Ok(resource) = parse_trusted(input.to_vec()) {
                used(&resource, &zone);
            }
            assert!(error.issues.len() <= base::limits::ISSUES_MAX);
            error.to_string()
        }
        Ok(resource) => {
            used(&resource, &zone);
            let written = resource.to_json();
            let again = parse(&written, &limits).unwrap_or_else(|error| panic!("what was read is refused: {error}"));
            assert_eq!(again.to_json(), written, "what was written is written differently again");
            assert_eq!(extract(&again, &zone).values.len(), extract(&resource, &zone).values.len());
            resource.type_name().to_owned()
        }
    };
    let target = Target { name: "json", corpus: all, words: words(), take: Box::new(take) };
    fuzz(target, 15_000);
}

/// Everything that is done with a resource that was read.
fn used(resource: &Resource, zone: &base::zone::Zone) {
    let found = extract(resource, zone);
    assert!(found.values.len() <= base::limits::INDEX_VALUES_MAX + 16, "{} index values", found.values.len());
    for summary in [Summary::True, Summary::Text, Summary::Data] {
        let short = summarize(resource, summary, &[]);
        parse_trusted(short).unwrap_or_else(|error| panic!("a summary is no JSON: {error}"));
    }
    summarize(resource, Summary::False, &["id".to_owned(), "code".to_owned()]);
    if let Some(view) = BundleView::of(resource) {
        for entry in view.entries {
            if let Some(inner) = entry.resource {
                drop(Resource::entry_resource(inner));
            }
        }
    }
}

fn words() -> Vec<String> {
    let r4 = fhir::r4();
    let mut words: Vec<String> = r4.types().map(|type_| r4.type_name(type_).to_owned()).collect();
    for text in [
        r#""resourceType":"Patient""#,
        r#""contained":[{"resourceType":"Patient"}]"#,
        r#""extension":[{"url":"http://x"}]"#,
        r#""valueQuantity":{"value":1}"#,
        r#""_given":[null]"#,
        r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"/>"}"#,
        r#""reference":"Patient/1""#,
        r#""reference":"urn:uuid:00000000-0000-0000-0000-000000000000""#,
        r#""entry":[{"resource":{"resourceType":"Patient"}}]"#,
        "\\u0000",
        "\\ud800",
        "null",
        "{}",
        "[]",
        "[[",
        "{\"a\":",
        "&lt;",
        "<![CDATA[",
        "<!ENTITY",
    ] {
        words.push(text.to_owned());
    }
    words
}
