//! Likelihood-ratio CUSUM (LR) and generalised likelihood-ratio CUSUM (GLR) of Poisson and negative binomial counts
//! (Höhle and Paul 2008).
//!
//! In control the mean is μ_t, out of control μ_t·e^κ. With dispersion α (variance μ + αμ²; α = 0 is Poisson) a point
//! adds z(κ) = κx + (x + 1/α)·ln((1 + αμ)/(1 + αμe^κ)), Poisson: κx + (1 − e^κ)μ.
//! LR: κ = `kappa` is known. C = max(0, C + z(κ)); alarm where C > `threshold`; then C begins anew.
//! GLR: the greatest Σ_{i=k}^{n} z_i(κ) over all k and all κ ≥ 0 (`direction = down`: κ ≤ 0); alarm where it reaches
//! `threshold`; then it begins anew with the next point. k goes back at most `window` points (0: to the beginning).
//!
//! μ_t is given (`mean`, or `coefficients` of ln μ: constant, then cosine and sine of each yearly wave, then the trend a
//! point), or the regression of the points before the first judged one on `harmonics` yearly waves and, where asked, a
//! trend; α is given or has the greatest likelihood there. `upper` is the count from which today alarms (upwards only),
//! the statistic C or GLR; p is not defined. A gap adds nothing.
//!
//! Limits: the past must be quiet; the model stays as it was fitted (fit it again each year); GLR costs `window` sums a
//! point, with negative binomial counts some rounds of them.

