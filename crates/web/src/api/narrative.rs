//! `GET /api/narrative/{Type}/{id}`: a resource's narrative, sanitised, as a page for a sandboxed frame.

use super::{Asked, private, sanitize};
use crate::App;
use crate::answer::Answered;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use base::{Cx, Error, Kind, Result};
use fhir::r4;
use store::{Op, Stored};

/// What a frame with foreign content may do: nothing but show itself.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE: &str = "body{font:14px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;margin:12px;overflow-wrap:anywhere}\
    table{border-collapse:collapse}td,th{padding:2px 8px;text-align:left;vertical-align:top}\
    img{max-width:100%}";

pub async fn show(State(app): State<App>, asked: Asked, Path((name, id)): Path<(String, String)>) -> Answered {
    asked.params()?.end()?;
    let html = asked.carry(&app, move |app, cx| page(app, cx, &name, &id)).await?;
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    sandboxed(headers);
    private(&mut response);
    Ok(response)
}

/// Content from elsewhere is shown in a sandbox, as the type it is sent with, and tells nobody where it was.
pub fn sandboxed(headers: &mut HeaderMap) {
    let pairs: [(HeaderName, &str); 3] =
        [(CONTENT_SECURITY_POLICY, SANDBOX), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "no-referrer")];
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("sandbox")));
    }
}

fn page(app: &App, cx: &Cx, type_name: &str, id: &str) -> Result<String> {
    let resource = read(app, cx, type_name, id)?.resource()?;
    let narrative = resource.root().get("text").and_then(|text| text.get("div")).and_then(|div| div.str());
    let narrative = narrative.ok_or_else(|| Error::not_found("this resource has no narrative"))?;
    let body = sanitize::sanitize(&narrative);
    Ok(format!(
        "<!doctype html><meta charset=\"utf-8\"><title>narrative</title><style>{STYLE}</style><body>{body}</body>"
    ))
}

/// The current version of a resource in the reader's sight.
pub fn read(app: &App, cx: &Cx, type_name: &str, id: &str) -> Result<Stored> {
    let missing = || Error::not_found("there is no such resource that you may see");
    let type_ = r4().type_named(type_name).ok_or_else(missing)?;
    let stored = app.store.read(cx, type_, id)?.ok_or_else(missing)?;
    match stored.op {
        Op::Delete => Err(Error::new(Kind::Gone, "this resource has been deleted")),
        Op::Create | Op::Update => Ok(stored),
    }
}
