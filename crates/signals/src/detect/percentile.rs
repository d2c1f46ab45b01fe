//! Moving percentile (CIDARS): the last seven days against the same seven days, and those one and two weeks before and
//! after, in each of five years: 5 × 5 values.
//!
//! Current = sum of the last seven days (of a weekly series: the week); U = percentile P of the 25 values, with straight
//! lines between them (type 7, as spreadsheets do); a signal where current > U, or ≥ U with `alarm_from = at`, and where
//! there are `least_cases`. Expected is the median of the 25. P by `percentile`, else by `disease` and `scheme` from
//! `data/percentiles.csv`, else 50, where CIDARS began.
//!
//! Source: CIDARS; Sun et al. 2011; Songjiang 2017. Limits: no trend, no population; of its signals 1 to 2 in a hundred
//! were suspected outbreaks. Today's gap is not judged; other gaps add nothing to the current sum; a sum of the past
//! with a gap is left out, and half of them must be known.

use super::reference::{self, FESTIVAL};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::sample;
use crate::settings::Range::{Number, OneOf, Text, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use base::{Error, Result, calendar};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "percentile",
    title: Words { zh: "移动百分位数法", en: "Moving percentile" },
    about: Words {
        zh: "近7天病例数与前5年同期前后2周共25个值的百分位数比较（国家传染病自动预警系统）。",
        en: "The last seven days against a percentile of the same seven days and those two weeks around in five years \
             (CIDARS).",
    },
    source: "CIDARS; Sun et al. 2011; BMC Public Health 2017, s12889-017-4488-0",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[
        Setting {
            key: "percentile",
            about: Words { zh: "百分位数；不设则按病种", en: "which percentile; empty: by disease" },
            unit: "percent",
            default: "",
            range: Number(0.0, 100.0),
            source: "CIDARS",
        },
        Setting {
            key: "disease",
            about: Words {
                zh: "病种（中文名或代码）",
                en: "the disease, by code or Chinese name, as in percentiles.csv",
            },
            unit: "",
            default: "",
            range: Text,
            source: "empty: percentile 50, where CIDARS began",
        },
        Setting {
            key: "scheme",
            about: Words { zh: "按哪一套参数", en: "whose percentiles of diseases" },
            unit: "",
            default: "cidars-2011",
            range: OneOf(&["cidars-2011", "cidars-2014", "songjiang"]),
            source: "Sun et al. 2011",
        },
        Setting {
            key: "years",
            about: Words { zh: "参考的既往年数", en: "years that are looked back" },
            unit: "years",
            default: "5",
            range: Whole(1, 20),
            source: "CIDARS: 5 weeks × 5 years",
        },
        Setting {
            key: "weeks",
            about: Words { zh: "同期前后各几周", en: "weeks on either side of the same time of a year" },
            unit: "weeks",
            default: "2",
            range: Whole(0, 10),
            source: "CIDARS: 5 weeks × 5 years",
        },
        Setting {
            key: "alarm_from",
            about: Words {
                zh: "大于（above）或大于等于（at）百分位数",
                en: "signals above the percentile, or from it on",
            },
            unit: "",
            default: "above",
            range: OneOf(&["above", "at"]),
            source: "CIDARS: above; some texts: at",
        },
        Setting {
            key: "least_cases",
            about: Words { zh: "至少病例数", en: "cases that a signal needs at least" },
            unit: "cases",
            default: "1",
            range: Whole(1, 1_000_000),
            source: "ours: no signal without a case",
        },
        FESTIVAL,
    ],
    make: |settings| Ok(Box::new(Percentile::of(settings)?)),
};

/// A row of `data/percentiles.csv`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiseaseRow {
    pub scheme: &'static str,
    pub disease: &'static str,
    pub name: &'static str,
    pub percentile: f64,
    pub valid_from: crate::Day,
    pub source: &'static str,
    /// `yes`, `unsure` or `local`.
    pub sure: &'static str,
}

/// The percentiles of diseases that come with the engine.
pub fn disease_rows() -> impl Iterator<Item = DiseaseRow> {
    include_str!("../../data/percentiles.csv").lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let mut cell = || cells.next();
        let (scheme, disease, name) = (cell()?, cell()?, cell()?);
        let (percentile, valid_from) = (cell()?.parse().ok()?, base::zone::day_named(cell()?)?);
        Some(DiseaseRow { scheme, disease, name, percentile, valid_from, source: cell()?, sure: cell()? })
    })
}

struct Percentile {
    share: f64,
    years: usize,
    weeks: usize,
    at_too: bool,
    least_cases: f64,
    align: bool,
}

