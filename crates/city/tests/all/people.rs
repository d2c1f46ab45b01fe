//! Residents: the pyramid, households, births, deaths, twins, numbers, names.

use crate::made::settings;
use city::people::pyramid::{BANDS, CENSUS, MALE};
use city::{City, Disease, Person, Sex};
use std::collections::{HashMap, HashSet};

/// All people of a city.
fn people(city: &City) -> Vec<Person> {
    (0..city.places.sections.len()).flat_map(|nth| city.with_section(nth, |held| held.street.people.clone())).collect()
}

#[test]
fn the_census_day_shows_the_pyramid() {
    let city = City::build(settings(50_000)).unwrap();
    let here: Vec<Person> = people(&city).into_iter().filter(|person| person.number <= 50_000).collect();
    assert_eq!(here.len(), 50_000);
    for band in &BANDS {
        let high = if band.low >= 90 { 200 } else { band.low + 5 };
        let count = here.iter().filter(|person| (band.low..high).contains(&person.age_on(CENSUS - 1))).count();
        let share = count as f64 / 500.0;
        assert!((share - band.share).abs() < 0.25, "{}: {share} %", band.low);
    }
    let men = here.iter().filter(|person| person.sex == Sex::Male).count() as f64 / 50_000.0;
    assert!((men - MALE).abs() < 0.005, "{men}");
}

#[test]
fn numbers_are_valid_unique_and_fit_the_person() {
    let city = City::build(settings(50_000)).unwrap();
    let mut seen = HashSet::new();
    for person in people(&city) {
        assert!(seen.insert(person.identity), "{} is given twice", person.identity_text());
        let (year, month, date) = city::day::date(person.born);
        let read = identity::ResidentNumber::parse(person.identity_text(), (2040, 1, 1)).unwrap();
        assert_eq!(read.birth_date(), (year as i16, month as i8, date as i8));
        assert_eq!(read.sex() == identity::Sex::Male, person.sex == Sex::Male);
    }
}

#[test]
fn families_fit() {
    let city = City::build(settings(50_000)).unwrap();
    let all = people(&city);
    let by_number: HashMap<u64, &Person> = all.iter().map(|person| (person.number, person)).collect();
    let (mut born, mut twins, mut with_mother, mut children) = (0, 0, 0, 0);
    for person in &all {
        if let Some(mother) = person.mother.map(|mother| by_number[&mother]) {
            let age = f64::from(person.born - mother.born) / 365.25;
            assert!((19.0..=46.0).contains(&age), "a mother of {age}");
            assert_eq!(mother.sex, Sex::Female);
        }
        if let Some(twin) = person.twin.map(|twin| by_number[&twin]) {
            assert_eq!((twin.born, twin.mother, twin.twin), (person.born, person.mother, Some(person.number)));
        }
        if let Some(spouse) = person.spouse.map(|spouse| by_number[&spouse]) {
            assert_ne!(spouse.sex, person.sex);
        }
        for pregnancy in &person.pregnancies {
            for child in pregnancy.children.iter().flatten() {
                assert_eq!(by_number[child].born, pregnancy.end);
            }
        }
        if person.age_on(CENSUS) < 18 && person.number <= 50_000 {
            children += 1;
            with_mother += i32::from(person.mother.is_some());
            let second = person.twin.is_some_and(|twin| twin < person.number);
            born += i32::from(!second);
            twins += i32::from(second);
        }
    }
    assert!(with_mother * 10 > children * 9, "{with_mother} of {children} children have a mother");
    let share = f64::from(twins) / f64::from(born);
    assert!((0.010..0.020).contains(&share), "{share} of births are of twins");
}

#[test]
fn a_year_sees_births_deaths_moves_and_weddings() {
    let city = City::build(settings(100_000)).unwrap();
    let all = people(&city);
    let end = city.settings.end;
    let year = end - 365..end;
    let share = |count: usize| count as f64 / 100.0;
    let births = share(all.iter().filter(|person| year.contains(&person.born)).count());
    let deaths = share(all.iter().filter(|person| person.died.is_some_and(|day| year.contains(&day))).count());
    let left = share(all.iter().filter(|person| person.left.is_some_and(|day| year.contains(&day))).count());
    let came = share(all.iter().filter(|person| person.arrived.is_some_and(|day| year.contains(&day))).count());
    let married = |person: &&Person| person.sex == Sex::Female && person.married.is_some_and(|day| year.contains(&day));
    let weddings = share(all.iter().filter(married).count());
    assert!((4.0..5.6).contains(&births), "{births} births among 1,000");
    assert!((5.2..7.6).contains(&deaths), "{deaths} deaths among 1,000");
    assert!((20.0..38.0).contains(&left), "{left} left of 1,000");
    assert!((20.0..38.0).contains(&came), "{came} came to 1,000");
    assert!((3.0..6.0).contains(&weddings), "{weddings} weddings among 1,000");
}

#[test]
fn names_follow_the_cohort() {
    let city = City::build(settings(50_000)).unwrap();
    let all = people(&city);
    let count = |name: &str, from: i32, to: i32| {
        let born = city::day::day(from, 1, 1)..city::day::day(to, 1, 1);
        all.iter().filter(|person| person.name.given.as_str() == name && born.contains(&person.born)).count()
    };
    assert!(count("建国", 1945, 1970) > 4 * count("建国", 1985, 2026).max(1));
    assert!(count("梓涵", 2005, 2026) > 4 * count("梓涵", 1950, 1990).max(1));
    let surnames: HashSet<&str> = all.iter().map(|person| person.name.family).collect();
    assert!(surnames.len() > 180, "{} surnames", surnames.len());
}

#[test]
fn long_illnesses_grow_with_age() {
    let city = City::build(settings(50_000)).unwrap();
    let all = people(&city);
    let share = |disease: Disease, ages: std::ops::Range<i32>| {
        let here = |person: &&Person| ages.contains(&person.age_on(CENSUS)) && person.is_here(CENSUS);
        let ill = all.iter().filter(here).filter(|person| person.has(disease, CENSUS)).count();
        ill as f64 / all.iter().filter(here).count() as f64
    };
    let (young, old) = (share(Disease::Hypertension, 30..40), share(Disease::Hypertension, 70..80));
    assert!((0.02..0.10).contains(&young), "{young}");
    assert!((0.45..0.65).contains(&old), "{old}");
    assert!(all.iter().all(|person| person.sex == Sex::Female || !person.has(Disease::BreastCancer, CENSUS)));
}
