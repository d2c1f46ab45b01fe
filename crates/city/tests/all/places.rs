//! Institutions in number and kind, areas and populations, and that all of it is FHIR.

use crate::made::{places_of, settings};
use city::{City, Settings};
use std::collections::BTreeMap;

fn counted(settings: Settings) -> BTreeMap<&'static str, usize> {
    let city = City::build(settings).unwrap();
    let places = &city.places;
    let hospitals = places.institutions.iter().filter(|one| one.is_hospital());
    let kind = |wanted: city::InstitutionKind| places.institutions.iter().filter(|one| one.kind == wanted).count();
    BTreeMap::from([
        ("districts", places.districts.len()),
        ("streets", places.streets.len()),
        ("hospitals", hospitals.clone().count()),
        ("municipal", hospitals.clone().filter(|one| one.municipal).count()),
        ("centres", kind(city::InstitutionKind::CommunityCentre)),
        ("fever", hospitals.filter(|one| one.fever_clinic).count()),
        ("stations", places.stations.len()),
        ("schools", places.schools.len()),
    ])
}

#[test]
fn a_small_city_has_the_least_set() {
    let counts = counted(settings(20_000));
    assert_eq!(counts["districts"], 16);
    assert_eq!(counts["streets"], 32);
    assert_eq!((counts["hospitals"], counts["municipal"]), (6, 4));
    assert_eq!((counts["centres"], counts["fever"], counts["stations"]), (16, 4, 6));
    assert_eq!(counts["schools"], 32);
}

#[test]
fn a_city_of_a_million_has_the_full_set() {
    let counts = counted(settings(1_000_000));
    assert_eq!(counts["streets"], 216);
    assert_eq!((counts["hospitals"], counts["municipal"]), (145, 40));
    assert_eq!((counts["centres"], counts["fever"], counts["stations"]), (246, 145, 175));
}

#[test]
fn even_a_hundred_people_have_all_districts() {
    let city = City::build(settings(100)).unwrap();
    assert_eq!(city.places.districts.len(), 16);
    assert_eq!(city.places.streets.iter().map(|street| street.residents).sum::<u64>(), 100);
}

#[test]
fn every_department_has_two_doctors_and_every_code_its_check_character() {
    let city = City::build(settings(20_000)).unwrap();
    for one in &city.places.institutions {
        for department in &one.departments {
            assert!(department.doctors.len() >= 2, "{}", department.id);
        }
        assert_eq!(one.code.len(), 18);
        assert_eq!(one.code.chars().last(), Some(city::places::codes::credit_check(&one.code[..17])));
    }
    // The example of the standard GB 32100.
    assert_eq!(city::places::codes::credit_check("91350100M000100Y4"), '3');
}

#[test]
fn every_place_is_valid_and_every_reference_meets_its_target() {
    let lines = places_of(&City::build(settings(20_000)).unwrap());
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    let mut ids = std::collections::HashSet::new();
    for line in &lines {
        let resource =
            fhir::parse(line.as_bytes(), &fhir::Limits::default()).unwrap_or_else(|error| panic!("{error}: {line}"));
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        *types.entry(resource.type_name().to_owned()).or_default() += 1;
        let id = format!("{}/{}", resource.type_name(), value["id"].as_str().unwrap());
        assert!(ids.insert(id.clone()), "{id} is there twice");
    }
    for name in ["Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole", "Group", "Device"]
    {
        assert!(types.contains_key(name), "{name} is missing: {types:?}");
    }
    for line in &lines {
        for reference in line.split("\"reference\":\"").skip(1) {
            let target = reference.split('"').next().unwrap();
            assert!(ids.contains(target), "{target} is not there: {line}");
        }
    }
}

#[test]
fn populations_add_up() {
    let lines = places_of(&City::build(settings(20_000)).unwrap());
    let quantity = |id: &str| -> u64 {
        let line = lines.iter().find(|line| line.contains(&format!("\"id\":\"{id}\""))).unwrap();
        serde_json::from_str::<serde_json::Value>(line).unwrap()["quantity"].as_u64().unwrap()
    };
    assert_eq!(quantity("pop-339900-2026"), 20_000);
    let districts: u64 = (1..=16).map(|nth| quantity(&format!("pop-3399{nth:02}-2026"))).sum();
    assert_eq!(districts, 20_000);
}

#[test]
fn schools_have_classes() {
    let city = City::build(settings(20_000)).unwrap();
    let out = crate::made::people_of(&City::build(Settings { days: 1, ..settings(1_000) }).unwrap());
    let text = std::str::from_utf8(&out.ndjson).unwrap();
    let classes = text.lines().filter(|line| line.contains("\"id\":\"class-")).count();
    assert_eq!(classes, 12 * city.places.schools.len());
}
