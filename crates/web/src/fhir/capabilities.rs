//! The CapabilityStatement: exactly what works, made from the definitions and from the places that take a method.
//! <https://hl7.org/fhir/R4/capabilitystatement.html>

use super::wish::Wish;
use crate::App;
use crate::answer::json;
use axum::response::Response;
use base::zone::{Zone, instant_text};
use fhir::custom::Custom;
use fhir::definitions::{Param, ParamKind};
use fhir::search::{Handling, parse_search_with};
use fhir::{TypeId, r4};
use runtime::record::{COMPARTMENTS, Operation};
use serde_json::{Value, json as value};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use store::Indexes;

/// What can be done with every type.
const TYPE_INTERACTIONS: [&str; 8] =
    ["read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"];
const SYSTEM_INTERACTIONS: [&str; 4] = ["transaction", "batch", "search-system", "history-system"];

/// What every search takes besides the parameters of R4's definitions: name, kind, what it means.
const OF_EVERY_SEARCH: [(&str, &str, &str); 14] = [
    ("_type", "special", "Types, in a search over several: the whole record, a compartment"),
    ("_list", "special", "Entries of a List, by its id; functional lists such as `$current-problems` are refused"),
    ("_has", "special", "`_has:Type:reference:parameter`, nested as deep as it is written"),
    ("_sort", "special", "Any parameter with values, several keys, `-` for descending"),
    ("_count", "number", "Entries of a page, at most 1000"),
    ("_include", "special", "`Type:parameter[:Target]`, `Type:*`, `*`; `:iterate`"),
    ("_revinclude", "special", "`Type:parameter[:Target]`, `Type:*`, `*`; `:iterate`"),
    ("_summary", "special", "`true`, `text`, `data`, `count`, `false`"),
    ("_elements", "special", "Elements to show"),
    ("_total", "special", "`none`, `estimate`, `accurate`"),
    ("_page", "special", "From a link of this server; follow it as it is"),
    ("_format", "special", "`json`"),
    ("_pretty", "special", "`true` for line breaks and indents"),
    ("_explain", "special", "`true` tells how the search was run and what it cost, to an account that sees everything"),
];

/// From so many target types on a parameter may point at anything.
const ANY_TARGETS_MIN: usize = 100;

pub fn capabilities(app: &App, wish: &Wish) -> Response {
    json(wish.content_type, app.capabilities.get(app), wish.pretty)
}

/// The statement as it was made last, for the search parameters of that moment. It does not keep them alive: what was
/// searched by before must go before an index is built.
#[derive(Default)]
pub struct Statement(Mutex<(Weak<Indexes>, Vec<u8>)>);

impl Statement {
    fn get(&self, app: &App) -> Vec<u8> {
        let now = app.store.indexes();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::ptr::eq(made.0.as_ptr(), Arc::as_ptr(&now)) {
            *made = (Arc::downgrade(&now), statement(app, &now.custom).to_string().into_bytes());
        }
        made.1.clone()
    }
}

fn statement(app: &App, custom: &Custom) -> Value {
    let settings = &app.settings;
    let resources: Vec<Value> = r4().types().map(|type_| resource(type_, custom)).collect();
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
            "searchParam": of_every_type(),
            "compartment": COMPARTMENTS.map(compartment),
        }],
    })
}

/// What can be asked of every type: `_id`, `_tag`, … and what is not in R4's definitions.
fn of_every_type() -> Vec<Value> {
    let (types, custom): (Vec<TypeId>, _) = (r4().types().collect(), Custom::default());
    let common =
        |param: &&Param| types.iter().all(|type_| r4().param(*type_, param.name).is_some_and(|p| p.url == param.url));
    let first = types.first().map(|type_| r4().params_of(*type_)).unwrap_or_default();
    let params = first.iter().filter(|param| param.supported()).filter(common).map(|one| param(types[0], one, &custom));
    let others =
        OF_EVERY_SEARCH.iter().map(|(name, kind, text)| value!({"name": name, "type": kind, "documentation": text}));
    params.chain(others).collect()
}

fn compartment(name: &str) -> String {
    format!("http://hl7.org/fhir/CompartmentDefinition/{}", name.to_lowercase())
}

fn resource(type_: TypeId, custom: &Custom) -> Value {
    let supported = || r4().params_of(type_).iter().filter(|param| param.supported()).chain(custom.params_of(type_));
    let mut params: Vec<Value> = supported().map(|one| param(type_, one, custom)).collect();
    if takes(custom, type_, "resident", "Person/1") {
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
    let any = |list: Vec<String>| if list.is_empty() { list } else { [vec!["*".to_owned()], list].concat() };
    described["searchInclude"] = value!(any(includes));
    described["searchRevInclude"] = value!(any(pointing_at(type_, custom)));
    described["operation"] = operations(name);
    // FHIR has no empty arrays.
    if let Some(members) = described.as_object_mut() {
        members.retain(|_, member| member.as_array().is_none_or(|list| !list.is_empty()));
    }
    described
}

fn operations(type_name: &str) -> Value {
    let own = Operation::ALL.iter().filter(|(_, _, of, ..)| *of == type_name);
    own.map(|(_, name, of, ..)| {
        let definition = format!("http://hl7.org/fhir/OperationDefinition/{of}-{name}");
        value!({"name": name, "definition": definition})
    })
    .collect()
}

/// The parameters that name this type among their targets; those that may point at anything work too, but a list of
/// them at every type would say nothing.
fn pointing_at(type_: TypeId, custom: &Custom) -> Vec<String> {
    let of = |source: TypeId| {
        let params = r4().params_of(source).iter().chain(custom.params_of(source));
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

fn param(type_: TypeId, param: &Param, custom: &Custom) -> Value {
    let mut described = value!({"name": param.name, "definition": param.url, "type": param.kind.name()});
    let modifiers = modifiers(custom, type_, param);
    if !modifiers.is_empty() {
        described["documentation"] = value!(format!("Modifiers: {}", modifiers.join(", ")));
    }
    described
}

/// Modifiers, each with a value that is well formed for it; what stands above and below depends on the parameter.
const MODIFIERS: [(&str, &str); 11] = [
    ("missing", "true"),
    ("exact", "x"),
    ("contains", "x"),
    ("text", "x"),
    ("not", "true"),
    ("in", "http://example.org/set"),
    ("not-in", "http://example.org/set"),
    ("above", "http://example.org|x"),
    ("below", "http://example.org|x"),
    ("of-type", "http://example.org|x|1"),
    ("identifier", "http://example.org|1"),
];

/// The modifiers that a parameter takes, found out by reading a search with each.
pub fn modifiers(custom: &Custom, type_: TypeId, param: &Param) -> Vec<&'static str> {
    let taken = |(modifier, value): &&(&str, &str)| {
        let name = format!("{}:{modifier}", param.name);
        match (*modifier, param.kind) {
            ("above" | "below", ParamKind::Reference) => {
                let mut targets = param.targets.iter().map(|target| format!("{}/1", r4().type_name(*target)));
                targets.any(|target| takes(custom, type_, &name, &target))
            }
            _ => takes(custom, type_, &name, value),
        }
    };
    MODIFIERS.iter().filter(taken).map(|(modifier, _)| *modifier).collect()
}

fn takes(custom: &Custom, type_: TypeId, name: &str, value: &str) -> bool {
    let params = [(name.to_owned(), value.to_owned())];
    parse_search_with(custom, type_, &params, Handling::Strict, &Zone::default(), "", 0).is_ok()
}
