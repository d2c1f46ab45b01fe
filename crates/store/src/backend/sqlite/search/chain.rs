//! Chains and `_has`. The inner search runs first where it finds little; else each candidate asks about its own targets
//! or referrers alone, so that two unselective halves are answered too. Both are carried out within the reader's sight.

use super::super::fault;
use super::super::read::{current, row_named};
use super::ask::{Ask, more};
use super::check::{Check, targets};
use super::compile::{Compiled, Way, by_rows, compile};
use super::cursor::From;
use super::part::Part;
use super::plan;
use super::probe::{Likely, Order, Source, by_targets};
use super::run::{Candidate, Run};
use super::sql::{Sql, one_of};
use super::{estimate, single};
use crate::model::Stored;
use crate::prepare::Was;
use base::limits::CHAIN_TARGETS_MAX;
use base::{Error, Result};
use fhir::definitions::{IndexKind, PathId, TypeId, r4};
use fhir::index::{Target, Value, extract_paths};
use fhir::search::{Criterion, Search};
use rusqlite::params;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Rows that an inner search may look at before each candidate asks instead.
const INNER_ROWS_MAX: u64 = 20_000;
/// Bodies that the inner search of a `_has` may read to learn what they refer to.
const INNER_BODIES_MAX: u64 = 10_000;
/// Pairs of path and target that are sought in the index for each candidate.
const PAIRS_FILTERED_MAX: usize = 8;

/// The inner search of a chain, asked about one target at a time.
pub struct Chained {
    paths: Vec<PathId>,
    inner: Compiled,
    /// Whether the one path leads to the patient that stands in the row.
    main: bool,
    memo: RefCell<HashMap<i64, bool>>,
}

/// The inner search of a `_has`, asked about the referrers of one resource at a time.
pub struct Referred {
    paths: Vec<i64>,
    inner: Compiled,
}

pub fn chain(
    ask: &Ask<'_>,
    type_: TypeId,
    criterion: &Criterion,
    paths: &[PathId],
    of: TypeId,
    inner: &[Criterion],
    way: Way,
) -> Result<Part> {
    let inner = compile(ask, &Search::of(of, inner.to_vec()))?;
    if inner.parts.iter().any(Part::is_nothing) {
        return Ok(Part::nothing());
    }
    if worth_running(ask, &inner, way)?
        && let Some(rows) = find(ask, &inner, way)?
    {
        let note = format!("the inner search ran first and found {} of type {}", rows.len(), r4().type_name(of));
        return Ok(Part { note: Some(note), ..refers_to(ask, type_, paths, Some(of), &rows) });
    }
    inside_only(criterion, way)?;
    let note = format!("each candidate asks about its own {}", r4().type_name(of));
    let main = is_main_patient(ask, type_, paths, Some(of));
    let check = Check::Chain(Box::new(Chained { paths: paths.to_vec(), inner, main, memo: RefCell::default() }));
    Ok(Part { note: Some(note), ..Part::checked(check) })
}

pub fn has(
    ask: &Ask<'_>,
    type_: TypeId,
    criterion: &Criterion,
    paths: &[PathId],
    of: TypeId,
    inner: &[Criterion],
    way: Way,
) -> Result<Part> {
    let inner = compile(ask, &Search::of(of, inner.to_vec()))?;
    if inner.parts.iter().any(Part::is_nothing) {
        return Ok(Part::nothing());
    }
    if worth_running(ask, &inner, way)?
        && let Some(rows) = find_referred(ask, &inner, paths, type_)?
    {
        let note = format!("the inner search ran first; what it found refers to {} resources", rows.len());
        return Ok(Part { note: Some(note), ..by_rows(rows) });
    }
    inside_only(criterion, way)?;
    let note = format!("each candidate asks about the {} that refer to it", r4().type_name(of));
    let paths = paths.iter().map(|&path| ask.shared.path_number(path)).collect();
    Ok(Part { note: Some(note), ..Part::checked(Check::Has(Box::new(Referred { paths, inner }))) })
}

/// A page link drives by what the inner search found, which has become too much.
fn inside_only(criterion: &Criterion, way: Way) -> Result<()> {
    match way {
        Way::Inside => Err(Error::too_costly(format!(
            "`{}` has come to find too much for this page link; start the search again from its first page",
            criterion.param
        ))),
        Way::Either | Way::Single => Ok(()),
    }
}

fn worth_running(ask: &Ask<'_>, inner: &Compiled, way: Way) -> Result<bool> {
    Ok(match way {
        Way::Inside => true,
        Way::Single => inner.parts.iter().any(|part| estimate::is_few(ask, part)),
        // Whose only index range is known to be too long finds too much for sure.
        Way::Either => match inner.parts.as_slice() {
            [part] if part.sources_exact && !part.sources.is_empty() => {
                let rows = estimate::rows(ask, &part.sources)?;
                rows <= CHAIN_TARGETS_MAX as i64 || rows >= estimate::OPEN_ROWS
            }
            [] => false,
            _ => true,
        },
    })
}

