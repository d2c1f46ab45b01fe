//! Long searches: they end when they should, have a defined end, and nothing waits for them.

use crate::harness::{House, put, search};
use base::clock::Stopwatch;
use base::{Cx, Deadline, Kind, Result};
use fhir::search::Search;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Batch, Expect, SearchPage};

const PATIENTS: usize = 1_500;

/// Many Patients of one family, each with an Observation.
fn crowd() -> House {
    let house = House::new();
    for chunk in 0..PATIENTS / 100 {
        let mut writes = Vec::new();
        for nth in chunk * 100..(chunk + 1) * 100 {
            let patient = format!(
                r#"{{"resourceType":"Patient","id":"p{nth}","gender":"male","name":[{{"family":"F{nth}","given":["G","H{nth}"]}}],"identifier":[{{"system":"urn:i","value":"{nth}"}}],"birthDate":"19{:02}"}}"#,
                nth % 100
            );
            let observation = format!(
                r#"{{"resourceType":"Observation","id":"o{nth}","status":"final","code":{{"coding":[{{"system":"urn:c","code":"k{nth}"}}]}},"subject":{{"reference":"Patient/p{nth}"}},"effectiveDateTime":"2026-01-01","valueQuantity":{{"value":{nth},"unit":"x"}}}}"#
            );
            writes.push(put(&patient, Expect::Any).unwrap());
            writes.push(put(&observation, Expect::Any).unwrap());
        }
        house.store.write(&house.cx, Batch { writes, ..Batch::default() }).unwrap();
    }
    house
}

/// `count` values as an OR list.
fn list(count: usize, value: impl Fn(usize) -> String) -> String {
    (0..count).map(value).collect::<Vec<_>>().join(",")
}

/// A search that holds thousands of values against every Patient.
fn slow() -> Search {
    search(&format!("Patient?gender=male&name:contains={}", list(10_000, |nth| format!("zz{nth}")))).unwrap()
}

#[test]
fn lists_of_ten_thousand_values_have_a_defined_end() {
    let house = crowd();
    let lists = [
        ("Patient?_id=", list(10_000, |nth| format!("p{nth}")), PATIENTS),
        ("Patient?identifier=", list(10_000, |nth| format!("urn:i|{nth}")), PATIENTS),
        ("Patient?family=", list(10_000, |nth| format!("F{nth}")), PATIENTS),
        ("Patient?family:exact=", list(10_000, |nth| format!("F{nth}")), PATIENTS),
        ("Patient?birthdate=", list(10_000, |nth| format!("{}", 1_000 + nth % 9_000)), PATIENTS),
        ("Observation?code=", list(10_000, |nth| format!("urn:c|k{nth}")), PATIENTS),
        ("Observation?code:not=", list(10_000, |nth| format!("urn:c|k{nth}")), 0),
        ("Observation?subject=", list(10_000, |nth| format!("Patient/p{nth}")), PATIENTS),
        ("Observation?value-quantity=", list(10_000, |nth| nth.to_string()), PATIENTS),
        ("Observation?date=", list(10_000, |nth| format!("ge{}", 1_000 + nth % 9_000)), PATIENTS),
    ];
    for (query, values, expected) in &lists {
        let first = query.split('?').next().unwrap();
        let other = if first == "Patient" { "gender=male" } else { "status=final" };
        for query in [format!("{query}{values}"), format!("{query}{values}&{other}")] {
            let name = &query[..40];
            let mut asked = search(&query).unwrap();
            asked.count = Some(20);
            let watch = Stopwatch::start();
            match house.store.search(&house.cx, &asked) {
                Ok(page) => assert_eq!(page.matches.len(), 20.min(*expected), "{name}"),
                Err(error) => assert_eq!(error.kind, Kind::TooCostly, "{name}: {error}"),
            }
            asked.count = Some(0);
            match house.store.search(&house.cx, &asked) {
                Ok(page) => assert_eq!(page.total, Some(*expected as u64), "the total of {name}"),
                Err(error) => assert_eq!(error.kind, Kind::TooCostly, "{name}: {error}"),
            }
            assert!(watch.elapsed() < Duration::from_secs(20), "{name} took {:?}", watch.elapsed());
        }
    }
}

