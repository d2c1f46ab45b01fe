//! Search by every kind of parameter, against a small record.

use crate::harness::{House, search};
use base::Kind;

fn hospital() -> House {
    let house = House::new();
    for json in [
        r#"{"resourceType":"Organization","id":"h1","name":"第一人民医院"}"#,
        r#"{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:mrn","value":"100"}],"name":[{"family":"张","given":["伟"]},{"text":"Zhang Wei"}],"gender":"male","birthDate":"1985-03-07","telecom":[{"system":"phone","value":"13800000000"}],"managingOrganization":{"reference":"Organization/h1"}}"#,
        r#"{"resourceType":"Patient","id":"b","identifier":[{"system":"urn:mrn","value":"200"}],"name":[{"family":"Élan","given":["Zoé"]}],"gender":"female","birthDate":"1990"}"#,
        r#"{"resourceType":"Patient","id":"c","name":[{"text":"单雄信"}],"active":true}"#,
        r#"{"resourceType":"Observation","id":"o1","status":"final","category":[{"coding":[{"system":"http://cat","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"4548-4","display":"Hemoglobin A1c"}]},"subject":{"reference":"Patient/a"},"effectiveDateTime":"2026-01-10T08:00:00+08:00","valueQuantity":{"value":6.5,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}"#,
        r#"{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}],"text":"糖化血红蛋白"},"subject":{"reference":"Patient/a"},"effectiveDateTime":"2026-02-10","valueQuantity":{"value":7.2,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}"#,
        r#"{"resourceType":"Observation","id":"o3","status":"amended","code":{"text":"body weight"},"subject":{"reference":"Patient/b"},"effectivePeriod":{"start":"2026-01-01","end":"2026-03-01"},"valueQuantity":{"value":60,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}"#,
        r#"{"resourceType":"ValueSet","id":"v","url":"http://example.org/fhir/vs/one","status":"active"}"#,
        r#"{"resourceType":"RiskAssessment","id":"r","status":"final","subject":{"reference":"Patient/a"},"prediction":[{"probabilityDecimal":0.4}]}"#,
        r#"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/a"},"serviceProvider":{"reference":"Organization/h1"}}"#,
        r#"{"resourceType":"Person","id":"person-a","link":[{"target":{"reference":"Patient/a"}}]}"#,
    ] {
        house.put(json);
        house.tick();
    }
    house
}

