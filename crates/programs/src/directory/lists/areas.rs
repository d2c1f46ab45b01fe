//! Districts, streets and neighbourhoods.

use super::{EVERYBODY, column, filter, number_key};
use crate::directory::picture::{Area, AreaKind, Picture, picture};
use crate::directory::service::{area_tag, reference};
use base::{Cx, Error, Result};
use runtime::listing::{Entry, Key, Typed, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "areas",
    title: Words { zh: "行政区划", en: "Areas" },
    roles: EVERYBODY,
    columns: &[
        column("name", "名称", "Name", ColumnKind::Reference, true),
        column("code", "代码", "Code", ColumnKind::Text, true),
        column("kind", "层级", "Level", ColumnKind::Tag, true),
        column("parent", "上级", "Within", ColumnKind::Tag, false),
        column("population", "人口", "Population", ColumnKind::Number, true),
        column("year", "年份", "Year", ColumnKind::Number, false),
    ],
    filters: &[filter("kind", "层级", "Level", None), filter("parent", "上级", "Within", Some("areas"))],
    searches: true,
    page,
};

fn page(_: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let kind = query.filter("kind").map(AreaKind::named).transpose()?;
    let parent = query
        .filter("parent")
        .map(|code| picture.area(code).ok_or_else(|| Error::not_found(format!("the directory has no area `{code}`"))));
    let within = parent.transpose()?;
    let sort = query.sort.as_ref().map_or("code", |sort| sort.key.as_str());
    let typed = Typed::new(query.text.as_deref());
    let mut entries = Vec::new();
    for (at, area) in picture.areas.iter().enumerate() {
        let is_within = |within: &Area| area.row.code != within.row.code && area.row.code.starts_with(within.prefix());
        if kind.is_none_or(|kind| area.kind == kind) && within.is_none_or(is_within) && typed.finds(&area.row.keys) {
            entries.push(Entry { key: key(area, sort), id: &area.row.code, at });
        }
    }
    page_of(query, entries, |at| Ok(row(&picture, &picture.areas[at])))
}

fn key(area: &Area, sort: &str) -> Key {
    match sort {
        "name" => Key::Text(area.row.order.clone()),
        "kind" => number_key(area.kind as u64),
        "population" => area.population().map_or(Key::Missing, |(_, total)| number_key(total)),
        _ => Key::Text(area.row.code.clone()),
    }
}

fn row(picture: &Picture, area: &Area) -> Value {
    let (year, total) = area.population().map_or((None, None), |(year, total)| (Some(year), Some(total)));
    let kind = area.kind.name();
    let parent = area.parent.map(|at| picture.areas[at].row.code.as_str());
    json!({
        "id": area.row.id, "name": reference("Location", &area.row.id, &area.row.name), "code": area.row.code,
        "kind": { "code": kind, "zh": area.kind.words().zh, "en": area.kind.words().en },
        "parent": area_tag(picture, parent), "population": total, "year": year,
    })
}
