//! The tables of custom parameters and of indexes that are built or dropped, and the slices of both works.

use super::engine::{Engine, Group};
use super::fault;
use super::read::{body, id_of};
use crate::ids::Rid;
use crate::index_rows::{IndexRows, Spot};
use crate::model::{Op, Stored};
use crate::reindex::{Build, BuildState, Candidate, Changes, Parameter, Slice};
use crate::shared::Shared;
use base::{Error, Result};
use fhir::custom::Definition;
use fhir::definitions::{IndexKind, TypeId, r4};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What is done with the tables as they will be, before the change is committed.
pub type Look<'a> = &'a mut dyn FnMut(Vec<Parameter>, Vec<Build>) -> Result<()>;

/// The parameters in use and the builds.
pub fn load(connection: &Connection) -> Result<(Vec<Parameter>, Vec<Build>)> {
    let mut statement = connection.prepare_cached("SELECT id, now, next FROM parameter ORDER BY id").map_err(fault)?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows: Vec<(String, Option<String>, Option<String>)> =
        statement.query_map([], read).and_then(Iterator::collect).map_err(fault)?;
    let mut parameters = Vec::with_capacity(rows.len());
    for (id, now, next) in rows {
        let definition = |text: Option<String>| match text {
            None => Ok(None),
            Some(text) => Definition::from_text(&text).map(Some).ok_or_else(|| {
                Error::fault(format!("the search parameter `{id}` in the store is damaged; restore a backup"))
            }),
        };
        parameters.push(Parameter { now: definition(now)?, next: definition(next)?, id });
    }
    let sql = "SELECT number, type, kind, programs, state, cursor, done, total FROM build ORDER BY number";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let builds = statement.query_map([], build).and_then(Iterator::collect).map_err(fault)?;
    Ok((parameters, builds))
}

fn build(row: &Row<'_>) -> rusqlite::Result<Build> {
    let kind: String = row.get(2)?;
    Ok(Build {
        number: row.get(0)?,
        type_: TypeId(row.get(1)?),
        kind: IndexKind::named(&kind).unwrap_or(IndexKind::Token),
        programs: row.get(3)?,
        state: BuildState::numbered(row.get(4)?),
        cursor: row.get::<_, i64>(5)? as u64,
        done: row.get::<_, i64>(6)? as u64,
        total: row.get::<_, i64>(7)? as u64,
    })
}

/// Lays a build for a path; its total is what there is of the type now.
pub fn add_build(connection: &Connection, number: i64, type_: TypeId, kind: IndexKind, programs: &str) -> Result<()> {
    let sql = "INSERT INTO build SELECT ?1, ?2, ?3, ?4, 0, 0, 0, \
               coalesce((SELECT count FROM counter WHERE space = 'type' AND key = ?5), 0)";
    let values = params![number, type_.0, kind.name(), programs, r4().type_name(type_)];
    connection.execute(sql, values).map(drop).map_err(fault)
}

/// Current resources of a type in a stretch of the feed, the oldest first, and how far that reaches.
pub fn candidates(
    connection: &Connection,
    shared: &Shared,
    type_: TypeId,
    span: (u64, u64),
    max: (usize, usize),
) -> Result<(Vec<Candidate>, u64)> {
    let sql = "SELECT b.position, b.rid, r.id, r.date, r.number, r.at, r.dictionary, r.body, r.patient FROM by_type b \
               CROSS JOIN resource r ON r.rid = b.rid AND r.position = b.position \
               WHERE b.type = ?1 AND b.position > ?2 AND b.position <= ?3 AND r.deleted = 0 ORDER BY b.position";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params![type_.0, span.0 as i64, span.1 as i64]).map_err(fault)?;
    let (mut found, mut bytes, mut reached) = (Vec::new(), 0, span.0);
    while let Some(row) = rows.next().map_err(fault)? {
        let body = body(shared, row, 6).map_err(fault)??;
        bytes += body.len();
        let read = || -> rusqlite::Result<Candidate> {
            let (position, rid) = (row.get::<_, i64>(0)? as u64, row.get(1)?);
            let id = id_of(shared, rid, type_, row.get(2)?);
            let (version, updated) = (row.get(4)?, row.get(5)?);
            let stored = Stored { type_, id, version, updated, position, op: Op::Update, body };
            let patient = row.get::<_, Option<i64>>(8)?.map(Rid);
            Ok(Candidate { spot: Spot::new(Rid(rid), row.get(3)?, patient), stored })
        };
        let candidate = read().map_err(fault)?;
        reached = candidate.stored.position;
        found.push(candidate);
        if found.len() >= max.0 || bytes >= max.1 {
            return Ok((found, reached));
        }
    }
    Ok((found, span.1.max(reached)))
}

