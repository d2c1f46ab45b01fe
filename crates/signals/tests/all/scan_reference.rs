//! Scans of small random studies against a search that leaves nothing out and takes every sum anew.

use base::rng::Rng;
use signals::Given;
use signals::scan::{Coordinates, Count, Kind, Options, Persons, Place, Study, scan};

/// What the whole search found: ratio, centre, window (from, to), cases.
#[derive(Debug, Clone, PartialEq)]
struct Top {
    llr: f64,
    observed: u64,
    expected: f64,
}

fn options(study: &Study, text: &str) -> Options {
    Options::given(&Given::read(text).unwrap(), study.kind, study.days.is_some()).unwrap()
}

/// A study of a few places on a grid, so that many distances are equal, with as many cases as asked for.
fn random(kind: Kind, seed: u64, strata: u32, years: bool) -> Study {
    let mut rng = Rng::of(seed, 7, 0);
    let many = 4 + rng.below(9) as u32;
    let days = 6 + rng.below(9) as i32;
    let places: Vec<Place> = (0..many)
        .map(|nth| Place { name: format!("{nth:02}"), at: [rng.below(4) as f64, rng.below(4) as f64] })
        .collect();
    let counts = |rng: &mut Rng, sum: u64| -> Vec<Count> {
        let mut counts: Vec<Count> = (0..sum)
            .map(|_| Count {
                place: rng.below(u64::from(many)) as u32,
                day: rng.below(days as u64) as i32,
                stratum: rng.below(u64::from(strata)) as u32,
                count: 1 + rng.below(2) as u32,
            })
            .collect();
        counts.sort_unstable();
        counts
    };
    let sum = 5 + rng.below(40);
    let cases = counts(&mut rng, sum);
    let controls = if kind == Kind::Bernoulli { counts(&mut rng, sum + 5) } else { Vec::new() };
    let mut population = Vec::new();
    for place in (0..many).filter(|_| kind == Kind::Poisson) {
        for stratum in 0..strata {
            for day in [-3, 4, 40].into_iter().take(if years { 3 } else { 1 }) {
                population.push(Persons { place, stratum, day: Some(day), persons: 10.0 + rng.below(90) as f64 });
            }
        }
    }
    Study {
        kind,
        coordinates: Coordinates::Plane,
        places,
        strata,
        cases,
        controls,
        population,
        days: Some((0, days - 1)),
    }
}

/// The mass of a place on a day, summed as the definitions say.
fn mass(study: &Study, place: u32, day: i32) -> f64 {
    let sum = |counts: &[Count], of: &dyn Fn(&Count) -> bool| -> f64 {
        counts.iter().filter(|count| of(count)).map(|count| f64::from(count.count)).sum()
    };
    let (_, last) = study.days.unwrap();
    match study.kind {
        Kind::Stp => (0..study.strata)
            .map(|stratum| {
                let here = sum(&study.cases, &|count| count.stratum == stratum && count.place == place);
                let then = sum(&study.cases, &|count| count.stratum == stratum && count.day == day);
                let all = sum(&study.cases, &|count| count.stratum == stratum);
                if all > 0.0 { here * then / all } else { 0.0 }
            })
            .sum(),
        Kind::Bernoulli => {
            let here = |count: &Count| count.place == place && count.day == day;
            sum(&study.cases, &here) + sum(&study.controls, &here)
        }
        Kind::Poisson => (0..study.strata)
            .map(|stratum| {
                let cases = sum(&study.cases, &|count| count.stratum == stratum);
                let all: f64 = (0..study.places.len() as u32)
                    .flat_map(|place| (0..=last).map(move |day| (place, day)))
                    .map(|(place, day)| persons(study, place, stratum, day))
                    .sum();
                cases / all * persons(study, place, stratum, day)
            })
            .sum(),
    }
}

