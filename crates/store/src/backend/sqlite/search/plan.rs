//! Which index gives the candidates, and in which order.

use super::ask::Ask;
use super::compile::Compiled;
use super::cursor::{Key, Way, damaged};
use super::part::Part;
use super::probe::{Likely, Order, Source};
use super::sql::Sql;
use super::{estimate, single};
use base::Result;
use base::limits::SORT_ROWS_MAX;
use fhir::definitions::{IndexKind, PathId, TypeId, r4};
use fhir::search::{Match, Search, Sort, SortBy};

/// Rows up to which collecting and sorting beats reading in the order of the sort.
const COLLECT_MAX: i64 = 500;
/// What a body costs beside a row, when it is read for what it is sorted by.
const BODY_COST: f64 = 15.0;
/// Coded values of what is sorted by that are walked one after the other.
const SORT_TERMS_MAX: i64 = 20_000;
/// Rows apart (`dates::APART`) of a type beside which a date does not narrow the other index.
const APART_MAX: i64 = 512;

pub struct Plan<'a> {
    pub way: Way,
    pub stages: Vec<Stage>,
    /// The part that the sources come from.
    pub driver: Option<&'a Part>,
    pub first: First<'a>,
    /// Why it was chosen, for the explanation.
    pub why: String,
}

/// What is given before anything of the next stage: what has a value of the sort, then what has none.
pub struct Stage {
    pub groups: Vec<Group>,
    pub order: Order,
    pub descending: bool,
    /// Holds for what belongs to this stage.
    pub only: Option<Sql>,
}

/// Sources whose rows come merged. With a key, all of its rows have that key, and come newest first.
pub struct Group {
    pub key: Option<Key>,
    pub sources: Vec<Source>,
}

/// How a resource with several rows in the order is given at the first of them alone.
pub enum First<'a> {
    /// There is one row of each.
    Once,
    /// The first of those whose value passes one of these, or stands under one of the paths.
    Of(&'a [Match], &'a [PathId]),
    /// The first value under paths that are sorted by.
    Sorted(Vec<PathId>),
}

/// What runs without a sort: for inner searches and counts.
pub fn driving<'a>(ask: &Ask<'_>, compiled: &'a Compiled) -> Result<Plan<'a>> {
    let way = match estimate::fewest(ask, &compiled.parts)? {
        Some(nth) => Way::Part(nth),
        None if !compiled.seen_sources.is_empty() => Way::Seen,
        None => Way::Type,
    };
    by_way(ask, compiled, None, way)
}

/// Candidates from these sources alone.
pub fn over<'a>(sources: Vec<Source>) -> Plan<'a> {
    let order = sources.first().map_or(Order::Date, |source| source.order);
    let stage = Stage { groups: vec![Group { key: None, sources }], order, descending: true, only: None };
    Plan { way: Way::Type, stages: vec![stage], driver: None, first: First::Once, why: String::new() }
}

/// The plan of a page. `way` is that of a page link.
pub fn plan<'a>(
    ask: &Ask<'_>,
    compiled: &'a Compiled,
    search: &Search,
    wanted: usize,
    way: Option<Way>,
) -> Result<Plan<'a>> {
    if let Some(way) = way {
        return by_way(ask, compiled, Some(search), way);
    }
    let Some(first) = search.sort.first() else {
        return match estimate::ample(ask, compiled.type_, &compiled.parts)? {
            Some(nth) => {
                let plan = by_way(ask, compiled, Some(search), Way::Part(nth))?;
                let why = format!("{}, because much of the type meets all others", plan.why);
                Ok(Plan { why, ..plan })
            }
            None => driving(ask, compiled),
        };
    };
    let best = driving(ask, compiled)?;
    let main = is_main_date(compiled.type_, first);
    let order = best.stages.first().map(|stage| stage.order);
    let natural = match first.by {
        SortBy::LastUpdated => order == Some(Order::Position),
        _ => main && order == Some(Order::Date),
    };
    // The list of the type stands for a whole type that is sorted otherwise.
    if natural && best.way != Way::Collected {
        let why = format!("{}; its order is that of the sort", best.why);
        return Ok(Plan { why, ..by_way(ask, compiled, Some(search), best.way)? });
    }
    let all = estimate::of_type(ask, compiled.type_)?;
    let rows = match best.way {
        Way::Type => all,
        _ => best.rows(ask)?.min(all),
    };
    let stream = stream_way(ask, compiled, first)?;
    let bodies = search.sort.iter().any(|sort| matches!(sort.by, SortBy::Paths(_)));
    let collect_cost = rows as f64 * if bodies { BODY_COST } else { 1.0 };
    let stream_cost = wanted as f64 * all as f64 / rows.max(1) as f64;
    let collect = match stream {
        None => true,
        Some(_) if rows <= COLLECT_MAX => true,
        Some(_) if bodies && rows > SORT_ROWS_MAX as i64 => false,
        Some(_) => collect_cost <= stream_cost,
    };
    match stream.filter(|_| !collect) {
        Some(way) => {
            let why = format!("about {rows} of {all} match, so the index of `{}` was read in its order", first.param);
            Ok(Plan { why, ..by_way(ask, compiled, Some(search), way)? })
        }
        None => {
            let why = format!("{}; about {rows} were collected to sort them by `{}`", best.why, first.param);
            Ok(Plan { way: Way::Collected, why, ..best })
        }
    }
}