impl Engine {
    pub fn indexes(&mut self) -> Result<(Vec<Parameter>, Vec<Build>)> {
        load(self.connection())
    }

    /// Writes the parameters and what follows for the builds; `look` sees the result before it is committed.
    pub fn keep_indexes(&mut self, parameters: &[Parameter], changes: &Changes, look: Look<'_>) -> Result<()> {
        self.connection().execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        let done = self.put_indexes(parameters, changes).and_then(|()| {
            let (parameters, builds) = load(self.connection())?;
            look(parameters, builds)?;
            self.connection().execute_batch("COMMIT").map_err(fault)
        });
        if done.is_err() {
            self.abandon();
        }
        done
    }

    fn put_indexes(&mut self, parameters: &[Parameter], changes: &Changes) -> Result<()> {
        let connection = self.connection();
        connection.execute("DELETE FROM parameter", []).map_err(fault)?;
        for parameter in parameters {
            let text = |definition: &Option<Definition>| definition.as_ref().map(Definition::to_text);
            let values = params![parameter.id, text(&parameter.now), text(&parameter.next)];
            connection.execute("INSERT INTO parameter VALUES (?1, ?2, ?3)", values).map_err(fault)?;
        }
        for (type_, kind, programs) in &changes.add {
            // Numbers are never given twice: names under an old number may still be in memory.
            let sql =
                "UPDATE setting SET value = value + 1 WHERE name = 'paths_given' RETURNING CAST(value AS INTEGER)";
            let number: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(fault)?;
            add_build(connection, number, *type_, *kind, programs)?;
        }
        for number in &changes.drop {
            connection.execute("UPDATE build SET state = 2 WHERE number = ?1", [number]).map_err(fault)?;
        }
        Ok(())
    }

    /// Writes a slice of an index that is built and moves its cursor, in one transaction.
    pub fn build(&mut self, shared: &Shared, slice: &mut Slice) -> Result<()> {
        let mut group = self.begin(shared.clock.now())?;
        let done = self.put_slice(&mut group, slice);
        // The rows are of older versions, which nobody would make again after a crash: none of them may wait.
        let done = done.and_then(|()| self.commit(group, Vec::new(), false));
        if done.is_err() {
            self.abandon();
        }
        done
    }

    fn put_slice(&mut self, group: &mut Group, slice: &mut Slice) -> Result<()> {
        let done = slice.parts.len() as i64;
        let mut parts = std::mem::take(&mut slice.parts);
        for part in &mut parts {
            let sql = "SELECT position FROM resource WHERE rid = ?1 AND deleted = 0";
            let mut find = self.connection().prepare_cached(sql).map_err(fault)?;
            let now: Option<i64> = find.query_row([part.rid.0], |row| row.get(0)).optional().map_err(fault)?;
            // What replaced it was indexed when it was written.
            if now != Some(part.position as i64) {
                continue;
            }
            drop(find);
            group.gather(std::mem::take(&mut part.rows), std::iter::empty(), std::iter::empty());
            if (part.present, part.present_more) != (0, 0) {
                let sql = "UPDATE resource SET present = present | ?2, present_more = present_more | ?3 WHERE rid = ?1";
                let mut mark = self.connection().prepare_cached(sql).map_err(fault)?;
                mark.execute(params![part.rid.0, part.present, part.present_more]).map_err(fault)?;
            }
        }
        let names = &slice.names;
        let terms = names.terms.iter().map(|(number, ..)| *number);
        group.gather(IndexRows::default(), terms, names.aliases.iter().map(|(.., rid)| *rid));
        self.put_names(names)?;
        for number in &slice.numbers {
            let sql = "UPDATE build SET cursor = ?2, done = done + ?3, state = ?4 WHERE number = ?1 AND state = 0";
            let state = if slice.is_last { BuildState::Whole } else { BuildState::Building };
            let values = params![number, slice.to as i64, done, state.number()];
            self.connection().execute(sql, values).map_err(fault)?;
        }
        // A standard path that is whole is as if it had never been built.
        if slice.is_last {
            let sql = "DELETE FROM build WHERE number < ?1 AND state = 1";
            self.connection().execute(sql, [crate::reindex::CUSTOM_NUMBER_MIN]).map_err(fault)?;
        }
        Ok(())
    }

