//! Everything of one institution.

use super::{area_tag, found, kind_tag, level_tag, opened, opened_id, pair, reference};
use crate::directory::codes::Class;
use crate::directory::lists::{equipment, posts, services};
use crate::directory::picture::{AreaKind, Institution, Picture, picture};
use crate::directory::rows::{AffiliationRow, EQUIPMENT, EquipmentRow, POST, SiteRow};
use base::{Cx, Result};
use identity::OrganisationCode;
use identity::organisation::CodeRefusal;
use runtime::listing::scan;
use runtime::program::{Env, Given, Said};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Posts that are told with the institution; the list has all.
const POSTS_SHOWN_MAX: usize = 50;

pub fn institution(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let picture = picture(env)?;
    let at = found(&picture, given.required("id")?)?;
    let here = &picture.institutions[at];
    let below = picture.below(at);
    let mut shown = head(&picture, here);
    let parts = [
        (
            "above",
            json!(picture.above(at).iter().rev().map(|at| opened(&picture.institutions[*at])).collect::<Vec<_>>()),
        ),
        ("campuses", parts_of(&picture, &below, at, Class::Campus)),
        ("departments", parts_of(&picture, &below, at, Class::Department)),
        ("institutions", parts_of(&picture, &below, at, Class::Institution)),
        ("sites", sites(&picture, here)),
        ("services", services_below(&picture, &below)),
        ("affiliations", affiliations(&picture, here)),
        ("population", population(&picture, here)),
        ("versions", versions(cx, env, &here.row.id)?),
    ];
    // Whole commissions have their own lists; here is told what one institution holds.
    if here.class != Class::Commission && access::directory::may_see_staff(cx) {
        shown["posts"] = staff(cx, env, &picture, &below)?;
        shown["equipment"] = counts_of_equipment(cx, env, &picture, &below)?;
    }
    for (name, part) in parts {
        shown[name] = part;
    }
    Ok(shown)
}

/// Why a code is none, for people.
pub fn code_problem(refusal: CodeRefusal) -> Said {
    let zh = match refusal {
        CodeRefusal::Length => "统一社会信用代码应为 18 位".to_owned(),
        CodeRefusal::Character => "统一社会信用代码只含数字和大写字母，不含 I、O、S、V、Z".to_owned(),
        CodeRefusal::Check(wanted) => format!("末位校验码与前 17 位不符，应为 `{wanted}`"),
    };
    Said::new(zh, refusal.text())
}

fn head(picture: &Picture, here: &Institution) -> Value {
    let row = &here.row;
    let code_valid = row.code.as_deref().map(|code| OrganisationCode::parse(code).is_ok());
    let problem = row
        .code
        .as_deref()
        .and_then(|code| OrganisationCode::parse(code).err())
        .map(|refusal| code_problem(refusal).json());
    json!({
        "id": row.id, "name": row.name, "alias": row.alias, "code": row.code, "code_valid": code_valid,
        "code_problem": problem, "class": here.class.name(), "class_name": here.class.words().json(),
        "kind": kind_tag(here), "level": level_tag(here), "parent": opened_id(picture, row.parent.as_deref()),
        "top": opened(&picture.institutions[here.top]), "district": area_tag(picture, here.district.as_deref()),
        "street": area_tag(picture, here.street.as_deref()), "area": row.area, "address": row.address,
        "phone": row.phone, "active": row.active, "valid_from": row.valid_from, "valid_to": row.valid_to,
        "point": here.point.map(|(longitude, latitude)| [longitude, latitude]), "beds": here.beds,
    })
}

/// What of one class is below, but not within an institution of its own.
fn parts_of(picture: &Picture, below: &[usize], at: usize, class: Class) -> Value {
    let top = picture.institutions[at].top;
    let belongs = |place: &&usize| {
        let part = &picture.institutions[**place];
        let near = if class == Class::Institution { part.parent == Some(at) } else { part.top == top };
        **place != at && part.class == class && near
    };
    let part = |place: &usize| {
        let part = &picture.institutions[*place];
        json!({
            "id": part.row.id, "name": picture.short_name(part), "kind": kind_tag(part), "level": level_tag(part),
            "parent": part.row.parent, "beds": part.beds, "active": part.row.active,
        })
    };
    Value::Array(below.iter().filter(belongs).map(part).collect())
}

fn sites(picture: &Picture, here: &Institution) -> Value {
    let site = |at: &usize| {
        let SiteRow { id, name, kind, beds, active, .. } = &picture.sites[*at];
        json!({ "id": id, "name": name, "kind": kind, "beds": beds, "active": active })
    };
    Value::Array(here.sites.iter().map(site).collect())
}

fn services_below(picture: &Picture, below: &[usize]) -> Value {
    let places = below.iter().flat_map(|at| &picture.institutions[*at].services);
    Value::Array(places.map(|at| services::row(picture, &picture.services[*at])).collect())
}

