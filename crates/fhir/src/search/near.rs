//! Error sentences that name the thing and what may have been meant.

use crate::definitions::{Definitions, TypeId};
use base::Error;

/// Names offered in a message.
const OFFERED_MAX: usize = 3;
/// A caller's text in a message is cut to this, so that a hostile one does not fill it.
const SHOWN_CHARS_MAX: usize = 64;

/// A caller's own text as a message shows it: cut, without line breaks and backticks.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS_MAX)
        .map(|letter| if letter.is_control() || letter == '`' { ' ' } else { letter })
        .collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// `; did you mean `a` or `b`?`, or nothing where no name is near.
pub(super) fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let near = nearest(name, candidates);
    if near.is_empty() {
        return String::new();
    }
    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}

pub(super) fn unknown_param(definitions: &Definitions, type_: TypeId, name: &str) -> Error {
    let names = definitions.params_of(type_).iter().filter(|param| param.supported()).map(|param| param.name);
    let near = did_you_mean(name, names);
    let way_out = if near.is_empty() { "; `metadata` lists those it has" } else { "" };
    let type_name = definitions.type_name(type_);
    Error::unsupported(format!("{type_name} has no search parameter `{}`{near}{way_out}", shown(name)))
}

/// The names most like `name`, best first: few edits away, or one beginning with the other.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name: Vec<char> = name.chars().take(SHOWN_CHARS_MAX).flat_map(char::to_lowercase).collect();
    if name.is_empty() {
        return Vec::new();
    }
    let far = 1 + name.len() / 3;
    let mut near: Vec<(usize, &str)> = candidates
        .filter_map(|candidate| {
            let other: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
            let edits = edits(&name, &other);
            let begins = name.len() >= 3 && (other.starts_with(&name) || name.starts_with(&other));
            (edits <= far || begins).then_some((edits.min(far), candidate))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(OFFERED_MAX).map(|(_, name)| name).collect()
}

/// Letters to insert, delete or replace to come from one to the other (Levenshtein).
fn edits(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (nth, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = nth + 1;
        for (at, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != candidate);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
