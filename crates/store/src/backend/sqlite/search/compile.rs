//! The criteria of a search as parts that can run.

use super::super::history::{newest_position, position_at};
use super::super::read::row_named;
use super::super::sight::{Whose, registrations};
use super::ask::Ask;
use super::check::Check;
use super::part::Part;
use super::probe::{Likely, Order, Source, by_targets, probe, term_filter, term_source};
use super::sql::{Sql, one_of};
use super::{chain, estimate, single};
use access::is_open;
use base::{Error, Result};
use fhir::definitions::{IndexKind, PathId, TypeId, r4};
use fhir::search::{Composite, Criterion, DateTest, Match, Prefix, Search, Test, ValueTest};

/// Coded values up to which a criterion is looked up in the index for each candidate. Longer lists are held against the
/// body, which is read once: that costs less.
const TERMS_FILTERED_MAX: usize = 64;
/// Other comparisons of one criterion in one condition.
const FILTERS_MAX: usize = 32;
/// Coded values of a path by which `:missing=false` drives.
const PRESENT_TERMS_MAX: i64 = 64;

/// A search ready to run.
pub struct Compiled {
    pub type_: TypeId,
    pub parts: Vec<Part>,
    /// The sight as a condition; none where everything is seen.
    pub seen: Option<Sql>,
    /// Sources that the sight itself gives, where it is narrower than the type.
    pub seen_sources: Vec<Source>,
}

impl Compiled {
    /// Whether it is known that nothing matches; then no statement is made, since none can be planned for it where an
    /// index is asked for by its name.
    pub fn finds_nothing(&self) -> bool {
        self.parts.iter().any(Part::is_nothing) || self.seen.as_ref().is_some_and(|seen| seen.text == "0")
    }
}

pub fn compile(ask: &Ask<'_>, search: &Search) -> Result<Compiled> {
    compile_driven(ask, search, None)
}

/// `driver` is the criterion that a page link drives by: a chain there must give its targets.
pub fn compile_driven(ask: &Ask<'_>, search: &Search, driver: Option<usize>) -> Result<Compiled> {
    let mut parts: Vec<Option<Part>> = Vec::with_capacity(search.criteria.len());
    for (nth, criterion) in search.criteria.iter().enumerate() {
        parts.push(match (one_date(&criterion.test), is_chained(&criterion.test)) {
            (Some(date), _) => {
                let before =
                    search.criteria[..nth].iter().any(|one| one_date(&one.test).is_some_and(|m| m.path == date.path));
                let same = search.criteria[nth..].iter().filter_map(|one| one_date(&one.test));
                let dates: Vec<&Match> = same.filter(|m| m.path == date.path).collect();
                // What stands in the range of the first says nothing more; it keeps its place among the parts.
                Some(named(if before { Part::all(Vec::new()) } else { between(ask, &dates)? }, criterion))
            }
            (None, true) => None,
            (None, false) => Some(named(part(ask, search.type_, criterion, &criterion.test, Way::Either)?, criterion)),
        });
    }
    // Chains come last: beside a criterion that finds few resources an inner search is asked about those alone.
    if search.criteria.iter().any(|criterion| is_chained(&criterion.test)) {
        let few = match driver {
            None => parts.iter().flatten().any(|part| estimate::is_few(ask, part)),
            Some(_) => false,
        };
        for (nth, criterion) in search.criteria.iter().enumerate().filter(|(_, one)| is_chained(&one.test)) {
            let way = match driver {
                Some(driver) if driver == nth => Way::Inside,
                _ if few => Way::Single,
                _ => Way::Either,
            };
            parts[nth] = Some(named(part(ask, search.type_, criterion, &criterion.test, way)?, criterion));
        }
    }
    let (seen, seen_sources) = sight(ask, search.type_)?;
    Ok(Compiled { type_: search.type_, parts: parts.into_iter().flatten().collect(), seen, seen_sources })
}

/// How a chain is carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The inner search first; if it finds too much, each candidate asks about its own targets.
    Either,
    /// The inner search first, whatever it costs.
    Inside,
    /// Each candidate asks.
    Single,
}

fn named(part: Part, criterion: &Criterion) -> Part {
    Part { param: criterion.param.clone(), ..part }
}

