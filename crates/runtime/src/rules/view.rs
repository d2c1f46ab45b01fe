//! Rules as the API shows them.

use super::decide::is_own;
use super::ledger::{By, Entry, Ledger, State};
use super::model::{Days, Place, Row, RuleColumn, RuleTable, Scope, Value, ValueKind};
use super::propose::{table_named, target_of, waits};
use super::reach::{Reach, place_in, place_of, reach, reach_of_files};
use super::table::{Rules, Table};
use crate::program::Env;
use base::zone::{day_named, day_text, instant_text};
use base::{Cx, Error, Kind, Millis, Result, Role};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Rows and proposals of a page.
pub const PAGE_ROWS_DEFAULT: usize = 100;
pub const PAGE_ROWS_MAX: usize = 500;
/// Characters that are typed to find something.
const TEXT_CHARS_MAX: usize = 200;

/// Which rows of a table are asked for.
#[derive(Clone, Debug, Default)]
pub struct RowsQuery {
    /// Rows that hold on this day; every row without it.
    pub on: Option<String>,
    /// The place at which one row a key holds; only with `on`.
    pub district: Option<String>,
    pub institution: Option<String>,
    /// `city`, `district:339901` …: rows of this scope.
    pub scope: Option<String>,
    pub text: Option<String>,
    /// As recorded at this instant.
    pub known: Option<Millis>,
    pub offset: usize,
    pub count: Option<usize>,
}

/// Which proposals are asked for.
#[derive(Clone, Debug, Default)]
pub struct ProposalsQuery {
    pub table: Option<String>,
    /// Decided ones, the last first, instead of those that wait.
    pub decided: bool,
    pub offset: usize,
    pub count: Option<usize>,
}

/// Who reads the rules: all who see the record's open types, as rules are published.
pub fn may_read(cx: &Cx) -> Result<()> {
    match cx.who.role {
        Role::Integration | Role::Officer | Role::Clinician => Ok(()),
        role => Err(Error::forbidden(format!("an account of role `{}` does not read rules", role.name()))),
    }
}

/// Every table, and what the caller may change.
pub fn tables(cx: &Cx, env: &Env, ledger: &Ledger) -> Result<Json> {
    may_read(cx)?;
    let entries = ledger.entries(&env.store)?;
    let (reach, files) = (if_any(reach(cx, &env.store))?, if_any(reach_of_files(cx, &env.store))?);
    let each = ledger.tables().iter().map(|table| {
        let of_it = || entries.values().filter(|entry| entry.table == table.name);
        let (rows, waiting) =
            (of_it().filter(|entry| entry.is_in_force()).count(), of_it().filter(|entry| waits(entry)).count());
        json!({
            "name": table.name, "title": table.title.json(), "about": table.about.json(), "rows": rows,
            "waiting": waiting, "dry_run": table.dry_run.is_some(),
            "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
        })
    });
    let (today, _) = env.site.zone.day_and_minute(cx.now());
    Ok(json!({
        "tables": each.collect::<Vec<_>>(), "reach": reach.as_ref().map(reach_json), "files": files.is_some(),
        "today": day_text(today),
    }))
}

/// A page of the rows of a table.
pub fn rows(cx: &Cx, env: &Env, ledger: &Ledger, table: &str, query: &RowsQuery) -> Result<Json> {
    may_read(cx)?;
    let table = table_named(ledger, table)?;
    let rules = match query.known {
        Some(at) => ledger.as_known(&env.store, at)?,
        None => ledger.rules(&env.store)?,
    };
    let found = chosen(env, &rules, table, query)?;
    let (offset, count) = page(query.offset, query.count)?;
    let total = found.len();
    let mut names = Names::default();
    let rows: Result<Vec<Json>> = found
        .into_iter()
        .skip(offset)
        .take(count)
        .map(|found| {
            let mut shown = row(table, found);
            shown["scope"]["name"] = json!(names.of(env, &found.scope)?);
            Ok(shown)
        })
        .collect();
    Ok(json!({ "rows": rows?, "total": total, "offset": offset }))
}

