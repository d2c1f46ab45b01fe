//! Rows that are days: by `date`, or numbered by `t`, each once and in their order.

use super::Table;
use super::print::days_text;
use super::table::Column;
use crate::Day;
use base::{Error, Result};
use std::io::Read;

/// Where the rows of a file stand in time.
#[derive(Debug)]
pub struct Daily {
    date: Option<Column>,
    number: Option<Column>,
    first: Option<(Option<Day>, i64)>,
    last: i64,
}

/// The furthest that a day may lie from the first one.
const SPAN_MAX: i64 = 1_000_000;

impl Daily {
    pub fn of<R: Read>(table: &Table<R>) -> Result<Daily> {
        let date = table.column_if(&["date", "day"]);
        let number = table.column_if(&["t"]);
        if date.is_none() && number.is_none() {
            table.column(&["t", "date"])?;
        }
        Ok(Daily { date, number, first: None, last: -1 })
    }

    /// How many days after the first row this row is.
    ///
    /// # Errors
    /// A day that comes twice or before the row above, with row and column.
    pub fn place<R: Read>(&mut self, table: &Table<R>) -> Result<usize> {
        let date = self.date.as_ref().map(|column| table.day(column)).transpose()?;
        let number = self.number.as_ref().map(|column| numbered(table, column)).transpose()?;
        let (first_date, first_number) = *self.first.get_or_insert((date, number.unwrap_or(1)));
        let by_date = date.zip(first_date).map(|(day, first)| i64::from(day) - i64::from(first));
        let place = by_date.or(number.map(|number| number - first_number)).unwrap_or(0);
        let column = self.date.as_ref().or(self.number.as_ref());
        let wrong = |why: &str| column.map_or_else(|| Error::invalid(why), |column| table.wrong(column, why));
        if place == self.last {
            return Err(wrong("stands there twice; give each day once"));
        }
        if place < self.last {
            return Err(wrong("comes after a later one; sort the rows by day"));
        }
        if place > SPAN_MAX {
            return Err(wrong("is too far from the first row"));
        }
        self.last = place;
        usize::try_from(place).map_err(|_| wrong("comes after a later one; sort the rows by day"))
    }

    /// The same where no day may be left out.
    pub fn next<R: Read>(&mut self, table: &Table<R>) -> Result<usize> {
        let before = self.last;
        let place = self.place(table)?;
        if self.last != before + 1 {
            let column = self.date.as_ref().or(self.number.as_ref());
            let why = "does not follow the row above; give every day, with 0 where nothing happened";
            return Err(column.map_or_else(|| Error::invalid(why), |column| table.wrong(column, why)));
        }
        Ok(place)
    }

    /// The first row's day, where rows have dates.
    pub fn first_day(&self) -> Option<Day> {
        self.first.and_then(|(day, _)| day)
    }

    /// The number of the day so many days after the first, as the file counts.
    pub fn number(&self, place: usize) -> i64 {
        self.first.map_or(1, |(_, number)| number).saturating_add(i64::try_from(place).unwrap_or(i64::MAX))
    }

    /// The date of the day so many days after the first; empty where there are no dates.
    pub fn text(&self, place: usize) -> String {
        self.first_day().map(|first| days_text(first, place)).unwrap_or_default()
    }
}

fn numbered<R: Read>(table: &Table<R>, column: &Column) -> Result<i64> {
    match table.text(column).parse::<i64>() {
        Ok(number @ -1_000_000_000_000..=1_000_000_000_000) => Ok(number),
        _ => Err(table.wrong(column, "is no whole number that days are counted by")),
    }
}
