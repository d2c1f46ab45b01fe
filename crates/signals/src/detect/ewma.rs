//! Roberts' chart: an exponentially weighted moving average against the process in control.
//!
//! Z₀ = m, Zᵢ = λ·y + (1−λ)·Zᵢ₋₁ over the judged points, σ_Z = σ·√(λ/(2−λ)·(1−(1−λ)^{2i})); alarm where Z > m + L·σ_Z.
//! `upper` is the count above which that is so, the statistic (Z−m)/σ_Z. Source: Roberts 1959; Montgomery (λ = 0.2, L =
//! 3). Limits: small lasting shifts, later than Shewhart's for large ones; no season. A gap leaves Z as it is.

use super::in_control::{self, InControl, Process};
use super::{Detector, Kept, Level, Method, Verdict};
use crate::numbers::dist;
use crate::settings::Range::{Flag, Number};
use crate::{Series, Setting, Step, Words};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "ewma",
    title: Words { zh: "指数加权移动平均控制图", en: "EWMA chart" },
    about: Words {
        zh: "对小幅持续上升敏感；不识别季节。",
        en: "An exponentially weighted moving average against the process in control; for small lasting shifts.",
    },
    source: "Roberts 1959; Montgomery, Introduction to Statistical Quality Control",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[
        Setting {
            key: "weight",
            about: Words { zh: "当期权重λ", en: "weight λ of the newest count" },
            unit: "",
            default: "0.2",
            range: Number(0.001, 1.0),
            source: "Montgomery: 0.05 to 0.25",
        },
        Setting {
            key: "limit",
            about: Words { zh: "控制限L", en: "control limit" },
            unit: "deviations",
            default: "3",
            range: Number(0.1, 100.0),
            source: "Montgomery: 2.6 to 3",
        },
        Setting {
            key: "reset",
            about: Words { zh: "报警后从均值重新开始", en: "begins again at the mean after an alarm" },
            unit: "",
            default: "no",
            range: Flag,
            source: "Roberts 1959",
        },
        in_control::SPREAD,
        in_control::MEAN,
        in_control::LEAST_PAST,
    ],
    make: |settings| {
        Ok(Box::new(Ewma {
            weight: settings.number("weight"),
            limit: settings.number("limit"),
            reset: settings.flag("reset"),
            in_control: InControl::of(settings),
        }))
    },
};

struct Ewma {
    weight: f64,
    limit: f64,
    reset: bool,
    in_control: InControl,
}

/// What is carried: the process, the average and how many counts are in it.
struct Carried {
    process: Process,
    average: f64,
    counted: f64,
}

impl Ewma {
    fn start(&self, past: &[f64]) -> Carried {
        let process = self.in_control.process(past);
        Carried { process, average: process.mean, counted: 0.0 }
    }

    fn step(&self, carried: &mut Carried, at: usize, observed: f64) -> Verdict {
        let process = carried.process;
        if let Some(silent) = self.in_control.silent(&process, at, observed) {
            return silent;
        }
        let (weight, rest) = (self.weight, 1.0 - self.weight);
        carried.counted += 1.0;
        let share = weight / (2.0 - weight) * (1.0 - rest.powf(2.0 * carried.counted));
        let deviation = process.deviation * share.sqrt();
        let before = carried.average;
        carried.average = weight * observed + rest * before;
        let z = (carried.average - process.mean) / deviation;
        let upper = (process.mean + self.limit * deviation - rest * before) / weight;
        let level = if z > self.limit { Level::Alarm } else { Level::Quiet };
        if level == Level::Alarm && self.reset {
            (carried.average, carried.counted) = (process.mean, 0.0);
        }
        let upper = Some(upper.max(0.0));
        let (expected, statistic, p) = (Some(process.mean), Some(z), Some(dist::normal_sf(z)));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

impl Detector for Ewma {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut carried = self.start(&series.observed[..range.start]);
        out.extend(range.map(|at| self.step(&mut carried, at, series.observed[at])));
    }

    fn reach(&self) -> Option<usize> {
        None
    }

    fn begin(&self, past: &Series) -> Option<Vec<f64>> {
        let Carried { process, average, counted } = self.start(&past.observed);
        Some(vec![process.mean, process.deviation, process.known, average, counted])
    }

    fn add(&self, carried: &mut Vec<f64>, kept: &Kept, observed: f64) -> Option<Verdict> {
        let process = Process { mean: carried[0], deviation: carried[1], known: carried[2] };
        let mut state = Carried { process, average: carried[3], counted: carried[4] };
        let verdict = self.step(&mut state, kept.seen, observed);
        (carried[3], carried[4]) = (state.average, state.counted);
        Some(verdict)
    }
}
