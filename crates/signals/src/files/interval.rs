//! The file of a distribution over days: a serial interval, a generation interval, a shedding profile.

use super::Table;
use crate::intervals::{DAYS_MAX, Interval};
use base::{Error, Result};
use std::io::Read;

/// The most intervals that one file may hold as a sample.
const SAMPLE_MAX: usize = 5_000;

/// The most bytes of such a file.
const BYTES_MAX: u64 = 1 << 20;

/// One interval, or a sample of them where the file has `mean` and `sd`.
pub fn read_intervals(from: impl Read, what: &str) -> Result<Vec<Interval>> {
    let text = read_text(from, what)?;
    if let Some(weights) = bare_numbers(&text, what, true)? {
        return Ok(vec![Interval::given(weights).map_err(|error| of_file(what, "", &error))?]);
    }
    let table = Table::open(text.as_bytes(), what)?;
    if table.column_if(&["mean"]).is_some() {
        return sample(table, what);
    }
    let (weights, last) = read_weights(table)?;
    let rows = format!(" rows 2 to {last}:");
    Ok(vec![Interval::given(weights).map_err(|error| of_file(what, &rows, &error))?])
}

/// Weights by days from 0, not yet checked for their sum.
pub fn read_profile(from: impl Read, what: &str) -> Result<Vec<f64>> {
    let text = read_text(from, what)?;
    if let Some(weights) = bare_numbers(&text, what, false)? {
        return Ok(weights);
    }
    Ok(read_lags(Table::open(text.as_bytes(), what)?, false)?.0)
}

fn of_file(what: &str, rows: &str, error: &Error) -> Error {
    Error::invalid(format!("{what}:{rows} {}", error.text()))
}

fn read_text(from: impl Read, what: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let read = from.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::invalid(format!("{what}: {error}")))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Error::too_costly(format!("{what}: more than {BYTES_MAX} bytes for one distribution")));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Error::invalid(format!("{what}: it is not UTF-8; save the file as CSV UTF-8")))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Nothing but numbers, parted by commas, blanks or lines: the weights from day 0. None where a heading comes first.
fn bare_numbers(text: &str, what: &str, day_0_is_0: bool) -> Result<Option<Vec<f64>>> {
    let parts = |line: &str| -> Vec<String> {
        line.split([',', ';', ' ', '\t', '\r']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let first = text.lines().map(parts).find(|parts| !parts.is_empty()).unwrap_or_default();
    if first.first().is_none_or(|part| part.parse::<f64>().is_err()) {
        return Ok(None);
    }
    let mut weights = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        for part in parts(line) {
            let wrong = |why: &str| Error::invalid(format!("{what}: row {}: `{part}` {why}", nth + 1));
            let weight: f64 = part.parse().map_err(|_| wrong("is no number"))?;
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(wrong("is no weight; weights are numbers from 0"));
            }
            if day_0_is_0 && weights.is_empty() && weight != 0.0 {
                return Err(wrong("is the weight of day 0, which must be 0: no case infects before its own day"));
            }
            weights.push(weight);
            if weights.len() > DAYS_MAX + 1 {
                return Err(wrong("lies beyond the longest interval"));
            }
        }
    }
    Ok(Some(weights))
}

fn read_weights<R: Read>(table: Table<R>) -> Result<(Vec<f64>, usize)> {
    read_lags(table, true)
}

/// Weights by their lags, and the last row.
fn read_lags<R: Read>(mut table: Table<R>, day_0_is_0: bool) -> Result<(Vec<f64>, usize)> {
    let weight = table.column(&["w", "p", "weight", "probability", "si", "si_distr", "density"])?;
    let lag = table.column_if(&["k", "lag", "t", "day", "days", "s"]);
    let mut weights: Vec<f64> = Vec::new();
    let mut seen: Vec<bool> = Vec::new();
    while table.advance()? {
        let value = table.number(&weight)?;
        if value < 0.0 {
            return Err(table.wrong(&weight, "is negative; weights are numbers from 0"));
        }
        let at = match &lag {
            None => weights.len(),
            Some(column) => match table.text(column).parse::<usize>() {
                Ok(at) if at <= DAYS_MAX => at,
                _ => return Err(table.wrong(column, "is no lag; give whole days from 0 to 2000")),
            },
        };
        if at > DAYS_MAX {
            return Err(table.wrong(&weight, "lies beyond the longest interval of 2000 days"));
        }
        if at == 0 && value != 0.0 && day_0_is_0 {
            return Err(
                table.wrong(&weight, "is the weight of day 0, which must be 0: no case infects before its own day")
            );
        }
        if at >= weights.len() {
            weights.resize(at + 1, 0.0);
            seen.resize(at + 1, false);
        }
        if seen[at] {
            return Err(table.wrong(lag.as_ref().unwrap_or(&weight), "stands there twice"));
        }
        (weights[at], seen[at]) = (value, true);
    }
    Ok((weights, table.row()))
}

fn sample<R: Read>(mut table: Table<R>, what: &str) -> Result<Vec<Interval>> {
    let (mean, sd) = (table.column(&["mean"])?, table.column(&["sd"])?);
    let mut intervals = Vec::new();
    while table.advance()? {
        let interval = Interval::gamma(table.number(&mean)?, table.number(&sd)?);
        intervals.push(interval.map_err(|error| of_file(what, &format!(" row {}:", table.row()), &error))?);
        if intervals.len() > SAMPLE_MAX {
            return Err(Error::too_costly(format!("{what}: more than {SAMPLE_MAX} intervals; give a thinner sample")));
        }
    }
    if intervals.is_empty() {
        return Err(Error::invalid(format!("{what}: it holds no interval")));
    }
    Ok(intervals)
}
