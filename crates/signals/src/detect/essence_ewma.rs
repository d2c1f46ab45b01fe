//! ESSENCE's EWMA for sparse daily counts: a slow and a fast moving average against the four weeks before.
//!
//! For w = 0.4 and 0.9: Z = w·y + (1−w)·Z before, from the first count on (at most as far back as it is felt); the baseline of 7 to B = 28 days ends g = 2
//! days before, n days with mean m and deviation s (n−1). σ = max(a, s·√(w/(2−w) + 1/n − 2(1−w)^{g+1}(1−(1−w)^n)/n) + c)
//! with c = (0.1289 − (0.2414 − 0.1826(1−w)⁴)·ln(10·0.05))·w/t_{.95}, a = (w/t_{.95})(0.01 + 0.05(1−w)²), t of n−1
//! degrees of freedom. Statistic (Z−m)/σ; where it lies beyond ±t_{.99}, Z goes on from m ± t_{.99}·σ. p is the smaller
//! one of both; alarm where p < 0.01, warning where p < 0.05. `upper` is the least count above which one of them alarms.
//!
//! Source: NSSP-ESSENCE as in CDC's Rnssp. Limits: no weekday, no season; counts, not shares (there Rnssp divides shares
//! below 1 by their median: give them per thousand). A gap leaves Z as it is and is left out of the baseline.

use super::essence_regression::{ALPHA, ALPHA_WARNING, BASELINE, GUARD, rounded};
use super::holidays::{self, Holidays};
use super::window::{Window, Windows, direct};
use super::{Detector, Kept, Level, Method, Silent, Verdict};
use crate::numbers::dist;
use crate::settings::Range::Number;
use crate::{Series, Setting, Settings, Step, Words};
use base::{Error, Result};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "essence-ewma",
    title: Words { zh: "ESSENCE指数加权移动平均", en: "ESSENCE EWMA" },
    about: Words {
        zh: "慢、快两条移动平均与前四周比较；适合每日不足十例。",
        en: "A slow and a fast moving average against the four weeks before; for fewer than ten cases a day.",
    },
    source: "NSSP-ESSENCE as in CDC Rnssp, alert_ewma",
    steps: &[Step::Day],
    whole: false,
    settings: &[
        BASELINE,
        GUARD,
        Setting {
            key: "weight_slow",
            about: Words { zh: "慢平均的权重", en: "weight of the newest count in the slow average" },
            unit: "",
            default: "0.4",
            range: Number(0.01, 1.0),
            source: "NSSP-ESSENCE",
        },
        Setting {
            key: "weight_fast",
            about: Words { zh: "快平均的权重", en: "weight of the newest count in the fast average" },
            unit: "",
            default: "0.9",
            range: Number(0.01, 1.0),
            source: "NSSP-ESSENCE",
        },
        ALPHA,
        ALPHA_WARNING,
        holidays::SETTING,
    ],
    make: |settings| {
        let weights = [settings.number("weight_slow"), settings.number("weight_fast")];
        Ok(Box::new(Ewma::of(settings, weights, Holidays::of(settings))?))
    },
};

const LEAST_DAYS: usize = 7;

pub struct Ewma {
    baseline: usize,
    guard: usize,
    weights: [f64; 2],
    alpha: f64,
    alpha_warning: f64,
    holidays: Holidays,
    /// Days after which a count's weight is no longer felt.
    memory: usize,
    /// By degrees of freedom: the quantiles of Student's t at 0.95, at 0.99 in ESSENCE's decimals, and at 1−α.
    quantiles: Vec<[f64; 3]>,
}

/// A count whose weight is less than this is no longer felt.
const FELT: f64 = 1e-18;

/// The two averages; NaN before the first count.
pub type Averages = [f64; 2];

struct Smoothed {
    window: Window,
    statistics: [f64; 2],
    upper: f64,
}

impl Ewma {
    pub fn of(settings: &Settings, weights: [f64; 2], holidays: Holidays) -> Result<Ewma> {
        let (alpha, alpha_warning) = (settings.number("alpha"), settings.number("alpha_warning"));
        if alpha_warning < alpha {
            let text = format!("`alpha_warning` = {alpha_warning} is below `alpha` = {alpha}; warnings come first");
            return Err(Error::invalid(text));
        }
        let baseline = settings.size("baseline");
        let of = |df: usize| {
            let quantile = |p: f64| dist::t_quantile(p, df.max(1) as f64);
            [rounded(quantile(0.95)), rounded(quantile(0.99)), quantile(1.0 - alpha)]
        };
        let quantiles = (0..baseline).map(of).collect();
        let guard = settings.size("guard");
        let least = weights[0].min(weights[1]);
        let memory = if least < 1.0 { (FELT.ln() / (1.0 - least).ln()).ceil() as usize } else { 1 };
        Ok(Ewma { baseline, guard, weights, alpha, alpha_warning, holidays, memory, quantiles })
    }

    pub fn reach_days(&self) -> usize {
        self.baseline + self.guard
    }

