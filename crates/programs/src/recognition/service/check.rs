//! `check`: what is known of each of some orders, and why a result is offered or not. Nothing is recorded.

use crate::recognition::ask::{Answered, Answers, answer};
use crate::recognition::card;
use crate::recognition::codes::{ITEM_SYSTEM, Meant};
use crate::recognition::model::{Answer, Decision, Found, Refusal, Refused, Why};
use base::zone::instant_text;
use base::{Cx, Error, Result};
use runtime::cards::{self, Asking, Coding, Hook, Order, Question};
use runtime::program::{Env, Given, Said};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    patient: String,
    encounter: Option<String>,
    department: Option<String>,
    user: Option<String>,
    #[serde(default)]
    orders: Vec<SentOrder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentOrder {
    id: Option<String>,
    item: Option<String>,
    system: Option<String>,
    code: Option<String>,
    display: Option<String>,
    text: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    details: Vec<String>,
}

pub fn check(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let sent: Sent = serde_json::from_slice(&given.body).map_err(|error| super::unread("check", &error))?;
    if sent.orders.is_empty() || sent.orders.len() > cards::ORDERS_MAX {
        return Err(Error::invalid(format!("`orders` holds 1 to {} orders", cards::ORDERS_MAX)));
    }
    let question = Question {
        hook: Hook::OrderSelect,
        patient: sent.patient,
        sent_patient: None,
        encounter: sent.encounter,
        sent_encounter: None,
        user: sent.user,
        department: sent.department,
        orders: sent.orders.into_iter().enumerate().map(|(nth, sent)| order(nth, sent)).collect(),
    };
    let Asking::Asked(asked) = cards::ask(cx, env, &question)? else {
        return Err(Error::invalid("the encounter is not this patient's"));
    };
    let answers = answer(env, &asked.care, &card::moment(cx, &asked, true), &asked.orders)?;
    let told = answers.answers.iter().map(|answered| told(&answers, answered, &asked.orders[answered.order]));
    let shown = card::of_answers(env, &answers, &asked.orders);
    let shown = shown.into_iter().map(|card| {
        let facts: serde_json::Map<String, Value> =
            card.facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        json!({
            "order": card.order, "kind": card.kind.name(), "summary": card.summary.json(), "detail": card.detail.json(),
            "implicated": card.implicated, "facts": facts,
        })
    });
    Ok(json!({
        "at": instant_text(answers.at), "state": answers.state.code(), "answers": told.collect::<Vec<_>>(),
        "cards": shown.collect::<Vec<_>>(), "cut": answers.gathered.cut,
    }))
}

fn order(nth: usize, sent: SentOrder) -> Order {
    let mut codings = Vec::new();
    if let Some(code) = sent.code {
        codings.push(Coding { system: sent.system.unwrap_or_default(), code, display: sent.display });
    }
    if let Some(item) = sent.item {
        codings.push(Coding { system: ITEM_SYSTEM.to_owned(), code: item, display: None });
    }
    Order {
        id: sent.id.unwrap_or_else(|| (nth + 1).to_string()),
        resource: "ServiceRequest".to_owned(),
        codings,
        text: sent.text,
        reasons: sent.reasons.into_iter().chain(sent.reason).collect(),
        details: sent.details,
    }
}

