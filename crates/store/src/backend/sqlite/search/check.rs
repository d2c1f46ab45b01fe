//! Whether a candidate meets a criterion exactly: from its row where that tells, else from its body, read once.

use super::super::fault;
use super::super::read::{current, row_named};
use super::ask::{Ask, more};
use super::chain::{Chained, Referred};
use super::run::Candidate;
use super::sql::Sql;
use crate::model::Stored;
use base::{Error, Result};
use fhir::definitions::{PathId, TypeId};
use fhir::index::{Target, Value, extract_paths, matches_any};
use fhir::search::{Circle, Composite, Match, WordsOf};
use rusqlite::params_from_iter;
use std::collections::HashSet;

#[derive(Default)]
pub enum Check {
    #[default]
    Passes,
    /// A condition on the row, sought by itself.
    Row(Sql),
    /// One of these rows.
    Rows(HashSet<i64>),
    /// Its current version has a feed position in one of these sorted ranges.
    Positions(Vec<(i64, i64)>),
    Any(Vec<Match>),
    Missing {
        paths: Vec<PathId>,
        missing: bool,
    },
    Composite(Composite),
    Words {
        of: WordsOf,
        any: Vec<Vec<String>>,
    },
    Near(Vec<Circle>),
    /// Refers under one of the paths to one of these rows.
    Targets {
        paths: Vec<PathId>,
        rows: HashSet<i64>,
    },
    Chain(Box<Chained>),
    Has(Box<Referred>),
    All(Vec<Check>),
    Either(Vec<Check>),
    Not(Box<Check>),
}

impl Check {
    pub fn passes(&self, ask: &Ask<'_>, type_: TypeId, candidate: &mut Candidate) -> Result<bool> {
        let zone = &ask.shared.zone;
        Ok(match self {
            Check::Passes => true,
            Check::Row(filter) => holds(ask, filter, candidate.rid)?,
            Check::Rows(rows) => rows.contains(&candidate.rid),
            Check::Positions(ranges) => {
                let at = ranges.partition_point(|range| range.1 <= candidate.position);
                ranges.get(at).is_some_and(|range| range.0 <= candidate.position)
            }
            Check::Any(any) => matches_any(candidate.resource(ask, type_)?, any, zone),
            Check::Missing { paths, missing } => {
                extract_paths(candidate.resource(ask, type_)?, paths, zone).is_empty() == *missing
            }
            Check::Composite(composite) => {
                fhir::index::composite_matches(candidate.resource(ask, type_)?, composite, zone)
            }
            Check::Words { of, any } => fhir::index::words_match(candidate.resource(ask, type_)?, *of, any),
            Check::Near(any) => fhir::index::near_matches(candidate.resource(ask, type_)?, any),
            Check::Targets { paths, rows } => {
                targets(ask, candidate, type_, paths, None)?.iter().any(|target| rows.contains(target))
            }
            Check::Chain(chain) => chain.meets(ask, type_, candidate)?,
            Check::Has(has) => has.meets(ask, candidate)?,
            Check::All(all) => {
                for check in all {
                    if !check.passes(ask, type_, candidate)? {
                        return Ok(false);
                    }
                }
                true
            }
            Check::Either(either) => {
                for check in either {
                    if check.passes(ask, type_, candidate)? {
                        return Ok(true);
                    }
                }
                false
            }
            Check::Not(check) => !check.passes(ask, type_, candidate)?,
        })
    }
}

impl Candidate {
    /// Its version and content; its row is sought again where the statement did not bring them.
    pub fn read(&self, ask: &Ask<'_>, type_: TypeId) -> Result<Stored> {
        let id = self.id(ask, type_);
        let Some(packed) = &self.packed else {
            let found = current(ask.connection, ask.shared, self.rid, type_, &id)?;
            return found.map(|(_, stored)| stored).ok_or_else(not_there);
        };
        let body = ask.shared.packer.unpack(packed.dictionary, &packed.body)?;
        let (version, updated, position) = (packed.version, packed.updated, self.position as u64);
        Ok(Stored { type_, id, version, updated, position, op: packed.op, body })
    }

    /// Its content, read and walked once however many checks ask for it.
    pub fn resource(&mut self, ask: &Ask<'_>, type_: TypeId) -> Result<&fhir::Resource> {
        if self.resource.is_none() {
            if self.stored.is_none() {
                self.stored = Some(Box::new(self.read(ask, type_)?));
            }
            more(&ask.cost.bodies);
            let resource = self.stored.as_ref().map(|stored| stored.resource()).transpose()?;
            self.resource = resource.map(Box::new);
        }
        self.resource.as_deref().ok_or_else(not_there)
    }
}

pub fn not_there() -> Error {
    Error::fault("the index names a version that is not there; run `jingluo check`")
}

/// Whether a condition holds for a row.
fn holds(ask: &Ask<'_>, filter: &Sql, rid: i64) -> Result<bool> {
    let sql = format!("SELECT coalesce((SELECT {} FROM resource r WHERE r.rid = ?), 0)", filter.text);
    let mut statement = ask.connection.prepare_cached(&sql).map_err(fault)?;
    let binds = filter.binds.iter().cloned().chain([rid.into()]);
    statement.query_row(params_from_iter(binds), |row| row.get(0)).map_err(fault)
}

/// The rows that a candidate refers to under some paths, of one type where it is given.
pub fn targets(
    ask: &Ask<'_>,
    candidate: &mut Candidate,
    type_: TypeId,
    paths: &[PathId],
    of: Option<TypeId>,
) -> Result<Vec<i64>> {
    let mut rows = Vec::new();
    for value in extract_paths(candidate.resource(ask, type_)?, paths, &ask.shared.zone) {
        if let Value::Reference(Target::Local { type_, id }) = value.value
            && of.is_none_or(|of| of == type_)
            && let Some(rid) = row_named(ask.connection, ask.shared, type_, &id)?
        {
            rows.push(rid.0);
        }
    }
    Ok(rows)
}
