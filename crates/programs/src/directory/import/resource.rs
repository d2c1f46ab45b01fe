//! From a draft to its Organization: a new one, or the one in the record with what the line says otherwise.

use super::table::{Column, Draft};
use crate::directory::codes::{self, KIND_SYSTEM, LEVEL_SYSTEM};
use crate::directory::rows::{AREA, PERIOD};
use base::{Error, Result};
use fhir::Resource;
use identity::organisation;
use serde_json::{Value, json};

/// A new institution.
pub fn created(id: &str, draft: &Draft, parent: Option<&str>) -> Result<Resource> {
    let mut json = json!({ "resourceType": "Organization", "id": id, "active": true });
    for (column, _) in super::COLUMNS {
        set(&mut json, column, draft, parent);
    }
    parsed(&json)
}

/// The institution as it is, with the changes of the line.
pub fn changed(
    stored: &[u8],
    draft: &Draft,
    parent: Option<&str>,
    changes: &[(Column, Option<String>, Option<String>)],
) -> Result<Resource> {
    let mut json: Value =
        serde_json::from_slice(stored).map_err(|_| Error::fault("an institution of the record cannot be read"))?;
    for (column, _, _) in changes {
        set(&mut json, *column, draft, parent);
    }
    parsed(&json)
}

fn parsed(json: &Value) -> Result<Resource> {
    fhir::parse(json.to_string().as_bytes(), &fhir::Limits::default())
}

/// Writes what the draft says of one column, where it says anything.
fn set(json: &mut Value, column: Column, draft: &Draft, parent: Option<&str>) {
    match column {
        Column::Name => json["name"] = json!(draft.name),
        Column::Code => {
            if let Some(code) = &draft.code {
                let identifier = json!({ "use": "official", "system": organisation::SYSTEM, "value": code });
                put_by(json, "identifier", "system", organisation::SYSTEM, identifier);
            }
        }
        Column::Kind => set_type(json, KIND_SYSTEM, draft.kind.as_deref().and_then(codes::kind)),
        Column::Level => set_type(json, LEVEL_SYSTEM, draft.level.as_deref().and_then(codes::level)),
        Column::Parent => {
            if let Some(id) = parent {
                json["partOf"] = json!({ "reference": format!("Organization/{id}") });
            }
        }
        // Both columns are one area; it is set once, with the district.
        Column::District => {
            if let Some(area) = &draft.area {
                put_by(address(json), "extension", "url", AREA, json!({ "url": AREA, "valueCode": area }));
            }
        }
        Column::Street => {}
        Column::Address => {
            if let Some(text) = &draft.address {
                let address = address(json);
                address["text"] = json!(text);
                // The lines said the old one.
                if let Some(address) = address.as_object_mut() {
                    address.remove("line");
                }
            }
        }
        Column::Phone => {
            if let Some(phone) = &draft.phone {
                put_by(json, "telecom", "system", "phone", json!({ "system": "phone", "value": phone }));
            }
        }
        Column::Active => {
            if let Some(active) = draft.active {
                json["active"] = json!(active);
            }
        }
        Column::ValidFrom => {
            if let Some(day) = &draft.valid_from {
                let end = period_end(json);
                let mut period = json!({ "start": day });
                if let Some(end) = end {
                    period["end"] = end;
                }
                put_by(json, "extension", "url", PERIOD, json!({ "url": PERIOD, "valuePeriod": period }));
            }
        }
    }
}

/// The first address; made where there is none.
fn address(json: &mut Value) -> &mut Value {
    if !json["address"].is_array() {
        json["address"] = json!([{}]);
    }
    &mut json["address"][0]
}

fn period_end(json: &Value) -> Option<Value> {
    let period = json["extension"].as_array()?.iter().find(|extension| extension["url"] == PERIOD)?;
    Some(period["valuePeriod"]["end"].clone()).filter(|end| !end.is_null())
}

/// Replaces the item of a list whose `key` is this, or adds one.
fn put_by(json: &mut Value, list: &str, key: &str, is: &str, item: Value) {
    if !json[list].is_array() {
        json[list] = json!([]);
    }
    let Some(items) = json[list].as_array_mut() else { return };
    match items.iter_mut().find(|item| item[key] == is) {
        Some(known) => *known = item,
        None => items.push(item),
    }
}

/// Sets the code of one system among the types.
fn set_type(json: &mut Value, system: &str, code: Option<&codes::Code>) {
    let Some(code) = code else { return };
    if !json["type"].is_array() {
        json["type"] = json!([]);
    }
    let Some(types) = json["type"].as_array_mut() else { return };
    types.retain(|concept| {
        let codings = concept["coding"].as_array();
        !codings.is_some_and(|codings| codings.iter().any(|coding| coding["system"] == system))
    });
    types.push(json!({ "coding": [{ "system": system, "code": code.code, "display": code.zh }], "text": code.zh }));
}