fn chosen<'a>(env: &Env, rules: &'a Rules, table: &RuleTable, query: &RowsQuery) -> Result<Vec<&'a Row>> {
    let in_memory = rules.table(table.name)?;
    let day = query.on.as_deref().map(day).transpose()?;
    let place = match (&query.institution, &query.district) {
        (Some(id), _) => Some(place_of(&env.store, id)?),
        (None, Some(code)) => Some(Place { district: Some(code.clone()), institution: None }),
        (None, None) => None,
    };
    let mut found: Vec<&Row> = match (day, place) {
        (Some(day), Some(place)) => in_memory.on_days(&all_on(day), &place),
        (Some(day), None) => in_memory.rows().filter(|row| row.holds_on(&all_on(day))).collect(),
        (None, None) => in_memory.rows().collect(),
        (None, Some(_)) => return Err(Error::invalid("a place is asked for with a day: give `on`, too")),
    };
    if let Some(scope) = &query.scope {
        found.retain(|row| row.scope.to_string() == *scope || row.scope.level() == scope);
    }
    if let Some(text) = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(Error::invalid(format!("`q` has at most {TEXT_CHARS_MAX} characters")));
        }
        let wanted = text.to_lowercase();
        found.retain(|row| {
            row.source.to_lowercase().contains(&wanted)
                || row.values.values().any(|value| value.cell().to_lowercase().contains(&wanted))
        });
    }
    Ok(found)
}

/// One rule with its history and the others of its key.
pub fn one(cx: &Cx, env: &Env, ledger: &Ledger, id: &str) -> Result<Json> {
    may_read(cx)?;
    let entries = ledger.entries(&env.store)?;
    let entry = entries.get(id).ok_or_else(|| Error::not_found(format!("there is no rule `{id}`")))?;
    let table = table_named(ledger, &entry.table)?;
    let mut names = Names::default();
    let mut shown = entry_json(cx, env, table, entry, &mut names)?;
    let history = ledger.history(&env.store, id)?;
    let history: Result<Vec<Json>> = history
        .iter()
        .rev()
        .map(|(at, entry)| match entry {
            Some(entry) => entry_json(cx, env, table, entry, &mut names),
            None => Ok(json!({ "state": "deleted", "recorded": instant_text(*at) })),
        })
        .collect();
    shown["history"] = json!(history?);
    let rules = ledger.rules(&env.store)?;
    let beside = rules.table(table.name)?;
    let others: Result<Vec<Json>> = beside
        .rows_of(&table.key_of(&entry.row))
        .filter(|other| other.id != id)
        .map(|other| {
            let mut shown = row(table, other);
            shown["scope"]["name"] = json!(names.of(env, &other.scope)?);
            Ok(shown)
        })
        .collect();
    shown["beside"] = json!(others?);
    let of_it = entries.values().filter(|entry| target_of(entry).is_some_and(|target| target == id));
    let waiting = of_it.filter(|entry| waits(entry)).map(|entry| json!(entry.row.id));
    shown["waiting"] = waiting.collect();
    Ok(shown)
}

/// A page of proposals: those that wait, the first proposed first, or those that were decided, the last first.
pub fn proposals(cx: &Cx, env: &Env, ledger: &Ledger, query: &ProposalsQuery) -> Result<Json> {
    may_read(cx)?;
    let entries = ledger.entries(&env.store)?;
    let rules = ledger.rules(&env.store)?;
    let (reach, files) = (if_any(reach(cx, &env.store))?, if_any(reach_of_files(cx, &env.store))?);
    let covers =
        |reach: Option<&Reach>, scope: &Scope| reach.map_or(Ok(false), |reach| reach.covers(&env.store, scope));
    let wanted = |entry: &Entry| {
        entry.proposal.is_some()
            && waits(entry) != query.decided
            && query.table.as_ref().is_none_or(|table| *table == entry.table)
    };
    let mut found: Vec<&Entry> = entries.values().map(AsRef::as_ref).filter(|entry| wanted(entry)).collect();
    found.sort_by_key(|entry| (entry.row.recorded, entry.table.clone(), entry.row.id.clone()));
    if query.decided {
        found.reverse();
    }
    let (offset, count) = page(query.offset, query.count)?;
    let total = found.len();
    let mut names = Names::default();
    let mut shown = Vec::new();
    for entry in found.into_iter().skip(offset).take(count) {
        let table = table_named(ledger, &entry.table)?;
        let mut json = entry_json(cx, env, table, entry, &mut names)?;
        let before = target_of(entry).and_then(|target| entries.get(target)).filter(|target| target.is_in_force());
        let before = match before {
            Some(target) => Some(row(table, &target.row)),
            None => stands_now(env, rules.table(table.name)?, &entry.row)?,
        };
        json["before"] = json!(before);
        let scope = &entry.row.scope;
        let (decides, sends) = (covers(reach.as_ref(), scope)?, covers(files.as_ref(), scope)?);
        json["may_decide"] = json!(decides && waits(entry) && !is_own(cx, entry));
        json["may_withdraw"] = json!(sends && waits(entry) && is_own(cx, entry));
        shown.push(json);
    }
    Ok(json!({ "proposals": shown, "total": total, "offset": offset }))
}

