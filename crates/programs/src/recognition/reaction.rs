//! The reaction that keeps one row an alert and one row a notice. Every figure is counted from the rows, so a card that
//! is shown, answered and answered again counts once, as it stands last, however often it is delivered.

use super::alert::AlertRow;
use super::notices::NoticeRow;
use base::{Cx, Error, Millis, Result};
use fhir::definitions::r4;
use runtime::program::Env;
use runtime::reactions::Reaction;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use store::{Batch, Op, ShelfOp, Stored};

pub const REACTION: Reaction = Reaction {
    name: "recognition-alerts",
    types: &["DetectedIssue", "Communication"],
    spaces: &[ALERTS, DAYS, NOTICES],
    after: &[],
    rest: None,
    slice_entries_max: SLICE_ENTRIES_MAX,
    plan,
};

/// A row an alert, newest day first, those of one institution side by side.
pub const ALERTS: &str = "recognition.alerts";
/// Up to where the feed was followed when a day's alerts were last touched (a row a day).
pub const DAYS: &str = "recognition.days";
/// A row a notice to a doctor, newest first by institution.
pub const NOTICES: &str = "recognition.notices";

/// No entry reads the record, so a slice may be large.
const SLICE_ENTRIES_MAX: usize = 5_000;
/// Between the parts of a sort key.
pub const DIVIDER: char = '\u{1f}';
/// Days and instants stand as what is left to these, so that the newest comes first.
const DAY_END: i32 = 9_999_999;
const MILLIS_END: Millis = 999_999_999_999_999;

fn plan(cx: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let mut last: BTreeMap<(&str, &str), &Stored> = BTreeMap::new();
    for entry in slice {
        last.insert((r4().type_name(entry.type_), &entry.id), entry);
    }
    let mut shelves = Vec::with_capacity(last.len() + 4);
    let mut days = BTreeSet::new();
    for ((type_name, id), entry) in &last {
        cx.go_on()?;
        let resource = if entry.op == Op::Delete { None } else { Some(entry.resource()?) };
        if *type_name == "Communication" {
            let row = resource.as_ref().and_then(|resource| NoticeRow::of(id, resource.root()));
            let sort = row.as_ref().map(|row| notice_sort(&row.institution, row.sent)).unwrap_or_default();
            shelves.extend(put(NOTICES, id, sort, row.as_ref(), entry.op)?);
            continue;
        }
        // What has the code of a card but no patient or time was not written by a card: it is no alert.
        let row = resource.as_ref().and_then(|resource| AlertRow::of(resource).ok().flatten());
        let day = row.as_ref().map(|row| env.store.zone().day_and_minute(row.shown).0);
        let sort = row.as_ref().zip(day).map(|(row, day)| alert_sort(day, &row.institution, row.shown));
        days.extend(day);
        shelves.extend(put(ALERTS, id, sort.unwrap_or_default(), row.as_ref(), entry.op)?);
    }
    // The day that an alert stood on before, should it have moved or gone.
    for before in env.store.replaced(slice)?.into_iter().flatten() {
        if r4().type_name(before.type_) == "DetectedIssue"
            && let Some(row) = AlertRow::of(&before.resource()?).ok().flatten()
        {
            days.insert(env.store.zone().day_and_minute(row.shown).0);
        }
    }
    let mark = slice.last().map_or(0, |entry| entry.position).to_string();
    shelves.extend(days.into_iter().map(|day| ShelfOp::Row {
        space: DAYS.to_owned(),
        key: day.to_string(),
        sort: day_key(day),
        doc: Some(mark.clone().into_bytes()),
    }));
    Ok(Batch { shelves, ..Batch::default() })
}

/// A row, or that it goes. What never was a row takes none away.
fn put<T: Serialize>(space: &str, key: &str, sort: String, row: Option<&T>, op: Op) -> Result<Option<ShelfOp>> {
    if row.is_none() && op == Op::Create {
        return Ok(None);
    }
    let written = |row| serde_json::to_vec(row).map_err(|_| Error::fault("a row of recognition could not be written"));
    let doc = row.map(written).transpose()?;
    Ok(Some(ShelfOp::Row { space: space.to_owned(), key: key.to_owned(), sort, doc }))
}

/// The sort key of a day, the newest first.
pub fn day_key(day: i32) -> String {
    format!("{:07}", DAY_END - day)
}

/// The day of a sort key that begins with one.
pub fn day_of_key(sort: &str) -> Option<i32> {
    Some(DAY_END - sort.get(..7)?.parse::<i32>().ok()?)
}

fn alert_sort(day: i32, institution: &str, at: Millis) -> String {
    format!("{}{DIVIDER}{institution}{DIVIDER}{}", day_key(day), millis_key(at))
}

fn notice_sort(institution: &str, at: Millis) -> String {
    format!("{institution}{DIVIDER}{}", millis_key(at))
}

/// The sort key of an instant, the newest first.
pub fn millis_key(at: Millis) -> String {
    format!("{:015}", MILLIS_END - at.clamp(0, MILLIS_END))
}

/// Reads a row of a shelf.
pub fn read_row<T: DeserializeOwned>(doc: &[u8]) -> Result<T> {
    let wrong =
        |_| Error::fault("a row of recognition cannot be read; rebuild its shelves with `jingluo check rebuild`");
    serde_json::from_slice(doc).map_err(wrong)
}
