//! Who works where: posts of practitioners.

use super::{STAFF, column, filter, text_key, top_and_department};
use crate::directory::picture::{Picture, picture};
use crate::directory::reaction::{DIVIDER, read_row};
use crate::directory::rows::{POST, PostRow, order};
use crate::directory::service::{found, opened, opened_id, opened_within, pair, reference};
use base::{Cx, Result};
use runtime::listing::{Key, KeyOf, Shelf, Typed, shelf_page};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

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

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let ranges = match query.filter("institution") {
        None => vec![String::new()],
        Some(id) => ranges(&picture, &picture.below(found(&picture, id)?)),
    };
    let (active, post) = (super::active(query)?, query.filter("post"));
    let typed = Typed::new(query.text.as_deref());
    let keep = |doc: &[u8]| {
        typed.finds(keys_of(doc))
            && ((active.is_none() && post.is_none()) || read(doc).is_ok_and(|row| fits(&row, active, post)))
    };
    let name = |doc: &[u8]| Ok(Key::Text(order(&read(doc)?.name)));
    let since = |doc: &[u8]| Ok(text_key(read(doc)?.valid_from.as_deref()));
    let key: Option<&KeyOf<'_>> = match query.sort.as_ref().map(|sort| sort.key.as_str()) {
        None => None,
        Some("valid_from") => Some(&since),
        Some(_) => Some(&name),
    };
    let show = |doc: &[u8]| Ok(shown(&picture, &read(doc)?));
    shelf_page(cx, &env.store, query, &Shelf { space: POST, ranges: &ranges, keep: &keep, key, show: &show })
}

fn fits(row: &PostRow, active: Option<bool>, post: Option<&str>) -> bool {
    let is_post = |wanted| row.post.as_ref().is_some_and(|(code, words)| code == wanted || words == wanted);
    active.is_none_or(|wanted| row.active == wanted) && post.is_none_or(is_post)
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
