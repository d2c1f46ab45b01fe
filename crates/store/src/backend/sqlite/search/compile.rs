//! The criteria of a search as parts: each with sources it can drive by, a filter in SQL, and a check on the body.

use super::super::history::position_at;
use super::super::read::row_named;
use super::super::sight::{Seen, Whose, registrations};
use super::find_rows;
use super::probe::{Order, Probe, Source, by_targets, probe};
use super::sql::{Sql, list};
use crate::store::Shared;
use base::limits::CHAIN_TARGETS_MAX;
use base::{Cx, Result};
use fhir::Resource;
use fhir::definitions::{PathId, TypeId, r4};
use fhir::index::matches_any;
use fhir::search::{Criterion, DateTest, Match, Prefix, Search, Test};
use rusqlite::Connection;

/// Values of one criterion that are looked up in the index for each candidate. Longer lists are held against the body,
/// which is read once: that costs less, and SQLite takes no expression of any length.
const FILTERS_MAX: usize = 100;

/// A search ready to run.
pub struct Compiled {
    pub type_: TypeId,
    pub parts: Vec<Part>,
    /// The sight as a condition; none where everything is seen.
    pub seen: Option<String>,
    /// Sources that the sight itself gives, where it is narrower than the type.
    pub seen_sources: Vec<Source>,
}

/// One criterion.
pub struct Part {
    /// Empty where no index can drive by it.
    pub sources: Vec<Source>,
    /// Rows found by the sources match without another look.
    pub sources_exact: bool,
    pub filter: Option<Sql>,
    /// The filter alone decides.
    pub filter_exact: bool,
    /// … but for odd rows, which the filter lets through.
    pub odd: bool,
    pub check: Check,
}

/// How a candidate is checked on its body.
pub enum Check {
    Never,
    Any(Vec<Match>),
    None(Vec<Match>),
    Missing { paths: Vec<PathId>, missing: bool },
}

impl Check {
    pub fn passes(&self, shared: &Shared, resource: &Resource) -> bool {
        match self {
            Check::Never => true,
            Check::Any(any) => matches_any(resource, any, &shared.zone),
            Check::None(none) => !matches_any(resource, none, &shared.zone),
            Check::Missing { paths, missing } => {
                fhir::index::extract_paths(resource, paths, &shared.zone).is_empty() == *missing
            }
        }
    }
}

impl Part {
    /// The one order of all sources; none where they differ.
    pub fn order(&self) -> Option<Order> {
        let first = self.sources.first()?.order;
        self.sources.iter().all(|source| source.order == first).then_some(first)
    }

    /// A criterion that only the body answers.
    fn checked(check: Check) -> Part {
        Part { sources: Vec::new(), sources_exact: false, filter: None, filter_exact: false, odd: false, check }
    }

    fn filtered(filter: Sql) -> Part {
        Part {
            sources: Vec::new(),
            sources_exact: true,
            filter: Some(filter),
            filter_exact: true,
            odd: false,
            check: Check::Never,
        }
    }
}

pub fn compile(connection: &Connection, shared: &Shared, seen: &Seen, cx: &Cx, search: &Search) -> Result<Compiled> {
    let mut parts = Vec::with_capacity(search.criteria.len());
    for criterion in &search.criteria {
        parts.push(part(connection, shared, seen, cx, search.type_, criterion)?);
    }
    let condition = seen.condition(shared, Some(search.type_), "r.rid", "r.patient", "r.type");
    let seen_sources = match condition.is_some() {
        true => seen_sources(shared, seen, search.type_),
        false => Vec::new(),
    };
    Ok(Compiled { type_: search.type_, parts, seen: condition, seen_sources })
}

fn part(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    cx: &Cx,
    type_: TypeId,
    criterion: &Criterion,
) -> Result<Part> {
    match &criterion.test {
        Test::Any(matches) => any(connection, shared, matches),
        Test::None(matches) => none(connection, shared, matches),
        Test::Missing { paths, missing } => Ok(missing_part(shared, paths, *missing)),
        Test::Chain { paths, type_, inner } => {
            let inner = Search::of(*type_, inner.clone());
            let targets = find_rows(connection, shared, seen, cx, &inner, CHAIN_TARGETS_MAX)?;
            let paths: Vec<i64> = paths.iter().map(|&path| shared.path_number(path)).collect();
            Ok(whole(by_targets(&paths, &targets), Check::Never))
        }
        Test::Id(ids) => {
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.extend(row_named(connection, shared, type_, id)?.map(|rid| rid.0));
            }
            Ok(by_rows(&rows))
        }
        Test::LastUpdated(tests) => last_updated(connection, tests),
        Test::Resident(persons) => {
            let mut rows = Vec::new();
            for person in persons {
                if let Some(person) = row_named(connection, shared, shared.person, person)? {
                    rows.extend(registrations(connection, person.0)?);
                }
            }
            Ok(of_patients(shared, type_, &rows))
        }
        _ => Err(base::Error::unsupported(format!("`{}` is not carried out yet", criterion.param))),
    }
}

