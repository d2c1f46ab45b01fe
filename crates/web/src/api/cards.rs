//! `/api/cards`: the same cards for systems that do not speak CDS Hooks, in one plain form.

use super::{Asked, blocking, json_body, shown};
use crate::answer::{Answered, Failure};
use crate::cds::{Asks, Told, ask as ask_in_time, console_base, keep, links_for, noted, told, told_patient};
use crate::metrics::Interaction;
use crate::{App, who};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use base::zone::{day_named, instant_text};
use base::{Clock, Cx, Error, Result, Stopwatch};
use fhir::{Resource, parse_date};
use runtime::cards::{self, By, Coding, Ending, FiguresQuery, Hook, Order, Outcome, Question, Recorded, Shown};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Characters of an id or name.
const NAME_CHARS_MAX: usize = 200;
/// Orders of one question that are read at all.
const ORDERS_READ_MAX: usize = 2_000;
/// Days of figures unless they are named.
const FIGURE_DAYS: i32 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    hook: Option<String>,
    patient: Option<String>,
    identifier: Option<SentIdentifier>,
    name: Option<String>,
    birth_date: Option<String>,
    gender: Option<String>,
    encounter: Option<String>,
    user: Option<String>,
    department: Option<String>,
    #[serde(default)]
    orders: Vec<SentOrder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentIdentifier {
    system: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentOrder {
    id: Option<String>,
    resource: Option<String>,
    system: Option<String>,
    code: Option<String>,
    display: Option<String>,
    text: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    details: Vec<String>,
}

/// `POST /api/cards`
pub async fn ask(State(app): State<App>, asked: Asked, body: Body) -> Response {
    let watch = Stopwatch::start();
    let (account, answered) = match who::who(&app, &asked.method, &asked.headers).await {
        Ok(who) => (who.account, answer(&app, &who::cx(&app, who), &asked, body).await),
        Err(failure) => (-1, Err(failure)),
    };
    noted(&app, Interaction::Cards, watch, account, answered)
}

async fn answer(app: &App, cx: &Cx, asked: &Asked, body: Body) -> Answered {
    asked.params()?.end()?;
    cards::may_ask(cx)?;
    let sent: Sent = json_body(asked, body).await?;
    let told = ask_in_time(app, cx, question(sent)?).await?;
    let links = links_for(app, &told).await;
    let card = |shown: &Shown| {
        let link = links
            .filter(|_| shown.card.has_view && told.recorded)
            .map(|links| links.make(cx.who.account, &shown.uuid, Clock::System.now()));
        let view = link.map(|(token, expires)| {
            json!({ "url": format!("{}/view/{token}", console_base(app)), "expires": instant_text(expires) })
        });
        card(shown, told.recorded, view)
    };
    let written: Vec<Value> = told.cards.iter().map(card).collect();
    shown(&json!({ "cards": written, "remarks": remarks(&told) }))
}

fn remarks(told: &Told) -> Vec<Value> {
    let remark = |remark: &cards::Remark| {
        let said = remark.summary();
        json!({ "code": remark.code(), "zh": said.zh, "en": said.en })
    };
    told.remarks.iter().map(remark).collect()
}

fn card(shown: &Shown, recorded: bool, view: Option<Value>) -> Value {
    let (card, source) = (&shown.card, shown.source);
    let reason = |reason: &cards::Reason| {
        let (zh, en) = (&reason.words.zh, &reason.words.en);
        json!({ "system": reason.system, "code": reason.code, "zh": zh, "en": en, "needs_text": reason.needs_text,
            "tells_patient": reason.tells_patient })
    };
    let facts: Map<String, Value> =
        card.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({
        "uuid": recorded.then_some(&shown.uuid),
        "kind": card.kind.name(), "indicator": card.indicator.name(),
        "source": { "name": source.name, "zh": source.title.zh, "en": source.title.en },
        "summary": card.summary.json(), "detail": card.detail.json(),
        "order": card.order, "replaces_order": card.replaces_order,
        "implicated": card.implicated, "facts": facts,
        "reasons": shown.reasons.iter().map(reason).collect::<Vec<Value>>(),
        "again": shown.again, "view": view,
    })
}

fn question(sent: Sent) -> Result<Question> {
    let hook = match sent.hook.as_deref() {
        None => Hook::OrderSign,
        Some(name) => Hook::named(name).ok_or_else(|| {
            let known = Hook::ALL.map(Hook::name).join("`, `");
            Error::invalid(format!("`hook` is one of `{known}`"))
        })?,
    };
    if sent.orders.len() > ORDERS_READ_MAX {
        return Err(Error::too_costly(format!("a question has at most `{ORDERS_READ_MAX}` orders")));
    }
    for text in [&sent.patient, &sent.encounter, &sent.user, &sent.department, &sent.name].into_iter().flatten() {
        check(text)?;
    }
    let sent_patient = patient(&sent)?;
    if sent.patient.is_none() && sent.identifier.is_none() {
        return Err(Error::invalid("`patient` or `identifier` is missing"));
    }
    let orders = sent.orders.into_iter().enumerate().map(|(nth, order)| order_of(nth, order));
    Ok(Question {
        hook,
        patient: sent.patient.unwrap_or_default(),
        sent_patient,
        encounter: sent.encounter,
        sent_encounter: None,
        user: sent.user,
        department: sent.department,
        orders: orders.collect::<Result<_>>()?,
    })
}

fn order_of(nth: usize, order: SentOrder) -> Result<Order> {
    let id = order.id.unwrap_or_else(|| (nth + 1).to_string());
    check(&id)?;
    let coding =
        order.code.map(|code| Coding { system: order.system.unwrap_or_default(), code, display: order.display });
    Ok(Order {
        id,
        resource: order.resource.unwrap_or_else(|| "ServiceRequest".to_owned()),
        codings: coding.into_iter().collect(),
        text: order.text,
        reasons: order.reasons,
        details: order.details,
    })
}

/// What the caller says of the patient, as a Patient that is held against the record.
fn patient(sent: &Sent) -> Result<Option<Resource>> {
    let mut patient = json!({ "resourceType": "Patient" });
    if let Some(identifier) = &sent.identifier {
        patient["identifier"] = json!([{ "system": identifier.system, "value": identifier.value }]);
    }
    if let Some(name) = &sent.name {
        patient["name"] = json!([{ "text": name }]);
    }
    for (member, text) in [("birthDate", &sent.birth_date), ("gender", &sent.gender)] {
        if let Some(text) = text {
            patient[member] = text.as_str().into();
        }
    }
    if patient.as_object().is_none_or(|members| members.len() == 1) {
        return Ok(None);
    }
    fhir::parse_trusted(patient.to_string().into_bytes()).map(Some)
}

fn check(text: &str) -> Result<()> {
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "ids and names have 1 to {NAME_CHARS_MAX} characters and none that control"
        )));
    }
    Ok(())
}

