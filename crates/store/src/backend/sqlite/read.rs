//! Reading single resources, and the look-ups that `prepare` needs.

use super::sight::Seen;
use super::{Sqlite, check, fault, history, search};
use crate::audit::{AuditQuery, AuditRow};
use crate::backend::{Found, RowsOf, Shown};
use crate::ids::Rid;
use crate::interner::NameKey;
use crate::model::{HistoryPage, HistoryQuery, Op, SearchPage, SourceKey, Stored};
use crate::prepare::Was;
use crate::reindex::Build;
use crate::shared::Shared;
use crate::store::CheckReport;
use access::Sight;
use base::{Cx, Millis, Result};
use fhir::definitions::TypeId;
use fhir::search::Search;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A reader out of the pool; it goes back when it is dropped.
pub struct Reading<'a> {
    pool: &'a Sqlite,
    connection: Option<Connection>,
    /// Whether a snapshot is open on it.
    snapshot: bool,
}

/// How often a long statement looks whether it should end, in virtual machine steps.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

impl<'a> Reading<'a> {
    pub fn new(pool: &'a Sqlite, connection: Connection) -> Reading<'a> {
        Reading { pool, connection: Some(connection), snapshot: false }
    }

    pub fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("a reader has its connection until it is dropped")
    }

    /// From here on every statement sees the same moment, and long ones end when `cx` says so.
    pub fn snapshot(mut self, cx: &Cx) -> Result<Reading<'a>> {
        let cx = cx.clone();
        self.connection().progress_handler(STEPS_BETWEEN_LOOKS, Some(move || cx.go_on().is_err()));
        self.snapshot = true;
        self.connection().prepare_cached("BEGIN").and_then(|mut begin| begin.execute([])).map_err(fault)?;
        Ok(self)
    }

    /// Whether the index lacks rows of versions that are there.
    pub fn is_behind(&self) -> Result<bool> {
        Ok(super::backlog::behind(self.connection())?.is_some())
    }

    /// The current version of a row, with its body.
    pub fn current(&self, shared: &Shared, rid: Rid, type_: TypeId, id: &str) -> Result<Option<(Was, Stored)>> {
        current(self.connection(), shared, rid.0, type_, id)
    }

    pub fn alias(&self, type_: TypeId, id: &str) -> Result<Option<Rid>> {
        alias(self.connection(), type_, id)
    }

    pub fn term(&self, path: i64, code: &str, system: &str) -> Result<Option<i64>> {
        term(self.connection(), path, code, system)
    }

    pub fn term_text(&self, term: i64, text: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM term_text WHERE term = ?1 AND text = ?2";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        statement.exists(params![term, text]).map_err(fault)
    }

    /// The row that an id names, whoever made the id; none if nobody has used it.
    pub fn row_named(&self, shared: &Shared, type_: TypeId, id: &str) -> Result<Option<Rid>> {
        row_named(self.connection(), shared, type_, id)
    }

    /// A page of a history; none where the resource is not there or not within sight.
    pub fn history(&self, shared: &Shared, sight: &Sight, query: &HistoryQuery) -> Result<Option<Shown<HistoryPage>>> {
        history::page(self.connection(), shared, &Seen::new(self.connection(), shared, sight)?, query)
    }

    pub fn feed(&self, shared: &Shared, sight: &Sight, after: u64, limit: usize) -> Result<Shown<Vec<Stored>>> {
        history::feed(self.connection(), shared, &Seen::new(self.connection(), shared, sight)?, after, limit)
    }

    pub fn feed_between(
        &self,
        shared: &Shared,
        sight: &Sight,
        types: &[TypeId],
        between: (u64, u64),
        limit: usize,
    ) -> Result<(Shown<Vec<Stored>>, u64)> {
        let seen = Seen::new(self.connection(), shared, sight)?;
        history::feed_between(self.connection(), shared, &seen, types, between, limit)
    }

    pub fn replaced(&self, shared: &Shared, entries: &[Stored]) -> Result<Vec<Option<Stored>>> {
        history::replaced(self.connection(), shared, entries)
    }

    /// A page of one search, or of several types as one.
    pub fn search(&self, shared: &Shared, sight: &Sight, cx: &Cx, queries: &[&Search]) -> Result<Shown<SearchPage>> {
        let mut seen = Seen::new(self.connection(), shared, sight)?;
        if self.snapshot {
            seen.remember(&self.pool.managed, self.connection(), shared)?;
        }
        search::page(self.connection(), shared, &seen, cx, queries)
    }

    pub fn audit_rows(&self, shared: &Shared, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        check::audit_rows(self.connection(), shared, query)
    }

    pub fn writers(&self, type_: TypeId, at: Millis) -> Result<Vec<i64>> {
        check::writers(self.connection(), type_, at)
    }

    pub fn check(
        &self,
        shared: &Shared,
        rows_of: RowsOf<'_>,
        builds: &[Build],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<CheckReport> {
        check::run(self, shared, rows_of, builds, progress)
    }

    /// The resource that a source key names.
    pub fn source(&self, shared: &Shared, key: &SourceKey) -> Result<Option<(TypeId, String)>> {
        let sql = "SELECT s.type, s.rid, r.id FROM source s JOIN resource r ON r.rid = s.rid WHERE s.key = ?1 AND s.home = ?2";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let (text, home) = shared.source_key(key);
        let found = statement.query_row(params![text, home], |row| {
            let type_ = TypeId(row.get(0)?);
            Ok((type_, id_of(shared, row.get(1)?, type_, row.get(2)?)))
        });
        found.optional().map_err(fault)
    }

    /// The Persons that link a Patient.
    pub fn persons_of(&self, shared: &Shared, patient: &str) -> Result<Vec<String>> {
        let Some(rid) = self.row_named(shared, shared.patient, patient)? else { return Ok(Vec::new()) };
        let sql = "SELECT DISTINCT r.rid, r.id FROM reference x JOIN resource r ON r.rid = x.rid \
                   WHERE x.path = ?1 AND x.target = ?2 AND r.deleted = 0";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map(params![shared.link_path, rid.0], |row| {
            Ok(id_of(shared, row.get(0)?, shared.person, row.get(1)?))
        });
        rows.and_then(Iterator::collect).map_err(fault)
    }

    /// The registrations of a Person that others link as well.
    pub fn contested_of(&self, shared: &Shared, person: &str) -> Result<Vec<String>> {
        let Some(rid) = self.row_named(shared, shared.person, person)? else { return Ok(Vec::new()) };
        let sql = "SELECT DISTINCT r.rid, r.id FROM link l CROSS JOIN reference x ON x.path = ?1 AND x.target = l.rid \
                   CROSS JOIN resource o ON o.rid = x.rid CROSS JOIN resource r ON r.rid = l.rid \
                   WHERE l.person = ?2 AND x.rid <> ?2 AND o.deleted = 0";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map(params![shared.link_path, rid.0], |row| {
            Ok(id_of(shared, row.get(0)?, shared.patient, row.get(1)?))
        });
        rows.and_then(Iterator::collect).map_err(fault)
    }

    /// The registrations that a Person links, in the order of their rows.
    pub fn registrations_of(&self, shared: &Shared, person: &str) -> Result<Vec<String>> {
        let Some(rid) = self.row_named(shared, shared.person, person)? else { return Ok(Vec::new()) };
        let sql =
            "SELECT r.rid, r.id FROM link l JOIN resource r ON r.rid = l.rid WHERE l.person = ?1 AND r.deleted = 0";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map([rid.0], |row| Ok(id_of(shared, row.get(0)?, shared.patient, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(fault)
    }

    /// Versions of each type in (after, up_to].
    pub fn changes(&self, after: u64, up_to: u64) -> Result<Vec<(TypeId, u64)>> {
        let sql = "SELECT r.type, count(*) FROM version v CROSS JOIN resource r ON r.rid = v.rid \
                   WHERE v.position > ?1 AND v.position <= ?2 GROUP BY r.type";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let rows = statement
            .query_map([after as i64, up_to as i64], |row| Ok((TypeId(row.get(0)?), row.get::<_, i64>(1)? as u64)));
        rows.and_then(Iterator::collect).map_err(fault)
    }

    /// The current version of a resource if it is within sight.
    pub fn read(&self, shared: &Shared, sight: &Sight, type_: TypeId, id: &str) -> Result<Option<Found>> {
        Seen::some(sight)?;
        let Some(rid) = self.row_named(shared, type_, id)? else { return Ok(None) };
        let seen = Seen::new(self.connection(), shared, sight)?;
        self.read_row(shared, &seen, type_, id, rid)
    }

    /// The current versions of those that are within sight and not deleted.
    pub fn read_each(&self, shared: &Shared, sight: &Sight, type_: TypeId, ids: &[&str]) -> Result<Vec<Found>> {
        let seen = Seen::new(self.connection(), shared, sight)?;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(rid) = self.row_named(shared, type_, id)? else { continue };
            let found = self.read_row(shared, &seen, type_, id, rid)?;
            all.extend(found.filter(|found| found.stored.op != Op::Delete));
        }
        Ok(all)
    }

    fn read_row(&self, shared: &Shared, seen: &Seen, type_: TypeId, id: &str, rid: Rid) -> Result<Option<Found>> {
        let Some((was, stored)) = self.current(shared, rid, type_, id)? else { return Ok(None) };
        let patient = was.patient.map(|rid| rid.0);
        let visible = seen.shows(self.connection(), shared, type_, rid.0, patient)?;
        Ok(visible.then_some(Found { stored, patient }))
    }

    /// One version of a resource if it is within sight.
    pub fn read_version(
        &self,
        shared: &Shared,
        sight: &Sight,
        type_: TypeId,
        id: &str,
        number: u32,
    ) -> Result<Option<Found>> {
        let seen = Seen::new(self.connection(), shared, sight)?;
        let Some(rid) = self.row_named(shared, type_, id)? else { return Ok(None) };
        let sql = "SELECT position, patient FROM older WHERE rid = ?1 AND number = ?2 \
                   UNION ALL SELECT position, patient FROM resource WHERE rid = ?1 AND number = ?2";
        let mut statement = self.connection().prepare_cached(sql).map_err(fault)?;
        let place: Option<(i64, Option<i64>)> = statement
            .query_row(params![rid.0, number], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(fault)?;
        let Some((position, patient)) = place else { return Ok(None) };
        if !seen.shows(self.connection(), shared, type_, rid.0, patient)? {
            return Ok(None);
        }
        let stored = version_at(self.connection(), shared, position, type_, id)?;
        Ok(stored.map(|stored| Found { stored, patient }))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            if self.snapshot {
                connection.progress_handler(0, None::<fn() -> bool>);
                if let Err(error) = connection.prepare_cached("COMMIT").and_then(|mut end| end.execute([])) {
                    tracing::error!(%error, "a snapshot could not be closed");
                }
            }
            self.pool.give_back(connection);
        }
    }
}

/// The current version of a row, if it is of this type.
pub fn current(
    connection: &Connection,
    shared: &Shared,
    rid: i64,
    type_: TypeId,
    id: &str,
) -> Result<Option<(Was, Stored)>> {
    let sql = "SELECT position, number, deleted, patient, at, op, dictionary, body FROM resource WHERE rid = ?1 AND type = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params![rid, type_.0]).map_err(fault)?;
    let Some(row) = rows.next().map_err(fault)? else { return Ok(None) };
    let columns = || -> rusqlite::Result<(Was, Millis, Op)> {
        let patient = row.get::<_, Option<i64>>(3)?.map(Rid);
        let was = Was { position: row.get(0)?, number: row.get(1)?, deleted: row.get(2)?, patient };
        Ok((was, row.get(4)?, Op::numbered(row.get(5)?)))
    };
    let (was, updated, op) = columns().map_err(fault)?;
    let body = body(shared, row, 6).map_err(fault)??;
    let (version, position) = (was.number, was.position as u64);
    Ok(Some((was, Stored { type_, id: id.to_owned(), version, updated, position, op, body })))
}

/// The body in columns `at` (dictionary) and `at + 1`.
pub fn body(shared: &Shared, row: &Row<'_>, at: usize) -> rusqlite::Result<Result<crate::body::PlainBody>> {
    let dictionary: i64 = row.get(at)?;
    Ok(match row.get_ref(at + 1)?.as_blob_or_null()? {
        Some(packed) => shared.packer.unpack(dictionary, packed),
        None => Ok(crate::body::PlainBody::default()),
    })
}

/// The version at a feed position. That of a current one stands in the row of its resource.
pub fn version_at(
    connection: &Connection,
    shared: &Shared,
    position: i64,
    type_: TypeId,
    id: &str,
) -> Result<Option<Stored>> {
    let sql = "SELECT v.number, v.op, v.at, coalesce(v.dictionary, r.dictionary), coalesce(v.body, r.body) FROM version v \
               LEFT JOIN resource r ON v.dictionary IS NULL AND r.rid = v.rid WHERE v.position = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query([position]).map_err(fault)?;
    let Some(row) = rows.next().map_err(fault)? else { return Ok(None) };
    let get = || -> rusqlite::Result<(u32, i64, Millis)> { Ok((row.get(0)?, row.get(1)?, row.get(2)?)) };
    let (version, op, updated) = get().map_err(fault)?;
    let body = body(shared, row, 3).map_err(fault)??;
    let (id, position) = (id.to_owned(), position as u64);
    Ok(Some(Stored { type_, id, version, updated, position, op: Op::numbered(op), body }))
}

pub fn alias(connection: &Connection, type_: TypeId, id: &str) -> Result<Option<Rid>> {
    let sql = "SELECT rid FROM alias WHERE type = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let rid: Option<i64> = statement.query_row(params![type_.0, id], |row| row.get(0)).optional().map_err(fault)?;
    Ok(rid.map(Rid))
}

pub fn term(connection: &Connection, path: i64, code: &str, system: &str) -> Result<Option<i64>> {
    let sql = "SELECT number FROM term WHERE path = ?1 AND code = ?2 AND system = ?3";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    statement.query_row(params![path, code, system], |row| row.get(0)).optional().map_err(fault)
}

pub fn row_named(connection: &Connection, shared: &Shared, type_: TypeId, id: &str) -> Result<Option<Rid>> {
    match shared.ids.rid(id, type_) {
        Some(rid) => Ok(Some(rid)),
        None => {
            let find = || Ok(alias(connection, type_, id)?.map(|rid| rid.0));
            Ok(shared.interner.known(NameKey::alias(type_.0, id), find)?.map(Rid))
        }
    }
}

/// The public id of a row: the client's own, or the one made from its number.
pub fn id_of(shared: &Shared, rid: i64, type_: TypeId, client_id: Option<String>) -> String {
    client_id.unwrap_or_else(|| shared.ids.id(Rid(rid), type_))
}
