//! Figures of the catalogue that are read from people, places and infections themselves.

use std::collections::BTreeMap;

use city::model::{Disease, Person};
use city::outbreak::{ILLNESSES, Illness, Infection, Setting};
use city::people::pyramid::CENSUS;
use city::places::{InstitutionKind, Places};
use city::{City, Day, OutbreakKind, Settings};

use crate::outbreak_given;

type Figures = Vec<(String, f64)>;

const RESIDENTS: u64 = 100_000;
const END: Day = city::day::day(2026, 12, 10);

/// What is counted of residents.
#[derive(Default)]
struct Counts {
    people: Vec<Person>,
    households: usize,
}

fn residents() -> (City, Counts) {
    let city = City::build(Settings::new(RESIDENTS, 1, END)).unwrap();
    let mut counts = Counts::default();
    for section in 0..city.places.sections.len() {
        city.with_section(section, |held| {
            let mut lived_in = vec![false; held.street.households.len()];
            for person in held.street.people.iter().filter(|person| person.is_here(CENSUS)) {
                lived_in[person.household as usize] = true;
            }
            counts.households += lived_in.iter().filter(|lived_in| **lived_in).count();
            counts.people.extend(held.street.people.iter().cloned());
        });
    }
    (city, counts)
}

pub fn people() -> Figures {
    let (city, counts) = residents();
    let (start, end) = (city.settings.start(), city.settings.end);
    let here: Vec<&Person> = counts.people.iter().filter(|person| person.is_here(CENSUS)).collect();
    let share = |of: &dyn Fn(&Person) -> bool| {
        here.iter().filter(|person| of(person)).count() as f64 * 100.0 / here.len() as f64
    };
    let aged = |low: i32, high: i32| share(&|person: &Person| (low..high).contains(&person.age_on(CENSUS)));
    let per_thousand = |of: &dyn Fn(&Person) -> bool| {
        counts.people.iter().filter(|person| of(person)).count() as f64 * 1000.0 / here.len() as f64 * 365.0
            / f64::from(end - start)
    };
    let within = |day: Option<Day>| day.is_some_and(|day| (start..end).contains(&day));
    let young: Vec<&&Person> = here.iter().filter(|person| person.age_on(CENSUS) < 18).collect();
    let twins = young.iter().filter(|person| person.twin.is_some()).count() as f64 / 2.0;
    let mut figures: Figures = vec![
        ("age.0-14".into(), aged(0, 15)),
        ("age.15-59".into(), aged(15, 60)),
        ("age.60+".into(), aged(60, 200)),
        ("age.65+".into(), aged(65, 200)),
        ("age.80+".into(), aged(80, 200)),
        ("sex.men".into(), share(&|person| person.sex == city::Sex::Male)),
        ("household.size".into(), here.len() as f64 / counts.households as f64),
        ("births.yearly".into(), per_thousand(&|person| within(Some(person.born)) && person.arrived.is_none())),
        ("births.twins".into(), twins * 100.0 / (young.len() as f64 - twins)),
        ("deaths.yearly".into(), per_thousand(&|person| within(person.died))),
        ("moves.away".into(), per_thousand(&|person| within(person.left))),
        ("moves.here".into(), per_thousand(&|person| within(person.arrived))),
    ];
    figures.extend(prevalence(&here));
    figures
}

/// Long illnesses among those of 15 and more, in per cent.
fn prevalence(here: &[&Person]) -> Figures {
    let adults: Vec<&&Person> = here.iter().filter(|person| person.age_on(CENSUS) >= 15).collect();
    let share = |diseases: &[Disease]| {
        let ill = adults.iter().filter(|person| diseases.iter().any(|disease| person.has(*disease, CENSUS)));
        ill.count() as f64 * 100.0 / adults.len() as f64
    };
    let cancers = [
        Disease::LungCancer,
        Disease::BreastCancer,
        Disease::ColorectalCancer,
        Disease::StomachCancer,
        Disease::LiverCancer,
        Disease::ThyroidCancer,
        Disease::ProstateCancer,
    ];
    [
        ("prevalence.hypertension", &[Disease::Hypertension][..]),
        ("prevalence.diabetes", &[Disease::Diabetes]),
        ("prevalence.coronary-heart", &[Disease::CoronaryHeart]),
        ("prevalence.stroke", &[Disease::Stroke]),
        ("prevalence.copd", &[Disease::Copd]),
        ("prevalence.asthma", &[Disease::Asthma]),
        ("prevalence.depression", &[Disease::Depression]),
        ("prevalence.dementia", &[Disease::Dementia]),
        ("prevalence.cancer", &cancers),
    ]
    .into_iter()
    .map(|(key, diseases)| (key.to_owned(), share(diseases)))
    .collect()
}

