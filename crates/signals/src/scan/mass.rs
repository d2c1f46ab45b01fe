//! How much is expected where and when: the mass of places and steps of time.
//!
//! Poisson: each stratum's rate in the whole study times its persons and days (indirect standardisation). Space-time
//! permutation: a place's cases times a step's cases over all cases, stratum by stratum. Bernoulli: points, which are
//! cases and controls.

use super::time::Time;
use super::{Count, Kind, Persons, Study};
use base::{Error, Result};

/// Cells of place and step that a study may have.
pub const CELLS_MAX: usize = 20_000_000;

/// The masses of windows at places.
pub enum Mass {
    /// A place's weight times the window's share: `upto[b] − upto[a]` for the scanned steps a..b.
    Product { weight: Vec<f64>, upto: Vec<f64> },
    /// For every place, one after the other: in a prospective scan the masses of the last 1, 2, … steps; otherwise those
    /// of the first 0, 1, 2, … steps.
    Table { values: Vec<f64>, width: usize },
}

/// The masses of a study.
pub struct Masses {
    pub mass: Mass,
    pub has_mass: Vec<bool>,
    /// Shares of those at risk: persons, points or cases.
    pub share: Vec<f64>,
    /// Persons at risk, averaged over the study.
    pub population: f64,
}

impl Masses {
    pub fn new(study: &Study, time: &Time) -> Result<Masses> {
        if study.places.len().saturating_mul(time.scanned + 1) > CELLS_MAX {
            let text = format!(
                "{} places times {} steps of time are more than {CELLS_MAX}; set a longer `interval_days`, or `start`",
                study.places.len(),
                time.scanned
            );
            return Err(Error::too_costly(text));
        }
        match study.kind {
            Kind::Stp => Ok(of_permutation(study, time)),
            Kind::Bernoulli => Ok(of_points(study, time)),
            Kind::Poisson => of_population(study, time),
        }
    }

    /// What a place adds to the weight of a circle; of a table nothing, which has sums of its own.
    pub fn weights(&self) -> Vec<f64> {
        match &self.mass {
            Mass::Product { weight, .. } => weight.clone(),
            Mass::Table { .. } => vec![0.0; self.has_mass.len()],
        }
    }

    /// `share` need not add up to one yet.
    fn of(mass: Mass, share: Vec<f64>, population: f64) -> Masses {
        let has_mass = match &mass {
            Mass::Product { weight, .. } => weight.iter().map(|weight| *weight > 0.0).collect(),
            // What a place had before the scanned steps counts as well: the totals are of the whole study.
            Mass::Table { .. } => share.iter().map(|share| *share > 0.0).collect(),
        };
        let all: f64 = share.iter().sum();
        Masses {
            mass,
            has_mass,
            share: share.iter().map(|part| part / all.max(f64::MIN_POSITIVE)).collect(),
            population,
        }
    }
}

fn by_place(counts: &[Count], places: usize) -> Vec<f64> {
    let mut sums = vec![0.0; places];
    for count in counts {
        sums[count.place as usize] += f64::from(count.count);
    }
    sums
}

/// Masses of single steps at one place, place after place, made into the sums that the scan reads.
fn table(mut cells: Vec<f64>, time: &Time) -> Mass {
    let steps = time.scanned;
    if time.ending {
        for place in cells.chunks_mut(steps) {
            place.reverse();
            (1..steps).for_each(|nth| place[nth] += place[nth - 1]);
        }
        return Mass::Table { values: cells, width: steps };
    }
    let width = steps + 1;
    let mut values = Vec::with_capacity(cells.len() / steps * width);
    for place in cells.chunks(steps) {
        let mut sum = 0.0;
        values.push(sum);
        for cell in place {
            sum += cell;
            values.push(sum);
        }
    }
    Mass::Table { values, width }
}

/// Rising sums that begin at 0.
fn upto(steps: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |step: f64| {
        sum += step;
        sum
    };
    std::iter::once(0.0).chain(steps.map(add)).collect()
}

fn of_permutation(study: &Study, time: &Time) -> Masses {
    let places = study.places.len();
    let share = by_place(&study.cases, places);
    let strata = study.strata as usize;
    let mut all = vec![0.0; strata];
    let mut steps = vec![0.0; strata * time.scanned];
    for count in &study.cases {
        all[count.stratum as usize] += f64::from(count.count);
        if let Some(step) = time.among_scanned(count.day) {
            steps[count.stratum as usize * time.scanned + step] += f64::from(count.count);
        }
    }
    if strata == 1 {
        // Counts are added up before they are divided, so that equal counts give equal masses.
        let upto: Vec<f64> = upto(steps.into_iter()).into_iter().map(|sum| sum / all[0].max(1.0)).collect();
        return Masses::of(Mass::Product { weight: share.clone(), upto }, share, 0.0);
    }
    let mut cells = vec![0.0; places * time.scanned];
    for count in &study.cases {
        let (place, stratum) = (count.place as usize, count.stratum as usize);
        let rate = f64::from(count.count) / all[stratum];
        for step in 0..time.scanned {
            cells[place * time.scanned + step] += rate * steps[stratum * time.scanned + step];
        }
    }
    Masses::of(table(cells, time), share, 0.0)
}

