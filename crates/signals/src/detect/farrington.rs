//! Farrington 1996: this week against the same weeks of past years.
//!
//! Reference values: the weeks t−52i−w … t−52i+w for i = 1…b. Quasi-Poisson regression log μ = α + βt; dispersion
//! φ = max(1, Σ w r²/(n−p)); Anscombe residuals s above 1 get the weight s⁻², so that past outbreaks count less, and the
//! model is fitted again. The trend stays if b ≥ 3, its p < 0.05 and μ₀ is not above every reference value. With
//! τ = φ + se²/μ₀ the bound is U = (μ₀^⅔ + z·√(4/9·μ₀^⅓·τ))^{3/2}. Alarm: X = (y − μ₀)/(U − μ₀) > 1 and at least five
//! cases in the last four weeks; below that U is 0 (as R prints it) and nothing alarms.
//!
//! With `festival = align` a week near the Spring Festival is compared with the weeks equally far from it.
//!
//! Limits: the same weeks of b years must be there (5 years and 3 weeks); no season but by the choice of weeks; another
//! moving holiday falls out of its window. Gaps are left out of the baseline; if fewer than half of the reference values are
//! known nothing is said. Of daily series the windows lie 365 days apart; those of seven days hold each weekday once.

use super::reference::{self, FESTIVAL};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist::{normal_quantile, normal_sf, t_quantile};
use crate::numbers::trend::Trend;
use crate::settings::Range::{Flag, Number, OneOf, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "farrington",
    title: Words { zh: "Farrington 法（1996）", en: "Farrington 1996" },
    about: Words {
        zh: "与往年同期比较的拟泊松回归，过去的暴发自动降权；需要五年历史，不适合节假日大幅移动的病种。",
        en: "Quasi-Poisson regression on the same weeks of past years, past outbreaks weighted down; needs five years, \
             misses holidays that move.",
    },
    source: "Farrington, Andrews, Beale, Catchpole 1996, J R Stat Soc A 159:547–563; steps as R `surveillance` has them",
    steps: &[Step::Week, Step::Day],
    whole: false,
    settings: SETTINGS,
    make: |settings| Ok(Box::new(Farrington::of(settings))),
};

static SETTINGS: &[Setting] = &[
    YEARS,
    HALF_WIDTH,
    FESTIVAL,
    Setting {
        key: "alpha",
        about: Words { zh: "双侧显著性水平", en: "two-sided level of the bound" },
        unit: "",
        default: "0.05",
        range: Number(1e-9, 0.5),
        source: "R `surveillance`, algo.farrington",
    },
    CASES,
    CASES_WINDOW,
    POWER,
    Setting {
        key: "reweight",
        about: Words { zh: "是否给过去的暴发降权", en: "whether past outbreaks are weighted down" },
        unit: "",
        default: "yes",
        range: Flag,
        source: "Farrington 1996",
    },
    Setting {
        key: "weights_threshold",
        about: Words {
            zh: "残差超过此值则降权", en: "Anscombe residual above which a value is weighted down"
        },
        unit: "",
        default: "1",
        range: Number(0.0, 10.0),
        source: "Farrington 1996",
    },
    Setting {
        key: "trend",
        about: Words { zh: "是否考虑长期趋势", en: "whether a trend is looked for" },
        unit: "",
        default: "yes",
        range: Flag,
        source: "Farrington 1996",
    },
    Setting {
        key: "p_trend",
        about: Words { zh: "趋势保留的显著性水平", en: "level below which the trend stays" },
        unit: "",
        default: "0.05",
        range: Number(0.0, 1.0),
        source: "Farrington 1996",
    },
];

pub(super) const YEARS: Setting = Setting {
    key: "years",
    about: Words { zh: "参考的年数 b", en: "years of reference, b" },
    unit: "years",
    default: "5",
    range: Whole(1, 20),
    source: "R `surveillance`: b = 5",
};

pub(super) const HALF_WIDTH: Setting = Setting {
    key: "half_width",
    about: Words { zh: "同期前后各取的期数 w", en: "points on each side of the same week, w" },
    unit: "points",
    default: "3",
    range: Whole(0, 26),
    source: "R `surveillance`: w = 3",
};

pub(super) const CASES: Setting = Setting {
    key: "cases",
    about: Words { zh: "近期至少多少例才判断", en: "fewer cases lately are not judged" },
    unit: "cases",
    default: "5",
    range: Number(0.0, 1e9),
    source: "Farrington 1996: 5 reports in 4 weeks",
};

pub(super) const CASES_WINDOW: Setting = Setting {
    key: "cases_window",
    about: Words { zh: "“近期”含本期的期数", en: "points, this one included, in which they are counted" },
    unit: "points",
    default: "4",
    range: Whole(1, 366),
    source: "Farrington 1996: 5 reports in 4 weeks",
};

