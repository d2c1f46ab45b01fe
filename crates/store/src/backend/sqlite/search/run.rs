//! Runs a compiled search: streams candidates in the order of the driving sources, or collects and sorts them.

use super::super::fault;
use super::super::read::{id_of, version_at};
use super::compile::{Check, Compiled, Part};
use super::cursor::{Cursor, Key, Way, mark};
use super::probe::{Order, Source};
use super::sql::Sql;
use crate::model::Stored;
use crate::store::Shared;
use base::limits::{SEARCH_ROWS_MAX, SORT_ROWS_MAX};
use base::{Cx, Error, Result};
use fhir::definitions::{TypeId, r4};
use fhir::index::Value;
use fhir::search::{Search, Sort, SortBy};
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, Row, Rows, params_from_iter};
use std::cmp::Ordering;
use std::collections::HashSet;

/// A row that may be shown.
#[derive(Debug)]
pub struct Candidate {
    pub key: Key,
    pub rid: i64,
    pub position: i64,
    pub patient: Option<i64>,
    pub date: i64,
    pub id: String,
    /// The main date does not find all its periods (`Head::ODD`).
    pub odd: bool,
    /// Its version, where it had to be read already.
    pub stored: Option<Box<Stored>>,
}

/// Sources merged at once; beyond that their rows are collected.
const MERGE_MAX: usize = 16;
/// Values that SQLite binds in one statement (its default limit).
const BINDS_MAX: usize = 32_766;
/// Rows that an estimate counts up to.
const ESTIMATE_MAX: i64 = 1_000;
/// Rows up to which collecting and sorting beats reading in the order of the sort.
const COLLECT_MAX: i64 = 1_000;

struct Plan<'a> {
    way: Way,
    sources: Vec<Source>,
    order: Order,
    reverse: bool,
    /// The part that the sources come from.
    driver: Option<&'a Part>,
}

/// The candidates of one page, and the text of the next page's cursor.
pub fn candidates(
    connection: &Connection,
    shared: &Shared,
    cx: &Cx,
    compiled: &Compiled,
    search: &Search,
    position: u64,
    wanted: usize,
) -> Result<(Vec<Candidate>, Option<String>)> {
    let cursor = match &search.page {
        Some(text) => Some(Cursor::parse(text, compiled.parts.len(), mark(search))?),
        None => None,
    };
    let at = cursor.as_ref().map_or(position, |cursor| cursor.at);
    let plan = plan(connection, compiled, search, cursor.as_ref().map(|cursor| cursor.way))?;
    let run = Run { connection, shared, cx, compiled, at: cursor.is_some().then_some(at) };
    if plan.way == Way::Collected {
        return run.collected(&plan, search, cursor, at, wanted);
    }
    let mut page: Vec<Candidate> = Vec::with_capacity(wanted + 1);
    let mut shown = HashSet::new();
    run.stream(&plan, cursor.as_ref(), true, &mut |candidate| {
        if shown.insert(candidate.rid) {
            page.push(candidate);
        }
        Ok(page.len() <= wanted)
    })?;
    let more = page.len() > wanted;
    page.truncate(wanted);
    let next = page.last().filter(|_| more).map(|last| {
        Cursor { at, way: plan.way, keys: vec![last.key.clone()], rid: last.rid, mark: mark(search) }.text()
    });
    Ok((page, next))
}

/// How many resources match.
pub fn count(connection: &Connection, shared: &Shared, cx: &Cx, compiled: &Compiled) -> Result<u64> {
    if compiled.parts.is_empty() && compiled.seen.is_none() {
        let sql = "SELECT coalesce(sum(count), 0) FROM counter WHERE space = 'type' AND key = ?1";
        let name = r4().type_name(compiled.type_);
        return connection.query_row(sql, [name], |row| row.get(0)).map_err(fault);
    }
    let run = Run { connection, shared, cx, compiled, at: None };
    let plan = driving(connection, compiled)?;
    let mut seen = HashSet::new();
    run.stream(&plan, None, false, &mut |candidate| {
        seen.insert(candidate.rid);
        Ok(true)
    })?;
    Ok(seen.len() as u64)
}

