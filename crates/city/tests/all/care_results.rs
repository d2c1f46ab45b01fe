//! Results: valid, of one person, moved by disease, repeated as the truth says.

use crate::care_made::{Made, field, made, minute_of, person_of, repeats_elsewhere, within};
use city::day::day;
use city::settings::Part;
use city::{Day, Settings, Window};
use std::collections::{HashMap, HashSet};

const END: Day = day(2026, 11, 1);

fn everything() -> &'static Made {
    made(&Settings { days: 365, ..Settings::new(1200, 21, END) })
}

fn results() -> &'static Made {
    made(&Settings { days: 365, only: Some(Part::Results), ..Settings::new(1500, 9, END) })
}

/// Values of a LOINC code by person.
fn values(made: &Made, loinc: &str) -> HashMap<u64, Vec<f64>> {
    let coded = format!("\"system\":\"http://loinc.org\",\"code\":\"{loinc}\"");
    let mut values: HashMap<u64, Vec<f64>> = HashMap::new();
    for line in made.of_type("Observation").filter(|line| line.contains(&coded)) {
        let value = within(line, "\"valueQuantity\":{\"value\":", ",").trim_end_matches('}');
        values.entry(person_of(line)).or_default().push(value.parse().unwrap());
    }
    values
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let middle = mean(values);
    (values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
}

#[test]
fn thousands_of_resources_of_every_type_are_valid() {
    let limits = fhir::Limits::default();
    let mut tried: HashMap<String, u32> = HashMap::new();
    for (nth, line) in everything().lines().enumerate() {
        let type_ = field(line, "", "resourceType");
        let tries = tried.entry(type_.to_owned()).or_default();
        // The first hundred of each type and then one of each thirty lines.
        if *tries >= 100 && nth % 30 != 0 {
            continue;
        }
        *tries += 1;
        if let Err(error) = fhir::parse(line.as_bytes(), &limits) {
            panic!("{error:?}\n{line}");
        }
    }
    for type_ in [
        "Patient",
        "Encounter",
        "Condition",
        "Observation",
        "DiagnosticReport",
        "ImagingStudy",
        "ServiceRequest",
        "MedicationRequest",
        "Procedure",
        "Immunization",
        "AllergyIntolerance",
        "FamilyMemberHistory",
        "EpisodeOfCare",
        "Invoice",
        "Endpoint",
    ] {
        assert!(tried.contains_key(type_), "no {type_} in {tried:?}");
    }
    assert!(tried.values().sum::<u32>() > 3000, "{tried:?}");
}

#[test]
fn references_resolve_within_the_city() {
    let settings = Settings { days: 120, ..Settings::new(800, 31, END) };
    let made = Made::of(&settings, Window::live(i64::MIN, i64::from(END) * 1440));
    let key = |line: &str| format!("{}/{}", field(line, "", "resourceType"), field(line, "", "id"));
    let known: HashSet<String> = made.lines().map(key).collect();
    let settled = i64::from(END - 8) * 1440;
    let mut missing: Vec<String> = Vec::new();
    for (arrival, start, end) in &made.arrivals {
        // What has come in the last days may name what is still on its way.
        if *arrival > settled {
            continue;
        }
        let line = &made.text[*start..*end];
        for part in line.split("\"reference\":\"").skip(1) {
            let reference = &part[..part.find('"').unwrap()];
            if !known.contains(reference) {
                missing.push(format!("{reference} in {}", key(line)));
            }
        }
    }
    assert!(missing.is_empty(), "{} references, such as {:?}", missing.len(), &missing[..missing.len().min(20)]);
}

#[test]
fn nothing_arrives_before_it_has_happened() {
    let settings = Settings { days: 60, ..Settings::new(400, 33, END) };
    let made = Made::of(&settings, Window::live(i64::MIN, i64::from(END) * 1440));
    for (arrival, start, end) in &made.arrivals {
        let line = &made.text[*start..*end];
        for name in ["issued", "effectiveDateTime", "recordedDate", "authoredOn", "occurrenceDateTime", "end"] {
            let text = field(line, "", name);
            let is_instant = text.len() > 10 && !line.contains("\"resourceType\":\"Patient\"");
            // An order may be due later.
            let is_due = name == "occurrenceDateTime" && line.contains("\"resourceType\":\"ServiceRequest\"");
            assert!(!is_instant || is_due || minute_of(text) <= *arrival, "{line} arrives at {arrival}");
        }
    }
}

#[test]
fn results_of_one_person_lie_closer_than_those_of_two() {
    for (loinc, most) in [("718-7", 0.75), ("14682-9", 0.6), ("777-3", 0.75)] {
        let by_person = values(results(), loinc);
        let several: Vec<&Vec<f64>> = by_person.values().filter(|values| values.len() >= 3).collect();
        assert!(several.len() > 40, "{loinc}: {} people", several.len());
        let own = mean(&several.iter().map(|values| deviation(values)).collect::<Vec<f64>>());
        let between = deviation(&several.iter().map(|values| mean(values)).collect::<Vec<f64>>());
        assert!(own < most * between, "{loinc}: within {own}, between {between}");
    }
}

#[test]
fn disease_moves_its_results() {
    let made = everything();
    let ill = |icd: &str| -> HashSet<u64> {
        let coded = format!("\"code\":\"{icd}\"");
        let of_record = |line: &&str| field(line, "", "id").contains("-rec-c") && line.contains(&coded);
        made.of_type("Condition").filter(of_record).map(person_of).collect()
    };
    for (icd, loinc, least) in [("E11.9", "4548-4", 0.6), ("N18.9", "14682-9", 30.0), ("M10.9", "14933-6", 30.0)] {
        let ill = ill(icd);
        let (with, without): (Vec<_>, Vec<_>) =
            values(made, loinc).into_iter().partition(|(person, _)| ill.contains(person));
        let all = |found: Vec<(u64, Vec<f64>)>| {
            mean(&found.into_iter().map(|(_, values)| mean(&values)).collect::<Vec<f64>>())
        };
        let (with, without) = (all(with), all(without));
        assert!(with > without + least, "{icd}: {with} against {without}");
    }
}

#[test]
fn institutions_have_their_own_codes_and_leave_some_unmapped() {
    let (mut mapped, mut all) = (0.0, 0.0);
    let mut codes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for line in results().of_type("Observation").filter(|line| line.contains("urn:jingluo:local:")) {
        all += 1.0;
        mapped += f64::from(u8::from(line.contains("http://loinc.org")));
        let text = within(line, "\"text\":\"", "\"");
        codes.entry(text).or_default().insert(field(line, "urn:jingluo:local:", "code"));
    }
    let share = mapped / all;
    assert!((0.8..0.995).contains(&share), "{share} of {all} results have a standard code");
    let several = codes.values().filter(|codes| codes.len() > 1).count();
    assert!(several > 20, "{several} of {} names have several codes", codes.len());
}

#[test]
fn the_truth_of_repeats_is_what_the_data_shows() {
    let made = results();
    let mut reports: HashMap<&str, &str> = HashMap::new();
    for line in made.of_type("DiagnosticReport") {
        reports.insert(field(line, "", "id"), line);
    }
    let (mut told, mut spared) = (HashSet::new(), 0);
    for row in made.repeats.lines() {
        let cells: Vec<&str> = row.split(',').collect();
        let (first, second) = (cells[1], cells[2]);
        let hours: i64 = cells[6].parse().unwrap();
        assert!((0..=90 * 24).contains(&hours), "{row}");
        assert_eq!(cells[7] == "yes", cells[8].is_empty(), "{row}");
        let (ordered, issued, arrived) = (minute_of(cells[10]), minute_of(cells[11]), minute_of(cells[12]));
        assert!(issued < arrived && (cells[7] == "no" || issued <= ordered), "{row}");
        if !cells[9].is_empty() {
            assert!((0..=14 * 24).contains(&cells[9].parse().unwrap()), "{row}");
            told.insert(second);
            spared += i32::from(cells[7] == "yes");
        }
        // A report still on its way when the history ends is told but not yet there.
        let (Some(first), Some(second)) = (reports.get(first), reports.get(second)) else { continue };
        let between =
            minute_of(field(second, "", "effectiveDateTime")) - minute_of(field(first, "", "effectiveDateTime"));
        assert_eq!(between / 60, hours, "{row}");
        assert!(first.contains(cells[4]) && second.contains(cells[5]), "{row}");
        if cells[8].is_empty() && cells[4] != cells[5] {
            assert!(first.contains("urn:jingluo:mark"), "{row}\n{first}");
        }
    }
    let share = told.len() as f64 / reports.len() as f64;
    assert!((0.05..0.11).contains(&share), "{share} of reports are repeats");
    let spared = f64::from(spared) / told.len() as f64;
    assert!((0.35..0.65).contains(&spared), "{spared} of repeats could have been spared");
    images_repeated(made, &told);
}

/// When an image was taken, where, and its report.
type Taken<'a> = (i64, &'a str, &'a str);

/// Every image made again at another hospital within two weeks is in the truth.
fn images_repeated(made: &Made, told: &HashSet<&str>) {
    let mut images: HashMap<(u64, &str), Vec<Taken>> = HashMap::new();
    for line in made.of_type("DiagnosticReport").filter(|line| line.contains("\"conclusion\"")) {
        let at = minute_of(field(line, "", "effectiveDateTime"));
        let institution = field(line, "", "source");
        images.entry((person_of(line), within(line, "\"text\":\"", "\""))).or_default().push((
            at,
            institution,
            field(line, "", "id"),
        ));
    }
    let mut found = 0;
    for taken in images.values_mut() {
        taken.sort_unstable();
        for (nth, (at, institution, id)) in taken.iter().enumerate() {
            let again = taken[..nth].iter().any(|(before, other, _)| other != institution && at - before <= 14 * 1440);
            found += i32::from(again);
            assert!(!again || told.contains(id), "{id} is a repeat that the truth does not tell");
        }
    }
    assert!(found > 20, "{found} images were made again");
}

#[test]
fn an_order_tells_what_it_is_for_and_when_it_is_due() {
    let made = everything();
    let orders = || made.of_type("ServiceRequest").filter(|line| line.contains("urn:jingluo:local:"));
    let purpose = |text: &str| orders().filter(|line| line.contains(text)).count();
    assert!(purpose("术前检查") > 20 && purpose("病程监测") > 50);
    assert!(orders().filter(|line| line.contains("\"orderDetail\":[{\"text\":\"64排\"}]")).count() > 5);
    // What is scheduled is due within days; some of it has not been made when history ends.
    let scheduled: Vec<&str> = orders().filter(|line| line.contains("occurrenceDateTime")).collect();
    for line in &scheduled {
        let wait = minute_of(field(line, "", "occurrenceDateTime")) - minute_of(field(line, "", "authoredOn"));
        assert!((1..=4 * 1440).contains(&wait), "{line}");
    }
    let open = scheduled.iter().filter(|line| line.contains("\"status\":\"active\"")).count();
    assert!(scheduled.len() > 30 && open > 0, "{open} of {} are open", scheduled.len());
}

#[test]
fn an_institution_maps_its_codes_to_items_but_for_a_few() {
    let made = everything();
    let maps: Vec<&str> = made.of_type("ConceptMap").collect();
    // Tests, panels and images.
    let mapped: usize = maps.iter().map(|line| line.matches("\"equivalence\"").count()).sum();
    assert!(maps.len() > 10 && mapped < maps.len() * 150 && mapped > maps.len() * 110, "{mapped} of {}", maps.len());
    for line in maps {
        let codes = line.split("{\"code\":\"").skip(1).filter_map(|rest| Some(rest.split_once("\",\"display\"")?.0));
        let codes: Vec<&str> = codes.filter(|code| !code.contains('"')).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len(), "{}", field(line, "", "id"));
    }
}