/// Who works there: how many posts of each kind, and the first of them.
fn staff(cx: &Cx, env: &Env, picture: &Picture, below: &[usize]) -> Result<Value> {
    let mut kinds: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut first = Vec::new();
    let mut count = 0;
    for range in posts::ranges(picture, below) {
        scan(cx, &env.store, POST, &range, (range.clone(), String::new()), &mut |row| {
            let row = posts::read(&row.doc)?;
            if row.active {
                count += 1;
                *kinds.entry(row.post.clone().unwrap_or_default()).or_default() += 1;
                if first.len() < POSTS_SHOWN_MAX {
                    first.push(posts::shown(picture, &row));
                }
            }
            Ok(true)
        })?;
    }
    let kinds: Vec<Value> =
        kinds.iter().map(|((code, words), count)| json!({ "post": pair(code, words), "count": count })).collect();
    Ok(json!({ "count": count, "by_kind": kinds, "first": first }))
}

fn counts_of_equipment(cx: &Cx, env: &Env, picture: &Picture, below: &[usize]) -> Result<Value> {
    let mut kinds: BTreeMap<(String, String), u64> = BTreeMap::new();
    for range in posts::ranges(picture, below) {
        scan(cx, &env.store, EQUIPMENT, &range, (range.clone(), String::new()), &mut |row| {
            let row: EquipmentRow = equipment::read(&row.doc)?;
            if row.active {
                let name = row.name;
                *kinds.entry(row.kind.unwrap_or_else(|| (name.clone(), name))).or_default() += 1;
            }
            Ok(true)
        })?;
    }
    let kinds = kinds.iter().map(|((code, words), count)| json!({ "kind": pair(code, words), "count": count }));
    Ok(Value::Array(kinds.collect()))
}

/// The consortium and the leagues: those that it is in, and of an association its members.
fn affiliations(picture: &Picture, here: &Institution) -> Value {
    let id = here.row.id.as_str();
    let concerns = |row: &&AffiliationRow| {
        row.organization.as_deref() == Some(id)
            || row.participant.as_deref() == Some(id)
            || row.networks.iter().any(|network| network == id)
    };
    let shown = |row: &AffiliationRow| {
        let host = row.organization.as_deref().and_then(|id| picture.institution(id));
        let hosts = host.is_some_and(|host| host.class == Class::Association);
        // Some name the association as the one that hosts, and tell by the code who leads; others as the network.
        let network = if hosts { row.organization.as_deref() } else { row.networks.first().map(String::as_str) };
        let leads = row.kinds.iter().any(|(code, _)| code == "lead");
        let lead = match (hosts, leads) {
            (false, _) => row.organization.as_deref(),
            (true, true) => row.participant.as_deref(),
            (true, false) => None,
        };
        let is_lead = lead == Some(id);
        let kind = row.kinds.first().map(|(code, words)| pair(code, words));
        json!({
            "id": row.id, "kind": kind, "network": opened_id(picture, network),
            "lead": opened_id(picture, lead),
            "member": opened_id(picture, row.participant.as_deref()), "is_lead": is_lead, "active": row.active,
            "valid_from": row.valid_from, "valid_to": row.valid_to,
        })
    };
    Value::Array(picture.affiliations.iter().filter(concerns).map(shown).collect())
}

/// The residents of the area that it serves: a centre its street, an authority its district.
fn population(picture: &Picture, here: &Institution) -> Value {
    let serves = match here.class {
        Class::Commission if here.parent.is_none() => city(picture),
        Class::Commission => here.row.district.as_deref(),
        _ if here.row.kind.as_deref().is_some_and(|kind| kind.starts_with('B')) => {
            here.street.as_deref().or(here.district.as_deref())
        }
        _ => None,
    };
    let Some(area) = serves.and_then(|code| picture.area(code)) else { return Value::Null };
    let (year, total) = area.population().map_or((None, None), |(year, total)| (Some(year), Some(total)));
    json!({ "area": reference("Location", &area.row.id, &area.row.name), "code": area.row.code, "year": year, "total": total })
}

/// The whole city, which the authority at the root serves wherever its house stands.
fn city(picture: &Picture) -> Option<&str> {
    let city = picture.areas.iter().find(|area| area.kind == AreaKind::City);
    city.map(|area| area.row.code.as_str())
}

/// When it was changed; who did is in the list of changes.
fn versions(cx: &Cx, env: &Env, id: &str) -> Result<Value> {
    let stored = env.store.read(cx, super::super::lists::changes::type_named("Organization")?, id)?;
    Ok(stored.map_or(
        Value::Null,
        |stored| json!({ "count": stored.version, "last_updated": base::zone::instant_text(stored.updated) }),
    ))
}