fn plan<'a>(connection: &Connection, compiled: &'a Compiled, search: &Search, way: Option<Way>) -> Result<Plan<'a>> {
    if let Some(way) = way {
        let plan = match way {
            Way::Collected => Plan { way, ..driving(connection, compiled)? },
            way => by_way(compiled, way)?,
        };
        return Ok(sorted_plan(plan, search));
    }
    let best = driving(connection, compiled)?;
    let natural = match search.sort.as_slice() {
        [] => best.sources.len() <= MERGE_MAX,
        [sort] if is_main_date(compiled.type_, sort) => best.order == Order::Date && best.sources.len() <= MERGE_MAX,
        _ => false,
    };
    if natural && best.way != Way::Collected {
        return Ok(sorted_plan(best, search));
    }
    let few = best.way != Way::Type && estimate(connection, &best.sources)? < COLLECT_MAX;
    let by_sort = match search.sort.as_slice() {
        [sort] if sort.by == SortBy::LastUpdated => Some(Way::Position),
        [sort] if is_main_date(compiled.type_, sort) => Some(Way::Type),
        _ => None,
    };
    match by_sort {
        Some(way) if !few => Ok(sorted_plan(by_way(compiled, way)?, search)),
        _ => Ok(Plan { way: Way::Collected, ..best }),
    }
}

fn is_main_date(type_: TypeId, sort: &Sort) -> bool {
    match (&sort.by, r4().main_date_path(type_)) {
        (SortBy::Paths(paths), Some(main)) => paths.as_slice() == [main],
        _ => false,
    }
}

fn sorted_plan<'a>(plan: Plan<'a>, search: &Search) -> Plan<'a> {
    let ascending = search.sort.first().is_some_and(|sort| !sort.descending);
    let reverse = ascending && matches!(plan.order, Order::Date | Order::Position) && plan.way != Way::Collected;
    Plan { reverse, ..plan }
}

/// The part with the fewest rows drives; the list of the type where none can.
fn driving<'a>(connection: &Connection, compiled: &'a Compiled) -> Result<Plan<'a>> {
    let mut best: Option<(i64, usize)> = None;
    for (nth, part) in compiled.parts.iter().enumerate().filter(|(_, part)| !part.sources.is_empty()) {
        let rows = estimate(connection, &part.sources)?;
        // Of two large ones the one whose order is the main date is better: no row comes twice.
        let rows = rows * 2 + i64::from(part.order() != Some(Order::Date));
        if best.is_none_or(|(fewest, _)| rows < fewest) {
            best = Some((rows, nth));
        }
    }
    match best {
        Some((_, nth)) => by_way(compiled, Way::Part(nth)),
        None if !compiled.seen_sources.is_empty() => by_way(compiled, Way::Seen),
        None => by_way(compiled, Way::Type),
    }
}

fn by_way(compiled: &Compiled, way: Way) -> Result<Plan<'_>> {
    let type_ = i64::from(compiled.type_.0);
    let single = |order, table, column: &str| vec![Source { order, table, condition: Sql::new(column).bind(type_) }];
    Ok(match way {
        Way::Part(nth) => {
            let part = &compiled.parts[nth];
            let order = part.order();
            let merged = order.is_some() && part.sources.len() <= MERGE_MAX;
            let way = if merged { way } else { Way::Collected };
            let order = order.unwrap_or(Order::Date);
            Plan { way, sources: part.sources.clone(), order, reverse: false, driver: Some(part) }
        }
        Way::Seen => {
            let sources = compiled.seen_sources.clone();
            let way = if sources.len() > MERGE_MAX { Way::Collected } else { way };
            Plan { way, sources, order: Order::Date, reverse: false, driver: None }
        }
        Way::Type | Way::Collected => {
            let sources = single(Order::Date, "token", "t.term = ?");
            Plan { way, sources, order: Order::Date, reverse: false, driver: None }
        }
        Way::Position => {
            let sources = single(Order::Position, "by_type", "t.type = ?");
            Plan { way, sources, order: Order::Position, reverse: false, driver: None }
        }
    })
}

fn estimate(connection: &Connection, sources: &[Source]) -> Result<i64> {
    let mut rows = 0;
    for source in sources {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} t WHERE {} LIMIT {ESTIMATE_MAX})",
            source.table, source.condition.text
        );
        let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
        let found: i64 =
            statement.query_row(params_from_iter(&source.condition.binds), |row| row.get(0)).map_err(fault)?;
        rows += found;
        if rows >= ESTIMATE_MAX {
            break;
        }
    }
    Ok(rows)
}

struct Run<'a> {
    connection: &'a Connection,
    shared: &'a Shared,
    cx: &'a Cx,
    compiled: &'a Compiled,
    /// The position that the first page showed; nothing created later is shown.
    at: Option<u64>,
}

