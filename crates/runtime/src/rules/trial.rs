//! What a change would do, before anybody approves it: what holds before and after where it takes effect, which narrower
//! rules stand against it, and, where the program can tell, what last month's decisions would have been.

use super::ledger::{Entry, Ledger, State};
use super::model::{Days, Found, Place, Row, RuleTable, Trial};
use super::propose::{Wanted, table_named, wanted_row};
use super::reach::{place_in, reach, reach_of_files};
use super::table::{Rules, Table};
use super::view;
use crate::program::{Env, Said};
use base::zone::day_text;
use base::{Cx, Error, Result};
use serde_json::{Value, json};
use std::sync::Arc;

/// Days of the past that are decided again.
pub const TRIAL_DAYS: i32 = 30;
/// Days before those of what a decision may rest on.
const PAST_DAYS: i32 = 3_660;
/// Changes that one dry run takes, and shows one by one.
const TRIED_MAX: usize = 2_000;
const SHOWN_MAX: usize = 100;

/// What is tried.
pub enum Tried<'a> {
    /// Something that nobody has proposed yet.
    Wanted(&'a str, &'a Wanted),
    /// Proposals of one table.
    Proposals(&'a [String]),
}

/// A row that would be put or taken back.
struct Step {
    row: Row,
    takes_back: bool,
}

/// Says what a change would do. Nothing is written.
pub fn trial(cx: &Cx, env: &Env, ledger: &Ledger, tried: &Tried<'_>) -> Result<Value> {
    let (table, steps) = steps(cx, env, ledger, tried)?;
    let before = ledger.rules(&env.store)?;
    let back: Vec<String> = steps.iter().filter(|step| step.takes_back).map(|step| step.row.id.clone()).collect();
    let put = steps.iter().filter(|step| !step.takes_back).map(|step| entry(table, step.row.clone())).collect();
    let after = ledger.with(&env.store, put, &back)?;
    let (today, _) = env.site.zone.day_and_minute(cx.now());
    let mut effects = Vec::new();
    let mut day = today;
    for (nth, step) in steps.iter().enumerate() {
        let place = place_in(env, &step.row.scope)?;
        let shows = Shows { before: before.table(table.name)?, after: after.table(table.name)?, place: &place };
        let first = first_day(&shows, &step.row, today);
        day = day.max(first);
        if nth < SHOWN_MAX {
            effects.push(effect(&shows, step, first, today));
        }
    }
    let (from, to) = (today - TRIAL_DAYS, today - 1);
    let rows = steps.into_iter().map(|step| step.row).collect::<Vec<_>>();
    let tried = rows.len();
    let found = match table.dry_run {
        Some(run) => {
            let still = |rules: &Rules| Arc::new(rules.standing_still(day, from - PAST_DAYS));
            Some(run(cx, env, &Trial { before: still(&before), after: still(&after), rows, day, from, to })?)
        }
        None => None,
    };
    Ok(json!({
        "table": table.name, "tried": tried, "effects": effects, "from": day_text(from), "to": day_text(to),
        "found": found.as_ref().map(found_json),
    }))
}

fn steps(cx: &Cx, env: &Env, ledger: &Ledger, tried: &Tried<'_>) -> Result<(&'static RuleTable, Vec<Step>)> {
    let entries = ledger.entries(&env.store)?;
    match tried {
        Tried::Wanted(table, wanted) => {
            let table = table_named(ledger, table)?;
            let (row, takes_back) = wanted_row(env, &reach(cx, &env.store)?, table, &entries, wanted)?;
            Ok((table, vec![Step { row, takes_back }]))
        }
        Tried::Proposals(ids) => {
            reach_of_files(cx, &env.store)?;
            if ids.is_empty() || ids.len() > TRIED_MAX {
                return Err(Error::invalid(format!("name 1 to {TRIED_MAX} proposals")));
            }
            let mut steps = Vec::new();
            let mut name = None;
            for id in *ids {
                let entry = entries.get(id);
                let proposal = entry.and_then(|entry| entry.proposal.as_ref().map(|proposal| (entry, proposal)));
                let Some((entry, proposal)) = proposal else {
                    return Err(Error::not_found(format!("there is no proposal `{id}`")));
                };
                if *name.get_or_insert(&entry.table) != &entry.table {
                    return Err(Error::invalid("a dry run takes the proposals of one table"));
                }
                let row = Row { id: proposal.target.clone(), version: proposal.base + 1, ..entry.row.clone() };
                steps.push(Step { row, takes_back: proposal.takes_back });
            }
            let table = table_named(ledger, name.map_or("", String::as_str))?;
            Ok((table, steps))
        }
    }
}

