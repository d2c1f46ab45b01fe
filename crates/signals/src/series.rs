//! Counts in time.

use serde::{Deserialize, Serialize};

/// Days since 1970-01-01 (`base::zone::day_named`).
pub type Day = i32;

/// How far one point is from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Day,
    Week,
}

impl Step {
    pub const fn days(self) -> i32 {
        match self {
            Step::Day => 1,
            Step::Week => 7,
        }
    }

    /// Points in a year, as methods count that look back by years: 365 or 52.
    pub const fn per_year(self) -> usize {
        match self {
            Step::Day => 365,
            Step::Week => 52,
        }
    }
}

/// Counts at equal steps, the oldest first. Points are numbered from 0 here, from 1 in files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub step: Step,
    /// The day of the first point, a week's Monday; none where points are only numbered.
    pub first: Option<Day>,
    /// NaN where nothing is known, which is not zero.
    pub observed: Vec<f64>,
    /// Who could have become a case at each point; empty where it does not matter.
    pub population: Vec<f64>,
    /// Whether an outbreak is known to have been on; empty where nobody says. No detector reads it; it is for evaluation.
    pub state: Vec<bool>,
}

impl Series {
    pub fn new(step: Step, first: Option<Day>, observed: Vec<f64>) -> Series {
        Series { step, first, observed, population: Vec::new(), state: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.observed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.observed.is_empty()
    }

    /// The day on which point `at` begins.
    pub fn day(&self, at: usize) -> Option<Day> {
        self.first.map(|first| first + self.step.days() * i32::try_from(at).unwrap_or(i32::MAX / 8))
    }

    pub fn is_gap(&self, at: usize) -> bool {
        self.observed[at].is_nan()
    }
}
