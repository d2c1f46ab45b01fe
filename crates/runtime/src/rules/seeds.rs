//! The shipped rows of every table, laid into the record at the first start and brought up to date by an upgrade. A local
//! row is a resource of its own and is never touched; it outranks the shipped one of its scope.

use super::ledger::{Entry, Ledger, State};
use super::library::{self, unwritable};
use super::model::{Row, RuleTable};
use super::sheet;
use base::limits::ISSUES_MAX;
use base::{Cx, Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Batch, Expect, Put, Store, Write};

/// Rows written at once.
const ROWS_AT_ONCE: usize = 500;

/// Which of the shipped rows a folder gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// Those that every deployment gets.
    Everywhere,
    /// Those, and what the demonstration city has set for itself: only where its data are.
    Demonstration,
}

/// What laying the seeds changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    pub added: usize,
    pub changed: usize,
    /// No longer shipped to this folder, so they hold no more.
    pub retired: usize,
}

/// The rows of a table that are shipped to a folder.
///
/// # Errors
/// `Fault`: a seed of this program is wrong; every flaw is named.
pub fn shipped(table: &RuleTable, seeds: Seeds) -> Result<Vec<Row>> {
    let of_the_city: &[&str] = match seeds {
        Seeds::Everywhere => &[],
        Seeds::Demonstration => table.demo_seeds,
    };
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut flaws = Vec::new();
    for (nth, seed) in table.seeds.iter().chain(of_the_city).enumerate() {
        let place = |text: &str| format!("seed {} of `{}`: {text}", nth + 1, table.name);
        let sheet = sheet::read(table, seed.as_bytes(), true).map_err(|error| Error::fault(place(error.text())))?;
        flaws.extend(sheet.flaws.iter().map(|flaw| place(&flaw.said().en)));
        for (line, row) in sheet.rows {
            if rows.insert(row.id.clone(), row).is_some() {
                flaws.push(place(&format!("line {line} is the same rule as one of a seed before")));
            }
        }
    }
    flaws.truncate(ISSUES_MAX);
    if flaws.is_empty() { Ok(rows.into_values().collect()) } else { Err(Error::fault(flaws.join("; "))) }
}

/// Lays what these tables ship into the record, and retires what was shipped and is not among it. What is there already and
/// says the same costs no write.
pub fn lay(cx: &Cx, store: &Store, tables: &[&'static RuleTable], seeds: Seeds) -> Result<Laid> {
    let held = Ledger::new(tables).entries(store)?;
    let mut laid = Laid::default();
    let mut writes = Vec::new();
    for table in tables {
        let rows = shipped(table, seeds)?;
        let gone = |entry: &&Arc<Entry>| {
            entry.table == table.name
                && entry.row.shipped
                && entry.is_in_force()
                && !rows.iter().any(|row| row.id == entry.row.id)
        };
        for entry in held.values().filter(gone) {
            laid.retired += 1;
            let row = Row { version: entry.row.version + 1, ..entry.row.clone() };
            writes.push(put(table, State::Retired, row, Expect::Version(entry.row.version))?);
        }
        for row in &rows {
            match held.get(&row.id) {
                Some(entry) if entry.is_in_force() && says_the_same(&entry.row, row) => {}
                Some(entry) => {
                    laid.changed += 1;
                    let next = Row { version: entry.row.version + 1, ..row.clone() };
                    writes.push(put(table, State::Active, next, Expect::Version(entry.row.version))?);
                }
                None => {
                    laid.added += 1;
                    // One that can no longer be read as a rule may stand there.
                    writes.push(put(table, State::Active, row.clone(), Expect::Any)?);
                }
            }
        }
    }
    while !writes.is_empty() {
        let some = writes.drain(..ROWS_AT_ONCE.min(writes.len())).collect();
        store.write(cx, Batch { writes: some, ..Batch::default() })?;
    }
    Ok(laid)
}

fn put(table: &RuleTable, state: State, row: Row, expect: Expect) -> Result<Write> {
    let id = row.id.clone();
    let entry = Entry {
        table: table.name.to_owned(),
        state,
        row,
        proposed: None,
        approved: None,
        reason: None,
        proposal: None,
    };
    let resource = library::resource(table, &entry).map_err(|error| unwritable(&error))?;
    Ok(Write::Put(Put { id, resource, expect, source: None }))
}

/// Whether two rows differ in nothing that a reader could see.
pub(super) fn says_the_same(one: &Row, other: &Row) -> bool {
    let same = |row: &Row| Row { version: 0, recorded: 0, ..row.clone() };
    same(one) == same(other)
}
