//! CDS Hooks 2.0 at `/cds-services`: decision support in the moment of ordering, for systems of hospitals.
//! <https://cds-hooks.hl7.org/2.0/>

mod ask;
mod call;
mod card;
mod feedback;
mod keep;
mod services;

pub use ask::{Hooks, Told, ask};
pub use keep::{Asks, keep, told, told_patient};
pub use services::{console_base, links_for};

use crate::App;
use crate::answer::{Answered, Failure};
use crate::metrics::Interaction;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base::Stopwatch;

/// Every route of CDS Hooks.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/cds-services", get(services::discover))
        .route("/cds-services/{id}", post(services::call))
        .route("/cds-services/{id}/feedback", post(feedback::feedback))
        .method_not_allowed_fallback(async || Failure::method("GET, POST"))
}

/// Counts and logs an answer. No personal data in it: the path holds none.
pub fn noted(app: &App, interaction: Interaction, watch: Stopwatch, account: i64, answered: Answered) -> Response {
    let response = answered.into_response();
    let (status, took) = (response.status().as_u16(), watch.elapsed());
    app.metrics.count(interaction, status, took);
    tracing::info!(interaction = interaction.name(), status, micros = took.as_micros() as u64, account, "cards");
    response
}
