//! The lists: one file each, with its columns, filters and rows.

pub mod alerts;
pub mod assessments;
pub mod notices;
pub mod reasons;
pub mod repeats;

use super::alert::AlertRow;
use crate::directory::Picture;
use runtime::program::{Column, ColumnKind, Filter, List, Words};
use serde_json::{Value, json};

pub const LISTS: [List; 5] = [alerts::LIST, reasons::LIST, repeats::LIST, notices::LIST, assessments::LIST];

const fn column(key: &'static str, zh: &'static str, en: &'static str, kind: ColumnKind) -> Column {
    Column { key, title: Words { zh, en }, kind, sorts: false }
}

const fn sorted(key: &'static str, zh: &'static str, en: &'static str, kind: ColumnKind) -> Column {
    Column { sorts: true, ..column(key, zh, en, kind) }
}

const fn filter(key: &'static str, zh: &'static str, en: &'static str) -> Filter {
    Filter { key, title: Words { zh, en }, values: None }
}

/// The name of an institution; its id where the directory does not know it.
pub fn name_of(picture: &Picture, id: &str) -> String {
    picture.institution(id).map_or_else(|| id.to_owned(), |institution| institution.row.name.clone())
}

/// `{"type","id","name"}`; null of nobody.
pub fn reference(type_name: &str, id: &str, name: &str) -> Value {
    if id.is_empty() { Value::Null } else { json!({ "type": type_name, "id": id, "name": name }) }
}

/// An institution to open.
pub fn opened(picture: &Picture, id: &str) -> Value {
    reference("Organization", id, &name_of(picture, id))
}

/// `{"code","zh","en"}`; null of nothing.
pub fn tag(code: &str, zh: &str, en: &str) -> Value {
    let zh = if zh.is_empty() { code } else { zh };
    let en = if en.is_empty() { zh } else { en };
    if code.is_empty() { Value::Null } else { json!({ "code": code, "zh": zh, "en": en }) }
}

pub fn worded(code: &str, words: Words) -> Value {
    tag(code, words.zh, words.en)
}

/// The item of an alert.
fn item_of(row: &AlertRow) -> Value {
    tag(&row.item, &row.zh, &row.en)
}

/// A text cell; null of an empty one.
fn cell(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}
