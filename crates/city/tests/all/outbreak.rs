//! Outbreaks on a plain street: who can infect whom, what follows, and what does not depend on what.

use std::collections::BTreeMap;

use city::day::{day, day_of, minute};
use city::model::{Person, Street};
use city::out::{Out, Window};
use city::outbreak::{self, Card, Illness, Infection, Setting, StreetInfections};
use city::{City, Day, OutbreakKind, OutbreakWish, Settings};

use crate::outbreak_given::{city, lived};

const END: Day = day(2026, 12, 10);

fn made(residents: usize, seed: u64, kind: OutbreakKind) -> (City, Street, StreetInfections) {
    let (city, street) = city(residents, seed, &[kind], END);
    let infections = city.outbreaks.of_street(&city, &street);
    (city, street, infections)
}

fn of_outbreak(infections: &StreetInfections) -> Vec<&Infection> {
    infections.all().iter().filter(|infection| infection.outbreak.is_some()).collect()
}

#[test]
fn every_kind_infects_people_in_its_own_way() {
    let least = [
        (OutbreakKind::SchoolNorovirus, 20, Setting::Class),
        (OutbreakKind::CanteenFood, 40, Setting::Canteen),
        (OutbreakKind::InfluenzaSeason, 300, Setting::Class),
        (OutbreakKind::MeaslesChain, 5, Setting::Neighbourhood),
        (OutbreakKind::HospitalCluster, 4, Setting::Ward),
        (OutbreakKind::NewVariant, 100, Setting::Household),
    ];
    for (kind, least, setting) in least {
        let (.., infections) = made(20_000, 2, kind);
        let cases = of_outbreak(&infections);
        assert!(cases.len() >= least, "{}: {} cases", kind.name(), cases.len());
        assert!(cases.iter().any(|case| case.setting == setting), "{} not in its setting", kind.name());
    }
}

#[test]
fn who_infects_was_infected_before_and_meets_the_other() {
    for kind in OutbreakKind::ALL {
        let (_, street, infections) = made(8_000, 5, kind);
        for case in of_outbreak(&infections) {
            let Some(by) = case.by else { continue };
            let source = infections.of(by).iter().find(|source| source.outbreak == case.outbreak).unwrap();
            assert!(source.at < case.at, "{}: infected by somebody infected later", kind.name());
            let (one, other) = (street.person(case.person).unwrap(), street.person(by).unwrap());
            match case.setting {
                Setting::Household => assert_eq!(one.household, other.household),
                Setting::Class => assert_eq!(one.school_class, other.school_class),
                Setting::Site => assert_eq!(one.work_site, other.work_site),
                Setting::Neighbourhood => assert_eq!(one.neighbourhood, other.neighbourhood),
                Setting::Ward => {
                    let (here, there) = (case.stay.unwrap(), source.stay.unwrap());
                    assert_eq!((here.institution, here.department), (there.institution, there.department));
                    assert!((here.from..here.to).contains(&case.at) && (there.from..there.to).contains(&case.at));
                }
                _ => {}
            }
        }
    }
}

#[test]
fn what_follows_an_infection_follows_in_order() {
    for kind in OutbreakKind::ALL {
        let (city, street, infections) = made(8_000, 3, kind);
        for case in infections.all() {
            let person = street.person(case.person).unwrap();
            assert!(day_of(case.at) <= case.onset && case.onset >= city.settings.start());
            assert!(person.is_here(case.onset));
            assert_eq!(case.visit.is_some(), case.severity >= 2);
            let Some(visit) = case.visit else {
                assert!(!case.reported && case.test.is_none());
                continue;
            };
            assert!(day_of(visit) >= case.onset && case.diagnosed >= visit);
            assert!(person.goes_to.contains(&case.institution));
            if let Some(test) = case.test {
                assert!(visit < test.taken && test.taken < test.resulted);
            }
            if let Some(stay) = case.stay {
                assert!(case.severity >= 3 && stay.from < stay.to && stay.to > visit);
            }
            assert!(!case.reported || case.filled > case.diagnosed);
        }
    }
}

#[test]
fn a_longer_life_has_the_same_past() {
    for kind in OutbreakKind::ALL {
        let (_, _, short) = made(4_000, 7, kind);
        let mut settings = Settings::new(20_000, 7, END);
        settings.outbreaks = vec![kind.into()];
        settings.horizon = 90;
        let (city, street) = lived(4_000, settings);
        let long = city.outbreaks.of_street(&city, &street);
        let before = |infections: &StreetInfections| -> Vec<Infection> {
            let old = |case: &&Infection| case.at < minute(END, 0, 0) && case.onset < END;
            infections.all().iter().filter(old).cloned().collect()
        };
        assert_eq!(before(&short), before(&long), "{}", kind.name());
        assert!(long.all().len() > short.all().len());
    }
}

#[test]
fn generations_and_ages_are_those_of_the_disease() {
    let serial = |kind: OutbreakKind| {
        let (_, _, infections) = made(20_000, 4, kind);
        let source = |case: &Infection| {
            let of = infections.of(case.by?).iter().find(|source| source.outbreak == case.outbreak)?;
            Some((case.at - of.at) as f64 / 1440.0)
        };
        let days: Vec<f64> = of_outbreak(&infections).into_iter().filter_map(source).collect();
        days.iter().sum::<f64>() / days.len() as f64
    };
    assert!((1.3..2.6).contains(&serial(OutbreakKind::SchoolNorovirus)));
    assert!((2.4..3.2).contains(&serial(OutbreakKind::InfluenzaSeason)));
    assert!((9.5..14.0).contains(&serial(OutbreakKind::MeaslesChain)));
    assert!((2.5..3.4).contains(&serial(OutbreakKind::NewVariant)));

    let (_, street, infections) = made(20_000, 4, OutbreakKind::InfluenzaSeason);
    let share = |children: bool| {
        let of_age = |person: &Person| (person.age_on(END) < 15) == children;
        let all = street.people.iter().filter(|person| of_age(person)).count();
        let ill =
            of_outbreak(&infections).into_iter().filter(|case| of_age(street.person(case.person).unwrap())).count();
        ill as f64 / all as f64
    };
    assert!(share(true) > 1.8 * share(false), "children {} others {}", share(true), share(false));
}

