//! Runs a plan: gives its candidates in their order, forwards or backwards, from a place on.

use super::super::fault;
use super::super::read::id_of;
use super::ask::Ask;
use super::check::Check;
use super::compile::Compiled;
use super::cursor::{From, Key, Place};
use super::plan::{First, Group, Plan, Stage};
use super::probe::{Order, Source};
use super::sql::Sql;
use crate::model::{Op, Stored};
use base::{Millis, Result};
use fhir::Resource;
use fhir::definitions::{TypeId, r4};
use fhir::index::Value;
use fhir::search::ValueTest;
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Row, Rows, params_from_iter};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// A row that may be shown.
#[derive(Debug)]
pub struct Candidate {
    pub stage: usize,
    pub key: Key,
    pub sub: i64,
    pub rid: i64,
    pub position: i64,
    pub patient: Option<i64>,
    pub date: i64,
    /// The main date does not find all its periods (`Head::ODD`).
    pub odd: bool,
    /// The client's own id.
    pub named: Option<String>,
    /// Its content as it stands in the row, where the statement brought it.
    pub packed: Option<Box<Packed>>,
    /// The same unpacked, where it had to be read already.
    pub stored: Option<Box<Stored>>,
    pub resource: Option<Box<Resource>>,
}

/// A current version as the row of its resource holds it.
#[derive(Debug)]
pub struct Packed {
    pub version: u32,
    pub op: Op,
    pub updated: Millis,
    pub dictionary: i64,
    pub body: Box<[u8]>,
}

impl Candidate {
    pub fn id(&self, ask: &Ask<'_>, type_: TypeId) -> String {
        id_of(ask.shared, self.rid, type_, self.named.clone())
    }

    /// Lets go of what was unpacked to look at it, and of what is large: many candidates may be kept before it is known
    /// which are shown, and those are read again.
    pub fn fold(&mut self) {
        (self.stored, self.resource) = (None, None);
        self.packed = self.packed.take().filter(|packed| packed.body.len() <= KEPT_BYTES_MAX);
    }
}

/// Bytes of a packed body up to which a candidate that is kept keeps it.
const KEPT_BYTES_MAX: usize = 2_048;
/// Sources merged at once, each with a statement of its own; more are read one after the other.
const MERGE_MAX: usize = 16;

pub struct Run<'a> {
    ask: &'a Ask<'a>,
    compiled: &'a Compiled,
    plan: &'a Plan<'a>,
    /// The position that the first page showed; nothing created later is shown.
    at: Option<u64>,
    checks: Vec<&'a Check>,
    /// What odd rows are checked for besides.
    odd_checks: Vec<&'a Check>,
    /// Candidates come with their content.
    with_bodies: bool,
}

/// One walk over a group.
struct Walk<'w> {
    nth: usize,
    stage: &'w Stage,
    group: &'w Group,
    beyond: Option<&'w Place>,
    descending: bool,
    /// Rows may have been shown on pages before, at an earlier place.
    first_alone: bool,
}

impl<'a> Run<'a> {
    pub fn new(ask: &'a Ask<'a>, compiled: &'a Compiled, plan: &'a Plan<'a>, at: Option<u64>) -> Run<'a> {
        let (mut checks, mut odd_checks) = (Vec::new(), Vec::new());
        for part in &compiled.parts {
            let drives = plan.driver.is_some_and(|driver| std::ptr::eq(driver, part));
            match (drives && part.sources_exact) || part.filter_exact {
                false => checks.push(&part.check),
                true if part.odd && !(drives && part.sources_exact) => odd_checks.push(&part.check),
                true => {}
            }
        }
        Run { ask, compiled, plan, at, checks, odd_checks, with_bodies: false }
    }

    /// The same for candidates that are shown: their content comes with them, because it stands in the same row. Where rows
    /// are only counted or sorted nobody copies it.
    pub fn with_bodies(self) -> Run<'a> {
        Run { with_bodies: true, ..self }
    }

    /// Whether the database alone decides.
    pub fn is_exact(&self) -> bool {
        self.checks.is_empty() && self.odd_checks.is_empty()
    }

