//! Looking after the file: what `check` verifies, the audit as it is read, and online copies.

use super::read::{body, id_of};
use super::reindex::unfinished_rows;
use super::{FILE, Sqlite, fault};
use crate::audit::{self, AuditAction, AuditQuery, AuditRow};
use crate::backend::RowsOf;
use crate::ids::Rid;
use crate::index_rows::IndexRows;
use crate::model::{Op, Stored};
use crate::reindex::Build;
use crate::shared::Shared;
use crate::store::CheckReport;
use base::{Error, Millis, Result};
use fhir::definitions::TypeId;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// Problems listed before the rest is only counted.
const PROBLEMS_MAX: usize = 100;

pub fn run(
    reading: &super::Reading<'_>,
    shared: &Shared,
    rows_of: RowsOf<'_>,
    builds: &[Build],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CheckReport> {
    let connection = reading.connection();
    let mut report = CheckReport::default();
    let said: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(fault)?;
    if said != "ok" {
        report.problems.push(format!("the database file is damaged: {said}"));
    }
    check_feed(connection, &mut report)?;
    // What is being built or dropped has rows that no version needs to have.
    let unfinished = unfinished_rows(connection, builds)?;
    check_index(reading, shared, rows_of, unfinished, &mut report, progress)?;
    check_audit(connection, &mut report)?;
    Ok(report)
}

fn check_feed(connection: &Connection, report: &mut CheckReport) -> Result<()> {
    let sql = "SELECT count(*), coalesce(max(position), 0) FROM version";
    let (count, newest): (u64, u64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fault)?;
    report.versions = count;
    if count != newest {
        report.problems.push(format!("the feed has gaps: {count} versions up to position {newest}"));
    }
    let sql = "SELECT count(*) FROM (SELECT rid, number, position FROM older UNION ALL SELECT rid, number, position FROM resource) h \
               LEFT JOIN version v ON v.position = h.position AND v.rid = h.rid AND v.number = h.number WHERE v.rid IS NULL";
    let lost: u64 = connection.query_row(sql, [], |row| row.get(0)).map_err(fault)?;
    if lost > 0 {
        report.problems.push(format!("{lost} versions are named by a history but not there"));
    }
    check_bodies(connection, report)
}

/// The body of a version stands in one place: in the row of its resource while it is current, else beside it.
fn check_bodies(connection: &Connection, report: &mut CheckReport) -> Result<()> {
    let sql = "SELECT count(*) FROM version v JOIN resource r ON r.rid = v.rid WHERE CASE \
               WHEN v.position = r.position THEN v.dictionary IS NOT NULL OR v.body IS NOT NULL \
                   OR r.at <> v.at OR r.op <> v.op OR r.deleted <> (r.op = ?1) OR (r.body IS NULL) <> r.deleted \
               ELSE v.dictionary IS NULL OR (v.body IS NULL) <> (v.op = ?1) END";
    let misplaced: u64 = connection.query_row(sql, [Op::Delete.number()], |row| row.get(0)).map_err(fault)?;
    if misplaced > 0 {
        report.problems.push(format!("{misplaced} versions and the rows of their resources do not agree"));
    }
    Ok(())
}

/// Extracts every current resource again and holds the index against it, row by row and in number.
fn check_index(
    reading: &super::Reading<'_>,
    shared: &Shared,
    rows_of: RowsOf<'_>,
    unfinished: [u64; 5],
    report: &mut CheckReport,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let connection = reading.connection();
    let total: u64 = connection.query_row("SELECT count(*) FROM resource", [], |row| row.get(0)).map_err(fault)?;
    let sql =
        "SELECT rid, type, id, number, at, position, dictionary, body FROM resource WHERE deleted = 0 ORDER BY rid";
    let mut statement = connection.prepare(sql).map_err(fault)?;
    let mut rows = statement.query([]).map_err(fault)?;
    let mut expected = unfinished;
    while let Some(row) = rows.next().map_err(fault)? {
        report.resources += 1;
        if report.resources.is_multiple_of(1_000) {
            progress(report.resources, total);
        }
        let body = body(shared, row, 6).map_err(fault)??;
        let rid: i64 = row.get(0).map_err(fault)?;
        let read = || -> rusqlite::Result<Stored> {
            let type_ = TypeId(row.get(1)?);
            let id = id_of(shared, rid, type_, row.get(2)?);
            let position = row.get::<_, i64>(5)? as u64;
            Ok(Stored { type_, id, version: row.get(3)?, updated: row.get(4)?, position, op: Op::Update, body })
        };
        let stored = read().map_err(fault)?;
        let wanted = rows_of(Rid(rid), &stored.resource()?)?;
        add_up(&mut expected, &wanted);
        if !all_there(connection, &wanted)? && report.problems.len() < PROBLEMS_MAX {
            let name = fhir::definitions::r4().type_name(stored.type_);
            report.problems.push(format!("`{name}` in row {rid} is not indexed as it should be"));
        }
    }
    for (table, expected) in ["token", "reference", "text", "period", "number"].into_iter().zip(expected) {
        let sql = format!("SELECT count(*) FROM {table}");
        let there: u64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(fault)?;
        report.index_rows += there;
        if there != expected {
            report.problems.push(format!("the index table `{table}` holds {there} rows and should hold {expected}"));
        }
    }
    Ok(())
}

fn add_up(sums: &mut [u64; 5], rows: &IndexRows) {
    let lengths = [rows.token.len(), rows.reference.len(), rows.text.len(), rows.period.len(), rows.number.len()];
    for (sum, length) in sums.iter_mut().zip(lengths) {
        *sum += length as u64;
    }
}

fn all_there(connection: &Connection, rows: &IndexRows) -> Result<bool> {
    let exists = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<bool> {
        connection.prepare_cached(sql).and_then(|mut statement| statement.exists(values)).map_err(fault)
    };
    for (term, date, rid, patient) in &rows.token {
        let sql = "SELECT 1 FROM token WHERE term = ?1 AND date = ?2 AND rid = ?3 AND patient IS ?4";
        if !exists(sql, params![term, date, rid, patient])? {
            return Ok(false);
        }
    }
    for (path, target, date, rid) in &rows.reference {
        let sql = "SELECT 1 FROM reference WHERE path = ?1 AND target = ?2 AND date = ?3 AND rid = ?4";
        if !exists(sql, params![path, target, date, rid])? {
            return Ok(false);
        }
    }
    for (path, value, system, rid) in &rows.text {
        let sql = "SELECT 1 FROM text WHERE path = ?1 AND value = ?2 AND system = ?3 AND rid = ?4";
        if !exists(sql, params![path, value, system, rid])? {
            return Ok(false);
        }
    }
    for (class, start, length, rid) in &rows.period {
        let sql = "SELECT 1 FROM period WHERE class = ?1 AND start = ?2 AND length = ?3 AND rid = ?4";
        if !exists(sql, params![class, start, length, rid])? {
            return Ok(false);
        }
    }
    for (path, low, high, unit, rid) in &rows.number {
        let sql = "SELECT 1 FROM number WHERE path = ?1 AND low = ?2 AND high = ?3 AND unit = ?4 AND rid = ?5";
        if !exists(sql, params![path, low, high, unit, rid])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check_audit(connection: &Connection, report: &mut CheckReport) -> Result<()> {
    let mut statement = connection.prepare("SELECT page, entries, hash FROM audit ORDER BY page").map_err(fault)?;
    let mut rows = statement.query([]).map_err(fault)?;
    let mut before: Vec<u8> = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        report.audit_pages += 1;
        let read = || -> rusqlite::Result<(i64, Vec<u8>, Vec<u8>)> { Ok((row.get(0)?, row.get(1)?, row.get(2)?)) };
        let (page, entries, hash) = read().map_err(fault)?;
        if page != report.audit_pages as i64 || audit::chain(&before, &entries).as_slice() != hash.as_slice() {
            report.problems.push(format!("the audit chain is broken at page {page}"));
            return Ok(());
        }
        before = hash;
    }
    Ok(())
}

/// Accesses as they are shown, newest first.
pub fn audit_rows(connection: &Connection, shared: &Shared, query: &AuditQuery) -> Result<Vec<AuditRow>> {
    let mut wanted: Option<Vec<i64>> = None;
    if let Some(patients) = &query.patients {
        let mut rows = Vec::with_capacity(patients.len());
        for id in patients {
            rows.extend(super::read::row_named(connection, shared, shared.patient, id)?.map(|rid| rid.0));
        }
        wanted = Some(rows);
    }
    let (from, to) = (query.from.unwrap_or(i64::MIN), query.to.unwrap_or(i64::MAX));
    let mut statement = connection.prepare_cached("SELECT entries FROM audit ORDER BY page DESC").map_err(fault)?;
    let mut pages = statement.query([]).map_err(fault)?;
    let mut found = Vec::new();
    while let Some(page) = pages.next().map_err(fault)? {
        let packed: Vec<u8> = page.get(0).map_err(fault)?;
        let entries = audit::unpack(&packed)
            .ok_or_else(|| Error::fault("a page of the audit is damaged; run `jingluo check`"))?;
        for entry in entries.into_iter().rev() {
            let touches = wanted.as_ref().is_none_or(|wanted| entry.patients.iter().any(|rid| wanted.contains(rid)));
            if touches && entry.at >= from && entry.at < to {
                found.push(row(connection, shared, entry)?);
            }
            if found.len() >= query.count {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Pages hold reads that waited up to here before their commit, so page numbers follow time only about.
const WAITED_MILLIS_MAX: Millis = 2_000;

/// The accounts that changed resources of a type in the commit of an instant. A page with changes begins with them, at
/// that very instant; it is found by halving, because pages are numbered in the order of time.
pub fn writers(connection: &Connection, type_: TypeId, at: Millis) -> Result<Vec<i64>> {
    let last = "SELECT coalesce(max(page), 0) FROM audit";
    let (mut low, mut high): (i64, i64) = (1, connection.query_row(last, [], |row| row.get(0)).map_err(fault)?);
    let mut first_at = connection.prepare_cached("SELECT first_at FROM audit WHERE page = ?1").map_err(fault)?;
    while low < high {
        let middle = low + (high - low) / 2;
        let begins: Option<Millis> = first_at.query_row([middle], |row| row.get(0)).optional().map_err(fault)?;
        match begins {
            Some(begins) if begins < at - WAITED_MILLIS_MAX => low = middle + 1,
            _ => high = middle,
        }
    }
    let sql = "SELECT first_at, CASE WHEN first_at = ?2 THEN entries END FROM audit WHERE page >= ?1 ORDER BY page";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut pages = statement.query(params![low, at]).map_err(fault)?;
    let mut found = Vec::new();
    while let Some(page) = pages.next().map_err(fault)? {
        if page.get::<_, Millis>(0).map_err(fault)? > at + WAITED_MILLIS_MAX {
            break;
        }
        let Some(packed) = page.get::<_, Option<Vec<u8>>>(1).map_err(fault)? else { continue };
        let entries = audit::unpack(&packed)
            .ok_or_else(|| Error::fault("a page of the audit is damaged; run `jingluo check`"))?;
        let is_write = |action| matches!(action, AuditAction::Create | AuditAction::Update | AuditAction::Delete);
        let wrote = entries.iter().filter(|entry| entry.at == at && entry.type_ == type_.0 && is_write(entry.action));
        found.extend(wrote.map(|entry| entry.account));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn row(connection: &Connection, shared: &Shared, entry: audit::Entry) -> Result<AuditRow> {
    let mut patients = Vec::with_capacity(entry.patients.len());
    let mut statement = connection.prepare_cached("SELECT id FROM resource WHERE rid = ?1").map_err(fault)?;
    for rid in entry.patients {
        let mut rows = statement.query([rid]).map_err(fault)?;
        if let Some(row) = rows.next().map_err(fault)? {
            patients.push(id_of(shared, rid, shared.patient, row.get(0).map_err(fault)?));
        }
    }
    Ok(AuditRow {
        at: entry.at,
        account: entry.account,
        role: entry.role,
        purpose: entry.purpose,
        action: entry.action,
        type_: (entry.type_ != 0).then_some(TypeId(entry.type_)),
        found: entry.found,
        patients,
    })
}

/// Copies the record into a folder, as of one moment, and makes the copy durable.
pub fn backup(backend: &Sqlite, to: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::fault(format!("the copy cannot be written to `{}`: {e}", to.display()));
    std::fs::create_dir_all(to).map_err(failed)?;
    let target = to.join(FILE);
    if target.exists() {
        return Err(Error::invalid("the folder holds a record already; name an empty folder for the copy"));
    }
    let connection = backend.own_connection()?;
    connection.execute("VACUUM INTO ?1", [target.to_string_lossy()]).map_err(fault)?;
    std::fs::File::open(&target).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::File::open(to).and_then(|dir| dir.sync_all()).map_err(failed)
}
