//! The use cases: what is read from the picture and the shelves, and how it is told.

pub mod areas;
pub mod institution;
pub mod tree;

use super::codes::{self, tag};
use super::picture::{Institution, Picture};
use base::Cx;
use base::{Error, Result};
use runtime::program::{Env, Given};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Kinds and levels, and the kinds of service points there are.
pub fn codes(_: &Cx, env: &Env, _: &Given) -> Result<Value> {
    let picture = super::picture(env)?;
    let list = |codes: &[codes::Code]| codes.iter().map(codes::Code::json).collect::<Vec<_>>();
    let class = |class: codes::Class| json!({ "code": class.name(), "zh": class.words().zh, "en": class.words().en });
    let mut services: BTreeMap<&str, &str> = BTreeMap::new();
    for (code, words) in picture.services.iter().flat_map(|service| &service.kinds) {
        services.entry(code).or_insert(words);
    }
    let mut services: Vec<Value> = services.iter().map(|(code, words)| pair(code, words)).collect();
    services.push(super::lists::services::station_kind());
    Ok(json!({
        "kinds": list(codes::kinds()), "levels": list(codes::levels()),
        "classes": codes::Class::ALL.map(class), "services": services,
    }))
}

/// A code with words of one language.
pub fn pair(code: &str, words: &str) -> Value {
    json!({ "code": code, "zh": words, "en": words })
}

/// `{"type","id","name"}`
pub fn reference(type_name: &str, id: &str, name: &str) -> Value {
    json!({ "type": type_name, "id": id, "name": name })
}

/// An institution to open.
pub fn opened(institution: &Institution) -> Value {
    reference("Organization", &institution.row.id, &institution.row.name)
}

/// A department or campus to open, by its name within its institution.
pub fn opened_within(picture: &Picture, institution: &Institution) -> Value {
    reference("Organization", &institution.row.id, picture.short_name(institution))
}

/// The institution of an id that may not be in the directory; then the id stands for the name.
pub fn opened_id(picture: &Picture, id: Option<&str>) -> Value {
    match id {
        None => Value::Null,
        Some(id) => picture.institution(id).map_or_else(|| reference("Organization", id, id), opened),
    }
}

pub fn kind_tag(institution: &Institution) -> Value {
    tag(codes::kinds(), institution.row.kind.as_deref())
}

pub fn level_tag(institution: &Institution) -> Value {
    tag(codes::levels(), institution.row.level.as_deref())
}

/// Code, name and kind of an area; the code alone where the record has no such area.
pub fn area_tag(picture: &Picture, code: Option<&str>) -> Value {
    let Some(code) = code else { return Value::Null };
    let name = picture.area(code).map_or(code, |area| area.row.name.as_str());
    pair(code, name)
}

/// The place of an institution that has to be there.
pub fn found(picture: &Picture, id: &str) -> Result<usize> {
    picture.place_of(id).ok_or_else(|| Error::not_found(format!("the directory has no institution `{id}`")))
}