/// A comparison with a date of which a resource has one at most: several of them are one range.
fn one_date(test: &Test) -> Option<&Match> {
    match test {
        Test::Any(any) => match any.as_slice() {
            [m @ Match { test: ValueTest::Date(_), path }] if single::is_single(*path) => Some(m),
            _ => None,
        },
        _ => None,
    }
}

/// Comparisons that one date has to meet.
fn between(ask: &Ask<'_>, dates: &[&Match]) -> Result<Part> {
    let mut probes = Vec::with_capacity(dates.len());
    for date in dates {
        probes.push(probe(ask.connection, ask.shared, date)?);
    }
    let mut sources = probes.first().map(|probe| probe.sources.clone()).unwrap_or_default();
    for (nth, source) in sources.iter_mut().enumerate() {
        for probe in &probes[1..] {
            source.condition.and(&probe.sources[nth].condition);
        }
    }
    let filters: Vec<Sql> = probes.iter().filter_map(|probe| probe.filter.clone()).collect();
    let windows = probes.iter().filter_map(|probe| probe.window);
    Ok(Part {
        sources,
        sources_exact: true,
        filter: (!filters.is_empty()).then(|| Sql::joined(&filters, " AND ")),
        filter_exact: !filters.is_empty(),
        odd: probes.iter().any(|probe| probe.odd),
        window: windows.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1))),
        check: Check::All(dates.iter().map(|&date| Check::Any(vec![date.clone()])).collect()),
        values: dates.iter().take(1).map(|&date| date.clone()).collect(),
        ..Part::default()
    })
}

fn is_chained(test: &Test) -> bool {
    match test {
        Test::Chain { .. } | Test::Has { .. } => true,
        Test::All(tests) | Test::Either(tests) => tests.iter().any(is_chained),
        Test::Not(test) => is_chained(test),
        _ => false,
    }
}

/// The sight of the reader on a type: its condition, and ranges that hold all that the reader sees where that is little.
fn sight(ask: &Ask<'_>, type_: TypeId) -> Result<(Option<Sql>, Vec<Source>)> {
    let seen = ask.seen;
    // Who sees no persons counts them where they are asked for; inside other searches they do not exist.
    if !seen.detail && !seen.counting && !is_open(type_) {
        return Ok((Some(Sql::new("0")), Vec::new()));
    }
    let Some(condition) = seen.filter(ask.shared, type_) else { return Ok((None, Vec::new())) };
    let sources = match &seen.whose {
        Whose::All | Whose::Nothing => Vec::new(),
        Whose::Registrations { patients, .. } if type_ != ask.shared.person => {
            of_patients(ask, type_, patients).sources
        }
        Whose::Organizations(organizations) if type_ == ask.shared.patient => {
            by_targets(&[ask.shared.managing_path], organizations).sources
        }
        Whose::Registrations { .. } | Whose::Organizations(_) => Vec::new(),
    };
    Ok((Some(condition), sources))
}

fn part(ask: &Ask<'_>, type_: TypeId, criterion: &Criterion, test: &Test, way: Way) -> Result<Part> {
    let each = |tests: &[Test]| -> Result<Vec<Part>> {
        tests.iter().map(|test| part(ask, type_, criterion, test, way)).collect()
    };
    match test {
        Test::Any(matches) => any(ask, matches),
        Test::None(matches) => Ok(Part::not(any(ask, matches)?)),
        Test::Missing { paths, missing } => missing_part(ask, paths, *missing),
        Test::Composite(composite) => composite_part(ask, composite),
        Test::Chain { paths, type_: of, inner } => chain::chain(ask, type_, criterion, paths, *of, inner, way),
        Test::Has { type_: of, paths, inner } => chain::has(ask, type_, criterion, paths, *of, inner, way),
        Test::Id(ids) => {
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.extend(row_named(ask.connection, ask.shared, type_, id)?.map(|rid| rid.0));
            }
            Ok(by_rows(rows))
        }
        Test::LastUpdated(tests) => last_updated(ask, type_, tests),
        Test::Resident(persons) => {
            let mut rows = Vec::new();
            for person in persons {
                if let Some(person) = row_named(ask.connection, ask.shared, ask.shared.person, person)? {
                    rows.extend(registrations(ask.connection, person.0)?);
                }
            }
            Ok(of_patients(ask, type_, &rows))
        }
        Test::List(lists) => Ok(by_rows(chain::listed(ask, type_, lists)?)),
        Test::Words { of, any } => Ok(Part::checked(Check::Words { of: *of, any: any.clone() })),
        Test::Near(circles) => Ok(Part::checked(Check::Near(circles.clone()))),
        Test::Hierarchy { paths, type_: of, ids, parents, above } => {
            let test = chain::Hierarchy { paths, of: *of, ids, parents, above: *above };
            chain::hierarchy(ask, type_, &test)
        }
        Test::Terms { .. } => Err(Error::fault(format!(
            "`{}` asks for stored terminology, which is put in its place before a search reaches the store",
            criterion.param
        ))),
        Test::All(tests) => Ok(Part::all(each(tests)?)),
        Test::Either(tests) => Ok(Part::either(each(tests)?)),
        Test::Not(test) => Ok(Part::not(part(ask, type_, criterion, test, way)?)),
    }
}

