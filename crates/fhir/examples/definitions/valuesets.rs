//! The codes of a value set, where the package can list them all.

use crate::package::{Package, items, text, unversioned};
use serde_json::Value;
use std::collections::BTreeSet;

pub type Codes = BTreeSet<(String, String)>;

/// The (system, code) pairs of a value set; none where they cannot be listed.
pub fn expand(package: &Package, url: &str) -> Option<Codes> {
    let value_set = package.value_sets.get(unversioned(url))?;
    let compose = &value_set["compose"];
    let mut codes = Codes::new();
    for include in items(compose, "include") {
        codes.extend(part(package, include)?);
    }
    for exclude in items(compose, "exclude") {
        for pair in part(package, exclude)? {
            codes.remove(&pair);
        }
    }
    (!codes.is_empty()).then_some(codes)
}

/// What one include or exclude names: the codes of a system, of value sets, or of both.
fn part(package: &Package, include: &Value) -> Option<Codes> {
    let mut found = include["system"]
        .is_string()
        .then(|| of_system(package, include))
        .map_or(Some(None), |codes| codes.map(Some))?;
    for url in items(include, "valueSet") {
        let others = expand(package, url.as_str()?)?;
        found = Some(match found {
            Some(codes) => codes.intersection(&others).cloned().collect(),
            None => others,
        });
    }
    found
}

fn of_system(package: &Package, include: &Value) -> Option<Codes> {
    let system = text(include, "system");
    let listed = items(include, "concept");
    if !listed.is_empty() {
        return Some(listed.iter().map(|concept| (system.to_owned(), text(concept, "code").to_owned())).collect());
    }
    let code_system = package.code_systems.get(system)?;
    if text(code_system, "content") != "complete" {
        return None;
    }
    let mut codes = Codes::new();
    for concept in items(code_system, "concept") {
        walk(concept, &mut |concept| {
            codes.insert((system.to_owned(), text(concept, "code").to_owned()));
        });
    }
    for filter in items(include, "filter") {
        let kept = filtered(code_system, filter)?;
        codes.retain(|(_, code)| kept.contains(code));
    }
    Some(codes)
}

/// The codes that a filter keeps; none for a filter that the package's data cannot answer.
fn filtered(code_system: &Value, filter: &Value) -> Option<BTreeSet<String>> {
    let (property, op, value) = (text(filter, "property"), text(filter, "op"), text(filter, "value"));
    if property != "concept" || !matches!(op, "is-a" | "descendent-of" | "is-not-a") {
        return None;
    }
    let mut all = BTreeSet::new();
    let mut below = BTreeSet::new();
    for concept in items(code_system, "concept") {
        walk(concept, &mut |concept| {
            all.insert(text(concept, "code").to_owned());
            if text(concept, "code") == value {
                walk(concept, &mut |child| {
                    below.insert(text(child, "code").to_owned());
                });
            }
        });
    }
    // Children are also told by a property instead of nesting.
    loop {
        let before = below.len();
        for concept in items(code_system, "concept") {
            walk(concept, &mut |concept| {
                let parents =
                    items(concept, "property").iter().filter(|property| text(property, "code") == "subsumedBy");
                if parents.into_iter().any(|parent| below.contains(text(parent, "valueCode"))) {
                    below.insert(text(concept, "code").to_owned());
                }
            });
        }
        if below.len() == before {
            break;
        }
    }
    match op {
        "is-a" => Some(below),
        "descendent-of" => {
            below.remove(value);
            Some(below)
        }
        _ => Some(all.difference(&below).cloned().collect()),
    }
}

/// Visits a concept and all below it.
fn walk(concept: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(concept);
    for child in items(concept, "concept") {
        walk(child, visit);
    }
}