pub fn places() -> Figures {
    let mut figures = Vec::new();
    for (size, residents) in [("20k", 20_000), ("1m", 1_000_000), ("10m", 10_000_000)] {
        let places = Places::build(&Settings::new(residents, 1, END));
        let kinds = |of: InstitutionKind| places.institutions.iter().filter(|one| one.kind == of).count();
        let departments = || places.institutions.iter().flat_map(|one| &one.departments);
        let per_thousand = |count: f64| count * 1000.0 / residents as f64;
        let hospitals = places.hospitals();
        let municipal = hospitals.iter().filter(|nth| places.institutions[**nth].municipal).count();
        let counts = [
            ("districts", places.districts.len()),
            ("streets", places.streets.len()),
            ("hospitals", hospitals.len()),
            ("municipal-hospitals", municipal),
            ("community-centres", kinds(InstitutionKind::CommunityCentre)),
            ("fever-clinics", places.institutions.iter().filter(|one| one.fever_clinic).count()),
            ("ambulance-stations", places.stations.len()),
        ];
        let staffed = [
            ("beds", per_thousand(departments().map(|one| f64::from(one.beds)).sum())),
            ("doctors", per_thousand(departments().map(|one| one.doctors.len() as f64).sum())),
            ("nurses", per_thousand(departments().map(|one| f64::from(one.nurses)).sum())),
        ];
        // In a small city the minimum of each department stands above the ratios of a real one; a large one has no more places.
        let counts = counts.into_iter().filter(|_| residents <= 1_000_000).map(|(key, count)| (key, count as f64));
        let staffed = staffed.into_iter().filter(|_| residents > 1_000_000);
        figures.extend(counts.chain(staffed).map(|(key, value)| (format!("places-{size}.{key}"), value)));
    }
    figures
}

/// Sporadic infections of 24 plain streets of 50,000, and outbreaks.
pub fn infections() -> Figures {
    let mut figures = sporadic();
    figures.extend(whole_city(OutbreakKind::InfluenzaSeason, "influenza"));
    figures.extend(whole_city(OutbreakKind::NewVariant, "variant"));
    figures.extend(chosen_places());
    figures
}

fn sporadic() -> Figures {
    let mut reported: BTreeMap<Illness, f64> = BTreeMap::new();
    let (mut residents, mut cards, mut in_time, mut monday, mut sunday) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for seed in 0..24 {
        let (city, street) = outbreak_given::city(50_000, seed, &[], END);
        residents += street.people.len() as f64;
        for case in city.outbreaks.of_street(&city, &street).all() {
            let weekday = case.visit.map(|visit| city::day::weekday(city::day::day_of(visit)));
            monday += f64::from(u8::from(weekday == Some(0)));
            sunday += f64::from(u8::from(weekday == Some(6)));
            if case.reported {
                *reported.entry(case.disease).or_default() += 1.0;
                cards += 1.0;
                let clock = case.disease.facts().report_hours * 60;
                in_time += f64::from(u8::from(case.filled - case.diagnosed <= clock));
            }
        }
    }
    let rate = |disease: &Illness| reported.get(disease).copied().unwrap_or(0.0) * 100_000.0 / residents;
    let mut figures: Figures =
        vec![("cards.in-time".into(), in_time * 100.0 / cards), ("cards.visits-monday".into(), monday / sunday)];
    let shown = |disease: &Illness| disease.facts().yearly >= 3.0;
    figures.extend(Illness::all().filter(shown).map(|one| (format!("incidence.{}", one.facts().code), rate(&one))));
    let rare = (0..ILLNESSES.len() as u8).map(Illness).filter(|disease| !shown(disease));
    figures.push(("incidence.all-others".into(), rare.map(|disease| rate(&disease)).sum()));
    figures
}