/// What a new row would stand before: the rule that holds in its scope on its first day, of whatever scope that is.
fn stands_now(env: &Env, table: &Table, wanted: &Row) -> Result<Option<Json>> {
    let place = place_in(env, &wanted.scope)?;
    let found = table.first_of(&table.table.key_of(wanted), &all_on(wanted.from), &place);
    Ok(found.map(|found| row(table.table, found)))
}

/// A row by itself.
pub fn row(table: &RuleTable, row: &Row) -> Json {
    let values: Map<String, Json> = table
        .columns
        .iter()
        .filter_map(|column| Some((column.key.to_owned(), value(row.values.get(column.key)?))))
        .collect();
    let key: Vec<String> = table.key_columns().filter_map(|column| Some(row.values.get(column.key)?.cell())).collect();
    json!({
        "id": row.id, "table": table.name, "version": row.version, "key": key,
        "scope": { "level": row.scope.level(), "code": row.scope.code(), "text": row.scope.to_string() },
        "from": day_text(row.from), "to": row.to.map(day_text), "applies_by": row.applies_by.name(),
        "source": row.source, "sure": row.sure.name(), "shipped": row.shipped, "lifted": row.lifted, "values": values,
    })
}

fn entry_json(cx: &Cx, env: &Env, table: &RuleTable, entry: &Entry, names: &mut Names) -> Result<Json> {
    let mut shown = row(table, &entry.row);
    shown["scope"]["name"] = json!(names.of(env, &entry.row.scope)?);
    shown["state"] = json!(match entry.state {
        State::Draft => "waiting",
        State::Active => "active",
        State::Retired => "retired",
    });
    shown["recorded"] = json!(instant_text(entry.row.recorded));
    shown["proposed"] = json!(entry.proposed.as_ref().map(by));
    shown["approved"] = json!(entry.approved.as_ref().map(by));
    shown["reason"] = json!(entry.reason);
    shown["proposal"] = match &entry.proposal {
        None => Json::Null,
        Some(proposal) => json!({
            "target": proposal.target, "base": proposal.base, "takes_back": proposal.takes_back, "mine": is_own(cx, entry),
            "outcome": proposal.outcome.as_ref().map(|outcome| json!({
                "decision": outcome.end.name(), "by": by(&outcome.by), "reason": outcome.reason,
            })),
        }),
    };
    Ok(shown)
}

fn value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Texts(texts) => json!(texts),
        Value::Integer(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Date(day) => json!(day_text(*day)),
    }
}

fn by(by: &By) -> Json {
    json!({ "name": by.name, "at": instant_text(by.at) })
}

fn column(column: &RuleColumn) -> Json {
    let (kind, codes) = match column.kind {
        ValueKind::Text => ("text", None),
        ValueKind::Code(codes) => ("code", Some(codes)),
        ValueKind::Texts => ("texts", None),
        ValueKind::Integer => ("integer", None),
        ValueKind::Flag => ("flag", None),
        ValueKind::Date => ("date", None),
    };
    json!({
        "key": column.key, "title": column.title.json(), "kind": kind, "codes": codes, "required": column.required,
        "is_key": column.is_key, "unit": column.unit,
    })
}

fn reach_json(reach: &Reach) -> Json {
    match reach {
        Reach::City => json!({ "level": "city", "code": null }),
        Reach::District(code) => json!({ "level": "district", "code": code }),
        Reach::Institution(id) => json!({ "level": "institution", "code": id }),
    }
}

/// How far a say reaches; none for who has none.
fn if_any(reach: Result<Reach>) -> Result<Option<Reach>> {
    match reach {
        Ok(reach) => Ok(Some(reach)),
        Err(error) if error.kind == Kind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same day for whatever a row goes by.
fn all_on(day: i32) -> Days {
    Days { event: day, decision: day, birth: Some(day) }
}

fn day(text: &str) -> Result<i32> {
    let wrong = || Error::invalid(format!("`{text}` is no day; write it as 2026-11-22"));
    day_named(text).ok_or_else(wrong)
}

fn page(offset: usize, count: Option<usize>) -> Result<(usize, usize)> {
    let count = count.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=PAGE_ROWS_MAX).contains(&count) {
        return Err(Error::invalid(format!("`count` is a number from 1 to {PAGE_ROWS_MAX}")));
    }
    Ok((offset, count))
}

/// Names of institutions that scopes name, each read once.
#[derive(Default)]
struct Names(BTreeMap<String, Option<String>>);

impl Names {
    fn of(&mut self, env: &Env, scope: &Scope) -> Result<Option<String>> {
        let Scope::Institution(id) = scope else { return Ok(None) };
        if let Some(name) = self.0.get(id) {
            return Ok(name.clone());
        }
        let name = super::reach::name_of(&env.store, id)?;
        self.0.insert(id.clone(), name.clone());
        Ok(name)
    }
}
