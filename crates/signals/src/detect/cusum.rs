//! CUSUM: what exceeds the expected count by more than k deviations is added up.
//!
//! S₀ = 0, S = max(0, S + z − k); alarm where S ≥ h. z of a count x with mean m: standard (x−m)/√m; Rossi (x − 3m +
//! 2√(xm))/(2√m); Anscombe 1.5(x^⅔−m^⅔)/m^⅙; negative binomial (x−m)/√(m+αm²). m is the mean of all points before the
//! first judged one, or of a Poisson regression on one yearly wave over them (`season = wave`), or given. `upper` is the
//! least whole count that alarms today, the statistic S. With `reset`, S begins at 0 again after an alarm.
//!
//! Source: Rossi et al. 1999; defaults of surveillance's algo.cusum (k = 1.04, h = 2.26). Limits: the past must have
//! been quiet and long enough; without reset it alarms long after an outbreak. A gap leaves S as it is.

use super::in_control::{LEAST_PAST, MEAN};
use super::{Detector, Kept, Level, Method, Silent, Verdict};
use crate::numbers::glm::{self, Family, Model};
use crate::settings::Range::{Flag, Number, OneOf};
use crate::{Series, Setting, Settings, Step, Words};
use std::f64::consts::TAU;
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "cusum",
    title: Words { zh: "累积和控制图", en: "CUSUM" },
    about: Words {
        zh: "累加超出期望的部分，达到h即报警；适合小幅持续上升。",
        en: "Adds up what exceeds the expected count by more than k deviations; for small lasting shifts.",
    },
    source: "Rossi et al. 1999; R surveillance, algo.cusum",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[
        Setting {
            key: "transform",
            about: Words { zh: "计数的标准化方式", en: "how a count becomes a deviation" },
            unit: "",
            default: "standard",
            range: OneOf(&["standard", "rossi", "anscombe", "negative-binomial"]),
            source: "R surveillance, algo.cusum",
        },
        Setting {
            key: "k",
            about: Words { zh: "参考值", en: "what a deviation must exceed to be added" },
            unit: "deviations",
            default: "1.04",
            range: Number(0.0, 100.0),
            source: "R surveillance, algo.cusum",
        },
        Setting {
            key: "h",
            about: Words { zh: "决策界限", en: "the sum from which it alarms" },
            unit: "deviations",
            default: "2.26",
            range: Number(0.0, 1e6),
            source: "R surveillance, algo.cusum",
        },
        Setting {
            key: "reset",
            about: Words { zh: "报警后累积和归零", en: "the sum begins at 0 again after an alarm" },
            unit: "",
            default: "no",
            range: Flag,
            source: "R surveillance: no; the RKI's tool: yes",
        },
        Setting {
            key: "dispersion",
            about: Words {
                zh: "负二项分布的α（方差m+αm²）；不设则由基线按矩估计",
                en: "α of the negative binomial (variance m+αm²); empty: by moments from the past",
            },
            unit: "",
            default: "",
            range: Number(0.0, 1e6),
            source: "ours: moments",
        },
        Setting {
            key: "season",
            about: Words {
                zh: "期望值随年周期变化（泊松回归一个谐波）",
                en: "a mean that follows one yearly wave, by Poisson regression on the past",
            },
            unit: "",
            default: "none",
            range: OneOf(&["none", "wave"]),
            source: "R surveillance, algo.cusum: m = \"glm\"",
        },
        MEAN,
        LEAST_PAST,
    ],
    make: |settings| Ok(Box::new(Cusum::of(settings))),
};

#[derive(Clone, Copy, PartialEq)]
enum Transform {
    Standard,
    Rossi,
    Anscombe,
    NegativeBinomial,
}

struct Cusum {
    transform: Transform,
    k: f64,
    h: f64,
    reset: bool,
    dispersion: Option<f64>,
    wave: bool,
    mean: Option<f64>,
    least_past: usize,
}

/// What is carried: the sum, the logarithm of the mean and its wave, α, and how much of the past was known.
#[derive(Clone, Copy)]
struct Carried {
    sum: f64,
    mean: f64,
    sine: f64,
    cosine: f64,
    dispersion: f64,
    known: f64,
}

impl Carried {
    fn of(kept: &[f64]) -> Carried {
        let [sum, mean, sine, cosine, dispersion, known] = [0, 1, 2, 3, 4, 5].map(|nth| kept[nth]);
        Carried { sum, mean, sine, cosine, dispersion, known }
    }

    fn kept(self) -> Vec<f64> {
        vec![self.sum, self.mean, self.sine, self.cosine, self.dispersion, self.known]
    }
}

impl Cusum {
    fn of(settings: &Settings) -> Cusum {
        let transform = match settings.text("transform") {
            "rossi" => Transform::Rossi,
            "anscombe" => Transform::Anscombe,
            "negative-binomial" => Transform::NegativeBinomial,
            _ => Transform::Standard,
        };
        Cusum {
            transform,
            k: settings.number("k"),
            h: settings.number("h"),
            reset: settings.flag("reset"),
            dispersion: settings.number_if_set("dispersion"),
            wave: settings.text("season") == "wave",
            mean: settings.number_if_set("mean"),
            least_past: settings.size("least_past"),
        }
    }