#[test]
fn chains_over_many_targets_have_a_defined_end() {
    let house = crowd();
    for query in [
        "Observation?subject:Patient.gender=male",
        "Observation?subject:Patient.gender=male&status=final",
        "Observation?patient.birthdate=ge1900&_sort=-value-quantity",
    ] {
        let page = house.page(&house.cx, query).unwrap();
        assert_eq!(page.matches.len(), 50, "{query}");
        let mut counted = search(query).unwrap();
        counted.count = Some(0);
        assert_eq!(house.store.search(&house.cx, &counted).unwrap().total, Some(PATIENTS as u64), "{query}");
    }
    // Thousands of targets are read one after the other, not with a statement for each; and page by page.
    assert_eq!(house.ids_paged("Observation?subject:Patient.gender=male", 400).len(), PATIENTS);
}

#[test]
fn two_large_halves_of_a_chain_are_answered() {
    let house = House::new();
    const MANY: usize = base::limits::CHAIN_TARGETS_MAX + 200;
    for chunk in 0..MANY / 200 {
        let mut writes = Vec::new();
        for nth in chunk * 200..(chunk + 1) * 200 {
            let patient = format!(r#"{{"resourceType":"Patient","id":"p{nth}","gender":"male"}}"#);
            let observation = format!(
                r#"{{"resourceType":"Observation","id":"o{nth}","status":"final","code":{{"text":"x"}},"subject":{{"reference":"Patient/p{nth}"}}}}"#
            );
            writes.extend([put(&patient, Expect::Any).unwrap(), put(&observation, Expect::Any).unwrap()]);
        }
        house.store.write(&house.cx, Batch { writes, ..Batch::default() }).unwrap();
    }
    for query in [
        "Observation?patient.gender=male",
        "Observation?status=final&patient.gender=male",
        "Observation?subject:Patient.gender=male&status:not=draft",
        "Patient?_has:Observation:patient:status=final",
        "Patient?gender=male&_has:Observation:patient:status=final",
        "Observation?patient._has:Observation:patient:status=final",
    ] {
        let mut asked = search(query).unwrap();
        asked.explain = true;
        let page = house.store.search(&house.cx, &asked).unwrap();
        assert_eq!(page.matches.len(), 50, "{query}");
        let told = page.explain.join("\n");
        assert!(told.contains("each candidate asks about"), "{query}: {told}");
        asked.count = Some(0);
        assert_eq!(house.store.search(&house.cx, &asked).unwrap().total, Some(MANY as u64), "{query}");
    }
    // Beside a criterion that finds little the inner search is never run whole.
    let mut asked = search("Observation?_id=o7,o8&patient.gender=male").unwrap();
    asked.explain = true;
    let page = house.store.search(&house.cx, &asked).unwrap();
    assert_eq!(page.matches.len(), 2);
    let looked = page.explain.iter().find(|line| line.starts_with("rows looked at")).unwrap();
    assert!(looked.contains("single inner searches: 2"), "{looked}");
    // An estimate comes from a sample, a total from all.
    let mut estimate = search("Observation?status=final&_total=estimate").unwrap();
    estimate.count = Some(1);
    let about = house.store.search(&house.cx, &estimate).unwrap().total.unwrap() as usize;
    assert!((MANY / 3..MANY * 3).contains(&about), "{about}");
}

#[test]
fn what_much_of_a_type_meets_is_not_counted_again() {
    let house = House::new();
    let writes = (0..1_200).map(|nth| {
        let gender = ["female", "female", "male", "other"][if nth % 40 == 0 { 3 } else { nth % 3 }];
        let born = 1_940 + nth % 60;
        let patient =
            format!(r#"{{"resourceType":"Patient","id":"p{nth}","gender":"{gender}","birthDate":"{born}-03-04"}}"#);
        put(&patient, Expect::Any).unwrap()
    });
    house.store.write(&house.cx, Batch { writes: writes.collect(), ..Batch::default() }).unwrap();
    let told = |gender: &str, years: (usize, usize)| {
        let query = format!("Patient?birthdate=ge{}&birthdate=lt{}&gender={gender}&_count=10", years.0, years.1);
        let mut asked = search(&query).unwrap();
        asked.explain = true;
        let mut ids = Vec::new();
        let mut story = String::new();
        loop {
            let page = house.store.search(&house.cx, &asked).unwrap();
            ids.extend(page.matches.iter().map(|one| one.id[1..].parse::<usize>().unwrap()));
            story = if story.is_empty() { page.explain.join("\n") } else { story };
            match page.next {
                Some(next) => asked.page = Some(next),
                None => break,
            }
        }
        let is = |nth: usize| match gender {
            "female" => !nth.is_multiple_of(40) && nth % 3 < 2,
            _ => nth.is_multiple_of(40),
        };
        ids.sort_unstable();
        let born = |nth: usize| 1_940 + nth % 60;
        let wanted = (0..1_200).filter(|&nth| is(nth) && (years.0..years.1).contains(&born(nth)));
        assert_eq!(ids, wanted.collect::<Vec<_>>(), "{gender} {years:?}");
        story
    };
    // The first search learns how many there are of a gender, the next ones go by it; few of a gender are sought by it.
    told("female", (1_940, 2_000));
    for years in [(1_940, 2_000), (1_950, 1_951), (1_950, 1_970), (1_900, 1_901)] {
        let story = told("female", years);
        assert!(story.contains("`birthdate` drives, because much of the type"), "{years:?}: {story}");
    }
    for years in [(1_940, 2_000), (1_950, 1_970)] {
        assert!(told("other", years).contains("`gender` drives"), "{years:?}");
    }
}

#[test]
fn a_search_ends_when_its_caller_has_left() {
    let house = crowd();
    let cx = house.cx.clone();
    let ended = std::thread::scope(|scope| {
        let running = scope.spawn(|| house.store.search(&cx, &slow()));
        std::thread::sleep(Duration::from_millis(150));
        cx.stop.raise();
        let watch = Stopwatch::start();
        (running.join().unwrap(), watch.elapsed())
    });
    ended_early(&ended.0, Kind::Busy);
    assert!(ended.1 < Duration::from_secs(2), "it went on for {:?}", ended.1);
    // And a later one on the same connections is not touched by it.
    assert_eq!(house.page(&house.cx_anew(), "Patient?gender=male").unwrap().matches.len(), 50);
}

#[test]
fn a_search_ends_at_its_deadline() {
    let house = crowd();
    let cx = || Cx { deadline: Some(Deadline::after(Duration::from_millis(150))), ..Cx::platform() };
    let watch = Stopwatch::start();
    ended_early(&house.store.search(&cx(), &slow()), Kind::TooCostly);
    assert!(watch.elapsed() < Duration::from_secs(3), "{:?}", watch.elapsed());
    // Inside a chain too.
    let chained = format!("Observation?subject:Patient.name:contains={}", list(10_000, |nth| format!("zz{nth}")));
    let watch = Stopwatch::start();
    ended_early(&house.store.search(&cx(), &search(&chained).unwrap()), Kind::TooCostly);
    assert!(watch.elapsed() < Duration::from_secs(3), "{:?}", watch.elapsed());
}

#[test]
fn writes_and_reads_by_id_go_on_beside_long_searches() {
    let house = crowd();
    let cx = house.cx.clone();
    let over = AtomicBool::new(false);
    let slowest = std::thread::scope(|scope| {
        // More long searches than there are readers.
        let searches: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let _ = house.store.search(&cx, &slow());
                    }
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(200));
        let mut slowest = Duration::ZERO;
        for nth in 0..20 {
            let watch = Stopwatch::start();
            house.put(&format!(r#"{{"resourceType":"Patient","id":"beside{nth}"}}"#));
            assert!(house.json("Patient", "p7").is_some());
            slowest = slowest.max(watch.elapsed());
        }
        over.store(true, Ordering::Relaxed);
        cx.stop.raise();
        searches.into_iter().for_each(|search| search.join().unwrap());
        slowest
    });
    assert!(slowest < Duration::from_secs(2), "a write waited for {slowest:?}");
}

fn ended_early(answer: &Result<SearchPage>, kind: Kind) {
    match answer {
        Ok(page) => panic!("it came to its end with {} matches", page.matches.len()),
        Err(error) => assert_eq!(error.kind, kind, "{error}"),
    }
}

impl House {
    /// The context of another caller.
    fn cx_anew(&self) -> Cx {
        Cx { clock: self.clock.clone(), ..Cx::platform() }
    }
}
