//! How fast cases grow: log μ_t = α + r·t (+ weekday), as a quasi-Poisson or negative binomial model of the counts.
//!
//! Doubling time = ln 2 / r (negative: halving). Interval of r: estimate ± t_{df}·se·√φ (quasi-Poisson, φ = Pearson's χ²/df,
//! at least 1) or ± z·se (negative binomial). Reproduction number: R = 1/M(−r) of the generation interval
//! (Wallinga and Lipsitch 2007), its bounds those of r.
//!
//! Limits: growth is taken to be the same over the whole window; counts of the last days must be complete (nowcast first);
//! at least four days with two days that have cases.

use crate::intervals::Interval;
use crate::numbers::dist;
use crate::numbers::glm::{self, Family, Fit, Model};
use crate::settings::Range::{Number, OneOf, Whole};
use crate::{Setting, Words};
use serde::Serialize;

const fn setting(key: &'static str, zh: &'static str, en: &'static str, default: &'static str) -> Setting {
    let about = Words { zh, en };
    Setting { key, about, unit: "", default, range: Number(0.0, 500.0), source: "our choice; see the documentation" }
}

pub static SETTINGS: &[Setting] = &[
    Setting {
        range: OneOf(&["quasi-poisson", "negative-binomial"]),
        ..setting("family", "计数模型", "how counts scatter", "quasi-poisson")
    },
    Setting {
        unit: "days",
        range: Whole(0, 10_000),
        ..setting("window", "滑动窗口长度", "length of the sliding window; 0 for one window of all days", "14")
    },
    Setting {
        range: OneOf(&["no", "yes"]),
        ..setting(
            "weekdays",
            "星期效应",
            "whether each weekday has a level of its own; needs dates or days in sevens",
            "no",
        )
    },
    Setting { range: Number(0.5, 0.999), ..setting("level", "区间水平", "how sure the interval is", "0.95") },
    Setting {
        unit: "days",
        source: "no default: it belongs to the disease",
        ..setting("gi_mean", "代间隔均值", "mean of the generation interval, for R", "")
    },
    Setting {
        unit: "days",
        source: "no default: it belongs to the disease",
        ..setting("gi_sd", "代间隔标准差", "standard deviation of the generation interval", "")
    },
];

/// How counts scatter about their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scatter {
    QuasiPoisson,
    NegativeBinomial,
}

/// Growth over a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// A day.
    pub rate: f64,
    pub lower: f64,
    pub upper: f64,
    /// Quasi-Poisson: the dispersion φ; negative binomial: the size, infinite where counts scatter as Poisson ones.
    pub scatter: f64,
    pub cases: f64,
    /// Days that count.
    pub days: usize,
}

/// Why there is no growth rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    ShortPast,
    FewCases,
    NotFitted,
}

impl Note {
    pub const fn text(self) -> &'static str {
        match self {
            Note::ShortPast => "short-past",
            Note::FewCases => "few-cases",
            Note::NotFitted => "not-fitted",
        }
    }
}

impl Growth {
    /// Days in which cases double; negative where they halve. None for a flat series, whose rate is what rounding leaves.
    pub fn doubling(rate: f64) -> Option<f64> {
        (rate.abs() > 1e-9 && rate.is_finite()).then(|| std::f64::consts::LN_2 / rate)
    }

    /// Bounds of the doubling time; none where growth may be nought, which is doubling in endless time.
    pub fn doubling_bounds(&self) -> (Option<f64>, Option<f64>) {
        if self.lower <= 0.0 && self.upper >= 0.0 {
            return (None, None);
        }
        (Growth::doubling(self.upper), Growth::doubling(self.lower))
    }

    /// Estimate and bounds of the reproduction number.
    pub fn reproduction(&self, generation: &Interval) -> [f64; 3] {
        [self.rate, self.lower, self.upper].map(|rate| generation.reproduction(rate))
    }
}

/// Growth of `cases` by day, NaN where nothing is known. With `weekday`, that of the first day, each weekday has a level of
/// its own.
pub fn growth(cases: &[f64], weekday: Option<usize>, scatter: Scatter, level: f64) -> Result<Growth, Note> {
    let known: Vec<(usize, f64)> = cases.iter().copied().enumerate().filter(|(_, count)| !count.is_nan()).collect();
    let columns = if weekday.is_some() { 8 } else { 2 };
    if known.len() < columns + 2 {
        return Err(Note::ShortPast);
    }
    let total: f64 = known.iter().map(|(_, count)| count).sum();
    if known.iter().filter(|(_, count)| *count > 0.0).count() < 2 {
        return Err(Note::FewCases);
    }
    let middle = 0.5 * cases.len() as f64;
    let (mut x, y) = (Vec::with_capacity(known.len() * columns), known.iter().map(|(_, y)| *y).collect::<Vec<_>>());
    for (at, _) in &known {
        let from = x.len();
        x.extend([1.0, *at as f64 - middle]);
        x.resize(from + columns, 0.0);
        if let Some(first) = weekday {
            match (first + at) % 7 {
                6 => x[from + 2..].fill(-1.0),
                nth => x[from + 2 + nth] = 1.0,
            }
        }
    }
    let model = Model { columns, x: &x, y: &y, weights: &[], offset: &[], family: Family::Poisson };
    let (fit, scatter, width) = fitted(&model, scatter, level).ok_or(Note::NotFitted)?;
    let (rate, width) = (fit.coefficients[1], width * fit.error(1));
    if !rate.is_finite() || !width.is_finite() {
        return Err(Note::NotFitted);
    }
    Ok(Growth { rate, lower: rate - width, upper: rate + width, scatter, cases: total, days: known.len() })
}

/// The fit, how counts scatter, and how many standard errors (of dispersion 1) the interval reaches.
fn fitted(model: &Model, scatter: Scatter, level: f64) -> Option<(Fit, f64, f64)> {
    let p = 0.5 + 0.5 * level;
    match scatter {
        Scatter::QuasiPoisson => {
            let fit = glm::fit(model)?;
            let dispersion = fit.dispersion().max(1.0);
            let width = dist::t_quantile(p, fit.df) * dispersion.sqrt();
            Some((fit, dispersion, width))
        }
        Scatter::NegativeBinomial => {
            let (fit, size) = glm::fit_negative_binomial(model)?;
            Some((fit, size, dist::normal_quantile(p)))
        }
    }
}
