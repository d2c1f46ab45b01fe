//! Whether one result qualifies: whose it is, how it stands, when, what it says, by which method, under which mark and
//! within which window. The checks come in this order, and the first that fails is the reason.

use super::super::model::{
    CLOCK_TOLERANCE_MILLIS, Dated, Found, HOUR_MILLIS, Held, Item, ItemKind, MarkHeld, MarkLevel, MethodRule, Question,
    Refused, Status, Value, Why, holding,
};
use super::marks;
use std::cmp::Reverse;

/// Results of the parts of an item, newest first in both.
pub struct Judged {
    pub held: Vec<Held>,
    pub refused: Vec<Refused>,
}

impl Judged {
    /// Whether something of a report is among the refused: one unknown code of it tells enough.
    fn tells_of(&self, question: &Question<'_>, report: &str) -> bool {
        let is =
            |refused: &Refused| refused.why == Why::UnknownCode && question.results[refused.result].report == report;
        self.refused.iter().any(is)
    }
}

/// What may be somebody else's, or is kept back, is not told of for a code that may be anything.
fn is_shown(found: &Found) -> bool {
    found.certain && !found.restricted && found.value != Value::Unseen
}

/// Why a result fails, with what the rule or the result says about it.
type Failed = (Why, Option<String>, Option<String>);

/// Judges every result of the parts of an item.
pub fn judge(question: &Question<'_>, item: &Item, parts: &[&str]) -> Judged {
    let mut order: Vec<usize> = (0..question.results.len()).collect();
    order.sort_by_key(|nth| (Reverse(question.results[*nth].taken), &question.results[*nth].report, *nth));
    let mut judged = Judged { held: Vec::new(), refused: Vec::new() };
    for nth in order {
        let found = &question.results[nth];
        let of_item = found.item.as_deref() == Some(item.key.as_str());
        let part = parts.iter().find(|part| found.item.as_deref() == Some(part));
        let verdict = match part {
            Some(part) => one(question, item, part, nth),
            // A report of the panel without its values.
            None if of_item => Err((unreadable(found), None, None)),
            None if found.item.is_none() && is_shown(found) && !judged.tells_of(question, &found.report) => {
                Err((Why::UnknownCode, Some(found.report_name.clone()), None))
            }
            None => continue,
        };
        match verdict {
            Ok(held) => judged.held.push(held),
            Err((why, about, rule)) => {
                judged.refused.push(Refused { result: nth, item: found.item.clone(), why, about, rule });
            }
        }
    }
    judged
}

fn unreadable(found: &Found) -> Why {
    match (found.certain, found.restricted, found.status) {
        (false, ..) => Why::IdentityNotCertain,
        (_, true, _) => Why::Restricted,
        (_, _, Status::Withdrawn) => Why::Withdrawn,
        (_, _, Status::Preliminary) => Why::Preliminary,
        _ if found.value == Value::Unseen => Why::OutOfSight,
        _ => Why::NoValue,
    }
}

fn one(question: &Question<'_>, item: &Item, part: &str, nth: usize) -> Result<Held, Failed> {
    let found = &question.results[nth];
    let part_item = question.book.items.get(part).unwrap_or(item);
    let plain = |why: Why| (why, None, None);
    if !found.certain {
        return Err(plain(Why::IdentityNotCertain));
    }
    if found.restricted {
        return Err(plain(Why::Restricted));
    }
    match found.status {
        Status::Withdrawn => return Err(plain(Why::Withdrawn)),
        Status::Preliminary => return Err(plain(Why::Preliminary)),
        Status::Final | Status::Corrected => {}
    }
    if is_doubled(question.results, nth) {
        return Err(plain(Why::DoubledNumber));
    }
    let age_hours = age(question, found)?;
    value(part_item, found)?;
    specimen(part_item, found)?;
    method(question, part_item, found)?;
    instrument(question, part_item, found)?;
    thickness(part_item, found)?;
    let mark = marks::mark(question, item, part, found)?;
    let window = window(question, item, part, mark.as_ref(), found)?;
    if age_hours > window.value {
        let about = format!("{age_hours} h > {} h", window.value);
        return Err((Why::TooOld, Some(about), Some(window.rule.clone())));
    }
    Ok(Held {
        item: part.to_owned(),
        result: nth,
        age_hours,
        window_hours: window.value,
        window_rule: window.rule.clone(),
        window_sure: window.sure,
        mark,
    })
}

/// Two different results under one number of an institution, or of one item in one report.
fn is_doubled(results: &[Found], nth: usize) -> bool {
    let found = &results[nth];
    results.iter().enumerate().any(|(other_nth, other)| {
        let stands = matches!(other.status, Status::Final | Status::Corrected);
        if other_nth == nth || other.institution != found.institution || !stands {
            return false;
        }
        if other.report == found.report {
            return other.item == found.item && other.taken == found.taken && other.value != found.value;
        }
        let same_number = found.number.is_some() && other.number == found.number;
        // The same report, sent as two resources, says the same.
        same_number && (other.taken != found.taken || (other.item == found.item && other.value != found.value))
    })
}

/// The age in whole hours.
fn age(question: &Question<'_>, found: &Found) -> Result<i64, Failed> {
    let Some(taken) = found.taken else { return Err((Why::NoTime, None, None)) };
    let latest = question.now + CLOCK_TOLERANCE_MILLIS;
    if taken > latest || found.issued.is_some_and(|issued| issued > latest) {
        return Err((Why::FutureDate, None, None));
    }
    if let Some(issued) = found.issued
        && (issued + CLOCK_TOLERANCE_MILLIS < taken || issued > found.arrived + CLOCK_TOLERANCE_MILLIS)
    {
        return Err((Why::ClockOff, None, None));
    }
    if taken > found.arrived + CLOCK_TOLERANCE_MILLIS {
        return Err((Why::ClockOff, None, None));
    }
    Ok((question.now - taken).max(0) / HOUR_MILLIS)
}

