//! The cards of mutual recognition: an offer where a result may stand for what is being ordered, information where a part
//! of it is known or it is already on its way. A conclusion is never what is recognised; findings and values are.

mod facts;
mod text;

use super::ask::{Answered, Answers, Moment, Visit, answer};
use super::model::{Answer, Item, Offer, PatientState, Pending};
use super::tables::REASON;
use base::{Cx, Result, Role};
use runtime::cards::{Asked, Card, CardKind, CardSource, Coding, Hook, Indicator, Order, Reason};
use runtime::program::{Env, Said, Words};
use runtime::rules::{self, Place, Row};
use serde_json::{Value, json};

/// The system of the reasons for which an examination is ordered anyway.
pub const REASON_SYSTEM: &str = "urn:jingluo:recognition:reason";
/// Items shown when a record is opened.
const ITEMS_SHOWN_MAX: usize = 20;
/// Where offers stand among the cards of all programs.
const RANK_OFFER: u32 = 1_000;
const RANK_INFORMATION: u32 = 200;
/// An offer of a dear examination stands before one of a cheap one, up to so much.
const RANK_PRICE_MAX: i64 = 900;

pub static SOURCE: CardSource = CardSource {
    name: "recognition",
    title: Words { zh: "检查检验互认", en: "Mutual recognition" },
    about: Words {
        zh: "开单时提示可互认的已有结果，以及已申请、未出结果的同项检查",
        en: "At the order: results that may be used, and the same examination already on its way",
    },
    use_case: "recognition",
    hooks: &[Hook::OrderSelect, Hook::OrderSign, Hook::PatientView],
    prefetch: &[("patient", "Patient/{{context.patientId}}"), ("encounter", "Encounter/{{context.encounterId}}")],
    cards,
    reasons,
    view: Some(super::service::result::view),
};

fn cards(cx: &Cx, env: &Env, asked: &Asked) -> Result<Vec<Card>> {
    if asked.hook == Hook::PatientView {
        return on_opening(cx, env, asked);
    }
    let answers = answer(env, &asked.care, &moment(cx, asked, false), &asked.orders)?;
    Ok(of_answers(env, &answers, &asked.orders))
}

/// A card for each answer that has something to say.
pub fn of_answers(env: &Env, answers: &Answers, orders: &[Order]) -> Vec<Card> {
    let of = |answered: &Answered| {
        let order = &orders[answered.order];
        let decision = answered.decision.as_ref()?;
        let item = answers.item(&decision.item)?;
        match &decision.answer {
            Answer::Offer(offer) => Some(offered(answers, item, offer, order)),
            Answer::Partly { offer, missing } => Some(partly(answers, item, offer, missing, order)),
            Answer::Pending(pending) => Some(on_its_way(env, answers, item, pending, order)),
            Answer::None(_) => None,
        }
    };
    answers.answers.iter().filter_map(of).collect()
}

/// The moment that a question of the cards is about: now.
pub fn moment(cx: &Cx, asked: &Asked, explains: bool) -> Moment {
    let visit = asked.encounter.as_ref().map(|(id, encounter)| Visit::of(Some(id.clone()), encounter));
    Moment { at: cx.now(), institution: asked.institution.clone(), visit, explains }
}

/// For what reasons somebody may order anyway today, in the order of the list.
fn reasons(cx: &Cx, env: &Env) -> Result<Vec<Reason>> {
    let (day, _) = env.store.zone().day_and_minute(cx.now());
    let rules = rules::of(env, &crate::rule_tables())?;
    let own = cx.who.scope.as_deref().filter(|_| cx.who.role == Role::Clinician);
    let here = super::ask::here(&*crate::directory::picture(env)?, own);
    let place = Place { district: here.district, institution: here.institution };
    let mut rows = rules.table(REASON)?.on(day, &place);
    rows.sort_by_key(|row| (row.integer("position").unwrap_or(i64::MAX), row.text("reason").map(str::to_owned)));
    let reason = |row: &&Row| {
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        Reason {
            system: REASON_SYSTEM,
            code: text("reason"),
            words: Said::new(text("zh"), text("en")),
            needs_text: row.flag("needs_text"),
            // Whoever orders again owes purpose and necessity to the patient, whatever the reason.
            tells_patient: true,
        }
    };
    Ok(rows.iter().map(reason).collect())
}

fn offered(answers: &Answers, item: &Item, offer: &Offer, order: &Order) -> Card {
    let price = item.fen.unwrap_or(0).clamp(0, RANK_PRICE_MAX * 100) / 100;
    let facts = facts::of_offer(answers, item, offer, order);
    Card {
        subject: subject(item, &facts),
        kind: CardKind::Offer,
        indicator: Indicator::Warning,
        summary: text::offered(answers, item, offer),
        detail: text::detail(answers, item, offer, &[]),
        rank: RANK_OFFER + u32::try_from(price).unwrap_or(0),
        order: Some(order.id.clone()),
        replaces_order: true,
        implicated: implicated(answers, offer),
        has_view: true,
        facts,
    }
}

