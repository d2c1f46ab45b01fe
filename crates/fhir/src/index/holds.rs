//! Whether a resource meets a test, as far as the resource alone tells.

use super::composite::composite_matches;
use super::extract::extract_paths;
use super::matches::{matches_any, value_matches};
use super::model::Value;
use super::near::near_matches;
use super::words::words_match;
use crate::resource::Resource;
use crate::search::model::{Test, ValueTest};
use base::Millis;
use base::zone::Zone;

/// What is known of a resource besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub zone: &'a Zone,
    /// None: not known yet, so `_id` cannot be told.
    pub id: Option<&'a str>,
    /// `meta.lastUpdated`. None: not known yet.
    pub updated: Option<Millis>,
}

/// Whether the test holds; none where it takes the store to tell (what references lead to, lists, residents) or stored
/// terminology, and the rest of the test does not decide it.
pub fn holds(resource: &Resource, test: &Test, known: &Known<'_>) -> Option<bool> {
    match test {
        Test::Any(any) => Some(matches_any(resource, any, known.zone)),
        Test::None(none) => Some(!matches_any(resource, none, known.zone)),
        Test::Missing { paths, missing } => Some(extract_paths(resource, paths, known.zone).is_empty() == *missing),
        Test::Composite(composite) => Some(composite_matches(resource, composite, known.zone)),
        Test::Id(ids) => known.id.map(|id| ids.iter().any(|one| one == id)),
        Test::LastUpdated(tests) => known.updated.map(|at| {
            let value = Value::Date { start: at, end: at + 1 };
            tests.iter().any(|test| value_matches(&value, &ValueTest::Date(*test)))
        }),
        Test::Words { of, any } => Some(words_match(resource, *of, any)),
        Test::Near(any) => Some(near_matches(resource, any)),
        Test::All(all) => decided(resource, all, known, false),
        Test::Either(any) => decided(resource, any, known, true),
        Test::Not(inner) => holds(resource, inner, known).map(|holds| !holds),
        Test::Chain { .. }
        | Test::Has { .. }
        | Test::Hierarchy { .. }
        | Test::Resident(_)
        | Test::List(_)
        | Test::Terms { .. } => None,
    }
}

/// One test that gives `deciding` settles all of them.
fn decided(resource: &Resource, tests: &[Test], known: &Known<'_>, deciding: bool) -> Option<bool> {
    let mut open = false;
    for test in tests {
        match holds(resource, test, known) {
            Some(holds) if holds == deciding => return Some(deciding),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!deciding)
}
