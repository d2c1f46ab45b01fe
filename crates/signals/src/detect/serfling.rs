//! Serfling's regression (1963): what the quiet months say of the whole year.
//!
//! y = α + βt + waves of a year (52.18 weeks, 365.25 days), for days also one level a weekday, by least squares on the
//! points of the `months` without epidemic among the last `baseline` points. U = ŷ + t_{1−α}·s·√(1 + xᵀ(XᵀX)⁻¹x), the
//! upper end of the 90 % prediction interval; alarm: y > U. The statistic is (y − ŷ) over that deviation, p from
//! Student's distribution.
//!
//! Limits: needs days, unless all twelve months are baseline; the default months fit an influenza of the winter, in
//! places with a summer peak they must be set; counts near 0 are not normal. Gaps are left out.

use super::holidays;
use super::nb_regression::{BASELINE, BASELINE_LEAST, GUARD, HARMONICS, Season, TREND};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist::{t_quantile, t_sf};
use crate::numbers::least;
use crate::settings::Range::{Number, Numbers};
use crate::{Series, Setting, Settings, Step, Words};
use base::calendar;
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "serfling",
    title: Words { zh: "Serfling 回归", en: "Serfling regression" },
    about: Words {
        zh: "只用非流行月份拟合季节曲线，超出预测上限即报警，用于流感类季节性疾病。",
        en: "A seasonal curve fitted to the months without epidemic; for influenza and other seasonal diseases.",
    },
    source: "Serfling 1963, Public Health Rep 78:494–506; CDC Rnssp, alert_serfling",
    steps: &[Step::Week, Step::Day],
    whole: false,
    settings: &[
        Setting {
            key: "alpha",
            about: Words { zh: "单侧显著性水平", en: "one-sided level of the bound" },
            unit: "",
            default: "0.05",
            range: Number(1e-9, 0.5),
            source: "CDC Rnssp: 90 % prediction interval",
        },
        Setting {
            key: "months",
            about: Words {
                zh: "作为基线的非流行月份", en: "months without epidemic, which are the baseline"
            },
            unit: "months",
            default: "6,7,8,9",
            range: Numbers(1.0, 12.0),
            source: "CDC Rnssp: June to September",
        },
        BASELINE,
        BASELINE_LEAST,
        GUARD,
        HARMONICS,
        TREND,
        holidays::SETTING,
    ],
    make: |settings| Ok(Box::new(Serfling::of(settings)?)),
};

struct Serfling {
    alpha: f64,
    /// Whether a month, from 1, is baseline.
    months: [bool; 13],
    season: Season,
}

impl Serfling {
    fn of(settings: &Settings) -> base::Result<Serfling> {
        let mut months = [false; 13];
        for month in settings.numbers("months") {
            if month.fract() != 0.0 {
                return Err(base::Error::invalid(format!(
                    "`months`: {month} is no month; give whole numbers from 1 to 12"
                )));
            }
            months[month as usize] = true;
        }
        Ok(Serfling { alpha: settings.number("alpha"), months, season: Season::of(settings, true)? })
    }

    fn verdict(&self, series: &Series, at: usize) -> Verdict {
        let observed = series.observed[at];
        let silent = |why| Verdict::silent(at, observed, why);
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        let all = self.months[1..].iter().all(|month| *month);
        if !all && series.first.is_none() {
            return silent(Silent::NoDays);
        }
        let wanted = |place| all || series.day(place).is_some_and(|day| self.months[month_of(day)]);
        let (x, y) = match self.season.gather(series, at, wanted) {
            Ok(rows) => rows,
            Err(why) => return silent(why),
        };
        let columns = self.season.columns(series.step);
        let Some(fit) = least::fit(&x, &y, &[], columns) else { return silent(Silent::NotFitted) };
        let mut row = Vec::with_capacity(columns);
        self.season.row(0, series.step, &mut row);
        let (expected, form) = fit.predict(&row);
        let spread = (fit.variance() * (1.0 + form)).sqrt();
        if spread.is_nan() {
            return silent(Silent::NotFitted);
        }
        // What is left of rounding where all counts are the same is no spread.
        if spread <= 1e-9 * expected.abs().max(1.0) {
            return Verdict { expected: Some(expected), ..silent(Silent::NoSpread) };
        }
        let upper = expected + t_quantile(1.0 - self.alpha, fit.df) * spread;
        let statistic = (observed - expected) / spread;
        let level = if observed > upper { Level::Alarm } else { Level::Quiet };
        let p = Some(t_sf(statistic, fit.df));
        let (expected, upper, statistic) = (Some(expected), Some(upper), Some(statistic));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

fn month_of(day: crate::Day) -> usize {
    // Days so far off that the calendar does not know them are in no month.
    if day.abs() < 100_000_000 { calendar::date(day).1 as usize } else { 0 }
}

impl Detector for Serfling {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        out.extend(range.map(|at| self.verdict(series, at)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.season.reach())
    }
}
