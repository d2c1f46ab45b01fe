//! `GET /api/overview`: how much is in the record, as far as the reader may know.

use super::{Asked, shown};
use crate::App;
use crate::answer::Answered;
use axum::extract::State;
use base::{Cx, Error, Kind, Result, Role};
use fhir::r4;
use fhir::search::{Handling, Summary, Total, parse_search};
use runtime::residents::{TAG_CODE, TAG_SYSTEM};
use serde_json::{Value, json};

pub async fn show(State(app): State<App>, asked: Asked) -> Answered {
    let overview = asked.carry(&app, overview).await?;
    shown(&overview)
}

fn overview(app: &App, cx: &Cx) -> Result<Value> {
    // Who sees only some records is told only the three counts below, of what they see.
    let types: Vec<Value> = match cx.who.role {
        Role::Integration | Role::Admin => {
            let shown = |(type_, count)| json!({ "type": r4().type_name(type_), "count": count });
            app.store.counts(cx)?.into_iter().map(shown).collect()
        }
        Role::Officer | Role::Clinician | Role::Resident => Vec::new(),
    };
    let tag = format!("{TAG_SYSTEM}|{TAG_CODE}");
    Ok(json!({
        "position": app.store.position(),
        "types": types,
        "residents": count(app, cx, "Person", &[("_tag".to_owned(), tag)])?,
        "registrations": count(app, cx, "Patient", &[])?,
        "institutions": count(app, cx, "Organization", &[])?,
    }))
}

/// How many resources match in the reader's sight; none where the reader sees none of the kind or it is hidden.
fn count(app: &App, cx: &Cx, type_name: &str, params: &[(String, String)]) -> Result<Option<u64>> {
    let missing = || Error::fault(format!("the definitions have no type `{type_name}`"));
    let type_ = r4().type_named(type_name).ok_or_else(missing)?;
    let site = &app.settings.site;
    let mut search = parse_search(type_, params, Handling::Strict, &site.zone, &site.base_url, cx.now())?;
    (search.summary, search.total) = (Summary::Count, Total::Accurate);
    match app.store.search(cx, &search) {
        Ok(page) => Ok(page.total),
        Err(error) if error.kind == Kind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}
