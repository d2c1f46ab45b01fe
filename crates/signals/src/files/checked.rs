//! A file of counts in time, checked: its step, its gaps, and that days and counts are what they should be.

use super::Table;
use super::table::Column;
use crate::{Day, Series, Step};
use base::{Error, Result};
use std::io::Read;

/// Points of one series, gaps included; almost 3,000 years of days.
pub const POINTS_MAX: usize = 1_000_000;
/// So many points may be missing between two rows; more is a slip of the pen.
pub const MISSING_MAX: usize = 10_000;
/// No count is greater; squares of much greater ones leave the range of numbers, and a bound without end never alarms.
pub const COUNT_MAX: f64 = 1e12;

/// What `t` and `date` may be called.
const DATES: &[&str] = &["date", "monday", "day"];
const COUNTS: &[&str] = &["observed", "count", "cases", "case"];

/// How a file's counts are to be read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Whether counts must be whole.
    pub whole: bool,
    /// The step, where it is given; otherwise it is found from the dates.
    pub step: Option<Step>,
    /// The step of points that are only numbered, and of a single date.
    pub step_else: Step,
}

/// A series as a file gives it.
#[derive(Clone, Debug)]
pub struct Checked {
    pub series: Series,
    /// The number of the first point in the file.
    pub number_first: i64,
    /// Points without a row, or with an empty cell.
    pub gaps: usize,
}

impl Checked {
    /// The number of a point, as files count them.
    pub fn number(&self, at: usize) -> i64 {
        self.number_first + i64::try_from(at).unwrap_or(i64::MAX / 2)
    }

    /// The point that a number or a day names; a day within a week names that week.
    pub fn point(&self, text: &str) -> Option<i64> {
        if let Ok(number) = text.parse::<i64>() {
            return number.checked_sub(self.number_first);
        }
        let (day, first) = (super::table::day_of(text)?, self.series.first?);
        Some(i64::from((day - first).div_euclid(self.series.step.days())))
    }
}

/// One row of the file.
struct Row {
    nth: usize,
    number: Option<i64>,
    day: Option<Day>,
    count: f64,
    population: f64,
    state: bool,
}

/// Reads a series: `t` or `date` (`monday`), `observed` or `count` (`cases`, `case`), and, where the file has them,
/// `population` and `state`. `what` names the file in errors.
///
/// # Errors
/// Rows that are not in order, that stand there twice, or whose steps are neither days nor weeks; counts that are no
/// number, negative, or fractional where cases are counted; populations that are not above 0. Each with row and column.
pub fn series(from: impl Read, what: &str, wanted: Wanted) -> Result<Checked> {
    let mut table = Table::open(from, what)?;
    let columns = Columns::of(&table)?;
    let mut rows: Vec<Row> = Vec::new();
    while table.advance()? {
        let row = columns.row(&table, wanted.whole)?;
        if let Some(before) = rows.last() {
            columns.in_order(&table, before, &row)?;
        }
        if rows.len() == POINTS_MAX {
            return Err(Error::too_costly(format!(
                "{what}: row {}: a series has at most {POINTS_MAX} points",
                row.nth
            )));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Error::invalid(format!("{what}: there is no row below the heading")));
    }
    let step = match columns.date {
        Some(_) => step_of(&rows, what, wanted)?,
        None => wanted.step.unwrap_or(wanted.step_else),
    };
    laid_out(&rows, step, what, &columns)
}

struct Columns {
    number: Option<Column>,
    date: Option<Column>,
    count: Column,
    population: Option<Column>,
    state: Option<Column>,
}

impl Columns {
    fn of<R: Read>(table: &Table<R>) -> Result<Columns> {
        let (number, date) = (table.column_if(&["t"]), table.column_if(DATES));
        if number.is_none() && date.is_none() {
            table.column(&["t", "date"])?;
        }
        let count = table.column(COUNTS)?;
        let (population, state) = (table.column_if(&["population"]), table.column_if(&["state"]));
        Ok(Columns { number, date, count, population, state })
    }

