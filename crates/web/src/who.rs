//! Who asks: a bearer token or the console's session cookie becomes a `Cx`.

use crate::App;
use crate::answer::{Failure, defect};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, Method};
use base::limits::REQUEST_SECONDS_MAX;
use base::{Cx, Deadline, Error, Kind, Purpose, Role, StopFlag, Who};
use std::time::Duration;

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "jingluo_session";
/// The header that an unsafe request with the cookie has to carry.
pub const CSRF_HEADER: &str = "x-csrf";

/// The one who sent these headers; nobody is an error.
pub async fn who(app: &App, method: &Method, headers: &HeaderMap) -> Result<Who, Failure> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let token = header.to_str().ok().and_then(bearer);
        let token = token.ok_or_else(|| unauthenticated("the header `Authorization` has to be `Bearer <token>`"))?;
        return Ok(app.accounts.bearer(token)?);
    }
    let Some(cookie) = session_cookie(headers) else {
        return Err(unauthenticated("send a bearer token in the header `Authorization`, or sign in").into());
    };
    // A session may have to be prolonged, which writes.
    let (accounts, cookie) = (app.accounts.clone(), cookie.to_owned());
    let known = tokio::task::spawn_blocking(move || accounts.session(&cookie)).await;
    let (who, csrf) = known.map_err(|_| defect())??;
    if !method.is_safe() && headers.get(CSRF_HEADER).is_none_or(|sent| !same(sent.as_bytes(), csrf.as_bytes())) {
        let text = "a change made with the session cookie has to carry the session's `X-CSRF` header";
        return Err(Error::forbidden(text).into());
    }
    Ok(who)
}

/// The context of one request of `who`.
pub fn cx(app: &App, who: Who) -> Cx {
    let purpose = match who.role {
        Role::Integration | Role::Admin => Purpose::Operations,
        Role::Officer => Purpose::PublicHealth,
        Role::Clinician => Purpose::Treatment,
        Role::Resident => Purpose::Own,
    };
    let clock = app.settings.clock.clone();
    let deadline = Some(Deadline::after(Duration::from_secs(REQUEST_SECONDS_MAX)));
    Cx { who, purpose, care_of: None, deadline, stop: StopFlag::default(), clock, dice: app.settings.dice.clone() }
}

/// The value of the session cookie.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = all.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value)
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthenticated(text: &str) -> Error {
    Error::new(Kind::Unauthenticated, text)
}

/// Equal, in a time that does not tell where they differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differs, (l, r)| differs | (l ^ r)) == 0
}
