//! A shown card as a `DetectedIssue`. <https://hl7.org/fhir/R4/detectedissue.html>

use super::{Asked, CODE_SYSTEM, Card, CardSource, Indicator, url};
use base::zone::instant_text;
use base::{Cx, Result};
use fhir::Resource;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The id of a card: it follows from who says what about whom, in which encounter or on which day, and resting on what.
pub fn uuid(source: &CardSource, asked: &Asked, card: &Card, day: i32) -> String {
    let day = format!("day {day}");
    let span = asked.encounter_id.as_deref().unwrap_or(&day);
    let mut implicated: Vec<&str> = card.implicated.iter().map(String::as_str).collect();
    implicated.sort_unstable();
    let parts = [source.name, &asked.patient, span, &card.subject].into_iter().chain(implicated);
    uuid_of(parts)
}

/// The id of the suggestion that a card makes.
pub fn suggestion(card_uuid: &str) -> String {
    uuid_of([card_uuid, "accept"].into_iter())
}

/// A UUID of version 8 (RFC 9562) over these parts.
fn uuid_of<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let hash: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex = base::hex::encode(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The card as it was shown.
pub fn resource(
    cx: &Cx,
    source: &CardSource,
    asked: &Asked,
    card: &Card,
    uuid: &str,
    author: Option<&str>,
) -> Result<Resource> {
    let mut extensions = vec![
        json!({ "url": url::SOURCE, "valueString": source.name }),
        json!({ "url": url::KIND, "valueCode": card.kind.name() }),
        json!({ "url": url::HOOK, "valueCode": asked.hook.name() }),
    ];
    if let Some(institution) = &asked.institution {
        let reference = format!("Organization/{institution}");
        extensions.push(json!({ "url": url::INSTITUTION, "valueReference": { "reference": reference } }));
    }
    let texts = [
        (url::DEPARTMENT, asked.department.as_ref()),
        (url::USER, asked.user.as_ref()),
        (url::ENCOUNTER, asked.encounter_id.as_ref()),
        (url::ORDER, card.order.as_ref()),
    ];
    for (url, text) in texts {
        extensions.extend(text.and_then(|text| valued(url, text)));
    }
    let english = [("summary", &card.summary.en), ("detail", &card.detail.en)];
    extensions.extend(nested(url::ENGLISH, english.iter().filter_map(|(name, text)| valued(name, text)).collect()));
    extensions.extend(nested(url::FACTS, facts(card.facts.iter().map(|(name, value)| (*name, value)))));
    let mut issue = json!({
        "resourceType": "DetectedIssue",
        "id": uuid,
        "extension": extensions,
        "status": "preliminary",
        "code": { "coding": [{ "system": CODE_SYSTEM, "code": source.use_case }] },
        "severity": severity(card.indicator),
        "patient": { "reference": format!("Patient/{}", asked.patient) },
        "identifiedDateTime": instant_text(cx.now()),
    });
    put_text(&mut issue["code"], "text", &card.summary.zh);
    if let Some(author) = author {
        issue["author"] = json!({ "reference": author });
    }
    if !card.implicated.is_empty() {
        issue["implicated"] = card.implicated.iter().map(|target| json!({ "reference": target })).collect();
    }
    put_text(&mut issue, "detail", &card.detail.zh);
    fhir::parse_trusted(issue.to_string().into_bytes())
}

fn severity(indicator: Indicator) -> &'static str {
    match indicator {
        Indicator::Info => "low",
        Indicator::Warning => "moderate",
        Indicator::Critical => "high",
    }
}

/// Facts as extensions. FHIR knows no null, no empty text and no nested list: they are left out or become text.
pub fn facts<'a>(facts: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<Value> {
    facts
        .flat_map(|(name, value)| {
            let values = match value {
                Value::Array(values) => values.iter().collect(),
                one => vec![one],
            };
            values.into_iter().filter_map(move |value| fact(name, value))
        })
        .collect()
}

fn fact(name: &str, value: &Value) -> Option<Value> {
    let small = |number: &serde_json::Number| number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
    let (member, value) = match value {
        Value::Null => return None,
        Value::String(text) => return valued(name, text),
        Value::Bool(_) => ("valueBoolean", value.clone()),
        Value::Number(number) if small(number) => ("valueInteger", value.clone()),
        Value::Number(_) => ("valueDecimal", value.clone()),
        Value::Array(_) | Value::Object(_) => ("valueString", Value::String(value.to_string())),
    };
    let mut fact = Map::new();
    fact.insert("url".to_owned(), name.into());
    fact.insert(member.to_owned(), value);
    Some(Value::Object(fact))
}

/// An extension with a text; none for one that is empty.
pub fn valued(url: &str, text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "url": url, "valueString": text }))
}

/// An extension that holds others; none where there are none.
pub fn nested(url: &str, below: Vec<Value>) -> Option<Value> {
    (!below.is_empty()).then(|| json!({ "url": url, "extension": below }))
}

fn put_text(object: &mut Value, name: &str, text: &str) {
    if !text.trim().is_empty() {
        object[name] = text.into();
    }
}
