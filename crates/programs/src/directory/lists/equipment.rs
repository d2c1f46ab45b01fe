//! Equipment that institutions own.

use super::posts::{keys_of, ranges};
use super::{STAFF, column, filter, text_key, top_and_department};
use crate::directory::picture::{Picture, picture};
use crate::directory::reaction::read_row;
use crate::directory::rows::{EQUIPMENT, EquipmentRow, order};
use crate::directory::service::{found, opened, opened_id, opened_within, pair, reference};
use base::{Cx, Result};
use runtime::listing::{Key, KeyOf, Shelf, Typed, shelf_page};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "equipment",
    title: Words { zh: "设备", en: "Equipment" },
    roles: STAFF,
    columns: &[
        column("name", "设备", "Device", ColumnKind::Text, true),
        column("kind", "种类", "Kind", ColumnKind::Tag, true),
        column("institution", "机构", "Institution", ColumnKind::Reference, false),
        column("department", "科室", "Department", ColumnKind::Reference, false),
        column("maker", "厂家", "Maker", ColumnKind::Text, false),
        column("model", "型号", "Model", ColumnKind::Text, false),
        column("since", "出厂", "Made", ColumnKind::Date, true),
        column("active", "在用", "Active", ColumnKind::Flag, false),
    ],
    filters: &[
        filter("institution", "机构", "Institution", None),
        filter("kind", "种类", "Kind", None),
        filter("active", "在用", "Active", None),
    ],
    searches: true,
    page,
};

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let ranges = match query.filter("institution") {
        None => vec![String::new()],
        Some(id) => ranges(&picture, &picture.below(found(&picture, id)?)),
    };
    let (active, kind, typed) = (super::active(query)?, query.filter("kind"), Typed::new(query.text.as_deref()));
    let keep = |doc: &[u8]| {
        typed.finds(keys_of(doc))
            && ((active.is_none() && kind.is_none()) || read(doc).is_ok_and(|row| fits(&row, active, kind)))
    };
    let by_name = |doc: &[u8]| Ok(Key::Text(order(&read(doc)?.name)));
    let by_kind = |doc: &[u8]| Ok(text_key(read(doc)?.kind.as_ref().map(|(code, _)| code.as_str())));
    let since = |doc: &[u8]| Ok(text_key(read(doc)?.since.as_deref()));
    let key: Option<&KeyOf<'_>> = match query.sort.as_ref().map(|sort| sort.key.as_str()) {
        None => None,
        Some("kind") => Some(&by_kind),
        Some("since") => Some(&since),
        Some(_) => Some(&by_name),
    };
    let show = |doc: &[u8]| Ok(shown(&picture, &read(doc)?));
    shelf_page(cx, &env.store, query, &Shelf { space: EQUIPMENT, ranges: &ranges, keep: &keep, key, show: &show })
}

fn fits(row: &EquipmentRow, active: Option<bool>, kind: Option<&str>) -> bool {
    let is_kind = |wanted| row.kind.as_ref().is_some_and(|(code, words)| code == wanted || words == wanted);
    active.is_none_or(|wanted| row.active == wanted) && kind.is_none_or(is_kind)
}

pub fn read(doc: &[u8]) -> Result<EquipmentRow> {
    read_row(doc)
}

fn shown(picture: &Picture, row: &EquipmentRow) -> Value {
    let at = row.organization.as_deref().and_then(|id| picture.place_of(id));
    let (institution, department) = match at {
        None => (opened_id(picture, row.organization.as_deref()), Value::Null),
        Some(at) => {
            let (top, department) = top_and_department(picture, at);
            (opened(top), department.map_or(Value::Null, |part| opened_within(picture, part)))
        }
    };
    let location = row.location.as_deref().map(|id| reference("Location", id, id));
    json!({
        "id": row.id, "name": row.name, "kind": row.kind.as_ref().map(|(code, words)| pair(code, words)),
        "institution": institution, "department": department, "location": location, "maker": row.maker,
        "model": row.model, "since": row.since, "active": row.active,
    })
}