impl Percentile {
    fn of(settings: &Settings) -> Result<Percentile> {
        let (disease, scheme) = (settings.text("disease"), settings.text("scheme"));
        let of_scheme = || disease_rows().filter(|row| row.scheme == scheme);
        let percentile = match (settings.number_if_set("percentile"), disease) {
            (Some(percentile), _) => percentile,
            (None, "") => 50.0,
            (None, _) => {
                let row = of_scheme().find(|row| row.disease == disease || row.name == disease);
                row.map(|row| row.percentile).ok_or_else(|| {
                    let known: Vec<&str> = of_scheme().map(|row| row.disease).collect();
                    let known = known.join(", ");
                    Error::invalid(format!(
                        "`disease` = `{disease}`: `{scheme}` has no percentile of it; it has {known}"
                    ))
                })?
            }
        };
        Ok(Percentile {
            share: percentile / 100.0,
            years: settings.size("years"),
            weeks: settings.size("weeks"),
            at_too: settings.text("alarm_from") == "at",
            least_cases: settings.number("least_cases"),
            align: settings.text("festival") == "align",
        })
    }

    /// The point that lies so many years before; daily ones by date, the 29th of February as the 28th.
    fn centre(&self, series: &Series, at: usize, back: usize) -> std::result::Result<usize, Silent> {
        if series.step == Step::Week {
            return reference::centre(series, at, back, self.align);
        }
        let short = Silent::ShortBaseline { have: at, need: self.need(series.step) };
        let day = match (series.day(at), self.align) {
            (None, true) => return Err(Silent::NoDays),
            (None, false) => return at.checked_sub(365 * back).ok_or(short),
            (Some(day), _) => day,
        };
        let within = reference::FESTIVAL_WEEKS * 7;
        let moved = if self.align { reference::same_day_of_the_festival(day, back, within) } else { None };
        let then = moved.unwrap_or_else(|| {
            let (year, month, date) = calendar::date(day);
            let leap = (month, date) == (2, 29);
            let year = year - i32::try_from(back).unwrap_or_default();
            calendar::day(year, month, if leap { 28 } else { date })
        });
        usize::try_from(day - then).ok().and_then(|days| at.checked_sub(days)).ok_or(short)
    }

    fn past(&self, series: &Series, at: usize, sums: &mut Vec<f64>) -> std::result::Result<(), Silent> {
        sums.clear();
        let (days, length) = step_and_length(series.step);
        for back in 1..=self.years {
            let centre = self.centre(series, at, back)?;
            for week in 0..=2 * self.weeks {
                let Some(last) =
                    (centre + week * days).checked_sub(self.weeks * days).filter(|last| *last + 1 >= length)
                else {
                    return Err(Silent::ShortBaseline { have: at, need: self.need(series.step) });
                };
                if last < at {
                    sums.push(series.observed[last + 1 - length..=last].iter().sum());
                }
            }
        }
        sums.retain(|sum| !sum.is_nan());
        let need = (self.years * (2 * self.weeks + 1)).div_ceil(2);
        if sums.len() < need {
            return Err(Silent::ShortBaseline { have: sums.len(), need });
        }
        sums.sort_by(f64::total_cmp);
        Ok(())
    }

    fn need(&self, step: Step) -> usize {
        match step {
            Step::Week => reference::look_back(self.years, self.weeks, self.align),
            Step::Day => 366 * self.years + 7 * self.weeks + 6 + if self.align { 31 } else { 0 },
        }
    }

    fn verdict(&self, series: &Series, at: usize, sums: &mut Vec<f64>) -> Verdict {
        let observed = series.observed[at];
        let known = if observed.is_nan() { Err(Silent::Gap) } else { self.past(series, at, sums) };
        if let Err(why) = known {
            return Verdict::silent(at, observed, why);
        }
        let (_, length) = step_and_length(series.step);
        let now = &series.observed[(at + 1).saturating_sub(length)..=at];
        let current: f64 = now.iter().filter(|count| !count.is_nan()).sum();
        let (expected, upper) = (sample::quantile(sums, 0.5), sample::quantile(sums, self.share));
        let over = current > upper || (self.at_too && current == upper);
        let level = if over && current >= self.least_cases { Level::Alarm } else { Level::Quiet };
        let (expected, upper, statistic) = (Some(expected), Some(upper), Some(current));
        Verdict { at, observed, expected, upper, statistic, p: None, level, silent: None }
    }
}

/// Points of a week, and of the sums that are compared.
const fn step_and_length(step: Step) -> (usize, usize) {
    match step {
        Step::Day => (7, 7),
        Step::Week => (1, 1),
    }
}

impl Detector for Percentile {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut sums = Vec::new();
        out.extend(range.map(|at| self.verdict(series, at, &mut sums)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.need(Step::Day).max(self.need(Step::Week)))
    }
}