/// The same card is about the same item and says the same under the same rules: a corrected result, or another version of
/// a rule, makes another one, so that what was decided names what was seen.
fn subject(item: &Item, facts: &[(&'static str, Value)]) -> String {
    const SAYS: [&str; 7] = ["item_rule", "window_rule", "mark_rule", "right_rule", "taken", "issued", "values"];
    let said = facts.iter().filter(|(name, _)| SAYS.contains(name));
    let said: Vec<String> = said.map(|(name, value)| format!("{name}={value}")).collect();
    format!("recognition|{}|{}", item.key, said.join("|"))
}

fn partly(answers: &Answers, item: &Item, offer: &Offer, missing: &[String], order: &Order) -> Card {
    let mut facts = facts::of_offer(answers, item, offer, order);
    facts.push(("missing", json!(missing)));
    Card {
        subject: subject(item, &facts),
        kind: CardKind::Information,
        indicator: Indicator::Info,
        summary: text::partly(item, offer, missing),
        detail: text::detail(answers, item, offer, missing),
        rank: RANK_INFORMATION,
        order: Some(order.id.clone()),
        replaces_order: false,
        implicated: implicated(answers, offer),
        has_view: true,
        facts,
    }
}

fn on_its_way(env: &Env, answers: &Answers, item: &Item, pending: &Pending, order: &Order) -> Card {
    Card {
        subject: format!("recognition|{}", item.key),
        kind: CardKind::Information,
        indicator: Indicator::Info,
        summary: text::pending(env.store.zone(), item, pending),
        detail: text::pending_detail(env.store.zone(), item, pending),
        rank: RANK_INFORMATION + 100,
        order: Some(order.id.clone()),
        replaces_order: false,
        implicated: vec![pending.reference.clone()],
        has_view: false,
        facts: facts::of_pending(answers, item, pending, order),
    }
}

/// Reports, then the values that a card rests on.
fn implicated(answers: &Answers, offer: &Offer) -> Vec<String> {
    let mut found: Vec<String> = offer.reports.iter().map(|report| format!("DiagnosticReport/{report}")).collect();
    let values = offer.parts.iter().filter_map(|held| answers.gathered.results[held.result].observation.as_ref());
    found.extend(values.map(|id| format!("Observation/{id}")));
    found
}

/// What may be recognised, in one card, when a record is opened.
fn on_opening(cx: &Cx, env: &Env, asked: &Asked) -> Result<Vec<Card>> {
    let moment = moment(cx, asked, false);
    if moment.visit.as_ref().is_some_and(|visit| visit.state == PatientState::Emergency) {
        return Ok(Vec::new());
    }
    let here = super::ask::here(&*crate::directory::picture(env)?, asked.institution.as_deref());
    let book = super::ask::book_at(env, &here, moment.at)?;
    let mut listed: Vec<&Item> = book.items.values().filter(|item| item.listed).collect();
    // Panels before the single tests that they hold.
    listed.sort_by_key(|item| (item.parts.is_empty(), item.kind.code(), &item.key));
    let order = |item: &&Item| Order {
        id: item.key.clone(),
        resource: "ServiceRequest".to_owned(),
        codings: vec![Coding { system: super::codes::ITEM_SYSTEM.to_owned(), code: item.key.clone(), display: None }],
        ..Order::default()
    };
    let orders: Vec<Order> = listed.iter().map(order).collect();
    let answers = answer(env, &asked.care, &moment, &orders)?;
    let mut shown: Vec<(&Item, &Offer)> = Vec::new();
    for answered in &answers.answers {
        let Some(decision) = &answered.decision else { continue };
        let (Answer::Offer(offer), Some(item)) = (&decision.answer, answers.item(&decision.item)) else { continue };
        let is_told = |(panel, _): &(&Item, &Offer)| panel.parts.contains(&item.key);
        if !shown.iter().any(is_told) {
            shown.push((item, offer));
        }
    }
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let newest = |offer: &Offer| offer.parts.iter().map(|held| held.age_hours).min();
    shown.sort_by_key(|(item, offer)| (newest(offer), &item.key));
    let mut implicated: Vec<String> = Vec::new();
    for report in shown.iter().take(ITEMS_SHOWN_MAX).flat_map(|(_, offer)| &offer.reports) {
        let reference = format!("DiagnosticReport/{report}");
        if !implicated.contains(&reference) {
            implicated.push(reference);
        }
    }
    Ok(vec![Card {
        subject: "recognition|patient".to_owned(),
        kind: CardKind::Information,
        indicator: Indicator::Info,
        summary: text::opening(&shown),
        detail: text::opening_detail(&answers, &shown, ITEMS_SHOWN_MAX),
        rank: RANK_INFORMATION,
        order: None,
        replaces_order: false,
        implicated,
        has_view: true,
        facts: vec![("items", json!(shown.iter().map(|(item, _)| &item.key).collect::<Vec<_>>()))],
    }])
}
