//! The decision: may an item be ordered anew, or is it known? Values in, values out; every refusal has its reason.
//!
//! What has no row is never reminded of. The order is: is the item recognised at all; is it one of the cases in which
//! repeating is right; which results qualify, each by itself; are all parts there. The doctor decides in the end.

mod marks;
mod result;

pub use result::{millimetres, names_class};

use super::model::{
    Answer, Decision, HOUR_MILLIS, Held, Item, Offer, PENDING_HOURS_MAX, PatientState, Pending, Question, Refusal,
    Refused, SignPlace, Status, Why,
};
use base::Millis;
use std::cmp::Reverse;

/// Decides about one item.
pub fn decide(question: &Question<'_>) -> Decision {
    let refusal = |why, about, rule| Answer::None(Refusal { why, about, rule });
    let told = |answer, refused| Decision { item: question.item.to_owned(), state: question.state, answer, refused };
    let Some(item) = question.book.items.get(question.item) else {
        return told(refusal(Why::UnknownCode, None, None), Vec::new());
    };
    if let Some(refusal) = never(question, item).or_else(|| needed(question)) {
        return told(Answer::None(refusal), Vec::new());
    }
    let parts = item.tests();
    let judged = result::judge(question, item, &parts);
    let held = choose(question, &parts, &judged.held);
    let missing: Vec<String> = parts
        .iter()
        .filter(|part| !held.iter().any(|held| held.item == **part))
        .map(|part| (*part).to_owned())
        .collect();
    if !held.is_empty() && missing.is_empty() {
        return told(Answer::Offer(offer(question, held)), judged.refused);
    }
    if let Some(pending) = pending(question, &parts) {
        return told(Answer::Pending(pending), judged.refused);
    }
    let answer = match (held.is_empty(), nearest(&judged.refused)) {
        (false, _) => Answer::Partly { offer: offer(question, held), missing },
        (true, Some(first)) => refusal(first.why, first.about.clone(), first.rule.clone()),
        (true, None) => refusal(Why::NoResult, None, None),
    };
    told(answer, judged.refused)
}

/// Why nothing can be offered whatever results there are; none where it depends on them.
pub fn precluded(question: &Question<'_>) -> Option<Refusal> {
    let item = question.book.items.get(question.item)?;
    never(question, item).or_else(|| needed(question))
}

/// Why the item is never recognised here.
fn never(question: &Question<'_>, item: &Item) -> Option<Refusal> {
    if let Some((about, rule)) = question.book.negatives.get(&item.key) {
        return Some(Refusal { why: Why::NegativeList, about: Some(about.clone()), rule: Some(rule.clone()) });
    }
    if !item.listed {
        return Some(Refusal { why: Why::NotOnList, about: None, rule: Some(item.rule.clone()) });
    }
    let has_window = |key: &str| question.book.has_window(key, question.state);
    if has_window(&item.key) || item.tests().into_iter().all(has_window) {
        return None;
    }
    let why = if question.state == PatientState::Emergency { Why::Emergency } else { Why::NoWindow };
    Some(Refusal { why, about: None, rule: None })
}

/// Whether it is one of the cases in which an examination may be repeated, by the words that tell of it.
fn needed(question: &Question<'_>) -> Option<Refusal> {
    let known = question.circumstances;
    question.book.signs.iter().find_map(|sign| {
        let said = match sign.place {
            SignPlace::EncounterReason => &known.encounter_reasons,
            SignPlace::ConditionSeverity => &known.severities,
            SignPlace::OrderReason => &known.order_reasons,
        };
        let told = said.iter().find(|text| tells(text, &sign.contains))?;
        Some(Refusal { why: sign.case, about: Some(told.clone()), rule: Some(sign.rule.clone()) })
    })
}

/// Before a word that is denied.
const DENIALS: [&str; 6] = ["无", "未见", "未", "否认", "没有", "非"];

/// Whether a text holds a word that is not denied right before it: 无病情变化 tells of no change.
fn tells(text: &str, word: &str) -> bool {
    let mut at = text.match_indices(word).map(|(at, _)| &text[..at]);
    at.any(|before| !DENIALS.iter().any(|denial| before.ends_with(denial)))
}

/// One result a part: those of the newest report that holds all parts, else the newest of each.
fn choose(question: &Question<'_>, parts: &[&str], held: &[Held]) -> Vec<Held> {
    let report = |held: &Held| question.results[held.result].report.as_str();
    let of = |part: &str, within: Option<&str>| {
        let fits = |one: &&Held| one.item == part && within.is_none_or(|within| report(one) == within);
        held.iter().find(fits).cloned()
    };
    for one in held {
        let whole: Vec<Held> = parts.iter().filter_map(|part| of(part, Some(report(one)))).collect();
        if whole.len() == parts.len() {
            return whole;
        }
    }
    parts.iter().filter_map(|part| of(part, None)).collect()
}

fn offer(question: &Question<'_>, parts: Vec<Held>) -> Offer {
    let mut newest: Vec<&Held> = parts.iter().collect();
    newest.sort_by_key(|held| Reverse(question.results[held.result].taken));
    let mut reports: Vec<String> = Vec::new();
    for held in newest {
        let report = &question.results[held.result].report;
        if !reports.contains(report) {
            reports.push(report.clone());
        }
    }
    Offer { parts, reports }
}

/// A preliminary report of the item, or an order elsewhere that is due soon.
fn pending(question: &Question<'_>, parts: &[&str]) -> Option<Pending> {
    let soon = question.now + PENDING_HOURS_MAX * HOUR_MILLIS;
    let since = question.now - PENDING_HOURS_MAX * HOUR_MILLIS;
    let is_item = |item: Option<&str>| item.is_some_and(|item| item == question.item || parts == [item]);
    let report = question.results.iter().find(|found| {
        let fits = is_item(found.item.as_deref()) || parts.iter().any(|part| found.item.as_deref() == Some(part));
        fits && found.certain
            && !found.restricted
            && found.status == Status::Preliminary
            && found.taken.is_some_and(|taken| (since..=question.now).contains(&taken))
    });
    if let Some(found) = report {
        return Some(Pending {
            reference: format!("DiagnosticReport/{}", found.report),
            institution: found.institution.clone(),
            institution_name: found.institution_name.clone(),
            due: None,
            ordered: found.taken,
            preliminary: true,
        });
    }
    let is_due = |due: Option<Millis>, ordered: Option<Millis>| match (due, ordered) {
        (Some(due), _) => (since..=soon).contains(&due),
        (None, Some(ordered)) => (since..=question.now).contains(&ordered),
        (None, None) => false,
    };
    let ordered = question
        .ordered
        .iter()
        .find(|ordered| is_item(ordered.item.as_deref()) && ordered.certain && is_due(ordered.due, ordered.ordered))?;
    Some(Pending {
        reference: format!("ServiceRequest/{}", ordered.order),
        institution: ordered.institution.clone(),
        institution_name: ordered.institution_name.clone(),
        due: ordered.due,
        ordered: ordered.ordered,
        preliminary: false,
    })
}

/// The refusal that tells the most: the result came furthest, so the last check that it failed is the reason. A code that
/// nobody knows may be anything, and tells nothing of the item.
fn nearest(refused: &[Refused]) -> Option<&Refused> {
    let known = refused.iter().filter(|refused| refused.why != Why::UnknownCode);
    // The newest of those that came equally far.
    known.rev().max_by_key(|refused| result::stage(refused.why))
}
