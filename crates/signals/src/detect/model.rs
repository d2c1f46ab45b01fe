//! What every detector is, takes and answers.

use crate::{Given, Series, Setting, Settings, Step, Words};
use base::Result;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// A method as it is listed: `jingluo engine signals methods`.
pub struct Method {
    /// As on the command line, such as `ears-c1`.
    pub name: &'static str,
    pub title: Words,
    /// What it is for and where it fails, in a sentence or two.
    pub about: Words,
    /// The paper or program whose formula it is.
    pub source: &'static str,
    /// The steps it is meant for.
    pub steps: &'static [Step],
    /// Whether counts must be whole.
    pub whole: bool,
    pub settings: &'static [Setting],
    /// A detector with these settings; an error where they contradict each other.
    pub make: fn(&Settings) -> Result<Box<dyn Detector>>,
}

impl Method {
    pub fn detector(&self, given: &Given) -> Result<(Settings, Box<dyn Detector>)> {
        let settings = Settings::of(self.settings, given)?;
        let detector = (self.make)(&settings)?;
        Ok((settings, detector))
    }
}

/// A method with its settings.
pub trait Detector: Send + Sync {
    /// Judges the points of `range` in their order and appends a verdict for each. What lies before `range` is the past
    /// that it may look at; methods that carry a sum begin it at `range.start`. The series has been checked.
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>);

    /// How many points before the one that is judged it looks at; none if all of them, or if it carries sums.
    fn reach(&self) -> Option<usize>;

    /// For methods that carry sums: the state after `past`, before anything is judged. None where today's value cannot
    /// be added to a kept state.
    fn begin(&self, _past: &Series) -> Option<Vec<f64>> {
        None
    }

    /// For methods that carry sums: judges one more point and moves the state on.
    fn add(&self, _carried: &mut Vec<f64>, _kept: &Kept, _observed: f64) -> Option<Verdict> {
        None
    }
}

/// What is kept of a series between two days, so that today's value can be added (`detect::add`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub step: Step,
    pub first: Option<crate::Day>,
    /// Points seen so far.
    pub seen: usize,
    /// The last of them, as far back as the method looks.
    #[serde(with = "exactly")]
    pub recent: Vec<f64>,
    /// Their populations; empty where the series has none.
    #[serde(with = "exactly")]
    pub population: Vec<f64>,
    /// The sums that the method carries on.
    #[serde(with = "exactly")]
    pub carried: Vec<f64>,
}

/// Numbers as one text: JSON has no gaps (NaN), and its reader may miss the last digit, so that what was kept would no
/// longer give the verdicts of the batch.
mod exactly {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[f64], to: S) -> Result<S::Ok, S::Error> {
        let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        to.serialize_str(&texts.join(" "))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let text = String::deserialize(from)?;
        text.split_whitespace().map(|number| number.parse().map_err(D::Error::custom)).collect()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    #[default]
    Quiet,
    /// The lower of two levels, of methods that have two (ESSENCE's yellow).
    Warning,
    Alarm,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Level::Quiet => "quiet",
            Level::Warning => "warning",
            Level::Alarm => "alarm",
        }
    }
}

/// Why a point could not be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Silent {
    /// The point itself is a gap.
    Gap,
    /// The series begins too late: so many points are there of the so many that are needed.
    ShortBaseline {
        have: usize,
        need: usize,
    },
    /// The baseline has no spread and no least spread is set.
    NoSpread,
    /// Fewer cases lately than the method judges at all.
    FewCases {
        have: u64,
        need: u64,
    },
    /// The fit did not settle.
    NotFitted,
    /// The method needs what the series does not have: days, or a population.
    NoDays,
    NoPopulation,
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Silent::Gap => f.write_str("gap"),
            Silent::ShortBaseline { have, need } => write!(f, "short-baseline: {have} of {need} points"),
            Silent::NoSpread => f.write_str("no-spread"),
            Silent::FewCases { have, need } => write!(f, "few-cases: {have} of {need}"),
            Silent::NotFitted => f.write_str("not-fitted"),
            Silent::NoDays => f.write_str("no-days"),
            Silent::NoPopulation => f.write_str("no-population"),
        }
    }
}

/// What a detector says of one point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Which point, from 0.
    pub at: usize,
    pub observed: f64,
    pub expected: Option<f64>,
    /// The bound above which (or from which, as the method says) it alarms.
    pub upper: Option<f64>,
    pub statistic: Option<f64>,
    pub p: Option<f64>,
    pub level: Level,
    /// None where the point was judged.
    pub silent: Option<Silent>,
}

impl Verdict {
    pub fn alarm(&self) -> bool {
        self.level == Level::Alarm
    }

    /// A point that could not be judged.
    pub fn silent(at: usize, observed: f64, why: Silent) -> Verdict {
        let (expected, upper, statistic, p) = (None, None, None, None);
        Verdict { at, observed, expected, upper, statistic, p, level: Level::Quiet, silent: Some(why) }
    }
}
