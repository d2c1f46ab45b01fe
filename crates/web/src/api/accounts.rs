//! `/api/accounts`: accounts and their tokens, for administrators.

use super::{Asked, done, json_body, shown};
use crate::App;
use crate::answer::Answered;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base::zone::instant_text;
use base::{Error, Role};
use runtime::accounts::{AccountView, Change, NewAccount, TokenView};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    name: String,
    #[serde(default)]
    display: String,
    role: String,
    scope: Option<String>,
    password: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentChange {
    display: Option<String>,
    disabled: Option<bool>,
    password: Option<String>,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentToken {
    #[serde(default)]
    label: String,
    days: u32,
}

pub async fn list(State(app): State<App>, asked: Asked) -> Answered {
    let accounts = asked.carry(&app, |app, cx| app.accounts.list(cx)).await?;
    let accounts: Vec<Value> = accounts.iter().map(|(account, tokens)| with_tokens(account, tokens)).collect();
    shown(&json!({ "accounts": accounts }))
}

pub async fn create(State(app): State<App>, asked: Asked, body: Body) -> Answered {
    let sent: Sent = json_body(&asked, body).await?;
    let role = Role::named(&sent.role)?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (name, display, scope) = (sent.name, sent.display, filled(sent.scope));
    let new = NewAccount { name, display, role, scope, password: filled(sent.password) };
    let account = asked.carry(&app, move |app, cx| app.accounts.create(cx, new)).await?;
    let mut response = shown(&with_tokens(&account, &[]))?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

pub async fn change(State(app): State<App>, asked: Asked, Path(number): Path<String>, body: Body) -> Answered {
    let number = account_number(&number)?;
    let SentChange { display, disabled, password, scope } = json_body(&asked, body).await?;
    let change = Change { display, disabled, password, scope };
    let account = asked.carry(&app, move |app, cx| app.accounts.change(cx, number, change)).await?;
    shown(&with_tokens(&account, &[]))
}

/// Issues a token; this answer is the only place where it is ever shown.
pub async fn token(State(app): State<App>, asked: Asked, Path(number): Path<String>, body: Body) -> Answered {
    let number = account_number(&number)?;
    let SentToken { label, days } = json_body(&asked, body).await?;
    let token = asked.carry(&app, move |app, cx| app.accounts.token(cx, number, &label, days)).await?;
    let mut response = shown(&json!({ "token": token }))?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

pub async fn drop_token(
    State(app): State<App>,
    asked: Asked,
    Path((number, hash)): Path<(String, String)>,
) -> Answered {
    let number = account_number(&number)?;
    asked.carry(&app, move |app, cx| app.accounts.drop_token(cx, number, &hash)).await?;
    done()
}

fn account_number(text: &str) -> base::Result<i64> {
    text.parse().map_err(|_| Error::not_found("there is no such account; see `/api/accounts`"))
}

fn with_tokens(account: &AccountView, tokens: &[TokenView]) -> Value {
    let token = |token: &TokenView| {
        json!({
            "hash": token.hash, "label": token.label,
            "created": instant_text(token.created), "expires": instant_text(token.expires),
        })
    };
    json!({
        "number": account.number, "name": account.name, "display": account.display, "role": account.role.name(),
        "scope": account.scope, "disabled": account.disabled, "has_password": account.has_password,
        "tokens": tokens.iter().map(token).collect::<Vec<Value>>(),
    })
}
