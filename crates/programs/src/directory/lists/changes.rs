//! What was changed in the directory, when and by whom, newest first.

use super::{KEEPERS, column, filter};
use crate::directory::read;
use crate::directory::service::reference;
use base::zone::instant_text;
use base::{Cx, Error, Millis, Result};
use fhir::{TypeId, r4};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use store::{HistoryOf, HistoryQuery, Op, Stored};

pub const LIST: List = List {
    name: "changes",
    title: Words { zh: "变更记录", en: "Changes" },
    roles: KEEPERS,
    columns: &[
        column("at", "时间", "When", ColumnKind::Instant, false),
        column("who", "操作者", "Who", ColumnKind::Text, false),
        column("action", "动作", "Action", ColumnKind::Tag, false),
        column("what", "对象", "What", ColumnKind::Reference, false),
        column("version", "版本", "Version", ColumnKind::Number, false),
        column("changes", "内容", "Changes", ColumnKind::Text, false),
    ],
    filters: &[filter("type", "资源", "Resource", None), filter("id", "编号", "Id", None)],
    searches: false,
    page,
};

/// Types whose changes are told; those that may hold persons have their own history.
const TYPES: [&str; 6] =
    ["Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole", "OrganizationAffiliation"];
/// What is not worth telling: it follows from something else, or is told elsewhere in the row.
const HIDDEN: [&str; 6] = ["id", "keys", "order", "district", "street", "posts"];

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let name = query.filter("type").unwrap_or("Organization");
    if !TYPES.contains(&name) {
        return Err(Error::invalid(format!("changes of `{name}` are not listed; use one of: {}", TYPES.join(", "))));
    }
    let type_ = type_named(name)?;
    let (at_position, before) = query.page.as_deref().map(mark).transpose()?.unzip();
    let of = match query.filter("id") {
        None => HistoryOf::Type(type_),
        Some(id) => HistoryOf::Resource(type_, id.to_owned()),
    };
    let page = env.store.history(cx, &HistoryQuery { of, count: query.count, since: None, at_position, before })?;
    let accounts = env.store.accounts()?.into_iter();
    let names: HashMap<i64, String> = accounts.map(|account| (account.number, account.name)).collect();
    let mut writers = Writers { env, names: &names, known: HashMap::new() };
    let rows = page.entries.iter().map(|entry| row(cx, env, &mut writers, entry)).collect::<Result<Vec<_>>>()?;
    let next = page.next.map(|(at, before)| format!("{at}.{before}"));
    Ok(ListPage { rows, next, total: None })
}

fn mark(token: &str) -> Result<(u64, u64)> {
    let parts = token.split_once('.').and_then(|(at, before)| Some((at.parse().ok()?, before.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("`page` is not the `next` of an answer to this list; start again without it"))
}

fn row(cx: &Cx, env: &Env, writers: &mut Writers<'_>, entry: &Stored) -> Result<Value> {
    let type_name = r4().type_name(entry.type_);
    let before = match entry.version {
        0 | 1 => None,
        version => env.store.read_version(cx, entry.type_, &entry.id, version - 1)?.filter(|was| was.op != Op::Delete),
    };
    let was = before.as_ref().map(said).transpose()?.unwrap_or_default();
    let is = if entry.op == Op::Delete { Map::new() } else { said(entry)? };
    let name = [&is, &was].iter().find_map(|said| said.get("name")?.as_str()).filter(|name| !name.is_empty());
    let changes = match entry.op {
        Op::Update => told(&was, &is),
        Op::Create | Op::Delete => String::new(),
    };
    Ok(json!({
        "id": entry.id, "at": instant_text(entry.updated), "who": writers.of(entry)?, "action": action(entry.op),
        "what": reference(type_name, &entry.id, name.unwrap_or(&entry.id)), "version": entry.version,
        "changes": changes,
    }))
}

/// Who changed what, looked up once for each instant of a page: a load commits thousands of resources at one instant, and
/// all its pages of the audit are read to tell who did it.
struct Writers<'a> {
    env: &'a Env,
    names: &'a HashMap<i64, String>,
    known: HashMap<(TypeId, Millis), String>,
}

impl Writers<'_> {
    /// The accounts whose commit of that instant changed such a resource; usually one.
    fn of(&mut self, entry: &Stored) -> Result<String> {
        if let Some(known) = self.known.get(&(entry.type_, entry.updated)) {
            return Ok(known.clone());
        }
        let name = |account: i64| match (self.names.get(&account), account) {
            (Some(name), _) => name.clone(),
            (None, 0) => "platform".to_owned(),
            (None, number) => format!("account {number}"),
        };
        let accounts = self.env.store.writers(entry.type_, entry.updated)?;
        let told = accounts.into_iter().map(name).collect::<Vec<_>>().join("、");
        self.known.insert((entry.type_, entry.updated), told.clone());
        Ok(told)
    }
}

fn action(op: Op) -> Value {
    match op {
        Op::Create => json!({ "code": "create", "zh": "新增", "en": "Created" }),
        Op::Update => json!({ "code": "update", "zh": "修改", "en": "Changed" }),
        Op::Delete => json!({ "code": "delete", "zh": "删除", "en": "Deleted" }),
    }
}

/// What a version says, as its row does.
fn said(stored: &Stored) -> Result<Map<String, Value>> {
    let resource = stored.resource()?;
    let (id, root) = (stored.id.as_str(), resource.root());
    let said = match r4().type_name(stored.type_) {
        "Organization" => serde_json::to_value(read::institution(id, root)),
        "Location" => match read::area(id, root) {
            Some(area) => serde_json::to_value(area),
            None => serde_json::to_value(read::site(id, root)),
        },
        "HealthcareService" => serde_json::to_value(read::service(id, root)),
        "Practitioner" => serde_json::to_value(read::practitioner(root)),
        "PractitionerRole" => serde_json::to_value(read::post(id, root)),
        _ => serde_json::to_value(read::affiliation(id, root)),
    };
    match said {
        Ok(Value::Object(said)) => Ok(said),
        _ => Err(Error::fault("a version of the directory could not be compared")),
    }
}

/// `name: 甲 → 乙; level: – → 3A`
fn told(was: &Map<String, Value>, is: &Map<String, Value>) -> String {
    let null = Value::Null;
    let changed = is
        .iter()
        .filter(|(key, value)| !HIDDEN.contains(&key.as_str()) && was.get(key.as_str()).unwrap_or(&null) != *value);
    let line = |(key, value): (&String, &Value)| {
        format!("{key}: {} → {}", short(was.get(key.as_str()).unwrap_or(&null)), short(value))
    };
    changed.map(line).collect::<Vec<_>>().join("; ")
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => return "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A type by its name.
pub fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| Error::fault(format!("the definitions have no type `{name}`")))
}