#[test]
fn children_are_vaccinated_in_order_and_on_time() {
    let made = everything();
    let born: HashMap<u64, i64> = made
        .people
        .lines()
        .map(|row| row.split(',').collect::<Vec<&str>>())
        .map(|cells| (cells[0].parse().unwrap(), minute_of(cells[4])))
        .collect();
    let mut doses: HashMap<(u64, &str), Vec<(i64, i64)>> = HashMap::new();
    for line in made.of_type("Immunization").filter(|line| !line.contains("\"code\":\"2101\"")) {
        let nth: i64 = within(line, "\"doseNumberPositiveInt\":", "}").parse().unwrap();
        let at = minute_of(field(line, "", "occurrenceDateTime"));
        doses.entry((person_of(line), field(line, "urn:jingluo:vaccine", "code"))).or_default().push((nth, at));
    }
    let mut in_time = (0.0, 0.0);
    for ((person, vaccine), given) in &mut doses {
        given.sort_unstable();
        assert!(
            given.windows(2).all(|pair| pair[0].1 + 20 * 1440 < pair[1].1),
            "person {person}, {vaccine}: {given:?}"
        );
        let (nth, at) = given[0];
        let age = (at - born[person]) / 1440;
        assert!(age >= 0, "person {person} before birth");
        if *vaccine == "1201" && nth == 1 {
            in_time.1 += 1.0;
            in_time.0 += f64::from(u8::from(age < 365));
        }
    }
    assert!(in_time.1 > 80.0 && in_time.0 / in_time.1 > 0.9, "{in_time:?}");
}

