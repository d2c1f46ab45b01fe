//! `/api/rules`: the dated rules of all programs: which hold on a day at a place, who set them and why, proposing a change,
//! trying it, deciding about it, and files of them. `docs/rules.md` describes each.

use super::{Asked, json_body, plan, programs, shown};
use crate::App;
use crate::answer::{Answered, Failure};
use crate::body::{self, Accepts};
use ::programs::rule_tables;
use axum::body::Body;
use axum::extract::{Path, State};
use base::zone::Zone;
use base::{Cx, Error, Millis, Result};
use runtime::rules::{self as dated, End, Ledger, ProposalsQuery, RowsQuery, Tried, Wanted};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is wanted: the fields of a row, or the id of a local row that is taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedBody {
    fields: Option<BTreeMap<String, Value>>,
    take_back: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrialBody {
    table: Option<String>,
    fields: Option<BTreeMap<String, Value>>,
    take_back: Option<String>,
    proposals: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    proposals: Vec<String>,
    decision: String,
    #[serde(default)]
    reason: String,
}

/// Every table, and what the one who asks may change.
pub async fn tables(State(app): State<App>, asked: Asked) -> Answered {
    shown(&asked.carry(&app, |app, cx| dated::tables(cx, &app.env, &*ledger(app)?)).await?)
}

/// A page of the rows of a table: all, those of a day, those that hold on a day at a place, as recorded now or then.
pub async fn rows(State(app): State<App>, asked: Asked, Path(table): Path<String>) -> Answered {
    let mut params = asked.params()?;
    let query = RowsQuery {
        on: filled(params.take("on")?),
        district: filled(params.take("district")?),
        institution: filled(params.take("institution")?),
        scope: filled(params.take("scope")?),
        text: filled(params.take("q")?),
        known: filled(params.take("known")?).map(|text| instant(&text, &app.env.site.zone)).transpose()?,
        offset: params.take_as("offset")?.unwrap_or(0),
        count: params.take_as("count")?,
    };
    params.end()?;
    shown(&asked.carry(&app, move |app, cx| dated::rows(cx, &app.env, &*ledger(app)?, &table, &query)).await?)
}

/// One rule or proposal with its history.
pub async fn row(State(app): State<App>, asked: Asked, Path(id): Path<String>) -> Answered {
    shown(&asked.carry(&app, move |app, cx| dated::one(cx, &app.env, &*ledger(app)?, &id)).await?)
}

/// A page of proposals; `decided=true` for those that wait no more.
pub async fn proposals(State(app): State<App>, asked: Asked) -> Answered {
    let mut params = asked.params()?;
    let query = ProposalsQuery {
        table: filled(params.take("table")?),
        decided: params.take_as("decided")?.unwrap_or(false),
        offset: params.take_as("offset")?.unwrap_or(0),
        count: params.take_as("count")?,
    };
    params.end()?;
    shown(&asked.carry(&app, move |app, cx| dated::proposals(cx, &app.env, &*ledger(app)?, &query)).await?)
}

/// Proposes a row, or taking one back.
pub async fn propose(State(app): State<App>, asked: Asked, Path(table): Path<String>, body: Body) -> Answered {
    let cx = asked.cx(&app).await?;
    let sent: WantedBody = json_body(&asked, body).await?;
    let wanted = wanted(sent.fields, sent.take_back)?;
    let reason = sent.reason;
    let answer = plan::carry_out(&app, cx, move |app, cx| {
        dated::propose(cx, &app.env, &*ledger(app)?, &table, &wanted, &reason)
    });
    shown(&answer.await?)
}

/// What a row or some proposals would do. Nothing is written.
pub async fn trial(State(app): State<App>, asked: Asked, body: Body) -> Answered {
    let cx = asked.cx(&app).await?;
    let TrialBody { table, fields, take_back, proposals } = long_json(&app, &asked, body).await?;
    let tried = move |app: &App, cx: &Cx| match (&table, &proposals) {
        (None, Some(ids)) => dated::trial(cx, &app.env, &*ledger(app)?, &Tried::Proposals(ids)),
        (Some(table), None) => {
            let wanted = wanted(fields.clone(), take_back.clone())?;
            dated::trial(cx, &app.env, &*ledger(app)?, &Tried::Wanted(table, &wanted))
        }
        _ => Err(Error::invalid("give `proposals`, or `table` with `fields` or `take_back`")),
    };
    shown(&super::blocking(&app, move |app| tried(app, &cx)).await?)
}

/// `{"proposals": ["rule-proposal-…"], "decision": "approved" | "refused" | "withdrawn", "reason": "…"}`
pub async fn decide(State(app): State<App>, asked: Asked, body: Body) -> Answered {
    let cx = asked.cx(&app).await?;
    let DecisionBody { proposals, decision, reason } = long_json(&app, &asked, body).await?;
    let end = End::named(&decision).ok_or_else(|| {
        let decision: String = decision.chars().take(100).collect();
        Error::invalid(format!("there is no decision `{decision}`; use approved, refused or withdrawn"))
    })?;
    let answer =
        plan::carry_out(&app, cx, move |app, cx| dated::decide(cx, &app.env, &*ledger(app)?, &proposals, end, &reason));
    shown(&answer.await?)
}

/// The rows of a table as a file.
pub async fn export(State(app): State<App>, asked: Asked, Path(table): Path<String>) -> Answered {
    let file = asked.carry(&app, move |app, cx| {
        dated::may_read(cx)?;
        dated::export(&app.env, &*ledger(app)?, &table)
    });
    programs::file(file.await?)
}

/// Rows from a file: with `preview=true` what each line would do, otherwise a proposal for each.
pub async fn import(State(app): State<App>, asked: Asked, Path(table): Path<String>, mut body: Body) -> Answered {
    let (cx, is_preview, reason) = match sent(&app, &asked).await {
        Ok(sent) => sent,
        Err(failure) => return Err(body::refused(&mut body, failure).await),
    };
    let whole = body::read(&app.bodies, &asked.headers, body, Accepts::Csv).await?;
    if is_preview {
        let preview = move |app: &App| dated::preview(&cx, &app.env, &*ledger(app)?, &table, &whole.bytes);
        return shown(&super::blocking(&app, preview).await?);
    }
    let answer = plan::carry_out(&app, cx, move |app, cx| {
        dated::import(cx, &app.env, &*ledger(app)?, &table, &whole.bytes, &reason)
    });
    shown(&answer.await?)
}

/// What is known of an import before its body.
async fn sent(app: &App, asked: &Asked) -> std::result::Result<(Cx, bool, String), Failure> {
    let cx = asked.cx(app).await?;
    let mut params = asked.params()?;
    let is_preview = params.take_as("preview")?.unwrap_or(false);
    let reason = params.take("reason")?.unwrap_or_default();
    params.end()?;
    Ok((cx, is_preview, reason))
}

fn ledger(app: &App) -> Result<Arc<Ledger>> {
    dated::ledger(&app.env, &rule_tables())
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn instant(text: &str, zone: &Zone) -> Result<Millis> {
    let period = fhir::parse_date(text, zone);
    // A day, or a minute, means all of it.
    period.map(|period| period.end - 1).ok_or_else(|| Error::invalid(format!("`{text}` is no instant")))
}

fn wanted(fields: Option<BTreeMap<String, Value>>, take_back: Option<String>) -> Result<Wanted> {
    match (fields, take_back) {
        (Some(fields), None) => {
            let mut row = BTreeMap::new();
            for (key, value) in fields {
                if let Some(text) = field(&key, &value)? {
                    row.insert(key, text);
                }
            }
            Ok(Wanted::Row(row))
        }
        (None, Some(id)) => Ok(Wanted::Back(id)),
        _ => Err(Error::invalid("give either `fields` or `take_back`")),
    }
}

/// A field as a cell of a file would hold it; none where it is left out.
fn field(key: &str, value: &Value) -> Result<Option<String>> {
    let wrong = || Error::invalid(format!("`{key}` is a text, a number, true, false or a list of texts"));
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Some(texts.ok_or_else(wrong)?.join(";"))
        }
        Value::Object(_) => return Err(wrong()),
    })
}

/// A JSON body that may name thousands of proposals.
async fn long_json<T: DeserializeOwned>(app: &App, asked: &Asked, body: Body) -> std::result::Result<T, Failure> {
    let whole = body::read(&app.bodies, &asked.headers, body, Accepts::Json).await?;
    let wrong = || Error::invalid("the body is not what this operation takes; see `docs/rules.md`");
    Ok(serde_json::from_slice(&whole.bytes).map_err(|_| wrong())?)
}
