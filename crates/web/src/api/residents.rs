//! `/api/residents`: residents by what somebody types, and one resident's or registration's header.

use super::{Asked, shown};
use crate::App;
use crate::answer::Answered;
use axum::extract::{Path, State};
use base::Error;
use runtime::residents::{self, Query, Row};
use serde_json::{Value, json};

pub async fn search(State(app): State<App>, asked: Asked) -> Answered {
    let mut params = asked.params()?;
    let text = params.take("q")?.unwrap_or_default();
    let query = Query { text, count: params.take_as("count")?, page: params.take("page")? };
    params.end()?;
    let found =
        asked.carry(&app, move |app, cx| residents::search(cx, &app.store, &app.settings.site.zone, &query)).await?;
    let rows = found.rows.iter().map(row).collect::<base::Result<Vec<_>>>()?;
    shown(&json!({ "rows": rows, "next": found.next, "total": found.total }))
}

pub async fn person(State(app): State<App>, asked: Asked, Path(id): Path<String>) -> Answered {
    let found = asked.carry(&app, move |app, cx| residents::of_person(cx, &app.store, &id)).await?;
    shown(&row(&found)?)
}

pub async fn patient(State(app): State<App>, asked: Asked, Path(id): Path<String>) -> Answered {
    let found = asked.carry(&app, move |app, cx| residents::of_patient(cx, &app.store, &id)).await?;
    shown(&row(&found)?)
}

fn row(row: &Row) -> base::Result<Value> {
    serde_json::to_value(row).map_err(|_| Error::fault("a row could not be written as JSON"))
}
