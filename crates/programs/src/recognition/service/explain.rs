//! `explain`: why a card was shown: what it kept of the decision, the rules that it names in the version it used beside
//! the version of today, and what would be decided now.

use crate::recognition::card;
use crate::recognition::tables::TABLES;
use base::zone::{day_text, instant_text};
use base::{Cx, Result};
use runtime::cards;
use runtime::program::{Env, Given};
use runtime::rules::{self, Row, Rules};
use serde_json::{Map, Value, json};

pub fn explain(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let card = cards::read(cx, &env.store, given.required("card")?)?;
    let rules = rules::of(env, &crate::rule_tables())?;
    let named = ["item_rule", "window_rule", "mark_rule", "right_rule"];
    let used = named.into_iter().filter_map(|fact| card.fact(fact)?.as_str().map(|name| (fact, name.to_owned())));
    let used: Vec<Value> = used.map(|(fact, name)| rule(&rules, fact, &name)).collect();
    let facts: Map<String, Value> = card.facts.iter().cloned().collect();
    let now = match card.fact("item").and_then(Value::as_str) {
        Some(item) => now(cx, env, &card, item)?,
        None => Value::Null,
    };
    Ok(json!({
        "card": card.uuid, "source": card.source, "shown": instant_text(card.shown), "summary": card.summary.json(),
        "facts": facts, "rules": used, "now": now,
        "source_known": card.source == card::SOURCE.name,
    }))
}

/// A rule by the row and version that a card names.
fn rule(rules: &Rules, fact: &str, name: &str) -> Value {
    let (id, version) = name.rsplit_once('/').unwrap_or((name, ""));
    let found = TABLES.iter().find_map(|table| {
        let row = rules.table(table.name).ok()?.rows().find(|row| row.id == id)?;
        Some((*table, row))
    });
    let Some((table, row)) = found else {
        return json!({ "fact": fact, "rule": name, "table": null, "row": null });
    };
    json!({
        "fact": fact, "rule": name, "table": table.name, "title": table.title.json(), "version_used": version,
        "version_now": row.version.to_string(), "row": told(row),
    })
}

fn told(row: &Row) -> Value {
    let values: Map<String, Value> =
        row.values.iter().map(|(column, value)| (column.clone(), value.cell().into())).collect();
    json!({
        "id": row.id, "scope": row.scope.to_string(), "from": day_text(row.from), "to": row.to.map(day_text),
        "source": row.source, "sure": row.sure.name(), "shipped": row.shipped, "values": values,
    })
}

/// What would be answered now to an order of the same item.
fn now(cx: &Cx, env: &Env, card: &cards::Recorded, item: &str) -> Result<Value> {
    let body = json!({ "patient": card.patient, "encounter": card.encounter, "orders": [{ "item": item }] });
    let given = Given { params: Vec::new(), body: body.to_string().into_bytes() };
    Ok(super::check::check(cx, env, &given)?["answers"][0].take())
}