    fn row<R: Read>(&self, table: &Table<R>, whole: bool) -> Result<Row> {
        let number = self.number.as_ref().map(|column| {
            let number = table.text(column).parse::<i64>().ok().filter(|number| number.unsigned_abs() < 1 << 53);
            number.ok_or_else(|| table.wrong(column, "is no point; write 1, 2, 3, …"))
        });
        let day = self.date.as_ref().map(|column| table.day(column));
        let count = match (table.text(&self.count), whole) {
            ("", _) => f64::NAN,
            (_, true) => table.count(&self.count)?,
            (_, false) => table.amount(&self.count)?,
        };
        if count > COUNT_MAX {
            return Err(table.wrong(&self.count, "is more than 1,000,000,000,000"));
        }
        let population = match &self.population {
            Some(column) if !table.text(column).is_empty() => {
                let population = table.amount(column)?;
                if population == 0.0 {
                    return Err(table.wrong(column, "is nobody; leave it empty where it is not known"));
                }
                population
            }
            _ => f64::NAN,
        };
        let state = match &self.state {
            Some(column) => match table.text(column).to_lowercase().as_str() {
                "" | "0" | "false" | "no" => false,
                "1" | "true" | "yes" => true,
                _ => return Err(table.wrong(column, "is no state; write 0 or 1")),
            },
            None => false,
        };
        Ok(Row { nth: table.row(), number: number.transpose()?, day: day.transpose()?, count, population, state })
    }

    /// That a row comes after the one before.
    fn in_order<R: Read>(&self, table: &Table<R>, before: &Row, row: &Row) -> Result<()> {
        let place = |row: &Row| (row.number, row.day.map(i64::from));
        let ((number_before, day_before), (number, day)) = (place(before), place(row));
        for (column, before, now) in [(&self.number, number_before, number), (&self.date, day_before, day)] {
            let (Some(column), Some(before), Some(now)) = (column, before, now) else { continue };
            if now == before {
                return Err(table.wrong(column, "stands there twice; add the rows of one point together"));
            }
            if now < before {
                return Err(table.wrong(column, "comes after a later row; sort the file by time"));
            }
        }
        Ok(())
    }
}

/// The step of the dates: a week where all lie whole weeks apart and two are neighbours, else a day.
fn step_of(rows: &[Row], what: &str, wanted: Wanted) -> Result<Step> {
    let apart = |pair: &[Row]| pair[1].day.unwrap_or_default() - pair[0].day.unwrap_or_default();
    let least = rows.windows(2).map(apart).min();
    let step = match (wanted.step, least) {
        (Some(step), _) => step,
        (None, None) => wanted.step_else,
        (None, Some(1)) => Step::Day,
        (None, Some(7)) => Step::Week,
        (None, Some(least)) => {
            let pair = rows.windows(2).find(|pair| apart(pair) == least).unwrap_or(rows);
            let (row, before) = (pair[1].nth, pair[0].nth);
            return Err(Error::invalid(format!(
                "{what}: row {row}: it lies {least} days after row {before}; a series goes by days or by weeks (set \
                 `step` where no two rows are neighbours)"
            )));
        }
    };
    if let Some(pair) = rows.windows(2).find(|pair| apart(pair) % step.days() != 0) {
        let (row, before, days) = (pair[1].nth, pair[0].nth, apart(pair));
        return Err(Error::invalid(format!(
            "{what}: row {row}: it lies {days} days after row {before}, which is no whole week; the series goes by weeks"
        )));
    }
    Ok(step)
}

/// The rows at equal steps, with gaps where there is none.
fn laid_out(rows: &[Row], step: Step, what: &str, columns: &Columns) -> Result<Checked> {
    let (first, mut gaps) = (&rows[0], 0);
    let mut series = Series::new(step, first.day, Vec::with_capacity(rows.len()));
    for row in rows {
        let ahead = match (row.day, first.day) {
            (Some(day), Some(first)) => i64::from((day - first) / step.days()),
            _ => row.number.unwrap_or_default() - first.number.unwrap_or_default(),
        };
        let numbered = row.number.zip(first.number).map(|(number, first)| number - first);
        if numbered.is_some_and(|numbered| numbered != ahead) {
            let nth = row.nth;
            let text = "its `t` and its date do not name the same point; leave one of the columns out";
            return Err(Error::invalid(format!("{what}: row {nth}: {text}")));
        }
        let missing = usize::try_from(ahead).unwrap_or_default() - series.len();
        if missing > MISSING_MAX || series.len() + missing >= POINTS_MAX {
            let nth = row.nth;
            let text = format!("{missing} points are missing before it; at most {MISSING_MAX} may be");
            return Err(Error::invalid(format!("{what}: row {nth}: {text}, and {POINTS_MAX} points in all")));
        }
        gaps += missing + usize::from(row.count.is_nan());
        for _ in 0..missing {
            put(&mut series, columns, f64::NAN, f64::NAN, false);
        }
        put(&mut series, columns, row.count, row.population, row.state);
    }
    Ok(Checked { series, number_first: first.number.unwrap_or(1), gaps })
}

fn put(series: &mut Series, columns: &Columns, count: f64, population: f64, state: bool) {
    series.observed.push(count);
    if columns.population.is_some() {
        series.population.push(population);
    }
    if columns.state.is_some() {
        series.state.push(state);
    }
}