fn any(ask: &Ask<'_>, matches: &[Match]) -> Result<Part> {
    let (mut sources, mut filters, mut terms) = (Vec::new(), Vec::new(), Vec::new());
    let (mut exact, mut all_filtered, mut odd) = (true, true, false);
    let mut windows = Some((i64::MAX, i64::MIN));
    for m in matches {
        let probe = probe(ask.connection, ask.shared, m)?;
        if probe.body_only {
            return Ok(Part::checked(Check::Any(matches.to_vec())));
        }
        if probe.sources.is_empty() {
            continue;
        }
        sources.extend(probe.sources);
        exact &= !probe.check;
        odd |= probe.odd;
        windows = windows.zip(probe.window).map(|(all, one)| (all.0.min(one.0), all.1.max(one.1)));
        all_filtered &= probe.filter.is_some() || !probe.terms.is_empty();
        filters.extend(probe.filter);
        terms.extend(probe.terms);
    }
    if sources.is_empty() {
        return Ok(Part::nothing());
    }
    terms.sort_unstable();
    terms.dedup();
    if !terms.is_empty() {
        // A code that stands for one term twice must not be walked twice.
        sources.retain(|source: &Source| source.table != "token");
        sources.extend(terms.iter().map(|&term| term_source(term)));
    }
    let filter = (all_filtered && terms.len() <= TERMS_FILTERED_MAX && filters.len() <= FILTERS_MAX).then(|| {
        if !terms.is_empty() {
            filters.push(term_filter(&terms));
        }
        Sql::joined(&filters, " OR ")
    });
    Ok(Part {
        sources,
        sources_exact: exact,
        filter_exact: filter.is_some() && exact,
        filter,
        odd,
        window: windows.filter(|window| window.0 <= window.1),
        check: Check::Any(matches.to_vec()),
        values: matches.to_vec(),
        ..Part::default()
    })
}

fn missing_part(ask: &Ask<'_>, paths: &[PathId], missing: bool) -> Result<Part> {
    let (mut low, mut high) = (0_i64, 0_i64);
    for &path in paths {
        match ask.shared.path_ordinal(path) {
            nth @ 0..=61 => low |= 1 << nth,
            nth @ 62..=123 => high |= 1 << (nth - 62),
            _ => return Ok(Part::checked(Check::Missing { paths: paths.to_vec(), missing })),
        }
    }
    let text = match missing {
        true => "(r.present & ? = 0 AND r.present_more & ? = 0)",
        false => "(r.present & ? <> 0 OR r.present_more & ? <> 0)",
    };
    let part = Part::filtered(Sql::new(text).bind(low).bind(high));
    if missing {
        return Ok(part);
    }
    // What has a value stands in the index of the values.
    let mut sources = Vec::new();
    for &path in paths {
        match estimate::range_of(ask, path, PRESENT_TERMS_MAX)? {
            Some(ranges) => sources.extend(ranges),
            None => return Ok(part),
        }
    }
    Ok(Part { sources, sources_exact: true, paths: paths.to_vec(), ..part })
}

