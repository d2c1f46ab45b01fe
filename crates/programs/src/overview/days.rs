//! Reading the tallies, with a memory: a day is read again only when the reaction has touched it since.

use super::reaction::{DAYS, day_key};
use super::rules::Measure;
use base::{Error, Result};
use runtime::program::Env;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Days of measures held in memory.
const HELD_MAX: usize = 4_000;
/// Days read at once.
const DAYS_MAX: usize = 400;

/// A count: of an institution as it was named (its number in `Memory`), and of a part of it (see `Measure`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub org: usize,
    pub part: String,
    pub count: i64,
}

/// The counts of a measure on a day, those of one institution side by side.
pub type Counts = Arc<Vec<Count>>;

/// What was read, under the mark that the day had then.
#[derive(Default)]
pub struct Memory {
    held: Mutex<HashMap<(Measure, i32), (u64, Counts)>>,
    names: Mutex<Names>,
}

/// Institutions as resources name them, numbered, so that a board need not look up a name for each count.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    numbers: HashMap<String, usize>,
}

/// What is held for this server.
pub fn memory(env: &Env) -> Result<Arc<Memory>> {
    env.kept.at("overview.days", 0, || Ok(Memory::default()))
}

/// The counts of a measure on the days `from..=to`, in their order.
pub fn days(env: &Env, measure: Measure, from: i32, to: i32) -> Result<Vec<Counts>> {
    let memory = memory(env)?;
    // Read before the counts: what changes in between moves the mark again.
    let marks = marks(env, from, to)?;
    (from..=to)
        .map(|day| match marks.get(&day) {
            Some(&mark) => memory.day(env, measure, day, mark),
            None => Ok(Counts::default()),
        })
        .collect()
}

pub fn day(env: &Env, measure: Measure, day: i32) -> Result<Counts> {
    Ok(days(env, measure, day, day)?.pop().unwrap_or_default())
}

/// Up to where the feed was counted when each day was last touched.
fn marks(env: &Env, from: i32, to: i32) -> Result<HashMap<i32, u64>> {
    let mut found = HashMap::new();
    let Some(wanted) = usize::try_from(to - from + 1).ok().filter(|&days| days <= DAYS_MAX) else {
        return Err(Error::too_costly(format!("a board reads at most {DAYS_MAX} days")));
    };
    for row in env.store.row_list(DAYS, (&day_key(from), ""), wanted)? {
        let damaged = || Error::fault("a row of `overview.days` is damaged; rebuild it");
        let day: i32 = row.key.parse().map_err(|_| damaged())?;
        let mark = std::str::from_utf8(&row.doc).ok().and_then(|doc| doc.parse().ok()).ok_or_else(damaged)?;
        if day > to {
            break;
        }
        found.insert(day, mark);
    }
    Ok(found)
}

impl Memory {
    /// The names of all institutions from this number on.
    pub fn names(&self, from: usize) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).all.get(from..).unwrap_or_default().to_vec()
    }

    fn day(&self, env: &Env, measure: Measure, day: i32, mark: u64) -> Result<Counts> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&(measure, day)).cloned();
        if let Some((at, counts)) = held
            && at == mark
        {
            return Ok(counts);
        }
        let read = env.store.tally_days(measure.space(), day, day)?;
        let counts = {
            let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            let counts = read.into_iter().map(|found| {
                let (org, part) = found.key.split_once('|').unwrap_or((&found.key, ""));
                Count { org: names.number(org), part: part.to_owned(), count: found.count }
            });
            Counts::new(counts.collect())
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= HELD_MAX {
            held.clear();
        }
        held.insert((measure, day), (mark, counts.clone()));
        Ok(counts)
    }
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        self.numbers.insert(name.to_owned(), self.all.len());
        self.all.push(name.to_owned());
        self.all.len() - 1
    }
}
