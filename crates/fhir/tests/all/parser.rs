//! Limits and hostile texts.

use base::Kind;
use fhir::{BundleView, Limits, Resource, parse, parse_trusted};

fn read(text: &str) -> base::Result<Resource> {
    parse(text.as_bytes(), &Limits::default())
}

#[test]
fn deep_nesting_is_a_clean_error() {
    let extensions = "{\"url\":\"a\",\"extension\":[".repeat(10_000);
    let error = read(&format!("{{\"resourceType\":\"Patient\",\"extension\":[{extensions}")).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.text().starts_with("the nesting is deeper than 100 levels at line 1, column "), "{}", error.text());
    for opening in ["[", "{\"a\":"] {
        let error = read(&opening.repeat(1_000_000)).unwrap_err();
        assert!(error.text().starts_with("the nesting is deeper"), "{}", error.text());
    }
}

#[test]
fn too_long_and_too_many_are_told() {
    let limits = Limits { bytes_max: 40, ..Limits::default() };
    let error = parse(&[b' '; 41], &limits).unwrap_err();
    assert_eq!(error.kind, Kind::TooCostly);
    assert_eq!(error.text(), "the input has 41 bytes, more than the 40 that one may have; send it in parts");
    let limits = Limits { nodes_max: 10, ..Limits::default() };
    let text = format!("{{\"resourceType\":\"Patient\",\"name\":[{}1]}}", "1,".repeat(10));
    assert_eq!(parse(text.as_bytes(), &limits).unwrap_err().kind, Kind::TooCostly);
}

#[test]
fn the_place_counts_lines_and_characters() {
    let error = read("{\n  \"resourceType\": \"Patient\",\n  \"id\": \"张三\" x\n}").unwrap_err();
    assert_eq!(error.text(), "the text is not JSON at line 3, column 14: expected `,` or `}`, found `x`");
    let error = parse(b"{\"a\":\"\xff\"}", &Limits::default()).unwrap_err();
    assert_eq!(error.text(), "the text is not UTF-8 at line 1, column 7; send UTF-8");
    for empty in ["", " \n\t"] {
        assert_eq!(read(empty).unwrap_err().text(), "the input is empty; send one FHIR resource as JSON");
    }
}

#[test]
fn a_control_character_in_a_string_is_refused() {
    for control in ["\n", "\t", "\u{1}", "\0"] {
        let error = read(&format!("{{\"resourceType\":\"Patient\",\"id\":\"aaaaaaaaaa{control}\"}}")).unwrap_err();
        assert!(error.text().contains("control character"), "{}", error.text());
    }
}

#[test]
fn many_problems_are_listed_up_to_the_limit() {
    let names = vec!["{\"family\":1}"; 70].join(",");
    let error = read(&format!("{{\"resourceType\":\"Patient\",\"name\":[{names}]}}")).unwrap_err();
    assert_eq!(error.issues.len(), 50);
    assert_eq!(error.issues[48].at.as_deref(), Some("Patient.name[48].family"));
    assert_eq!(error.issues[49].text, "21 more problems are not listed; mend these first");
}

#[test]
fn a_long_string_is_refused_and_a_long_attachment_is_not() {
    let long = "x".repeat((1 << 20) + 1);
    let error = read(&format!("{{\"resourceType\":\"Patient\",\"name\":[{{\"text\":\"{long}\"}}]}}")).unwrap_err();
    assert!(error.text().ends_with("is longer than 1048576 characters; put long content into a Binary"));
    assert!(error.text().len() < 300);
    let data = "QUJD".repeat(1 << 19);
    read(&format!("{{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"data\":\"{data}\"}}")).unwrap();
}

#[test]
fn what_is_stored_but_broken_is_a_fault() {
    for broken in ["{", "{}", "[]", "{\"resourceType\":\"Nothing\"}"] {
        assert_eq!(parse_trusted(broken.as_bytes().to_vec()).unwrap_err().kind, Kind::Fault);
    }
}

/// Each of these took a time that grew with the square of its length in some draft.
#[test]
fn long_repetition_takes_linear_time() {
    const COUNT: usize = 200_000;
    let nulls = vec!["null"; COUNT].join(",");
    let besides = vec![r#"{"extension":[{"url":"a","valueCode":"b"}]}"#; COUNT].join(",");
    read(&format!(r#"{{"resourceType":"Patient","name":[{{"given":[{nulls}],"_given":[{besides}]}}]}}"#)).unwrap();
    let values = vec![r#""valueString":"a""#; COUNT].join(",");
    let error = read(&format!(r#"{{"resourceType":"Parameters","parameter":[{{"name":"a",{values}}}]}}"#)).unwrap_err();
    assert_eq!(error.issues.len(), 1);
    let entries = vec![r#"{"resource":{"resourceType":"Patient","activ\u0065":true}}"#; COUNT / 10].join(",");
    let bundle = read(&format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}"#)).unwrap();
    for entry in BundleView::of(&bundle).unwrap().entries {
        let patient = Resource::entry_resource(entry.resource.unwrap());
        assert_eq!(patient.root().get("active").unwrap().bool(), Some(true));
    }
    let unknown = vec![r#""x":1"#; COUNT].join(",");
    assert_eq!(read(&format!(r#"{{"resourceType":"Patient",{unknown}}}"#)).unwrap_err().issues.len(), 50);
}
