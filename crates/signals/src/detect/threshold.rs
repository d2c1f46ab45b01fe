//! A fixed threshold: so many cases in the last points are a signal. For severe and rare diseases, of which one case is
//! enough (CIDARS' fixed-threshold method).
//!
//! Sum of the last `window` points ≥ `least` → alarm; with `per`, the sum for so many people of today's population.
//! Limits: it knows no season. What is not known among the points before adds nothing: the threshold is about known
//! cases.

use super::{Detector, Level, Method, Silent, Verdict};
use crate::settings::Range::{Number, Whole};
use crate::{Series, Setting, Step, Words};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "threshold",
    title: Words { zh: "固定阈值", en: "Fixed threshold" },
    about: Words {
        zh: "近几期病例数之和达到阈值即报警，用于罕见严重疾病。",
        en: "Alarms when the sum of the last points reaches the threshold; for rare and severe diseases.",
    },
    source: "CIDARS, fixed-threshold method",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[
        Setting {
            key: "least",
            about: Words { zh: "达到此数即报警", en: "alarms from so many cases" },
            unit: "cases",
            default: "1",
            range: Number(0.0, 1e9),
            source: "CIDARS: a single case",
        },
        Setting {
            key: "window",
            about: Words { zh: "合计的期数", en: "points that are added up" },
            unit: "points",
            default: "1",
            range: Whole(1, 400),
            source: "CIDARS: a single case",
        },
        Setting {
            key: "per",
            about: Words {
                zh: "按每若干人口的发病数比较（如100000）；0为按例数",
                en: "compares cases for so many people, such as 100000; 0 compares cases",
            },
            unit: "people",
            default: "0",
            range: Number(0.0, 1e9),
            source: "CIDARS: cases",
        },
    ],
    make: |settings| {
        let (least, window, per) = (settings.number("least"), settings.size("window"), settings.number("per"));
        Ok(Box::new(Threshold { least, window, per }))
    },
};

struct Threshold {
    least: f64,
    window: usize,
    per: f64,
}

impl Detector for Threshold {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        for at in range {
            out.push(self.verdict(series, at));
        }
    }

    fn reach(&self) -> Option<usize> {
        Some(self.window - 1)
    }
}

impl Threshold {
    fn verdict(&self, series: &Series, at: usize) -> Verdict {
        let observed = series.observed[at];
        if observed.is_nan() {
            return Verdict::silent(at, observed, Silent::Gap);
        }
        let known = series.observed[(at + 1).saturating_sub(self.window)..=at].iter().filter(|count| !count.is_nan());
        let mut sum: f64 = known.sum();
        if self.per > 0.0 {
            let population = series.population.get(at).filter(|population| **population > 0.0);
            let Some(population) = population else { return Verdict::silent(at, observed, Silent::NoPopulation) };
            sum *= self.per / population;
        }
        let level = if sum >= self.least { Level::Alarm } else { Level::Quiet };
        let upper = Some(self.least);
        Verdict { at, observed, expected: None, upper, statistic: Some(sum), p: None, level, silent: None }
    }
}