#[test]
fn most_cards_are_filled_in_time_and_some_are_missing() {
    let (mut city, street) = city(60_000, 1, &[], END);
    let shares = |infections: &StreetInfections| {
        let seen: Vec<&Infection> = infections.all().iter().filter(|case| case.visit.is_some()).collect();
        let cards: Vec<&&Infection> = seen.iter().filter(|case| case.reported).collect();
        let in_time = |case: &&&Infection| case.filled - case.diagnosed <= case.disease.facts().report_hours * 60;
        (
            cards.len() as f64 / seen.len() as f64,
            cards.iter().copied().filter(in_time).count() as f64 / cards.len() as f64,
        )
    };
    let (reported, in_time) = shares(&city.outbreaks.of_street(&city, &street));
    assert!((0.6..0.85).contains(&reported), "{reported}");
    assert!((0.8..0.95).contains(&in_time), "{in_time}");
    city.settings.rates.under_reporting = 1.0;
    assert_eq!(shares(&city.outbreaks.of_street(&city, &street)).0, 0.0);
    city.settings.rates.under_reporting = 0.0;
    assert!(shares(&city.outbreaks.of_street(&city, &street)).0 > 0.94);
}

#[test]
fn sporadic_cases_are_as_many_as_the_table_says() {
    let (mut reported, mut residents) = (BTreeMap::new(), 0);
    for seed in 0..8 {
        let (city, street) = city(50_000, seed, &[], END);
        residents += street.people.len();
        for case in city.outbreaks.of_street(&city, &street).all().iter().filter(|case| case.reported) {
            *reported.entry(case.disease).or_insert(0) += 1;
        }
    }
    for disease in Illness::all().filter(|disease| disease.facts().yearly >= 5.0) {
        let facts = disease.facts();
        let found = f64::from(reported[&disease]) * 100_000.0 / residents as f64;
        let noise = 4.0 * (facts.yearly * 100_000.0 / residents as f64).sqrt();
        assert!((found - facts.yearly).abs() < 0.06 * facts.yearly + noise, "{}: {found}", facts.code);
    }
}

/// All that outbreaks write of a street.
fn written(city: &City, street: &Street, infections: &StreetInfections) -> Out {
    let mut out = Out::new(Window::history(minute(END, 0, 0)), None);
    for person in &street.people {
        for infection in infections.of(person.number) {
            let card = Card { infection, patient: "p1-h1", encounter: "p1-e1", condition: "p1-k1" };
            outbreak::report_card(city, street, person, &card, &mut out);
        }
        infections.tell(person, &mut out);
    }
    out
}

fn are_sound(ndjson: &[u8]) {
    for line in ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if let Err(error) = fhir::parse(line, &fhir::Limits::default()) {
            panic!("{}\n{}", error.text(), String::from_utf8_lossy(line));
        }
    }
}

#[test]
fn a_new_variant_is_seen_in_what_is_sequenced() {
    let (city, street, infections) = made(20_000, 2, OutbreakKind::NewVariant);
    let out = written(&city, &street, &infections);
    are_sound(&out.ndjson);
    let text = String::from_utf8(out.ndjson).unwrap();
    let of = |lineage: &str| text.matches(&format!("urn:jingluo:lineage\",\"code\":\"{lineage}\"")).count();
    assert!(of("PC.7") >= 3 && of("PC.4") >= 1, "{} new, {} old", of("PC.7"), of("PC.4"));
}

#[test]
fn cards_and_absences_are_sound_fhir() {
    let (city, street, infections) = made(3_000, 6, OutbreakKind::SchoolNorovirus);
    let out = written(&city, &street, &infections);
    assert!(out.resources > 150, "{} resources", out.resources);
    are_sound(&out.ndjson);
    assert!(out.truth.outbreaks.starts_with("school-norovirus-1,school-norovirus,norovirus,school,school-"));
    assert_eq!(out.truth.outbreaks.lines().count(), 1);
    assert_eq!(out.truth.infections.lines().count(), infections.all().len());
    assert!(out.truth.infections.lines().all(|line| line.split(',').count() == 11));
}

#[test]
fn an_outbreak_begins_on_the_day_that_is_asked_for() {
    let mut settings = Settings::new(20_000, 1, END);
    settings.outbreaks = vec![OutbreakWish::named("canteen-food-poisoning@2026-11-03").unwrap()];
    let (city, street) = lived(2_000, settings.clone());
    let infections = city.outbreaks.of_street(&city, &street);
    assert!(of_outbreak(&infections).iter().all(|case| day_of(case.at) == day(2026, 11, 3)));

    let refused = |text: &str| OutbreakWish::named(text).unwrap_err().text().to_owned();
    assert_eq!(refused("measles-chain@2026-02-30"), "`2026-02-30` is no day; write `measles-chain@2026-03-01`");
    assert!(refused("plague").starts_with("there is no outbreak `plague`"));
    settings.outbreaks = vec![OutbreakWish::named("measles-chain@2020-01-01").unwrap()];
    let early = settings.check().unwrap_err();
    assert!(early.text().contains("the city lives from 2025-12-10 to 2026-12-09"), "{}", early.text());
}