    /// Moves the averages on by one count. Where the baseline has days enough: it, the averages' statistics and the
    /// quantiles that belong to it, and the count above which one of them alarms.
    fn smooth(&self, averages: &mut Averages, observed: f64, baseline: Option<Window>) -> Option<Smoothed> {
        let before = *averages;
        for (average, weight) in averages.iter_mut().zip(self.weights) {
            *average = if average.is_nan() { observed } else { weight * observed + (1.0 - weight) * *average };
        }
        let window = baseline.filter(|window| window.known >= LEAST_DAYS)?;
        let n = window.known as f64;
        let [warning, red, limit] = self.quantiles[window.known - 1];
        let mut smoothed = Smoothed { window, statistics: [0.0; 2], upper: f64::INFINITY };
        for nth in 0..2 {
            let weight = self.weights[nth];
            let sigma = self.sigma(weight, window.deviation, n, warning);
            let statistic = (averages[nth] - window.mean) / sigma;
            if statistic.abs() > red {
                averages[nth] = window.mean + statistic.signum() * red * sigma;
            }
            let start = if before[nth].is_nan() { observed } else { before[nth] };
            let upper = (window.mean + limit * sigma - (1.0 - weight) * start) / weight;
            smoothed.upper = smoothed.upper.min(upper.max(0.0));
            smoothed.statistics[nth] = statistic;
        }
        Some(smoothed)
    }

    fn verdict(&self, averages: &mut Averages, at: usize, observed: f64, baseline: Window) -> Verdict {
        let Some(Smoothed { window, statistics: [slow, fast], upper }) =
            self.smooth(averages, observed, Some(baseline))
        else {
            let (have, need) = (baseline.known, LEAST_DAYS);
            return Verdict::silent(at, observed, Silent::ShortBaseline { have, need });
        };
        let statistic = slow.max(fast);
        let p = dist::t_sf(statistic, (window.known - 1) as f64);
        let level = match p {
            p if p < self.alpha => Level::Alarm,
            p if p < self.alpha_warning => Level::Warning,
            _ => Level::Quiet,
        };
        let (expected, upper, statistic, p) = (Some(window.mean), Some(upper), Some(statistic), Some(p));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }

    fn sigma(&self, weight: f64, deviation: f64, n: f64, warning: f64) -> f64 {
        let rest = 1.0 - weight;
        let ahead = i32::try_from(self.guard).unwrap_or(i32::MAX - 1) + 1;
        let shared = 2.0 * rest.powi(ahead) * (1.0 - rest.powf(n)) / n;
        let factor = (weight / (2.0 - weight) + 1.0 / n - shared).max(0.0).sqrt();
        let constant = (0.1289 - (0.2414 - 0.1826 * rest.powi(4)) * (10.0_f64 * 0.05).ln()) * weight / warning;
        let least = weight / warning * (0.01 + 0.05 * rest * rest);
        least.max(deviation * factor + constant)
    }

    /// The averages after the points before `end`. Where a count's weight has fallen below what a number can hold, it is
    /// not looked at: the averages begin there.
    pub fn run(&self, series: &Series, end: usize) -> Averages {
        let mut averages = [f64::NAN; 2];
        let begin = end.saturating_sub(self.memory);
        let start = begin.saturating_sub(self.reach_days());
        let Some(known) = self.holidays.known(series, start..end) else { return averages };
        let mut windows = Windows::new(&known, self.baseline, self.guard);
        for at in begin..end {
            let observed = series.observed[at];
            if !observed.is_nan() {
                let window = self.baseline_of(&known, &mut windows, at - start);
                self.smooth(&mut averages, observed, Some(window));
            }
        }
        averages
    }

    /// The whole baseline, or what there is of it where the series begins within it.
    fn baseline_of(&self, known: &[f64], windows: &mut Windows, at: usize) -> Window {
        windows.before(at).unwrap_or_else(|| direct(&known[..at.saturating_sub(self.guard)]))
    }

    /// Judges a point after `run` up to it.
    pub fn next(&self, averages: &mut Averages, series: &Series, at: usize) -> Verdict {
        let observed = series.observed[at];
        if observed.is_nan() {
            return Verdict::silent(at, observed, Silent::Gap);
        }
        let start = at.saturating_sub(self.reach_days());
        let Some(known) = self.holidays.known(series, start..at) else {
            return Verdict::silent(at, observed, Silent::NoDays);
        };
        let mut windows = Windows::new(&known, self.baseline, self.guard);
        let baseline = self.baseline_of(&known, &mut windows, at - start);
        self.verdict(averages, at, observed, baseline)
    }
}

/// What is kept, as a series that ends with the new count, and the place of that count.
pub fn recent(kept: &Kept, observed: f64) -> (Series, usize) {
    let last = kept.recent.len();
    let shift = i32::try_from(kept.seen - last).unwrap_or(i32::MAX / 8) * kept.step.days();
    let mut counts = kept.recent.clone();
    counts.push(observed);
    (Series::new(kept.step, kept.first.map(|first| first + shift), counts), last)
}

impl Detector for Ewma {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut averages = self.run(series, range.start);
        out.extend(range.map(|at| self.next(&mut averages, series, at)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.reach_days())
    }

    fn begin(&self, past: &Series) -> Option<Vec<f64>> {
        Some(self.run(past, past.len()).to_vec())
    }

    fn add(&self, carried: &mut Vec<f64>, kept: &Kept, observed: f64) -> Option<Verdict> {
        let (series, last) = recent(kept, observed);
        let mut averages = [carried[0], carried[1]];
        let verdict = self.next(&mut averages, &series, last);
        *carried = averages.to_vec();
        Some(Verdict { at: kept.seen, ..verdict })
    }
}
