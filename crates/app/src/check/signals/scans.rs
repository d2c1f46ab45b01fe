//! The space-time permutation scan, run for every stream on every day of the year with what was known then.

use super::made::{Card, Made};
use super::streams::STREAMS;
use crate::generate::threads;
use base::StopFlag;
use city::Day;
use serde::Serialize;
use signals::evaluate::{Measures, Tally};
use signals::scan::{self, Coordinates, Count, Kind, Options, Place, SETTINGS, Study};
use signals::{Given, Settings};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Days of a study and of the longest window.
const STUDY_DAYS: i32 = 90;
const WINDOW_DAYS: i32 = 14;
/// A card comes so many days after the onset, mostly.
const LATE_DAYS: i32 = 7;
/// A signal is what chance brings once in so many days, as the scans of New York are run.
const RECURRENCE_DAYS: f64 = 100.0;

/// What the scan found in a stream.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub stream: &'static str,
    pub measures: Measures,
}

/// A local outbreak: its street, its first onset, the last day on which it should still be found.
struct Outbreak {
    street: usize,
    from: Day,
    to: Day,
}

/// Scans every stream. The outbreaks are those at a place; those of the whole city are no cluster in space, so days on
/// which one goes on are left out of their streams.
pub fn judge(made: &Made, draws: usize, stop: &StopFlag) -> anyhow::Result<Vec<Line>> {
    let given = Given::default()
        .with("analysis", "prospective")
        .with("days_max", &WINDOW_DAYS.to_string())
        .with("replicas", "199")
        .with("stop_after", "20")
        .with("threads", "1");
    let options = Options::of(&Settings::of(SETTINGS, &given)?, Kind::Stp, true)?;
    let mut lines = Vec::new();
    for (stream, diseases) in STREAMS {
        let cards: Vec<&Card> = made.cards.iter().filter(|card| diseases.contains(&card.disease)).collect();
        let days: Vec<Day> = (made.judged..made.city.settings.end).collect();
        let next = AtomicUsize::new(0);
        let work = || -> anyhow::Result<Vec<(Day, Vec<u32>)>> {
            let mut signals = Vec::new();
            while let Some(day) = days.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| !stop.is_raised()) {
                if let Some(members) = signal(made, &cards, *day, &options)? {
                    signals.push((*day, members));
                }
            }
            Ok(signals)
        };
        let signals = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads()).map(|_| scope.spawn(work)).collect();
            let joined = workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            joined.collect::<anyhow::Result<Vec<_>>>()
        })?;
        let signals: BTreeMap<Day, Vec<u32>> = signals.into_iter().flatten().collect();
        let tally = tally(made, &cards, &signals);
        lines.push(Line { stream, measures: Measures::of(&[tally], draws, 1) });
    }
    Ok(lines)
}

/// The streets of all clusters that are signals on a day.
fn signal(made: &Made, cards: &[&Card], day: Day, options: &Options) -> anyhow::Result<Option<Vec<u32>>> {
    let known = cards.partition_point(|card| card.known <= day);
    let from = cards.partition_point(|card| card.known <= day - STUDY_DAYS);
    let mut counts: BTreeMap<(u32, Day), u32> = BTreeMap::new();
    for card in &cards[from..known] {
        *counts.entry((card.street as u32, card.known)).or_default() += 1;
    }
    // Without a card in the window there is nothing to be found.
    if !cards[from..known].iter().any(|card| card.known > day - WINDOW_DAYS) {
        return Ok(None);
    }
    let places = made.city.places.streets.iter();
    let study = Study {
        kind: Kind::Stp,
        coordinates: Coordinates::Sphere,
        places: places
            .map(|street| Place { name: street.code.clone(), at: [street.point.1, street.point.0] })
            .collect(),
        strata: 1,
        cases: counts.into_iter().map(|((place, day), count)| Count { place, day, stratum: 0, count }).collect(),
        controls: Vec::new(),
        population: Vec::new(),
        days: Some((day - STUDY_DAYS + 1, day)),
    };
    let found = scan::scan(&study, options)?;
    let is_signal = |cluster: &&scan::Cluster| cluster.recurrence_days.is_some_and(|days| days >= RECURRENCE_DAYS);
    let members: Vec<u32> =
        found.clusters.iter().filter(is_signal).flat_map(|cluster| cluster.members.iter().copied()).collect();
    Ok((!members.is_empty()).then_some(members))
}

/// Days in place of points: a day on which a signal holds the street of an outbreak that goes on is a hit.
fn tally(made: &Made, cards: &[&Card], signals: &BTreeMap<Day, Vec<u32>>) -> Tally {
    let mut tally = Tally::default();
    let (mut local, mut everywhere) = (Vec::new(), Vec::new());
    let mut numbers: Vec<u32> = cards.iter().filter_map(|card| card.outbreak).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let Some((from, to)) = made.span(number, cards, &|_| true) else { continue };
        match made.city.outbreaks.all[number as usize].street {
            Some(street) => local.push(Outbreak { street, from, to: to + LATE_DAYS }),
            None => {
                let known = cards.iter().filter(|card| card.outbreak == Some(number)).map(|card| card.known);
                everywhere.extend(known.clone().min().zip(known.max().map(|last| last + WINDOW_DAYS)));
            }
        }
    }
    let meets = |day: Day, outbreak: &Outbreak| {
        let members = signals.get(&day);
        (outbreak.from..=outbreak.to).contains(&day)
            && members.is_some_and(|members| members.contains(&(outbreak.street as u32)))
    };
    for day in made.judged..made.city.settings.end {
        if everywhere.iter().any(|(from, to)| (*from..=*to).contains(&day)) {
            tally.silent += 1;
            continue;
        }
        // For the length of a window the scan still sees an outbreak that is over: neither right nor wrong.
        let over = |outbreak: &Outbreak| {
            let members = signals.get(&day);
            (outbreak.to + 1..=outbreak.to + WINDOW_DAYS).contains(&day)
                && members.is_some_and(|members| members.contains(&(outbreak.street as u32)))
        };
        if !local.iter().any(|outbreak| meets(day, outbreak)) && local.iter().any(over) {
            tally.silent += 1;
            continue;
        }
        let on = local.iter().any(|outbreak| (outbreak.from..=outbreak.to).contains(&day));
        let hit = local.iter().any(|outbreak| meets(day, outbreak));
        match (on, hit, signals.contains_key(&day)) {
            (_, true, _) => tally.hits += 1,
            (_, false, true) => tally.false_alarms += 1,
            (true, ..) => tally.misses += 1,
            (false, ..) => tally.quiet += 1,
        }
    }
    tally.free_weeks = (tally.false_alarms + tally.quiet) as f64 / 7.0;
    tally.outbreaks = local.len() as u64;
    for outbreak in &local {
        let first = (outbreak.from..=outbreak.to).find(|day| meets(*day, outbreak));
        tally.delays.extend(first.map(|day| f64::from(day - outbreak.from)));
    }
    tally
}
