//! The CapabilityStatement: exactly what works, made from the definitions and from the places that take a method.
//! <https://hl7.org/fhir/R4/capabilitystatement.html>

use super::wish::Wish;
use crate::App;
use crate::answer::json;
use axum::response::Response;
use base::zone::instant_text;
use fhir::definitions::{Param, ParamKind};
use fhir::{TypeId, r4};
use serde_json::{Value, json as value};

/// What can be done with every type.
const TYPE_INTERACTIONS: [&str; 8] =
    ["read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"];
const SYSTEM_INTERACTIONS: [&str; 3] = ["transaction", "batch", "history-system"];

/// From so many target types on a parameter may point at anything.
const ANY_TARGETS_MIN: usize = 100;

pub fn capabilities(app: &App, wish: &Wish) -> Response {
    let statement = app.capabilities.get_or_init(|| statement(app).to_string().into_bytes());
    json(wish.content_type, statement.clone(), wish.pretty)
}

fn statement(app: &App) -> Value {
    let settings = &app.settings;
    let resources: Vec<Value> = r4().types().map(resource).collect();
    value!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant_text(settings.clock.now()),
        "kind": "instance",
        "software": {"name": "Jingluo", "version": settings.version},
        "implementation": {"description": "Jingluo (经络), one health record of a city", "url": settings.site.base_url},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "security": {
                "cors": false,
                "service": [{"text": "Bearer tokens, or the session of the console; accounts have roles"}],
                "description": "Every request but this one needs `Authorization: Bearer <token>`. \
                    Only the role `integration` changes the record; the others see their part of it.",
            },
            "resource": resources,
            "interaction": codes(&SYSTEM_INTERACTIONS),
        }],
    })
}

fn resource(type_: TypeId) -> Value {
    let supported = || r4().params_of(type_).iter().filter(|param| param.supported());
    let mut params: Vec<Value> = supported().map(param).collect();
    if r4().in_patient_compartment(type_) {
        params.push(value!({
            "name": "resident",
            "type": "reference",
            "documentation": "A Person: what belongs to any of the registrations linked to it",
        }));
    }
    let name = r4().type_name(type_);
    let includes = supported().filter(|param| param.kind == ParamKind::Reference);
    let includes: Vec<String> = includes.map(|param| format!("{name}:{}", param.name)).collect();
    let mut described = value!({
        "type": name,
        "interaction": codes(&TYPE_INTERACTIONS),
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalRead": "full-support",
        "conditionalUpdate": true,
        "conditionalDelete": "single",
        "searchParam": params,
    });
    // FHIR has no empty arrays.
    for (name, list) in [("searchInclude", includes), ("searchRevInclude", pointing_at(type_))] {
        if !list.is_empty() {
            described[name] = value!(list);
        }
    }
    described
}

/// The parameters that name this type among their targets; those that may point at anything work too, but a list of
/// them at every type would say nothing.
fn pointing_at(type_: TypeId) -> Vec<String> {
    let of = |source: TypeId| {
        let params = r4().params_of(source).iter();
        let pointing = params.filter(move |param| {
            param.supported()
                && param.kind == ParamKind::Reference
                && param.targets.len() < ANY_TARGETS_MIN
                && param.targets.contains(&type_)
        });
        pointing.map(move |param| format!("{}:{}", r4().type_name(source), param.name))
    };
    r4().types().flat_map(of).collect()
}

fn codes(names: &[&str]) -> Value {
    names.iter().map(|name| value!({"code": name})).collect()
}

fn param(param: &Param) -> Value {
    value!({"name": param.name, "definition": param.url, "type": param.kind.name()})
}
