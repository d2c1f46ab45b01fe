//! FHIR REST under `/fhir`: every interaction that this server carries out stands in the match of `dispatch`.
//! <https://hl7.org/fhir/R4/http.html>

mod bundle;
mod capabilities;
mod changed;
mod create;
mod delete;
mod history;
mod lanes;
mod operation;
mod pretty;
mod read;
mod search;
mod update;
mod vread;
mod wish;
mod work;

pub use capabilities::{Statement, modifiers};
pub use lanes::Lanes;
pub use pretty::pretty;
pub use work::{Pasts, StopWhenLeft, Turns};

use crate::answer::{Answered, FHIR_JSON, Failure};
use crate::metrics::Interaction;
use crate::{App, who};
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use base::{Cx, Stopwatch};
use fhir::r4;
use runtime::record::{Place, Scope, place};
use store::HistoryOf;
use wish::Wish;

/// One request on its way to its interaction.
struct Call {
    app: App,
    cx: Cx,
    wish: Wish,
    headers: HeaderMap,
    /// The query without `_format` and `_pretty`; empty for none.
    query: String,
    body: Body,
}

/// What the log and the metrics say of a request.
struct Note {
    interaction: Interaction,
    type_name: &'static str,
    account: i64,
}

/// Answers one FHIR request.
pub async fn handle(app: App, request: Request) -> Response {
    let watch = Stopwatch::start();
    let method = request.method().clone();
    let mut note = Note { interaction: Interaction::Unknown, type_name: "", account: -1 };
    let (content_type, pretty, answered) = match Wish::of(&request) {
        Err(failure) => (FHIR_JSON, false, Err(crate::body::refused(&mut request.into_body(), failure).await)),
        Ok(wish) => {
            let (content_type, pretty) = (wish.content_type, wish.pretty);
            (content_type, pretty, dispatch(app.clone(), wish, request, &mut note).await)
        }
    };
    let response = answered.unwrap_or_else(|failure: Failure| failure.respond(content_type, pretty));
    let (status, took) = (response.status().as_u16(), watch.elapsed());
    app.metrics.count(note.interaction, status, took);
    tracing::info!(
        method = method.as_str(),
        interaction = note.interaction.name(),
        resource = note.type_name,
        status,
        micros = took.as_micros() as u64,
        account = note.account,
        "fhir"
    );
    response
}

/// Finds out who asks for what place, and lets it be carried out.
async fn dispatch(app: App, wish: Wish, request: Request, note: &mut Note) -> Answered {
    let (mut parts, mut body) = request.into_parts();
    let path = parts.uri.path().strip_prefix("/fhir").unwrap_or_default();
    if path == "/metadata" && matches!(parts.method, Method::GET | Method::HEAD) {
        note.interaction = Interaction::Capabilities;
        return Ok(capabilities::capabilities(&app, &wish));
    }
    match admitted(&app, &parts, path, note).await {
        Err(failure) => Err(crate::body::refused(&mut body, failure).await),
        Ok((cx, place)) => {
            let query = wish::without_format(parts.uri.query().unwrap_or_default());
            let headers = std::mem::take(&mut parts.headers);
            interact(Call { app, cx, wish, headers, query, body }, &parts.method, place, note).await
        }
    }
}

/// What is decided before the body is read: who asks, for which place, and whether that may be written.
async fn admitted<'a>(app: &App, parts: &Parts, path: &'a str, note: &mut Note) -> Result<(Cx, Place<'a>), Failure> {
    let who = who::who(app, &parts.method, &parts.headers).await?;
    note.account = who.account;
    let place = place(path)?;
    note.type_name = place.type_id().map_or("", |type_| r4().type_name(type_));
    let cx = who::cx(app, who);
    let reads = parts.method.is_safe() || place.is_read_by_post();
    if !reads {
        access::may_write(&cx)?;
    }
    Ok((cx, place))
}

/// Every interaction there is.
async fn interact(call: Call, method: &Method, place: Place<'_>, note: &mut Note) -> Answered {
    use Interaction::{Create, Delete, History, Operation, Read, Search, Update, Vread};
    let allowed = place.methods();
    match (method.as_str(), place) {
        ("GET" | "HEAD", Place::Instance(type_, id)) => note.of(Read, read::read(&call, type_, &id)),
        ("GET" | "HEAD", Place::Version(type_, id, version)) => {
            note.of(Vread, vread::vread(call, type_, id.into_owned(), version)).await
        }
        ("GET" | "HEAD", Place::Type(type_)) => note.of(Search, search::search(call, Scope::Type(type_))).await,
        ("GET" | "HEAD", Place::System) => note.of(Search, search::search(call, Scope::System)).await,
        ("GET" | "HEAD", Place::Compartment(type_, id, of)) => {
            let scope = Scope::Compartment { type_, id: id.into_owned(), of };
            note.of(Search, search::search(call, scope)).await
        }
        ("POST", Place::TypeSearch(type_)) => note.of(Search, search::search_by_form(call, Scope::Type(type_))).await,
        ("POST", Place::SystemSearch) => note.of(Search, search::search_by_form(call, Scope::System)).await,
        ("POST", Place::CompartmentSearch(type_, id, of)) => {
            let scope = Scope::Compartment { type_, id: id.into_owned(), of };
            note.of(Search, search::search_by_form(call, scope)).await
        }
        ("GET" | "HEAD", Place::Operation(name, type_, id)) => {
            note.of(Operation, operation::by_url(call, name, type_, id.map(Into::into))).await
        }
        ("POST", Place::Operation(name, type_, id)) => {
            note.of(Operation, operation::by_body(call, name, type_, id.map(Into::into))).await
        }
        ("GET" | "HEAD", Place::SystemHistory) => note.of(History, history::history(call, HistoryOf::System)).await,
        ("GET" | "HEAD", Place::TypeHistory(type_)) => {
            note.of(History, history::history(call, HistoryOf::Type(type_))).await
        }
        ("GET" | "HEAD", Place::InstanceHistory(type_, id)) => {
            note.of(History, history::history(call, HistoryOf::Resource(type_, id.into_owned()))).await
        }
        ("POST", Place::Type(type_)) => note.of(Create, create::create(call, type_)).await,
        ("PUT", Place::Instance(type_, id)) => note.of(Update, update::update(call, type_, id.into_owned())).await,
        ("PUT", Place::Type(type_)) => note.of(Update, update::conditional_update(call, type_)).await,
        ("DELETE", Place::Instance(type_, id)) => note.of(Delete, delete::delete(call, type_, id.into_owned())).await,
        ("DELETE", Place::Type(type_)) => note.of(Delete, delete::conditional_delete(call, type_)).await,
        ("POST", Place::System) => bundle::bundle(call, &mut note.interaction).await,
        // Its body is read, so that the connection can go on.
        _ => Err(crate::body::refused(&mut { call.body }, Failure::method(allowed)).await),
    }
}

impl Note {
    /// Notes which interaction it is.
    fn of<T>(&mut self, interaction: Interaction, answer: T) -> T {
        self.interaction = interaction;
        answer
    }
}
