//! `wastewater SAMPLES.csv`: levels, infections and Rt by day.
//!
//! SAMPLES: `date` (or `t`), `concentration` (or `value`, `copies`, `observed`; `<500` is below a limit of detection of
//! 500), and where they are there `lod`, `flow`, `pmmov`. One row a day: average replicates first.

use super::Table;
use super::daily::Daily;
use super::interval::{read_intervals, read_profile};
use super::print::{number_text, printed_json, row_text};
use super::table::Column;
use crate::rt::DAYS_MAX;
use crate::wastewater::{self, Level, Sample};
use crate::{Given, Settings};
use base::{Error, Result};
use serde_json::{Value, json};
use std::io::Read;

/// The most that a cell may hold.
const VALUE_MAX: f64 = 1e18;

/// Files beside the samples.
pub struct Distributions<R> {
    /// The shedding distribution and its name; settings say it where there is none.
    pub shedding: Option<(R, String)>,
    /// The generation interval and its name.
    pub generation: Option<(R, String)>,
}

/// Reads the samples and prints one row a day, as CSV or as JSON.
pub fn wastewater<R: Read>(
    samples: impl Read,
    what: &str,
    distributions: Distributions<R>,
    given: &Given,
    as_json: bool,
) -> Result<String> {
    let settings = Settings::of(wastewater::SETTINGS, given)?;
    let shedding = distributions.shedding.map(|(file, name)| read_profile(file, &name)).transpose()?;
    let generation = distributions.generation.map(|(file, name)| read_intervals(file, &name)).transpose()?;
    let generation = generation.and_then(|intervals| intervals.into_iter().next());
    let (days, samples, has) = read(samples, what)?;
    let options = wastewater::options(&settings, shedding, generation, has)?;
    let levels = wastewater::levels(&samples, &options);
    let levels = levels.map_err(|error| Error::new(error.kind, format!("{what}: {}", error.text())))?;
    let concentration = |day: usize| samples.iter().find(|sample| sample.day == day).map(|sample| sample.concentration);
    let measured: Vec<Option<f64>> = levels.iter().map(|level| concentration(level.day)).collect();
    Ok(if as_json { as_object(&days, &settings, &levels, &measured) } else { as_rows(&days, &levels, &measured) })
}

fn read(from: impl Read, what: &str) -> Result<(Daily, Vec<Sample>, (bool, bool))> {
    let mut table = Table::open(from, what)?;
    let mut days = Daily::of(&table)?;
    let value = table.column(&["concentration", "value", "copies", "observed"])?;
    let (lod, flow, pmmov) = (table.column_if(&["lod"]), table.column_if(&["flow"]), table.column_if(&["pmmov"]));
    let mut samples = Vec::new();
    while table.advance()? {
        let day = days.place(&table)?;
        if day >= DAYS_MAX {
            return Err(Error::too_costly(format!("{what}: row {}: at most {DAYS_MAX} days at a time", table.row())));
        }
        let cell = |column: &Option<Column>| column.as_ref().map_or(Ok(None), |column| optional(&table, column));
        let mut sample = Sample { day, lod: cell(&lod)?, flow: cell(&flow)?, pmmov: cell(&pmmov)?, concentration: 0.0 };
        if let Some(limit) = table.text(&value).strip_prefix('<') {
            let limit = limit.trim().parse::<f64>().ok().filter(|limit| (0.0..=VALUE_MAX).contains(limit));
            sample.lod = Some(limit.ok_or_else(|| table.wrong(&value, "is no limit of detection"))?);
            samples.push(sample);
        } else if let Some(concentration) = optional(&table, &value)? {
            samples.push(Sample { concentration, ..sample });
        }
    }
    Ok((days, samples, (flow.is_some(), pmmov.is_some())))
}

/// A number from nought; none where the cell is empty.
fn optional<R: Read>(table: &Table<R>, column: &Column) -> Result<Option<f64>> {
    if table.text(column).is_empty() {
        return Ok(None);
    }
    let value = table.amount(column)?;
    if value > VALUE_MAX { Err(table.wrong(column, "is too large")) } else { Ok(Some(value)) }
}

fn as_rows(days: &Daily, levels: &[Level], measured: &[Option<f64>]) -> String {
    let dated = days.first_day().is_some();
    let names = "concentration,normalised,smoothed,infections,rt_mean,rt_q2.5,rt_median,rt_q97.5,note";
    let mut out = format!("{},{names}\n", if dated { "t,date" } else { "t" });
    let text = |number: Option<f64>| number.map_or_else(String::new, number_text);
    for (level, measured) in levels.iter().zip(measured) {
        let mut cells = vec![days.number(level.day).to_string()];
        if dated {
            cells.push(days.text(level.day));
        }
        cells.extend([*measured, level.normalised, level.smoothed, level.infections].map(text));
        let rt = level.rt.as_ref();
        cells.push(text(rt.map(|rt| rt.mean)));
        cells.extend([0.025, 0.5, 0.975].map(|at| text(rt.and_then(|rt| rt.quantile(at)))));
        let note = match (level.nothing_found, level.below_lod) {
            (true, _) => "nothing-found",
            (_, true) => "below-lod",
            _ => "",
        };
        cells.push(note.to_owned());
        row_text(&mut out, &cells);
    }
    out
}

fn as_object(days: &Daily, settings: &Settings, levels: &[Level], measured: &[Option<f64>]) -> String {
    let one = |(level, measured): (&Level, &Option<f64>)| -> Value {
        let rt = level.rt.as_ref().map(|rt| {
            let [low, median, high] = [0.025, 0.5, 0.975].map(|at| rt.quantile(at));
            json!({ "mean": rt.mean, "q2.5": low, "median": median, "q97.5": high })
        });
        json!({
            "t": days.number(level.day), "date": days.first_day().map(|_| days.text(level.day)),
            "concentration": measured, "normalised": level.normalised, "below_lod": level.below_lod,
            "smoothed": level.smoothed, "infections": level.infections, "rt": rt,
            "nothing_found": level.nothing_found,
        })
    };
    let days: Vec<Value> = levels.iter().zip(measured).map(one).collect();
    printed_json(settings, json!({ "days": days }))
}
