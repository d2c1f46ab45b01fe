//! The API of the console beside `/fhir`: one file a thing that can be asked for.

mod accounts;
mod attachment;
mod audit;
mod cards;
mod definitions;
mod demo;
mod images;
mod imports;
mod live;
mod narrative;
mod overview;
mod parameters;
mod params;
mod plan;
mod platform;
mod programs;
mod residents;
mod rules;
mod sanitize;
mod session;
mod viewer;

pub use plan::moved;

use crate::answer::{self, Answered, Failure, JSON, defect};
use crate::{App, who};
use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use base::{Cx, Error};
use params::Params;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Bytes and seconds of a small JSON body.
const BODY_BYTES_MAX: usize = 64 << 10;
const BODY_SECONDS_MAX: u64 = 15;

/// Every route under `/api`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/platform", get(platform::show))
        .route("/api/session", get(session::show).post(session::begin).delete(session::end))
        .route("/api/overview", get(overview::show))
        .route("/api/programs", get(programs::show))
        .route("/api/programs/{program}/lists/{list}", get(programs::list))
        .route("/api/programs/{program}/{operation}", get(programs::read).post(programs::send))
        .route("/api/cards", post(cards::ask))
        .route("/api/cards/figures", get(cards::figures))
        .route("/api/cards/{uuid}", get(cards::one).post(cards::outcome))
        .route("/api/cards/{uuid}/view", get(viewer::of_card))
        .route("/api/viewer", post(viewer::make))
        .route("/api/viewer/{token}", get(viewer::open))
        .route("/api/viewer/{token}/images/ImagingStudy/{id}", get(viewer::image))
        .route("/api/viewer/{token}/attachment/{type}/{id}", get(viewer::attachment))
        .route("/api/residents", get(residents::search))
        .route("/api/residents/person/{id}", get(residents::person))
        .route("/api/residents/patient/{id}", get(residents::patient))
        .route("/api/definitions", get(definitions::list))
        .route("/api/definitions/{type}", get(definitions::one))
        .route("/api/parameters", get(parameters::list))
        .route("/api/parameters/{id}", put(parameters::change))
        .route("/api/rules", get(rules::tables))
        .route("/api/rules/proposals", get(rules::proposals))
        .route("/api/rules/decisions", post(rules::decide))
        .route("/api/rules/trial", post(rules::trial))
        .route("/api/rules/row/{id}", get(rules::row))
        .route("/api/rules/{table}", get(rules::rows).post(rules::propose))
        .route("/api/rules/{table}/file", get(rules::export).post(rules::import))
        .route("/api/imports", get(imports::list).post(imports::begin))
        .route("/api/imports/{id}", get(imports::one).delete(imports::stop))
        .route("/api/live", get(live::stream))
        .route("/api/demo/clock", get(demo::clock).put(demo::steer))
        .route("/api/narrative/{type}/{id}", get(narrative::show))
        .route("/api/attachment/{type}/{id}", get(attachment::show))
        .route("/api/images/ImagingStudy/{id}", get(images::of_study))
        .route("/api/accounts", get(accounts::list).post(accounts::create))
        .route("/api/accounts/{number}", put(accounts::change))
        .route("/api/accounts/{number}/tokens", post(accounts::token))
        .route("/api/accounts/{number}/tokens/{hash}", delete(accounts::drop_token))
        .route("/api/audit", get(audit::show))
        .route("/api/{*rest}", get(nothing).post(nothing).put(nothing).patch(nothing).delete(nothing))
        .method_not_allowed_fallback(wrong_method)
}

/// Who asks for what, as far as the headers tell.
pub struct Asked {
    pub method: Method,
    pub headers: HeaderMap,
    pub uri: Uri,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Asked, Infallible> {
        Ok(Asked { method: parts.method.clone(), headers: parts.headers.clone(), uri: parts.uri.clone() })
    }
}

impl Asked {
    /// The parameters of the query.
    pub fn params(&self) -> base::Result<Params> {
        Params::read(self.uri.query().unwrap_or_default())
    }

    /// The context of the one who asks.
    pub async fn cx(&self, app: &App) -> Result<Cx, Failure> {
        Ok(who::cx(app, who::who(app, &self.method, &self.headers).await?))
    }

    /// Does the work for the one who asks on a thread that may wait.
    pub async fn carry<T, W>(&self, app: &App, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: FnOnce(&App, &Cx) -> base::Result<T> + Send + 'static,
    {
        let cx = self.cx(app).await?;
        blocking(app, move |app| work(app, &cx)).await
    }
}

/// Does work that may wait on a thread for it.
pub async fn blocking<T, W>(app: &App, work: W) -> Result<T, Failure>
where
    T: Send + 'static,
    W: FnOnce(&App) -> base::Result<T> + Send + 'static,
{
    let app = app.clone();
    Ok(spawn_blocking(move || work(&app)).await.map_err(|_| defect())??)
}

/// A small JSON body. Requiring its content type keeps forms of other sites out.
pub async fn json_body<T: DeserializeOwned>(asked: &Asked, body: Body) -> Result<T, Failure> {
    let sent = asked.headers.get(CONTENT_TYPE).and_then(|text| text.to_str().ok()).unwrap_or_default();
    if !sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON) {
        return Err(Failure::media_type("send the body as JSON with `Content-Type: application/json`"));
    }
    let reading = timeout(Duration::from_secs(BODY_SECONDS_MAX), axum::body::to_bytes(body, BODY_BYTES_MAX));
    let bytes = reading.await.map_err(|_| Failure::slow("the body did not come in time; send it again"))?;
    let bytes = bytes.map_err(|_| {
        Error::too_costly(format!("the body broke off or is larger than {BODY_BYTES_MAX} bytes; send a smaller one"))
    })?;
    // The place is told, not the value: it may be a password.
    let wrong = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        Error::invalid(format!(
            "the body is not what this operation takes (line {line}, column {column}); see the API's documentation"
        ))
    };
    Ok(serde_json::from_slice(&bytes).map_err(wrong)?)
}

/// An answer for the one who asked only.
pub fn shown(value: &Value) -> Answered {
    let body = serde_json::to_vec(value).map_err(|_| Error::fault("an answer could not be written as JSON"))?;
    let mut response = answer::json(JSON, body, false);
    private(&mut response);
    Ok(response)
}

/// Nobody keeps a copy.
pub fn private(response: &mut Response) {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Done, and nothing to show.
pub fn done() -> Answered {
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn nothing(uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(100).collect();
    Error::not_found(format!("there is nothing at `{path}`")).into()
}

async fn wrong_method() -> Failure {
    Failure::method("GET, POST, PUT, DELETE")
}
