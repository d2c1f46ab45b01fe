//! The rules in memory: which row holds on a day at a place. Pure.

use super::ledger::Entry;
use super::model::{Days, Place, Row, RuleTable, key_of};
use base::{Error, Result};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every table, as it was at one moment.
pub struct Rules {
    /// The feed position of the last change of a rule that is in it: what is made from the rules is made again when this
    /// has moved.
    pub mark: u64,
    tables: Vec<Table>,
}

/// A table with its rows, by key.
pub struct Table {
    pub table: &'static RuleTable,
    /// The rows of a key, the one that outranks the others first.
    by_key: BTreeMap<String, Vec<Arc<Entry>>>,
}

impl Rules {
    /// The tables made of the rows that are in force or were.
    pub(super) fn of(tables: &[&'static RuleTable], mark: u64, entries: impl Iterator<Item = Arc<Entry>>) -> Rules {
        let mut tables: Vec<Table> = tables.iter().map(|table| Table { table, by_key: BTreeMap::new() }).collect();
        for entry in entries.filter(|entry| entry.is_in_force()) {
            if let Some(table) = tables.iter_mut().find(|table| table.table.name == entry.table) {
                table.by_key.entry(table.table.key_of(&entry.row)).or_default().push(entry);
            }
        }
        for rows in tables.iter_mut().flat_map(|table| table.by_key.values_mut()) {
            rows.sort_by(|one, other| rank(&one.row).cmp(&rank(&other.row)));
        }
        Rules { mark, tables }
    }

    /// A table by its name.
    ///
    /// # Errors
    /// `Fault`: a program asks for a table that it does not declare.
    pub fn table(&self, name: &str) -> Result<&Table> {
        let found = self.tables.iter().find(|table| table.table.name == name);
        found.ok_or_else(|| Error::fault(format!("there is no rule table `{name}`")))
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

/// Rows come in this order, the one that outranks the others first: narrow before wide, local before shipped, then the
/// later first day, then the one that was recorded later.
fn rank(row: &Row) -> impl Ord + '_ {
    (row.scope.width(), row.shipped, Reverse(row.from), Reverse(row.recorded), &row.id)
}

impl Table {
    /// The rows that hold on a day at a place, one a key at most, in the order of their keys.
    pub fn on(&self, day: i32, place: &Place) -> Vec<&Row> {
        self.on_days(&Days::on(day), place)
    }

    /// The same where rows go by different days.
    pub fn on_days(&self, days: &Days, place: &Place) -> Vec<&Row> {
        self.by_key.values().filter_map(|rows| holding(rows, days, place)).filter(|row| !row.lifted).collect()
    }

    /// The row that holds for a key, named by the cells of its columns in their order.
    pub fn find(&self, day: i32, place: &Place, key: &[&str]) -> Option<&Row> {
        self.find_days(&Days::on(day), place, key)
    }

    /// The same where rows go by different days.
    pub fn find_days(&self, days: &Days, place: &Place, key: &[&str]) -> Option<&Row> {
        let rows = self.by_key.get(&key_of(key.iter()))?;
        holding(rows, days, place).filter(|row| !row.lifted)
    }

    /// Every row that is in force or was, by key, the one that outranks the others first.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.by_key.values().flatten().map(|entry| &entry.row)
    }

    /// Every row of one key.
    pub fn rows_of(&self, key: &str) -> impl Iterator<Item = &Row> {
        self.by_key.get(key).into_iter().flatten().map(|entry| &entry.row)
    }

    /// The row that outranks the others of its key on a day at a place; it may say that nothing holds.
    pub fn first_of(&self, key: &str, days: &Days, place: &Place) -> Option<&Row> {
        holding(self.by_key.get(key)?, days, place)
    }
}

fn holding<'a>(rows: &'a [Arc<Entry>], days: &Days, place: &Place) -> Option<&'a Row> {
    rows.iter().map(|entry| &entry.row).find(|row| row.scope.holds_at(place) && row.holds_on(days))
}