/// Of each alternative the part with the fewest rows gives candidates and the others filter; the body decides.
fn composite_part(ask: &Ask<'_>, composite: &Composite) -> Result<Part> {
    let mut alternatives = Vec::with_capacity(composite.any.len());
    for values in &composite.any {
        let mut parts = Vec::with_capacity(values.len());
        for matches in values {
            parts.push(any(ask, matches)?);
        }
        let best = estimate::fewest(ask, &parts)?;
        let take = |part: &mut Part| (std::mem::take(&mut part.sources), std::mem::take(&mut part.values));
        let (sources, values) = best.map(|nth| take(&mut parts[nth])).unwrap_or_default();
        let nothing = parts.iter().any(Part::is_nothing);
        let whole = Part::all(parts);
        alternatives.push(if nothing { whole } else { Part { sources, values, ..whole } });
    }
    let part = Part::either(alternatives);
    if part.is_nothing() {
        return Ok(part);
    }
    let check = Check::Composite(composite.clone());
    Ok(Part { sources_exact: false, filter_exact: false, check, ..part })
}

/// These rows and no others.
pub fn by_rows(mut rows: Vec<i64>) -> Part {
    rows.sort_unstable();
    rows.dedup();
    if rows.is_empty() {
        return Part::nothing();
    }
    let condition = one_of("t.rid", &rows);
    let source = Source { order: Order::Row, table: "resource", condition, likely: Likely::Row, also: None };
    Part {
        sources: vec![source],
        sources_exact: true,
        filter: Some(one_of("r.rid", &rows)),
        filter_exact: true,
        check: Check::Rows(rows.into_iter().collect()),
        ..Part::default()
    }
}

/// What lies in the compartments of these registrations.
fn of_patients(ask: &Ask<'_>, type_: TypeId, patients: &[i64]) -> Part {
    if type_ == ask.shared.patient {
        return by_rows(patients.to_vec());
    }
    chain::refers_to(ask, type_, r4().compartment_paths(type_), Some(ask.shared.patient), patients)
}

fn last_updated(ask: &Ask<'_>, type_: TypeId, tests: &[DateTest]) -> Result<Part> {
    let newest = newest_position(ask.connection)? as i64;
    let mut ranges: Vec<(i64, i64)> = Vec::with_capacity(tests.len());
    for test in tests {
        let start = position_at(ask.connection, test.start)? as i64;
        let end = position_at(ask.connection, test.end)? as i64;
        match test.prefix {
            Prefix::Eq | Prefix::Ap => ranges.push((start, end)),
            Prefix::Ne => ranges.extend([(0, start), (end, newest + 1)]),
            Prefix::Gt | Prefix::Sa => ranges.push((end, newest + 1)),
            Prefix::Ge => ranges.push((start, newest + 1)),
            Prefix::Lt | Prefix::Eb => ranges.push((0, start)),
            Prefix::Le => ranges.push((0, end)),
        }
    }
    let ranges = joined(ranges);
    if ranges.is_empty() {
        return Ok(Part::nothing());
    }
    let filter = |&(from, to): &(i64, i64)| Sql::new("(r.position >= ? AND r.position < ?)").bind(from).bind(to);
    let source = |&(from, to): &(i64, i64)| {
        let range = Sql::new("t.type = ? AND t.position >= ? AND t.position < ?").bind(i64::from(type_.0));
        let condition = range.bind(from).bind(to);
        Source { order: Order::Position, table: "by_type", condition, likely: Likely::Range, also: None }
    };
    let filters: Vec<Sql> = ranges.iter().map(filter).collect();
    let part = match filters.len() <= FILTERS_MAX {
        true => Part::filtered(Sql::joined(&filters, " OR ")),
        false => Part::checked(Check::Positions(ranges.clone())),
    };
    Ok(Part { sources: ranges.iter().map(source).collect(), sources_exact: true, ..part })
}

/// Ranges in their order, those that touch as one.
fn joined(mut ranges: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    ranges.retain(|(from, to)| from < to);
    ranges.sort_unstable();
    let mut out: Vec<(i64, i64)> = Vec::new();
    for (from, to) in ranges {
        match out.last_mut().filter(|last| last.1 >= from) {
            Some(last) => last.1 = last.1.max(to),
            None => out.push((from, to)),
        }
    }
    out
}

/// The kind of a path decides which table holds its values.
pub fn kind_of(path: PathId) -> IndexKind {
    r4().path(path).kind
}