/// An outbreak of the whole city, followed for a hundred days in a part of its streets.
fn whole_city(kind: OutbreakKind, name: &str) -> Figures {
    let mut settings = Settings::new(200_000, 3, END);
    settings.outbreaks = vec![kind.into()];
    settings.horizon = 60;
    let city = City::build(settings).unwrap();
    let (mut cases, mut children, mut infected_children) = (Vec::new(), 0.0, 0.0);
    let mut residents = 0.0;
    for section in (0..city.places.sections.len()).step_by(5) {
        city.with_section(section, |held| {
            let child = |person: &Person| person.age_on(END) < 15 && person.is_here(END);
            residents += held.street.people.iter().filter(|person| person.is_here(END)).count() as f64;
            children += held.street.people.iter().filter(|person| child(person)).count() as f64;
            let of_it = held.infections.all().iter().filter(|case| case.outbreak.is_some());
            let of_it: Vec<Infection> = of_it.cloned().collect();
            let is_child = |case: &&Infection| held.street.person(case.person).is_some_and(child);
            infected_children += of_it.iter().filter(is_child).count() as f64;
            cases.extend(of_it);
        });
    }
    let all = cases.len() as f64;
    let share = |of: &dyn Fn(&Infection) -> bool| cases.iter().filter(|case| of(case)).count() as f64 * 100.0 / all;
    vec![
        (format!("{name}.attack"), all * 100.0 / residents),
        (format!("{name}.attack-children"), infected_children * 100.0 / children),
        (format!("{name}.generation"), generation(&cases)),
        (format!("{name}.ill"), share(&|case| case.severity > 0)),
        (format!("{name}.in-households"), share(&|case| case.setting == Setting::Household)),
        (format!("{name}.doctor"), share(&|case| case.visit.is_some())),
        (format!("{name}.reported"), share(&|case| case.reported)),
    ]
}

/// Mean days from the infection of a person to those it causes.
fn generation(cases: &[Infection]) -> f64 {
    let at: BTreeMap<(u64, Option<u32>), i64> =
        cases.iter().map(|case| ((case.person, case.outbreak), case.at)).collect();
    let days = |case: &Infection| {
        let source = at.get(&(case.by?, case.outbreak))?;
        Some((case.at - source) as f64 / 1440.0)
    };
    let days: Vec<f64> = cases.iter().filter_map(days).collect();
    days.iter().sum::<f64>() / days.len() as f64
}

/// Outbreaks of a chosen place, means of twelve cities each.
fn chosen_places() -> Figures {
    let mut figures = Vec::new();
    for (kind, name) in [
        (OutbreakKind::SchoolNorovirus, "norovirus"),
        (OutbreakKind::CanteenFood, "canteen"),
        (OutbreakKind::MeaslesChain, "measles"),
        (OutbreakKind::HospitalCluster, "cluster"),
    ] {
        let mut cases: Vec<Infection> = Vec::new();
        let mut incubations: Vec<f64> = Vec::new();
        for seed in 0..12 {
            let (city, street) = outbreak_given::city(6_000, seed, &[kind], END);
            let infections = city.outbreaks.of_street(&city, &street);
            // Persons of different cities have the same numbers; the outbreak's number tells them apart.
            let of_it = infections.all().iter().filter(|case| case.outbreak.is_some()).cloned();
            cases.extend(of_it.map(|case| Infection { outbreak: Some(seed as u32), ..case }));
        }
        for case in cases.iter().filter(|case| case.severity > 0) {
            incubations.push(f64::from(case.onset) + 0.5 - case.at as f64 / 1440.0);
        }
        incubations.sort_by(f64::total_cmp);
        figures.push((format!("{name}.cases"), cases.len() as f64 / 12.0));
        figures.push((format!("{name}.incubation"), incubations[incubations.len() / 2]));
        if kind != OutbreakKind::CanteenFood {
            figures.push((format!("{name}.generation"), generation(&cases)));
        }
    }
    figures
}
