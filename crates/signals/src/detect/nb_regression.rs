//! Negative binomial regression on trend and season, as CDC's Rnssp has it for weeks.
//!
//! ln μ = α + βt + waves of a year (52.18 weeks, 365.25 days), for days also one level a weekday, fitted with the size θ
//! of greatest likelihood to the last `baseline` points before the judged one, `guard` points left out. Bound: the
//! (1 − α) quantile of the negative binomial distribution with mean exp(η + t_{1−α}·se) and size θ (Poisson where
//! nothing is over-dispersed). Alarm: y above the bound. p = P(Y ≥ y) at that mean; the statistic is (y − μ)/√(μ + μ²/θ).
//!
//! With `holidays = leave-out` public holidays are no baseline of daily series.
//!
//! Limits: past outbreaks are not weighted down and lift the bound; two years at least are wanted; gaps are left out.

use super::holidays::{self, Holidays};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist::{nb_quantile, nb_sf, t_quantile};
use crate::numbers::glm::{self, Family, Model};
use crate::settings::Range::{Flag, Number, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use std::f64::consts::TAU;
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "nb-regression",
    title: Words { zh: "负二项回归", en: "Negative binomial regression" },
    about: Words {
        zh: "含趋势和季节的负二项回归，适合过度离散的计数；过去的暴发会抬高界值。",
        en: "Negative binomial regression on trend and season, for over-dispersed counts; past outbreaks lift the bound.",
    },
    source: "CDC Rnssp, alert_nbinom",
    steps: &[Step::Week, Step::Day],
    whole: true,
    settings: SETTINGS,
    make: |settings| Ok(Box::new(NbRegression::of(settings)?)),
};

pub(super) const BASELINE: Setting = Setting {
    key: "baseline",
    about: Words { zh: "基线期数", en: "points before the judged one to which the model is fitted" },
    unit: "points",
    default: "260",
    range: Whole(8, 4000),
    source: "five years of weeks",
};

pub(super) const BASELINE_LEAST: Setting = Setting {
    key: "baseline_least",
    about: Words { zh: "基线至少有数据的期数", en: "known points that the baseline must have" },
    unit: "points",
    default: "104",
    range: Whole(8, 4000),
    source: "two years of weeks",
};

pub(super) const GUARD: Setting = Setting {
    key: "guard",
    about: Words {
        zh: "紧邻本期不作基线的期数", en: "points just before the judged one that are no baseline"
    },
    unit: "points",
    default: "0",
    range: Whole(0, 400),
    source: "CDC Rnssp: none",
};

pub(super) const HARMONICS: Setting = Setting {
    key: "harmonics",
    about: Words { zh: "年度谐波个数", en: "yearly waves" },
    unit: "waves",
    default: "1",
    range: Whole(0, 6),
    source: "CDC Rnssp: one",
};

pub(super) const TREND: Setting = Setting {
    key: "trend",
    about: Words { zh: "是否含线性趋势", en: "whether the model has a trend" },
    unit: "",
    default: "yes",
    range: Flag,
    source: "CDC Rnssp: include_time",
};

static SETTINGS: &[Setting] = &[
    Setting {
        key: "alpha",
        about: Words { zh: "单侧显著性水平", en: "one-sided level of the bound" },
        unit: "",
        default: "0.05",
        range: Number(1e-9, 0.5),
        source: "CDC Rnssp: 0.05",
    },
    BASELINE,
    BASELINE_LEAST,
    GUARD,
    HARMONICS,
    TREND,
    holidays::SETTING,
];

/// Which past points a regression takes, and how a point becomes a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Season {
    pub baseline: usize,
    pub baseline_least: usize,
    pub guard: usize,
    pub harmonics: usize,
    pub trend: bool,
    /// A level for each weekday, of daily series.
    pub weekdays: bool,
    pub holidays: Holidays,
}

