//! Discovery, and the call of a service. There is one service a hook: all sources of that hook answer together.
//! <https://cds-hooks.hl7.org/2.0/#discovery>

use super::ask::{ask, unknown_patient};
use super::card::Writer;
use super::{Told, call, noted};
use crate::answer::{Answered, Failure};
use crate::api::{Asked, shown};
use crate::body::{self, Accepts, refused};
use crate::metrics::Interaction;
use crate::{App, who};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::response::Response;
use base::{Cx, Error, Result, Stopwatch};
use runtime::cards::{Hook, Links};
use serde_json::{Map, Value, json};

/// What every service asks a client to send along: the patient is held against the record, and the encounter tells of
/// how the patient is here where the record does not have it yet.
const PREFETCH: [(&str, &str); 2] =
    [("patient", "Patient/{{context.patientId}}"), ("encounter", "Encounter/{{context.encounterId}}")];

/// The services that there are; anyone may ask.
pub async fn discover(State(app): State<App>) -> Answered {
    let hooks = Hook::ALL.into_iter().filter(|hook| has_source(&app, *hook));
    let services: Vec<Value> = hooks.map(|hook| service(&app, hook)).collect();
    shown(&json!({ "services": services }))
}

fn service(app: &App, hook: Hook) -> Value {
    let sources = app.card_sources.iter().filter(|source| source.hooks.contains(&hook));
    let titles: Vec<String> = sources.clone().map(|s| format!("{} / {}", s.title.zh, s.title.en)).collect();
    let mut prefetch = Map::new();
    for (key, query) in PREFETCH.iter().chain(sources.flat_map(|source| source.prefetch)) {
        prefetch.insert((*key).to_owned(), (*query).into());
    }
    let title = match hook {
        Hook::OrderSelect => "经络：选择医嘱时提示 / Jingluo: orders selected",
        Hook::OrderSign => "经络：签署医嘱时提示 / Jingluo: orders to be signed",
        Hook::PatientView => "经络：打开病历时提示 / Jingluo: a patient opened",
    };
    json!({
        "hook": hook.name(), "id": id_of(hook), "title": title, "description": titles.join("; "), "prefetch": prefetch,
    })
}

fn has_source(app: &App, hook: Hook) -> bool {
    app.card_sources.iter().any(|source| source.hooks.contains(&hook))
}

fn id_of(hook: Hook) -> String {
    format!("jingluo-{}", hook.name())
}

/// The hook of a service that there is.
pub fn hook_of(app: &App, id: &str) -> Result<Hook> {
    let hook = id.strip_prefix("jingluo-").and_then(Hook::named).filter(|hook| has_source(app, *hook));
    hook.ok_or_else(|| {
        let id: String = id.chars().take(100).collect();
        Error::not_found(format!("there is no service `{id}`; see `/cds-services`"))
    })
}

/// Cards for what somebody is ordering or looking at.
pub async fn call(State(app): State<App>, asked: Asked, Path(id): Path<String>, mut body: Body) -> Response {
    let watch = Stopwatch::start();
    let (account, answered) = match admitted(&app, &asked, &id).await {
        Ok((cx, hook)) => (cx.who.account, answer(&app, &cx, hook, &asked.headers, body).await),
        Err(failure) => (-1, Err(refused(&mut body, failure).await)),
    };
    noted(&app, Interaction::Cards, watch, account, answered)
}

async fn admitted(app: &App, asked: &Asked, id: &str) -> std::result::Result<(Cx, Hook), Failure> {
    let cx = who::cx(app, who::who(app, &asked.method, &asked.headers).await?);
    Ok((cx, hook_of(app, id)?))
}

async fn answer(app: &App, cx: &Cx, hook: Hook, headers: &HeaderMap, body: Body) -> Answered {
    let whole = body::read(&app.bodies, headers, body, Accepts::Json).await?;
    let question = call::question(&whole.bytes, hook)?;
    drop(whole);
    let told = ask(app, cx, question).await.map_err(unknown_patient)?;
    let links = links_for(app, &told).await;
    let writer = Writer { cx, links, base: console_base(app), english: is_english(headers) };
    shown(&writer.answer(&told))
}

/// What links are signed with, where a card has something to view. Without it the cards are shown without links.
pub async fn links_for<'a>(app: &'a App, told: &Told) -> Option<&'a Links> {
    match told.cards.iter().any(|shown| shown.card.has_view) {
        true => app.hooks.links(app).await.ok(),
        false => None,
    }
}

/// Where the console is: the FHIR base without `/fhir`.
pub fn console_base(app: &App) -> &str {
    let base = app.settings.site.base_url.as_str();
    base.strip_suffix("/fhir").unwrap_or(base)
}

fn is_english(headers: &HeaderMap) -> bool {
    let language = headers.get(ACCEPT_LANGUAGE).and_then(|sent| sent.to_str().ok()).unwrap_or_default();
    language.trim_start().get(..2).is_some_and(|first| first.eq_ignore_ascii_case("en"))
}