fn told(answers: &Answers, answered: &Answered, order: &Order) -> Value {
    let Some(decision) = &answered.decision else {
        let about = match answered.meant {
            Meant::Contradiction => Said::new("申请的编码指向不同项目", "the codes of the order mean different items"),
            _ => Said::new("申请的编码未对照", "the code of the order is not mapped"),
        };
        let why = entry(Why::UnknownCode, None, Some(about), None);
        return json!({ "order": order.id, "item": null, "answer": "none", "why": [why], "rules": [] });
    };
    let item = answers.item(&decision.item);
    let tag = item.map(|item| json!({ "code": item.key, "zh": item.zh, "en": item.en }));
    let (answer, mut why) = match &decision.answer {
        Answer::Offer(offer) => ("offer", usable(answers, offer)),
        Answer::Partly { offer, missing } => {
            let mut why = usable(answers, offer);
            let names = |english: bool| {
                let name = |key: &String| {
                    answers
                        .item(key)
                        .map_or(key.clone(), |item| if english { item.en.clone() } else { item.zh.clone() })
                };
                missing.iter().map(name).collect::<Vec<_>>().join("、")
            };
            why.push(entry(Why::Incomplete, None, Some(Said::new(names(false), names(true))), None));
            ("partly", why)
        }
        Answer::Pending(pending) => {
            let name = pending.institution_name.clone().or_else(|| pending.institution.clone());
            let (code, zh, en) = ("pending", "已申请，结果未出", "Ordered, no result yet");
            let at = pending.due.or(pending.ordered).map(instant_text);
            let told = json!({
                "code": code, "zh": zh, "en": en, "report": null, "institution": name, "at": at,
                "detail": null, "rule": null, "reference": pending.reference,
            });
            ("pending", vec![told])
        }
        Answer::None(refusal) => ("none", whole(decision, refusal)),
    };
    why.extend(decision.refused.iter().map(|one| refused(answers, one)));
    let rules: Vec<&String> = item.iter().map(|item| &item.rule).collect();
    json!({ "order": order.id, "item": tag, "answer": answer, "why": why, "rules": rules })
}

/// A refusal of the item as a whole; where it only repeats that of a result, the result tells it.
fn whole(decision: &Decision, refusal: &Refusal) -> Vec<Value> {
    if decision.refused.iter().any(|refused| refused.why == refusal.why) {
        return Vec::new();
    }
    let about = refusal.about.as_ref().map(|about| Said::new(about.clone(), about.clone()));
    vec![entry(refusal.why, None, about, refusal.rule.clone())]
}

fn usable(answers: &Answers, offer: &crate::recognition::model::Offer) -> Vec<Value> {
    let held = |held: &crate::recognition::model::Held| {
        let found = &answers.gathered.results[held.result];
        let mark = held.mark.as_ref().map_or("", |mark| mark.code.as_str());
        let about = Said::new(
            format!("{} 小时，时限 {} 小时 {mark}", held.age_hours, held.window_hours),
            format!("{} h old, window {} h {mark}", held.age_hours, held.window_hours),
        );
        let report = super::reference("DiagnosticReport", &found.report, &found.report_name);
        json!({
            "code": "usable", "zh": "可互认", "en": "Usable", "report": report, "institution": found.institution_name,
            "at": found.taken.map(instant_text), "detail": about.json(), "rule": held.window_rule,
            "item": held.item, "mark": held.mark.as_ref().map(|mark| json!({
                "code": mark.code, "level": mark.level.code(), "rule": mark.mark_rule, "right": mark.right_rule,
            })),
        })
    };
    offer.parts.iter().map(held).collect()
}

/// Of what may be somebody else's, or is kept back, the reason is told and nothing more.
fn refused(answers: &Answers, refused: &Refused) -> Value {
    let found = &answers.gathered.results[refused.result];
    let hidden = matches!(refused.why, Why::IdentityNotCertain | Why::Restricted | Why::OutOfSight);
    let about = refused.about.as_ref().map(|about| Said::new(about.clone(), about.clone()));
    entry(refused.why, (!hidden).then_some(found), about.filter(|_| !hidden), refused.rule.clone())
}

fn entry(why: Why, found: Option<&Found>, about: Option<Said>, rule: Option<String>) -> Value {
    let report = found.map(|found| super::reference("DiagnosticReport", &found.report, &found.report_name));
    let words = why.words();
    json!({
        "code": why.code(), "zh": words.zh, "en": words.en, "report": report,
        "institution": found.and_then(|found| found.institution_name.clone().or_else(|| found.institution.clone())),
        "at": found.and_then(|found| found.taken).map(instant_text),
        "detail": about.map(|about| about.json()), "rule": rule, "item": found.and_then(|found| found.item.clone()),
    })
}
