//! `_include` and `_revinclude`: what the matches refer to, and what refers to them, within sight; with `:iterate` also
//! of what was included, until nothing new comes.

use super::super::fault;
use super::super::read::{body, id_of, row_named};
use super::ask::Ask;
use super::sql::Sql;
use crate::model::{Op, SearchPage, Stored};
use access::is_open;
use base::limits::INCLUDES_MAX;
use base::{Error, Result};
use fhir::definitions::TypeId;
use fhir::index::{Target, Value, extract_paths};
use fhir::search::{Include, Search};
use rusqlite::{Row, params_from_iter};
use std::collections::HashSet;

struct Including<'a, 'b> {
    ask: &'a Ask<'a>,
    page: &'b mut SearchPage,
    patients: &'b mut Vec<i64>,
    /// Rows that the page has already.
    there: HashSet<i64>,
}

/// Adds to the page what its includes ask for.
pub fn add(ask: &Ask<'_>, search: &Search, page: &mut SearchPage, patients: &mut Vec<i64>) -> Result<()> {
    if search.includes.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(page.matches.len());
    for one in &page.matches {
        rows.extend(row_named(ask.connection, ask.shared, one.type_, &one.id)?.map(|rid| rid.0));
    }
    let there = rows.iter().copied().collect();
    let mut including = Including { ask, page, patients, there };
    let all: Vec<&Include> = search.includes.iter().collect();
    let again: Vec<&Include> = search.includes.iter().filter(|include| include.iterate).collect();
    for (nth, row) in rows.into_iter().enumerate() {
        let from = including.page.matches[nth].clone();
        including.of(&from, row, &all)?;
    }
    // What was included may bring more; each resource is asked once, so it ends.
    let mut nth = 0;
    while !again.is_empty() && nth < including.page.included.len() {
        let from = including.page.included[nth].clone();
        if let Some(row) = row_named(ask.connection, ask.shared, from.type_, &from.id)? {
            including.of(&from, row.0, &again)?;
        }
        nth += 1;
    }
    Ok(())
}

impl Including<'_, '_> {
    /// What one resource brings.
    fn of(&mut self, from: &Stored, row: i64, includes: &[&Include]) -> Result<()> {
        self.ask.cx.go_on()?;
        let forward = includes.iter().filter(|include| !include.reverse && include.source == from.type_);
        let mut forward = forward.peekable();
        if forward.peek().is_some() {
            let resource = from.resource()?;
            for include in forward {
                for value in extract_paths(&resource, &include.paths, &self.ask.shared.zone) {
                    if let Value::Reference(Target::Local { type_, id }) = value.value
                        && include.target.is_none_or(|target| target == type_)
                        && let Some(rid) = row_named(self.ask.connection, self.ask.shared, type_, &id)?
                        && !self.there.contains(&rid.0)
                    {
                        self.take(type_, Sql::new("resource r").bind(rid.0), "r.rid = ?")?;
                    }
                }
            }
        }
        let of_target = |include: &&&Include| include.reverse && include.target.is_none_or(|of| of == from.type_);
        for include in includes.iter().filter(of_target) {
            for &path in &include.paths {
                let path = self.ask.shared.path_number(path);
                let table = Sql::new("reference x CROSS JOIN resource r ON r.rid = x.rid").bind(path).bind(row);
                self.take(include.source, table, "x.path = ? AND x.target = ?")?;
            }
        }
        Ok(())
    }

    /// Adds the current versions of rows of a type, as far as they are seen and not there yet.
    fn take(&mut self, type_: TypeId, table: Sql, condition: &str) -> Result<()> {
        let ask = self.ask;
        if !ask.seen.detail && !is_open(type_) {
            return Ok(());
        }
        let mut sql = Sql::new(format!(
            "SELECT r.rid, r.id, r.number, r.at, r.position, r.dictionary, r.body, r.patient FROM {} \
             WHERE {condition} AND r.type = ? AND r.deleted = 0",
            table.text
        ));
        sql.binds = table.binds;
        sql = sql.bind(i64::from(type_.0));
        ask.seen.filter(ask.shared, type_).iter().for_each(|seen| sql.and(seen));
        if condition.starts_with("x.") {
            sql.push(" ORDER BY x.date DESC, x.rid DESC");
        }
        let mut statement = ask.connection.prepare_cached(&sql.text).map_err(fault)?;
        let mut rows = statement.query(params_from_iter(sql.binds.iter())).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            ask.looked()?;
            let rid = row.get(0).map_err(fault)?;
            if !self.there.insert(rid) {
                continue;
            }
            if self.page.included.len() >= INCLUDES_MAX {
                return Err(Error::too_costly(format!(
                    "one page would include more than {INCLUDES_MAX} resources; ask for a smaller _count or fewer includes"
                )));
            }
            let (stored, patient) = taken(ask, type_, rid, row)?;
            self.page.included.push(stored);
            self.patients.extend(patient);
        }
        Ok(())
    }
}

fn taken(ask: &Ask<'_>, type_: TypeId, rid: i64, row: &Row<'_>) -> Result<(Stored, Option<i64>)> {
    let body = body(ask.shared, row, 5).map_err(fault)??;
    let read = || -> rusqlite::Result<(Stored, Option<i64>)> {
        let stored = Stored {
            type_,
            id: id_of(ask.shared, rid, type_, row.get(1)?),
            version: row.get(2)?,
            updated: row.get(3)?,
            position: row.get::<_, i64>(4)? as u64,
            op: Op::Update,
            body,
        };
        Ok((stored, row.get(7)?))
    };
    read().map_err(fault)
}