impl Run<'_> {
    /// Gives each candidate in order to `each`, until it says no.
    fn stream(
        &self,
        plan: &Plan<'_>,
        cursor: Option<&Cursor>,
        ordered: bool,
        each: &mut dyn FnMut(Candidate) -> Result<bool>,
    ) -> Result<()> {
        let checks = self.checks(plan);
        let mut looked = 0;
        // Where the order does not matter the sources come one after the other: a list of thousands of values must not
        // hold thousands of statements open.
        let at_once = if ordered { plan.sources.len().max(1) } else { 1 };
        for sources in plan.sources.chunks(at_once) {
            self.cx.go_on()?;
            if !self.stream_sources(plan, sources, cursor, ordered, &checks, &mut looked, each)? {
                break;
            }
        }
        Ok(())
    }

    /// Gives the candidates of some sources, merged; whether more are wanted.
    #[expect(clippy::too_many_arguments, reason = "the inner part of `stream`, called in one place")]
    fn stream_sources(
        &self,
        plan: &Plan<'_>,
        sources: &[Source],
        cursor: Option<&Cursor>,
        ordered: bool,
        checks: &Checks<'_>,
        looked: &mut u64,
        each: &mut dyn FnMut(Candidate) -> Result<bool>,
    ) -> Result<bool> {
        let mut statements = Vec::with_capacity(sources.len());
        for source in sources {
            let sql = self.statement(plan, source, cursor, ordered);
            if sql.binds.len() > BINDS_MAX {
                return Err(Error::too_costly(format!(
                    "the search compares with more than {BINDS_MAX} values at once; give fewer"
                )));
            }
            statements.push((self.connection.prepare_cached(&sql.text).map_err(fault)?, sql.binds));
        }
        let descending = plan.order.descending() != plan.reverse;
        let mut merge = Merge::new(&mut statements, self.shared, self.compiled.type_, descending)?;
        while let Some(mut candidate) = merge.next()? {
            *looked += 1;
            if *looked > SEARCH_ROWS_MAX {
                return Err(Error::too_costly(format!(
                    "the search looks at more than {SEARCH_ROWS_MAX} rows; add a criterion that finds fewer, such as a patient, a code or a date"
                )));
            }
            if looked.is_multiple_of(256) {
                self.cx.go_on()?;
            }
            if self.passes(plan, checks, &mut candidate, ordered)? && !each(candidate)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn statement(&self, plan: &Plan<'_>, source: &Source, cursor: Option<&Cursor>, ordered: bool) -> Sql {
        // `resource` as a source is asked by its own key; sources of several orders are collected by date.
        let key = match source.order == plan.order || source.table == "resource" {
            true => source.order.column(),
            false => "r.date",
        };
        let mut sql = Sql::new(format!(
            "SELECT {key}, r.rid, r.position, r.patient, r.date, r.id, r.present_more < 0 FROM {} t CROSS JOIN resource r ON r.rid = t.rid WHERE ",
            source.table
        ));
        sql.append(&source.condition);
        sql.push(" AND r.type = ? AND r.deleted = 0");
        sql = sql.bind(i64::from(self.compiled.type_.0));
        if plan.order == Order::Position {
            sql.push(" AND t.position = r.position");
        }
        let descending = plan.order.descending() != plan.reverse;
        if let Some(cursor) = cursor {
            let beyond = if descending { "<" } else { ">" };
            sql.push(&format!(" AND ({key}, t.rid) {beyond} (?, ?)"));
            sql = match cursor.keys.first() {
                Some(Key::Int(number)) => sql.bind(*number),
                Some(Key::Real(number)) => sql.bind(*number),
                Some(Key::Text(text)) => sql.bind(text.clone()),
                Some(Key::Missing) | None => sql.bind(0),
            };
            sql = sql.bind(cursor.rid);
        }
        self.conditions(plan, &mut sql);
        if ordered {
            let direction = if descending { "DESC" } else { "ASC" };
            sql.push(&format!(" ORDER BY {key} {direction}, t.rid {direction}"));
        }
        sql
    }

    fn conditions(&self, plan: &Plan<'_>, sql: &mut Sql) {
        if let Some(at) = self.at {
            sql.push(
                " AND (r.position <= ? OR (SELECT o.position FROM older o WHERE o.rid = r.rid AND o.number = 1) <= ?)",
            );
            sql.binds.push((at as i64).into());
            sql.binds.push((at as i64).into());
        }
        for part in &self.compiled.parts {
            let drives = plan.driver.is_some_and(|driver| std::ptr::eq(driver, part));
            if let Some(filter) = part.filter.as_ref().filter(|_| !drives) {
                sql.push(" AND ");
                sql.append(filter);
            }
        }
        if let Some(seen) = &self.compiled.seen {
            sql.push(" AND ");
            sql.push(seen);
        }
    }

    /// What has to be asked of the body: of every candidate, and of odd ones.
    fn checks(&self, plan: &Plan<'_>) -> Checks<'_> {
        let mut checks = Checks { every: Vec::new(), odd: Vec::new() };
        for part in &self.compiled.parts {
            let drives = plan.driver.is_some_and(|driver| std::ptr::eq(driver, part));
            match if drives { part.sources_exact } else { part.filter_exact } {
                false => checks.every.push(&part.check),
                true if part.odd && !drives => checks.odd.push(&part.check),
                true => {}
            }
        }
        checks
    }

    fn passes(&self, plan: &Plan<'_>, checks: &Checks<'_>, candidate: &mut Candidate, ordered: bool) -> Result<bool> {
        let repeats = ordered && matches!(plan.order, Order::Text | Order::Period | Order::Number);
        let odd = candidate.odd && !checks.odd.is_empty();
        if checks.every.is_empty() && !odd && !repeats {
            return Ok(true);
        }
        let stored = version_at(self.connection, self.shared, candidate.position, self.compiled.type_, &candidate.id)?
            .ok_or_else(|| Error::fault("the index names a version that is not there; run `jingluo check`"))?;
        let resource = stored.resource()?;
        candidate.stored = Some(Box::new(stored));
        let passes = |check: &&Check| check.passes(self.shared, &resource);
        if !checks.every.iter().all(passes) || (odd && !checks.odd.iter().all(passes)) {
            return Ok(false);
        }
        Ok(!repeats || self.is_first(plan, candidate, &resource))
    }

    /// Whether this is the first of the resource's rows in the order of the driver: each is shown once, also across pages.
    fn is_first(&self, plan: &Plan<'_>, candidate: &Candidate, resource: &fhir::Resource) -> bool {
        let Some(Part { check: Check::Any(matches), .. }) = plan.driver else { return true };
        let descending = plan.order.descending() != plan.reverse;
        let earlier = |key: &Key| key.compare(&candidate.key, descending) == Ordering::Less;
        !matches.iter().any(|m| {
            let values = fhir::index::extract_paths(resource, &[m.path], &self.shared.zone);
            values.iter().any(|value| {
                key_of(&value.value).is_some_and(|key| earlier(&key))
                    && fhir::index::value_matches(&value.value, &m.test)
            })
        })
    }

    /// Everything that matches, sorted; a page of it.
    fn collected(
        &self,
        plan: &Plan<'_>,
        search: &Search,
        cursor: Option<Cursor>,
        at: u64,
        wanted: usize,
    ) -> Result<(Vec<Candidate>, Option<String>)> {
        let mut found: Vec<(Vec<Key>, Candidate)> = Vec::new();
        let mut rows = HashSet::new();
        self.stream(plan, None, false, &mut |mut candidate| {
            if !rows.insert(candidate.rid) {
                return Ok(true);
            }
            if rows.len() > SORT_ROWS_MAX {
                return Err(Error::too_costly(format!(
                    "more than {SORT_ROWS_MAX} resources would have to be sorted; add a criterion that finds fewer"
                )));
            }
            let keys = self.sort_keys(search, &mut candidate)?;
            found.push((keys, candidate));
            Ok(true)
        })?;
        let directions: Vec<bool> = match search.sort.as_slice() {
            [] => vec![true],
            sorts => sorts.iter().map(|sort| sort.descending).collect(),
        };
        let compare = |a: (&[Key], i64), b: (&[Key], i64)| {
            let pairs = a.0.iter().zip(b.0).zip(&directions);
            let by_keys = pairs.map(|((a, b), &descending)| a.compare(b, descending)).find(|order| order.is_ne());
            by_keys.unwrap_or_else(|| b.1.cmp(&a.1))
        };
        if let Some(cursor) = &cursor {
            found.retain(|(keys, candidate)| compare((keys, candidate.rid), (&cursor.keys, cursor.rid)).is_gt());
        }
        found.sort_by(|a, b| compare((&a.0, a.1.rid), (&b.0, b.1.rid)));
        let more = found.len() > wanted;
        found.truncate(wanted);
        let next = found.last().filter(|_| more).map(|(keys, last)| {
            Cursor { at, way: Way::Collected, keys: keys.clone(), rid: last.rid, mark: mark(search) }.text()
        });
        Ok((found.into_iter().map(|(_, candidate)| candidate).collect(), next))
    }

    fn sort_keys(&self, search: &Search, candidate: &mut Candidate) -> Result<Vec<Key>> {
        if search.sort.is_empty() {
            return Ok(vec![Key::Int(candidate.date)]);
        }
        let mut keys = Vec::with_capacity(search.sort.len());
        for sort in &search.sort {
            keys.push(match &sort.by {
                SortBy::Id => Key::Text(candidate.id.clone()),
                SortBy::LastUpdated => Key::Int(candidate.position),
                SortBy::Paths(paths) => {
                    if candidate.stored.is_none() {
                        let stored = version_at(
                            self.connection,
                            self.shared,
                            candidate.position,
                            self.compiled.type_,
                            &candidate.id,
                        )?;
                        candidate.stored = stored.map(Box::new);
                    }
                    let Some(stored) = &candidate.stored else { return Err(Error::fault("a version is not there")) };
                    let values = fhir::index::extract_paths(&stored.resource()?, paths, &self.shared.zone);
                    let keys = values.iter().filter_map(|value| key_of(&value.value));
                    let first = keys.min_by(|a, b| a.compare(b, sort.descending));
                    first.unwrap_or(Key::Missing)
                }
            });
        }
        Ok(keys)
    }
}

/// What a value is sorted by.
fn key_of(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Text(text) => Key::Text(text.clone()),
        Value::Identifier { value, .. } => Key::Text(value.clone()),
        Value::Token { code, texts, .. } if code.is_empty() => Key::Text(texts.first()?.clone()),
        Value::Token { code, .. } => Key::Text(code.clone()),
        Value::Uri { uri, .. } => Key::Text(uri.clone()),
        Value::Date { start, .. } => Key::Int(crate::prepare::bounded(*start)),
        Value::Number { low, .. } | Value::Quantity { low, .. } => Key::Real(*low),
        Value::Reference(fhir::index::Target::Local { id, .. }) => Key::Text(id.clone()),
        Value::Reference(fhir::index::Target::Url(url)) => Key::Text(url.clone()),
    })
}

