//! The rows of one page of one search, in their order: streamed from an index that has it, or collected and sorted.

use super::ask::Ask;
use super::compile::Compiled;
use super::cursor::{From, Key, Place, Way, damaged};
use super::plan::{Plan, is_main_date};
use super::run::{Candidate, Run, key_of};
use base::limits::SORT_ROWS_MAX;
use base::{Error, Result};
use fhir::definitions::TypeId;
use fhir::search::{Search, Sort, SortBy};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Resources with one first key that are sorted by the further ones.
const EQUAL_MAX: usize = 20_000;
/// Candidates kept beside those wanted before the worst are dropped.
const SPARE: usize = 2_000;

/// A candidate and its place in the order.
pub struct Hit {
    pub candidate: Candidate,
    pub place: Place,
}

/// At most `wanted` rows, beginning with the one nearest to where the page begins.
pub fn walk(
    ask: &Ask<'_>,
    compiled: &Compiled,
    search: &Search,
    plan: &Plan<'_>,
    at: Option<u64>,
    from: &From,
    wanted: usize,
) -> Result<Vec<Hit>> {
    let run = Run::new(ask, compiled, plan, at);
    match (plan.way, search.sort.as_slice()) {
        (Way::Collected, _) => collected(ask, compiled, search, run, from, wanted),
        (_, [] | [_]) => streamed(&run.with_bodies(), from, wanted),
        (_, sorts) => blocks(ask, compiled, sorts, plan, &read_along(run, compiled, sorts), from, wanted),
    }
}

fn streamed(run: &Run<'_>, from: &From, wanted: usize) -> Result<Vec<Hit>> {
    let (mut page, mut shown) = (Vec::new(), HashSet::new());
    run.rows(from, wanted, &mut |candidate| {
        if shown.insert(candidate.rid) {
            let place = place_of(&candidate, vec![candidate.key.clone()]);
            page.push(Hit { candidate, place });
        }
        Ok(page.len() < wanted)
    })?;
    Ok(page)
}

/// Whether the content of candidates tells what they are sorted by.
fn by_bodies(compiled: &Compiled, sorts: &[Sort]) -> bool {
    sorts.iter().any(|sort| matches!(sort.by, SortBy::Paths(_)) && !is_main_date(compiled.type_, sort))
}

fn read_along<'a>(run: Run<'a>, compiled: &Compiled, sorts: &[Sort]) -> Run<'a> {
    if by_bodies(compiled, sorts) { run.with_bodies() } else { run }
}

fn place_of(candidate: &Candidate, keys: Vec<Key>) -> Place {
    Place { stage: candidate.stage, keys, sub: candidate.sub, rid: candidate.rid }
}

/// Streamed by the first key; what has the same first key is gathered and sorted by the others.
fn blocks(
    ask: &Ask<'_>,
    compiled: &Compiled,
    sorts: &[Sort],
    plan: &Plan<'_>,
    run: &Run<'_>,
    from: &From,
    wanted: usize,
) -> Result<Vec<Hit>> {
    let order = Order { sorts, backward: from.backward() };
    if plan.stages.iter().flat_map(|stage| &stage.groups).any(|group| group.sources.len() > 16 && group.key.is_none()) {
        return Err(damaged());
    }
    // The whole block of the row that the page begins behind is read again.
    let opened = |place: &Place| {
        let stage = plan.stages.get(place.stage);
        let descending = stage.is_some_and(|stage| stage.descending) != from.backward();
        let edge = if descending { i64::MAX } else { i64::MIN };
        Place { sub: edge, rid: edge, ..place.clone() }
    };
    let begin = match from {
        From::After(place) => From::After(opened(place)),
        From::Before(place) => From::Before(opened(place)),
        other => other.clone(),
    };
    let (mut page, mut block, mut shown): (Vec<Hit>, Vec<Hit>, _) = (Vec::new(), Vec::new(), HashSet::new());
    let flush = |block: &mut Vec<Hit>, page: &mut Vec<Hit>| {
        block.sort_by(|a, b| order.places(&a.place, &b.place));
        let beyond = |hit: &Hit| from.place().is_none_or(|place| order.places(&hit.place, place).is_gt());
        page.extend(block.drain(..).filter(beyond));
    };
    run.rows(&begin, usize::MAX, &mut |mut candidate| {
        if !shown.insert(candidate.rid) {
            return Ok(true);
        }
        let of = |hit: &Hit| hit.place.stage == candidate.stage && hit.place.keys[0] == candidate.key;
        if block.first().is_some_and(|first| !of(first)) {
            flush(&mut block, &mut page);
            if page.len() >= wanted {
                return Ok(false);
            }
        }
        if block.len() >= EQUAL_MAX {
            return Err(Error::too_costly(format!(
                "more than {EQUAL_MAX} resources have the same `{}` and would have to be sorted by `{}`; \
                 add a criterion that finds fewer, or sort by one parameter",
                sorts[0].param, sorts[1].param
            )));
        }
        let mut keys = vec![candidate.key.clone()];
        for sort in &sorts[1..] {
            keys.push(sort_key(ask, compiled.type_, sort, &mut candidate)?);
        }
        candidate.fold();
        let place = place_of(&candidate, keys);
        block.push(Hit { candidate, place });
        Ok(true)
    })?;
    flush(&mut block, &mut page);
    page.truncate(wanted);
    Ok(page)
}

