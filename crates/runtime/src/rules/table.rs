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

    /// The rules as they are on a day, for whatever day from `since` on they are asked.
    pub(super) fn standing_still(&self, day: i32, since: i32) -> Rules {
        let days = Days { event: day, decision: day, birth: Some(day) };
        // All move back by as much, so that a later one of them still outranks an earlier one.
        let back = day.saturating_sub(since).max(0);
        let still = |entry: &Entry| {
            let row = Row { from: entry.row.from.saturating_sub(back), to: None, ..entry.row.clone() };
            Arc::new(Entry { row, ..entry.clone() })
        };
        let entries = self.tables.iter().flat_map(|table| table.by_key.values().flatten());
        let standing = entries.filter(|entry| entry.row.holds_on(&days)).map(|entry| still(entry));
        let tables: Vec<&'static RuleTable> = self.tables.iter().map(|table| table.table).collect();
        Rules::of(&tables, self.mark, standing)
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

#[cfg(test)]
mod tests {
    use super::super::ledger::State;
    use super::super::model::{AppliesBy, RuleColumn, Scope, Sure, Value, ValueKind};
    use super::*;
    use crate::program::Words;
    use proptest::prelude::*;

    const WORDS: Words = Words { zh: "", en: "" };
    const KEY: RuleColumn =
        RuleColumn { key: "item", title: WORDS, kind: ValueKind::Text, required: true, is_key: true, unit: None };
    static TABLE: RuleTable = RuleTable {
        name: "t",
        title: WORDS,
        about: WORDS,
        columns: &[KEY],
        seeds: &[],
        demo_seeds: &[],
        check: |_| Ok(()),
        dry_run: None,
    };

    fn scope() -> impl Strategy<Value = Scope> {
        prop_oneof![
            Just(Scope::Nation),
            Just(Scope::City),
            (0..2u8).prop_map(|code| Scope::District(code.to_string())),
            (0..3u8).prop_map(|id| Scope::Institution(id.to_string())),
        ]
    }

    fn row() -> impl Strategy<Value = Row> {
        let dates = (0..30i32, prop::option::of(0..15i32), 0..5i64);
        let flags = (any::<bool>(), prop::bool::weighted(0.2));
        (scope(), dates, flags, 0..2u8, 0..3usize).prop_map(|(scope, (from, length, recorded), flags, item, by)| Row {
            id: String::new(),
            version: 1,
            scope,
            from,
            to: length.map(|length| from + length),
            recorded,
            applies_by: AppliesBy::ALL[by],
            source: String::new(),
            sure: Sure::Yes,
            shipped: flags.0,
            lifted: flags.1,
            values: BTreeMap::from([("item".to_owned(), Value::Text(item.to_string()))]),
        })
    }

    fn rules(rows: &[Row]) -> Rules {
        let entry = |row: &Row| Entry {
            table: "t".to_owned(),
            state: State::Active,
            row: row.clone(),
            proposed: None,
            approved: None,
            reason: None,
            proposal: None,
        };
        Rules::of(&[&TABLE], 0, rows.iter().map(|row| Arc::new(entry(row))))
    }

    /// The rule of precedence, said step by step: each leaves only the rows that are best in one respect.
    fn expected<'a>(rows: &'a [Row], days: &Days, place: &Place, item: &str) -> Option<&'a Row> {
        let day = |row: &Row| match row.applies_by {
            AppliesBy::Event => Some(days.event),
            AppliesBy::Decision => Some(days.decision),
            AppliesBy::Birth => days.birth,
        };
        let fits = |row: &&Row| {
            let reaches = match &row.scope {
                Scope::Institution(id) => place.institution.as_deref() == Some(id),
                Scope::District(code) => place.district.as_deref() == Some(code),
                Scope::City | Scope::Nation => true,
            };
            let holds = day(row).is_some_and(|day| day >= row.from && day <= row.to.unwrap_or(i32::MAX));
            reaches && holds && row.text("item") == Some(item)
        };
        let mut left: Vec<&Row> = rows.iter().filter(fits).collect();
        for level in ["institution", "district", "city", "nation"] {
            if left.iter().any(|row| row.scope.level() == level) {
                left.retain(|row| row.scope.level() == level);
            }
        }
        if left.iter().any(|row| !row.shipped) {
            left.retain(|row| !row.shipped);
        }
        let latest = left.iter().map(|row| row.from).max()?;
        left.retain(|row| row.from == latest);
        let recorded = left.iter().map(|row| row.recorded).max()?;
        left.retain(|row| row.recorded == recorded);
        left.sort_by(|one, other| one.id.cmp(&other.id));
        left.first().copied().filter(|row| !row.lifted)
    }

    proptest! {
        #[test]
        fn the_row_that_holds_is_the_one_that_precedence_names(
            mut rows in prop::collection::vec(row(), 0..40),
            days in (0..45i32, 0..45i32, prop::option::of(0..45i32)),
            place in (prop::option::of(0..3u8), prop::option::of(0..4u8)),
            turn in any::<u64>(),
        ) {
            for (nth, row) in rows.iter_mut().enumerate() {
                row.id = format!("{nth:02}");
            }
            let days = Days { event: days.0, decision: days.1, birth: days.2 };
            let text = |code: Option<u8>| code.map(|code| code.to_string());
            let place = Place { district: text(place.0), institution: text(place.1) };
            // In whatever order they came.
            let mut mixed = rows.clone();
            if !mixed.is_empty() {
                let middle = (turn % mixed.len() as u64) as usize;
                mixed.rotate_left(middle);
            }
            let rules = rules(&mixed);
            let table = rules.table("t").unwrap();
            let mut all = Vec::new();
            for item in ["0", "1"] {
                let wanted = expected(&rows, &days, &place, item).map(|row| row.id.clone());
                let found = table.find_days(&days, &place, &[item]).map(|row| row.id.clone());
                prop_assert_eq!(&found, &wanted);
                all.extend(wanted);
            }
            let on: Vec<String> = table.on_days(&days, &place).iter().map(|row| row.id.clone()).collect();
            prop_assert_eq!(on, all);
        }
    }
}
