//! Wards and their beds.

use super::{Narrow, STAFF, column, filter, number_key, own_order, text_key, top_and_department};
use crate::directory::picture::{Picture, picture};
use crate::directory::rows::SiteRow;
use crate::directory::service::{area_tag, opened, opened_id, opened_within, reference};
use base::{Cx, Result};
use runtime::listing::{Entry, Key, Typed, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "beds",
    title: Words { zh: "床位", en: "Beds" },
    roles: STAFF,
    columns: &[
        column("ward", "病区", "Ward", ColumnKind::Reference, true),
        column("institution", "机构", "Institution", ColumnKind::Reference, true),
        column("department", "科室", "Department", ColumnKind::Reference, false),
        column("district", "区", "District", ColumnKind::Tag, true),
        column("beds", "床位", "Beds", ColumnKind::Number, true),
        column("active", "在用", "Active", ColumnKind::Flag, false),
    ],
    filters: &[
        filter("institution", "机构", "Institution", None),
        filter("district", "区", "District", Some("areas")),
        filter("active", "在用", "Active", None),
    ],
    searches: true,
    page,
};

fn page(_: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let narrow = Narrow::of(&picture, query)?;
    let sort = query.sort.as_ref().map(|sort| sort.key.as_str());
    let typed = Typed::new(query.text.as_deref());
    let mut entries = Vec::new();
    for (at, site) in picture.sites.iter().enumerate().filter(|(_, site)| site.beds > 0 || is_ward(site)) {
        let owner = site.organization.as_deref().and_then(|id| picture.place_of(id));
        let found = typed.finds(&site.keys) || owner.is_some_and(|at| typed.finds(top_keys(&picture, at)));
        if found && narrow.keeps(owner, site.active) {
            entries.push(Entry { key: key(&picture, site, owner, sort), id: &site.id, at });
        }
    }
    page_of(query, entries, |at| Ok(row(&picture, &picture.sites[at])))
}

fn is_ward(site: &SiteRow) -> bool {
    site.kind.as_deref() == Some("wa")
}

fn top_keys(picture: &Picture, at: usize) -> &str {
    &top_and_department(picture, at).0.row.keys
}

fn key(picture: &Picture, site: &SiteRow, owner: Option<usize>, sort: Option<&str>) -> Key {
    let Some(sort) = sort else { return own_order(picture, owner, &site.order) };
    match (sort, owner) {
        ("beds", _) => number_key(site.beds),
        ("institution", Some(at)) => Key::Text(top_and_department(picture, at).0.row.order.clone()),
        ("district", Some(at)) => text_key(picture.institutions[at].district.as_deref()),
        ("institution" | "district", None) => Key::Missing,
        _ => Key::Text(site.order.clone()),
    }
}

fn row(picture: &Picture, site: &SiteRow) -> Value {
    let at = site.organization.as_deref().and_then(|id| picture.place_of(id));
    let (institution, department, district) = match at {
        None => (opened_id(picture, site.organization.as_deref()), Value::Null, Value::Null),
        Some(at) => {
            let (top, department) = top_and_department(picture, at);
            (
                opened(top),
                department.map_or(Value::Null, |part| opened_within(picture, part)),
                area_tag(picture, top.district.as_deref()),
            )
        }
    };
    let top = at.map_or("", |at| top_and_department(picture, at).0.row.name.as_str());
    let name = site.name.strip_prefix(top).filter(|rest| !rest.is_empty()).unwrap_or(&site.name);
    json!({
        "id": site.id, "ward": reference("Location", &site.id, name), "institution": institution,
        "department": department, "district": district, "beds": site.beds, "active": site.active,
    })
}
