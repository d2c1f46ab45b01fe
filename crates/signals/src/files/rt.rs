//! `rt COUNTS.csv --si FILE|--si-mean M --si-sd S`: the reproduction number by windows.
//!
//! COUNTS: `t` or `date`, `observed` (or `count`, `cases`, `I`), optionally `imported`. The serial interval: rows of a lag
//! in days (`k`, `lag`, `t` or `day`) and its weight (`w`, `p` or `weight`); or bare numbers, the weights from day 0; or
//! rows of `mean` and `sd`, a sample of intervals.

use super::Table;
use super::daily::Daily;
use super::interval::read_intervals;
use super::print::{number_text, printed_json, row_text};
use crate::intervals::Interval;
use crate::rt::{self, CASES_MAX, DAYS_MAX, Estimate, QUANTILES};
use crate::{Given, Settings};
use base::{Error, Result};
use serde_json::json;
use std::io::Read;

/// Counts by day as a file gives them.
#[derive(Debug)]
struct Counts {
    days: Daily,
    cases: Vec<f64>,
    imported: Vec<f64>,
}

/// Reads both files and prints the windows, as CSV or as JSON. `si` may be left out where `given` holds `si_mean` and
/// `si_sd`.
/// `what` and the text beside `si` name the files in errors.
pub fn rt(
    counts: impl Read,
    what: &str,
    si: Option<(impl Read, &str)>,
    given: &Given,
    as_json: bool,
) -> Result<String> {
    let settings = Settings::of(rt::SETTINGS, given)?;
    let intervals = match (si, rt::intervals(&settings)?) {
        (Some(_), set) if !set.is_empty() => {
            return Err(Error::invalid(
                "the serial interval is given twice: by a file and by `si_mean`; leave one out",
            ));
        }
        (Some((file, name)), _) => read_intervals(file, name)?,
        (None, set) if set.is_empty() => {
            return Err(Error::invalid("there is no serial interval; give `--si FILE`, or `--si-mean` and `--si-sd`"));
        }
        (None, set) => set,
    };
    let counts = read(counts, what)?;
    let named = |error: Error| Error::new(error.kind, format!("{what}: {}", error.text()));
    let windows = rt::windows(&settings, counts.cases.len(), counts.days.number(0)).map_err(named)?;
    let (prior, cv) = (rt::prior(&settings)?, settings.number("cv"));
    let estimates = rt::estimate(&counts.cases, &counts.imported, &intervals, &windows, prior, cv).map_err(named)?;
    Ok(if as_json { as_object(&counts, &settings, &intervals, &estimates) } else { as_rows(&counts.days, &estimates) })
}

fn read(from: impl Read, what: &str) -> Result<Counts> {
    let mut table = Table::open(from, what)?;
    let mut days = Daily::of(&table)?;
    let observed = table.column(&["observed", "count", "cases", "i"])?;
    let imported = table.column_if(&["imported"]);
    let mut counts = (Vec::new(), Vec::new());
    while table.advance()? {
        days.next(&table)?;
        let cases = table.count(&observed)?;
        if cases > CASES_MAX {
            return Err(table.wrong(&observed, "is more than 1,000,000,000"));
        }
        counts.0.push(cases);
        if let Some(column) = &imported {
            let from_elsewhere = table.count(column)?;
            if from_elsewhere > cases {
                return Err(table.wrong(column, "is more than all cases of that day"));
            }
            counts.1.push(from_elsewhere);
        }
        if counts.0.len() > DAYS_MAX {
            return Err(Error::too_costly(format!("{what}: row {}: at most {DAYS_MAX} days at a time", table.row())));
        }
    }
    let (cases, imported) = counts;
    Ok(Counts { days, cases, imported })
}

/// `t_start,t_end,(date_start,date_end,)mean,sd,q2.5,median,q97.5` and what else may help.
fn as_rows(days: &Daily, estimates: &[Estimate]) -> String {
    let dated = days.first_day().is_some();
    let dates = if dated { "date_start,date_end," } else { "" };
    let mut out = format!("t_start,t_end,{dates}mean,sd,q2.5,median,q97.5,q5,q25,q75,q95,local,infectivity,note\n");
    for estimate in estimates {
        let mut cells = vec![days.number(estimate.start).to_string(), days.number(estimate.end).to_string()];
        if dated {
            cells.extend([days.text(estimate.start), days.text(estimate.end)]);
        }
        let [q2, q5, q25, median, q75, q95, q97] = estimate.quantiles;
        let numbers = [estimate.mean, estimate.sd, q2, median, q97, q5, q25, q75, q95, estimate.local];
        cells.extend(numbers.iter().map(|number| number_text(*number)));
        cells.push(number_text(estimate.infectivity));
        cells.push(estimate.note.map_or("", rt::Note::text).to_owned());
        row_text(&mut out, &cells);
    }
    out
}

fn as_object(counts: &Counts, settings: &Settings, intervals: &[Interval], estimates: &[Estimate]) -> String {
    let days = &counts.days;
    let window = |estimate: &Estimate| {
        let mut object = json!({
            "t_start": days.number(estimate.start), "t_end": days.number(estimate.end),
            "mean": estimate.mean, "sd": estimate.sd, "median": estimate.quantile(0.5),
            "local": estimate.local, "infectivity": estimate.infectivity, "note": estimate.note,
        });
        for (at, value) in QUANTILES.iter().zip(estimate.quantiles) {
            object[format!("q{}", number_text((at * 1000.0).round() / 10.0))] = json!(value);
        }
        if days.first_day().is_some() {
            object["date_start"] = json!(days.text(estimate.start));
            object["date_end"] = json!(days.text(estimate.end));
        }
        object
    };
    let of = |interval: &Interval| json!({ "mean": interval.mean(), "sd": interval.sd() });
    let interval = match intervals {
        [one] => json!({ "mean": one.mean(), "sd": one.sd(), "weights": one.weights() }),
        several => several.iter().map(of).collect(),
    };
    let estimates: Vec<_> = estimates.iter().map(window).collect();
    printed_json(settings, json!({ "serial_interval": interval, "estimates": estimates }))
}
