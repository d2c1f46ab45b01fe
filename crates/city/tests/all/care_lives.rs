//! Lives: birth, pregnancy, emergency runs, death, follow-up, as the city writes them.

use crate::care_made::{Made, field, made, minute_of, person_of, within};
use city::day::day;
use city::{Day, Settings};
use std::collections::{HashMap, HashSet};

const END: Day = day(2026, 11, 1);

fn city() -> &'static Made {
    made(&Settings { days: 365, ..Settings::new(5000, 77, END) })
}

fn of_class(class: &str) -> impl Iterator<Item = &'static str> {
    city().of_type("Encounter").filter(move |line| field(line, "\"class\":{", "code") == class)
}

#[test]
fn an_ambulance_is_there_in_about_twelve_minutes_and_hands_over_to_emergency() {
    let arrivals: HashSet<(u64, &str)> = of_class("EMER")
        .filter(|line| line.contains("\"origin\":{"))
        .map(|line| (person_of(line), field(line, "\"period\":", "start")))
        .collect();
    let mut minutes = Vec::new();
    for line in of_class("FLD") {
        let time = |name: &str| minute_of(field(line, &format!("urn:jingluo:run:{name}"), "valueDateTime"));
        let times = ["taken", "passed-on", "out", "at-patient", "left-patient", "at-hospital"].map(time);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{line}");
        minutes.push((times[3] - times[0]) as f64);
        let handed = (person_of(line), field(line, "\"period\":", "end"));
        assert!(arrivals.contains(&handed), "nobody took over: {line}");
    }
    let mean = minutes.iter().sum::<f64>() / minutes.len() as f64;
    assert!(minutes.len() > 100 && (11.2..13.6).contains(&mean), "{} runs, {mean} minutes", minutes.len());
}

#[test]
fn mothers_and_newborns_lie_at_the_same_hospital_at_the_same_time() {
    let mother_of: HashMap<u64, u64> = city()
        .people
        .lines()
        .map(|row| row.split(',').collect::<Vec<&str>>())
        .filter_map(|cells| Some((cells[0].parse().ok()?, cells[10].parse().ok()?)))
        .collect();
    let mut births: HashMap<u64, Vec<(i64, i64, &str)>> = HashMap::new();
    let icd = |line| field(line, "\"reasonCode\":", "code");
    let time = |line| {
        let end =
            within(line, "\"period\":{", "}").contains("\"end\"").then(|| minute_of(field(line, "\"period\":", "end")));
        (minute_of(field(line, "\"period\":", "start")), end.unwrap_or(i64::MAX))
    };
    for line in of_class("IMP").filter(|line| matches!(icd(line), "O80.9" | "O82.9")) {
        let (start, end) = time(line);
        births.entry(person_of(line)).or_default().push((start, end, field(line, "", "source")));
    }
    let mut children = 0;
    for line in of_class("IMP").filter(|line| icd(line) == "Z38.0") {
        let (born, _) = time(line);
        let mother = mother_of[&person_of(line)];
        let place = field(line, "", "source");
        // A mother who came just before the history began is not told.
        let Some(births) = births.get(&mother) else { continue };
        let found = births.iter().any(|(start, end, at)| (*start..*end).contains(&born) && *at == place);
        assert!(found, "{line}\n{births:?}");
        children += 1;
    }
    assert!(children >= 8, "{children} children");
}

#[test]
fn antenatal_visits_carry_the_five_colours() {
    let mut colours: HashMap<&str, u32> = HashMap::new();
    for line in city().of_type("Observation").filter(|line| line.contains("\"pregnancy-risk\"")) {
        *colours.entry(field(line, "\"valueCodeableConcept\":", "code")).or_default() += 1;
    }
    let all: u32 = colours.values().sum();
    assert!(all > 150 && colours["green"] * 100 > 40 * all && colours["yellow"] * 100 > 8 * all, "{colours:?}");
    let scans = city().of_type("DiagnosticReport").filter(|line| line.contains("产科超声")).count();
    assert!(scans > 40, "{scans} scans");
}

#[test]
fn the_dead_are_certified_once_and_see_nobody_afterwards() {
    let mut dead: HashMap<u64, i64> = HashMap::new();
    for line in city().of_type("Observation").filter(|line| line.contains("\"code\":\"69453-9\"")) {
        let before = dead.insert(person_of(line), minute_of(field(line, "", "effectiveDateTime")));
        assert_eq!(before, None, "{line}");
    }
    assert!(dead.len() >= 15, "{} have died", dead.len());
    for line in city().of_type("Encounter").filter(|line| field(line, "", "id").starts_with('p')) {
        if let Some(death) = dead.get(&person_of(line)) {
            assert!(minute_of(field(line, "\"period\":", "start")) <= *death, "{line}");
        }
    }
    let in_wards = of_class("IMP").filter(|line| line.contains("\"code\":\"exp\"")).count();
    let share = in_wards as f64 / dead.len() as f64;
    assert!((0.3..0.85).contains(&share), "{share} of {} died in a ward", dead.len());
}

#[test]
fn pressure_falls_under_treatment() {
    // Those diagnosed within the year against those treated for more than three.
    let since: HashMap<u64, i64> = city()
        .of_type("Condition")
        .filter(|line| line.contains("\"code\":\"I10\"") && line.contains("onsetDateTime"))
        .map(|line| (person_of(line), minute_of(field(line, "", "onsetDateTime"))))
        .collect();
    let (mut new, mut old) = (Vec::new(), Vec::new());
    for line in city().of_type("Observation").filter(|line| line.contains("\"code\":\"8480-6\"")) {
        let Some(onset) = since.get(&person_of(line)) else { continue };
        let at = minute_of(field(line, "", "effectiveDateTime"));
        let systolic: f64 = within(line, "\"valueQuantity\":{\"value\":", ",").parse().unwrap();
        match (at - onset) / 1440 {
            0..120 => new.push(systolic),
            1100.. => old.push(systolic),
            _ => {}
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!(new.len() > 30 && old.len() > 300, "{} {}", new.len(), old.len());
    assert!(mean(&new) > mean(&old) + 5.0, "{} {}", mean(&new), mean(&old));
}