    fn start(&self, past: &[f64], step: Step) -> Carried {
        let (mut y, mut x) = (Vec::new(), Vec::new());
        for (at, count) in past.iter().enumerate().filter(|(_, count)| !count.is_nan()) {
            let (sine, cosine) = wave(at, step);
            y.push(*count);
            x.extend([1.0, sine, cosine]);
        }
        let mut carried =
            Carried { sum: 0.0, mean: 0.0, sine: 0.0, cosine: 0.0, dispersion: 0.0, known: y.len() as f64 };
        match self.mean {
            Some(mean) => carried.mean = mean,
            None if self.wave => {
                let model = Model { columns: 3, x: &x, y: &y, weights: &[], offset: &[], family: Family::Poisson };
                let fit = if y.len() < 4 { None } else { glm::fit(&model) };
                let b = fit.map_or(vec![f64::NAN; 3], |fit| fit.coefficients);
                (carried.mean, carried.sine, carried.cosine) = (b[0].exp(), b[1], b[2]);
            }
            None => carried.mean = y.iter().sum::<f64>() / (y.len() as f64).max(1.0),
        }
        carried.dispersion = self.dispersion.unwrap_or_else(|| {
            let means: Vec<f64> = x.chunks(3).map(|x| carried.at(x[1], x[2])).collect();
            let pairs = || y.iter().zip(&means);
            let excess: f64 = pairs().map(|(count, mean)| (count - mean) * (count - mean) - mean).sum();
            let squares: f64 = means.iter().map(|mean| mean * mean).sum();
            if squares > 0.0 { (excess / squares).max(0.0) } else { 0.0 }
        });
        carried
    }

    fn step(&self, carried: &mut Carried, step: Step, at: usize, observed: f64) -> Verdict {
        let (sine, cosine) = wave(at, step);
        let mean = carried.at(sine, cosine);
        let needed = if self.mean.is_some() { 0 } else { self.least_past };
        let why = match (observed.is_nan(), (carried.known as usize) < needed) {
            (true, _) => Some(Silent::Gap),
            (_, true) => Some(Silent::ShortBaseline { have: carried.known as usize, need: needed }),
            _ if !mean.is_finite() => Some(Silent::NotFitted),
            _ if mean <= 0.0 => Some(Silent::NoSpread),
            _ => None,
        };
        if let Some(why) = why {
            return Verdict::silent(at, observed, why);
        }
        let upper = self.count_of(self.h + self.k - carried.sum, mean, carried.dispersion);
        carried.sum = (carried.sum + self.z(observed, mean, carried.dispersion) - self.k).max(0.0);
        let statistic = carried.sum;
        let level = if statistic >= self.h { Level::Alarm } else { Level::Quiet };
        if level == Level::Alarm && self.reset {
            carried.sum = 0.0;
        }
        let (expected, upper, statistic) = (Some(mean), Some(upper), Some(statistic));
        Verdict { at, observed, expected, upper, statistic, p: None, level, silent: None }
    }

    fn z(&self, count: f64, mean: f64, dispersion: f64) -> f64 {
        match self.transform {
            Transform::Standard => (count - mean) / mean.sqrt(),
            Transform::Rossi => (count - 3.0 * mean + 2.0 * (count * mean).sqrt()) / (2.0 * mean.sqrt()),
            Transform::Anscombe => 1.5 * (count.powf(2.0 / 3.0) - mean.powf(2.0 / 3.0)) / mean.powf(1.0 / 6.0),
            Transform::NegativeBinomial => (count - mean) / (mean + dispersion * mean * mean).sqrt(),
        }
    }

    /// The least whole count with that z or more.
    fn count_of(&self, z: f64, mean: f64, dispersion: f64) -> f64 {
        let count = match self.transform {
            Transform::Standard => mean + z * mean.sqrt(),
            Transform::Rossi => {
                let root = (4.0 * mean + 2.0 * mean.sqrt() * z).max(0.0).sqrt() - mean.sqrt();
                root.max(0.0).powi(2)
            }
            Transform::Anscombe => (mean.powf(2.0 / 3.0) + z * mean.powf(1.0 / 6.0) / 1.5).max(0.0).powf(1.5),
            Transform::NegativeBinomial => mean + z * (mean + dispersion * mean * mean).sqrt(),
        };
        count.max(0.0).ceil()
    }
}

impl Carried {
    fn at(&self, sine: f64, cosine: f64) -> f64 {
        match (self.sine, self.cosine) {
            (0.0, 0.0) => self.mean,
            (a, b) => self.mean * (a * sine + b * cosine).exp(),
        }
    }
}

fn wave(at: usize, step: Step) -> (f64, f64) {
    (TAU * at as f64 / step.per_year() as f64).sin_cos()
}

impl Detector for Cusum {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut carried = self.start(&series.observed[..range.start], series.step);
        out.extend(range.map(|at| self.step(&mut carried, series.step, at, series.observed[at])));
    }

    fn reach(&self) -> Option<usize> {
        None
    }

    fn begin(&self, past: &Series) -> Option<Vec<f64>> {
        Some(self.start(&past.observed, past.step).kept())
    }

    fn add(&self, carried: &mut Vec<f64>, kept: &Kept, observed: f64) -> Option<Verdict> {
        let mut state = Carried::of(carried);
        let verdict = self.step(&mut state, kept.step, kept.seen, observed);
        *carried = state.kept();
        Some(verdict)
    }
}
