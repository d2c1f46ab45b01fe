//! Scan statistics (Kulldorff 1997, 2001, 2005): circles of all sizes around all places, with spans of days of all
//! lengths, are compared with everything outside; the likelihood ratio says which stands out most, and replicas under
//! chance say how often chance alone does as much.
//!
//! The path: `mass` (what is expected where and when) → `near` (circles) → `search` (the highest ratio around a centre) →
//! `clusters` (which ones are told) → `replicas` (p-values; `chance` draws them).

mod chance;
mod clusters;
mod mass;
mod model;
mod near;
mod options;
mod ratio;
mod replicas;
mod search;
mod sieve;
mod strip;
mod tally;
mod time;

pub use mass::CELLS_MAX;
pub use model::{
    CASES_MAX, Cluster, Coordinates, Count, Found, INTERVALS_MAX, Kind, PLACES_MAX, Persons, Place, Study,
};
pub use near::STEPS_MAX;
pub use options::{Analysis, Options, Rates, SETTINGS, Secondary};

use base::{Error, Result};
use chance::Chance;
use mass::Masses;
use near::{Circles, Ground, Map};
use ratio::Ratio;
use replicas::{Replicas, threads};
use search::Search;
use tally::Tally;
use time::Time;

/// Finds the clusters of a study.
///
/// The answer depends on the study and the options alone, not on the number of threads. The order of places and counts
/// matters to the draws: bring them into an order of their own, as `files::scan` does with names.
///
/// # Errors
/// `Invalid` for a study that contradicts itself (a case at no place, a day outside, cases where nobody lives, no
/// controls) and `TooCostly` for one beyond the limits.
pub fn scan(study: &Study, options: &Options) -> Result<Found> {
    check(study)?;
    let time = Time::new(study.days, options)?;
    let cases: u64 = total(&study.cases);
    let controls = total(&study.controls);
    let mut found = Found { cases, controls, intervals: time.intervals, window_max: time.len_max, ..Found::nothing() };
    if cases == 0 {
        return Ok(found);
    }
    let masses = Masses::new(study, &time)?;
    let map = Map::new(study);
    let weight = masses.weights();
    let ground = Ground { map: &map, options, has_mass: &masses.has_mass, weight: &weight, share: &masses.share };
    let circles = Circles::new(&ground, threads(options))?;
    found.population = masses.population;
    found.circles = circles.count();
    let ratio = ratio(study, cases, controls);
    let search = Search::new(&circles, &masses.mass, &time, ratio, options.rates, options.cases_min);
    let best = clusters::of_centres(&search, study);
    let mut clusters = clusters::told(&best, &search, &map, options);
    let Some(first) = clusters.first().map(|cluster| cluster.llr) else { return Ok(found) };
    let chance = Chance::new(study, &time, &masses.mass);
    let replicas = Replicas::run(&search, &chance, study.places.len(), first, options);
    clusters::weigh(&mut clusters, &replicas, options);
    found.clusters = clusters;
    found.stopped = replicas.stopped;
    found.gumbel = replicas.gumbel;
    found.maxima = replicas.maxima;
    Ok(found)
}

/// The cases of one replica, by place and day (the last of the step they fell into), as far as windows reach: to look at
/// what chance does, and to check it.
pub fn replica(study: &Study, options: &Options, nth: u64) -> Result<Vec<Count>> {
    check(study)?;
    let time = Time::new(study.days, options)?;
    let masses = Masses::new(study, &time)?;
    let chance = Chance::new(study, &time, &masses.mass);
    let mut tally = Tally::new(study.places.len(), time.scanned);
    chance.draw(options.seed, nth, &mut chance.hand(), &mut tally);
    let day = |step: u32| time.window(step as usize, step as usize + 1).map_or(0, |(_, last)| last);
    Ok(tally.cells().map(|(place, step, count)| Count { place, day: day(step), stratum: 0, count }).collect())
}

fn total(counts: &[Count]) -> u64 {
    counts.iter().map(|count| u64::from(count.count)).sum()
}

fn ratio(study: &Study, cases: u64, controls: u64) -> Ratio {
    match study.kind {
        Kind::Bernoulli => Ratio::Bernoulli { cases: cases as f64, points: (cases + controls) as f64 },
        Kind::Poisson | Kind::Stp => Ratio::Poisson { cases: cases as f64 },
    }
}

fn check(study: &Study) -> Result<()> {
    let refuse = |text: String| Err(Error::invalid(text));
    if study.places.len() > PLACES_MAX {
        return Err(Error::too_costly(format!("{} places are more than {PLACES_MAX}", study.places.len())));
    }
    if total(&study.cases) + total(&study.controls) > CASES_MAX {
        return Err(Error::too_costly(format!("there are more than {CASES_MAX} cases and controls")));
    }
    if let Some(place) = study.places.iter().find(|place| !place.at.iter().all(|axis| axis.is_finite())) {
        return refuse(format!("`{}` has no coordinates", place.name));
    }
    if study.days.is_some_and(|(first, last)| first > last) {
        return refuse("the study ends before it begins".to_owned());
    }
    for count in study.cases.iter().chain(&study.controls) {
        if count.place as usize >= study.places.len() || count.stratum >= study.strata {
            return refuse(format!("there are cases at place number {}, which is not there", count.place));
        }
        if study.days.is_some_and(|(first, last)| !(first..=last).contains(&count.day)) {
            let day = base::zone::day_text(count.day);
            return refuse(format!("there are cases on {day}, outside the study's days"));
        }
    }
    if study.kind == Kind::Bernoulli && total(&study.cases) > 0 && total(&study.controls) == 0 {
        return refuse("there are no controls to compare the cases with".to_owned());
    }
    if study.kind == Kind::Bernoulli && study.strata > 1 {
        return refuse("`covariates` are for poisson and stp; choose the controls accordingly instead".to_owned());
    }
    let wrong = |row: &&Persons| !(row.persons.is_finite() && row.persons >= 0.0 && row.stratum < study.strata);
    if let Some(row) = study.population.iter().find(|row| wrong(row) || row.place as usize >= study.places.len()) {
        return refuse(format!("the population `{}` cannot be", row.persons));
    }
    Ok(())
}
