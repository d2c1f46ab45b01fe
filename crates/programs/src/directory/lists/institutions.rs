//! Institutions by name, pinyin or code.

use super::{EVERYBODY, Narrow, column, filter, number_key, own_order, text_key};
use crate::directory::codes::Class;
use crate::directory::picture::{Institution, Picture, picture};
use crate::directory::service::{area_tag, kind_tag, level_tag, opened, opened_id, tree};
use base::{Cx, Error, Result};
use runtime::listing::{Entry, Key, Typed, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "institutions",
    title: Words { zh: "机构", en: "Institutions" },
    roles: EVERYBODY,
    columns: &[
        column("name", "名称", "Name", ColumnKind::Reference, true),
        column("code", "统一社会信用代码", "Code", ColumnKind::Text, true),
        column("kind", "类别", "Kind", ColumnKind::Tag, true),
        column("level", "等级", "Level", ColumnKind::Tag, true),
        column("district", "区", "District", ColumnKind::Tag, true),
        column("street", "街道", "Street", ColumnKind::Tag, false),
        column("parent", "上级", "Belongs to", ColumnKind::Reference, false),
        column("beds", "床位", "Beds", ColumnKind::Number, true),
        column("address", "地址", "Address", ColumnKind::Text, false),
        column("phone", "电话", "Phone", ColumnKind::Text, false),
        column("active", "在用", "Active", ColumnKind::Flag, false),
    ],
    filters: &[
        filter("kind", "类别", "Kind", Some("codes:kinds")),
        filter("level", "等级", "Level", Some("codes:levels")),
        filter("district", "区", "District", Some("areas")),
        filter("class", "层级", "In the tree", Some("codes:classes")),
        filter("institution", "所属机构", "Within", None),
        filter("active", "在用", "Active", None),
    ],
    searches: true,
    page,
};

fn page(_: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let narrow = Narrow::of(&picture, query)?;
    let class = query.filter("class").map(class_named).transpose()?;
    let sort = query.sort.as_ref().map(|sort| sort.key.as_str());
    let typed = Typed::new(query.text.as_deref());
    let mut entries = Vec::new();
    for (at, institution) in picture.institutions.iter().enumerate() {
        let is_class = class.map_or_else(|| is_listed(institution), |class| institution.class == class);
        let fits = is_class
            && is(query.filter("kind"), institution.row.kind.as_deref())
            && is_level(query.filter("level"), institution)
            && narrow.keeps(Some(at), institution.row.active)
            && typed.finds(&institution.row.keys);
        if fits {
            let key = match sort {
                Some(sort) => key(institution, sort),
                None => own_order(&picture, Some(at), &institution.row.order),
            };
            entries.push(Entry { key, id: &institution.row.id, at });
        }
    }
    page_of(query, entries, |at| Ok(row(&picture, &picture.institutions[at])))
}

/// Departments, campuses, leagues and schools are listed where they are asked for.
fn is_listed(institution: &Institution) -> bool {
    matches!(institution.class, Class::Commission | Class::Institution)
}

fn class_named(name: &str) -> Result<Class> {
    let known = || Class::ALL.map(Class::name).join(", ");
    Class::named(name).ok_or_else(|| Error::invalid(format!("there is no class `{name}`; use one of: {}", known())))
}

fn is(wanted: Option<&str>, own: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| own == Some(wanted))
}

/// `3` finds every tertiary level, `3A` one.
fn is_level(wanted: Option<&str>, institution: &Institution) -> bool {
    let own = institution.row.level.as_deref();
    wanted.is_none_or(|wanted| own.is_some_and(|own| own == wanted || (wanted.len() == 1 && own.starts_with(wanted))))
}

fn key(institution: &Institution, sort: &str) -> Key {
    match sort {
        "code" => text_key(institution.row.code.as_deref()),
        "kind" => text_key(institution.row.kind.as_deref()),
        "level" => number_key(u64::from(tree::tier(institution)) * 10 + grade(institution)),
        "district" => text_key(institution.district.as_deref()),
        "beds" => number_key(institution.beds),
        _ => Key::Text(institution.row.order.clone()),
    }
}

/// Within a tier: special, A, B, C, none.
fn grade(institution: &Institution) -> u64 {
    match institution.row.level.as_deref().and_then(|level| level.chars().nth(1)) {
        Some('S') => 4,
        Some('A') => 3,
        Some('B') => 2,
        Some('C') => 1,
        _ => 0,
    }
}

fn row(picture: &Picture, institution: &Institution) -> Value {
    let row = &institution.row;
    json!({
        "id": row.id, "name": opened(institution), "code": row.code, "kind": kind_tag(institution),
        "level": level_tag(institution), "district": area_tag(picture, institution.district.as_deref()),
        "street": area_tag(picture, institution.street.as_deref()),
        "parent": opened_id(picture, row.parent.as_deref()), "beds": institution.beds, "address": row.address,
        "phone": row.phone, "active": row.active, "class": institution.class.name(),
    })
}