use super::ratio::{Point, greatest, upper};
use super::{Detector, Kept, Level, Method, Silent, Verdict};
use crate::numbers::glm::{self, Family, Model};
use crate::settings::Range::{Flag, Number, Numbers, OneOf, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use std::f64::consts::TAU;
use std::ops::Range;

pub static LR: Method = Method {
    name: "lr-cusum",
    title: Words { zh: "似然比累积和", en: "Likelihood-ratio CUSUM" },
    about: Words {
        zh: "针对已知倍数的持续升高（或下降）最灵敏的累积和；基线可含季节和趋势。",
        en: "The quickest CUSUM for a lasting rise (or fall) of known size over a seasonal mean; cheap.",
    },
    source: "Höhle and Paul 2008, Comput Stat Data Anal 52:4357–4368",
    steps: &[Step::Week, Step::Day],
    whole: false,
    settings: LR_SETTINGS,
    make: |settings| Ok(Box::new(Ratio::of(settings, false)?)),
};

pub static GLR: Method = Method {
    name: "glr-cusum",
    title: Words { zh: "广义似然比累积和", en: "Generalised likelihood-ratio CUSUM" },
    about: Words {
        zh: "升高的倍数与起点都未知时的累积和；计算量较大。",
        en: "CUSUM for a lasting rise (or fall) of unknown size and beginning; costs more.",
    },
    source: "Höhle and Paul 2008, Comput Stat Data Anal 52:4357–4368",
    steps: &[Step::Week, Step::Day],
    whole: false,
    settings: GLR_SETTINGS,
    make: |settings| Ok(Box::new(Ratio::of(settings, true)?)),
};

const THRESHOLD: Setting = Setting {
    key: "threshold",
    about: Words { zh: "报警界限 c.ARL", en: "the log likelihood ratio at which it alarms, c.ARL" },
    unit: "",
    default: "5",
    range: Number(1e-6, 1e6),
    source: "R `surveillance`, algo.glrnb: c.ARL = 5",
};
const DIRECTION: Setting = Setting {
    key: "direction",
    about: Words { zh: "监测升高还是下降", en: "whether a rise or a fall is looked for" },
    unit: "",
    default: "up",
    range: OneOf(&["up", "down"]),
    source: "R `surveillance`, algo.glrnb",
};
const FAMILY: Setting = Setting {
    key: "family",
    about: Words { zh: "计数的分布", en: "distribution of the counts" },
    unit: "",
    default: "nb",
    range: OneOf(&["nb", "poisson"]),
    source: "Höhle and Paul 2008",
};
const DISPERSION: Setting = Setting {
    key: "dispersion",
    about: Words {
        zh: "负二项离散度 α；不设则由基线估计", en: "α of the negative binomial; empty: from the past"
    },
    unit: "",
    default: "",
    range: Number(0.0, 1e6),
    source: "Höhle and Paul 2008",
};
const MEAN: Setting = Setting {
    key: "mean",
    about: Words {
        zh: "受控均值；不设则由基线拟合", en: "the mean in control; empty: fitted to the past"
    },
    unit: "cases a point",
    default: "",
    range: Number(1e-9, 1e12),
    source: "R `surveillance`, algo.glrnb: mu0",
};
const COEFFICIENTS: Setting = Setting {
    key: "coefficients",
    about: Words {
        zh: "ln μ 的系数：常数、各谐波的余弦与正弦、每期趋势",
        en: "of ln μ: constant, cosine and sine of each wave, trend a point; points count from 1",
    },
    unit: "",
    default: "",
    range: Numbers(-1e3, 1e3),
    source: "R `surveillance`, algo.glrnb: mu0",
};
const HARMONICS: Setting = Setting {
    key: "harmonics",
    about: Words { zh: "年度谐波个数", en: "yearly waves of the fitted mean" },
    unit: "waves",
    default: "1",
    range: Whole(0, 6),
    source: "R `surveillance`, algo.glrnb: S = 1",
};
const TREND: Setting = Setting {
    key: "trend",
    about: Words { zh: "拟合均值是否含趋势", en: "whether the fitted mean has a trend" },
    unit: "",
    default: "no",
    range: Flag,
    source: "R `surveillance`, algo.glrnb",
};
const PAST_LEAST: Setting = Setting {
    key: "past_least",
    about: Words { zh: "拟合所需的最少期数", en: "known points that a fit needs before the first judged one" },
    unit: "points",
    default: "52",
    range: Whole(4, 4000),
    source: "a year of weeks",
};

static LR_SETTINGS: &[Setting] = &[
    THRESHOLD,
    Setting {
        key: "kappa",
        about: Words {
            zh: "要发现的变化：均值倍数的对数 κ",
            en: "the change that is looked for: ln of the ratio of means",
        },
        unit: "",
        default: "0.693147",
        range: Number(1e-3, 20.0),
        source: "a doubling, ln 2",
    },
    Setting {
        key: "head_start",
        about: Words { zh: "起始值占界限的份额", en: "share of the threshold at which the sum begins" },
        unit: "",
        default: "0",
        range: Number(0.0, 0.99),
        source: "R `surveillance`: none; fast initial response: 0.5",
    },
    DIRECTION,
    FAMILY,
    DISPERSION,
    MEAN,
    COEFFICIENTS,
    HARMONICS,
    TREND,
    PAST_LEAST,
];

static GLR_SETTINGS: &[Setting] = &[
    THRESHOLD,
    Setting {
        key: "window",
        about: Words { zh: "回看期数（0 为不限）", en: "how far back the beginning may lie; 0: no limit" },
        unit: "points",
        default: "104",
        range: Whole(0, 4000),
        source: "two years of weeks; R `surveillance`: no limit",
    },
    DIRECTION,
    FAMILY,
    DISPERSION,
    MEAN,
    COEFFICIENTS,
    HARMONICS,
    TREND,
    PAST_LEAST,
];

struct Ratio {
    generalised: bool,
    threshold: f64,
    /// κ of LR, with the sign of the direction.
    kappa: f64,
    head_start: f64,
    window: usize,
    up: bool,
    poisson: bool,
    dispersion: Option<f64>,
    coefficients: Vec<f64>,
    harmonics: usize,
    trend: bool,
    past_least: usize,
}

/// The process in control, or why there is none, and the sums that are carried.
struct State {
    silent: Option<Silent>,
    dispersion: f64,
    coefficients: Vec<f64>,
    /// C of LR.
    sum: f64,
    /// Counts and means since the last alarm, of GLR.
    points: Vec<Point>,
}

impl Ratio {
    fn of(settings: &Settings, generalised: bool) -> base::Result<Ratio> {
        let up = settings.text("direction") == "up";
        let mean = settings.number_if_set("mean");
        let mut coefficients = settings.numbers("coefficients");
        if mean.is_some() && !coefficients.is_empty() {
            return Err(base::Error::invalid("`mean` and `coefficients` are both set; give one of them"));
        }
        let trend = settings.flag("trend");
        if !coefficients.is_empty() && coefficients.len() % 2 == usize::from(trend) {
            let text = "`coefficients`: give the constant, then a cosine and a sine for each wave, then, with `trend = yes`, \
                        the trend a point";
            return Err(base::Error::invalid(text));
        }
        let mut harmonics = settings.size("harmonics");
        if let Some(mean) = mean {
            coefficients = vec![mean.ln()];
        }
        if !coefficients.is_empty() {
            harmonics = (coefficients.len() - 1) / 2;
        }
        let threshold = settings.number("threshold");
        let lr = |key| if generalised { 0.0 } else { settings.number(key) };
        Ok(Ratio {
            generalised,
            threshold,
            kappa: if up { lr("kappa") } else { -lr("kappa") },
            head_start: lr("head_start") * threshold,
            window: if generalised { settings.size("window") } else { 0 },
            up,
            poisson: settings.text("family") == "poisson",
            dispersion: settings.number_if_set("dispersion"),
            // A constant mean has no trend, whatever is asked of fitted ones.
            trend: trend && mean.is_none(),
            coefficients,
            harmonics,
            past_least: settings.size("past_least"),
        })
    }

    /// One row of the design at a point: constant, waves, trend.
    fn row(&self, at: usize, step: Step, out: &mut Vec<f64>) {
        let t = at as f64 + 1.0;
        out.push(1.0);
        for wave in 1..=self.harmonics {
            let (sine, cosine) = (TAU * wave as f64 * t / step.per_year() as f64).sin_cos();
            out.extend([cosine, sine]);
        }
        if self.trend {
            out.push(t);
        }
    }

    fn state(&self, past: &[f64], step: Step) -> State {
        let fresh = |silent, dispersion, coefficients| State {
            silent,
            dispersion,
            coefficients,
            sum: self.head_start,
            points: Vec::new(),
        };
        let given = !self.coefficients.is_empty();
        if given && (self.poisson || self.dispersion.is_some()) {
            let dispersion = if self.poisson { 0.0 } else { self.dispersion.unwrap_or(0.0) };
            return fresh(None, dispersion, self.coefficients.clone());
        }
        let known: Vec<usize> = (0..past.len()).filter(|at| !past[*at].is_nan()).collect();
        let y: Vec<f64> = known.iter().map(|at| past[*at]).collect();
        if y.len() < self.past_least {
            let why = Silent::ShortBaseline { have: y.len(), need: self.past_least };
            return fresh(Some(why), 0.0, Vec::new());
        }
        let mut x = Vec::new();
        known.iter().for_each(|at| self.row(*at, step, &mut x));
        let columns = x.len() / y.len();
        if given {
            let means: Vec<f64> = x.chunks(columns).map(|row| mean_of(row, &self.coefficients)).collect();
            return fresh(None, 1.0 / glm::best_size(&y, &means, None), self.coefficients.clone());
        }
        let model = Model { columns, x: &x, y: &y, weights: &[], offset: &[], family: Family::Poisson };
        let fit = match (self.poisson, self.dispersion) {
            (true, _) | (_, Some(0.0)) => glm::fit(&model).map(|fit| (fit, f64::INFINITY)),
            (_, Some(alpha)) => {
                let size = 1.0 / alpha;
                glm::fit(&Model { family: Family::NegativeBinomial { size }, ..model }).map(|fit| (fit, size))
            }
            _ => glm::fit_negative_binomial(&model),
        };
        match fit {
            Some((fit, size)) => fresh(None, 1.0 / size, fit.coefficients),
            None => fresh(Some(Silent::NotFitted), 0.0, Vec::new()),
        }
    }

    /// Judges one more point and moves the state on.
    fn step(&self, state: &mut State, at: usize, step: Step, observed: f64) -> Verdict {
        let silent = |why| Verdict::silent(at, observed, why);
        if let Some(why) = state.silent {
            return silent(if observed.is_nan() { Silent::Gap } else { why });
        }
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        let mut row = Vec::with_capacity(16);
        self.row(at, step, &mut row);
        let mean = mean_of(&row, &state.coefficients);
        if !mean.is_finite() || mean <= 0.0 {
            return silent(Silent::NotFitted);
        }
        let point = Point { count: observed, mean };
        let (statistic, upper, alarm) =
            if self.generalised { self.general(state, point) } else { self.known(state, point) };
        let level = if alarm { Level::Alarm } else { Level::Quiet };
        let (expected, statistic) = (Some(mean), Some(statistic));
        Verdict { at, observed, expected, upper, statistic, p: None, level, silent: None }
    }

    fn known(&self, state: &mut State, point: Point) -> (f64, Option<f64>, bool) {
        let (constant, slope) = point.line(self.kappa, state.dispersion);
        let upper = self.up.then(|| ((self.threshold - state.sum - constant) / slope).max(0.0));
        let sum = (state.sum + constant + slope * point.count).max(0.0);
        let alarm = sum > self.threshold;
        state.sum = if alarm { 0.0 } else { sum };
        (sum, upper, alarm)
    }

    fn general(&self, state: &mut State, point: Point) -> (f64, Option<f64>, bool) {
        state.points.push(point);
        if self.window > 0 && state.points.len() > self.window {
            state.points.remove(0);
        }
        let (statistic, _) = greatest(&state.points, state.dispersion, self.up);
        let alarm = statistic >= self.threshold;
        let upper = if self.up { upper(&mut state.points, state.dispersion, self.threshold) } else { None };
        if alarm {
            state.points.clear();
        }
        (statistic, upper, alarm)
    }
}

fn mean_of(row: &[f64], coefficients: &[f64]) -> f64 {
    row.iter().zip(coefficients).map(|(x, b)| x * b).sum::<f64>().exp()
}

impl State {
    /// As numbers: what keeps it silent, α, C, how many coefficients, these, then counts and means.
    fn carried(&self) -> Vec<f64> {
        let (why, have, need) = match self.silent {
            None => (0.0, 0.0, 0.0),
            Some(Silent::ShortBaseline { have, need }) => (1.0, have as f64, need as f64),
            Some(_) => (2.0, 0.0, 0.0),
        };
        let mut carried = vec![why, have, need, self.dispersion, self.sum, self.coefficients.len() as f64];
        carried.extend(&self.coefficients);
        carried.extend(self.points.iter().flat_map(|point| [point.count, point.mean]));
        carried
    }

    fn of(carried: &[f64]) -> Option<State> {
        let [why, have, need, dispersion, sum, many, rest @ ..] = carried else { return None };
        let (coefficients, points) = rest.split_at_checked(*many as usize)?;
        let silent = match why {
            1.0 => Some(Silent::ShortBaseline { have: *have as usize, need: *need as usize }),
            2.0 => Some(Silent::NotFitted),
            _ => None,
        };
        let points = points.chunks_exact(2).map(|pair| Point { count: pair[0], mean: pair[1] }).collect();
        Some(State { silent, dispersion: *dispersion, coefficients: coefficients.to_vec(), sum: *sum, points })
    }
}

impl Detector for Ratio {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut state = self.state(&series.observed[..range.start], series.step);
        out.extend(range.map(|at| self.step(&mut state, at, series.step, series.observed[at])));
    }

    fn reach(&self) -> Option<usize> {
        None
    }

    fn begin(&self, past: &Series) -> Option<Vec<f64>> {
        Some(self.state(&past.observed, past.step).carried())
    }

    fn add(&self, carried: &mut Vec<f64>, kept: &Kept, observed: f64) -> Option<Verdict> {
        let mut state = State::of(carried)?;
        let verdict = self.step(&mut state, kept.seen, kept.step, observed);
        *carried = state.carried();
        Some(verdict)
    }
}
