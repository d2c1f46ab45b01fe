//! `/api/definitions`: the resource types and their search parameters, for the resource browser.

use super::{Asked, shown};
use crate::App;
use crate::answer::Answered;
use crate::fhir::modifiers;
use axum::extract::{Path, State};
use base::Error;
use fhir::custom::Custom;
use fhir::definitions::Param;
use fhir::{TypeId, r4};
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
    let indexes = app.store.indexes();
    let all = r4().params_of(type_).iter().chain(indexes.custom.params_of(type_));
    let mut params: Vec<Value> = all.map(|one| param(&indexes.custom, type_, one)).collect();
    if r4().in_patient_compartment(type_) {
        params.push(json!({
            "name": "resident", "kind": "reference", "supported": true, "targets": ["Person"], "modifiers": [],
        }));
    }
    shown(&json!({ "type": name, "params": params }))
}

fn param(custom: &Custom, type_: TypeId, param: &Param) -> Value {
    let targets: Vec<&str> = param.targets.iter().map(|target| r4().type_name(*target)).collect();
    let modifiers = if param.supported() { modifiers(custom, type_, param) } else { Vec::new() };
    json!({
        "name": param.name, "kind": param.kind.name(), "supported": param.supported(), "targets": targets,
        "modifiers": modifiers,
    })
}
