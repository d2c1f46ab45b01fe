//! Farrington flexible: all weeks of the past years in seasonal levels, not only the same weeks.
//!
//! log μ = α + βt + γ_c(t). One level holds the weeks within w of the same calendar day of each past year (moved to the
//! nearest same weekday); the weeks between two such windows are cut into `levels` − 1 blocks, the first ones a week
//! longer where it does not come out even. The last `past_left_out` weeks are left out, so that an outbreak that has
//! just begun does not hide itself. Fitting, reweighting and trend are Farrington's 1996. The bound: `nb`, the (1 − α)
//! quantile of the negative binomial distribution with mean μ₀ and variance φμ₀ (Poisson where φ ≤ 1); `muan`, the same
//! with exp(η + z·se) in the place of μ₀; `delta`, the bound of 1996 at z of 1 − α. Alarm: y above the bound, and enough
//! cases lately. p = P(Y ≥ y).
//!
//! Settings of 1996 in this method: `levels = 1`, `past_left_out = 3`, `p_trend = 0.05`, `bound = delta`.
//!
//! `mode = compat` copies two oversights of R's `farringtonFlexible`: errors and the trend's p use Σ ω r²/(n−p) in the
//! place of φ, and the statistic of `nb` and `muan` is (y − η)/(U − η) with the linear predictor η. `clean` has φ and μ₀.
//!
//! With `festival = align` the windows of weeks near the Spring Festival lie equally far from it in every year.
//!
//! Limits: needs all b years (a shorter series is said to be short); levels are steps, not a curve; another moving
//! holiday shifts between blocks. Gaps are left out; if fewer than half of the values of the own level are known nothing is said.

use super::farrington::{
    Bounds, CASES, CASES_WINDOW, Fitted, Fitting, HALF_WIDTH, Power, Room, Scale, YEARS, delta_bounds, lately,
};
use super::reference::{self, FESTIVAL};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist::{nb_quantile, nb_sf, normal_quantile, poisson_quantile, poisson_sf};
use crate::numbers::trend::Trend;
use crate::settings::Range::{Flag, Number, OneOf, Whole};
use crate::{Day, Series, Setting, Settings, Step, Words};
use base::calendar;
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "farrington-flexible",
    title: Words { zh: "Farrington 灵活法", en: "Farrington flexible" },
    about: Words {
        zh: "用全部历史周并按季节分段的改进 Farrington 法，假信号较少；需要五年历史。",
        en: "Farrington's method improved: all past weeks in seasonal levels, fewer false signals; needs five years.",
    },
    source: "Noufaily et al. 2013, Stat Med 32:1206–1222; Salmon, Schumacher, Höhle 2016, J Stat Softw 70(10)",
    steps: &[Step::Week, Step::Day],
    whole: false,
    settings: SETTINGS,
    make: |settings| Ok(Box::new(Flexible::of(settings)?)),
};

static SETTINGS: &[Setting] = &[
    YEARS,
    HALF_WIDTH,
    FESTIVAL,
    Setting {
        key: "alpha",
        about: Words { zh: "单侧显著性水平", en: "one-sided level of the bound" },
        unit: "",
        default: "0.05",
        range: Number(1e-9, 0.5),
        source: "R `surveillance`, farringtonFlexible",
    },
    Setting {
        key: "levels",
        about: Words { zh: "一年分成的段数", en: "seasonal levels of a year" },
        unit: "levels",
        default: "10",
        range: Whole(1, 52),
        source: "Noufaily 2013: 10",
    },
    Setting {
        key: "past_left_out",
        about: Words { zh: "不作基线的最近期数", en: "last points that are no baseline" },
        unit: "points",
        default: "26",
        range: Whole(0, 364),
        source: "Noufaily 2013: 26 weeks",
    },
    Setting {
        key: "weights_threshold",
        about: Words {
            zh: "残差超过此值则降权", en: "Anscombe residual above which a value is weighted down"
        },
        unit: "",
        default: "2.58",
        range: Number(0.0, 10.0),
        source: "Noufaily 2013: 2.58",
    },
    Setting {
        key: "reweight",
        about: Words { zh: "是否给过去的暴发降权", en: "whether past outbreaks are weighted down" },
        unit: "",
        default: "yes",
        range: Flag,
        source: "Farrington 1996",
    },
    Setting {
        key: "trend",
        about: Words { zh: "是否考虑长期趋势", en: "whether a trend is looked for" },
        unit: "",
        default: "yes",
        range: Flag,
        source: "Noufaily 2013",
    },
    Setting {
        key: "p_trend",
        about: Words {
            zh: "趋势保留的显著性水平（1 为总是保留）", en: "level below which the trend stays; 1: always"
        },
        unit: "",
        default: "1",
        range: Number(0.0, 1.0),
        source: "Noufaily 2013: always",
    },
    Setting {
        key: "bound",
        about: Words { zh: "界值的算法", en: "how the bound is made" },
        unit: "",
        default: "nb",
        range: OneOf(&["nb", "muan", "delta"]),
        source: "Noufaily 2013: negative binomial",
    },
    Setting {
        key: "power",
        about: Words { zh: "delta 界值的幂变换", en: "power to which the delta bound is taken" },
        unit: "",
        default: "2/3",
        range: OneOf(&["2/3", "1/2", "none"]),
        source: "Farrington 1996",
    },
    CASES,
    CASES_WINDOW,
    Setting {
        key: "alert",
        about: Words {
            zh: "报警规则：surveillance，或 rnssp（近 5 期须多于 5 例，不用 cases）",
            en: "`surveillance`, or `rnssp`: more than 5 cases in the last 5 points, whatever `cases` says",
        },
        unit: "",
        default: "surveillance",
        range: OneOf(&["surveillance", "rnssp"]),
        source: "CDC Rnssp, alert_farrington (with years = 4)",
    },
    Setting {
        key: "mode",
        about: Words {
            zh: "compat 照抄 R 的两处疏漏，clean 按公式",
            en: "`compat` copies R's two oversights, `clean` follows the formula",
        },
        unit: "",
        default: "clean",
        range: OneOf(&["clean", "compat"]),
        source: "R `surveillance`, farringtonFlexible",
    },
];

