//! `GET /api/platform`: what runs here, for the sign-in page.

use super::shown;
use crate::App;
use crate::answer::Answered;
use axum::extract::State;
use serde_json::{Value, json};

pub async fn show(State(app): State<App>) -> Answered {
    let settings = &app.settings;
    let demo = !settings.demo_accounts.is_empty();
    let accounts = settings.demo_accounts.iter().map(|account| {
        json!({
            "name": account.name, "password": account.password, "role": account.role.name(),
            "display_zh": account.display_zh, "display_en": account.display_en,
        })
    });
    let accounts: Vec<Value> = accounts.collect();
    let mut platform = json!({
        "version": settings.version, "demo": demo, "fhir_base": "/fhir", "zone": settings.site.zone.name(),
    });
    if demo {
        platform["demo_accounts"] = Value::Array(accounts);
    }
    shown(&platform)
}
