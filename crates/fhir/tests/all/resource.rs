//! Reading, splitting, rendering and rewriting resources.

use fhir::{BundleView, Limits, Resource, TypeId, parse, parse_trusted, references_in, render};

fn read(text: &str) -> Resource {
    parse(text.as_bytes(), &Limits::default()).expect("the resource is good")
}

fn json(resource: &Resource) -> String {
    String::from_utf8_lossy(&resource.to_json()).into_owned()
}

const OBSERVATION: &str = r#" {
  "resourceType" : "Observation", "id" : "o1",
  "meta" : { "versionId" : "7", "lastUpdated" : "2024-01-01T00:00:00Z", "profile" : [ "http://x.org/p" ], "source":"urn:a" },
  "status" : "final",
  "code" : { "coding" : [ { "system" : "http://loinc.org", "code" : "1-8" }, { "code" : "b\u0020c" } ], "text" : "a\"b" },
  "subject" : { "reference" : "Patient/1" },
  "valueQuantity" : { "value" : 1.50e+2, "unit" : "mg" }
} "#;

#[test]
fn elements_are_read_by_name_and_path() {
    let resource = read(OBSERVATION);
    assert_eq!((resource.type_name(), resource.id(), resource.version_id()), ("Observation", Some("o1"), Some("7")));
    let root = resource.root();
    let codes: Vec<_> = root.path("code.coding.code").filter_map(|code| code.str()).collect();
    assert_eq!(codes, ["1-8", "b c"]);
    assert_eq!(root.text_at("code.text").unwrap(), "a\"b");
    let value = root.get("valueQuantity").unwrap();
    assert_eq!(value.get("value").unwrap().number_text(), Some("1.50e+2"));
    assert_eq!(value.raw(), br#"{ "value" : 1.50e+2, "unit" : "mg" }"#);
    assert_eq!(value.name(), "valueQuantity");
    assert!(value.is_object() && !value.is_array() && !value.is_string() && !value.is_null());
    let names: Vec<&str> = root.members().map(|(name, _)| name).collect();
    assert_eq!(names, ["resourceType", "id", "meta", "status", "code", "subject", "valueQuantity"]);
    assert_eq!(root.get("status").unwrap().items().count(), 1);
    assert_eq!(root.path("status.nothing").count(), 0);
    assert_eq!(root.get("status").unwrap().members().count(), 0);
}

#[test]
fn a_body_leaves_the_columns_out_and_render_puts_them_back() {
    let resource = read(OBSERVATION);
    let body = resource.body();
    assert_eq!(String::from_utf8_lossy(&body.meta), r#""profile":["http://x.org/p"],"source":"urn:a""#);
    assert!(body.rest.starts_with(br#","status":"final","code":{"coding":[{"#));
    let mut out = Vec::new();
    render("Observation", "o2", 3, 1_700_000_000_123, &body.meta, &body.rest, &mut out);
    let again = parse(&out, &Limits::default()).unwrap();
    assert_eq!(again.body(), body);
    assert_eq!((again.id(), again.version_id()), (Some("o2"), Some("3")));
    assert_eq!(again.root().text_at("meta.lastUpdated").unwrap(), "2023-11-14T22:13:20.123Z");
    let bare = read(r#"{"resourceType":"Patient"}"#).body();
    let mut out = Vec::new();
    render("Patient", "1", 1, 0, &bare.meta, &bare.rest, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(
        text,
        r#"{"resourceType":"Patient","id":"1","meta":{"versionId":"1","lastUpdated":"1970-01-01T00:00:00.000Z"}}"#
    );
}

#[test]
fn an_id_is_put_in_or_replaced() {
    let with_id = read(r#"{"active":true,"resourceType":"Patient"}"#).with_id("a");
    assert_eq!(json(&with_id), r#"{"resourceType":"Patient","id":"a","active":true}"#);
    let with_id = with_id.with_id("b");
    assert_eq!(with_id.id(), Some("b"));
    assert_eq!(json(&with_id.clone().with_id("b")), json(&with_id));
}

#[test]
fn references_are_rewritten_everywhere_but_in_plain_texts() {
    let urn = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520";
    let text = format!(
        r##"{{"resourceType":"List","status":"current","mode":"working","title":"{urn}",
        "text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{urn}\">x</a></div>"}},
        "contained":[{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{urn}"}}}}],
        "_title":{{"extension":[{{"url":"http://x.org/e","valueReference":{{"reference":"{urn}"}}}},{{"url":"http://x.org/u","valueUri":"{urn}"}}]}},
        "identifier":[{{"system":"urn:ietf:rfc:3986","value":"{urn}"}}],
        "entry":[{{"item":{{"reference":"#o"}}}},{{"item":{{"reference":"Patient/9"}}}}],"subject":{{"reference":"{urn}"}}}}"##
    );
    let resource = read(&text);
    assert_eq!(references_in(&resource), [urn, urn, "#o", "Patient/9", urn]);
    let new = resource.with_references(&mut |old| (old == urn).then(|| "Patient/\"1".to_owned()));
    assert_eq!(references_in(&new), ["Patient/\"1", "Patient/\"1", "#o", "Patient/9", "Patient/\"1"]);
    assert_eq!(new.root().text_at("_title.extension.valueUri").unwrap(), "Patient/\"1");
    assert_eq!(new.root().text_at("title").unwrap(), urn);
    assert_eq!(new.root().text_at("identifier.value").unwrap(), urn);
    assert!(new.root().text_at("text.div").unwrap().contains("<a href=\"Patient/&quot;1\">x</a>"));
    assert_eq!(resource.with_references(&mut |_| None), resource);
}

#[test]
fn links_in_narratives_are_rewritten_as_whole_values() {
    let div = |inner: &str| {
        let div = serde_json::to_string(&format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>")).unwrap();
        format!(r#""text":{{"status":"generated","div":{}}}"#, div.replace('/', "\\/"))
    };
    let rewritten = |inner: &str| {
        let div = div(inner);
        let text = format!(
            r#"{{"resourceType":"Patient",{div},"contained":[{{"resourceType":"Organization","id":"o","name":"张",{div}}}]}}"#
        );
        let mut asked = Vec::new();
        let new = read(&text).with_references(&mut |link| {
            asked.push(link.to_owned());
            (link == "urn:uuid:1" || link == "http://x.org/a?b&c").then(|| "Patient/1?a&b".to_owned())
        });
        assert_eq!(new.root().text_at("text.div"), new.root().text_at("contained.text.div"));
        let whole = new.root().text_at("text.div").unwrap().into_owned();
        (whole["<div xmlns=\"http://www.w3.org/1999/xhtml\">".len()..whole.len() - "</div>".len()].to_owned(), asked)
    };
    for (before, after) in [
        (r#"<a href="urn:uuid:1">张 "x"</a>"#, r#"<a href="Patient/1?a&amp;b">张 "x"</a>"#),
        (r#"<img alt='a>b' src = 'urn:uuid:1' />x"#, r#"<img alt='a>b' src = 'Patient/1?a&amp;b' />x"#),
        (r#"<a title="=" href="http://x.org/a?b&amp;c"/>x"#, r#"<a title="=" href="Patient/1?a&amp;b"/>x"#),
        (
            "<a href=\"urn:uuid:1\">1</a>\n<b>=</b><a\nhref='urn:uuid:1'>2</a>",
            "<a href=\"Patient/1?a&amp;b\">1</a>\n<b>=</b><a\nhref='Patient/1?a&amp;b'>2</a>",
        ),
    ] {
        assert_eq!(rewritten(before).0, after);
    }
    for same in [
        r##"<a href="urn:uuid:1#part">x</a><a href="urn:uuid:12">x</a><a href="#urn:uuid:1">x</a>"##,
        r#"<a title="urn:uuid:1" name="urn:uuid:1">urn:uuid:1</a><p class="urn:uuid:1">href="urn:uuid:1"</p>"#,
        r#"<!-- <a href="urn:uuid:1"> --><![CDATA[<a href="urn:uuid:1">]]><b title='"'>x</b>"#,
    ] {
        assert_eq!(rewritten(same).0, same);
    }
    assert!(rewritten(r#"<a href="Patient?identifier=urn:x|1">x</a><a href="a/b">x</a>"#).1.is_empty());
}

#[test]
fn references_to_the_own_base_become_relative() {
    let base = "http://here.example/fhir";
    let local = |reference: &str| {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"http:\u002f/here.example"}},"subject":{{"reference":"{reference}"}}}}"#
        );
        let new = read(&text).with_local_references(base)?;
        Some(new.root().text_at("subject.reference").unwrap().into_owned())
    };
    assert_eq!(local("http://here.example/fhir/Patient/1").as_deref(), Some("Patient/1"));
    assert_eq!(local("http:\\/\\/here.example\\/fhir\\/Patient\\/1").as_deref(), Some("Patient/1"));
    let version = "http://here.example/fhir/Patient/1/_history/2";
    assert_eq!(local(version).as_deref(), Some("Patient/1/_history/2"));
    for other in [
        "Patient/1",
        "http://here.example/fhir",
        "http://here.example/fhirs/Patient/1",
        "http://here.example/fhir/Nothing/1",
        "http://here.example/fhir/Patient/1/more",
        "http://elsewhere.example/fhir/Patient/1",
    ] {
        assert_eq!(local(other), None, "{other}");
    }
    let uri = r#"{"resourceType":"ValueSet","url":"http://here.example/fhir/ValueSet/1","status":"draft"}"#;
    assert!(read(uri).with_local_references(base).is_none());
}

#[test]
fn a_nested_resource_becomes_its_own() {
    let bundle = read(
        r#"{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:x:1","resource": {"resourceType":"Patient","n\u0061me":[{"family":"é"},{"family":"b"}],"activ\u0065":true} ,
        "request":{"method":"PUT","url":"Patient?a=b","ifMatch":"W/\"1\""}},{"request":{"method":"GET","url":"Patient/1"}}]}"#,
    );
    let view = BundleView::of(&bundle).unwrap();
    assert_eq!((view.kind.as_ref(), view.entries.len()), ("batch", 2));
    let first = &view.entries[0];
    assert_eq!(first.full_url.as_deref(), Some("urn:x:1"));
    assert_eq!((first.method.as_deref(), first.url.as_deref()), (Some("PUT"), Some("Patient?a=b")));
    assert_eq!((first.if_match.as_deref(), first.if_none_exist.as_deref()), (Some("W/\"1\""), None));
    assert!(view.entries[1].resource.is_none());
    let patient = Resource::entry_resource(first.resource.unwrap());
    assert_eq!(patient.type_name(), "Patient");
    assert_eq!(json(&patient), r#"{"resourceType":"Patient","name":[{"family":"é"},{"family":"b"}],"active":true}"#);
    assert_eq!(patient.root().path("name.family").filter_map(|name| name.str()).collect::<Vec<_>>(), ["é", "b"]);
    assert_eq!(parse_trusted(patient.to_json()).unwrap(), patient);
    assert!(BundleView::of(&patient).is_none());
    assert_eq!(Resource::entry_resource(bundle.root().get("type").unwrap()).type_id(), TypeId(0));
}

#[test]
fn a_resource_crosses_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Resource>();
}
