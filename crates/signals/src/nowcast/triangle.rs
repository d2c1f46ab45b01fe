//! The reporting triangle: how many cases of each day became known after how many days.

use crate::Day;
use base::{Error, Result};
use std::collections::HashMap;

/// Days between the first onset and today.
pub const DAYS_MAX: usize = 20_000;

/// The longest delay that may be looked at, in days.
pub const DELAY_MAX: usize = 365;

/// Cases by day and delay as they are gathered, before today is known.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    cells: HashMap<(Day, u16), f64>,
    first: Option<Day>,
    last_report: Option<Day>,
    /// Cases with a longer delay than is looked at, by the day of report.
    longer: HashMap<Day, f64>,
}

impl Gathered {
    /// Adds `count` cases of the day `onset` that became known `delay` days later.
    pub fn add(&mut self, onset: Day, delay: usize, delay_max: usize, count: f64) {
        let report = onset.saturating_add(i32::try_from(delay).unwrap_or(i32::MAX));
        self.first = Some(self.first.map_or(onset, |first| first.min(onset)));
        self.last_report = Some(self.last_report.map_or(report, |last| last.max(report)));
        if delay > delay_max {
            *self.longer.entry(report).or_default() += count;
        } else {
            *self.cells.entry((onset, u16::try_from(delay).unwrap_or(u16::MAX))).or_default() += count;
        }
    }

    pub fn last_report(&self) -> Option<Day> {
        self.last_report
    }

    /// What was known at the end of `today`.
    ///
    /// # Errors
    /// Nothing known by then, or too many days.
    pub fn as_of(&self, today: Day, delay_max: usize) -> Result<Triangle> {
        let first = self.first.filter(|first| *first <= today);
        let Some(first) = first else {
            return Err(Error::invalid("nothing was known by then; take a later day"));
        };
        let days = usize::try_from(i64::from(today) - i64::from(first) + 1).unwrap_or(usize::MAX);
        if days > DAYS_MAX {
            let text = format!("{days} days from the first onset; at most {DAYS_MAX} at a time");
            return Err(Error::too_costly(text));
        }
        let mut triangle =
            Triangle { first, days, delays: delay_max + 1, cells: vec![0.0; days * (delay_max + 1)], longer: 0.0 };
        for (&(onset, delay), count) in &self.cells {
            if i64::from(onset) + i64::from(delay) <= i64::from(today) {
                let day = usize::try_from(onset - first).unwrap_or_default();
                triangle.cells[day * triangle.delays + usize::from(delay)] += count;
            }
        }
        triangle.longer = self.longer.iter().filter(|(report, _)| **report <= today).map(|(_, count)| count).sum();
        Ok(triangle)
    }
}

/// Cases by day (from the first onset to today) and delay (from nought to the longest).
#[derive(Clone, Debug)]
pub struct Triangle {
    pub first: Day,
    days: usize,
    delays: usize,
    cells: Vec<f64>,
    /// Cases that are left out because their delay is longer than is looked at.
    pub longer: f64,
}

impl Triangle {
    /// Of rows of counts by delay, the oldest day first; counts behind the last day are not looked at.
    pub fn of(first: Day, rows: &[Vec<f64>]) -> Triangle {
        let delays = rows.first().map_or(1, Vec::len);
        let cells = rows.iter().flat_map(|row| (0..delays).map(|d| row.get(d).copied().unwrap_or(0.0))).collect();
        Triangle { first, days: rows.len(), delays, cells, longer: 0.0 }
    }

    pub fn days(&self) -> usize {
        self.days
    }

    pub fn delay_max(&self) -> usize {
        self.delays - 1
    }

    /// What was known at the end of the day `today`, counted from 0.
    pub fn known(&self, today: usize) -> Known<'_> {
        Known { triangle: self, today: today.min(self.days - 1) }
    }

    /// What is known at the end of the last day.
    pub fn now(&self) -> Known<'_> {
        self.known(self.days - 1)
    }
}

/// The triangle as it stood at the end of a day.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    triangle: &'a Triangle,
    pub today: usize,
}

impl<'a> Known<'a> {
    /// The same as it stood at the end of an earlier day.
    pub fn earlier(&self, today: usize) -> Known<'a> {
        Known { today: today.min(self.today), ..*self }
    }

    pub fn delay_max(&self) -> usize {
        self.triangle.delays - 1
    }

    /// How many days ago a day was.
    pub fn age(&self, day: usize) -> usize {
        self.today - day
    }

    /// Cases of a day that became known after exactly so many days; nought where that is still to come.
    pub fn at(&self, day: usize, delay: usize) -> f64 {
        if day + delay > self.today { 0.0 } else { self.triangle.cells[day * self.triangle.delays + delay] }
    }

    /// Cases of a day that became known within so many days.
    pub fn within(&self, day: usize, delay: usize) -> f64 {
        let row = day * self.triangle.delays;
        let last = delay.min(self.today - day).min(self.triangle.delays - 1);
        self.triangle.cells[row..=row + last].iter().sum()
    }

    /// Cases of a day that are known.
    pub fn observed(&self, day: usize) -> f64 {
        self.within(day, self.delay_max())
    }

    /// The day of the week on which a case of `day` becomes known after `delay` days, Monday being 0.
    pub fn weekday(&self, day: usize, delay: usize) -> usize {
        // 1970-01-01 was a Thursday.
        let days = i64::from(self.triangle.first) + i64::try_from(day + delay).unwrap_or(0) + 3;
        usize::try_from(days.rem_euclid(7)).unwrap_or(0)
    }
}
