//! Search: criteria become sources (key ranges of index tables), conditions in SQL, and checks on the body where an
//! index cannot answer exactly. One criterion drives, in the order of its index; the others filter each candidate.

mod ask;
mod chain;
mod check;
mod compile;
mod count;
mod cursor;
mod dates;
mod estimate;
mod explain;
mod include;
mod part;
mod plan;
mod probe;
mod run;
mod single;
mod sql;
mod walk;

pub use estimate::Estimates;
pub use sql::{Sql, one_of};

use super::history::newest_position;
use super::sight::{Seen, Whose};
use crate::model::{SearchPage, Stored};
use crate::shared::Shared;
use access::is_open;
use ask::Ask;
use base::clock::Stopwatch;
use base::limits::{PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use base::{Cx, Deadline, Error, Result};
use compile::{Compiled, compile, compile_driven};
use count::Counted;
use cursor::{Cursor, From, Way, mark};
use fhir::definitions::{TypeId, r4};
use fhir::search::{Search, SortBy, Summary, Total};
use rusqlite::Connection;
use std::time::Duration;
use walk::Hit;

/// How long the search of one guard may take; then its batch is answered `too-costly`.
const GUARD_TIME_MAX: Duration = Duration::from_secs(1);

/// A page of one search, or of several types as one, within sight, and the patients (rows) it shows. The first search's
/// count, page, sort, total and includes hold for all.
pub fn page(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    cx: &Cx,
    searches: &[&Search],
) -> Result<(SearchPage, Vec<i64>)> {
    let watch = Stopwatch::start();
    let Some(&first) = searches.first() else { return Ok(Default::default()) };
    let count_only = first.summary == Summary::Count || first.count == Some(0);
    for search in searches {
        allowed(seen, cx, search.type_, count_only)?;
    }
    if first.explain && seen.whose != Whose::All {
        return Err(Error::forbidden(
            "`_explain` tells how rows of the whole record were looked at, so it is for accounts that see all of it; leave it out",
        ));
    }
    let open = searches.iter().all(|search| is_open(search.type_));
    let seen = &Seen { counting: count_only && !open, ..seen.clone() };
    let ask = Ask::new(connection, shared, seen, cx, first.explain);
    let position = newest_position(connection)?;
    let mut page = SearchPage { position, ..SearchPage::default() };
    let mut patients = Vec::new();
    let mut pages = Pages { ask: &ask, searches, position, compiled: Vec::new() };
    if count_only || first.total != Total::None {
        pages.totals(&mut page, if count_only { Total::Accurate } else { first.total })?;
    }
    if !count_only {
        let rows = pages.read(first, &mut page)?;
        for (type_, hit) in rows {
            patients.extend(hit.candidate.patient);
            page.matches.push(stored(&ask, type_, hit)?);
        }
        include::add(&ask, first, &mut page, &mut patients)?;
    }
    page.explain = explain::finished(&ask, &page, &watch);
    Ok((page, patients))
}

fn allowed(seen: &Seen, cx: &Cx, type_: TypeId, count_only: bool) -> Result<()> {
    if seen.detail || is_open(type_) || count_only {
        return Ok(());
    }
    Err(Error::forbidden(format!(
        "an account of role `{}` sees counts of `{}`, not single ones; add _summary=count",
        cx.who.role.name(),
        r4().type_name(type_)
    )))
}

/// The pages of one search or of several types as one.
struct Pages<'a> {
    ask: &'a Ask<'a>,
    searches: &'a [&'a Search],
    position: u64,
    /// As far as they have been needed.
    compiled: Vec<(usize, Compiled)>,
}

