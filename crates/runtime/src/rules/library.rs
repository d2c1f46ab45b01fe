//! A rule and a proposal of one as a `Library` of the record, and back.
//!
//! <https://hl7.org/fhir/R4/library.html>

use super::ledger::{By, End, Entry, Outcome, Proposal, State};
use super::model::{AppliesBy, Row, RuleColumn, RuleTable, Scope, Sure, Value, ValueKind};
use crate::program::Words;
use crate::record::encode;
use base::hex;
use base::zone::{Zone, day_named, day_text, instant_text};
use base::{Error, Millis, Result};
use fhir::{Element, Resource, TypeId, parse_date, r4};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::Stored;

/// How ids of rules and of proposals begin, and the urls of both.
pub const ID: &str = "rule-";
pub const PROPOSAL_ID: &str = "rule-proposal-";
const URL: &str = "urn:jingluo:rule:";

const SCOPE: &str = "urn:jingluo:rule:scope";
const APPLIES_BY: &str = "urn:jingluo:rule:applies-by";
const SURE: &str = "urn:jingluo:rule:sure";
const SHIPPED: &str = "urn:jingluo:rule:shipped";
const LIFTED: &str = "urn:jingluo:rule:lifted";
const PROPOSED_BY: &str = "urn:jingluo:rule:proposed-by";
const APPROVED_BY: &str = "urn:jingluo:rule:approved-by";
const REASON: &str = "urn:jingluo:rule:reason";
const PROPOSAL: &str = "urn:jingluo:rule:proposal";
const VALUE: &str = "urn:jingluo:rule:value";

/// Hexadecimal digits in the id of a rule, a hash, and of a proposal, chance.
const HASH_DIGITS: usize = 40;
pub const PROPOSAL_DIGITS: usize = 24;

/// The id of a row: table, key, scope, first day and whether it was shipped tell it from all others.
pub fn id_of(table: &RuleTable, row: &Row) -> String {
    let origin = if row.shipped { "shipped" } else { "local" };
    let text = [table.name, &table.key_of(row), &row.scope.to_string(), &day_text(row.from), origin].join("\u{1e}");
    let hash = hex::encode(&Sha256::digest(text.as_bytes()));
    format!("{ID}{}", &hash[..HASH_DIGITS])
}

/// Whether an id is one of a rule or a proposal. Only this module writes a `Library` of such an id.
pub fn is_id(id: &str) -> bool {
    let is_hexadecimal = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match id.strip_prefix(PROPOSAL_ID) {
        Some(rest) => is_hexadecimal(rest, PROPOSAL_DIGITS),
        None => id.strip_prefix(ID).is_some_and(|rest| is_hexadecimal(rest, HASH_DIGITS)),
    }
}

/// An error where a plain write would touch a rule: rules are changed by two persons, not by one who writes resources.
pub fn writable(type_: TypeId, id: &str) -> Result<()> {
    match is_id(id) && r4().type_name(type_) == "Library" {
        false => Ok(()),
        true => Err(Error::forbidden(format!(
            "`Library/{id}` is a rule; rules are changed by a proposal and its approval (`/api/rules`)"
        ))),
    }
}

/// The resource of an entry, under the version that it will have.
pub fn resource(table: &RuleTable, entry: &Entry) -> Result<Resource> {
    let row = &entry.row;
    let mut period = json!({ "start": day_text(row.from) });
    if let Some(to) = row.to {
        period["end"] = json!(day_text(to));
    }
    let mut artifacts = Vec::new();
    if !row.source.is_empty() {
        artifacts.push(json!({ "type": "citation", "citation": row.source }));
    }
    if let Some(proposal) = entry.proposal.as_ref().filter(|proposal| proposal.base > 0) {
        let of = format!("{}|{}", url(table, row, ""), proposal.base);
        artifacts.push(json!({ "type": "predecessor", "resource": of }));
    }
    let (url_kind, kind, words) = match entry.proposal {
        None => ("", "row", "规则"),
        Some(_) => ("proposal:", "proposal", "规则修改建议"),
    };
    let mut json = json!({
        "resourceType": "Library", "id": row.id, "extension": extensions(table, entry),
        "url": url(table, row, url_kind), "version": row.version.to_string(), "name": table.name,
        "title": title(table, row), "status": entry.state.status(),
        "type": { "coding": [{ "system": "urn:jingluo:rule", "code": kind }], "text": words },
        "jurisdiction": [jurisdiction(&row.scope)], "effectivePeriod": period,
    });
    if let Some(approved) = &entry.approved {
        let (year, month, day) = Zone::default().date_of(approved.at);
        json["approvalDate"] = json!(format!("{year:04}-{month:02}-{day:02}"));
    }
    if !artifacts.is_empty() {
        json["relatedArtifact"] = json!(artifacts);
    }
    fhir::parse(json.to_string().as_bytes(), &fhir::Limits::default())
}