/// Everything that matches; the nearest `wanted` are kept.
fn collected(
    ask: &Ask<'_>,
    compiled: &Compiled,
    search: &Search,
    run: Run<'_>,
    from: &From,
    wanted: usize,
) -> Result<Vec<Hit>> {
    let newest = [Sort { by: SortBy::LastUpdated, descending: true, param: String::new() }];
    let by_date = search.sort.is_empty();
    let sorts = if by_date { &newest[..] } else { &search.sort };
    let order = Order { sorts, backward: from.backward() };
    let bodies = by_bodies(compiled, sorts);
    let run = read_along(run, compiled, sorts);
    let (mut kept, mut rows): (Vec<Hit>, HashSet<i64>) = (Vec::new(), HashSet::new());
    run.rows(&From::Start, usize::MAX, &mut |mut candidate| {
        if !rows.insert(candidate.rid) {
            return Ok(true);
        }
        if bodies && rows.len() > SORT_ROWS_MAX {
            return Err(Error::too_costly(format!(
                "more than {SORT_ROWS_MAX} resources would have to be sorted by `{}`; add a criterion that finds fewer",
                sorts[0].param
            )));
        }
        let mut keys = Vec::with_capacity(sorts.len());
        for sort in sorts {
            keys.push(match by_date {
                true => Key::Int(candidate.date),
                false => sort_key(ask, compiled.type_, sort, &mut candidate)?,
            });
        }
        let place = Place { stage: 0, keys, sub: 0, rid: candidate.rid };
        if from.place().is_none_or(|from| order.places(&place, from).is_gt()) {
            candidate.fold();
            kept.push(Hit { candidate, place });
        }
        if kept.len() >= wanted.saturating_add(SPARE) {
            kept.sort_by(|a, b| order.places(&a.place, &b.place));
            kept.truncate(wanted);
        }
        Ok(true)
    })?;
    kept.sort_by(|a, b| order.places(&a.place, &b.place));
    kept.truncate(wanted);
    Ok(kept)
}

/// The order of places, from where a page begins on.
struct Order<'a> {
    sorts: &'a [Sort],
    backward: bool,
}

impl Order<'_> {
    fn places(&self, a: &Place, b: &Place) -> Ordering {
        let pairs = a.keys.iter().zip(&b.keys).zip(self.sorts);
        let by_keys = pairs.map(|((a, b), sort)| a.compare(b, sort.descending)).find(|order| order.is_ne());
        let rows = || b.rid.cmp(&a.rid);
        let order = a.stage.cmp(&b.stage).then_with(|| by_keys.unwrap_or_else(rows));
        if self.backward { order.reverse() } else { order }
    }
}

fn sort_key(ask: &Ask<'_>, type_: TypeId, sort: &Sort, candidate: &mut Candidate) -> Result<Key> {
    let paths = match &sort.by {
        SortBy::Id => return Ok(Key::Text(candidate.id(ask, type_))),
        SortBy::LastUpdated => return Ok(Key::Int(candidate.position)),
        SortBy::Paths(paths) => paths,
    };
    let zone = &ask.shared.zone;
    let values = fhir::index::extract_paths(candidate.resource(ask, type_)?, paths, zone);
    let first = values.iter().filter_map(|value| key_of(&value.value));
    Ok(first.min_by(|a, b| a.compare(b, sort.descending)).unwrap_or(Key::Missing))
}
