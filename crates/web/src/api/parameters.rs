//! `/api/parameters`: search parameters of one's own, how far their indexes are, taking one into use and out of it.

use super::{Asked, done, json_body, shown};
use crate::App;
use crate::answer::Answered;
use axum::body::Body;
use axum::extract::{Path, State};
use fhir::r4;
use runtime::parameters::{self, Row};
use serde::Deserialize;
use serde_json::{Value, json};
use store::BuildView;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    in_use: bool,
}

pub async fn list(State(app): State<App>, asked: Asked) -> Answered {
    let (rows, builds) = asked.carry(&app, |app, cx| parameters::list(cx, &app.store)).await?;
    let rows: Vec<Value> = rows.iter().map(row).collect();
    let builds: Vec<Value> = builds.iter().map(build).collect();
    shown(&json!({ "parameters": rows, "indexes": builds }))
}

/// `{"in_use": true}` takes the definition as it stands now into use, `false` takes it out.
pub async fn change(State(app): State<App>, asked: Asked, Path(id): Path<String>, body: Body) -> Answered {
    let Sent { in_use } = json_body(&asked, body).await?;
    let change = move |app: &App, cx: &base::Cx| match in_use {
        true => parameters::take(cx, &app.store, &id),
        false => parameters::retire(cx, &app.store, &id),
    };
    asked.carry(&app, change).await?;
    done()
}

fn row(row: &Row) -> Value {
    json!({
        "id": row.id, "url": row.url, "code": row.code, "type": row.kind, "base": row.bases,
        "expression": row.expression, "state": row.state.name(), "percent": row.state.percent(),
        "reason": row.reason, "changed": row.changed,
    })
}

fn build(build: &BuildView) -> Value {
    json!({
        "type": r4().type_name(build.type_), "path": build.key, "state": build.state.name(), "done": build.done,
        "total": build.total,
    })
}