/// What a plan's filters leave to the body.
struct Checks<'a> {
    every: Vec<&'a Check>,
    odd: Vec<&'a Check>,
}

/// Several ordered statements as one.
struct Merge<'s> {
    rows: Vec<Rows<'s>>,
    heads: Vec<Option<Candidate>>,
    shared: &'s Shared,
    type_: TypeId,
    descending: bool,
}

type Bound<'c> = (CachedStatement<'c>, Vec<rusqlite::types::Value>);

impl<'s> Merge<'s> {
    fn new(statements: &'s mut [Bound<'_>], shared: &'s Shared, type_: TypeId, descending: bool) -> Result<Merge<'s>> {
        let mut rows = Vec::with_capacity(statements.len());
        for (statement, binds) in statements {
            rows.push(statement.query(params_from_iter(binds.iter())).map_err(fault)?);
        }
        let mut merge = Merge { heads: Vec::with_capacity(rows.len()), rows, shared, type_, descending };
        for nth in 0..merge.rows.len() {
            let head = merge.read(nth)?;
            merge.heads.push(head);
        }
        Ok(merge)
    }

    fn next(&mut self) -> Result<Option<Candidate>> {
        let mut first: Option<usize> = None;
        for (nth, head) in self.heads.iter().enumerate() {
            let Some(head) = head else { continue };
            let before = |other: usize| match &self.heads[other] {
                Some(other) => self.compare(head, other).is_lt(),
                None => true,
            };
            if first.is_none_or(before) {
                first = Some(nth);
            }
        }
        let Some(nth) = first else { return Ok(None) };
        let next = self.read(nth)?;
        Ok(std::mem::replace(&mut self.heads[nth], next))
    }

    fn compare(&self, a: &Candidate, b: &Candidate) -> Ordering {
        let by_row = if self.descending { b.rid.cmp(&a.rid) } else { a.rid.cmp(&b.rid) };
        a.key.compare(&b.key, self.descending).then(by_row)
    }

    fn read(&mut self, nth: usize) -> Result<Option<Candidate>> {
        match self.rows[nth].next().map_err(fault)? {
            Some(row) => candidate(self.shared, self.type_, row).map(Some).map_err(fault),
            None => Ok(None),
        }
    }
}

fn candidate(shared: &Shared, type_: TypeId, row: &Row<'_>) -> rusqlite::Result<Candidate> {
    let key = match row.get_ref(0)? {
        ValueRef::Integer(number) => Key::Int(number),
        ValueRef::Real(number) => Key::Real(number),
        ValueRef::Text(text) => Key::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Blob(_) => Key::Missing,
    };
    let rid = row.get(1)?;
    Ok(Candidate {
        key,
        rid,
        position: row.get(2)?,
        patient: row.get(3)?,
        date: row.get(4)?,
        id: id_of(shared, rid, type_, row.get(5)?),
        odd: row.get(6)?,
        stored: None,
    })
}