fn persons(study: &Study, place: u32, stratum: u32, day: i32) -> f64 {
    let rows: Vec<(f64, f64)> = study
        .population
        .iter()
        .filter(|row| row.place == place && row.stratum == stratum)
        .map(|row| (f64::from(row.day.unwrap()), row.persons))
        .collect();
    let day = f64::from(day);
    let before = rows.iter().rev().find(|row| row.0 <= day);
    let after = rows.iter().find(|row| row.0 > day);
    match (before, after) {
        (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (day - a.0) / (b.0 - a.0),
        (Some(only), None) | (None, Some(only)) => only.1,
        (None, None) => 0.0,
    }
}

fn ln_ratio(study: &Study, c: f64, m: f64) -> f64 {
    let total = |counts: &[Count]| counts.iter().map(|count| f64::from(count.count)).sum::<f64>();
    let x_ln = |x: f64, p: f64| if x > 0.0 { x * p.ln() } else { 0.0 };
    let cases = total(&study.cases);
    if study.kind == Kind::Bernoulli {
        let points = cases + total(&study.controls);
        let (p, q, all) = (c / m, (cases - c) / (points - m), cases / points);
        let outside = points - m - cases + c;
        return x_ln(c, p) + x_ln(m - c, 1.0 - p) + x_ln(cases - c, q) + x_ln(outside, 1.0 - q)
            - x_ln(cases, all)
            - x_ln(points - cases, 1.0 - all);
    }
    x_ln(c, c / m) + x_ln(cases - c, (cases - c) / (cases - m))
}

struct Limits {
    ending: bool,
    days_max: i32,
    radius: f64,
    cases_min: f64,
    high: bool,
    low: bool,
}

/// The highest ratio of all cylinders, where `cases` may be a replica's.
fn highest(study: &Study, cases: &[Count], limits: &Limits) -> Option<Top> {
    let (_, last) = study.days.unwrap();
    let places = study.places.len() as u32;
    let masses: Vec<Vec<f64>> =
        (0..places).map(|place| (0..=last).map(|day| mass(study, place, day)).collect()).collect();
    let points: f64 = masses.iter().flatten().sum();
    let all: f64 = study.cases.iter().map(|count| f64::from(count.count)).sum();
    let mut best: Option<Top> = None;
    for centre in &study.places {
        let far = |place: u32| {
            let at = study.places[place as usize].at;
            ((at[0] - centre.at[0]).powi(2) + (at[1] - centre.at[1]).powi(2)).sqrt()
        };
        let mut edges: Vec<f64> = (0..places).map(far).filter(|edge| *edge <= limits.radius).collect();
        edges.sort_by(f64::total_cmp);
        for edge in edges {
            let members: Vec<u32> = (0..places).filter(|place| far(*place) <= edge).collect();
            let at_risk: f64 = match study.kind {
                Kind::Poisson => {
                    let days = |place: u32| -> f64 {
                        (0..study.strata)
                            .flat_map(|s| (0..=last).map(move |day| (s, day)))
                            .map(|(s, day)| persons(study, place, s, day))
                            .sum()
                    };
                    members.iter().map(|place| days(*place)).sum::<f64>() / (0..places).map(days).sum::<f64>()
                }
                _ => members.iter().flat_map(|place| &masses[*place as usize]).sum::<f64>() / points,
            };
            if at_risk > 0.5 + 1e-9 {
                continue;
            }
            for from in 0..=last {
                for to in from..=last.min(from + limits.days_max - 1) {
                    if limits.ending && to != last {
                        continue;
                    }
                    let inside = |count: &&Count| (from..=to).contains(&count.day) && members.contains(&count.place);
                    let c: f64 = cases.iter().filter(inside).map(|count| f64::from(count.count)).sum();
                    let m: f64 = members
                        .iter()
                        .map(|place| masses[*place as usize][from as usize..=to as usize].iter().sum::<f64>())
                        .sum();
                    let expected = if study.kind == Kind::Bernoulli { m * all / points } else { m };
                    let wanted = (limits.high && c > expected + 1e-9 && c >= limits.cases_min)
                        || (limits.low && c < expected - 1e-9);
                    if !wanted {
                        continue;
                    }
                    let llr = ln_ratio(study, c, m);
                    if best.as_ref().is_none_or(|best| llr > best.llr + 1e-12) {
                        best = Some(Top { llr, observed: c as u64, expected });
                    }
                }
            }
        }
    }
    best
}

/// Checks the first cluster of a study, and the highest ratio of some replicas, against the whole search.
fn same(study: &Study, seed: u64, analysis: &str, rates: &str) {
    let mut rng = Rng::of(seed, 8, 0);
    let (_, last) = study.days.unwrap();
    let limits = Limits {
        ending: analysis == "prospective",
        days_max: 1 + rng.below(last as u64 / 2) as i32,
        radius: [1.0, 1.5, 3.0, 10.0][rng.below(4) as usize],
        cases_min: 2.0,
        high: rates != "low",
        low: rates != "high",
    };
    let text = format!(
        "analysis = {analysis}\nrates = {rates}\nradius_max = {}\ndays_max = {}\nreplicas = 6\nseed = {seed}\nthreads = 2",
        limits.radius, limits.days_max
    );
    let options = options(study, &text);
    let found = scan(study, &options).unwrap();
    let reference = highest(study, &study.cases, &limits);
    let context = format!("seed {seed}, {:?}, {text}", study.kind);
    match (found.clusters.first(), &reference) {
        (Some(first), Some(top)) => {
            assert!((first.llr - top.llr).abs() < 1e-9, "{context}: {first:?} {top:?}");
            let cases: Vec<&Count> = study.cases.iter().filter(|count| first.members.contains(&count.place)).collect();
            let (from, to) = first.days.unwrap();
            let inside = cases.iter().filter(|count| (from..=to).contains(&count.day));
            assert_eq!(inside.map(|count| u64::from(count.count)).sum::<u64>(), first.observed, "{context}");
            let m: f64 =
                first.members.iter().map(|place| (from..=to).map(|day| mass(study, *place, day)).sum::<f64>()).sum();
            let scale = first.expected / m;
            assert!(study.kind == Kind::Bernoulli || (scale - 1.0).abs() < 1e-9, "{context}: {scale}");
        }
        (None, None) => return,
        (first, top) => assert!(top.as_ref().is_none_or(|top| top.llr < 1e-9), "{context}: {first:?} {top:?}"),
    }
    for (nth, max) in found.maxima.iter().enumerate() {
        let replica = signals::scan::replica(study, &options, nth as u64).unwrap();
        let top = highest(study, &replica, &limits).map_or(0.0, |top| top.llr);
        assert!((max - top).abs() < 1e-9, "{context}: replica {nth}: {max} {top}");
    }
}

#[test]
fn permutations_find_what_the_whole_search_finds() {
    for seed in 0..60 {
        let study = random(Kind::Stp, seed, 1, false);
        same(&study, seed, ["prospective", "retrospective"][seed as usize % 2], "high");
    }
}

#[test]
fn permutations_with_covariates_and_low_rates_do_too() {
    for seed in 100..140 {
        let study = random(Kind::Stp, seed, 1 + (seed % 3) as u32, false);
        let rates = ["high", "low", "both"][seed as usize / 2 % 3];
        same(&study, seed, ["prospective", "retrospective"][seed as usize % 2], rates);
    }
}

#[test]
fn populations_do_too() {
    for seed in 200..260 {
        let study = random(Kind::Poisson, seed, 1 + (seed % 3) as u32, seed % 5 == 0);
        let rates = ["high", "both", "high", "low"][seed as usize / 2 % 4];
        same(&study, seed, ["prospective", "retrospective"][seed as usize % 2], rates);
    }
}

#[test]
fn controls_do_too() {
    for seed in 300..350 {
        let study = random(Kind::Bernoulli, seed, 1, false);
        let rates = ["high", "both", "high", "low"][seed as usize / 2 % 4];
        same(&study, seed, ["prospective", "retrospective"][seed as usize % 2], rates);
    }
}
