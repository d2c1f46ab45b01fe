//! What became of cards, as CDS Hooks tells it. Each entry is answered by itself; the same sent again changes nothing.
//! <https://cds-hooks.hl7.org/2.0/#feedback>

use super::call::flaw;
use super::services::hook_of;
use super::{Asks, keep, noted, told, told_patient};
use crate::answer::{self, Answered, Failure, JSON};
use crate::api::{Asked, private};
use crate::body::{self, Accepts, refused};
use crate::metrics::Interaction;
use crate::{App, who};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base::{Cx, Error, Millis, Result, Stopwatch};
use fhir::parse_date;
use runtime::cards::{self, Coding, Ending, Outcome};
use serde::Deserialize;
use serde_json::{Value, json};

/// Entries of one call.
const ENTRIES_MAX: usize = 100;
/// Bytes of one call.
const BYTES_MAX: usize = 1 << 20;

#[derive(Deserialize)]
struct Feedback {
    feedback: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    card: String,
    outcome: String,
    accepted_suggestions: Option<Vec<Accepted>>,
    override_reason: Option<OverrideReason>,
    outcome_timestamp: Option<String>,
    extension: Option<Extension>,
}

/// CDS Hooks has no place for what the patient was told.
#[derive(Deserialize)]
struct Extension {
    #[serde(rename = "urn:jingluo:told-patient")]
    told_patient: Option<bool>,
}

/// What is asked for beside a reason, as feedback names it.
const ASKS: Asks = Asks { text: "userComment", told_patient: "extension.urn:jingluo:told-patient" };

#[derive(Deserialize)]
struct Accepted {
    id: String,
}

#[derive(Deserialize)]
struct OverrideReason {
    reason: Option<SentCoding>,
    /// `userComment` in 2.0; an earlier draft wrote it with an s.
    #[serde(rename = "userComment", alias = "userComments")]
    user_comment: Option<String>,
}

#[derive(Deserialize)]
struct SentCoding {
    system: Option<String>,
    code: Option<String>,
    display: Option<String>,
}

pub async fn feedback(State(app): State<App>, asked: Asked, Path(id): Path<String>, mut body: Body) -> Response {
    let watch = Stopwatch::start();
    let (account, answered) = match admitted(&app, &asked, &id).await {
        Ok(cx) => (cx.who.account, answer(&app, &cx, &asked.headers, body).await),
        Err(failure) => (-1, Err(refused(&mut body, failure).await)),
    };
    noted(&app, Interaction::Feedback, watch, account, answered)
}

async fn admitted(app: &App, asked: &Asked, id: &str) -> std::result::Result<Cx, Failure> {
    let cx = who::cx(app, who::who(app, &asked.method, &asked.headers).await?);
    cards::may_ask(&cx)?;
    hook_of(app, id)?;
    Ok(cx)
}

async fn answer(app: &App, cx: &Cx, headers: &HeaderMap, body: Body) -> Answered {
    let whole = body::read(&app.bodies, headers, body, Accepts::Json).await?;
    if whole.bytes.len() > BYTES_MAX {
        return Err(Error::too_costly(format!("feedback has at most `{BYTES_MAX}` bytes; send it in parts")).into());
    }
    let Feedback { feedback } = serde_json::from_slice(&whole.bytes).map_err(flaw)?;
    if feedback.is_empty() || feedback.len() > ENTRIES_MAX {
        return Err(Error::invalid(format!("`feedback` has 1 to {ENTRIES_MAX} entries")).at("feedback").into());
    }
    let mut entries = Vec::with_capacity(feedback.len());
    let mut refused: Option<u16> = None;
    let mut taken = false;
    for entry in feedback {
        let card: String = entry.card.chars().take(64).collect();
        match entry_of(app, cx, entry).await {
            Ok(is_new) => {
                taken = true;
                entries.push(json!({ "card": card, "status": if is_new { "recorded" } else { "unchanged" } }));
            }
            Err(error) => {
                refused.get_or_insert(error.kind.answer().0);
                entries.push(json!({ "card": card, "status": error.kind.name(), "text": error.to_string() }));
            }
        }
    }
    let status = refused.filter(|_| !taken).and_then(|status| StatusCode::from_u16(status).ok());
    written(&json!({ "feedback": entries }), status.unwrap_or(StatusCode::OK))
}

fn written(value: &Value, status: StatusCode) -> Answered {
    let mut response = answer::json(JSON, value.to_string().into_bytes(), false);
    *response.status_mut() = status;
    private(&mut response);
    Ok(response)
}

/// Whether the entry said anything new.
async fn entry_of(app: &App, cx: &Cx, entry: Entry) -> Result<bool> {
    let outcome = outcome_of(app, &entry)?;
    let card = entry.card;
    let (_, is_new) = keep(app, cx, move |app, cx| told(app, cx, &card, outcome.clone(), &ASKS)).await?;
    Ok(is_new)
}

fn outcome_of(app: &App, entry: &Entry) -> Result<Outcome> {
    let at = entry.outcome_timestamp.as_deref().map(|text| instant(app, text)).transpose()?;
    let mut outcome = Outcome { ending: Ending::Accepted, reason: None, text: None, at, by: None, facts: Vec::new() };
    match entry.outcome.as_str() {
        "accepted" => {
            let suggestion = cards::suggestion(&entry.card);
            let accepted = entry.accepted_suggestions.as_deref().unwrap_or_default();
            if accepted.is_empty() {
                return Err(Error::invalid("`acceptedSuggestions` names what was accepted"));
            }
            if accepted.iter().any(|accepted| accepted.id != suggestion) {
                return Err(Error::invalid("`acceptedSuggestions` names a suggestion that this card does not make"));
            }
        }
        "overridden" => {
            let given = entry.override_reason.as_ref();
            outcome.reason = match given.and_then(|given| given.reason.as_ref()) {
                None => None,
                Some(SentCoding { code: None, .. }) => {
                    return Err(Error::invalid("`overrideReason.reason` has no `code`"));
                }
                Some(SentCoding { system, code: Some(code), display }) => {
                    let system = system.clone().unwrap_or_default();
                    Some(Coding { system, code: code.clone(), display: display.clone() })
                }
            };
            let comment = given.and_then(|given| given.user_comment.as_deref()).map(str::trim);
            outcome.text = comment.filter(|comment| !comment.is_empty()).map(str::to_owned);
            // Overridden without any reason is a card that was closed.
            let is_closed = outcome.reason.is_none() && outcome.text.is_none();
            outcome.ending = if is_closed { Ending::Dismissed } else { Ending::Overridden };
            if !is_closed {
                outcome.facts = told_patient(entry.extension.as_ref().and_then(|extension| extension.told_patient));
            }
        }
        _ => return Err(Error::invalid("`outcome` is `accepted` or `overridden`")),
    }
    Ok(outcome)
}

fn instant(app: &App, text: &str) -> Result<Millis> {
    let at = parse_date(text, &app.settings.site.zone).filter(|_| text.contains('T'));
    at.map(|period| period.start)
        .ok_or_else(|| Error::invalid("`outcomeTimestamp` is an instant in UTC, such as `2026-11-22T08:15:30Z`"))
}