#[test]
fn every_kind_of_parameter_finds_what_it_should() {
    let house = hospital();
    let cases: &[(&str, &[&str])] = &[
        // token
        ("Observation?code=http://loinc.org|4548-4", &["o1", "o2"]),
        ("Observation?code=4548-4", &["o1", "o2"]),
        ("Observation?code=http://loinc.org|", &["o1", "o2"]),
        ("Observation?code=|4548-4", &[]),
        ("Observation?status=final,amended", &["o1", "o2", "o3"]),
        ("Observation?status:not=final", &["o3"]),
        ("Observation?code:text=hemo", &["o1"]),
        ("Observation?code:text=糖化", &["o2"]),
        ("Observation?code:text=body", &["o3"]),
        ("Patient?gender=male", &["a"]),
        ("Patient?active=true", &["c"]),
        ("Patient?identifier=urn:mrn|100", &["a"]),
        ("Patient?identifier=200", &["b"]),
        ("Patient?identifier=urn:other|100", &[]),
        ("Patient?phone=13800000000", &["a"]),
        // string
        ("Patient?name=zhang", &["a"]),
        ("Patient?family=张", &["a"]),
        ("Patient?name=elan", &["b"]),
        ("Patient?name=ZO", &["b"]),
        ("Patient?name:exact=Zoé", &["b"]),
        ("Patient?name:exact=zoe", &[]),
        ("Patient?name:contains=雄", &["c"]),
        ("Patient?name=shanxiongxin", &["c"]),
        ("Patient?name=zw", &["a"]),
        // date
        ("Patient?birthdate=1985-03-07", &["a"]),
        ("Patient?birthdate=1990", &["b"]),
        ("Patient?birthdate=1990-05", &[]),
        ("Patient?birthdate=ge1985&birthdate=lt1986", &["a"]),
        ("Patient?birthdate=gt1985-03-07", &["b"]),
        ("Observation?date=2026-01", &["o1"]),
        ("Observation?date=ge2026-02", &["o2", "o3"]),
        ("Observation?date=sa2026-01", &["o2"]),
        ("Observation?date=eb2026-02", &["o1"]),
        ("Observation?date=ap2026-01-10", &["o1", "o3"]),
        ("Observation?code=4548-4&date=lt2026-02-01", &["o1"]),
        ("Observation?date=ge2026-02&code=4548-4", &["o2"]),
        // number and quantity
        ("RiskAssessment?probability=gt0.3", &["r"]),
        ("RiskAssessment?probability=0.4", &["r"]),
        ("RiskAssessment?probability=lt0.4", &[]),
        ("Observation?value-quantity=gt7", &["o2", "o3"]),
        ("Observation?value-quantity=gt7|http://unitsofmeasure.org|%", &["o2"]),
        ("Observation?value-quantity=6.5||%", &["o1"]),
        ("Observation?value-quantity=60||kg", &["o3"]),
        // uri
        ("ValueSet?url=http://example.org/fhir/vs/one", &["v"]),
        ("ValueSet?url:below=http://example.org/fhir", &["v"]),
        ("ValueSet?url:below=http://example.org/fh", &[]),
        // reference, chain, missing, special
        ("Observation?subject=Patient/a", &["o1", "o2"]),
        ("Observation?patient=a", &["o1", "o2"]),
        ("Observation?patient=Patient/a,Patient/b", &["o1", "o2", "o3"]),
        ("Observation?subject=http://localhost/fhir/Patient/b", &["o3"]),
        ("Observation?patient.identifier=urn:mrn|100", &["o1", "o2"]),
        ("Observation?subject:Patient.name=zhang&code:text=hemo", &["o1"]),
        ("Observation?patient.gender=male", &["o1", "o2"]),
        ("Patient?organization=Organization/h1", &["a"]),
        ("Patient?birthdate:missing=true", &["c"]),
        ("Patient?birthdate:missing=false", &["a", "b"]),
        ("Encounter?patient:missing=false", &["e"]),
        ("Encounter?patient:missing=true", &[]),
        ("Patient?phone:missing=false", &["a"]),
        ("Patient?_id=a,c,nobody", &["a", "c"]),
        ("Observation?resident=person-a", &["o1", "o2"]),
        ("Encounter?resident=person-a", &["e"]),
        ("Patient?resident=person-a", &["a"]),
        ("Patient?_lastUpdated=gt2020", &["a", "b", "c"]),
        ("Patient?_lastUpdated=lt2020", &[]),
        ("Patient?name=zhang&gender=female", &[]),
        ("Patient?name=zhang&birthdate=1985", &["a"]),
        ("Patient", &["a", "b", "c"]),
    ];
    for (query, expected) in cases {
        assert_eq!(house.ids(query), *expected, "{query}");
        let mut counted = search(query).unwrap();
        counted.count = Some(0);
        let total = house.store.search(&house.cx, &counted).unwrap().total;
        assert_eq!(total, Some(expected.len() as u64), "the total of {query}");
    }
}

