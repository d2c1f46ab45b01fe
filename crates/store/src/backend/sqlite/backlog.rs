//! Index rows of committed groups that are not in their tables yet.
//!
//! The versions are the log: from them every index row can be made again. So the rows of a group need not be written in
//! its own commit. They gather here over many groups, are sorted together, and are written with the commits that follow,
//! a piece with each: a page that takes rows of many groups is then written once, not once a group. A row of `setting`
//! (`index_behind`) says from which position on the tables may lack rows. It is in the same transaction as the rows, so
//! a reader sees on its own snapshot whether the index is whole, and has the writer catch up first where it is not; and
//! after a crash the rows behind that position are made again.

use super::fault;
use super::rows::{Changes, Done};
use crate::backend::RowsOf;
use crate::ids::Rid;
use crate::index_rows::IndexRows;
use crate::model::{Op, Stored};
use crate::shared::Shared;
use base::{Error, Result};
use fhir::definitions::TypeId;
use rusqlite::{Connection, OptionalExtension, params};

/// The setting that says how far the index is whole.
const BEHIND: &str = "index_behind";

/// What waits, in the order of commits: a sorted run that is being written, and what has come since.
#[derive(Default)]
pub struct Backlog {
    run: Changes,
    /// How much of the run the open group has written, and how much had been when it began.
    done: Done,
    kept: Done,
    next: Changes,
    /// All versions up to here have their rows in the tables or in the run.
    next_from: i64,
}

impl Backlog {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.next.len() == 0 && self.run.is_done(&self.done)
    }

    pub fn begin(&mut self) {
        self.kept = self.done;
    }

    /// What the open group has written is undone.
    pub fn abandon(&mut self) {
        self.done = self.kept;
    }

    /// Writes a piece of the run that is as large as what a group brings, and a little more, so that it is done before
    /// the next run is full.
    pub fn write_some(&mut self, connection: &Connection, brought: usize) -> Result<()> {
        self.run.write(connection, &mut self.done, brought + brought / 4)
    }

    /// Writes everything. What was to be written stays here until `clear`, because the group may yet be undone.
    pub fn write_all(&mut self, connection: &Connection) -> Result<()> {
        self.run.write(connection, &mut self.done, usize::MAX)?;
        self.next.sort();
        self.next.write(connection, &mut [0; 5], usize::MAX)
    }

    /// Everything has been written and committed.
    pub fn clear(&mut self) {
        *self = Backlog::default();
    }

    /// Takes the changes of a group that has been committed; `from` is the position before it.
    pub fn take(&mut self, changes: Changes, from: i64, rows_max: usize) {
        if self.next.len() == 0 {
            self.next_from = from;
        }
        self.next.append(changes);
        if self.run.is_done(&self.done) {
            (self.run, self.done, self.kept) = Default::default();
            if self.next.len() >= rows_max {
                self.run = std::mem::take(&mut self.next);
                self.run.sort();
            }
        }
    }

    /// Where the index is whole up to, once the open group, begun after `position`, has been committed without its rows.
    pub fn whole_up_to(&self, now: Option<i64>, position: i64) -> i64 {
        match (self.run.is_done(&self.done), self.next.len()) {
            (false, _) => now.unwrap_or(position),
            (true, 0) => position,
            (true, _) => self.next_from,
        }
    }
}

/// From which position on the index may lack rows; none where it is whole.
pub fn behind(connection: &Connection) -> Result<Option<i64>> {
    let sql = "SELECT value FROM setting WHERE name = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    statement.query_row([BEHIND], |row| row.get(0)).optional().map_err(fault)
}

/// Says so in the open transaction.
pub fn set_behind(connection: &Connection, behind: Option<i64>) -> Result<()> {
    let sql = match behind {
        Some(_) => "INSERT OR REPLACE INTO setting VALUES (?1, ?2)",
        None => "DELETE FROM setting WHERE name = ?1 AND ?2 IS NULL",
    };
    connection.prepare_cached(sql).and_then(|mut put| put.execute(params![BEHIND, behind])).map(drop).map_err(fault)
}

/// Makes the rows again that a process which ended badly had not written yet.
pub fn replay(connection: &Connection, shared: &Shared, rows_of: RowsOf<'_>) -> Result<()> {
    let Some(from) = behind(connection)? else { return Ok(()) };
    connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
    let sql = "SELECT DISTINCT rid FROM version WHERE position > ?1 ORDER BY rid";
    let mut statement = connection.prepare(sql).map_err(fault)?;
    let rids: Vec<i64> = statement.query_map([from], |row| row.get(0)).and_then(Iterator::collect).map_err(fault)?;
    drop(statement);
    for rids in rids.chunks(REPLAY_CHUNK) {
        let mut changes = Changes::default();
        for &rid in rids {
            let (drop, put) = rows_since(connection, shared, rid, from, rows_of)?;
            changes.add(drop, put);
        }
        changes.sort();
        changes.write(connection, &mut [0; 5], usize::MAX)?;
    }
    set_behind(connection, None)?;
    connection.execute_batch("COMMIT").map_err(fault)
}

/// Resources whose rows are made again at once.
const REPLAY_CHUNK: usize = 10_000;

/// What a resource may have had in the tables since a position, and what it has to have now.
fn rows_since(
    connection: &Connection,
    shared: &Shared,
    rid: i64,
    from: i64,
    rows_of: RowsOf<'_>,
) -> Result<(IndexRows, IndexRows)> {
    // The version that was current then, and all later ones.
    let sql = "SELECT v.position, r.type, r.id, v.number, v.at, v.op, \
               CASE WHEN r.position = v.position THEN r.dictionary ELSE v.dictionary END, \
               CASE WHEN r.position = v.position THEN r.body ELSE v.body END \
               FROM (SELECT position FROM resource WHERE rid = ?1 UNION ALL SELECT position FROM older WHERE rid = ?1) p \
               CROSS JOIN version v ON v.position = p.position CROSS JOIN resource r ON r.rid = ?1 ORDER BY v.position DESC";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query([rid]).map_err(fault)?;
    let (mut drop, mut put) = (IndexRows::default(), None);
    while let Some(row) = rows.next().map_err(fault)? {
        let body = super::read::body(shared, row, 6).map_err(fault)??;
        let read = || -> rusqlite::Result<Stored> {
            let type_ = TypeId(row.get(1)?);
            let id = super::read::id_of(shared, rid, type_, row.get(2)?);
            let (version, updated, op) = (row.get(3)?, row.get(4)?, Op::numbered(row.get(5)?));
            Ok(Stored { type_, id, version, updated, position: row.get::<_, i64>(0)? as u64, op, body })
        };
        let stored = read().map_err(fault)?;
        let mut rows = match stored.op {
            Op::Delete => IndexRows::default(),
            Op::Create | Op::Update => rows_of(Rid(rid), &stored.resource()?)?,
        };
        match put {
            None => put = Some(rows),
            Some(_) => drop.append(&mut rows),
        }
        if stored.position as i64 <= from {
            break;
        }
    }
    let put = put.ok_or_else(|| Error::fault("a version has no resource; run `jingluo check`"))?;
    Ok((drop, put))
}
