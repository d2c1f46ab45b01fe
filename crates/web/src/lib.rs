//! The HTTP edge: one file per FHIR interaction, the API of the console, the console itself.
//!
//! Every request comes through `router`. FHIR requests take one path by hand (`fhir::handle`), because a read by id
//! must cost little more than the read itself; all else is ordinary routes.

pub mod answer;
pub mod api;
pub mod body;
mod cds;
mod console;
mod fhir;
mod health;
pub mod metrics;
pub mod who;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use base::{Clock, Dice, Role};
use runtime::accounts::Accounts;
use runtime::cards::{CardSource, Counts};
use runtime::imports::Imports;
use runtime::live::Live;
use runtime::program::{Env, Kept};
use runtime::record::Site;
use std::ops::Deref;
use std::sync::Arc;
use store::Store;
use tower_http::catch_panic::CatchPanicLayer;

/// What the edge stands on. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an app.
pub struct Parts {
    pub store: Store,
    pub accounts: Accounts,
    pub imports: Imports,
    pub live: Live,
    pub settings: Settings,
    /// What the programs stand on.
    pub env: Env,
    pub metrics: metrics::Metrics,
    pub(crate) bodies: body::Bodies,
    pub(crate) turns: fhir::Turns,
    pub(crate) searches: fhir::Lanes,
    pub(crate) pasts: fhir::Pasts,
    pub(crate) capabilities: fhir::Statement,
    /// Where cards come from.
    pub(crate) card_sources: Vec<&'static CardSource>,
    /// Questions for cards that are not in the tallies yet; a `CountsKeeper` adds them.
    pub card_counts: Counts,
    pub(crate) hooks: cds::Hooks,
}

/// How this server is reached and shows itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The FHIR base that links are made with, and the zone of dates.
    pub site: Site,
    pub clock: Clock,
    pub dice: Dice,
    /// The version of the program.
    pub version: &'static str,
    /// Shown on the sign-in page; empty but in `demo`.
    pub demo_accounts: Vec<DemoAccount>,
    /// Cookies are sent over TLS only.
    pub secure_cookies: bool,
}

/// An account of the demonstration, whose password everybody may know.
#[derive(Clone, Debug)]
pub struct DemoAccount {
    pub name: String,
    pub password: String,
    pub role: Role,
    pub display_zh: String,
    pub display_en: String,
}

impl App {
    pub fn new(store: Store, accounts: Accounts, imports: Imports, live: Live, settings: Settings) -> App {
        App::with_cards(store, accounts, imports, live, settings, programs::card_sources())
    }

    /// The same with other sources of cards than those of the programs.
    pub fn with_cards(
        store: Store,
        accounts: Accounts,
        imports: Imports,
        live: Live,
        settings: Settings,
        card_sources: Vec<&'static CardSource>,
    ) -> App {
        let env = Env { store: store.clone(), site: settings.site.clone(), kept: Kept::default() };
        App(Arc::new(Parts {
            env,
            store,
            accounts,
            imports,
            live,
            settings,
            metrics: metrics::Metrics::default(),
            bodies: body::Bodies::default(),
            turns: fhir::Turns::default(),
            searches: fhir::Lanes::default(),
            pasts: fhir::Pasts::default(),
            capabilities: fhir::Statement::default(),
            card_sources,
            card_counts: Counts::default(),
            hooks: cds::Hooks::default(),
        }))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Everything that this server answers.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(api::routes())
        .merge(cds::routes())
        .fallback(fhir_or_console)
        .layer(CatchPanicLayer::custom(answer::panicked))
        .with_state(app)
}

/// What no route names: the FHIR base, or a file of the console.
async fn fhir_or_console(State(app): State<App>, request: Request) -> Response {
    match request.uri().path().strip_prefix("/fhir") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => fhir::handle(app, request).await,
        _ => console::serve(request).await,
    }
}
