//! `/healthz` (the process answers), `/readyz` (it can write and read), `/metrics` (its counters).

use crate::answer::Failure;
use crate::{App, metrics, who};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base::{Error, Role};
use std::net::SocketAddr;

pub async fn alive() -> &'static str {
    "alive\n"
}

pub async fn ready(State(app): State<App>) -> Response {
    let store = app.store.clone();
    let ready = tokio::task::spawn_blocking(move || store.ready()).await;
    match ready.unwrap_or_else(|_| Err(crate::answer::defect())) {
        Ok(()) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", error.text())).into_response(),
    }
}

/// Open to the machine itself and to accounts of role `admin`.
pub async fn metrics(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
    if !from.is_some_and(|ip| ip.to_canonical().is_loopback()) {
        let who = who::who(&app, request.method(), request.headers()).await?;
        if who.role != Role::Admin {
            return Err(Error::forbidden("the metrics are for accounts of role `admin`").into());
        }
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::text(&app)).into_response())
}
