//! Histories and the feed: the versions in the order of their commits.

use super::fault;
use super::read::{body, id_of, row_named, version_at};
use super::sight::Seen;
use crate::model::{HistoryOf, HistoryPage, HistoryQuery, Op, Stored};
use crate::shared::Shared;
use access::is_open;
use base::{Millis, Result};
use fhir::definitions::{TypeId, r4};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// Columns that `entry` reads, before the patient. The body of a current version stands in the row of its resource.
const COLUMNS: &str = "v.position, r.type, r.rid, r.id, v.number, v.op, v.at, \
    CASE WHEN r.position = v.position THEN r.dictionary ELSE v.dictionary END, \
    CASE WHEN r.position = v.position THEN r.body ELSE v.body END";
/// The patient of the version, not of today: who sees the new one does not see the old one's.
const PATIENT: &str = "(CASE WHEN r.position = v.position THEN r.patient \
    ELSE (SELECT o.patient FROM older o WHERE o.rid = r.rid AND o.number = v.number) END)";

/// Types whose own histories are read one beside the other; each is read as far as all together are asked for.
const TYPES_SOUGHT_MAX: usize = 8;

/// Entries and the patients (rows) they are about.
type Entries = (Vec<Stored>, Vec<i64>);

/// A page of a history within sight; none where the resource is not there.
pub fn page(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    query: &HistoryQuery,
) -> Result<Option<(HistoryPage, Vec<i64>)>> {
    let newest = newest_position(connection)?;
    let at = query.at_position.unwrap_or(newest).min(newest);
    let before = query.before.unwrap_or(at + 1).min(at + 1);
    let since = match query.since {
        Some(since) => position_at(connection, since)?,
        None => 0,
    };
    let limit = query.count as i64 + 1;
    let (mut entries, mut patients, total) = match &query.of {
        HistoryOf::System => {
            let from = "version v CROSS JOIN resource r ON r.rid = v.rid WHERE v.position < ?1 AND v.position >= ?2";
            let (entries, patients) =
                read(connection, shared, seen, None, from, &[before as i64, since as i64, limit])?;
            (entries, patients, None)
        }
        HistoryOf::Type(type_) => {
            let from = format!(
                "by_type b CROSS JOIN version v ON v.position = b.position CROSS JOIN resource r ON r.rid = b.rid \
                 WHERE b.type = {} AND b.position < ?1 AND b.position >= ?2",
                type_.0
            );
            let numbers = [before as i64, since as i64, limit];
            let (entries, patients) = read(connection, shared, seen, Some(*type_), &from, &numbers)?;
            (entries, patients, None)
        }
        HistoryOf::Resource(type_, id) => {
            let Some(rid) = row_named(connection, shared, *type_, id)? else { return Ok(None) };
            let from = "(SELECT position FROM resource WHERE rid = ?4 UNION ALL SELECT position FROM older WHERE rid = ?4) p \
                 CROSS JOIN version v ON v.position = p.position CROSS JOIN resource r ON r.rid = v.rid \
                 WHERE v.position < ?1 AND v.position >= ?2";
            let numbers = [before as i64, since as i64, limit, rid.0];
            let (entries, patients) = read(connection, shared, seen, Some(*type_), from, &numbers)?;
            let sql = "SELECT number, type FROM resource WHERE rid = ?1";
            let there: Option<(u64, u16)> =
                connection.query_row(sql, [rid.0], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(fault)?;
            let Some((count, of)) = there else { return Ok(None) };
            if of != type_.0 || (entries.is_empty() && query.before.is_none() && query.since.is_none()) {
                return Ok(None);
            }
            (entries, patients, query.since.is_none().then_some(count))
        }
    };
    let more = entries.len() > query.count;
    entries.truncate(query.count);
    patients.truncate(query.count);
    let next = entries.last().filter(|_| more).map(|last| (at, last.position));
    Ok(Some((HistoryPage { entries, total, next }, patients)))
}

/// What has been committed after a position, oldest first.
pub fn feed(connection: &Connection, shared: &Shared, seen: &Seen, after: u64, limit: usize) -> Result<Entries> {
    let mut condition = String::new();
    if let Some(seen) = seen.condition(shared, None, "r.rid", PATIENT, "r.type") {
        condition = format!(" AND {seen}");
    }
    if !seen.detail {
        condition.push_str(&only_open());
    }
    let sql = format!(
        "SELECT {COLUMNS}, {PATIENT} FROM version v CROSS JOIN resource r ON r.rid = v.rid \
         WHERE v.position > ?1{condition} ORDER BY v.position LIMIT ?2"
    );
    rows(connection, shared, &sql, &[after as i64, limit as i64])
}

/// What has been committed of some types after a position and up to another, oldest first, and how far the feed was looked through: other
/// types' bodies are never unpacked.
pub fn feed_between(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    types: &[TypeId],
    (after, to): (u64, u64),
    limit: usize,
) -> Result<(Entries, u64)> {
    let newest = newest_position(connection)?;
    let mut condition = String::new();
    if let Some(seen) = seen.condition(shared, None, "r.rid", PATIENT, "r.type") {
        condition = format!(" AND {seen}");
    }
    if !seen.detail {
        condition.push_str(&only_open());
    }
    let types: Vec<String> = types.iter().map(|type_| type_.0.to_string()).collect();
    // A few types are found by their own histories, most of the feed by walking it.
    let sql = match types.len() <= TYPES_SOUGHT_MAX {
        true => {
            let each = |type_: &String| {
                let of = format!("WHERE type = {type_} AND position > ?1 AND position <= ?3");
                format!("SELECT * FROM (SELECT position, rid FROM by_type {of} ORDER BY position LIMIT ?2)")
            };
            let union: Vec<String> = types.iter().map(each).collect();
            format!(
                "SELECT {COLUMNS}, {PATIENT} FROM ({}) b CROSS JOIN version v ON v.position = b.position \
                 CROSS JOIN resource r ON r.rid = b.rid WHERE 1{condition} ORDER BY v.position LIMIT ?2",
                union.join(" UNION ALL ")
            )
        }
        false => format!(
            "SELECT {COLUMNS}, {PATIENT} FROM version v CROSS JOIN resource r ON r.rid = v.rid \
             WHERE v.position > ?1 AND v.position <= ?3 AND r.type IN ({}){condition} ORDER BY v.position LIMIT ?2",
            types.join(",")
        ),
    };
    let entries = rows(connection, shared, &sql, &[after as i64, limit as i64, to.min(i64::MAX as u64) as i64])?;
    let looked_to = match entries.0.last() {
        Some(last) if entries.0.len() == limit => last.position,
        _ => newest.min(to).max(after),
    };
    Ok((entries, looked_to))
}

/// For each entry the version that it replaced; none for a first version and where a deleted one came back.
pub fn replaced(connection: &Connection, shared: &Shared, entries: &[Stored]) -> Result<Vec<Option<Stored>>> {
    let sql = "SELECT position FROM older WHERE rid = ?1 AND number = ?2";
    let mut place = connection.prepare_cached(sql).map_err(fault)?;
    let mut find = |entry: &Stored| -> Result<Option<Stored>> {
        if entry.version == 1 {
            return Ok(None);
        }
        let Some(rid) = row_named(connection, shared, entry.type_, &entry.id)? else { return Ok(None) };
        let before = [rid.0, i64::from(entry.version) - 1];
        let position: Option<i64> = place.query_row(before, |row| row.get(0)).optional().map_err(fault)?;
        let Some(position) = position else { return Ok(None) };
        let found = version_at(connection, shared, position, entry.type_, &entry.id)?;
        Ok(found.filter(|found| found.op != Op::Delete))
    };
    entries.iter().map(&mut find).collect()
}

fn read(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    type_: Option<TypeId>,
    from: &str,
    numbers: &[i64],
) -> Result<Entries> {
    let mut condition = String::new();
    if let Some(seen) = seen.condition(shared, type_, "r.rid", PATIENT, "r.type") {
        condition = format!(" AND {seen}");
    }
    if !seen.detail && !type_.is_some_and(is_open) {
        condition.push_str(&only_open());
    }
    let sql = format!("SELECT {COLUMNS}, {PATIENT} FROM {from}{condition} ORDER BY v.position DESC LIMIT ?3");
    rows(connection, shared, &sql, numbers)
}

/// Who may not see persons sees the history of open types only.
fn only_open() -> String {
    let open: Vec<String> = r4().types().filter(|&type_| is_open(type_)).map(|type_| type_.0.to_string()).collect();
    format!(" AND r.type IN ({})", open.join(","))
}

fn rows(connection: &Connection, shared: &Shared, sql: &str, numbers: &[i64]) -> Result<Entries> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params_from_iter(numbers)).map_err(fault)?;
    let (mut entries, mut patients) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().map_err(fault)? {
        let (stored, patient) = entry(shared, row)?;
        entries.push(stored);
        patients.extend(patient);
    }
    Ok((entries, patients))
}