impl Pages<'_> {
    fn compiled(&mut self, nth: usize) -> Result<&Compiled> {
        if !self.compiled.iter().any(|(of, _)| *of == nth) {
            self.compiled.push((nth, compile(self.ask, self.searches[nth])?));
        }
        let found = self.compiled.iter().find(|(of, _)| *of == nth).map(|(_, compiled)| compiled);
        found.ok_or_else(cursor::damaged)
    }

    fn totals(&mut self, page: &mut SearchPage, total: Total) -> Result<()> {
        let ask = self.ask;
        let mut sum = 0;
        for nth in 0..self.searches.len() {
            match count::count(ask, self.compiled(nth)?, total)? {
                Counted::Number(number) => sum += number,
                Counted::Hidden => page.total_hidden = true,
            }
        }
        page.total = (!page.total_hidden).then_some(sum);
        Ok(())
    }

    /// The rows of the page that the first search asks for, and its links.
    fn read(&mut self, first: &Search, page: &mut SearchPage) -> Result<Vec<(TypeId, Hit)>> {
        let wanted = first.count.unwrap_or(PAGE_ENTRIES_DEFAULT).min(PAGE_ENTRIES_MAX);
        let mark = mark(self.searches);
        let cursor = first.page.as_deref().map(|text| Cursor::parse(text, self.searches.len(), mark)).transpose()?;
        let at = cursor.as_ref().map_or(self.position, |cursor| cursor.at);
        let from = cursor.as_ref().map_or(From::Start, |cursor| cursor.from.clone());
        let merged = self.searches.len() > 1 && !first.sort.is_empty();
        let mut rows = match merged {
            true => self.merged(first, cursor.as_ref(), wanted + 1)?,
            false => self.in_turn(cursor.as_ref(), wanted + 1)?,
        };
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let backward = from.backward();
        if backward {
            rows.reverse();
        }
        let link = |found: Option<&(usize, Way, Hit)>, after: bool| {
            found.map(|(nth, way, hit)| {
                let place = hit.place.clone();
                let from = if after { From::After(place) } else { From::Before(place) };
                Cursor { at, nth: *nth, way: *way, from, mark }.text()
            })
        };
        let (before, behind) = match from {
            From::Start => (false, more),
            From::After(_) => (true, more),
            From::Before(_) => (more, true),
            From::End => (more, false),
        };
        page.next = link(rows.last(), true).filter(|_| behind);
        page.previous = link(rows.first(), false).filter(|_| before);
        let way = rows.last().map_or(Way::Type, |row| row.1);
        let last = Cursor { at, nth: self.searches.len() - 1, way, from: From::End, mark };
        page.last = page.next.is_some().then(|| last.text());
        Ok(rows.into_iter().map(|(nth, _, hit)| (self.searches[nth].type_, hit)).collect())
    }

    /// One type after the other.
    fn in_turn(&mut self, cursor: Option<&Cursor>, wanted: usize) -> Result<Vec<(usize, Way, Hit)>> {
        let mut from = cursor.map_or(From::Start, |cursor| cursor.from.clone());
        let backward = from.backward();
        let mut rows = Vec::new();
        let mut nth = cursor.map_or(0, |cursor| cursor.nth);
        loop {
            let way = cursor.filter(|cursor| cursor.nth == nth).map(|cursor| cursor.way);
            // The end of several types is that of the last one, whatever drives there.
            let way = way.filter(|_| from != From::End || self.searches.len() == 1);
            self.one(nth, way, cursor.map(|cursor| cursor.at), &from, wanted - rows.len(), &mut rows)?;
            let next = if backward { nth.checked_sub(1) } else { Some(nth + 1) };
            match next.filter(|&next| rows.len() < wanted && next < self.searches.len()) {
                Some(next) => nth = next,
                None => return Ok(rows),
            }
            from = if backward { From::End } else { From::Start };
        }
    }

    /// Several types in one order, which only what every row has can give.
    fn merged(&mut self, first: &Search, cursor: Option<&Cursor>, wanted: usize) -> Result<Vec<(usize, Way, Hit)>> {
        let [sort] = first.sort.as_slice() else {
            return Err(Error::unsupported(
                "several types can be sorted by one parameter alone: `_lastUpdated` or `_id`",
            ));
        };
        if matches!(sort.by, SortBy::Paths(_)) {
            return Err(Error::unsupported(format!(
                "`{}` does not sort several types; use `_lastUpdated` or `_id`",
                sort.param
            )));
        }
        let from = cursor.map_or(From::Start, |cursor| cursor.from.clone());
        let mut rows: Vec<(usize, Way, Hit)> = Vec::new();
        for nth in 0..self.searches.len() {
            self.one(nth, None, cursor.map(|cursor| cursor.at), &from, wanted, &mut rows)?;
        }
        rows.sort_by(|a, b| {
            let (a, b) = (&a.2.place, &b.2.place);
            let by_key = a.keys[0].compare(&b.keys[0], sort.descending).then_with(|| b.rid.cmp(&a.rid));
            if from.backward() { by_key.reverse() } else { by_key }
        });
        rows.truncate(wanted);
        Ok(rows)
    }

    fn one(
        &mut self,
        nth: usize,
        way: Option<Way>,
        at: Option<u64>,
        from: &From,
        wanted: usize,
        rows: &mut Vec<(usize, Way, Hit)>,
    ) -> Result<()> {
        let ask = self.ask;
        if let Some(Way::Part(driver)) = way
            && !self.compiled.iter().any(|(of, _)| *of == nth)
        {
            self.compiled.push((nth, compile_driven(ask, self.searches[nth], Some(driver))?));
        }
        // Sort and explanation are the first search's.
        let search = &Search { sort: self.searches[0].sort.clone(), ..self.searches[nth].clone() };
        let compiled = self.compiled(nth)?;
        let plan = plan::plan(ask, compiled, search, wanted, way)?;
        explain::plan(ask, compiled, &plan);
        let way = plan.way;
        let found = walk::walk(ask, compiled, search, &plan, at, from, wanted)?;
        rows.extend(found.into_iter().map(|hit| (nth, way, hit)));
        Ok(())
    }
}

/// Ids of what a guarded search finds, at most `limit`; runs on the writer's connection and sees the open group.
pub fn find_ids(connection: &Connection, shared: &Shared, search: &Search, limit: usize) -> Result<Vec<String>> {
    let seen = Seen { detail: true, counting: false, whose: Whose::All, known: None };
    // The writer stands still meanwhile, so a guard may not take as long as a reader's search.
    let deadline = Some(Deadline::after(GUARD_TIME_MAX));
    let cx = Cx { clock: shared.clock.clone(), deadline, ..Cx::platform() };
    let ask = Ask::new(connection, shared, &seen, &cx, false);
    let compiled = compile(&ask, search)?;
    let plan = plan::driving(&ask, &compiled)?;
    let unsorted = Search::of(search.type_, Vec::new());
    let found = walk::walk(&ask, &compiled, &unsorted, &plan, None, &From::Start, limit)?;
    Ok(found.into_iter().map(|hit| hit.candidate.id(&ask, search.type_)).collect())
}

fn stored(ask: &Ask<'_>, type_: TypeId, hit: Hit) -> Result<Stored> {
    match hit.candidate.stored {
        Some(stored) => Ok(*stored),
        None => hit.candidate.read(ask, type_),
    }
}
