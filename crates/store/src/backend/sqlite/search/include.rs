//! `_include` and `_revinclude`: what the matches refer to, and what refers to them, within sight.

use super::super::fault;
use super::super::read::{body, id_of, row_named};
use super::super::sight::Seen;
use crate::backend::Found;
use crate::model::{Op, SearchPage, Stored};
use crate::store::Shared;
use base::limits::INCLUDES_MAX;
use base::{Cx, Error, Result};
use fhir::definitions::TypeId;
use fhir::index::{Target, Value};
use fhir::search::{Include, Search};
use rusqlite::{Connection, params};
use std::collections::HashSet;

/// Adds to the page what its includes ask for.
pub fn add(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    cx: &Cx,
    search: &Search,
    page: &mut SearchPage,
    patients: &mut Vec<i64>,
) -> Result<()> {
    if search.includes.is_empty() {
        return Ok(());
    }
    let mut there: HashSet<(TypeId, String)> = page.matches.iter().map(|one| (one.type_, one.id.clone())).collect();
    for include in &search.includes {
        for nth in 0..page.matches.len() {
            cx.go_on()?;
            let found = match include.reverse {
                false => referred(connection, shared, seen, include, &page.matches[nth])?,
                true => referring(connection, shared, seen, include, &page.matches[nth])?,
            };
            for Found { stored, patient } in found {
                if !there.insert((stored.type_, stored.id.clone())) {
                    continue;
                }
                if page.included.len() >= INCLUDES_MAX {
                    return Err(Error::too_costly(format!(
                        "one page would include more than {INCLUDES_MAX} resources; ask for a smaller _count or fewer includes"
                    )));
                }
                page.included.push(stored);
                patients.extend(patient);
            }
        }
    }
    Ok(())
}

fn referred(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    include: &Include,
    from: &Stored,
) -> Result<Vec<Found>> {
    if from.type_ != include.source {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for value in fhir::index::extract_paths(&from.resource()?, &include.paths, &shared.zone) {
        if let Value::Reference(Target::Local { type_, id }) = value.value
            && include.target.is_none_or(|target| target == type_)
            && let Some(rid) = row_named(connection, shared, type_, &id)?
        {
            found.extend(current(connection, shared, seen, rid.0, type_)?);
        }
    }
    Ok(found)
}

fn referring(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    include: &Include,
    to: &Stored,
) -> Result<Vec<Found>> {
    if include.target.is_some_and(|target| target != to.type_) {
        return Ok(Vec::new());
    }
    let Some(target) = row_named(connection, shared, to.type_, &to.id)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let sql = "SELECT rid FROM reference WHERE path = ?1 AND target = ?2 ORDER BY date DESC, rid DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    for &path in &include.paths {
        let limit = INCLUDES_MAX as i64 + 1;
        let rows = statement
            .query_map(params![shared.path_number(path), target.0, limit], |row| row.get::<_, i64>(0))
            .map_err(fault)?;
        for rid in rows {
            found.extend(current(connection, shared, seen, rid.map_err(fault)?, include.source)?);
        }
    }
    Ok(found)
}

/// The current version of a row of a type, within sight and not deleted.
fn current(connection: &Connection, shared: &Shared, seen: &Seen, rid: i64, type_: TypeId) -> Result<Option<Found>> {
    if !seen.detail && !access::is_open(type_) {
        return Ok(None);
    }
    let sql = "SELECT r.id, v.number, v.at, v.position, v.dictionary, v.body, r.patient FROM resource r \
               JOIN version v ON v.position = r.position WHERE r.rid = ?1 AND r.type = ?2 AND r.deleted = 0";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query(params![rid, type_.0]).map_err(fault)?;
    let Some(row) = rows.next().map_err(fault)? else { return Ok(None) };
    let body = body(shared, row, 4).map_err(fault)??;
    let read = || -> rusqlite::Result<(Stored, Option<i64>)> {
        let stored = Stored {
            type_,
            id: id_of(shared, rid, type_, row.get(0)?),
            version: row.get(1)?,
            updated: row.get(2)?,
            position: row.get::<_, i64>(3)? as u64,
            op: Op::Update,
            body,
        };
        Ok((stored, row.get(6)?))
    };
    let (stored, patient) = read().map_err(fault)?;
    if !seen.shows(connection, shared, type_, rid, patient)? {
        return Ok(None);
    }
    Ok(Some(Found { stored, patient }))
}