/// The rows that an inner search finds; none where they are too many or cost too much.
fn find(ask: &Ask<'_>, inner: &Compiled, way: Way) -> Result<Option<Vec<i64>>> {
    let before = ask.cost.rows.get();
    let limit = CHAIN_TARGETS_MAX;
    let mut found = HashSet::new();
    let mut whole = true;
    let plan = plan::driving(ask, inner)?;
    Run::new(ask, inner, &plan, None).rows(&From::Start, usize::MAX, &mut |candidate| {
        found.insert(candidate.rid);
        let costly = way != Way::Inside && ask.cost.rows.get() - before > INNER_ROWS_MAX;
        whole = found.len() <= limit && !costly;
        Ok(whole)
    })?;
    Ok(whole.then(|| found.into_iter().collect()))
}

fn find_referred(ask: &Ask<'_>, inner: &Compiled, paths: &[PathId], to: TypeId) -> Result<Option<Vec<i64>>> {
    let (rows, bodies) = (ask.cost.rows.get(), ask.cost.bodies.get());
    let main = is_main_patient(ask, inner.type_, paths, Some(to));
    let (mut found, mut whole) = (HashSet::new(), true);
    let plan = plan::driving(ask, inner)?;
    Run::new(ask, inner, &plan, None).rows(&From::Start, usize::MAX, &mut |mut candidate| {
        match main_target(ask, main, paths, &candidate)? {
            Some(target) => {
                found.insert(target);
            }
            None => found.extend(targets(ask, &mut candidate, inner.type_, paths, Some(to))?),
        }
        whole = found.len() <= CHAIN_TARGETS_MAX
            && ask.cost.rows.get() - rows <= INNER_ROWS_MAX
            && ask.cost.bodies.get() - bodies <= INNER_BODIES_MAX;
        Ok(whole)
    })?;
    Ok(whole.then(|| found.into_iter().collect()))
}

