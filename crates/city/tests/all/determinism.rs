//! The same settings make the same bytes, in whatever order and on however many threads; a longer city has the same past.

use crate::made::{history, people_of, places_of, settings};
use city::{City, Out, Part, Settings, Window};
use std::collections::HashSet;

fn registrations(residents: u64) -> Settings {
    Settings { only: Some(Part::Registrations), ..settings(residents) }
}

fn block(city: &City, nth: usize) -> (Vec<u8>, city::Truth) {
    let mut out = history(city);
    city.block(nth, &mut out);
    (out.ndjson, out.truth)
}

#[test]
fn the_order_of_blocks_and_threads_do_not_matter() {
    for settings in [settings(2_000), registrations(30_000)] {
        let city = City::build(settings.clone()).unwrap();
        let forwards: Vec<_> = (0..city.blocks()).map(|nth| block(&city, nth)).collect();
        let again = City::build(settings).unwrap();
        for nth in (0..again.blocks()).rev() {
            assert!(block(&again, nth) == forwards[nth], "block {nth} differs");
        }
        std::thread::scope(|scope| {
            for start in 0..3 {
                let (again, forwards) = (&again, &forwards);
                scope.spawn(move || {
                    for nth in (start..again.blocks()).step_by(3) {
                        assert!(block(again, nth) == forwards[nth], "block {nth} differs");
                    }
                });
            }
        });
        assert_eq!(places_of(&city), places_of(&again));
    }
}

#[test]
fn another_seed_is_another_city() {
    let city = City::build(registrations(1_000)).unwrap();
    let other = City::build(Settings { seed: 8, ..registrations(1_000) }).unwrap();
    assert_ne!(people_of(&city).ndjson, people_of(&other).ndjson);
}

fn same(one: &[String], other: &[String], said: &str) {
    let first = one.iter().zip(other).find(|(a, b)| a != b);
    assert!(first.is_none() && one.len() == other.len(), "{said}: {} and {} lines: {first:#?}", one.len(), other.len());
}

/// What has arrived by a day is the same, however long the city has been or is to be.
#[test]
fn a_longer_city_has_the_same_past() {
    for settings in [registrations(3_000), settings(600)] {
        let all = |settings: Settings| -> Vec<String> {
            let end = city::day::minute(crate::made::settings(1).end, 0, 0);
            let city = City::build(settings).unwrap();
            let mut out = Out::new(Window::history(end), city.settings.only);
            for nth in 0..city.blocks() {
                city.block(nth, &mut out);
            }
            std::str::from_utf8(&out.ndjson).unwrap().lines().map(str::to_owned).collect()
        };
        let usual = all(settings.clone());
        let lived_on = all(Settings { horizon: 90, ..settings.clone() });
        same(&usual, &lived_on, "what is to come has changed the past");
        if settings.only == Some(Part::Registrations) {
            // Health records and outbreaks are laid relative to today; people and their registrations are not.
            let later = all(Settings { end: settings.end + 40, days: settings.days + 40, ..settings.clone() });
            same(&usual, &later, "forty days later the past is another");
        }
        let longer: HashSet<String> =
            all(Settings { days: settings.days + 30, ..settings.clone() }).into_iter().collect();
        // An infection of the days before may be why somebody died in the first days; nothing else may differ.
        let missing: Vec<&String> = usual.iter().filter(|line| !longer.contains(*line)).collect();
        let few = missing.len() * 10_000 <= usual.len();
        assert!(few, "an earlier beginning has changed the past: {:#?}", &missing[..missing.len().min(3)]);
    }
}

/// History and the days after it together are what a later history would be, each resource at its last version.
#[test]
fn history_and_live_windows_meet() {
    let settings = Settings { horizon: 30, ..settings(1_000) };
    let city = City::build(settings.clone()).unwrap();
    let end = city::day::minute(settings.end, 0, 0);
    let made = |window: Window| {
        let mut out = Out::new(window, None);
        for nth in 0..city.blocks() {
            city.block(nth, &mut out);
        }
        out
    };
    let middle = end + 10 * 1440 + 7 * 60;
    let (first, second) = (made(Window::live(end, middle)), made(Window::live(middle, end + 30 * 1440)));
    let (before, after) = (made(Window::history(end)), made(Window::history(end + 30 * 1440)));
    let mut last: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    let mut keep = |line: &str| {
        let key = line.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
        let type_ = line.split('"').nth(3).unwrap();
        last.insert(format!("{type_}/{key}"), line.to_owned());
    };
    std::str::from_utf8(&before.ndjson).unwrap().lines().for_each(&mut keep);
    for out in [first, second] {
        let mut arrivals = out.arrivals.clone();
        arrivals.sort_by_key(|(arrival, start, _)| (*arrival, *start));
        assert!(!arrivals.is_empty() && arrivals.iter().all(|(arrival, _, _)| out.window.holds(*arrival)));
        for (_, start, stop) in arrivals {
            keep(std::str::from_utf8(&out.ndjson[start..stop]).unwrap().trim_end());
        }
    }
    let expected: HashSet<&str> = std::str::from_utf8(&after.ndjson).unwrap().lines().collect();
    let held: HashSet<&str> = last.values().map(String::as_str).collect();
    assert_eq!(held.len(), expected.len());
    assert!(held == expected, "{:?}", held.symmetric_difference(&expected).take(4).collect::<Vec<_>>());
}