/// `urn:jingluo:rule:recognition.window:glucose:outpatient`
fn url(table: &RuleTable, row: &Row, kind: &str) -> String {
    let mut url = format!("{URL}{kind}{}", table.name);
    for column in table.key_columns() {
        url.push(':');
        encode(&row.values.get(column.key).map(Value::cell).unwrap_or_default(), &mut url);
    }
    url
}

/// What a reader of the record sees of it.
fn title(table: &RuleTable, row: &Row) -> String {
    let key: Vec<String> = table.key_columns().filter_map(|column| Some(row.values.get(column.key)?.cell())).collect();
    format!("{} {}", table.title.zh, key.join(" ")).trim().to_owned()
}

fn jurisdiction(scope: &Scope) -> Json {
    match scope {
        Scope::Nation => json!({ "coding": [{ "system": "urn:iso:std:iso:3166", "code": "CN" }] }),
        Scope::City => json!({ "text": "本市" }),
        Scope::District(code) => json!({ "coding": [{ "system": "urn:jingluo:area", "code": code }] }),
        Scope::Institution(id) => json!({ "text": format!("Organization/{id}") }),
    }
}

fn extensions(table: &RuleTable, entry: &Entry) -> Vec<Json> {
    let row = &entry.row;
    let mut scope = vec![json!({ "url": "level", "valueCode": row.scope.level() })];
    scope.extend(row.scope.code().map(|code| json!({ "url": "code", "valueString": code })));
    let mut all = vec![
        json!({ "url": SCOPE, "extension": scope }),
        json!({ "url": APPLIES_BY, "valueCode": row.applies_by.name() }),
        json!({ "url": SURE, "valueCode": row.sure.name() }),
        json!({ "url": SHIPPED, "valueBoolean": row.shipped }),
    ];
    if row.lifted {
        all.push(json!({ "url": LIFTED, "valueBoolean": true }));
    }
    all.extend(entry.proposed.as_ref().map(|by| by_json(PROPOSED_BY, by)));
    all.extend(entry.approved.as_ref().map(|by| by_json(APPROVED_BY, by)));
    all.extend(entry.reason.as_ref().map(|reason| json!({ "url": REASON, "valueString": reason })));
    all.extend(entry.proposal.as_ref().map(proposal_json));
    let values: Vec<Json> = table.columns.iter().flat_map(|column| value_json(column, row)).collect();
    if !values.is_empty() {
        all.push(json!({ "url": VALUE, "extension": values }));
    }
    all
}

fn by_json(url: &str, by: &By) -> Json {
    json!({ "url": url, "extension": [
        { "url": "name", "valueString": by.name },
        { "url": "account", "valueString": by.account.to_string() },
        { "url": "at", "valueInstant": instant_text(by.at) },
    ]})
}

fn proposal_json(proposal: &Proposal) -> Json {
    let mut parts = vec![
        json!({ "url": "target", "valueString": proposal.target }),
        json!({ "url": "base", "valueInteger": proposal.base }),
        json!({ "url": "takes-back", "valueBoolean": proposal.takes_back }),
    ];
    if let Some(outcome) = &proposal.outcome {
        parts.push(json!({ "url": "outcome", "valueCode": outcome.end.name() }));
        parts.push(by_json("decided-by", &outcome.by));
        parts.extend(outcome.reason.as_ref().map(|reason| json!({ "url": "reason", "valueString": reason })));
    }
    json!({ "url": PROPOSAL, "extension": parts })
}

/// A value as extensions: several for a list of texts, none for what is left out.
fn value_json(column: &RuleColumn, row: &Row) -> Vec<Json> {
    let one = |kind: &str, value: Json| {
        let mut part = Map::new();
        part.insert("url".to_owned(), json!(column.key));
        part.insert(kind.to_owned(), value);
        Json::Object(part)
    };
    match row.values.get(column.key) {
        None => Vec::new(),
        Some(Value::Text(text)) => vec![one("valueString", json!(text))],
        Some(Value::Texts(texts)) => texts.iter().map(|text| one("valueString", json!(text))).collect(),
        Some(Value::Integer(number)) => vec![one("valueDecimal", json!(number))],
        Some(Value::Flag(flag)) => vec![one("valueBoolean", json!(flag))],
        Some(Value::Date(day)) => vec![one("valueDate", json!(day_text(*day)))],
    }
}

