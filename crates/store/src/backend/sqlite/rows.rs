//! Changes of index rows, each table in the order of its key, so that a page is touched once.

use super::fault;
use crate::index_rows::{IndexRows, TokenRow};
use base::Result;
use rusqlite::{CachedStatement, Connection, params};

/// Rows of each table as their columns, and whether each is put (or dropped).
type Tokens = Vec<(TokenRow, bool)>;
type References = Vec<((i64, i64, i64, i64), bool)>;
type Texts = Vec<((i64, Box<str>, i64, i64), bool)>;
type Periods = Vec<((i64, i64, i64, i64), bool)>;
type Amounts = Vec<((i64, f64, f64, i64, i64), bool)>;

/// Changes of index rows, by table.
#[derive(Default)]
pub struct Changes {
    token: Tokens,
    reference: References,
    text: Texts,
    period: Periods,
    number: Amounts,
}

/// How far sorted changes have been carried out, by table.
pub type Done = [usize; 5];

impl Changes {
    /// Adds the changes of one version, after all that are here.
    pub fn add(&mut self, drop: IndexRows, put: IndexRows) {
        for (rows, put) in [(drop, false), (put, true)] {
            self.token.extend(rows.token.into_iter().map(|row| (row, put)));
            self.reference.extend(rows.reference.into_iter().map(|row| (row, put)));
            let text =
                |(path, value, system, rid): (_, String, _, _)| ((path, value.into_boxed_str(), system, rid), put);
            self.text.extend(rows.text.into_iter().map(text));
            self.period.extend(rows.period.into_iter().map(|row| (row, put)));
            self.number.extend(rows.number.into_iter().map(|row| (row, put)));
        }
    }

    /// Adds later changes.
    pub fn append(&mut self, mut later: Changes) {
        self.token.append(&mut later.token);
        self.reference.append(&mut later.reference);
        self.text.append(&mut later.text);
        self.period.append(&mut later.period);
        self.number.append(&mut later.number);
    }

    pub fn len(&self) -> usize {
        self.token.len() + self.reference.len() + self.text.len() + self.period.len() + self.number.len()
    }

    /// Brings the changes into the order of the keys. Of several changes of one row only the last counts.
    pub fn sort(&mut self) {
        // The patient is no part of the key: of an old and a new row under one key the later counts.
        sort(&mut self.token, |a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
        sort(&mut self.reference, |a, b| a.cmp(b));
        sort(&mut self.text, |a, b| a.cmp(b));
        // The key of `period` holds the row before the length.
        sort(&mut self.period, |a, b| (a.0, a.1, a.3, a.2).cmp(&(b.0, b.1, b.3, b.2)));
        sort(&mut self.number, |a, b| {
            let rest = (a.4, a.3).cmp(&(b.4, b.3)).then(a.2.total_cmp(&b.2));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(rest)
        });
    }

    /// Carries out sorted changes from where `done` says, about `rows_max` of them; moves `done`.
    pub fn write(&self, connection: &Connection, done: &mut Done, rows_max: usize) -> Result<()> {
        let mut left = rows_max;
        write(
            connection,
            &mut left,
            &mut done[0],
            &self.token,
            "INSERT OR REPLACE INTO token VALUES (?1, ?2, ?3, ?4)",
            "DELETE FROM token WHERE term = ?1 AND date = ?2 AND rid = ?3",
            |statement, &(term, date, rid, patient), is_put| match is_put {
                true => statement.execute(params![term, date, rid, patient]),
                false => statement.execute([term, date, rid]),
            },
        )?;
        write(
            connection,
            &mut left,
            &mut done[1],
            &self.reference,
            "INSERT OR IGNORE INTO reference VALUES (?1, ?2, ?3, ?4)",
            "DELETE FROM reference WHERE path = ?1 AND target = ?2 AND date = ?3 AND rid = ?4",
            |statement, &(path, target, date, rid), _| statement.execute([path, target, date, rid]),
        )?;
        write(
            connection,
            &mut left,
            &mut done[2],
            &self.text,
            "INSERT OR IGNORE INTO text VALUES (?1, ?2, ?3, ?4)",
            "DELETE FROM text WHERE path = ?1 AND value = ?2 AND system = ?3 AND rid = ?4",
            |statement, (path, value, system, rid), _| statement.execute(params![path, value, system, rid]),
        )?;
        write(
            connection,
            &mut left,
            &mut done[3],
            &self.period,
            "INSERT OR IGNORE INTO period VALUES (?1, ?2, ?3, ?4)",
            "DELETE FROM period WHERE class = ?1 AND start = ?2 AND rid = ?4 AND length = ?3",
            |statement, &(class, start, length, rid), _| statement.execute([class, start, length, rid]),
        )?;
        write(
            connection,
            &mut left,
            &mut done[4],
            &self.number,
            "INSERT OR IGNORE INTO number VALUES (?1, ?2, ?3, ?4, ?5)",
            "DELETE FROM number WHERE path = ?1 AND low = ?2 AND rid = ?5 AND unit = ?4 AND high = ?3",
            |statement, (path, low, high, unit, rid), _| statement.execute(params![path, low, high, unit, rid]),
        )
    }

    /// Whether all has been carried out.
    pub fn is_done(&self, done: &Done) -> bool {
        *done == [self.token.len(), self.reference.len(), self.text.len(), self.period.len(), self.number.len()]
    }
}

fn sort<T>(changes: &mut Vec<(T, bool)>, compare: impl Fn(&T, &T) -> std::cmp::Ordering) {
    // Stable, so that changes of one row stay in the order of their commits.
    changes.sort_by(|a, b| compare(&a.0, &b.0));
    changes.dedup_by(|later, kept| {
        let same = compare(&later.0, &kept.0).is_eq();
        if same {
            std::mem::swap(kept, later);
        }
        same
    });
}

fn write<T>(
    connection: &Connection,
    left: &mut usize,
    done: &mut usize,
    changes: &[(T, bool)],
    put: &str,
    drop: &str,
    run: impl Fn(&mut CachedStatement<'_>, &T, bool) -> rusqlite::Result<usize>,
) -> Result<()> {
    let end = changes.len().min(done.saturating_add(*left));
    if *done == end {
        return Ok(());
    }
    let mut put = connection.prepare_cached(put).map_err(fault)?;
    let mut drop = connection.prepare_cached(drop).map_err(fault)?;
    for (row, is_put) in &changes[*done..end] {
        run(if *is_put { &mut put } else { &mut drop }, row, *is_put).map_err(fault)?;
    }
    *left -= end - *done;
    *done = end;
    Ok(())
}
