//! `nowcast ONSET_REPORT.csv`: the cases of the last days as they will be known.
//!
//! A line list of `onset` and `report` (also `dHosp`, `dReport` and the like), optionally with a count `n`; or counts by
//! `onset`, `delay` (in days) and `n`. Days are dates, or whole numbers.

use super::Table;
use super::print::{number_text, printed_json, row_text};
use super::table::Column;
use crate::nowcast::{self, Gathered, Nowcast, QUANTILES, Score, Scores, Triangle};
use crate::{Day, Given, Settings};
use base::{Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Read;

const ONSETS: [&str; 8] =
    ["onset", "dhosp", "date_onset", "onset_date", "reference_date", "donset", "symptom_onset", "发病日期"];
const REPORTS: [&str; 7] = ["report", "dreport", "date_report", "report_date", "reported", "confirm", "报告日期"];
const COUNTS: [&str; 3] = ["n", "count", "cases"];

/// A count in one row that is more than this is taken for a mistake.
const COUNT_MAX: f64 = 1e9;

/// Days whose texts are kept.
const DAYS_KEPT: usize = 100_000;

/// What the file said.
struct Reports {
    gathered: Gathered,
    /// Whether its days are dates.
    dated: bool,
    /// The columns that were taken.
    taken: Vec<String>,
}

/// Reads the reports and prints the nowcast of every day; with the setting `back`, how good such nowcasts were.
pub fn nowcast(reports: impl Read, what: &str, given: &Given, as_json: bool) -> Result<String> {
    let settings = Settings::of(nowcast::SETTINGS, given)?;
    let delay_max = settings.size("delay_max");
    let reports = read(reports, what, &settings)?;
    let Some(last) = reports.gathered.last_report() else {
        return Err(Error::invalid(format!("{what}: there is no case in it")));
    };
    let today = set_day(&settings, "as_of", reports.dated)?.unwrap_or(last);
    let triangle = reports
        .gathered
        .as_of(today, delay_max)
        .map_err(|error| Error::new(error.kind, format!("{what}: {}", error.text())))?;
    let options = nowcast::options(&settings);
    match settings.size("back") {
        0 => {
            let made = nowcast::nowcast(&triangle.now(), &options);
            Ok(if as_json {
                as_object(&reports, &triangle, &settings, &made)
            } else {
                as_rows(&reports, &triangle, &made)
            })
        }
        back => {
            let todays = triangle.days().saturating_sub(back)..triangle.days();
            Ok(scores_text(&settings, &nowcast::back(&triangle, todays, &options), as_json))
        }
    }
}

fn set_day(settings: &Settings, key: &str, dated: bool) -> Result<Option<Day>> {
    let text = settings.text(key);
    if text.is_empty() {
        return Ok(None);
    }
    let day = if dated { super::table::day_of(text) } else { text.parse().ok() };
    day.map(Some).ok_or_else(|| Error::invalid(format!("`{key}` = `{text}` is no day as the file writes them")))
}

fn read(from: impl Read, what: &str, settings: &Settings) -> Result<Reports> {
    let mut table = Table::open(from, what)?;
    let onset = table.column(&ONSETS)?;
    let delay = table.column_if(&["delay"]);
    let report = if delay.is_some() { None } else { Some(table.column(&REPORTS)?) };
    let count = table.column_if(&COUNTS);
    let taken = [Some(&onset), delay.as_ref(), report.as_ref(), count.as_ref()];
    let taken = taken.into_iter().flatten().map(|column| column.name().to_owned()).collect();
    let mut reports = Reports { gathered: Gathered::default(), dated: true, taken };
    let (delay_max, mut today, mut first) = (settings.size("delay_max"), None, true);
    let mut days = Days::default();
    while table.advance()? {
        if first {
            reports.dated = table.text(&onset).parse::<i64>().is_err();
            today = set_day(settings, "today", reports.dated)?;
            first = false;
        }
        let from = days.of(&table, &onset, reports.dated)?;
        if today.is_some_and(|today| from > today) {
            return Err(table.wrong(&onset, "is after `today`"));
        }
        let after = match (&delay, &report) {
            (Some(column), _) => delay_of(&table, column)?,
            (None, Some(column)) => {
                let to = days.of(&table, column, reports.dated)?;
                if to < from {
                    let name = onset.name();
                    return Err(
                        table.wrong(column, &format!("is before `{name}`; a case cannot be known before it begins"))
                    );
                }
                i64::from(to) - i64::from(from)
            }
            (None, None) => 0,
        };
        if today.is_some_and(|today| i64::from(from) + after > i64::from(today)) {
            return Err(table.wrong(delay.as_ref().or(report.as_ref()).unwrap_or(&onset), "is after `today`"));
        }
        let cases = count.as_ref().map_or(Ok(1.0), |column| table.count(column))?;
        if cases > COUNT_MAX {
            return Err(table.wrong(count.as_ref().unwrap_or(&onset), "is more than 1,000,000,000"));
        }
        if cases > 0.0 {
            reports.gathered.add(from, usize::try_from(after).unwrap_or(usize::MAX), delay_max, cases);
        }
    }
    Ok(reports)
}

fn delay_of<R: Read>(table: &Table<R>, column: &Column) -> Result<i64> {
    match table.text(column).parse::<i64>() {
        Ok(delay @ 0..=100_000) => Ok(delay),
        Ok(delay) if delay < 0 => Err(table.wrong(column, "is negative; a case cannot be known before it begins")),
        _ => Err(table.wrong(column, "is no delay in whole days")),
    }
}

/// Days by their texts: the same few stand in millions of rows.
#[derive(Default)]
struct Days(HashMap<String, Day>);

impl Days {
    fn of<R: Read>(&mut self, table: &Table<R>, column: &Column, dated: bool) -> Result<Day> {
        if let Some(day) = self.0.get(table.text(column)) {
            return Ok(*day);
        }
        let day = match dated {
            true => table.day(column)?,
            false => match table.text(column).parse::<Day>() {
                Ok(day @ -10_000_000..=10_000_000) => day,
                _ => return Err(table.wrong(column, "is no whole number as in the rows above")),
            },
        };
        if self.0.len() < DAYS_KEPT {
            self.0.insert(table.text(column).to_owned(), day);
        }
        Ok(day)
    }
}

impl Reports {
    fn day_text(&self, triangle: &Triangle, day: usize) -> String {
        let day = triangle.first + i32::try_from(day).unwrap_or(0);
        if self.dated { base::zone::day_text(day) } else { day.to_string() }
    }
}

fn as_rows(reports: &Reports, triangle: &Triangle, made: &Nowcast) -> String {
    let mut out = "onset,observed,expected,median,q2.5,q5,q25,q75,q95,q97.5,share,note\n".to_owned();
    for estimate in &made.days {
        let mut cells = vec![reports.day_text(triangle, estimate.day), number_text(estimate.observed)];
        cells.push(estimate.expected.map_or_else(String::new, number_text));
        let quantile = |at: f64| estimate.quantile(at).map_or_else(String::new, number_text);
        cells.extend([0.5, 0.025, 0.05, 0.25, 0.75, 0.95, 0.975].map(quantile));
        cells.push(estimate.share.map_or_else(String::new, number_text));
        let mut notes: Vec<String> = estimate.note.iter().map(|note| note.text().to_owned()).collect();
        if estimate.day == 0 {
            notes.push(format!("columns taken: {}", reports.taken.join(" ")));
            if triangle.longer > 0.0 {
                notes.push(format!("{} later than {} days left out", triangle.longer, triangle.delay_max()));
            }
        }
        cells.push(notes.join("; "));
        row_text(&mut out, &cells);
    }
    out
}

fn as_object(reports: &Reports, triangle: &Triangle, settings: &Settings, made: &Nowcast) -> String {
    let one = |estimate: &nowcast::Estimate| {
        let mut object = json!({
            "onset": reports.day_text(triangle, estimate.day), "observed": estimate.observed,
            "expected": estimate.expected, "median": estimate.quantile(0.5),
            "share": estimate.share, "note": estimate.note,
        });
        for at in QUANTILES {
            object[format!("q{}", number_text((at * 1000.0).round() / 10.0))] = json!(estimate.quantile(at));
        }
        object
    };
    let days: Vec<Value> = made.days.iter().map(one).collect();
    let answer = json!({
        "columns": reports.taken, "today": reports.day_text(triangle, triangle.days() - 1),
        "longer": triangle.longer, "weekdays": made.weekdays, "dispersion": made.dispersion, "days": days,
    });
    printed_json(settings, answer)
}

fn scores_text(settings: &Settings, scores: &Scores, as_json: bool) -> String {
    let row = |age: Option<usize>, score: &Score| {
        let share = |count: usize| count as f64 / score.nowcasts as f64;
        let mean = |sum: f64| sum / score.nowcasts as f64;
        let numbers = [
            share(score.within_50),
            share(score.within_90),
            share(score.within_95),
            mean(score.interval_score),
            mean(score.naive_score),
            mean(score.error),
        ];
        (age.map_or_else(|| "all".to_owned(), |age| age.to_string()), score.nowcasts, numbers)
    };
    let rows: Vec<_> = scores.by_age.iter().enumerate().map(|(age, score)| row(Some(age), score)).collect();
    let rows: Vec<_> = rows.into_iter().chain([row(None, &scores.all())]).collect();
    if as_json {
        let object = |(age, nowcasts, [c50, c90, c95, wis, naive, error]): &(String, usize, [f64; 6])| {
            json!({ "age": age, "nowcasts": nowcasts, "coverage_50": c50, "coverage_90": c90, "coverage_95": c95,
                "wis": wis, "wis_naive": naive, "error_median": error })
        };
        let rows: Vec<Value> = rows.iter().map(object).collect();
        return printed_json(settings, json!({ "scores": rows, "without": scores.without }));
    }
    let mut out = "age,nowcasts,coverage_50,coverage_90,coverage_95,wis,wis_naive,error_median\n".to_owned();
    for (age, nowcasts, numbers) in rows {
        let mut cells = vec![age, nowcasts.to_string()];
        cells.extend(numbers.iter().map(|number| number_text(*number)));
        row_text(&mut out, &cells);
    }
    out
}
