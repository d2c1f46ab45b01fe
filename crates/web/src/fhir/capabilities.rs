//! The CapabilityStatement: exactly what works, made from the definitions and from the places that take a method.
//! <https://hl7.org/fhir/R4/capabilitystatement.html>

use super::wish::Wish;
use crate::App;
use crate::answer::json;
use axum::response::Response;
use base::zone::instant_text;
use fhir::definitions::Param;
use fhir::{TypeId, r4};
use serde_json::{Value, json as value};

/// What can be done with every type.
const TYPE_INTERACTIONS: [&str; 8] =
    ["read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"];
const SYSTEM_INTERACTIONS: [&str; 3] = ["transaction", "batch", "history-system"];

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
    let params: Vec<Value> = r4().params_of(type_).iter().filter(|param| param.supported()).map(param).collect();
    value!({
        "type": r4().type_name(type_),
        "interaction": codes(&TYPE_INTERACTIONS),
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalRead": "full-support",
        "conditionalUpdate": true,
        "conditionalDelete": "single",
        "searchParam": params,
    })
}

fn codes(names: &[&str]) -> Value {
    names.iter().map(|name| value!({"code": name})).collect()
}

fn param(param: &Param) -> Value {
    value!({"name": param.name, "definition": param.url, "type": param.kind.name()})
}
