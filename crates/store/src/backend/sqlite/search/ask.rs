//! What one search stands on: its snapshot, who asks, and what it has cost so far.

use super::super::fault;
use super::super::sight::Seen;
use crate::shared::Shared;
use base::limits::SEARCH_ROWS_MAX;
use base::{Cx, Error, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::cell::{Cell, RefCell};

/// Rows between two looks at whether the caller is still there.
const ROWS_BETWEEN_LOOKS: u64 = 256;

pub struct Ask<'a> {
    pub connection: &'a Connection,
    pub shared: &'a Shared,
    pub seen: &'a Seen,
    pub cx: &'a Cx,
    pub cost: Cost,
    /// Lines of the explanation; none where nobody asked for one.
    pub story: Option<RefCell<Vec<String>>>,
}

/// What a search has looked at, its inner searches included.
#[derive(Default)]
pub struct Cost {
    /// Rows that the database handed out.
    pub rows: Cell<u64>,
    /// Bodies read, unpacked and walked.
    pub bodies: Cell<u64>,
    /// Inner searches that were asked about a single resource.
    pub single: Cell<u64>,
    /// Rows counted to choose what drives.
    pub counted: Cell<u64>,
}

impl<'a> Ask<'a> {
    pub fn new(connection: &'a Connection, shared: &'a Shared, seen: &'a Seen, cx: &'a Cx, explain: bool) -> Ask<'a> {
        let story = explain.then(RefCell::default);
        Ask { connection, shared, seen, cx, cost: Cost::default(), story }
    }

    /// One more row: an error where they become too many or the caller has left.
    pub fn looked(&self) -> Result<()> {
        let rows = self.cost.rows.get() + 1;
        self.cost.rows.set(rows);
        if rows > SEARCH_ROWS_MAX {
            return Err(Error::too_costly(format!(
                "the search looks at more than {SEARCH_ROWS_MAX} rows; add a criterion that finds fewer, such as a patient, a code or a date"
            )));
        }
        if rows.is_multiple_of(ROWS_BETWEEN_LOOKS) { self.cx.go_on() } else { Ok(()) }
    }

    /// Adds a line to the explanation, if there is one.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(story) = &self.story {
            story.borrow_mut().push(line());
        }
    }

    /// The first column of the first row of a statement, as a number.
    pub fn number(&self, sql: &str, binds: &[Value]) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        statement.query_row(params_from_iter(binds), |row| row.get(0)).map_err(fault)
    }
}

/// Adds one to a count.
pub fn more(count: &Cell<u64>) {
    count.set(count.get() + 1);
}