fn any(connection: &Connection, shared: &Shared, matches: &[Match]) -> Result<Part> {
    let mut sources = Vec::new();
    let mut filters = Vec::new();
    let (mut exact, mut all_filtered, mut odd) = (true, true, false);
    for m in matches {
        let probe = probe(connection, shared, m)?;
        if probe.body_only {
            return Ok(Part::checked(Check::Any(matches.to_vec())));
        }
        if probe.sources.is_empty() {
            continue;
        }
        sources.extend(probe.sources);
        exact &= !probe.check;
        odd |= probe.odd;
        all_filtered &= probe.filter.is_some();
        filters.extend(probe.filter);
    }
    let short = all_filtered && !filters.is_empty() && filters.len() <= FILTERS_MAX;
    let filter = short.then(|| Sql::joined(&filters, " OR "));
    let filter_exact = filter.is_some() && exact;
    if sources.is_empty() {
        return Ok(Part::filtered(Sql::new("0")));
    }
    Ok(Part { sources, sources_exact: exact, filter, filter_exact, odd, check: Check::Any(matches.to_vec()) })
}

fn none(connection: &Connection, shared: &Shared, matches: &[Match]) -> Result<Part> {
    let mut filters = Vec::new();
    for m in matches {
        let probe = probe(connection, shared, m)?;
        match probe.filter {
            Some(_) if probe.sources.is_empty() && !probe.body_only => {}
            Some(filter) if !probe.check && !probe.body_only && !probe.odd && filters.len() < FILTERS_MAX => {
                filters.push(filter)
            }
            _ => return Ok(Part::checked(Check::None(matches.to_vec()))),
        }
    }
    if filters.is_empty() {
        return Ok(Part::filtered(Sql::new("1")));
    }
    let mut filter = Sql::new("NOT ");
    filter.append(&Sql::joined(&filters, " OR "));
    Ok(Part::filtered(filter))
}

fn missing_part(shared: &Shared, paths: &[PathId], missing: bool) -> Part {
    let (mut low, mut high) = (0_i64, 0_i64);
    for &path in paths {
        match shared.path_ordinal(path) {
            nth @ 0..=61 => low |= 1 << nth,
            nth @ 62..=123 => high |= 1 << (nth - 62),
            _ => return Part::checked(Check::Missing { paths: paths.to_vec(), missing }),
        }
    }
    let text = match missing {
        true => "(r.present & ? = 0 AND r.present_more & ? = 0)",
        false => "(r.present & ? <> 0 OR r.present_more & ? <> 0)",
    };
    Part::filtered(Sql::new(text).bind(low).bind(high))
}

fn whole(probe: Probe, check: Check) -> Part {
    if probe.sources.is_empty() {
        return Part::filtered(Sql::new("0"));
    }
    Part { sources: probe.sources, sources_exact: true, filter: probe.filter, filter_exact: true, odd: false, check }
}

/// These rows and no others.
fn by_rows(rows: &[i64]) -> Part {
    if rows.is_empty() {
        return Part::filtered(Sql::new("0"));
    }
    let mut filter = Sql::new("r.rid IN ");
    filter.append(&list(rows));
    let mut condition = Sql::new("t.rid IN ");
    condition.append(&list(rows));
    let source = Source { order: Order::Date, table: "resource", condition };
    Part {
        sources: vec![source],
        sources_exact: true,
        filter: Some(filter),
        filter_exact: true,
        odd: false,
        check: Check::Never,
    }
}

/// What lies in the compartments of these registrations.
fn of_patients(shared: &Shared, type_: TypeId, patients: &[i64]) -> Part {
    if type_ == shared.patient {
        return by_rows(patients);
    }
    let paths: Vec<i64> = r4().compartment_paths(type_).iter().map(|&path| shared.path_number(path)).collect();
    whole(by_targets(&paths, patients), Check::Never)
}

fn last_updated(connection: &Connection, tests: &[DateTest]) -> Result<Part> {
    let mut filters = Vec::with_capacity(tests.len());
    for test in tests {
        let start = position_at(connection, test.start)? as i64;
        let end = position_at(connection, test.end)? as i64;
        filters.push(match test.prefix {
            Prefix::Eq | Prefix::Ap => Sql::new("(r.position >= ? AND r.position < ?)").bind(start).bind(end),
            Prefix::Ne => Sql::new("(r.position < ? OR r.position >= ?)").bind(start).bind(end),
            Prefix::Gt | Prefix::Sa => Sql::new("r.position >= ?").bind(end),
            Prefix::Ge => Sql::new("r.position >= ?").bind(start),
            Prefix::Lt | Prefix::Eb => Sql::new("r.position < ?").bind(start),
            Prefix::Le => Sql::new("r.position < ?").bind(end),
        });
    }
    Ok(Part::filtered(Sql::joined(&filters, " OR ")))
}

/// Where the reader sees few persons, their registrations drive the search.
fn seen_sources(shared: &Shared, seen: &Seen, type_: TypeId) -> Vec<Source> {
    match &seen.whose {
        Whose::All | Whose::Nothing => Vec::new(),
        Whose::Registrations { patients, .. } if type_ != shared.person => of_patients(shared, type_, patients).sources,
        Whose::Organizations(organizations) if type_ == shared.patient => {
            by_targets(&[shared.managing_path], organizations).sources
        }
        Whose::Registrations { .. } | Whose::Organizations(_) => Vec::new(),
    }
}
