//! The tree of institutions, level by level.

use super::{found, kind_tag, level_tag};
use crate::directory::codes::Class;
use crate::directory::picture::{Institution, Picture, picture};
use base::{Cx, Error, Result};
use runtime::program::{Env, Given};
use serde_json::{Value, json};

/// Children told at once; a district of a large city has some hundreds.
const CHILDREN_MAX: usize = 5_000;

/// The children of a node (`parent`), the roots, or the nodes from the root down to one (`path`).
pub fn tree(_: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let picture = picture(env)?;
    let nodes: Vec<usize> = match (given.text("parent"), given.text("path")) {
        (Some(_), Some(_)) => return Err(Error::invalid("give `parent` or `path`, not both")),
        (None, Some(id)) => {
            let at = found(&picture, id)?;
            let mut path = picture.above(at);
            path.reverse();
            path.push(at);
            path
        }
        (Some(id), None) => ordered(&picture, &picture.institutions[found(&picture, id)?].children),
        (None, None) => ordered(&picture, &picture.roots),
    };
    let total = nodes.len();
    let shown: Vec<Value> =
        nodes.iter().take(CHILDREN_MAX).map(|at| node(&picture, &picture.institutions[*at])).collect();
    Ok(json!({ "nodes": shown, "total": total }))
}

/// Those that belong into the tree: those of unknown kind last, authorities first, then institutions of higher level, then by name.
fn ordered(picture: &Picture, places: &[usize]) -> Vec<usize> {
    let is_node = |at: &&usize| belongs(&picture.institutions[**at]);
    let mut nodes: Vec<usize> = places.iter().filter(is_node).copied().collect();
    nodes.sort_by_key(|at| {
        let institution = &picture.institutions[*at];
        (!picture.is_of_known_kind(*at), institution.class, std::cmp::Reverse(tier(institution)), *at)
    });
    nodes
}

/// Associations stand beside the tree; places such as schools are no institutions of health.
pub fn belongs(institution: &Institution) -> bool {
    !matches!(institution.class, Class::Association | Class::Place)
}

/// 3 for tertiary … 0 for none.
pub fn tier(institution: &Institution) -> u8 {
    let level = institution.row.level.as_deref().and_then(crate::directory::codes::level);
    level.and_then(|level| level.group.parse().ok()).unwrap_or(0)
}

pub fn node(picture: &Picture, institution: &Institution) -> Value {
    let (kind, level) = (kind_tag(institution), level_tag(institution));
    let children = institution.children.iter().filter(|at| belongs(&picture.institutions[**at])).count();
    json!({
        "id": institution.row.id, "name": picture.short_name(institution), "class": institution.class.name(),
        "kind": institution.row.kind, "kind_name": words(&kind, institution.class), "level": institution.row.level,
        "level_name": words_of(&level), "district": institution.district, "children": children,
        "beds": institution.beds, "active": institution.row.active,
    })
}

/// The words of a kind; those of the class where no kind is told.
fn words(tag: &Value, class: Class) -> Value {
    match words_of(tag) {
        Value::Null => class.words().json(),
        words => words,
    }
}

fn words_of(tag: &Value) -> Value {
    match tag {
        Value::Null => Value::Null,
        tag => json!({ "zh": tag["zh"], "en": tag["en"] }),
    }
}