const POWER: Setting = Setting {
    key: "power",
    about: Words { zh: "界值的幂变换", en: "power to which the bound is taken" },
    unit: "",
    default: "2/3",
    range: OneOf(&["2/3", "1/2", "none"]),
    source: "Farrington 1996: 2/3 for skewness",
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    TwoThirds,
    Half,
    None,
}

impl Power {
    pub(super) fn named(name: &str) -> Power {
        match name {
            "none" => Power::None,
            "1/2" => Power::Half,
            _ => Power::TwoThirds,
        }
    }

    fn of(self, count: f64) -> f64 {
        match self {
            Power::TwoThirds => count.cbrt().powi(2),
            Power::Half => count.sqrt(),
            Power::None => count,
        }
    }

    /// The other way, of what is not negative.
    fn back(self, root: f64) -> f64 {
        match self {
            Power::TwoThirds => root * root.sqrt(),
            Power::Half => root * root,
            Power::None => root,
        }
    }
}

/// What a method says of an observed value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub lower: f64,
    pub upper: f64,
    /// The chance of the observed value or more.
    pub p: f64,
    /// (y − expected)/(upper − expected).
    pub score: f64,
}

/// Bounds by the delta method: `error` is the standard error of `mean`, `z` the normal quantile of the level.
pub fn delta_bounds(power: Power, mean: f64, error: f64, dispersion: f64, z: f64, observed: f64) -> Bounds {
    let tau = dispersion + error * error / mean;
    let (middle, spread) = match power {
        Power::TwoThirds => (power.of(mean), (4.0 / 9.0 * mean.cbrt() * tau).sqrt()),
        Power::Half => (power.of(mean), (tau / 4.0).sqrt()),
        Power::None => (mean, (mean * tau).sqrt()),
    };
    let (lower, upper) = (power.back((middle - z * spread).max(0.0)), power.back(middle + z * spread));
    let p = normal_sf((power.of(observed) - middle) / spread);
    Bounds { lower, upper, p, score: (observed - mean) / (upper - mean) }
}

pub struct Farrington {
    years: usize,
    half_width: usize,
    align: bool,
    cases: f64,
    cases_window: usize,
    power: Power,
    z: f64,
    fitting: Fitting,
}

/// How the model is fitted, in both of Farrington's methods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fitting {
    pub reweight: bool,
    pub weights_threshold: f64,
    /// Whether a trend is looked for at all: with three years or more.
    pub trend: bool,
    pub p_trend: f64,
    pub scale: Scale,
}

/// Which dispersion errors and the trend's p stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// φ, the trend's p on the dispersion as it was fitted, below 1 too: R's method of 1996.
    Original,
    /// φ, which is at least 1.
    Clean,
    /// Σ ω r²/(n−p): R's flexible method, which takes ω for the working weights.
    ByWeights,
}

/// What a fit says of the point that is judged: linear predictor ln μ₀, its standard error, dispersion φ, and whether
/// the trend stayed.
#[derive(Clone, Copy, Debug)]
pub struct Fitted {
    pub linear: f64,
    pub linear_error: f64,
    pub dispersion: f64,
    pub trend: bool,
}

impl Fitted {
    pub fn mean(&self) -> f64 {
        self.linear.exp()
    }
}

/// What is kept from one point to the next, so that nothing is allocated a point.
#[derive(Default)]
pub(super) struct Room {
    pub model: Trend,
    /// The t beyond which a trend is significant, of the degrees of freedom asked for last.
    critical: (f64, f64),
}

impl Fitting {
    /// Fits the values in `room` and predicts at t = 0 of `level`; none where it does not settle.
    pub fn fit(&self, room: &mut Room, level: usize) -> Option<Fitted> {
        if self.trend
            && let Some(fitted) = self.fit_with(room, level, true)
            && fitted.mean() <= room.model.greatest()
            && self.significant(room)
        {
            return Some(fitted);
        }
        self.fit_with(room, level, false)
    }

    fn fit_with(&self, room: &mut Room, level: usize, trend: bool) -> Option<Fitted> {
        let model = &mut room.model;
        model.level_weights();
        if !model.fit(trend) {
            return None;
        }
        let dispersion = at_least_one(model.dispersion());
        let mut fitted = self.fitted(model, level, trend, dispersion);
        if self.reweight {
            model.reweigh(dispersion, self.weights_threshold);
            if !model.fit(trend) {
                return None;
            }
            let dispersion = at_least_one(model.dispersion());
            fitted = self.fitted(model, level, trend, dispersion);
        }
        (fitted.linear.is_finite() && fitted.linear_error.is_finite()).then_some(fitted)
    }

    fn fitted(&self, model: &Trend, level: usize, trend: bool, dispersion: f64) -> Fitted {
        let (linear, variance) = model.predict(level, 0.0);
        let scale = if self.scale == Scale::ByWeights { model.dispersion_by_weights() } else { dispersion };
        Fitted { linear, linear_error: (scale * variance).sqrt(), dispersion, trend }
    }