#[test]
fn reports_come_preliminary_first_or_are_corrected_later() {
    let settings = Settings { days: 90, only: Some(Part::Results), ..Settings::new(1600, 41, END) };
    let made = Made::of(&settings, Window::live(i64::MIN, i64::from(END) * 1440));
    let mut states: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut by_arrival = made.arrivals.clone();
    by_arrival.sort_unstable();
    for (_, start, end) in by_arrival {
        let line = &made.text[start..end];
        if line.contains("\"resourceType\":\"DiagnosticReport\"") {
            states.entry(field(line, "", "id")).or_default().push(field(line, "", "status"));
        }
    }
    let mut count: HashMap<String, u32> = HashMap::new();
    states.values().for_each(|states| *count.entry(states.join(" ")).or_default() += 1);
    // The last days hold reports that are preliminary still.
    let known = ["final", "preliminary", "preliminary final", "final corrected"];
    assert!(count.keys().all(|states| known.contains(&states.as_str())), "{count:?}");
    assert!(count["preliminary final"] > 20 && count["final corrected"] > 2, "{count:?}");
}

#[test]
fn the_rate_of_repeats_follows_the_setting() {
    let share = |repeats: f64| {
        let mut settings = Settings { days: 120, only: Some(Part::Results), ..Settings::new(700, 43, END) };
        settings.rates.repeats = repeats;
        let made = Made::of(&settings, Window::history(i64::from(END) * 1440));
        repeats_elsewhere(&made.repeats) as f64 / made.of_type("DiagnosticReport").count() as f64
    };
    let (none, many) = (share(0.0), share(0.2));
    assert!(none < 0.035 && many > 0.13, "{none} {many}");
}