#[test]
fn an_update_moves_the_index_with_it() {
    let house = hospital();
    house.put(r#"{"resourceType":"Patient","id":"a","name":[{"family":"李"}],"birthDate":"1986"}"#);
    assert!(house.ids("Patient?family=张").is_empty());
    assert_eq!(house.ids("Patient?family=李&birthdate=1986"), ["a"]);
    assert!(house.ids("Patient?identifier=urn:mrn|100").is_empty());
    assert!(house.store.check(&mut |_, _| {}).unwrap().problems.is_empty());
}

#[test]
fn sorting_puts_values_in_order_and_missing_last() {
    let house = hospital();
    let sorted = |query: &str| house.ids_paged(query, 1);
    assert_eq!(sorted("Patient?_sort=birthdate"), ["a", "b", "c"]);
    assert_eq!(sorted("Patient?_sort=-birthdate"), ["b", "a", "c"]);
    assert_eq!(sorted("Observation?_sort=date"), ["o3", "o1", "o2"]);
    assert_eq!(sorted("Observation?_sort=-date"), ["o2", "o1", "o3"]);
    assert_eq!(sorted("Observation?patient=a&_sort=-date"), ["o2", "o1"]);
    assert_eq!(sorted("Patient?_sort=-_lastUpdated"), ["c", "b", "a"]);
    assert_eq!(sorted("Patient?_sort=_lastUpdated"), ["a", "b", "c"]);
    assert_eq!(sorted("Patient?_sort=-_id"), ["c", "b", "a"]);
    assert_eq!(sorted("Observation?_sort=-value-quantity"), ["o3", "o2", "o1"]);
}

#[test]
fn includes_bring_what_is_referred_to() {
    let house = hospital();
    let page = house.page(&house.cx, "Observation?code=4548-4&_include=Observation:subject").unwrap();
    let included: Vec<&str> = page.included.iter().map(|found| found.id.as_str()).collect();
    assert_eq!((page.matches.len(), included), (2, vec!["a"]));
    let page =
        house.page(&house.cx, "Patient?_id=a&_revinclude=Observation:subject&_revinclude=Encounter:patient").unwrap();
    let mut included: Vec<&str> = page.included.iter().map(|found| found.id.as_str()).collect();
    included.sort_unstable();
    assert_eq!(included, ["e", "o1", "o2"]);
}

#[test]
fn hostile_values_find_nothing_and_harm_nothing() {
    let house = hospital();
    for value in ["' OR 1=1 --", "%_\\", "\u{10FFFF}", "\";drop table resource;", "\0"] {
        for param in ["name", "name:contains", "name:exact", "identifier", "phone"] {
            let found = house.page(&house.cx, &format!("Patient?{param}={value}"));
            if let Ok(page) = found {
                assert!(page.matches.is_empty(), "{param}={value}");
            }
        }
    }
    let mut first = search("Patient").unwrap();
    first.count = Some(1);
    let mut other = search("Patient?gender=male").unwrap();
    other.page = house.store.search(&house.cx, &first).unwrap().next;
    assert_eq!(house.store.search(&house.cx, &other).unwrap_err().kind, Kind::Invalid, "the link of another search");
    let mut damaged = search("Patient").unwrap();
    damaged.page = Some("9~p0~i1~zz".to_owned());
    assert_eq!(house.store.search(&house.cx, &damaged).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_date_is_found_alike_whatever_drives_the_search() {
    let house = House::new();
    for json in [
        r#"{"resourceType":"Encounter","id":"open","identifier":[{"value":"7"}],"status":"finished","class":{"code":"AMB"},"period":{"end":"2013-01-14"}}"#,
        r#"{"resourceType":"Encounter","id":"late","identifier":[{"value":"7"}],"status":"finished","class":{"code":"AMB"},"period":{"start":"2012-05-01"}}"#,
        r#"{"resourceType":"Observation","id":"wide","status":"final","code":{"coding":[{"code":"k"}]},"effectivePeriod":{"start":"2010-03-01","end":"2015-02-01"}}"#,
        r#"{"resourceType":"Observation","id":"turned","status":"final","code":{"coding":[{"code":"k"}]},"effectivePeriod":{"start":"2013-03-01","end":"2012-02-01"}}"#,
        r#"{"resourceType":"Observation","id":"instant","status":"final","code":{"coding":[{"code":"k"}]},"effectiveDateTime":"2013-01-14T08:00:00.250+08:00"}"#,
        r#"{"resourceType":"Observation","id":"timing","status":"final","code":{"coding":[{"code":"k"}]},"effectiveTiming":{"event":["2010-06-01","2012-06-01"],"repeat":{"boundsPeriod":{"start":"2015-01-01","end":"2016-01-01"}}}}"#,
    ] {
        house.put(json);
    }
    let prefixes = ["", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap"];
    for (type_name, beside) in [
        ("Encounter", "_id=open,late"),
        ("Encounter", "identifier=7"),
        ("Observation", "_id=timing,wide,turned,instant"),
        ("Observation", "code=k"),
    ] {
        for prefix in prefixes {
            for date in
                ["2009", "2010", "2011", "2012", "2012-06", "2013", "2013-01-14", "2014", "2015-06-01", "2016", "2017"]
            {
                let alone = house.ids(&format!("{type_name}?date={prefix}{date}"));
                let together = house.ids(&format!("{type_name}?{beside}&date={prefix}{date}"));
                assert_eq!(alone, together, "{type_name}?{beside}&date={prefix}{date}");
            }
        }
    }
}
