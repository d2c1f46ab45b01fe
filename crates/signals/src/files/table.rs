//! A CSV file, row by row: columns by name, errors with row and column.

use base::{Error, Result};
use std::io::Read;

/// Rows that one file may have.
pub const ROWS_MAX: usize = 10_000_000;

/// A CSV file that is being read.
pub struct Table<R> {
    rows: csv::Reader<R>,
    names: Vec<String>,
    record: csv::StringRecord,
    row: usize,
    what: String,
}

/// Where a column stands in each row.
#[derive(Clone, Debug)]
pub struct Column {
    nth: usize,
    name: String,
}

impl Column {
    /// Which of the columns it is, from 0.
    pub fn place(&self) -> usize {
        self.nth
    }

    /// The name in the heading, in small letters.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<R: Read> Table<R> {
    /// Reads the heading. `what` names the file in errors.
    pub fn open(from: R, what: &str) -> Result<Table<R>> {
        let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(from);
        let heading = rows.headers().map_err(|error| unreadable(what, &error))?;
        let names: Vec<String> =
            heading.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_lowercase()).collect();
        if names.iter().all(String::is_empty) {
            return Err(Error::invalid(format!("{what}: the file is empty; its first row names the columns")));
        }
        if let Some(twice) = names.iter().enumerate().find(|(nth, name)| names[..*nth].contains(name)) {
            return Err(Error::invalid(format!("{what}: row 1: the column `{}` stands there twice", twice.1)));
        }
        Ok(Table { rows, names, record: csv::StringRecord::new(), row: 1, what: what.to_owned() })
    }

    /// The first of these columns that the file has.
    pub fn column_if(&self, names: &[&str]) -> Option<Column> {
        names.iter().find_map(|name| {
            let nth = self.names.iter().position(|known| known == name)?;
            Some(Column { nth, name: (*name).to_owned() })
        })
    }

    /// The first of these columns that the file has.
    pub fn column(&self, names: &[&str]) -> Result<Column> {
        self.column_if(names).ok_or_else(|| {
            let wanted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let known = self.names.join(", ");
            Error::invalid(format!(
                "{}: row 1: there is no column {}; there are: {known}",
                self.what,
                wanted.join(" or ")
            ))
        })
    }

    /// Moves to the next row; false at the end.
    pub fn advance(&mut self) -> Result<bool> {
        let more = self.rows.read_record(&mut self.record).map_err(|error| unreadable(&self.what, &error))?;
        self.row += usize::from(more);
        if self.row > ROWS_MAX + 1 {
            let text =
                format!("{}: more than {ROWS_MAX} rows; give fewer days or count equal rows together", self.what);
            return Err(Error::too_costly(text));
        }
        Ok(more)
    }

    /// Which row of the file this is; the heading is row 1.
    pub fn row(&self) -> usize {
        self.row
    }

    pub fn text(&self, column: &Column) -> &str {
        self.record.get(column.nth).unwrap_or_default()
    }

    /// An error about this cell.
    pub fn wrong(&self, column: &Column, why: &str) -> Error {
        let value = self.text(column);
        let value: String = value.chars().take(40).collect();
        Error::invalid(format!("{}: row {}, column `{}`: `{value}` {why}", self.what, self.row, column.name))
    }

    /// A day, `2026-03-01` or `2026/3/1`.
    pub fn day(&self, column: &Column) -> Result<crate::Day> {
        let text = self.text(column);
        let why = match any_day(text) {
            Some(_) => "lies outside the years 1800 to 2200; write 2026-03-01",
            None => "is no day; write 2026-03-01",
        };
        day_of(text).ok_or_else(|| self.wrong(column, why))
    }

    /// A finite number.
    pub fn number(&self, column: &Column) -> Result<f64> {
        let number = self.text(column).parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong(column, "is no number"))
    }

    /// A finite number from nought.
    pub fn amount(&self, column: &Column) -> Result<f64> {
        let number = self.number(column)?;
        if number < 0.0 {
            return Err(self.wrong(column, "is negative; counts begin at 0"));
        }
        Ok(number)
    }

    /// A whole number from nought.
    pub fn count(&self, column: &Column) -> Result<f64> {
        let number = self.amount(column)?;
        if number.fract() != 0.0 {
            return Err(self.wrong(column, "is not whole; this method counts cases"));
        }
        Ok(number)
    }
}

/// The day that a text names, `2026-03-01` or `2026/3/1`, in the years 1800 to 2200: others are slips, such as a year of
/// two digits.
pub(super) fn day_of(text: &str) -> Option<crate::Day> {
    any_day(text).filter(|day| (FIRST_DAY..=LAST_DAY).contains(day))
}

/// 1800-01-01 and 2200-12-31.
const FIRST_DAY: crate::Day = -62_091;
const LAST_DAY: crate::Day = 84_370;

fn any_day(text: &str) -> Option<crate::Day> {
    let text = text.replace('/', "-");
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    base::zone::day_named(&format!("{year:0>4}-{month:0>2}-{day:0>2}"))
}

fn unreadable(what: &str, error: &csv::Error) -> Error {
    use csv::ErrorKind::{UnequalLengths, Utf8};
    let text = match error.kind() {
        UnequalLengths { pos, expected_len, len } => {
            let row = pos.as_ref().map_or(0, csv::Position::record) + 1;
            format!("{what}: row {row}: {len} cells, the heading has {expected_len}")
        }
        Utf8 { pos, .. } => {
            let row = pos.as_ref().map_or(0, csv::Position::record) + 1;
            format!("{what}: row {row}: it is not UTF-8; save the file as CSV UTF-8")
        }
        _ => format!("{what}: {error}"),
    };
    Error::invalid(text)
}
