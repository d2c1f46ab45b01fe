//! Who works where: posts of practitioners.

use super::{STAFF, column, filter, own_order, text_key, top_and_department};
use crate::directory::picture::{Picture, picture};
use crate::directory::reaction::{DIVIDER, read_row};
use crate::directory::rows::{POST, PostRow};
use crate::directory::service::{found, opened, opened_id, opened_within, pair, reference};
use crate::directory::staff::{Post, staff};
use base::{Cx, Result};
use runtime::listing::{Entry, Key, Typed, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};
use std::collections::HashSet;

pub const LIST: List = List {
    name: "posts",
    title: Words { zh: "人员与岗位", en: "People and posts" },
    roles: STAFF,
    columns: &[
        column("practitioner", "姓名", "Name", ColumnKind::Reference, true),
        column("gender", "性别", "Sex", ColumnKind::Text, false),
        column("post", "岗位", "Post", ColumnKind::Tag, false),
        column("title", "职称", "Title", ColumnKind::Tag, false),
        column("specialty", "专业", "Specialty", ColumnKind::Tag, false),
        column("institution", "机构", "Institution", ColumnKind::Reference, false),
        column("department", "科室", "Department", ColumnKind::Reference, false),
        column("valid_from", "起", "From", ColumnKind::Date, true),
        column("active", "在岗", "Active", ColumnKind::Flag, false),
    ],
    filters: &[
        filter("institution", "机构", "Institution", None),
        filter("post", "岗位", "Post", None),
        filter("active", "在岗", "Active", None),
    ],
    searches: true,
    page,
};

fn page(_: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let (picture, staff) = (picture(env)?, staff(env)?);
    let below = query.filter("institution").map(|id| found(&picture, id).map(|at| picture.below(at))).transpose()?;
    let ids = |places: Vec<usize>| places.iter().map(|at| picture.institutions[*at].row.id.as_str()).collect();
    let within: Option<HashSet<&str>> = below.map(ids);
    let (active, post) = (super::active(query)?, query.filter("post"));
    let typed = Typed::new(query.text.as_deref());
    let sort = query.sort.as_ref().map(|sort| sort.key.as_str());
    let mut entries = Vec::new();
    for (at, one) in staff.0.iter().enumerate() {
        let organization = one.organization.as_deref();
        let is_within = |ids: &HashSet<&str>| organization.is_some_and(|id| ids.contains(id));
        if typed.finds(&one.keys) && fits(one, active, post) && within.as_ref().is_none_or(is_within) {
            let key = match sort {
                None => own_order(&picture, organization.and_then(|id| picture.place_of(id)), &one.sort),
                Some("valid_from") => text_key(one.valid_from.as_deref()),
                Some(_) => Key::Text(one.order().to_owned()),
            };
            entries.push(Entry { key, id: &one.id, at });
        }
    }
    page_of(query, entries, |at| match env.store.row_read(POST, &staff.0[at].id)? {
        Some(doc) => Ok(shown(&picture, &read(&doc)?)),
        // It was taken away while the page was made.
        None => Ok(shown(&picture, &PostRow { id: staff.0[at].id.clone(), ..PostRow::default() })),
    })
}

fn fits(one: &Post, active: Option<bool>, post: Option<&str>) -> bool {
    let is_post = |wanted| one.post.as_ref().is_some_and(|(code, words)| code == wanted || words == wanted);
    active.is_none_or(|wanted| one.active == wanted) && post.is_none_or(is_post)
}

/// Where the rows of some institutions begin.
pub fn ranges(picture: &Picture, places: &[usize]) -> Vec<String> {
    places.iter().map(|at| format!("{}{DIVIDER}", picture.institutions[*at].row.id)).collect()
}

/// The keys of a row, which stand first in it: most rows of a search are not read any further.
pub fn keys_of(doc: &[u8]) -> &str {
    let keys = doc.strip_prefix(br#"{"keys":""#).unwrap_or_default();
    let end = keys.iter().position(|byte| *byte == b'"').unwrap_or(0);
    std::str::from_utf8(&keys[..end]).unwrap_or_default()
}

pub fn read(doc: &[u8]) -> Result<PostRow> {
    read_row(doc)
}

pub fn shown(picture: &Picture, row: &PostRow) -> Value {
    let at = row.organization.as_deref().and_then(|id| picture.place_of(id));
    let (institution, department) = match at {
        None => (opened_id(picture, row.organization.as_deref()), Value::Null),
        Some(at) => {
            let (top, department) = top_and_department(picture, at);
            (opened(top), department.map_or(Value::Null, |part| opened_within(picture, part)))
        }
    };
    let tag = |concept: &Option<(String, String)>| concept.as_ref().map(|(code, words)| pair(code, words));
    let practitioner = row.practitioner.as_deref().map(|id| reference("Practitioner", id, &row.name));
    json!({
        "id": row.id, "practitioner": practitioner, "gender": row.gender, "post": tag(&row.post), "title": tag(&row.title),
        "specialty": tag(&row.specialty), "institution": institution, "department": department,
        "valid_from": row.valid_from, "active": row.active,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_stand_first_in_a_row() {
        let row = PostRow { keys: "张伟|zhangwei|zw".to_owned(), ..PostRow::default() };
        assert_eq!(keys_of(&serde_json::to_vec(&row).unwrap()), row.keys);
        assert_eq!(keys_of(b"{}"), "");
    }
}
