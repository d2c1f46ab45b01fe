//! `growth COUNTS.csv`: growth rate, doubling time and reproduction number by windows.
//!
//! COUNTS: `t` or `date`, `observed` (or `count`, `cases`, `I`); an empty cell or a day left out is a gap.

use super::Table;
use super::daily::Daily;
use super::interval::read_intervals;
use super::print::{number_text, printed_json, row_text};
use crate::growth::{self, Growth, Note, Scatter};
use crate::intervals::Interval;
use crate::rt::{CASES_MAX, DAYS_MAX};
use crate::{Given, Settings};
use base::{Error, Result};
use serde_json::{Value, json};
use std::io::Read;

/// One window: first and last day, and what was found.
type Window = (usize, usize, std::result::Result<Growth, Note>);

/// Reads the counts (and a generation interval) and prints the windows, as CSV or as JSON.
pub fn growth(
    counts: impl Read,
    what: &str,
    generation: Option<(impl Read, &str)>,
    given: &Given,
    as_json: bool,
) -> Result<String> {
    let settings = Settings::of(growth::SETTINGS, given)?;
    let generation = match (generation, settings.number_if_set("gi_mean"), settings.number_if_set("gi_sd")) {
        (Some((file, name)), None, None) => read_intervals(file, name)?.into_iter().next(),
        (None, Some(mean), Some(sd)) => Some(Interval::gamma(mean, sd)?),
        (None, None, None) => None,
        _ => {
            let text = "the generation interval: give a file, or `gi_mean` and `gi_sd`, and one of the two only";
            return Err(Error::invalid(text));
        }
    };
    let (days, cases) = read(counts, what)?;
    let scatter = match settings.text("family") {
        "negative-binomial" => Scatter::NegativeBinomial,
        _ => Scatter::QuasiPoisson,
    };
    let length = if settings.size("window") == 0 { cases.len() } else { settings.size("window") };
    // Without dates, which day of the seven comes first does not matter.
    let monday = days.first_day().map_or(0, |first| (i64::from(first) + 3).rem_euclid(7).unsigned_abs() as usize);
    let weekday = |start: usize| settings.flag("weekdays").then_some((monday + start) % 7);
    let of = |start: usize| {
        let window = &cases[start..start + length];
        (start, start + length - 1, growth::growth(window, weekday(start), scatter, settings.number("level")))
    };
    let windows: Vec<Window> = (0..(cases.len() + 1).saturating_sub(length.max(1))).map(of).collect();
    if windows.is_empty() {
        return Err(Error::invalid(format!("{what}: {} days; a window has {length}", cases.len())));
    }
    Ok(if as_json {
        as_object(&days, &settings, generation.as_ref(), &windows)
    } else {
        as_rows(&days, generation.as_ref(), &windows)
    })
}

fn read(from: impl Read, what: &str) -> Result<(Daily, Vec<f64>)> {
    let mut table = Table::open(from, what)?;
    let mut days = Daily::of(&table)?;
    let observed = table.column(&["observed", "count", "cases", "case", "i"])?;
    let mut cases = Vec::new();
    while table.advance()? {
        let place = days.place(&table)?;
        if place >= DAYS_MAX {
            return Err(Error::too_costly(format!("{what}: row {}: at most {DAYS_MAX} days at a time", table.row())));
        }
        cases.resize(place, f64::NAN);
        if table.text(&observed).is_empty() {
            cases.push(f64::NAN);
            continue;
        }
        let count = table.amount(&observed)?;
        if count > CASES_MAX {
            return Err(table.wrong(&observed, "is more than 1,000,000,000"));
        }
        cases.push(count);
    }
    Ok((days, cases))
}

fn as_rows(days: &Daily, generation: Option<&Interval>, windows: &[Window]) -> String {
    let dated = days.first_day().is_some();
    let dates = if dated { "date_start,date_end," } else { "" };
    let names = "rate,lower,upper,doubling,doubling_lower,doubling_upper,r,r_lower,r_upper,scatter,cases,note";
    let mut out = format!("t_start,t_end,{dates}{names}\n");
    for (start, end, found) in windows {
        let mut cells = vec![days.number(*start).to_string(), days.number(*end).to_string()];
        if dated {
            cells.extend([days.text(*start), days.text(*end)]);
        }
        match found {
            Ok(growth) => {
                let (low, high) = growth.doubling_bounds();
                let numbers = [
                    Some(growth.rate),
                    Some(growth.lower),
                    Some(growth.upper),
                    Growth::doubling(growth.rate),
                    low,
                    high,
                ];
                cells.extend(numbers.map(|number| number.map_or_else(String::new, number_text)));
                let r = generation.map(|interval| growth.reproduction(interval));
                cells.extend((0..3).map(|nth| r.map_or_else(String::new, |r| number_text(r[nth]))));
                cells.extend([number_text(growth.scatter), number_text(growth.cases), String::new()]);
            }
            Err(note) => {
                cells.extend(std::iter::repeat_n(String::new(), 11));
                cells.push(note.text().to_owned());
            }
        }
        row_text(&mut out, &cells);
    }
    out
}

fn as_object(days: &Daily, settings: &Settings, generation: Option<&Interval>, windows: &[Window]) -> String {
    let one = |(start, end, found): &Window| -> Value {
        let mut object = json!({ "t_start": days.number(*start), "t_end": days.number(*end) });
        if days.first_day().is_some() {
            object["date_start"] = json!(days.text(*start));
            object["date_end"] = json!(days.text(*end));
        }
        match found {
            Ok(growth) => {
                let bounds = growth.doubling_bounds();
                object["growth"] = json!(growth);
                object["doubling"] = json!({
                    "days": Growth::doubling(growth.rate), "lower": bounds.0, "upper": bounds.1,
                });
                if let Some([r, lower, upper]) = generation.map(|interval| growth.reproduction(interval)) {
                    object["reproduction"] = json!({ "r": r, "lower": lower, "upper": upper });
                }
            }
            Err(note) => object["note"] = json!(note),
        }
        object
    };
    let windows: Vec<Value> = windows.iter().map(one).collect();
    printed_json(settings, json!({ "windows": windows }))
}
