//! `/api/definitions`: the resource types and their search parameters, for the resource browser.

use super::{Asked, shown};
use crate::App;
use crate::answer::Answered;
use axum::extract::{Path, State};
use base::Error;
use fhir::definitions::{Param, ParamKind};
use fhir::r4;
use serde_json::{Value, json};

pub async fn list(State(app): State<App>, asked: Asked) -> Answered {
    asked.cx(&app).await?;
    let types = r4().types().map(|type_| json!({ "name": r4().type_name(type_), "person": !access::is_open(type_) }));
    shown(&json!({ "types": types.collect::<Vec<Value>>() }))
}

pub async fn one(State(app): State<App>, asked: Asked, Path(name): Path<String>) -> Answered {
    asked.cx(&app).await?;
    let missing = || Error::not_found("there is no resource type of this name in R4; see `/api/definitions`");
    let type_ = r4().type_named(&name).ok_or_else(missing)?;
    let mut params: Vec<Value> = r4().params_of(type_).iter().map(param).collect();
    if r4().in_patient_compartment(type_) {
        params.push(json!({
            "name": "resident", "kind": "reference", "supported": true, "targets": ["Person"], "modifiers": [],
        }));
    }
    shown(&json!({ "type": name, "params": params }))
}

fn param(param: &Param) -> Value {
    let targets: Vec<&str> = param.targets.iter().map(|target| r4().type_name(*target)).collect();
    json!({
        "name": param.name, "kind": param.kind.name(), "supported": param.supported(), "targets": targets,
        "modifiers": modifiers(param),
    })
}

/// The modifiers that a search carries out for this kind of parameter.
fn modifiers(param: &Param) -> &'static [&'static str] {
    match param.kind {
        _ if !param.supported() || matches!(param.name, "_id" | "_lastUpdated") => &[],
        ParamKind::String => &["exact", "contains", "missing"],
        ParamKind::Token => &["text", "not", "missing"],
        ParamKind::Uri => &["below", "above", "missing"],
        ParamKind::Reference | ParamKind::Date | ParamKind::Number | ParamKind::Quantity => &["missing"],
        ParamKind::Composite | ParamKind::Special => &[],
    }
}