fn of_points(study: &Study, time: &Time) -> Masses {
    let places = study.places.len();
    let both = || study.cases.iter().chain(&study.controls);
    let mut share = vec![0.0; places];
    let mut cells = vec![0.0; places * time.scanned];
    for count in both() {
        share[count.place as usize] += f64::from(count.count);
        if let Some(step) = time.among_scanned(count.day) {
            cells[count.place as usize * time.scanned + step] += f64::from(count.count);
        }
    }
    if time.intervals == 1 {
        return Masses::of(Mass::Product { weight: share.clone(), upto: vec![0.0, 1.0] }, share, 0.0);
    }
    Masses::of(table(cells, time), share, 0.0)
}

fn of_population(study: &Study, time: &Time) -> Result<Masses> {
    let places = study.places.len();
    let strata = study.strata as usize;
    let counted = Counted::new(study);
    let persons = |place: usize, stratum: usize, step: usize| counted.persons(place, stratum, time.days_of(step));
    let days: Vec<f64> = (0..time.intervals).map(|step| length(time, step)).collect();
    let all_days: f64 = days.iter().sum();
    let steps = if counted.changes { time.intervals } else { 1 };
    let mut at_risk = vec![0.0; strata];
    let mut share = vec![0.0; places];
    for (step, days) in days.iter().enumerate().take(steps) {
        let weight = if counted.changes { *days } else { all_days };
        for (place, share) in share.iter_mut().enumerate() {
            for (stratum, sum) in at_risk.iter_mut().enumerate() {
                let person_days = persons(place, stratum, step) * weight;
                *sum += person_days;
                *share += person_days;
            }
        }
    }
    let mut cases = vec![0.0; strata];
    for count in &study.cases {
        cases[count.stratum as usize] += f64::from(count.count);
    }
    let rate: Vec<f64> =
        cases.iter().zip(&at_risk).map(|(cases, risk)| if *risk > 0.0 { cases / risk } else { 0.0 }).collect();
    let expected = |place: usize, step: usize, days: f64| -> f64 {
        (0..strata).map(|stratum| rate[stratum] * persons(place, stratum, step) * days).sum()
    };
    let population = share.iter().sum::<f64>() / all_days;
    let before = time.intervals - time.scanned;
    if !counted.changes {
        let weight: Vec<f64> = (0..places).map(|place| expected(place, 0, all_days)).collect();
        covered(study, |place, _| weight[place] > 0.0)?;
        let upto = upto(days[before..].iter().map(|days| days / all_days));
        return Ok(Masses::of(Mass::Product { weight, upto }, share, population));
    }
    covered(study, |place, day| expected(place, time.interval(day), 1.0) > 0.0)?;
    let mut cells = Vec::with_capacity(places * time.scanned);
    for place in 0..places {
        cells.extend((0..time.scanned).map(|step| expected(place, before + step, days[before + step])));
    }
    Ok(Masses::of(table(cells, time), share, population))
}

/// Days of a step; 1 where there are none.
fn length(time: &Time, step: usize) -> f64 {
    time.days_of(step).map_or(1.0, |(first, last)| f64::from(last - first + 1))
}

/// Where there are cases there must be somebody who could become one.
fn covered(study: &Study, at_risk: impl Fn(usize, i32) -> bool) -> Result<()> {
    match study.cases.iter().find(|count| count.count > 0 && !at_risk(count.place as usize, count.day)) {
        None => Ok(()),
        Some(count) => {
            let name = &study.places[count.place as usize].name;
            Err(Error::invalid(format!("there are cases at `{name}`, but its population is 0 or not given")))
        }
    }
}

/// The population as it was counted.
struct Counted {
    /// For every place and stratum where its counts begin.
    start: Vec<usize>,
    counts: Vec<(f64, f64)>,
    strata: usize,
    /// Whether anywhere there are counts of several days.
    changes: bool,
}

impl Counted {
    fn new(study: &Study) -> Counted {
        let strata = study.strata as usize;
        let mut sorted: Vec<&Persons> = study.population.iter().collect();
        sorted.sort_by_key(|row| (row.place, row.stratum, row.day));
        let mut start = vec![0; study.places.len() * strata + 1];
        let mut counts: Vec<(f64, f64)> = Vec::new();
        let mut changes = false;
        let mut before = None;
        for row in sorted {
            let key = row.place as usize * strata + row.stratum as usize;
            let day = row.day.map_or(0.0, f64::from);
            match counts.last_mut() {
                // Rows that differ in nothing that is asked for are parts of one population.
                Some(last) if before == Some((key, row.day)) => last.1 += row.persons,
                _ => {
                    changes |= before.is_some_and(|(last, _)| last == key);
                    counts.push((day, row.persons));
                    start[key + 1] = counts.len();
                }
            }
            before = Some((key, row.day));
        }
        for key in 1..start.len() {
            start[key] = start[key].max(start[key - 1]);
        }
        Counted { start, counts, strata, changes }
    }

    /// The persons in the middle of these days; without days the mean of all counts.
    fn persons(&self, place: usize, stratum: usize, days: Option<(i32, i32)>) -> f64 {
        let key = place * self.strata + stratum;
        let counts = &self.counts[self.start[key]..self.start[key + 1]];
        let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return 0.0 };
        let Some((from, to)) = days else {
            return counts.iter().map(|(_, persons)| persons).sum::<f64>() / counts.len() as f64;
        };
        let middle = f64::from(from) + f64::from(to - from) / 2.0;
        let after = counts.partition_point(|(day, _)| *day <= middle);
        match (counts.get(after.wrapping_sub(1)), counts.get(after)) {
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (middle - a.0) / (b.0 - a.0),
            (None, _) => first.1,
            (_, None) => last.1,
        }
    }
}
