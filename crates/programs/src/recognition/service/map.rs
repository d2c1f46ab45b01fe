//! `map`: confirms what local codes mean, many at once, or takes it back: a new version of each institution's ConceptMap.

use crate::directory::picture;
use crate::recognition::ask::{book_at, here};
use crate::recognition::codes::{CONFIRMED, ITEM_SYSTEM, MAP_URL};
use base::{Cx, Error, Result};
use fhir::r4;
use runtime::program::{Env, Given, Planned, Said};
use runtime::rules::{Scope, reach_of_files};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Batch, Expect, Op, Put, Write};

/// Codes confirmed at once.
const MAPS_MAX: usize = 2_000;
const CHARS_MAX: usize = 200;
const ID: &str = "recognition-codes-";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    maps: Vec<Confirmed>,
}

/// What a code means; no item takes its meaning away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    institution: String,
    system: String,
    code: String,
    name: Option<String>,
    item: Option<String>,
}

pub fn map(cx: &Cx, env: &Env, given: &Given) -> Result<Planned> {
    let sent: Sent = serde_json::from_slice(&given.body).map_err(|error| super::unread("map", &error))?;
    if sent.maps.is_empty() || sent.maps.len() > MAPS_MAX {
        return Err(Error::invalid(format!("`maps` holds 1 to {MAPS_MAX} codes")));
    }
    let mut by_institution: BTreeMap<&str, Vec<&Confirmed>> = BTreeMap::new();
    for confirmed in &sent.maps {
        by_institution.entry(&confirmed.institution).or_default().push(confirmed);
    }
    let reach = reach_of_files(cx, &env.store)?;
    let picture = picture(env)?;
    let mut batch = Batch::default();
    for (institution, confirmed) in by_institution {
        reach.must_cover(&env.store, &Scope::Institution(institution.to_owned()))?;
        if picture.institution(institution).is_none() {
            return Err(Error::not_found(format!("the directory has no institution `{institution}`")));
        }
        let book = book_at(env, &here(&picture, Some(institution)), cx.now())?;
        for one in &confirmed {
            one.check(|item| book.items.contains_key(item))?;
        }
        batch.writes.push(concept_map(cx, env, institution, &confirmed)?);
    }
    Ok(Planned { batch, answer: json!({ "mapped": sent.maps.len() }) })
}

impl Confirmed {
    fn check(&self, is_item: impl Fn(&str) -> bool) -> Result<()> {
        let wrong = |zh: String, en: String| Err(Error::invalid(Said::new(zh, en).both()));
        let code = &self.code;
        for text in [&self.system, code] {
            if text.is_empty() || text.chars().count() > CHARS_MAX {
                return wrong(
                    format!("编码“{code}”或其系统为空或过长"),
                    format!("the code `{code}` or its system is empty or too long"),
                );
            }
        }
        if self.system == ITEM_SYSTEM {
            return wrong(format!("“{code}”已是目录项目"), format!("`{code}` is an item already"));
        }
        match &self.item {
            Some(item) if !is_item(item) => {
                wrong(format!("目录中没有项目“{item}”"), format!("there is no item `{item}` in the catalogue"))
            }
            _ => Ok(()),
        }
    }
}

/// The institution's map with what was confirmed; the version read is expected, so that two at once lose nothing.
fn concept_map(cx: &Cx, env: &Env, institution: &str, confirmed: &[&Confirmed]) -> Result<Write> {
    let type_ = r4().type_named("ConceptMap").ok_or_else(|| Error::fault("R4 has no type `ConceptMap`"))?;
    let id: String = format!("{ID}{institution}").chars().take(base::limits::ID_CHARS_MAX).collect();
    let stored = env.store.read(cx, type_, &id)?.filter(|stored| stored.op != Op::Delete);
    let mut map = match &stored {
        None => json!({
            "resourceType": "ConceptMap", "id": id, "url": format!("{MAP_URL}{institution}"), "status": "active",
        }),
        Some(stored) => {
            let mut json = Vec::new();
            stored.json(&mut json)?;
            serde_json::from_slice(&json).map_err(|_| Error::fault("a map in the record cannot be read"))?
        }
    };
    for one in confirmed {
        confirm(&mut map, one, &cx.who.name);
    }
    let groups = map["group"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let has_elements = |group: &Value| group["element"].as_array().is_some_and(|elements| !elements.is_empty());
    let groups: Vec<Value> = groups.into_iter().filter(has_elements).collect();
    match (groups.is_empty(), map.as_object_mut()) {
        (true, Some(map)) => {
            map.remove("group");
        }
        _ => map["group"] = groups.into(),
    }
    let resource = fhir::parse(map.to_string().as_bytes(), &fhir::Limits::default())?;
    let expect = stored.map_or(Expect::Absent, |stored| Expect::Version(stored.version));
    Ok(Write::Put(Put { id, resource, expect, source: None }))
}

fn confirm(map: &mut Value, one: &Confirmed, by: &str) {
    if !map["group"].is_array() {
        map["group"] = json!([]);
    }
    let Some(groups) = map["group"].as_array_mut() else { return };
    let is = |group: &Value| group["source"] == one.system.as_str() && group["target"] == ITEM_SYSTEM;
    let at = groups.iter().position(is).unwrap_or_else(|| {
        groups.push(json!({ "source": one.system, "target": ITEM_SYSTEM, "element": [] }));
        groups.len() - 1
    });
    let Some(elements) = groups[at]["element"].as_array_mut() else { return };
    elements.retain(|element| element["code"] != one.code.as_str());
    if let Some(item) = &one.item {
        let mut element = json!({
            "extension": [{ "url": CONFIRMED, "valueString": by }],
            "code": one.code, "target": [{ "code": item, "equivalence": "equivalent" }],
        });
        if let Some(name) = one.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            element["display"] = name.chars().take(CHARS_MAX).collect::<String>().into();
        }
        elements.push(element);
    }
}