/// The index that gives the order of a sort, if there is one.
fn stream_way(ask: &Ask<'_>, compiled: &Compiled, sort: &Sort) -> Result<Option<Way>> {
    Ok(match &sort.by {
        SortBy::Id => None,
        SortBy::LastUpdated => Some(Way::Position),
        SortBy::Paths(_) if is_main_date(compiled.type_, sort) => Some(Way::Type),
        SortBy::Paths(paths) => sorted_groups(ask, paths, sort.descending)?.map(|_| Way::Sorted),
    })
}

pub fn is_main_date(type_: TypeId, sort: &Sort) -> bool {
    match (&sort.by, r4().main_date_path(type_)) {
        (SortBy::Paths(paths), Some(main)) => paths.as_slice() == [main],
        _ => false,
    }
}

/// The plan of one way. With a search its sort gives the direction, and what has no value comes last.
pub fn by_way<'a>(ask: &Ask<'_>, compiled: &'a Compiled, search: Option<&Search>, way: Way) -> Result<Plan<'a>> {
    let type_ = i64::from(compiled.type_.0);
    let single = |order, table, condition: Sql| Source { order, table, condition, likely: Likely::Code, also: None };
    let list = || single(Order::Date, "token", Sql::new("t.term = ?").bind(type_));
    let sort = search.and_then(|search| search.sort.first());
    let (sources, driver, why) = match way {
        Way::Part(nth) => {
            let part = compiled.parts.get(nth).filter(|part| !part.sources.is_empty()).ok_or_else(damaged)?;
            (part.sources.clone(), Some(part), format!("`{}` drives", part.param))
        }
        Way::Seen if compiled.seen_sources.is_empty() => return Err(damaged()),
        Way::Seen => (compiled.seen_sources.clone(), None, "the reader's own registrations drive".to_owned()),
        Way::Position => {
            let source = single(Order::Position, "by_type", Sql::new("t.type = ?").bind(type_));
            (vec![source], None, "the list of the type by its last changes drives".to_owned())
        }
        Way::Type => (vec![list()], None, "the list of the type drives".to_owned()),
        Way::Collected => return collected(ask, compiled),
        Way::Sorted => return sorted(ask, sort.ok_or_else(damaged)?, list()),
    };
    let order = sources[0].order;
    let (order, way) = match sources.iter().all(|source| source.order == order) {
        true => (order, way),
        // Ranges of several tables have no common order.
        false => (Order::Date, Way::Collected),
    };
    let sources = match order {
        Order::Date => narrowed(ask, compiled, driver, sources)?,
        _ => sources,
    };
    let descending = match (sort, order) {
        (Some(sort), Order::Date | Order::Position) => sort.descending,
        // What is greater than a number is read from the greatest down.
        (_, Order::Number) => sources.iter().all(|source| source.likely == Likely::Open),
        _ => order.descending(),
    };
    let first = match driver {
        Some(part) if order.repeats() && !holds_once(part) => First::Of(&part.values, &part.paths),
        _ => First::Once,
    };
    let stage = |sources, only| Stage { groups: vec![Group { key: None, sources }], order, descending, only };
    let stages = match sort.filter(|sort| order == Order::Date && is_main_date(compiled.type_, sort)) {
        Some(_) => {
            let (with, without) = by_presence(ask, compiled.type_);
            vec![stage(sources.clone(), with), stage(sources, without)]
        }
        None => vec![stage(sources, None)],
    };
    Ok(Plan { way, stages, driver, first, why })
}

fn collected<'a>(ask: &Ask<'_>, compiled: &'a Compiled) -> Result<Plan<'a>> {
    Ok(Plan { way: Way::Collected, ..driving(ask, compiled)? })
}

/// Whether each resource stands once in the index that a part drives by.
fn holds_once(part: &Part) -> bool {
    let mut paths = part.values.iter().map(|one| one.path).chain(part.paths.iter().copied());
    let Some(first) = paths.next() else { return false };
    // Several comparisons with one path may be met by one row each way.
    paths.all(|path| path == first) && single::is_single(first)
}

/// What has a value of the main date, and what has none.
fn by_presence(ask: &Ask<'_>, type_: TypeId) -> (Option<Sql>, Option<Sql>) {
    let Some(path) = r4().main_date_path(type_) else { return (None, Some(Sql::new("0"))) };
    let (column, bit) = match ask.shared.path_ordinal(path) {
        nth @ 0..=61 => ("r.present", 1_i64 << nth),
        nth @ 62..=123 => ("r.present_more", 1_i64 << (nth - 62)),
        _ => return (None, Some(Sql::new("0"))),
    };
    let made = |test: &str| Sql::new(format!("{column} & ? {test} 0")).bind(bit);
    (Some(made("<>")), Some(made("=")))
}