    /// Gives candidates in their order to `each` until it says no. `wanted` is how many it will take at most: long lists
    /// of sources are read for that many. A resource with several rows may come more than once on a first page.
    pub fn rows(&self, from: &From, wanted: usize, each: &mut dyn FnMut(Candidate) -> Result<bool>) -> Result<()> {
        if self.compiled.finds_nothing() {
            return Ok(());
        }
        let backward = from.backward();
        let place = from.place();
        let stages = self.plan.stages.len();
        for step in 0..stages {
            let nth = if backward { stages - 1 - step } else { step };
            let stage = &self.plan.stages[nth];
            let place = match place {
                Some(place) if (backward && nth > place.stage) || (!backward && nth < place.stage) => continue,
                place => place.filter(|place| place.stage == nth),
            };
            let descending = stage.descending != backward;
            let first_alone = !matches!(self.plan.first, First::Once) && nth == 0 && *from != From::Start;
            for step in 0..stage.groups.len() {
                let group = &stage.groups[if backward { stage.groups.len() - 1 - step } else { step }];
                let beyond = match (place, &group.key) {
                    (Some(place), Some(key)) => match self.group_order(stage, key, place) {
                        Ordering::Equal => Some(place),
                        order if (order == Ordering::Less) != backward => continue,
                        _ => None,
                    },
                    (place, _) => place,
                };
                let walk = Walk { nth, stage, group, beyond, descending, first_alone };
                self.ask.cx.go_on()?;
                let more = match group.sources.len() <= MERGE_MAX {
                    true => self.merged(&walk, each)?,
                    false => self.gathered(&walk, wanted, each)?,
                };
                if !more {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Where a group stands beside a place, in the order of the groups.
    fn group_order(&self, stage: &Stage, key: &Key, place: &Place) -> Ordering {
        let Some(of) = place.keys.first() else { return Ordering::Equal };
        let mut keys = stage.groups.iter().filter_map(|group| group.key.as_ref());
        let descending = match (keys.next(), stage.groups.last().and_then(|group| group.key.as_ref())) {
            (Some(first), Some(last)) => first.compare(last, false).is_gt(),
            _ => false,
        };
        key.compare(of, descending)
    }

    /// The candidates of some sources, merged; whether more are wanted.
    fn merged(&self, walk: &Walk<'_>, each: &mut dyn FnMut(Candidate) -> Result<bool>) -> Result<bool> {
        let mut statements = Vec::with_capacity(walk.group.sources.len());
        for (nth, source) in walk.group.sources.iter().enumerate() {
            let mut sql = self.statement(walk, source);
            // Statements that are open together stay prepared only where their texts differ.
            if nth > 0 {
                sql.push(&format!(" -- {nth}"));
            }
            statements.push((self.ask.connection.prepare_cached(&sql.text).map_err(fault)?, sql.binds));
        }
        let mut merge = Merge::new(&mut statements, walk)?;
        while let Some(candidate) = merge.next()? {
            self.ask.looked()?;
            if let Some(candidate) = self.passing(walk, candidate)?
                && !each(candidate)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first `wanted` candidates of many sources, read one after the other: each is left as soon as its rows come
    /// behind the worst of those kept.
    fn gathered(
        &self,
        walk: &Walk<'_>,
        wanted: usize,
        each: &mut dyn FnMut(Candidate) -> Result<bool>,
    ) -> Result<bool> {
        if wanted == usize::MAX {
            return self.in_turn(walk, each);
        }
        let mut kept: BTreeMap<Rank, Candidate> = BTreeMap::new();
        let mut ranks: HashMap<i64, Rank> = HashMap::new();
        for source in &walk.group.sources {
            let sql = self.statement(walk, source);
            let mut statement = self.ask.connection.prepare_cached(&sql.text).map_err(fault)?;
            let mut rows = statement.query(params_from_iter(sql.binds.iter())).map_err(fault)?;
            while let Some(row) = rows.next().map_err(fault)? {
                let candidate = candidate(row, walk.nth).map_err(fault)?;
                self.ask.looked()?;
                let rank = Rank::of(&candidate, walk.descending);
                if kept.len() >= wanted && kept.last_key_value().is_some_and(|(worst, _)| *worst <= rank) {
                    break;
                }
                if ranks.get(&candidate.rid).is_some_and(|there| *there <= rank) {
                    continue;
                }
                let Some(candidate) = self.passing(walk, candidate)? else { continue };
                if let Some(there) = ranks.insert(candidate.rid, rank.clone()) {
                    kept.remove(&there);
                }
                kept.insert(rank, candidate);
                if kept.len() > wanted
                    && let Some((_, worst)) = kept.pop_last()
                {
                    ranks.remove(&worst.rid);
                }
            }
            self.ask.cx.go_on()?;
        }
        for candidate in kept.into_values() {
            if !each(candidate)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Everything of many sources, in no order: for counts, inner searches and sorts.
    fn in_turn(&self, walk: &Walk<'_>, each: &mut dyn FnMut(Candidate) -> Result<bool>) -> Result<bool> {
        for source in &walk.group.sources {
            let one = Group { key: walk.group.key.clone(), sources: vec![source.clone()] };
            if !self.merged(&Walk { group: &one, ..*walk }, each)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn statement(&self, walk: &Walk<'_>, source: &Source) -> Sql {
        // Sources of several orders are collected by date.
        let key = if source.order == walk.stage.order { source.order.column() } else { "r.date" };
        let sub = if source.order == Order::Text { "t.system" } else { "0" };
        // Bodies must not go through a sort of the database, which these orders may need.
        let body = match self.with_bodies && source.order == walk.stage.order && source.order != Order::Row {
            true => ", r.number, r.op, r.at, r.dictionary, r.body",
            false => "",
        };
        let mut sql = Sql::new(format!(
            "SELECT {key}, {sub}, t.rid, r.position, r.patient, r.date, r.present_more < 0, r.id{body} FROM {} \
             CROSS JOIN resource r ON r.rid = t.rid WHERE ",
            source.from()
        ));
        sql.append(&source.condition);
        sql.append(&Sql::new(" AND r.type = ? AND r.deleted = 0").bind(i64::from(self.compiled.type_.0)));
        let beyond = if walk.descending { "<" } else { ">" };
        if let Some(place) = walk.beyond {
            let keyed = walk.group.key.is_some();
            match source.order {
                Order::Text => sql.push(&format!(" AND (t.value, t.system, t.rid) {beyond} (?, ?, ?)")),
                _ => sql.push(&format!(" AND ({key}, t.rid) {beyond} (?, ?)")),
            }
            sql.binds.push(match place.keys.first() {
                _ if keyed => place.sub.into(),
                Some(Key::Int(number)) => (*number).into(),
                Some(Key::Real(number)) => (*number).into(),
                Some(Key::Text(text)) => text.clone().into(),
                Some(Key::Missing) | None => 0.into(),
            });
            if source.order == Order::Text {
                sql.binds.push(place.sub.into());
            }
            sql.binds.push(place.rid.into());
        }
        let conditions = self.conditions(walk.stage, source);
        sql.append(&conditions);
        let direction = if walk.descending { "DESC" } else { "ASC" };
        let middle = if source.order == Order::Text { format!("t.system {direction}, ") } else { String::new() };
        sql.push(&format!(" ORDER BY {key} {direction}, {middle}t.rid {direction}"));
        sql
    }

    /// What besides the range must hold, each piece beginning with ` AND `.
    pub fn conditions(&self, stage: &Stage, source: &Source) -> Sql {
        let mut sql = Sql::default();
        if source.order == Order::Position {
            sql.push(" AND t.position = r.position");
        }
        if let Some(at) = self.at {
            let created =
                "(r.position <= ? OR (SELECT o.position FROM older o WHERE o.rid = r.rid AND o.number = 1) <= ?)";
            sql.and(&Sql::new(created).bind(at as i64).bind(at as i64));
        }
        stage.only.iter().chain(&source.also).for_each(|only| sql.and(only));
        // What is cheap and narrow comes first: the database keeps the order.
        self.compiled.seen.iter().for_each(|seen| sql.and(seen));
        for part in &self.compiled.parts {
            let drives = self.plan.driver.is_some_and(|driver| std::ptr::eq(driver, part));
            if let Some(filter) = part.filter.as_ref().filter(|_| !(drives && part.sources_exact)) {
                sql.and(filter);
            }
        }
        sql.renamed(&self.names(source))
    }

    /// Columns of the resource that stand in the index row as well: what needs no others is decided before the
    /// resource is sought.
    fn names(&self, source: &Source) -> Vec<(&'static str, &'static str)> {
        let mut names = vec![("r.rid", "t.rid")];
        let dated = matches!(source.table, "token" | "reference") || source.table.starts_with("resource");
        if r4().main_date_path(self.compiled.type_).is_none() {
            names.push(("r.date", "0"));
        } else if dated {
            names.push(("r.date", "t.date"));
        }
        if self.compiled.type_ == self.ask.shared.patient {
            names.push(("r.patient", "t.rid"));
        } else if source.table == "token" {
            names.push(("r.patient", "t.patient"));
        }
        names
    }

    fn passing(&self, walk: &Walk<'_>, mut candidate: Candidate) -> Result<Option<Candidate>> {
        let type_ = self.compiled.type_;
        for check in &self.checks {
            if !check.passes(self.ask, type_, &mut candidate)? {
                return Ok(None);
            }
        }
        if candidate.odd {
            for check in &self.odd_checks {
                if !check.passes(self.ask, type_, &mut candidate)? {
                    return Ok(None);
                }
            }
        }
        if walk.first_alone && !self.is_first(walk, &mut candidate)? {
            return Ok(None);
        }
        if let Some(key) = &walk.group.key {
            candidate.sub = candidate.date_key();
            candidate.key = key.clone();
        }
        Ok(Some(candidate))
    }

    /// Whether this is the first of the resource's rows in the order: each is shown once, also across pages.
    fn is_first(&self, walk: &Walk<'_>, candidate: &mut Candidate) -> Result<bool> {
        let here = walk.group.key.clone().unwrap_or_else(|| candidate.key.clone());
        let order_descending = match &walk.group.key {
            Some(_) => {
                let keys = |group: Option<&Group>| group.and_then(|group| group.key.clone());
                let (first, last) = (keys(walk.stage.groups.first()), keys(walk.stage.groups.last()));
                first.zip(last).is_some_and(|(first, last)| first.compare(&last, false).is_gt())
            }
            None => walk.stage.descending,
        };
        let earlier =
            |value: &Value| key_of(value).is_some_and(|key| key.compare(&here, order_descending) == Ordering::Less);
        let zone = &self.ask.shared.zone;
        let resource = candidate.resource(self.ask, self.compiled.type_)?;
        let under = |paths: &[_]| {
            let values = fhir::index::extract_paths(resource, paths, zone);
            values.iter().any(|value| earlier(&value.value))
        };
        Ok(match &self.plan.first {
            First::Once => true,
            First::Sorted(paths) => !under(paths),
            First::Of(matches, paths) => {
                let passes = |one: &fhir::search::Match| {
                    let values = fhir::index::extract_paths(resource, &[one.path], zone);
                    values.iter().any(|value| earlier(&value.value) && is_in_sources(&value.value, &one.test))
                };
                !matches.iter().any(passes) && (paths.is_empty() || !under(paths))
            }
        })
    }
}

impl Candidate {
    fn date_key(&self) -> i64 {
        match self.key {
            Key::Int(date) => date,
            _ => self.date,
        }
    }
}

/// Whether the sources of a test hold the row of a value, also where only the body tells whether it matches.
fn is_in_sources(value: &Value, test: &ValueTest) -> bool {
    match (value, test) {
        (Value::Text(text), ValueTest::Spelled { start, .. }) => text.starts_with(start.as_str()),
        _ => fhir::index::value_matches(value, test),
    }
}

/// What a value is sorted by.
pub fn key_of(value: &Value) -> Option<Key> {
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

/// The place of a candidate in the order of a walk.
#[derive(Clone, PartialEq)]
struct Rank {
    key: Key,
    sub: i64,
    rid: i64,
    descending: bool,
}

impl Rank {
    fn of(candidate: &Candidate, descending: bool) -> Rank {
        Rank { key: candidate.key.clone(), sub: candidate.sub, rid: candidate.rid, descending }
    }
}

impl Eq for Rank {}

impl Ord for Rank {
    fn cmp(&self, other: &Rank) -> Ordering {
        let rest = (self.sub, self.rid).cmp(&(other.sub, other.rid));
        let rest = if self.descending { rest.reverse() } else { rest };
        self.key.compare(&other.key, self.descending).then(rest)
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Rank) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Several ordered statements as one.
struct Merge<'s> {
    rows: Vec<Rows<'s>>,
    heads: Vec<Option<(Rank, Candidate)>>,
    stage: usize,
    descending: bool,
}

type Bound<'c> = (CachedStatement<'c>, Vec<rusqlite::types::Value>);

impl<'s> Merge<'s> {
    fn new(statements: &'s mut [Bound<'_>], walk: &Walk<'_>) -> Result<Merge<'s>> {
        let mut rows = Vec::with_capacity(statements.len());
        for (statement, binds) in statements {
            rows.push(statement.query(params_from_iter(binds.iter())).map_err(fault)?);
        }
        let heads = Vec::with_capacity(rows.len());
        let mut merge = Merge { heads, rows, stage: walk.nth, descending: walk.descending };
        for nth in 0..merge.rows.len() {
            let head = merge.read(nth)?;
            merge.heads.push(head);
        }
        Ok(merge)
    }

    fn next(&mut self) -> Result<Option<Candidate>> {
        let heads = self.heads.iter().enumerate();
        let there = heads.filter_map(|(nth, head)| head.as_ref().map(|(rank, _)| (nth, rank)));
        let Some((nth, _)) = there.min_by(|a, b| a.1.cmp(b.1)) else { return Ok(None) };
        let next = self.read(nth)?;
        Ok(std::mem::replace(&mut self.heads[nth], next).map(|(_, candidate)| candidate))
    }

    fn read(&mut self, nth: usize) -> Result<Option<(Rank, Candidate)>> {
        let Some(row) = self.rows[nth].next().map_err(fault)? else { return Ok(None) };
        let candidate = candidate(row, self.stage).map_err(fault)?;
        Ok(Some((Rank::of(&candidate, self.descending), candidate)))
    }
}

fn candidate(row: &Row<'_>, stage: usize) -> rusqlite::Result<Candidate> {
    let key = match row.get_ref(0)? {
        ValueRef::Integer(number) => Key::Int(number),
        ValueRef::Real(number) => Key::Real(number),
        ValueRef::Text(text) => Key::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null | ValueRef::Blob(_) => Key::Missing,
    };
    Ok(Candidate {
        stage,
        key,
        sub: row.get(1)?,
        rid: row.get(2)?,
        position: row.get(3)?,
        patient: row.get(4)?,
        date: row.get(5)?,
        odd: row.get(6)?,
        named: row.get(7)?,
        packed: if row.as_ref().column_count() > HEAD_COLUMNS { packed(row)? } else { None },
        stored: None,
        resource: None,
    })
}

/// Columns of a candidate before those of its content.
const HEAD_COLUMNS: usize = 8;

fn packed(row: &Row<'_>) -> rusqlite::Result<Option<Box<Packed>>> {
    let Some(body) = row.get_ref(HEAD_COLUMNS + 4)?.as_blob_or_null()? else { return Ok(None) };
    Ok(Some(Box::new(Packed {
        version: row.get(HEAD_COLUMNS)?,
        op: Op::numbered(row.get(HEAD_COLUMNS + 1)?),
        updated: row.get(HEAD_COLUMNS + 2)?,
        dictionary: row.get(HEAD_COLUMNS + 3)?,
        body: body.into(),
    })))
}