/// How the bound is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Quantile at the fitted mean.
    PlugIn,
    /// Quantile at the upper bound of the fitted mean.
    Muan,
    Delta(Power),
}

/// Bounds by quantiles of the negative binomial distribution with variance φμ; `compat` has the statistic on the linear
/// predictor, as R does.
pub fn quantile_bounds(fitted: &Fitted, muan: bool, alpha: f64, observed: f64, compat: bool) -> Bounds {
    let lift = if muan { normal_quantile(1.0 - alpha) * fitted.linear_error } else { 0.0 };
    let mean = (fitted.linear + lift).exp();
    let size = if fitted.dispersion > 1.0 { mean / (fitted.dispersion - 1.0) } else { f64::INFINITY };
    let quantile = |p| if size.is_finite() { nb_quantile(p, mean, size) } else { poisson_quantile(p, mean) };
    let below = observed.ceil() - 1.0;
    let p = if size.is_finite() { nb_sf(below, mean, size) } else { poisson_sf(below, mean) };
    let (lower, upper) = (quantile(alpha), quantile(1.0 - alpha));
    let middle = if compat { fitted.linear } else { fitted.mean() };
    Bounds { lower, upper, p, score: (observed - middle) / (upper - middle) }
}

/// The days of reference of past years, the youngest first: the same date, moved to the nearest same weekday.
pub fn reference_days(day: Day, years: usize) -> Vec<Day> {
    (1..=years).map(|back| reference_day(day, back)).collect()
}

fn reference_day(day: Day, back: usize) -> Day {
    let (year, month, date) = calendar::date(day);
    let same = calendar::day(year - i32::try_from(back).unwrap_or(0), month, date);
    let apart = (day - same).rem_euclid(7);
    if apart <= 3 { same + apart } else { same + apart - 7 }
}

struct Flexible {
    years: usize,
    half_width: usize,
    align: bool,
    levels: usize,
    past_left_out: usize,
    alpha: f64,
    z: f64,
    bound: Bound,
    compat: bool,
    /// Fewer cases in so many points are not judged.
    cases: f64,
    cases_window: usize,
    fitting: Fitting,
}

impl Flexible {
    fn of(settings: &Settings) -> base::Result<Flexible> {
        let (years, half_width, levels) =
            (settings.size("years"), settings.size("half_width"), settings.size("levels"));
        let between = Step::Week.per_year().saturating_sub(2 * half_width + 2);
        if levels - 1 > between {
            return Err(base::Error::invalid(format!(
                "`levels` = {levels} and `half_width` = {half_width}: between two windows of a year are only {between} \
                 weeks; give fewer levels or a narrower window"
            )));
        }
        let rnssp = settings.text("alert") == "rnssp";
        let compat = settings.text("mode") == "compat";
        let alpha = settings.number("alpha");
        Ok(Flexible {
            years,
            half_width,
            align: settings.text("festival") == "align",
            levels,
            past_left_out: settings.size("past_left_out"),
            alpha,
            z: normal_quantile(1.0 - alpha),
            bound: match settings.text("bound") {
                "muan" => Bound::Muan,
                "delta" => Bound::Delta(Power::named(settings.text("power"))),
                _ => Bound::PlugIn,
            },
            compat,
            // More than five are six, also of counts with a fraction, of which five and a bit are too few here.
            cases: if rnssp { 6.0 } else { settings.number("cases") },
            cases_window: if rnssp { 5 } else { settings.size("cases_window") },
            fitting: Fitting {
                reweight: settings.flag("reweight"),
                weights_threshold: settings.number("weights_threshold"),
                trend: settings.flag("trend") && years >= 3,
                p_trend: settings.number("p_trend"),
                scale: if compat { Scale::ByWeights } else { Scale::Clean },
            },
        })
    }

