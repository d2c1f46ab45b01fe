//! `decide`: what the doctor chose. The result is recognised, or ordered anyway for a reason of the dated list and with
//! the explanation owed to the patient, or the card is closed. It never blocks: an order does not wait for it, and what
//! is missing is named.

use super::CARE;
use super::alert::{TOLD, USE_CASE};
use super::reasons::{REASON_SYSTEM, Reasons};
use base::{Cx, Error, Result};
use runtime::cards::{self, CardKind, Coding, Ending, Outcome, REASON_ENGLISH};
use runtime::program::{BodyKind, Env, Given, Operation, Planned, Run, Words};
use runtime::rules::Place;
use serde::Deserialize;
use serde_json::{Value, json};

pub const OPERATION: Operation = Operation {
    name: "decide",
    about: Words {
        zh: "对提示作出选择：互认、仍开单（理由与告知）、关闭",
        en: "What was chosen: recognise, order anyway (reason, patient told), dismiss",
    },
    roles: CARE,
    inputs: &[],
    body: BodyKind::Json,
    run: Run::Write(decide),
};

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Id of the card.
    card: String,
    decision: String,
    /// A code of the reasons in force.
    reason: Option<String>,
    explanation: Option<String>,
    /// Whether purpose and necessity were explained to the patient.
    told_patient: Option<bool>,
    /// Who decided, as the order system names it; left out: who was shown the card.
    user: Option<String>,
}

pub fn decide(cx: &Cx, env: &Env, given: &Given) -> Result<Planned> {
    let sent: Sent = serde_json::from_slice(&given.body).map_err(|error| super::service::unread("decide", &error))?;
    let card = cards::read(cx, &env.store, &sent.card)?;
    if card.use_case != USE_CASE {
        return Err(Error::not_found(format!("the card `{}` is not one of mutual recognition", card.uuid)));
    }
    let ending = match sent.decision.as_str() {
        "recognise" => Ending::Accepted,
        "order-anyway" => Ending::Overridden,
        "dismiss" => Ending::Dismissed,
        other => {
            let text = format!("`decision` is `recognise`, `order-anyway` or `dismiss`, not `{other}`");
            return Err(Error::invalid(text));
        }
    };
    if card.kind == CardKind::Information && ending != Ending::Dismissed {
        return Err(Error::invalid(format!("the card `{}` informs only and asks for no decision", card.uuid)));
    }
    let here = super::ask::here(&*crate::directory::picture(env)?, card.institution.as_deref());
    let place = Place { district: here.district, institution: here.institution };
    let (reason, mut facts) = match ending {
        Ending::Overridden => why(cx, env, &sent, &place)?,
        _ => (None, Vec::new()),
    };
    facts.extend(sent.told_patient.map(|told| (TOLD.to_owned(), json!(told))));
    let text = sent.explanation.filter(|text| !text.trim().is_empty());
    let outcome = Outcome { ending, reason, text, at: None, by: sent.user, facts };
    let kept = cards::outcome(cx, &env.store, &sent.card, outcome)?;
    let answer = json!({ "card": kept.card.uuid, "status": kept.card.status, "outcome": ending.name() });
    Ok(Planned { batch: kept.batch, answer })
}

/// The reason, and what is kept with a refusal.
type Why = (Option<Coding>, Vec<(String, Value)>);

/// The reason of the list in force today, and the rule that names it. Everything that is missing is named at once.
fn why(cx: &Cx, env: &Env, sent: &Sent, place: &Place) -> Result<Why> {
    let reasons = Reasons::of(env)?;
    let today = env.site.zone.day_and_minute(cx.now()).0;
    let in_force = reasons.on(today, place)?;
    let codes = || in_force.iter().filter_map(|row| row.text("reason")).collect::<Vec<_>>().join(", ");
    let row = match sent.reason.as_deref().filter(|code| !code.is_empty()) {
        None => None,
        Some(code) => {
            let found = in_force.iter().find(|row| row.text("reason") == Some(code));
            let unknown = || Error::invalid(format!("`{code}` is no reason that holds today; these do: {}", codes()));
            Some(found.ok_or_else(unknown)?)
        }
    };
    let has_text = sent.explanation.as_ref().is_some_and(|text| !text.trim().is_empty());
    let mut missing = Vec::new();
    if row.is_none() {
        missing.push(format!("`reason` (one of {})", codes()));
    }
    if row.is_some_and(|row| row.flag("needs_text")) && !has_text {
        missing.push("`explanation` (this reason needs one)".to_owned());
    }
    if sent.told_patient.is_none() {
        missing.push("`told_patient` (whether purpose and necessity were explained to the patient)".to_owned());
    }
    if !missing.is_empty() {
        return Err(Error::invalid(format!("ordering anyway needs {}", missing.join(" and "))));
    }
    let code = row.and_then(|row| row.text("reason")).unwrap_or_default().to_owned();
    let rule = row.map(|row| ("reason_rule".to_owned(), json!(row.name())));
    let english = row.and_then(|row| row.text("en")).map(|en| (REASON_ENGLISH.to_owned(), json!(en)));
    let display = row.and_then(|row| row.text("zh")).map(str::to_owned);
    let reason = Coding { system: REASON_SYSTEM.to_owned(), code, display };
    Ok((Some(reason), rule.into_iter().chain(english).collect()))
}
