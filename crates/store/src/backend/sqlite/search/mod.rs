//! Search: criteria become sources (key ranges of index tables), conditions in SQL, and checks on the body where an
//! index cannot answer exactly. One criterion drives, in the order of its index; the others filter each candidate.

mod compile;
mod cursor;
mod include;
mod probe;
mod run;
mod sql;

use super::history::newest_position;
use super::read::version_at;
use super::sight::{Seen, Whose};
use crate::model::{SearchPage, Stored};
use crate::store::Shared;
use access::is_open;
use base::limits::{PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use base::{Cx, Deadline, Error, Result};
use compile::compile;
use fhir::definitions::r4;
use fhir::search::{Search, Summary, Total};
use run::Candidate;
use rusqlite::Connection;
use std::time::Duration;

/// How long the search of one guard may take; then its batch is answered `too-costly`.
const GUARD_TIME_MAX: Duration = Duration::from_secs(1);
/// Totals below this are hidden from a reader who may not see persons.
const SMALL_CELL: u64 = 5;

/// A page of a search within sight, and the patients (rows) it shows.
pub fn page(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    cx: &Cx,
    search: &Search,
) -> Result<(SearchPage, Vec<i64>)> {
    let count_only = search.summary == Summary::Count || search.count == Some(0);
    if !seen.detail && !is_open(search.type_) && !count_only {
        return Err(Error::forbidden(format!(
            "an account of role `{}` sees counts of `{}`, not single ones; add _summary=count",
            cx.who.role.name(),
            r4().type_name(search.type_)
        )));
    }
    let position = newest_position(connection)?;
    let seen = &Seen { counting: count_only, ..seen.clone() };
    let compiled = compile(connection, shared, seen, cx, search)?;
    let mut page = SearchPage { position, ..SearchPage::default() };
    if count_only || search.total != Total::None {
        let total = run::count(connection, shared, cx, &compiled)?;
        page.total_hidden = !seen.detail && !is_open(search.type_) && total < SMALL_CELL;
        page.total = (!page.total_hidden).then_some(total);
    }
    if count_only {
        return Ok((page, Vec::new()));
    }
    let wanted = search.count.unwrap_or(PAGE_ENTRIES_DEFAULT).min(PAGE_ENTRIES_MAX);
    let (candidates, next) = run::candidates(connection, shared, cx, &compiled, search, position, wanted)?;
    page.next = next;
    let mut patients: Vec<i64> = candidates.iter().filter_map(|candidate| candidate.patient).collect();
    for candidate in candidates {
        page.matches.push(stored(connection, shared, search, candidate)?);
    }
    include::add(connection, shared, seen, cx, search, &mut page, &mut patients)?;
    Ok((page, patients))
}

/// Ids of what a guarded search finds, at most `limit`; runs on the writer's connection and sees the open group.
pub fn find_ids(connection: &Connection, shared: &Shared, search: &Search, limit: usize) -> Result<Vec<String>> {
    let seen = Seen { detail: true, counting: false, whose: Whose::All };
    // The writer stands still meanwhile, so a guard may not take as long as a reader's search.
    let deadline = Some(Deadline::after(GUARD_TIME_MAX));
    let cx = Cx { clock: shared.clock.clone(), deadline, ..Cx::platform() };
    let compiled = compile(connection, shared, &seen, &cx, search)?;
    let position = newest_position(connection)?;
    let (found, _) = run::candidates(connection, shared, &cx, &compiled, search, position, limit)?;
    Ok(found.into_iter().map(|candidate| candidate.id).collect())
}

/// Rows that an inner search of a chain finds; too many are an error.
fn find_rows(
    connection: &Connection,
    shared: &Shared,
    seen: &Seen,
    cx: &Cx,
    search: &Search,
    limit: usize,
) -> Result<Vec<i64>> {
    let compiled = compile(connection, shared, seen, cx, search)?;
    let position = newest_position(connection)?;
    let (found, _) = run::candidates(connection, shared, cx, &compiled, search, position, limit + 1)?;
    if found.len() > limit {
        return Err(Error::too_costly(format!(
            "the chained part of the search finds more than {limit} resources of type `{}`; narrow it",
            r4().type_name(search.type_)
        )));
    }
    Ok(found.into_iter().map(|candidate| candidate.rid).collect())
}

fn stored(connection: &Connection, shared: &Shared, search: &Search, candidate: Candidate) -> Result<Stored> {
    match candidate.stored {
        Some(stored) => Ok(*stored),
        None => version_at(connection, shared, candidate.position, search.type_, &candidate.id)?
            .ok_or_else(|| Error::fault("the index names a version that is not there; run `jingluo check`")),
    }
}