fn value(item: &Item, found: &Found) -> Result<(), Failed> {
    match &found.value {
        Value::Missing => Err((Why::NoValue, None, None)),
        Value::Unseen => Err((Why::OutOfSight, None, None)),
        _ if item.kind == ItemKind::Imaging || item.units.is_empty() => Ok(()),
        Value::Quantity { unit, .. } => {
            let fits = unit.as_ref().is_some_and(|unit| item.units.contains(unit));
            let told = || format!("{} ≠ {}", unit.as_deref().unwrap_or("–"), item.units.join("/"));
            if fits { Ok(()) } else { Err((Why::WrongUnit, Some(told()), Some(item.rule.clone()))) }
        }
        Value::Text(text) => Err((Why::WrongUnit, Some(text.clone()), Some(item.rule.clone()))),
    }
}

fn specimen(item: &Item, found: &Found) -> Result<(), Failed> {
    if let Some(specimen) = &found.specimen
        && !item.specimens.is_empty()
        && !item.specimens.contains(specimen)
    {
        return Err((Why::OtherSpecimen, Some(specimen.clone()), Some(item.rule.clone())));
    }
    if item.fasting && found.fasting != Some(true) {
        return Err((Why::NotFasting, None, Some(item.rule.clone())));
    }
    Ok(())
}

/// A method that is not said, there or here, refuses nothing: the card says so and the doctor decides.
fn method(question: &Question<'_>, item: &Item, found: &Found) -> Result<(), Failed> {
    let (Some(own), Some(theirs)) = (&question.circumstances.own_method, &found.method) else { return Ok(()) };
    if found.institution == question.here.institution {
        return Ok(());
    }
    let place = |method: &String| item.methods.iter().position(|known| known == method);
    let fits = match item.method {
        MethodRule::None => true,
        MethodRule::Same => own == theirs,
        MethodRule::NotLower => match (place(theirs), place(own)) {
            (Some(theirs), Some(own)) => theirs >= own,
            _ => own == theirs,
        },
    };
    let about = || Some(format!("{theirs} → {own}"));
    if fits { Ok(()) } else { Err((Why::OtherMethod, about(), Some(item.rule.clone()))) }
}

/// The class that the order asks for or a finer one; what is not told, here or there, and a class that is not on the list
/// refuse nothing: the card says so.
fn instrument(question: &Question<'_>, item: &Item, found: &Found) -> Result<(), Failed> {
    let (Some(own), Some(theirs)) = (&question.circumstances.own_instrument, &found.instrument) else { return Ok(()) };
    if found.institution == question.here.institution {
        return Ok(());
    }
    let place = |told: &String| item.instruments.iter().rposition(|known| names_class(told, known));
    match (place(theirs), place(own)) {
        (Some(theirs_at), Some(own_at)) if theirs_at < own_at => {
            Err((Why::OtherInstrument, Some(format!("{theirs} → {own}")), Some(item.rule.clone())))
        }
        _ => Ok(()),
    }
}

/// Whether words name a class of instruments. `128排` names no `8排`.
pub fn names_class(words: &str, class: &str) -> bool {
    let goes_on = |before: &str| class.starts_with(|first: char| first.is_ascii_digit()) && ends_in_digit(before);
    words.match_indices(class).any(|(at, _)| !goes_on(&words[..at]))
}

fn ends_in_digit(words: &str) -> bool {
    words.ends_with(|last: char| last.is_ascii_digit())
}

/// Slices no thicker than the item allows, also one's own.
fn thickness(item: &Item, found: &Found) -> Result<(), Failed> {
    match (item.thickness_max_um, found.thickness_um) {
        (Some(most), Some(told)) if told > most => Err((
            Why::SliceTooThick,
            Some(format!("{} > {}", millimetres(told), millimetres(most))),
            Some(item.rule.clone()),
        )),
        _ => Ok(()),
    }
}

/// `1.25 mm`
pub fn millimetres(um: i64) -> String {
    let digits = format!("{}.{:03}", um / 1_000, um % 1_000);
    format!("{} mm", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The window of the item as ordered, else that of the part; one for the reach of the mark before one for any.
fn window<'a>(
    question: &'a Question<'_>,
    item: &Item,
    part: &str,
    mark: Option<&MarkHeld>,
    found: &Found,
) -> Result<&'a Dated<i64>, Failed> {
    let taken_on = found.taken.map_or(question.book.day, question.day_of);
    let level: Option<MarkLevel> = mark.map(|mark| mark.level);
    let keys = [(item.key.as_str(), level), (&item.key, None), (part, level), (part, None)];
    let rows = keys.into_iter().filter_map(|(key, level)| question.book.window(key, question.state, level));
    let mut held = rows.filter_map(|rows| holding(rows, question.book.day, taken_on));
    held.next().ok_or((Why::NoWindow, None, None))
}

/// How far a result came before it was refused.
pub fn stage(why: Why) -> u8 {
    match why {
        Why::TooOld => 9,
        Why::NoWindow => 8,
        Why::NoMark | Why::MarkExpired | Why::MarkDoesNotReach => 7,
        Why::OtherMethod | Why::OtherInstrument | Why::SliceTooThick => 6,
        Why::OtherSpecimen | Why::NotFasting => 5,
        Why::WrongUnit | Why::NoValue => 4,
        Why::FutureDate | Why::ClockOff | Why::NoTime => 3,
        Why::DoubledNumber => 2,
        Why::Preliminary | Why::Withdrawn => 1,
        _ => 0,
    }
}
