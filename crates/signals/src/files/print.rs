//! How answers are written: cells of CSV rows, and one JSON object with the settings that were used.

use crate::{Day, Settings};
use serde_json::{Map, Value};
use std::fmt::Write;

/// A number with all its digits; nothing where there is none.
pub(super) fn number_text(number: f64) -> String {
    if number.is_finite() { format!("{number}") } else { String::new() }
}

/// One row. Cells that hold a comma, a quotation mark or a line break are quoted.
pub(super) fn row_text(out: &mut String, cells: &[String]) {
    for (nth, cell) in cells.iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            let _ = write!(out, "\"{}\"", cell.replace('"', "\"\""));
        } else {
            out.push_str(cell);
        }
    }
    out.push('\n');
}

/// The date so many days after a first one.
pub(super) fn days_text(first: Day, after: usize) -> String {
    base::zone::day_text(first.saturating_add(i32::try_from(after).unwrap_or(i32::MAX)))
}

/// An answer and the settings it was made with.
pub(super) fn printed_json(settings: &Settings, answer: Value) -> String {
    let used: Map<String, Value> = settings.used().map(|(key, value)| (key.to_owned(), value.into())).collect();
    let mut whole = Map::new();
    whole.insert("settings".to_owned(), used.into());
    if let Value::Object(answer) = answer {
        whole.extend(answer);
    }
    format!("{:#}\n", Value::Object(whole))
}
