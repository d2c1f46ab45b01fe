//! `/api/session`: sign in, ask who is signed in, sign out.

use super::{Asked, blocking, done, json_body, shown};
use crate::App;
use crate::answer::{Answered, text_header};
use crate::who::{SESSION_COOKIE, session_cookie};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use base::zone::instant_text;
use runtime::accounts::{Login, SESSION_MILLIS_MAX};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
}

/// Signs in: a session, its cookie, and the text that every change has to carry.
pub async fn begin(State(app): State<App>, asked: Asked, body: Body) -> Answered {
    let sent: Credentials = json_body(&asked, body).await?;
    let login = blocking(&app, move |app| app.accounts.login(&sent.name, &sent.password)).await?;
    let mut response = shown(&session(&login))?;
    set_cookie(&app, &mut response, &login.cookie, SESSION_MILLIS_MAX / 1000);
    Ok(response)
}

/// Who is signed in. An account that holds a bearer token has no session to show, only itself.
pub async fn show(State(app): State<App>, asked: Asked) -> Answered {
    let cx = asked.cx(&app).await?;
    let Some(cookie) = session_cookie(&asked.headers).map(str::to_owned) else {
        let (name, role, scope) = (&*cx.who.name, cx.who.role.name(), cx.who.scope.as_deref());
        return shown(
            &json!({ "name": name, "display": name, "role": role, "scope": scope, "csrf": null, "expires": null }),
        );
    };
    let login = blocking(&app, move |app| app.accounts.session_view(&cookie)).await?;
    shown(&session(&login))
}

/// Signs out. A session that has ended already is signed out.
pub async fn end(State(app): State<App>, asked: Asked) -> Answered {
    let mut response = done()?;
    if let Some(cookie) = session_cookie(&asked.headers).map(str::to_owned) {
        match asked.cx(&app).await {
            Ok(_) => blocking(&app, move |app| app.accounts.logout(&cookie)).await?,
            Err(failure) if failure.kind() == base::Kind::Unauthenticated => {}
            Err(failure) => return Err(failure),
        }
        set_cookie(&app, &mut response, "", 0);
    }
    Ok(response)
}

fn session(login: &Login) -> Value {
    let account = &login.account;
    json!({
        "name": account.name, "display": account.display, "role": account.role.name(), "scope": account.scope,
        "csrf": login.csrf, "expires": instant_text(login.expires),
    })
}

fn set_cookie(app: &App, response: &mut Response, value: &str, seconds: i64) {
    let secure = if app.settings.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    response.headers_mut().insert(SET_COOKIE, text_header(cookie));
}
