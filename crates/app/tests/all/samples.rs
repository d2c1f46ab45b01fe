//! Small resources to send.

use serde_json::{Value, json};

pub fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": "测试", "given": [id]}]})
}

pub fn observation(id: &str, patient: &str, value: u64) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "14771-0"}]},
        "subject": {"reference": format!("Patient/{patient}")},
        "effectiveDateTime": "2026-03-04T08:00:00+08:00",
        "valueQuantity": {"value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    })
}

/// So many patients, one a line.
pub fn ndjson(count: usize) -> String {
    (0..count).map(|number| format!("{}\n", patient(&format!("n{number}")))).collect()
}

pub fn bundle(kind: &str, entries: Vec<Value>) -> Value {
    json!({"resourceType": "Bundle", "type": kind, "entry": entries})
}
