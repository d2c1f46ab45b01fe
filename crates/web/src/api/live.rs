//! `GET /api/live`: what changes, as server-sent events whose id is the feed position.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use super::demo::shown_course;
use super::imports::shown_import;
use super::{Asked, blocking, private};
use crate::App;
use crate::answer::Answered;
use crate::who::session_cookie;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::Response;
use base::Role;
use fhir::r4;
use futures_core::Stream;
use runtime::live::{Event, Shows, Subscription};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

const HEARTBEAT: Duration = Duration::from_secs(15);
/// What the stream begins with: when to come back after a break.
const GREETING: &str = "retry: 2000\n\n";

pub async fn stream(State(app): State<App>, asked: Asked) -> Answered {
    let cx = asked.cx(&app).await?;
    let from = asked.headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let shows = Shows {
        counts: matches!(cx.who.role, Role::Integration | Role::Admin),
        imports: cx.who.role == Role::Integration,
    };
    let subscription = blocking(&app, move |app| app.live.subscribe(from, shows)).await?;
    let bearer = asked.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()?.split_once(' '));
    let credential = bearer.map(|(_, token)| token.trim()).or(session_cookie(&asked.headers)).unwrap_or_default();
    let events = Events { app, credential: credential.to_owned(), subscription, heartbeat: beat(), greeted: false };
    let mut response = Response::new(Body::from_stream(events));
    private(&mut response);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn beat() -> Interval {
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}

/// The events of one reader. The stream ends when the server stops or the reader's session or token does.
struct Events {
    app: App,
    credential: String,
    subscription: Subscription,
    heartbeat: Interval,
    greeted: bool,
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if !self.greeted {
            self.greeted = true;
            return Poll::Ready(Some(Ok(Bytes::from_static(GREETING.as_bytes()))));
        }
        match self.subscription.poll(context) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(events)) => return Poll::Ready(Some(Ok(Bytes::from(written(&events))))),
            Poll::Pending => {}
        }
        if self.heartbeat.poll_tick(context).is_pending() {
            return Poll::Pending;
        }
        match self.app.accounts.still_known(&self.credential) {
            Ok(true) => Poll::Ready(Some(Ok(Bytes::from_static(b": still here\n\n")))),
            Ok(false) | Err(_) => Poll::Ready(None),
        }
    }
}

fn written(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Feed { position, changes } => {
                let count = |(type_, count): &(fhir::TypeId, u64)| (r4().type_name(*type_).to_owned(), json!(count));
                let changes: Map<String, Value> = changes.iter().map(count).collect();
                let data = json!({ "position": position, "changes": changes });
                text.push_str(&format!("event: feed\nid: {position}\ndata: {data}\n\n"));
            }
            Event::Import(import) => {
                if let Ok(data) = shown_import(import) {
                    text.push_str(&format!("event: import\ndata: {data}\n\n"));
                }
            }
            Event::Clock(course) => text.push_str(&format!("event: clock\ndata: {}\n\n", shown_course(course))),
        }
    }
    text
}
