//! Shelves: tallies, counters, rows, timers and the outbox, written with the batch that causes them.

use super::engine::Engine;
use super::fault;
use super::read::Reading;
use crate::model::{DayCount, Due, Guard, ShelfOp, ShelfRow};
use crate::prepare::Prepared;
use crate::shared::Shared;
use base::{Error, Millis, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};

impl Engine {
    /// Carries out the shelf changes and the cursor moves of a batch. A counter out of its bounds is found before
    /// anything is written.
    pub fn put_shelves(&mut self, shared: &Shared, batch: &Prepared) -> Result<()> {
        let at = batch.at;
        for shelf in batch.shelves.iter().filter(|shelf| !matches!(shelf, ShelfOp::Tally { .. })) {
            put(self.connection(), shared, at, shelf)?;
        }
        put_tallies(self.connection(), shared, &batch.shelves)?;
        for guard in &batch.guards {
            if let Guard::Cursor { name, to, .. } = guard {
                let home = shared.ids.home_of_text(name);
                let sql = "INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3)";
                self.connection().execute(sql, params![name, home, *to as i64]).map_err(fault)?;
            }
        }
        Ok(())
    }

    /// Checks the counters of a batch, its own earlier changes included.
    pub fn check_counts(&mut self, batch: &Prepared) -> Result<()> {
        let mut added: Vec<(&str, &str, i64)> = Vec::new();
        for shelf in &batch.shelves {
            let ShelfOp::Count { space, key, add, min, max } = shelf else { continue };
            let now = counter(self.connection(), space, key)?;
            let own: i64 = added.iter().filter(|(s, k, _)| s == space && k == key).map(|(.., add)| add).sum();
            let then = now + own + add;
            if then < *min || then > *max {
                return Err(Error::conflict(format!(
                    "the count `{key}` would be {then}, outside {min} to {max}; choose another or try again later"
                )));
            }
            added.push((space, key, *add));
        }
        Ok(())
    }
}

/// The tallies of a batch, which may be many thousands.
fn put_tallies(connection: &Connection, shared: &Shared, shelves: &[ShelfOp]) -> Result<()> {
    let sql = "INSERT INTO tally VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET count = count + excluded.count";
    let mut put = connection.prepare_cached(sql).map_err(fault)?;
    for shelf in shelves {
        let ShelfOp::Tally { space, key, day, add } = shelf else { continue };
        put.execute(params![space, day, key, shared.ids.home_of_text(key), add]).map_err(fault)?;
    }
    Ok(())
}

fn put(connection: &Connection, shared: &Shared, at: Millis, shelf: &ShelfOp) -> Result<()> {
    let home = |space: &str, key: &str| shared.ids.home_of_text(&format!("{space}\u{1f}{key}"));
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<()> {
        let mut statement = connection.prepare_cached(sql).map_err(fault)?;
        statement.execute(values).map(drop).map_err(fault)
    };
    match shelf {
        ShelfOp::Tally { .. } => Ok(()),
        ShelfOp::Count { space, key, add, .. } => run(
            "INSERT INTO counter VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            params![space, key, home(space, key), add],
        ),
        ShelfOp::Row { space, key, sort, doc: Some(doc) } => run(
            "INSERT OR REPLACE INTO shelf VALUES (?1, ?2, ?3, ?4, ?5)",
            params![space, key, home(space, key), sort, doc],
        ),
        ShelfOp::Row { space, key, doc: None, .. } => {
            run("DELETE FROM shelf WHERE space = ?1 AND key = ?2", params![space, key])
        }
        ShelfOp::Timer { space, key, due: Some(due), doc } => run(
            "INSERT OR REPLACE INTO timer VALUES (?1, ?2, ?3, ?4, ?5)",
            params![space, key, home(space, key), due, doc],
        ),
        ShelfOp::Timer { space, key, due: None, .. } => {
            run("DELETE FROM timer WHERE space = ?1 AND key = ?2", params![space, key])
        }
        ShelfOp::Outbox { space, key, doc } => run(
            "INSERT OR IGNORE INTO outbox (home, space, key, put_at, doc) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![home(space, key), space, key, at, doc],
        ),
        ShelfOp::OutboxDone { number } => run("DELETE FROM outbox WHERE number = ?1", params![number]),
        ShelfOp::Empty { space } => {
            let tables = ["tally", "counter", "shelf", "timer"];
            tables.iter().try_for_each(|table| run(&format!("DELETE FROM {table} WHERE space = ?1"), params![space]))
        }
    }
}