    /// Removes some rows of an index that nobody searches by; true when none is left and the path is forgotten.
    pub fn drop_index(&mut self, number: i64, rows_max: usize) -> Result<bool> {
        self.catch_up()?;
        self.connection().execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        let done = drop_some(self.connection(), number, rows_max)
            .and_then(|gone| self.connection().execute_batch("COMMIT").map_err(fault).map(|()| gone));
        if done.is_err() {
            self.abandon();
        }
        done
    }
}

fn drop_some(connection: &Connection, number: i64, rows_max: usize) -> Result<bool> {
    let mut left = rows_max;
    let plain = [
        ("text", "path = ?1", "value, system, rid"),
        ("reference", "path = ?1", "target, date, rid"),
        ("number", "path = ?1", "low, rid, unit, high"),
        ("period", "class BETWEEN ?1 * 4 AND ?1 * 4 + 3", "class, start, rid, length"),
    ];
    for (table, condition, key) in plain {
        let sql = format!(
            "DELETE FROM {table} WHERE {condition} AND ({key}) IN \
             (SELECT {key} FROM {table} WHERE {condition} LIMIT ?2)"
        );
        left -= connection.execute(&sql, params![number, left as i64]).map_err(fault)?.min(left);
        if left == 0 {
            return Ok(false);
        }
    }
    loop {
        let sql = "SELECT number FROM term WHERE path = ?1 LIMIT 1";
        let term: Option<i64> = connection.query_row(sql, [number], |row| row.get(0)).optional().map_err(fault)?;
        let Some(term) = term else { break };
        let sql = "DELETE FROM token WHERE term = ?1 AND (date, rid) IN \
                   (SELECT date, rid FROM token WHERE term = ?1 LIMIT ?2)";
        left -= connection.execute(sql, params![term, left as i64]).map_err(fault)?.min(left);
        if left == 0 {
            return Ok(false);
        }
        connection.execute("DELETE FROM term_text WHERE term = ?1", [term]).map_err(fault)?;
        let sql = "DELETE FROM term WHERE path = ?1 AND number = ?2";
        connection.execute(sql, params![number, term]).map_err(fault)?;
        left -= 1;
        if left == 0 {
            return Ok(false);
        }
    }
    connection.execute("DELETE FROM build WHERE number = ?1", [number]).map_err(fault)?;
    Ok(true)
}

/// Index rows by table that stand under paths that are not whole, which a check leaves out.
pub fn unfinished_rows(connection: &Connection, builds: &[Build]) -> Result<[u64; 5]> {
    let mut sums = [0; 5];
    for build in builds.iter().filter(|build| build.state != BuildState::Whole) {
        let counts = [
            "SELECT count(*) FROM term m JOIN token t ON t.term = m.number WHERE m.path = ?1",
            "SELECT count(*) FROM reference WHERE path = ?1",
            "SELECT count(*) FROM text WHERE path = ?1",
            "SELECT count(*) FROM period WHERE class BETWEEN ?1 * 4 AND ?1 * 4 + 3",
            "SELECT count(*) FROM number WHERE path = ?1",
        ];
        for (sum, sql) in sums.iter_mut().zip(counts) {
            let count: u64 = connection.query_row(sql, [build.number], |row| row.get(0)).map_err(fault)?;
            *sum += count;
        }
    }
    Ok(sums)
}