/// The rule as it would be in force. It counts as recorded after all others.
fn entry(table: &RuleTable, row: Row) -> Entry {
    Entry {
        table: table.name.to_owned(),
        state: State::Active,
        row: Row { recorded: i64::MAX, ..row },
        proposed: None,
        approved: None,
        reason: None,
        proposal: None,
    }
}

/// The tables without and with the change, and a place in its scope.
struct Shows<'a> {
    before: &'a Table,
    after: &'a Table,
    place: &'a Place,
}

impl Shows<'_> {
    /// The rows that outrank the others on a day, before and after.
    fn on(&self, key: &str, day: i32) -> (Option<&Row>, Option<&Row>) {
        let days = all_on(day);
        (self.before.first_of(key, &days, self.place), self.after.first_of(key, &days, self.place))
    }
}

fn all_on(day: i32) -> Days {
    Days { event: day, decision: day, birth: Some(day) }
}

/// The first day from today on which something else holds than without the change; where there is none, the row's first.
fn first_day(shows: &Shows<'_>, row: &Row, today: i32) -> i32 {
    let key = shows.before.table.key_of(row);
    let of_key = shows.before.rows_of(&key).chain(shows.after.rows_of(&key));
    // Something can change only where a row begins or has ended.
    let turns = of_key.flat_map(|row| [Some(row.from), row.to.map(|to| to.saturating_add(1))]).flatten();
    let mut turns: Vec<i32> = turns.chain([today]).filter(|day| *day >= today).collect();
    turns.sort_unstable();
    let says = |row: Option<&Row>| row.map(|row| (row.id.clone(), row.lifted, row.values.clone(), row.source.clone()));
    let differs = |day: &i32| {
        let (before, after) = shows.on(&key, *day);
        says(before) != says(after)
    };
    turns.into_iter().find(differs).unwrap_or_else(|| row.from.max(today))
}

/// What one row would do on a day.
fn effect(shows: &Shows<'_>, step: &Step, day: i32, today: i32) -> Value {
    let (row, table) = (&step.row, shows.before.table);
    let key = table.key_of(row);
    let (before, after) = shows.on(&key, day);
    let narrower = shows
        .before
        .rows_of(&key)
        .filter(|other| other.scope.width() < row.scope.width() && other.holds_on(&all_on(day)))
        .map(|other| view::row(table, other));
    json!({
        "row": view::row(table, row), "takes_back": step.takes_back, "day": day_text(day), "is_past": row.from < today,
        "before": before.map(|row| view::row(table, row)), "after": after.map(|row| view::row(table, row)),
        "narrower": narrower.collect::<Vec<_>>(),
    })
}

fn found_json(found: &Found) -> Value {
    let figures = found
        .figures
        .iter()
        .map(|figure| json!({ "title": figure.title.json(), "before": figure.before, "after": figure.after }));
    let examples = found
        .examples
        .iter()
        .map(|example| json!({ "gained": example.gained, "text": example.text.json(), "resource": example.resource }));
    json!({
        "figures": figures.collect::<Vec<_>>(), "examples": examples.collect::<Vec<_>>(),
        "notes": found.notes.iter().map(Said::json).collect::<Vec<_>>(),
    })
}