/// In the order of the index of what is sorted by; what has no value comes from the list of the type.
fn sorted<'a>(ask: &Ask<'_>, sort: &Sort, list: Source) -> Result<Plan<'a>> {
    let SortBy::Paths(paths) = &sort.by else { return Err(damaged()) };
    let groups = sorted_groups(ask, paths, sort.descending)?.ok_or_else(damaged)?;
    let order = groups.first().and_then(|group| group.sources.first()).map_or(Order::Date, |source| source.order);
    let (mut low, mut high) = (0_i64, 0_i64);
    for &path in paths {
        match ask.shared.path_ordinal(path) {
            nth @ 0..=61 => low |= 1 << nth,
            nth => high |= 1 << (nth.min(123) - 62),
        }
    }
    let without = Sql::new("(r.present & ? = 0 AND r.present_more & ? = 0)").bind(low).bind(high);
    let keyed = groups.iter().any(|group| group.key.is_some());
    let descending = if keyed { true } else { sort.descending };
    let rest = Stage {
        groups: vec![Group { key: None, sources: vec![list] }],
        order: Order::Date,
        descending: true,
        only: Some(without),
    };
    let once = paths.len() == 1 && single::is_single(paths[0]);
    let first = if once { First::Once } else { First::Sorted(paths.clone()) };
    let with = Stage { groups, order, descending, only: None };
    let why = format!("the index of `{}` drives", sort.param);
    Ok(Plan { way: Way::Sorted, stages: vec![with, rest], driver: None, first, why })
}

/// The index rows of what is sorted by, in its order; none where no index has that order.
fn sorted_groups(ask: &Ask<'_>, paths: &[PathId], descending: bool) -> Result<Option<Vec<Group>>> {
    if paths.iter().any(|&path| ask.shared.path_ordinal(path) > 123) {
        return Ok(None);
    }
    let coded = |path: &PathId| matches!(super::compile::kind_of(*path), IndexKind::Token | IndexKind::Uri);
    if !paths.iter().any(coded) {
        let mut sources = Vec::new();
        for &path in paths {
            match estimate::range_of(ask, path, 0)? {
                Some(ranges) => sources.extend(ranges),
                None => return Ok(None),
            }
        }
        let one = sources.iter().all(|source: &Source| Some(source.order) == sources.first().map(|first| first.order));
        return Ok(one.then(|| vec![Group { key: None, sources }]));
    }
    if !paths.iter().all(coded) {
        return Ok(None);
    }
    let mut terms = Vec::new();
    for &path in paths {
        match estimate::terms_of(ask, ask.shared.path_number(path), SORT_TERMS_MAX)? {
            Some(found) => terms.extend(found),
            None => return Ok(None),
        }
    }
    terms.sort();
    if descending {
        terms.reverse();
    }
    let mut groups: Vec<Group> = Vec::new();
    for (text, term) in terms {
        let source = super::probe::term_source(term);
        match groups.last_mut().filter(|group| group.key == Some(Key::Text(text.clone()))) {
            Some(group) => group.sources.push(source),
            None => groups.push(Group { key: Some(Key::Text(text)), sources: vec![source] }),
        }
    }
    Ok(Some(groups))
}

/// Sources in the order of the main date, narrowed to where the dates of the other criteria lie. Rows apart, whose main
/// date does not tell their periods, come from an index of their own, which is nearly empty.
fn narrowed(ask: &Ask<'_>, compiled: &Compiled, driver: Option<&Part>, sources: Vec<Source>) -> Result<Vec<Source>> {
    let others = compiled.parts.iter().filter(|part| driver.is_none_or(|driver| !std::ptr::eq(driver, *part)));
    let window = others.filter_map(|part| part.window).reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)));
    let Some((from, to)) = window else { return Ok(sources) };
    // Alternatives may come from indexes of several orders; only those by date have the date in their key.
    if sources.iter().any(|source| source.order != Order::Date) {
        return Ok(sources);
    }
    let also = match driver {
        Some(part) if part.filter.is_none() || !part.filter_exact || part.odd => return Ok(sources),
        Some(part) => part.filter.clone(),
        None => None,
    };
    let apart = Part::apart(i64::from(compiled.type_.0), also);
    let rows_apart = estimate::up_to(ask, &apart, APART_MAX)?;
    if rows_apart >= APART_MAX {
        return Ok(sources);
    }
    let range = Sql::new("t.date >= ? AND t.date < ?").bind(from).bind(to);
    let narrow = |mut source: Source| {
        source.condition.and(&range);
        source
    };
    let mut narrowed: Vec<Source> = sources.into_iter().map(narrow).collect();
    if rows_apart > 0 {
        narrowed.push(apart);
    }
    ask.tell(|| "the range of dates was pushed into the key of the index that drives".to_owned());
    Ok(narrowed)
}

impl Plan<'_> {
    /// About how many rows drive.
    pub fn rows(&self, ask: &Ask<'_>) -> Result<i64> {
        let mut sum = 0_i64;
        // The second stage reads the same rows again for those without a value.
        for group in self.stages.iter().take(1).flat_map(|stage| &stage.groups) {
            sum = sum.saturating_add(estimate::rows(ask, &group.sources)?);
        }
        Ok(sum)
    }
}
