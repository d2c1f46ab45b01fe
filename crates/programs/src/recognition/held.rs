//! Reading the rows of alerts and of repeats, with a memory: a day is read again only when a reaction has touched it
//! since. Rows of a day that agree in everything that is counted are one line, so a year of a city stays small.

use super::alert::{AlertRow, Change, Outcome};
use super::examinations::{REPEAT_DAYS, REPEATS, RepeatRow};
use super::reaction::{ALERTS, DAYS, day_key, read_row};
use base::{Cx, Error, Result};
use runtime::listing::scan;
use runtime::program::Env;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Days held in memory, and read at once.
const HELD_MAX: usize = 1_200;
pub const DAYS_MAX: i32 = 400;

/// Alerts of one day that agree. Names are numbers in `Known`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    pub offer: bool,
    pub institution: usize,
    pub department: usize,
    pub doctor: usize,
    pub item: usize,
    pub origin: usize,
    pub reason: usize,
    pub outcome: Outcome,
    pub opened: bool,
    pub changed: Option<Change>,
    pub told: Option<bool>,
    /// Price of one.
    pub fen: i64,
    pub count: i64,
}

pub type Lines = Arc<Vec<Line>>;

/// Repeats of one day that agree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepeatLine {
    /// Where it was repeated.
    pub institution: String,
    pub item: String,
    /// The examination before was made at the same institution.
    pub own: bool,
    pub count: i64,
}

/// What was read of each day, under the mark that the day had then.
struct Memory<T> {
    held: Mutex<HashMap<i32, Marked<T>>>,
}

type Marked<T> = (u64, Arc<Vec<T>>);

/// The memory of the alerts.
#[derive(Default)]
struct Alerts {
    lines: Memory<Line>,
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    all: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, usize>,
    /// 中文 and English of items, as cards gave them last.
    items: HashMap<usize, (String, String)>,
}

/// What the lines name, as of one moment.
pub struct Known {
    all: Vec<Arc<str>>,
    items: HashMap<usize, (String, String)>,
}

/// The alerts of the days `from..=to` with their day, newest first, and what they name.
pub fn days(cx: &Cx, env: &Env, from: i32, to: i32) -> Result<(Vec<(i32, Lines)>, Known)> {
    let memory = env.kept.at("recognition.days", 0, || Ok(Alerts::default()))?;
    let days = memory.lines.days(cx, env, (DAYS, ALERTS), from, to, &|rows| memory.lines_of(rows))?;
    let names = memory.names.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((days, Known { all: names.all.clone(), items: names.items.clone() }))
}

/// The repeats of the days `from..=to`, newest first.
pub fn repeats(cx: &Cx, env: &Env, from: i32, to: i32) -> Result<Vec<(i32, Arc<Vec<RepeatLine>>)>> {
    let memory = env.kept.at("recognition.repeat-days", 0, || Ok(Memory::<RepeatLine>::default()))?;
    memory.days(cx, env, (REPEAT_DAYS, REPEATS), from, to, &repeat_lines)
}

/// Up to where the feed was followed when each day was last touched.
fn marks(env: &Env, space: &str, from: i32, to: i32) -> Result<Vec<(i32, u64)>> {
    let wanted = usize::try_from(to - from + 1).ok().filter(|_| to - from < DAYS_MAX);
    let Some(wanted) = wanted else {
        return Err(Error::too_costly(format!("figures are counted over at most {DAYS_MAX} days")));
    };
    let mut found = Vec::new();
    for row in env.store.row_list(space, (&day_key(to), ""), wanted)? {
        let damaged = || Error::fault(format!("a row of `{space}` is damaged; rebuild it"));
        let day: i32 = row.key.parse().map_err(|_| damaged())?;
        let mark = std::str::from_utf8(&row.doc).ok().and_then(|doc| doc.parse().ok()).ok_or_else(damaged)?;
        if day < from {
            break;
        }
        found.push((day, mark));
    }
    Ok(found)
}

impl<T> Default for Memory<T> {
    fn default() -> Memory<T> {
        Memory { held: Mutex::default() }
    }
}

impl<T> Memory<T> {
    /// `spaces`: marks of days, and the rows, which begin with the key of their day.
    fn days<R: DeserializeOwned>(
        &self,
        cx: &Cx,
        env: &Env,
        spaces: (&str, &str),
        from: i32,
        to: i32,
        lines: &dyn Fn(Vec<R>) -> Vec<T>,
    ) -> Result<Vec<(i32, Arc<Vec<T>>)>> {
        let mut days = Vec::new();
        // The marks are read before the rows: what changes in between moves them again.
        for (day, mark) in marks(env, spaces.0, from, to)? {
            cx.go_on()?;
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&day).cloned();
            if let Some((_, lines)) = held.filter(|(at, _)| *at == mark) {
                days.push((day, lines));
                continue;
            }
            let mut rows: Vec<R> = Vec::new();
            let range = day_key(day);
            scan(cx, &env.store, spaces.1, &range, (range.clone(), String::new()), &mut |row| {
                rows.push(read_row(&row.doc)?);
                Ok(true)
            })?;
            let lines = Arc::new(lines(rows));
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.len() >= HELD_MAX {
                held.clear();
            }
            held.insert(day, (mark, lines.clone()));
            days.push((day, lines));
        }
        Ok(days)
    }
}

fn repeat_lines(rows: Vec<RepeatRow>) -> Vec<RepeatLine> {
    let mut counts: HashMap<RepeatLine, i64> = HashMap::new();
    for row in rows {
        let own = row.is_own();
        let line = RepeatLine { institution: row.exam.institution, item: row.exam.item, own, count: 0 };
        *counts.entry(line).or_default() += 1;
    }
    counts.into_iter().map(|(line, count)| RepeatLine { count, ..line }).collect()
}

impl Alerts {
    fn lines_of(&self, rows: Vec<AlertRow>) -> Vec<Line> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts: HashMap<Line, i64> = HashMap::new();
        for row in rows {
            let item = names.number(&row.item);
            names.items.insert(item, (row.zh, row.en));
            let line = Line {
                offer: row.offer,
                institution: names.number(&row.institution),
                department: names.number(&row.department),
                doctor: names.number(&row.doctor),
                item,
                origin: names.number(&row.origin),
                reason: names.number(&row.reason),
                outcome: row.outcome,
                opened: row.opened,
                changed: row.changed,
                told: row.told,
                fen: row.fen,
                count: 0,
            };
            *counts.entry(line).or_default() += 1;
        }
        counts.into_iter().map(|(line, count)| Line { count, ..line }).collect()
    }
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let name: Arc<str> = name.into();
        self.numbers.insert(name.clone(), self.all.len());
        self.all.push(name);
        self.all.len() - 1
    }
}

impl Known {
    pub fn name(&self, number: usize) -> &str {
        self.all.get(number).map_or("", AsRef::as_ref)
    }

    /// 中文 and English of an item; its key where no card gave a name.
    pub fn item(&self, key: &str) -> (String, String) {
        let number = self.all.iter().position(|name| name.as_ref() == key);
        let (zh, en) = number.and_then(|number| self.items.get(&number)).cloned().unwrap_or_default();
        let zh = if zh.is_empty() { key.to_owned() } else { zh };
        (zh.clone(), if en.is_empty() { zh } else { en })
    }
}