fn entry(shared: &Shared, row: &Row<'_>) -> Result<(Stored, Option<i64>)> {
    let body = body(shared, row, 7).map_err(fault)??;
    let columns = || -> rusqlite::Result<(Stored, Option<i64>)> {
        let type_ = TypeId(row.get(1)?);
        let stored = Stored {
            type_,
            id: id_of(shared, row.get(2)?, type_, row.get(3)?),
            version: row.get(4)?,
            updated: row.get(6)?,
            position: row.get::<_, i64>(0)? as u64,
            op: Op::numbered(row.get(5)?),
            body,
        };
        Ok((stored, row.get(9)?))
    };
    columns().map_err(fault)
}

/// The position of the last commit.
pub fn newest_position(connection: &Connection) -> Result<u64> {
    let sql = "SELECT coalesce(max(position), 0) FROM version";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    statement.query_row([], |row| row.get::<_, i64>(0)).map(|position| position as u64).map_err(fault)
}

/// The first position committed at or after an instant: a binary search, because time never runs backwards in the feed.
pub fn position_at(connection: &Connection, at: Millis) -> Result<u64> {
    let (mut low, mut high) = (1, newest_position(connection)? + 1);
    let mut statement = connection.prepare_cached("SELECT at FROM version WHERE position = ?1").map_err(fault)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let there: Millis = statement.query_row([middle as i64], |row| row.get(0)).map_err(fault)?;
        if there < at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