/// `GET /api/cards/{uuid}`
pub async fn one(State(app): State<App>, asked: Asked, Path(uuid): Path<String>) -> Answered {
    asked.params()?.end()?;
    let card = asked.carry(&app, move |app, cx| cards::read(cx, &app.store, &uuid)).await?;
    shown(&recorded(&card))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentOutcome {
    outcome: String,
    reason: Option<SentReason>,
    explanation: Option<String>,
    told_patient: Option<bool>,
    at: Option<String>,
    user: Option<String>,
}

/// What is asked for beside a reason, as this call names it.
const ASKS: Asks = Asks { text: "explanation", told_patient: "told_patient" };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentReason {
    system: String,
    code: String,
}

/// `POST /api/cards/{uuid}`
pub async fn outcome(State(app): State<App>, asked: Asked, Path(uuid): Path<String>, body: Body) -> Response {
    let watch = Stopwatch::start();
    let (account, answered) = match who::who(&app, &asked.method, &asked.headers).await {
        Ok(who) => (who.account, keep_outcome(&app, &who::cx(&app, who), &asked, uuid, body).await),
        Err(failure) => (-1, Err(failure)),
    };
    noted(&app, Interaction::Feedback, watch, account, answered)
}

async fn keep_outcome(app: &App, cx: &Cx, asked: &Asked, uuid: String, body: Body) -> Answered {
    asked.params()?.end()?;
    cards::may_ask(cx)?;
    let sent: SentOutcome = json_body(asked, body).await?;
    let ending = Ending::named(&sent.outcome)
        .ok_or_else(|| Error::invalid("`outcome` is `accepted`, `overridden` or `dismissed`"))?;
    let at = match &sent.at {
        None => None,
        Some(text) => {
            let at = parse_date(text, &app.settings.site.zone).filter(|_| text.contains('T'));
            Some(at.ok_or_else(|| Error::invalid("`at` is an instant such as `2026-11-22T08:15:30Z`"))?.start)
        }
    };
    if let Some(user) = &sent.user {
        check(user)?;
    }
    let text = sent.explanation.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let reason = sent.reason.map(|reason| Coding { system: reason.system, code: reason.code, display: None });
    if ending == Ending::Overridden && reason.is_none() && text.is_none() {
        return Err(Error::invalid("`overridden` needs a `reason` or an `explanation`; `dismissed` needs none").into());
    }
    let outcome = Outcome { ending, reason, text, at, by: sent.user, facts: told_patient(sent.told_patient) };
    let (card, is_new) = keep(app, cx, move |app, cx| told(app, cx, &uuid, outcome.clone(), &ASKS)).await?;
    shown(&json!({ "card": recorded(&card), "changed": is_new }))
}

/// A recorded card as it is shown.
pub fn recorded(card: &Recorded) -> Value {
    let facts = |facts: &[(String, Value)]| facts.iter().cloned().collect::<Map<String, Value>>();
    let outcome = |outcome: &Outcome| {
        let reason = outcome
            .reason
            .as_ref()
            .map(|reason| json!({ "system": reason.system, "code": reason.code, "display": reason.display }));
        json!({
            "outcome": outcome.ending.name(), "reason": reason, "explanation": outcome.text,
            "at": outcome.at.map(instant_text), "user": outcome.by, "facts": facts(&outcome.facts),
        })
    };
    json!({
        "id": card.uuid, "status": card.status, "source": card.source, "kind": card.kind.name(),
        "hook": card.hook.map(Hook::name), "patient": card.patient, "institution": card.institution,
        "department": card.department, "user": card.user, "encounter": card.encounter, "order": card.order,
        "at": instant_text(card.shown), "opened": card.opened.map(instant_text),
        "summary": card.summary.json(), "detail": card.detail.json(), "implicated": card.implicated,
        "facts": facts(&card.facts), "outcomes": card.outcomes.iter().map(outcome).collect::<Vec<Value>>(),
    })
}

/// `GET /api/cards/figures?by=&from=&to=&source=&institution=`
pub async fn figures(State(app): State<App>, asked: Asked) -> Answered {
    let mut params = asked.params()?;
    let cx = asked.cx(&app).await?;
    let (today, _) = app.settings.site.zone.day_and_minute(cx.now());
    let by = match params.take("by")?.as_deref() {
        None | Some("source") => By::Source,
        Some("institution") => By::Institution,
        Some("department") => By::Department,
        Some("doctor") => By::Doctor,
        Some(_) => {
            return Err(Error::invalid("`by` is `source`, `institution`, `department` or `doctor`").into());
        }
    };
    let to = day("to", params.take("to")?)?.unwrap_or(today);
    let from = day("from", params.take("from")?)?.unwrap_or(to.saturating_sub(FIGURE_DAYS - 1));
    let query = FiguresQuery { by, from, to, source: params.take("source")?, institution: params.take("institution")? };
    params.end()?;
    shown(&blocking(&app, move |app| cards::figures(&cx, &app.env, &query)).await?)
}

fn day(name: &str, text: Option<String>) -> std::result::Result<Option<i32>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let day = day_named(&text).ok_or_else(|| Error::invalid(format!("`{name}` is a day such as `2026-11-22`")))?;
    Ok(Some(day))
}