impl Chained {
    /// Whether a target of the candidate meets the inner search.
    pub fn meets(&self, ask: &Ask<'_>, type_: TypeId, candidate: &mut Candidate) -> Result<bool> {
        if let Some(target) = main_target(ask, self.main, &self.paths, candidate)? {
            return self.is_met_by(ask, target);
        }
        for target in targets(ask, candidate, type_, &self.paths, Some(self.inner.type_))? {
            if self.is_met_by(ask, target)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_met_by(&self, ask: &Ask<'_>, target: i64) -> Result<bool> {
        if let Some(&known) = self.memo.borrow().get(&target) {
            return Ok(known);
        }
        let condition = Sql::new("t.rid = ?").bind(target);
        let source = Source { order: Order::Row, table: "resource", condition, likely: Likely::Row, also: None };
        let met = exists(ask, &self.inner, source)?;
        self.memo.borrow_mut().insert(target, met);
        Ok(met)
    }
}

impl Referred {
    /// Whether something that refers to the candidate meets the inner search.
    pub fn meets(&self, ask: &Ask<'_>, candidate: &Candidate) -> Result<bool> {
        for &path in &self.paths {
            let condition = Sql::new("t.path = ? AND t.target = ?").bind(path).bind(candidate.rid);
            let (order, table, likely) = (Order::Date, "reference", Likely::Target);
            if exists(ask, &self.inner, Source { order, table, condition, likely, also: None })? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a search finds anything among the rows of one source.
fn exists(ask: &Ask<'_>, search: &Compiled, source: Source) -> Result<bool> {
    more(&ask.cost.single);
    let plan = plan::over(vec![source]);
    let mut found = false;
    Run::new(ask, search, &plan, None).rows(&From::Start, 1, &mut |_| {
        found = true;
        Ok(false)
    })?;
    Ok(found)
}

/// What refers under one of the paths to one of these rows.
pub fn refers_to(ask: &Ask<'_>, type_: TypeId, paths: &[PathId], of: Option<TypeId>, rows: &[i64]) -> Part {
    let numbers: Vec<i64> = paths.iter().map(|&path| ask.shared.path_number(path)).collect();
    let probe = by_targets(&numbers, rows);
    if probe.sources.is_empty() {
        return Part::nothing();
    }
    let filter = match numbers.len() * rows.len() <= PAIRS_FILTERED_MAX {
        true => probe.filter,
        false if is_main_patient(ask, type_, paths, of) => {
            let mut filter = Sql::new("(");
            filter.append(&one_of("r.patient", rows));
            let seek = "EXISTS (SELECT 1 FROM reference x WHERE x.path = ? AND x.target = r.patient AND x.date = r.date AND x.rid = r.rid)";
            filter.and(&Sql::new(seek).bind(numbers[0]));
            filter.push(")");
            Some(filter)
        }
        false => None,
    };
    let check = Check::Targets { paths: paths.to_vec(), rows: rows.iter().copied().collect() };
    Part {
        sources: probe.sources,
        sources_exact: true,
        filter_exact: filter.is_some(),
        filter,
        check,
        ..Part::default()
    }
}

/// Whether what stands under these paths and is a Patient is the patient of the row: the first path of the compartment,
/// with one value at most.
fn is_main_patient(ask: &Ask<'_>, type_: TypeId, paths: &[PathId], of: Option<TypeId>) -> bool {
    match paths {
        &[path] => {
            of == Some(ask.shared.patient)
                && r4().compartment_paths(type_).first() == Some(&path)
                && single::is_single(path)
        }
        _ => false,
    }
}

/// The patient of a row where it is what the path refers to; none where the body has to tell.
fn main_target(ask: &Ask<'_>, main: bool, paths: &[PathId], candidate: &Candidate) -> Result<Option<i64>> {
    let Some(patient) = candidate.patient.filter(|_| main) else { return Ok(None) };
    let sql = "SELECT 1 FROM reference WHERE path = ?1 AND target = ?2 AND date = ?3 AND rid = ?4";
    let mut statement = ask.connection.prepare_cached(sql).map_err(fault)?;
    let key = params![ask.shared.path_number(paths[0]), patient, candidate.date, candidate.rid];
    Ok(statement.exists(key).map_err(fault)?.then_some(patient))
}

/// What refers to resources of a type that are these or hang below (above) one of them.
pub fn hierarchy(ask: &Ask<'_>, type_: TypeId, test: &Hierarchy<'_>) -> Result<Part> {
    let mut known = Vec::new();
    for id in test.ids {
        known.extend(row_named(ask.connection, ask.shared, test.of, id)?.map(|rid| rid.0));
    }
    let mut seen: HashSet<i64> = known.iter().copied().collect();
    let mut next = 0;
    while next < known.len() {
        ask.cx.go_on()?;
        let step = match test.above {
            false => referrers(ask, test.parents, known[next])?,
            true => referred(ask, test.of, test.parents, known[next])?,
        };
        known.extend(step.into_iter().filter(|&row| seen.insert(row)));
        if known.len() > CHAIN_TARGETS_MAX {
            return Err(Error::too_costly(format!(
                "more than {CHAIN_TARGETS_MAX} resources of type {} hang together there; ask for a smaller part",
                r4().type_name(test.of)
            )));
        }
        next += 1;
    }
    Ok(refers_to(ask, type_, test.paths, Some(test.of), &known))
}

/// A `Test::Hierarchy`.
pub struct Hierarchy<'a> {
    pub paths: &'a [PathId],
    pub of: TypeId,
    pub ids: &'a [String],
    pub parents: &'a [PathId],
    pub above: bool,
}

fn referrers(ask: &Ask<'_>, parents: &[PathId], row: i64) -> Result<Vec<i64>> {
    let mut rows = Vec::new();
    let sql = "SELECT rid FROM reference WHERE path = ?1 AND target = ?2 LIMIT ?3";
    let mut statement = ask.connection.prepare_cached(sql).map_err(fault)?;
    for &path in parents {
        let key = params![ask.shared.path_number(path), row, CHAIN_TARGETS_MAX as i64 + 1];
        let found = statement.query_map(key, |row| row.get(0)).map_err(fault)?;
        rows.extend(found.collect::<rusqlite::Result<Vec<i64>>>().map_err(fault)?);
    }
    Ok(rows)
}

fn referred(ask: &Ask<'_>, type_: TypeId, parents: &[PathId], row: i64) -> Result<Vec<i64>> {
    let Some((_, stored)) = living(ask, row, type_)? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for value in extract_paths(&stored.resource()?, parents, &ask.shared.zone) {
        if let Value::Reference(Target::Local { type_: of, id }) = value.value
            && of == type_
        {
            rows.extend(row_named(ask.connection, ask.shared, of, &id)?.map(|rid| rid.0));
        }
    }
    Ok(rows)
}

/// The current version of a row that is not deleted. Nobody is shown it, so its id does not matter.
fn living(ask: &Ask<'_>, row: i64, type_: TypeId) -> Result<Option<(Was, Stored)>> {
    let found = current(ask.connection, ask.shared, row, type_, "")?;
    Ok(found.filter(|(was, _)| !was.deleted))
}

/// Rows of a type that these Lists name, as far as the reader sees the Lists.
pub fn listed(ask: &Ask<'_>, type_: TypeId, lists: &[String]) -> Result<Vec<i64>> {
    let Some(list) = r4().type_named("List") else { return Ok(Vec::new()) };
    let Some(path) = r4().path_keyed(list, "List.entry.item", IndexKind::Reference) else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for id in lists {
        let Some(rid) = row_named(ask.connection, ask.shared, list, id)? else { continue };
        let Some((was, stored)) = living(ask, rid.0, list)? else { continue };
        let patient = was.patient.map(|rid| rid.0);
        // Who sees counts only does not learn what a List names.
        if !ask.seen.detail || !ask.seen.shows(ask.connection, ask.shared, list, rid.0, patient)? {
            continue;
        }
        for value in extract_paths(&stored.resource()?, &[path], &ask.shared.zone) {
            if let Value::Reference(Target::Local { type_: of, id }) = value.value
                && of == type_
            {
                rows.extend(row_named(ask.connection, ask.shared, type_, &id)?.map(|rid| rid.0));
            }
        }
    }
    Ok(rows)
}
