//! Consortia and specialty leagues, beside the tree.

use super::{EVERYBODY, column, filter, number_key};
use crate::directory::codes::Class;
use crate::directory::picture::{Institution, Picture, picture};
use crate::directory::service::{area_tag, kind_tag, opened, opened_id};
use base::{Cx, Result};
use runtime::listing::{Entry, Key, Typed, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

pub const LIST: List = List {
    name: "alliances",
    title: Words { zh: "医联体与专科联盟", en: "Consortia and leagues" },
    roles: EVERYBODY,
    columns: &[
        column("name", "名称", "Name", ColumnKind::Reference, true),
        column("kind", "种类", "Kind", ColumnKind::Tag, false),
        column("lead", "牵头机构", "Lead", ColumnKind::Reference, false),
        column("members", "成员", "Members", ColumnKind::Number, true),
        column("district", "区", "District", ColumnKind::Tag, false),
        column("active", "在用", "Active", ColumnKind::Flag, false),
    ],
    filters: &[filter("kind", "种类", "Kind", None)],
    searches: true,
    page,
};

/// Who leads an association and who is in it.
#[derive(Default)]
struct Members<'a> {
    lead: Option<&'a str>,
    ids: BTreeSet<&'a str>,
}

fn page(_: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let members = members(&picture);
    let by_members = query.sort.as_ref().is_some_and(|sort| sort.key == "members");
    let count = |institution: &Institution| members.get(institution.row.id.as_str()).map_or(0, |held| held.ids.len());
    let typed = Typed::new(query.text.as_deref());
    let mut entries = Vec::new();
    for (at, institution) in picture.institutions.iter().enumerate() {
        let is_kind = |kind: &str| institution.row.kind.as_deref() == Some(kind);
        if institution.class == Class::Association
            && query.filter("kind").is_none_or(is_kind)
            && typed.finds(&institution.row.keys)
        {
            let key = match by_members {
                true => number_key(count(institution) as u64),
                false => Key::Text(institution.row.order.clone()),
            };
            entries.push(Entry { key, id: &institution.row.id, at });
        }
    }
    page_of(query, entries, |at| {
        let institution = &picture.institutions[at];
        let lead = members.get(institution.row.id.as_str()).and_then(|held| held.lead);
        Ok(row(&picture, institution, lead, count(institution)))
    })
}

/// By the id of the association.
fn members(picture: &Picture) -> HashMap<&str, Members<'_>> {
    let mut found: HashMap<&str, Members<'_>> = HashMap::new();
    for row in picture.affiliations.iter().filter(|row| row.active) {
        let leads = row.organization.as_deref().and_then(|id| picture.institution(id));
        let is_association = leads.is_some_and(|institution| institution.class == Class::Association);
        // Some name the association as the one that hosts, others as the network.
        let own = row.organization.as_deref().filter(|_| is_association);
        for network in row.networks.iter().map(String::as_str).chain(own) {
            let held = found.entry(network).or_default();
            held.ids.extend(row.participant.as_deref());
            let leads = is_association && row.kinds.iter().any(|(code, _)| code == "lead");
            if leads {
                held.lead = row.participant.as_deref();
            }
            if !is_association {
                held.lead = row.organization.as_deref();
                held.ids.extend(row.organization.as_deref());
            }
        }
    }
    found
}

fn row(picture: &Picture, institution: &Institution, lead: Option<&str>, members: usize) -> Value {
    json!({
        "id": institution.row.id, "name": opened(institution), "kind": kind_tag(institution),
        "lead": opened_id(picture, lead), "members": members,
        "district": area_tag(picture, institution.district.as_deref()), "active": institution.row.active,
    })
}
