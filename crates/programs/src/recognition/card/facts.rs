//! What a card keeps for statistics, explanations and the chart: by which rules, how old, from where, what it says.

use crate::recognition::ask::Answers;
use crate::recognition::model::{Found, Held, Item, Offer, Pending, Value as Said};
use base::zone::instant_text;
use runtime::cards::Order;
use serde_json::{Value, json};

/// Values kept with a card.
const VALUES_MAX: usize = 40;

type Facts = Vec<(&'static str, Value)>;

pub fn of_offer(answers: &Answers, item: &Item, offer: &Offer, order: &Order) -> Facts {
    let mut facts = of_item(answers, item, order);
    let Some(newest) = offer.parts.iter().min_by_key(|held| held.age_hours) else { return facts };
    // The oldest part is the one that the window bears on.
    let oldest = offer.parts.iter().max_by_key(|held| held.age_hours).unwrap_or(newest);
    let found = result(answers, newest);
    let origins = |held: &Held| result(answers, held).institution.clone();
    let mut all: Vec<String> = offer.parts.iter().filter_map(origins).collect();
    all.sort();
    all.dedup();
    facts.extend([
        ("age_hours", json!(oldest.age_hours)),
        ("window_hours", json!(oldest.window_hours)),
        ("window_rule", json!(oldest.window_rule)),
        ("window_sure", json!(oldest.window_sure)),
        ("origin", json!(found.institution)),
        ("origin_name", json!(found.institution_name)),
        ("origins", json!(all)),
        ("same_institution", json!(found.institution.is_some() && found.institution == answers.here.institution)),
        ("taken", json!(found.taken.map(instant_text))),
        ("issued", json!(found.issued.map(instant_text))),
        ("reports", json!(offer.reports)),
        ("method", json!(found.method)),
    ]);
    facts.extend(found.instrument.iter().map(|told| ("instrument", json!(told))));
    facts.extend(found.thickness_um.iter().map(|told| ("thickness_um", json!(told))));
    if let Some(mark) = &newest.mark {
        facts.extend([
            ("mark", json!(mark.code)),
            ("mark_level", json!(mark.level.code())),
            ("mark_rule", json!(mark.mark_rule)),
            ("right_rule", json!(mark.right_rule)),
        ]);
    }
    let value = |held: &Held| value(answers, held);
    facts.push(("values", offer.parts.iter().take(VALUES_MAX).map(value).collect()));
    facts
}

pub fn of_pending(answers: &Answers, item: &Item, pending: &Pending, order: &Order) -> Facts {
    let mut facts = of_item(answers, item, order);
    facts.extend([
        ("pending", json!(if pending.preliminary { "preliminary" } else { "ordered" })),
        ("origin", json!(pending.institution)),
        ("origin_name", json!(pending.institution_name)),
        ("due", json!(pending.due.map(instant_text))),
        ("ordered", json!(pending.ordered.map(instant_text))),
    ]);
    facts
}

fn of_item(answers: &Answers, item: &Item, order: &Order) -> Facts {
    let coding = order.codings.first();
    vec![
        ("item", json!(item.key)),
        ("item_zh", json!(item.zh)),
        ("item_en", json!(item.en)),
        ("item_rule", json!(item.rule)),
        ("kind", json!(item.kind.code())),
        ("state", json!(answers.state.code())),
        ("fen", json!(item.fen)),
        ("order_code", coding.map_or(Value::Null, |coding| json!({ "system": coding.system, "code": coding.code }))),
    ]
}

fn result<'a>(answers: &'a Answers, held: &Held) -> &'a Found {
    &answers.gathered.results[held.result]
}

/// A value as it goes into the chart: what it says, with unit and flag as sent.
fn value(answers: &Answers, held: &Held) -> Value {
    let found = result(answers, held);
    let item = answers.item(&held.item);
    let (value, unit) = match &found.value {
        Said::Quantity { number, unit, .. } => (number.clone(), unit.clone()),
        Said::Text(text) => (text.clone(), None),
        Said::Missing | Said::Unseen => (String::new(), None),
    };
    json!({
        "item": held.item, "zh": item.map(|item| &item.zh), "en": item.map(|item| &item.en), "value": value, "unit": unit,
        "flag": found.flag, "report": found.report,
    })
}
