//! The process as it is when nothing is going on: mean and deviation of everything that lies before the first judged
//! point, for control charts.

use super::{Silent, Verdict};
use crate::numbers::sample;
use crate::settings::Range::{Number, OneOf, Whole};
use crate::{Setting, Settings, Words};

pub const MEAN: Setting = Setting {
    key: "mean",
    about: Words {
        zh: "受控均值；不设则取判断起点之前的均值",
        en: "the mean in control; empty: that of all points before the first judged one",
    },
    unit: "cases a point",
    default: "",
    range: Number(0.0, 1e9),
    source: "R surveillance, algo.cusum: m = NULL",
};

pub const LEAST_PAST: Setting = Setting {
    key: "least_past",
    about: Words {
        zh: "起点之前至少有数据的期数", en: "known points that must lie before the first judged one"
    },
    unit: "points",
    default: "8",
    range: Whole(1, 10_000),
    source: "ours",
};

pub const SPREAD: Setting = Setting {
    key: "spread",
    about: Words {
        zh: "离散度：样本标准差，或泊松分布（均值的平方根）",
        en: "deviation of the past counts, or that of Poisson counts (the root of the mean)",
    },
    unit: "",
    default: "sample",
    range: OneOf(&["sample", "poisson"]),
    source: "Montgomery, Introduction to Statistical Quality Control",
};

/// How the process in control is found.
#[derive(Clone, Copy, Debug)]
pub struct InControl {
    mean: Option<f64>,
    least_past: usize,
    poisson: bool,
}

/// What is known of the process in control; it is carried from day to day as three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Process {
    pub mean: f64,
    pub deviation: f64,
    pub known: f64,
}

impl InControl {
    pub fn of(settings: &Settings) -> InControl {
        InControl {
            mean: settings.number_if_set("mean"),
            least_past: settings.size("least_past"),
            poisson: settings.text("spread") == "poisson",
        }
    }

    pub fn process(&self, past: &[f64]) -> Process {
        let past: Vec<f64> = past.iter().copied().filter(|count| !count.is_nan()).collect();
        let mean = self.mean.unwrap_or_else(|| if past.is_empty() { 0.0 } else { sample::mean(&past) });
        let around = |mean: f64| {
            let squares: f64 = past.iter().map(|count| (count - mean) * (count - mean)).sum();
            if past.len() < 2 { 0.0 } else { (squares / (past.len() - 1) as f64).sqrt() }
        };
        let deviation = if self.poisson { mean.sqrt() } else { around(mean) };
        Process { mean, deviation, known: past.len() as f64 }
    }

    /// Why nothing can be judged against this process; none where it can.
    pub fn unfit(&self, process: &Process) -> Option<Silent> {
        let known = process.known as usize;
        // Poisson counts of a given mean need no past.
        let needed = if self.mean.is_some() && self.poisson { 0 } else { self.least_past };
        if known < needed {
            return Some(Silent::ShortBaseline { have: known, need: needed });
        }
        (process.deviation <= 0.0).then_some(Silent::NoSpread)
    }

    /// The silent verdict on a point, where there is one.
    pub fn silent(&self, process: &Process, at: usize, observed: f64) -> Option<Verdict> {
        let why = if observed.is_nan() { Some(Silent::Gap) } else { self.unfit(process) };
        why.map(|why| Verdict::silent(at, observed, why))
    }
}
