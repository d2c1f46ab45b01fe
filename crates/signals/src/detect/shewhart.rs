//! Shewhart's chart: a count beyond so many deviations of the process in control.
//!
//! U = m + L·σ; alarm where the count > U. m is the mean of all points before the first judged one (or given), σ their
//! deviation, or √m for Poisson counts. Source: Shewhart 1931; Montgomery, Introduction to Statistical Quality Control
//! (L = 3). Limits: large shifts only; no season, no trend; the past must have been quiet. Gaps in the past are left
//! out.

use super::in_control::{self, InControl, Process};
use super::{Detector, Kept, Level, Method, Verdict};
use crate::numbers::dist;
use crate::settings::Range::Number;
use crate::{Series, Setting, Step, Words};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "shewhart",
    title: Words { zh: "休哈特控制图", en: "Shewhart chart" },
    about: Words {
        zh: "计数超过受控均值加L倍标准差即报警；只对大幅上升敏感，不识别季节。",
        en: "Alarms above the mean in control plus so many deviations; for large shifts, knows no season.",
    },
    source: "Shewhart 1931; Montgomery, Introduction to Statistical Quality Control",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[
        Setting {
            key: "limit",
            about: Words { zh: "控制限L", en: "control limit" },
            unit: "deviations",
            default: "3",
            range: Number(0.1, 100.0),
            source: "Shewhart 1931: three sigma",
        },
        in_control::SPREAD,
        in_control::MEAN,
        in_control::LEAST_PAST,
    ],
    make: |settings| Ok(Box::new(Shewhart { limit: settings.number("limit"), in_control: InControl::of(settings) })),
};

struct Shewhart {
    limit: f64,
    in_control: InControl,
}

impl Shewhart {
    fn verdict(&self, process: &Process, at: usize, observed: f64) -> Verdict {
        if let Some(silent) = self.in_control.silent(process, at, observed) {
            return silent;
        }
        let upper = process.mean + self.limit * process.deviation;
        let z = (observed - process.mean) / process.deviation;
        let level = if observed > upper { Level::Alarm } else { Level::Quiet };
        let (expected, upper, statistic, p) = (Some(process.mean), Some(upper), Some(z), Some(dist::normal_sf(z)));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

impl Detector for Shewhart {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let process = self.in_control.process(&series.observed[..range.start]);
        out.extend(range.map(|at| self.verdict(&process, at, series.observed[at])));
    }

    fn reach(&self) -> Option<usize> {
        None
    }

    fn begin(&self, past: &Series) -> Option<Vec<f64>> {
        let Process { mean, deviation, known } = self.in_control.process(&past.observed);
        Some(vec![mean, deviation, known])
    }

    fn add(&self, carried: &mut Vec<f64>, kept: &Kept, observed: f64) -> Option<Verdict> {
        let process = Process { mean: carried[0], deviation: carried[1], known: carried[2] };
        Some(self.verdict(&process, kept.seen, observed))
    }
}