fn counter(connection: &Connection, space: &str, key: &str) -> Result<i64> {
    let mut statement =
        connection.prepare_cached("SELECT count FROM counter WHERE space = ?1 AND key = ?2").map_err(fault)?;
    let count = statement.query_row([space, key], |row| row.get(0)).optional().map_err(fault)?;
    Ok(count.unwrap_or(0))
}

impl Reading<'_> {
    /// Counts of one key: one seek to the next day of the space and one to the key for each day there is.
    pub fn tally(&self, space: &str, key: &str, from_day: i32, to_day: i32) -> Result<Vec<(i32, i64)>> {
        let sql = "SELECT day FROM tally WHERE space = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day LIMIT 1";
        let mut next = self.connection().prepare_cached(sql).map_err(fault)?;
        let sql = "SELECT count FROM tally WHERE space = ?1 AND day = ?2 AND key = ?3";
        let mut one = self.connection().prepare_cached(sql).map_err(fault)?;
        let (mut found, mut from) = (Vec::new(), i64::from(from_day));
        while let Some(day) =
            next.query_row(params![space, from, to_day], |row| row.get::<_, i32>(0)).optional().map_err(fault)?
        {
            let count =
                one.query_row(params![space, day, key], |row| row.get::<_, i64>(0)).optional().map_err(fault)?;
            found.extend(count.filter(|&count| count != 0).map(|count| (day, count)));
            from = i64::from(day) + 1;
        }
        Ok(found)
    }

    /// Every count of a space within some days that is not zero, by day and key.
    pub fn tally_days(&self, space: &str, from_day: i32, to_day: i32) -> Result<Vec<DayCount>> {
        let sql = "SELECT day, key, count FROM tally WHERE space = ?1 AND day BETWEEN ?2 AND ?3 AND count <> 0 \
                   ORDER BY day, key";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map(params![space, from_day, to_day], |row| {
            Ok(DayCount { day: row.get(0)?, key: row.get(1)?, count: row.get(2)? })
        });
        rows.and_then(Iterator::collect).map_err(fault)
    }

    pub fn counter(&self, space: &str, key: &str) -> Result<i64> {
        counter(self.connection(), space, key)
    }

    /// All counters of a space.
    pub fn counters(&self, space: &str) -> Result<Vec<(String, i64)>> {
        let sql = "SELECT key, count FROM counter WHERE space = ?1 ORDER BY key";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map([space], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(fault)
    }

    pub fn shelf_row(&self, space: &str, key: &str) -> Result<Option<ShelfRow>> {
        let sql = "SELECT key, sort, doc FROM shelf WHERE space = ?1 AND key = ?2";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        statement.query_row([space, key], shelf_row).optional().map_err(fault)
    }

    /// Rows of a space in the order of their sort key, after a (sort, key).
    pub fn shelf_rows(&self, space: &str, after: (&str, &str), limit: usize) -> Result<Vec<ShelfRow>> {
        let sql =
            "SELECT key, sort, doc FROM shelf WHERE space = ?1 AND (sort, key) > (?2, ?3) ORDER BY sort, key LIMIT ?4";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map(params![space, after.0, after.1, limit as i64], shelf_row);
        rows.and_then(Iterator::collect).map_err(fault)
    }

    pub fn timers_due(&self, now: Millis, limit: usize) -> Result<Vec<Due>> {
        let sql = "SELECT 0, space, key, due, doc FROM timer WHERE due <= ?1 ORDER BY due LIMIT ?2";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map(params![now, limit as i64], due);
        rows.and_then(Iterator::collect).map_err(fault)
    }

    pub fn outbox(&self, limit: usize) -> Result<Vec<Due>> {
        let sql = "SELECT number, space, key, put_at, doc FROM outbox ORDER BY number LIMIT ?1";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map([limit as i64], due);
        rows.and_then(Iterator::collect).map_err(fault)
    }

    pub fn cursor(&self, name: &str) -> Result<u64> {
        let sql = "SELECT position FROM cursor WHERE name = ?1";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let position: Option<i64> = statement.query_row([name], |row| row.get(0)).optional().map_err(fault)?;
        Ok(position.unwrap_or(0) as u64)
    }
}

fn shelf_row(row: &Row<'_>) -> rusqlite::Result<ShelfRow> {
    Ok(ShelfRow { key: row.get(0)?, sort: row.get(1)?, doc: row.get(2)? })
}

fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due { number: row.get(0)?, space: row.get(1)?, key: row.get(2)?, due: row.get(3)?, doc: row.get(4)? })
}