    fn significant(&self, room: &mut Room) -> bool {
        let model = &room.model;
        let Some((slope, variance)) = model.slope() else { return false };
        let df = model.df();
        if df <= 0.0 {
            return false;
        }
        if self.p_trend >= 1.0 {
            return true;
        }
        if room.critical.0 != df {
            room.critical = (df, t_quantile(1.0 - 0.5 * self.p_trend, df));
        }
        let scale = match self.scale {
            Scale::Original => model.dispersion(),
            Scale::Clean => at_least_one(model.dispersion()),
            Scale::ByWeights => model.dispersion_by_weights(),
        };
        slope.abs() > room.critical.1 * (scale * variance).sqrt()
    }
}

fn at_least_one(dispersion: f64) -> f64 {
    if dispersion > 1.0 { dispersion } else { 1.0 }
}

impl Farrington {
    /// The detector itself, for those who want its fits.
    pub fn of(settings: &Settings) -> Farrington {
        let years = settings.size("years");
        Farrington {
            years,
            half_width: settings.size("half_width"),
            align: settings.text("festival") == "align",
            cases: settings.number("cases"),
            cases_window: settings.size("cases_window"),
            power: Power::named(settings.text("power")),
            z: normal_quantile(1.0 - 0.5 * settings.number("alpha")),
            fitting: Fitting {
                reweight: settings.flag("reweight"),
                weights_threshold: settings.number("weights_threshold"),
                trend: settings.flag("trend") && years >= 3,
                p_trend: settings.number("p_trend"),
                scale: Scale::Original,
            },
        }
    }

    /// Lays the reference values into the model, t in years before now; answers how many are known.
    fn gather(&self, series: &Series, at: usize, model: &mut Trend) -> Result<usize, Silent> {
        let (year, half) = (series.step.per_year(), self.half_width);
        model.clear(1);
        for back in (1..=self.years).rev() {
            let middle = match series.step {
                Step::Week => reference::centre(series, at, back, self.align)?,
                Step::Day => at.checked_sub(year * back).ok_or_else(|| self.short(series, at))?,
            };
            let first = middle.checked_sub(half).ok_or_else(|| self.short(series, at))?;
            for place in first..=(middle + half).min(at - 1) {
                let count = series.observed[place];
                if !count.is_nan() {
                    model.push(count, (place as f64 - at as f64) / year as f64, 0);
                }
            }
        }
        Ok(model.len())
    }

    fn short(&self, series: &Series, at: usize) -> Silent {
        Silent::ShortBaseline { have: at, need: series.step.per_year() * self.years + self.half_width }
    }

    /// The fit for the point `at`.
    pub fn fitted(&self, series: &Series, at: usize) -> Result<Fitted, Silent> {
        self.fitted_in(series, at, &mut Room::default())
    }

    fn fitted_in(&self, series: &Series, at: usize, room: &mut Room) -> Result<Fitted, Silent> {
        let known = self.gather(series, at, &mut room.model)?;
        let need = (self.years * (2 * self.half_width + 1)).div_ceil(2).max(2);
        if known < need {
            return Err(Silent::ShortBaseline { have: known, need });
        }
        self.fitting.fit(room, 0).ok_or(Silent::NotFitted)
    }

    fn verdict(&self, series: &Series, at: usize, room: &mut Room) -> Verdict {
        let observed = series.observed[at];
        let silent = |why| Verdict::silent(at, observed, why);
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        let fitted = match self.fitted_in(series, at, room) {
            Ok(fitted) => fitted,
            Err(why) => return silent(why),
        };
        let mean = fitted.mean();
        let bounds = delta_bounds(self.power, mean, mean * fitted.linear_error, fitted.dispersion, self.z, observed);
        let (expected, p) = (Some(mean), Some(bounds.p));
        let cases = lately(series, at, self.cases_window);
        if cases < self.cases {
            let why = Silent::FewCases { have: cases as u64, need: self.cases.ceil() as u64 };
            return Verdict { expected, p, upper: Some(0.0), statistic: Some(0.0), ..silent(why) };
        }
        let level = if bounds.score > 1.0 { Level::Alarm } else { Level::Quiet };
        let (upper, statistic) = (Some(bounds.upper), Some(bounds.score));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

/// Cases known in the last `window` points, `at` included.
pub(super) fn lately(series: &Series, at: usize, window: usize) -> f64 {
    let recent = &series.observed[(at + 1).saturating_sub(window)..=at];
    recent.iter().filter(|count| !count.is_nan()).sum()
}

impl Detector for Farrington {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut room = Room::default();
        out.extend(range.map(|at| self.verdict(series, at, &mut room)));
    }

    fn reach(&self) -> Option<usize> {
        // The step is not known here; daily years are the longer ones.
        Some((366 * self.years + self.half_width).max(self.cases_window))
    }
}
