//! Registrations: clerical errors at their rates, numbers valid where no error was laid in, and the truth beside them.

use crate::made::{history, people_of, settings};
use city::settings::ERROR_NAMES;
use city::{City, ErrorRates, Part, Settings};
use serde_json::Value;
use std::collections::HashMap;

fn only(part: Part, residents: u64) -> Settings {
    Settings { only: Some(part), ..settings(residents) }
}

/// Registrations with each error, and all.
fn counted(settings: Settings) -> (HashMap<String, f64>, f64) {
    let city = City::build(settings).unwrap();
    let mut counts: HashMap<String, f64> = HashMap::new();
    let mut all = 0.0;
    let mut out = history(&city);
    for nth in 0..city.blocks() {
        out.clear();
        city.block(nth, &mut out);
        for row in out.truth.registrations.lines() {
            all += 1.0;
            let errors = row.rsplit(',').next().unwrap().split(';').filter(|error| !error.is_empty());
            errors.for_each(|error| *counts.entry(error.to_owned()).or_default() += 1.0);
        }
    }
    (counts, all)
}

/// Five deviations of a binomial draw, and 3 of 100 for registrations on which an error cannot be seen.
fn check(rates: &ErrorRates, counts: &HashMap<String, f64>, all: f64) {
    for name in ERROR_NAMES {
        if matches!(name, "mothers_card" | "twins") {
            continue;
        }
        let rate = match name {
            "no_number" => rates.no_number,
            "number_15" => rates.number_15,
            "wrong_digit" => rates.wrong_digit,
            "borrowed_card" => rates.borrowed_card,
            "homophone" => rates.homophone,
            "similar_shape" => rates.similar_shape,
            "traditional_or_rare" => rates.traditional_or_rare,
            "pinyin_only" => rates.pinyin_only,
            "middle_dot_or_foreign" => rates.middle_dot_or_foreign,
            "birth_date" => rates.birth_date,
            _ => rates.old_phone_or_address,
        };
        let found = counts.get(name).copied().unwrap_or(0.0) / all;
        let bound = 5.0 * (rate * (1.0 - rate) / all).sqrt() * if name.starts_with("middle") { 2.0 } else { 1.0 };
        assert!((found - rate).abs() < bound + 0.03 * rate, "{name}: {found} in place of {rate} ± {bound}");
    }
}

#[test]
fn errors_come_at_their_rates() {
    let (counts, all) = counted(only(Part::Registrations, 60_000));
    check(&ErrorRates::default(), &counts, all);
    for name in ERROR_NAMES {
        assert!(counts.contains_key(name), "{name} never comes");
    }
}

#[test]
fn a_hard_city_has_twice_the_errors_and_no_number_on_thirty_of_a_hundred() {
    let settings = Settings { errors: ErrorRates::hard(), ..only(Part::Registrations, 40_000) };
    let (counts, all) = counted(settings);
    check(&ErrorRates::hard(), &counts, all);
    assert!((counts["no_number"] / all - 0.3).abs() < 0.01);
}

#[test]
fn sixty_of_a_hundred_newborn_are_first_written_under_the_mother() {
    let city = City::build(only(Part::Registrations, 60_000)).unwrap();
    let truth = people_of(&city).truth;
    let born: HashMap<&str, &str> = truth
        .people
        .lines()
        .map(|row| row.split(',').collect::<Vec<_>>())
        .filter(|row| !row[10].is_empty())
        .map(|row| (row[0], row[4]))
        .collect();
    let (mut first, mut on_card) = (0.0, 0.0);
    let mut seen = std::collections::HashSet::new();
    let mut rows: Vec<Vec<&str>> = truth.registrations.lines().map(|row| row.split(',').collect()).collect();
    rows.sort_by_key(|row| row[3]);
    for row in rows {
        let Some(born) = born.get(row[1]).filter(|_| seen.insert(row[1])) else { continue };
        let days = |text: &str| {
            let part = |from: usize, to: usize| text[from..to].parse::<i32>().unwrap();
            city::day::day(part(0, 4), part(5, 7) as u32, part(8, 10) as u32)
        };
        if days(row[3]) - days(born) < 60 {
            first += 1.0;
            on_card += f64::from(u8::from(row[4].contains("mothers_card")));
        }
    }
    let share: f64 = on_card / first;
    assert!(first > 500.0 && (share - 0.6).abs() < 5.0 * (0.24_f64 / first).sqrt(), "{share} of {first}");
}

#[test]
fn numbers_are_valid_where_no_error_was_laid_in() {
    let city = City::build(only(Part::Registrations, 8_000)).unwrap();
    let out = people_of(&city);
    let errors: HashMap<&str, &str> = out
        .truth
        .registrations
        .lines()
        .map(|row| (row.split(',').next().unwrap(), row.rsplit(',').next().unwrap()))
        .collect();
    let mut read = 0;
    for line in std::str::from_utf8(&out.ndjson).unwrap().lines() {
        fhir::parse(line.as_bytes(), &fhir::Limits::default()).unwrap_or_else(|error| panic!("{error}: {line}"));
        let patient: Value = serde_json::from_str(line).unwrap();
        let errors = errors[patient["id"].as_str().unwrap()];
        let number = patient["identifier"].as_array().unwrap().iter().find(|one| one["use"] == "official");
        let Some(number) = number.map(|one| one["value"].as_str().unwrap()) else { continue };
        read += 1;
        let valid = identity::ResidentNumber::parse(number, (2040, 1, 1));
        if errors.contains("wrong_digit") {
            assert!(valid.is_err(), "{number}: {errors}");
        } else if !errors.contains("number_15") {
            let valid = valid.unwrap_or_else(|refusal| panic!("{}: {number}", refusal.text()));
            if errors.is_empty() {
                let (year, month, day) = valid.birth_date();
                assert_eq!(patient["birthDate"], format!("{year:04}-{month:02}-{day:02}"));
            }
        }
    }
    assert!(read > 10_000);
}

#[test]
fn a_city_of_bookings_refers_to_patients_that_are_there() {
    let city = City::build(only(Part::Booking, 3_000)).unwrap();
    let mut out = history(&city);
    city.places(&mut out);
    for nth in 0..city.blocks() {
        city.block(nth, &mut out);
    }
    let mut ids = std::collections::HashSet::new();
    let mut types: HashMap<String, usize> = HashMap::new();
    let text = std::str::from_utf8(&out.ndjson).unwrap();
    for line in text.lines() {
        let resource = fhir::parse(line.as_bytes(), &fhir::Limits::default());
        let resource = resource.unwrap_or_else(|error| panic!("{error}: {line}"));
        let value: Value = serde_json::from_str(line).unwrap();
        *types.entry(resource.type_name().to_owned()).or_default() += 1;
        ids.insert(format!("{}/{}", resource.type_name(), value["id"].as_str().unwrap()));
    }
    for name in ["Schedule", "Slot", "Appointment", "Patient", "PractitionerRole"] {
        assert!(types.contains_key(name), "{name} is missing: {types:?}");
    }
    for line in text.lines().filter(|line| line.starts_with("{\"resourceType\":\"Appointment\"")) {
        for reference in line.split("\"reference\":\"").skip(1) {
            let target = reference.split('"').next().unwrap();
            assert!(ids.contains(target), "{target} is not there: {line}");
        }
    }
}
