use base::{Kind, Result};
use fhir::Resource;
use serde_json::{Value, json};
use terminology::{CodeSystem, Codes, Filter, Wanted, expand};

fn resource(value: &Value) -> Resource {
    fhir::parse_trusted(value.to_string().into_bytes()).unwrap()
}

/// Fruit: apple over gala and fuji (nested), citrus over lemon (by a property), each with a colour.
fn fruit() -> Value {
    let colour = |value: &str| json!([{"code": "colour", "valueCode": value}]);
    json!({"resourceType": "CodeSystem", "status": "active", "url": "urn:fruit", "content": "complete",
    "property": [{"code": "up", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code"}],
    "concept": [
        {"code": "apple", "display": "Apple", "property": colour("red"), "concept": [
            {"code": "gala", "property": colour("red")}, {"code": "fuji", "property": colour("green")}]},
        {"code": "citrus", "display": "Citrus fruit"},
        {"code": "lemon", "property": [{"code": "up", "valueCode": "citrus"}, {"code": "colour", "valueCode": "yellow"}]},
    ]})
}

/// The codes of a value set with this definition, as `code code …`, whole systems as `system|`.
fn codes_of(set: Value, others: &[Value]) -> Result<String> {
    let mut all = vec![set, fruit()];
    all.extend(others.to_vec());
    let mut find = |wanted: Wanted<'_>| {
        let (kind, url) = match wanted {
            Wanted::ValueSet { url, .. } => ("ValueSet", url),
            Wanted::CodeSystem { url, .. } => ("CodeSystem", url),
        };
        Ok(all.iter().find(|one| one["resourceType"] == kind && one["url"] == url).map(resource))
    };
    let Codes { codes, systems } = expand("urn:set", &mut find)?;
    let whole = systems.into_iter().map(|system| format!("{system}|"));
    Ok(whole.chain(codes.into_iter().map(|(_, code)| code)).collect::<Vec<_>>().join(" "))
}

fn composed(compose: Value) -> Value {
    json!({"resourceType": "ValueSet", "status": "active", "url": "urn:set", "compose": compose})
}

fn filtered(property: &str, op: &str, value: &str) -> Result<String> {
    let filter = json!([{"property": property, "op": op, "value": value}]);
    codes_of(composed(json!({"include": [{"system": "urn:fruit", "filter": filter}]})), &[])
}

#[test]
fn filters_are_answered_from_the_code_system() {
    for (property, op, value, codes) in [
        ("concept", "is-a", "apple", "apple fuji gala"),
        ("concept", "is-a", "citrus", "citrus lemon"),
        ("concept", "descendent-of", "apple", "fuji gala"),
        ("concept", "is-not-a", "apple", "citrus lemon"),
        ("concept", "generalizes", "gala", "apple gala"),
        ("code", "in", "gala, lemon", "gala lemon"),
        ("colour", "=", "red", "apple gala"),
        ("colour", "not-in", "red,green", "citrus lemon"),
        ("colour", "exists", "false", "citrus"),
        ("display", "regex", "A.*|.*fruit", "apple citrus"),
        ("code", "regex", "l|em", ""),
        ("parent", "=", "citrus", "lemon"),
    ] {
        assert_eq!(filtered(property, op, value).unwrap(), codes, "{property} {op} {value}");
    }
    assert_eq!(filtered("colour", "is-a", "red").unwrap_err().kind, Kind::Unsupported);
    assert_eq!(filtered("concept", "is-a", "pear").unwrap_err().kind, Kind::Invalid);
    assert_eq!(filtered("code", "regex", "(").unwrap_err().kind, Kind::Invalid);
    assert_eq!(filtered("code", "regex", "(a{1000}){1000}").unwrap_err().kind, Kind::Invalid);
}

#[test]
fn sets_are_put_together_from_parts() {
    let of = |compose| codes_of(composed(compose), &[]).unwrap();
    assert_eq!(of(json!({"include": [{"system": "urn:other"}]})), "urn:other|");
    let two = json!([{"system": "urn:fruit", "concept": [{"code": "gala"}]}, {"system": "urn:x", "concept": [{"code": "x"}]}]);
    assert_eq!(of(json!({"include": two})), "gala x");
    // One code less than the whole system: the system is listed.
    let but = json!({"include": [{"system": "urn:fruit"}], "exclude": [{"system": "urn:fruit", "concept": [{"code": "apple"}]}]});
    assert_eq!(of(but), "citrus fuji gala lemon");
    let unlisted =
        json!({"include": [{"system": "urn:other"}], "exclude": [{"system": "urn:other", "concept": [{"code": "a"}]}]});
    assert!(codes_of(composed(unlisted), &[]).unwrap_err().text().contains("urn:other"));
}

#[test]
fn sets_inside_sets() {
    let inner = |url: &str, compose: Value| json!({"resourceType": "ValueSet", "status": "active", "url": url, "compose": compose});
    let red = inner(
        "urn:red",
        json!({"include": [{"system": "urn:fruit", "filter": [{"property": "colour", "op": "=", "value": "red"}]}]}),
    );
    let some = inner(
        "urn:some",
        json!({"include": [{"system": "urn:fruit", "concept": [{"code": "gala"}, {"code": "lemon"}]}]}),
    );
    let both = composed(json!({"include": [{"valueSet": ["urn:red", "urn:some"]}]}));
    assert_eq!(codes_of(both, &[red.clone(), some.clone()]).unwrap(), "gala");
    let within = composed(json!({"include": [{"system": "urn:fruit", "valueSet": ["urn:some"]}]}));
    assert_eq!(codes_of(within, &[some]).unwrap(), "gala lemon");
    let circle = composed(json!({"include": [{"valueSet": ["urn:set"]}]}));
    assert!(codes_of(circle, &[]).unwrap_err().text().contains("holds itself"));
    let unknown = composed(json!({"include": [{"valueSet": ["urn:nowhere"]}]}));
    assert!(codes_of(unknown, &[red]).unwrap_err().text().contains("urn:nowhere"));
}

#[test]
fn an_expansion_speaks_where_the_definition_cannot() {
    let snomed =
        json!([{"system": "http://snomed.info/sct", "filter": [{"property": "concept", "op": "is-a", "value": "1"}]}]);
    let mut set = composed(json!({"include": snomed}));
    assert!(codes_of(set.clone(), &[]).unwrap_err().text().contains("http://snomed.info/sct"));
    let contains = json!([{"system": "s", "code": "1", "contains": [{"system": "s", "code": "2"}]}, {"abstract": true, "code": "3"}]);
    set["expansion"] = json!({"timestamp": "2026-01-01", "contains": contains});
    assert_eq!(codes_of(set.clone(), &[]).unwrap(), "1 2");
    set["expansion"]["total"] = json!(9);
    assert!(codes_of(set, &[]).is_err(), "a part of an expansion is no expansion");
}

#[test]
fn sets_that_r4_requires_are_known() {
    let of = |url| expand(url, &mut |_| Ok(None));
    let genders = of("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1").unwrap();
    assert!(genders.has("http://hl7.org/fhir/administrative-gender", "female"));
    assert!(!genders.has("http://hl7.org/fhir/administrative-gender", "F"));
    assert_eq!(of("http://hl7.org/fhir/ValueSet/mimetypes").unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn a_part_of_a_code_system_tells_nothing() {
    let mut part = fruit();
    part["content"] = json!("fragment");
    let system = CodeSystem::of(&resource(&part));
    assert_eq!(system.below("apple").unwrap_err().kind, Kind::Unsupported);
    let mut parts = fruit();
    parts["hierarchyMeaning"] = json!("part-of");
    let system = CodeSystem::of(&resource(&parts));
    assert_eq!(system.above("gala").unwrap_err().kind, Kind::Unsupported);
    let by_colour = Filter { property: "colour".into(), op: "=".into(), value: "green".into() };
    assert_eq!(by_colour.codes(&system).unwrap(), ["fuji"], "a property needs no order");
}