impl Season {
    pub fn of(settings: &Settings, weekdays: bool) -> base::Result<Season> {
        let season = Season {
            baseline: settings.size("baseline"),
            baseline_least: settings.size("baseline_least"),
            guard: settings.size("guard"),
            harmonics: settings.size("harmonics"),
            trend: settings.flag("trend"),
            weekdays,
            holidays: Holidays::of(settings),
        };
        if season.baseline_least > season.baseline {
            return Err(base::Error::invalid(format!(
                "`baseline_least` = {} is more than `baseline` = {}; give fewer",
                season.baseline_least, season.baseline
            )));
        }
        Ok(season)
    }

    pub fn columns(&self, step: Step) -> usize {
        let days = if self.weekdays && step == Step::Day { 6 } else { 0 };
        1 + usize::from(self.trend) + 2 * self.harmonics + days
    }

    /// The row of a point so many points before the judged one: waves and weekdays count from there, which changes
    /// their coefficients but not the fit.
    pub fn row(&self, back: usize, step: Step, out: &mut Vec<f64>) {
        let year = match step {
            Step::Week => 52.18,
            Step::Day => 365.25,
        };
        let t = -(back as f64);
        out.push(1.0);
        if self.trend {
            out.push(t / year);
        }
        for wave in 1..=self.harmonics {
            let (sine, cosine) = (TAU * wave as f64 * t / year).sin_cos();
            out.extend([cosine, sine]);
        }
        if self.weekdays && step == Step::Day {
            out.extend((1..7).map(|day| f64::from(u8::from(back % 7 == day))));
        }
    }

    /// Rows and counts of the known points of the baseline that `wanted` takes.
    pub fn gather(
        &self,
        series: &Series,
        at: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<(Vec<f64>, Vec<f64>), Silent> {
        let end = at.saturating_sub(self.guard);
        let start = end.saturating_sub(self.baseline);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        let mut known = 0;
        let counts = self.holidays.known(series, start..end).ok_or(Silent::NoDays)?;
        for (place, count) in (start..end).zip(counts.iter().copied()) {
            known += usize::from(!count.is_nan());
            if !count.is_nan() && wanted(place) {
                self.row(at - place, series.step, &mut x);
                y.push(count);
            }
        }
        if known < self.baseline_least {
            return Err(Silent::ShortBaseline { have: known, need: self.baseline_least });
        }
        let need = self.columns(series.step) + 2;
        if y.len() < need {
            return Err(Silent::ShortBaseline { have: y.len(), need });
        }
        Ok((x, y))
    }

    pub fn reach(&self) -> usize {
        self.baseline + self.guard
    }
}

struct NbRegression {
    alpha: f64,
    season: Season,
}

impl NbRegression {
    fn of(settings: &Settings) -> base::Result<NbRegression> {
        Ok(NbRegression { alpha: settings.number("alpha"), season: Season::of(settings, true)? })
    }

    fn verdict(&self, series: &Series, at: usize) -> Verdict {
        let observed = series.observed[at];
        let silent = |why| Verdict::silent(at, observed, why);
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        let (x, y) = match self.season.gather(series, at, |_| true) {
            Ok(rows) => rows,
            Err(why) => return silent(why),
        };
        let columns = self.season.columns(series.step);
        let model = Model { columns, x: &x, y: &y, weights: &[], offset: &[], family: Family::Poisson };
        let Some((fit, size)) = glm::fit_negative_binomial(&model) else { return silent(Silent::NotFitted) };
        let mut row = Vec::with_capacity(columns);
        self.season.row(0, series.step, &mut row);
        let (linear, error) = fit.predict(&row);
        let mean = linear.exp();
        let lifted = (linear + t_quantile(1.0 - self.alpha, fit.df) * error).exp();
        let upper = nb_quantile(1.0 - self.alpha, lifted, size);
        if !upper.is_finite() || !mean.is_finite() {
            return silent(Silent::NotFitted);
        }
        let spread = (mean + mean * (mean / size)).sqrt();
        let statistic = Some((observed - mean) / spread).filter(|score| score.is_finite());
        let p = Some(nb_sf(observed.ceil() - 1.0, lifted, size));
        let level = if observed > upper { Level::Alarm } else { Level::Quiet };
        Verdict { at, observed, expected: Some(mean), upper: Some(upper), statistic, p, level, silent: None }
    }
}

impl Detector for NbRegression {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        out.extend(range.map(|at| self.verdict(series, at)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.season.reach())
    }
}