    /// Where the points of reference stand, the youngest first; how many points are needed where the oldest is missing.
    fn references(&self, series: &Series, at: usize, into: &mut Vec<usize>) -> Result<(), Silent> {
        into.clear();
        let step = i64::from(series.step.days());
        let here = i64::try_from(at).unwrap_or(i64::MAX / 8);
        let year = i64::try_from(series.step.per_year()).unwrap_or(i64::MAX / 8);
        // Days so far off that the calendar does not know them are counted in points.
        let day = series.day(at).filter(|day| day.abs() < 100_000_000);
        let half = i64::try_from(self.half_width).unwrap_or(0);
        for back in 1..=self.years {
            let years = i64::try_from(back).unwrap_or(0);
            let place = match day {
                _ if self.align && series.step == Step::Week => {
                    i64::try_from(reference::centre(series, at, back, true)?).unwrap_or(0)
                }
                Some(day) => here + (i64::from(reference_day(day, back)) - i64::from(day)) / step,
                None => here - year * years,
            };
            match usize::try_from(place - half) {
                Ok(_) => into.push(place.unsigned_abs() as usize),
                Err(_) => {
                    let need = self.half_width + series.step.per_year() * self.years + 1;
                    return Err(Silent::ShortBaseline { have: at, need });
                }
            }
        }
        Ok(())
    }

    /// Lays the past into the model; level 0 is that of the present. Answers how many of that level are known.
    fn gather(&self, series: &Series, at: usize, references: &[usize], model: &mut Trend) -> usize {
        model.clear(self.levels);
        let (half, year) = (self.half_width, series.step.per_year() as f64);
        // `at - past_left_out` and later are out.
        let end = at.saturating_sub(self.past_left_out);
        let mut own = 0;
        let mut put = |place: usize, level: usize| {
            let count = if place < end { series.observed[place] } else { f64::NAN };
            if !count.is_nan() {
                model.push(count, (place as f64 - at as f64) / year, level);
                own += usize::from(level == 0);
            }
        };
        for (nth, reference) in references.iter().enumerate().rev() {
            for place in reference - half..=reference + half {
                put(place, 0);
            }
            if self.levels == 1 {
                continue;
            }
            let next = if nth == 0 { at } else { references[nth - 1] };
            let from = reference + half + 1;
            let period = next.saturating_sub(half).saturating_sub(from);
            let (length, longer) = (period / (self.levels - 1), period % (self.levels - 1));
            let mut place = from;
            for block in 0..self.levels - 1 {
                for _ in 0..length + usize::from(block < longer) {
                    put(place, block + 1);
                    place += 1;
                }
            }
        }
        for place in (at - half)..at {
            put(place, 0);
        }
        own
    }

    fn fitted(
        &self,
        series: &Series,
        at: usize,
        room: &mut Room,
        references: &mut Vec<usize>,
    ) -> Result<Fitted, Silent> {
        self.references(series, at, references)?;
        let known = self.gather(series, at, references, &mut room.model);
        let need = (self.years * (2 * self.half_width + 1)).div_ceil(2).max(2);
        if known < need {
            return Err(Silent::ShortBaseline { have: known, need });
        }
        self.fitting.fit(room, 0).ok_or(Silent::NotFitted)
    }

    fn verdict(&self, series: &Series, at: usize, room: &mut Room, references: &mut Vec<usize>) -> Verdict {
        let observed = series.observed[at];
        let silent = |why| Verdict::silent(at, observed, why);
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        let fitted = match self.fitted(series, at, room, references) {
            Ok(fitted) => fitted,
            Err(why) => return silent(why),
        };
        let mean = fitted.mean();
        let bounds = match self.bound {
            Bound::Delta(power) => {
                delta_bounds(power, mean, mean * fitted.linear_error, fitted.dispersion, self.z, observed)
            }
            Bound::PlugIn => quantile_bounds(&fitted, false, self.alpha, observed, self.compat),
            Bound::Muan => quantile_bounds(&fitted, true, self.alpha, observed, self.compat),
        };
        let (expected, p) = (Some(mean), Some(bounds.p));
        let cases = lately(series, at, self.cases_window);
        if cases < self.cases {
            let why = Silent::FewCases { have: cases as u64, need: self.cases.ceil() as u64 };
            return Verdict { expected, p, ..silent(why) };
        }
        let level = if observed > bounds.upper { Level::Alarm } else { Level::Quiet };
        let statistic = Some(bounds.score).filter(|score| score.is_finite());
        Verdict { at, observed, expected, upper: Some(bounds.upper), statistic, p, level, silent: None }
    }
}

impl Detector for Flexible {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let (mut room, mut references) = (Room::default(), Vec::new());
        out.extend(range.map(|at| self.verdict(series, at, &mut room, &mut references)));
    }

    fn reach(&self) -> Option<usize> {
        // A leap day and the move to the same weekday lengthen the way; the step is not known here.
        Some((366 * self.years + 7 + self.half_width).max(self.cases_window))
    }
}