/// Reads a version; none where it is no rule of these tables. One that cannot be read counts as none, and the log says so.
pub fn read(tables: &[&'static RuleTable], stored: &Stored) -> Result<Option<Entry>> {
    if !is_id(&stored.id) {
        return Ok(None);
    }
    let resource = stored.resource()?;
    let root = resource.root();
    let Some(name) = root.text_at("url").filter(|url| url.starts_with(URL)).and_then(|_| root.text_at("name")) else {
        return Ok(None);
    };
    let Some(table) = tables.iter().find(|table| table.name == name) else { return Ok(None) };
    let entry = entry(table, root, stored);
    if entry.is_none() {
        tracing::warn!(
            id = stored.id,
            version = stored.version,
            "a rule of the record cannot be read and does not count"
        );
    }
    Ok(entry)
}

fn entry(table: &RuleTable, root: Element<'_>, stored: &Stored) -> Option<Entry> {
    let state = State::of_status(&root.text_at("status")?)?;
    let scope = part(root, SCOPE)?;
    let code = part_text(scope, "code");
    let row = Row {
        id: stored.id.clone(),
        version: stored.version,
        scope: Scope::named(&part_text(scope, "level")?, code.as_deref())?,
        from: day_named(&root.text_at("effectivePeriod.start")?)?,
        to: match root.text_at("effectivePeriod.end") {
            Some(text) => Some(day_named(&text)?),
            None => None,
        },
        recorded: stored.updated,
        applies_by: AppliesBy::named(&part_text(root, APPLIES_BY)?)?,
        source: root.text_at("relatedArtifact.citation").map(String::from).unwrap_or_default(),
        sure: Sure::named(&part_text(root, SURE)?)?,
        shipped: part_flag(root, SHIPPED)?,
        lifted: part_flag(root, LIFTED).unwrap_or(false),
        values: values(table, root)?,
    };
    let proposal = match part(root, PROPOSAL) {
        Some(part) => Some(proposal(part)?),
        None => None,
    };
    Some(Entry {
        table: table.name.to_owned(),
        state,
        row,
        proposed: part(root, PROPOSED_BY).and_then(by),
        approved: part(root, APPROVED_BY).and_then(by),
        reason: part_text(root, REASON),
        proposal,
    })
}

fn values(table: &RuleTable, root: Element<'_>) -> Option<BTreeMap<String, Value>> {
    let mut values = BTreeMap::new();
    let Some(all) = part(root, VALUE) else { return Some(values) };
    for column in table.columns {
        let texts: Vec<String> = parts(all, column.key).filter_map(value_text).collect();
        let Some(first) = texts.first() else { continue };
        let value = match column.kind {
            ValueKind::Text | ValueKind::Code(_) => Value::Text(first.clone()),
            ValueKind::Texts => Value::Texts(texts),
            ValueKind::Integer => Value::Integer(first.parse().ok()?),
            ValueKind::Flag => Value::Flag(first == "true"),
            ValueKind::Date => Value::Date(day_named(first)?),
        };
        values.insert(column.key.to_owned(), value);
    }
    Some(values)
}

fn proposal(part: Element<'_>) -> Option<Proposal> {
    let outcome = match part_text(part, "outcome") {
        None => None,
        Some(name) => {
            let (end, by) = (End::named(&name)?, by(self::part(part, "decided-by")?)?);
            Some(Outcome { end, by, reason: part_text(part, "reason") })
        }
    };
    Some(Proposal {
        target: part_text(part, "target")?,
        base: part_text(part, "base")?.parse().ok()?,
        takes_back: part_flag(part, "takes-back")?,
        outcome,
    })
}

fn by(part: Element<'_>) -> Option<By> {
    let account = part_text(part, "account")?.parse().ok()?;
    Some(By { name: part_text(part, "name")?, account, at: instant(&part_text(part, "at")?)? })
}

fn instant(text: &str) -> Option<Millis> {
    parse_date(text, &Zone::default()).map(|period| period.start)
}

fn parts<'a>(of: Element<'a>, url: &str) -> impl Iterator<Item = Element<'a>> {
    of.path("extension").filter(move |part| part.text_at("url").as_deref() == Some(url))
}

fn part<'a>(of: Element<'a>, url: &str) -> Option<Element<'a>> {
    parts(of, url).next()
}

fn part_text(of: Element<'_>, url: &str) -> Option<String> {
    part(of, url).and_then(value_text)
}

fn part_flag(of: Element<'_>, url: &str) -> Option<bool> {
    match part_text(of, url)?.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The value of an extension as text.
fn value_text(part: Element<'_>) -> Option<String> {
    let (_, value) = part.members().find(|(name, _)| name.starts_with("value"))?;
    let number = value.number_text().map(str::to_owned);
    let flag = || value.bool().map(|flag| flag.to_string());
    value.str().map(String::from).or(number).or_else(flag)
}

impl State {
    /// The status of the `Library`.
    pub const fn status(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Active => "active",
            State::Retired => "retired",
        }
    }

    fn of_status(status: &str) -> Option<State> {
        [State::Draft, State::Active, State::Retired].into_iter().find(|state| state.status() == status)
    }
}

impl End {
    pub const fn name(self) -> &'static str {
        match self {
            End::Approved => "approved",
            End::Refused => "refused",
            End::Withdrawn => "withdrawn",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            End::Approved => Words { zh: "批准", en: "approved" },
            End::Refused => Words { zh: "退回", en: "refused" },
            End::Withdrawn => Words { zh: "撤回", en: "withdrawn" },
        }
    }

    pub fn named(name: &str) -> Option<End> {
        [End::Approved, End::Refused, End::Withdrawn].into_iter().find(|end| end.name() == name)
    }
}

/// Reads the error of a resource that this module made: a defect, or a value that no resource may hold.
pub fn unwritable(error: &Error) -> Error {
    Error::invalid(format!("the rule cannot be written: {}", error.text()))
}
