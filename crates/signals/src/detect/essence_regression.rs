//! ESSENCE's adaptive multiple regression for daily counts: a line and the day of the week, learnt from four weeks.
//!
//! Least squares y ~ 1 + t + Monday … Saturday (Sunday is the reference) over a baseline of 11 to B = 28 days that ends
//! g = 2 days before; the forecast ŷ lies g+1 days ahead, at least 0. With n days, df = n − 8, σ = max(√MSE ·
//! √((n+7)(n−4)/(n(n−7))), 0.01/t_{.95,df}); statistic (y−ŷ)/σ, p of Student's t. Alarm where p < 0.01, warning where p <
//! 0.05. Dropped again where y is below the mean of the last seven days (on Saturday and Sunday: only if also below the
//! mean of the last seven such days).
//!
//! Source: Burkom; the adaptive regression of NSSP-ESSENCE as in CDC's Rnssp. Limits: needs days and about ten cases a
//! day; four weeks know no season. Gaps are left out of the baseline, which then needs 11 known days and the judged
//! weekday among them; days without a count are left out of the two means. Holidays: as other days, left out, or a
//! class of their own beside the weekdays (df less by one where the baseline holds one; a holiday without one before it
//! counts as a Sunday).

use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::{dist, solve};
use crate::settings::Range::{Flag, Number, OneOf, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use base::{Error, Result, calendar};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "essence-regression",
    title: Words { zh: "ESSENCE自适应回归", en: "ESSENCE regression" },
    about: Words {
        zh: "以四周日数据拟合趋势与星期效应并外推；适合每日十例以上。",
        en: "Forecasts daily counts from a line and the weekdays of four weeks; for ten and more cases a day.",
    },
    source: "Burkom et al.; NSSP-ESSENCE as in CDC Rnssp, alert_regression",
    steps: &[Step::Day],
    whole: false,
    settings: &[BASELINE, GUARD, ALPHA, ALPHA_WARNING, FILTER, HOLIDAYS],
    make: |settings| Ok(Box::new(Regression::of(settings)?)),
};

pub const BASELINE: Setting = Setting {
    key: "baseline",
    about: Words { zh: "基线天数上限", en: "days of the baseline, at most" },
    unit: "days",
    default: "28",
    range: Whole(14, 366),
    source: "NSSP-ESSENCE",
};

pub const GUARD: Setting = Setting {
    key: "guard",
    about: Words { zh: "基线与当日之间的天数", en: "days between the baseline and the judged day" },
    unit: "days",
    default: "2",
    range: Whole(0, 28),
    source: "NSSP-ESSENCE",
};

pub const ALPHA: Setting = Setting {
    key: "alpha",
    about: Words { zh: "报警（红）的p值界限", en: "alarms where p is below this (red)" },
    unit: "probability",
    default: "0.01",
    range: Number(1e-9, 0.5),
    source: "NSSP-ESSENCE",
};

pub const ALPHA_WARNING: Setting = Setting {
    key: "alpha_warning",
    about: Words { zh: "警示（黄）的p值界限", en: "warns where p is below this (yellow)" },
    unit: "probability",
    default: "0.05",
    range: Number(1e-9, 0.5),
    source: "NSSP-ESSENCE",
};

pub const FILTER: Setting = Setting {
    key: "filter",
    about: Words {
        zh: "低于近7日均值的报警予以取消",
        en: "drops alarms of days below the mean of the last seven days",
    },
    unit: "",
    default: "yes",
    range: Flag,
    source: "CDC Rnssp, alert_regression",
};

pub const HOLIDAYS: Setting = Setting {
    key: "holidays",
    about: Words {
        zh: "法定节假日：不区分、不计入基线、或单独一类",
        en: "public holidays: like other days, left out of the baseline, or a class beside the weekdays",
    },
    unit: "",
    default: "ignore",
    range: OneOf(&["ignore", "leave-out", "own-class"]),
    source: "CDC Rnssp: ignore; ESSENCE has a term for holidays",
};

/// Intercept, slope, Monday to Saturday, holiday.
const COLUMNS: usize = 9;
const HOLIDAY: usize = 8;
const LEAST_DAYS: usize = 11;
/// Seven days of one weekday.
const SAME_WEEKDAYS: usize = 42;

#[derive(Clone, Copy, PartialEq)]
enum HolidayRule {
    Ignore,
    LeaveOut,
    OwnClass,
}

pub struct Regression {
    baseline: usize,
    guard: usize,
    pub alpha: f64,
    pub alpha_warning: f64,
    filter: bool,
    holidays: HolidayRule,
    /// By degrees of freedom: the quantiles of Student's t at 0.95 in ESSENCE's decimals, and at 1−α.
    quantiles: Vec<[f64; 2]>,
}

/// A forecast with its standard error, its degrees of freedom and how much of the baseline the model explains.
#[derive(Clone, Copy, Debug)]
pub struct Forecast {
    pub expected: f64,
    pub sigma: f64,
    pub df: f64,
    pub adjusted: f64,
}

impl Regression {
    pub fn of(settings: &Settings) -> Result<Regression> {
        let (alpha, alpha_warning) = (settings.number("alpha"), settings.number("alpha_warning"));
        if alpha_warning < alpha {
            let text = format!("`alpha_warning` = {alpha_warning} is below `alpha` = {alpha}; warnings come first");
            return Err(Error::invalid(text));
        }
        let of = |df: usize| {
            let quantile = |p: f64| dist::t_quantile(p, df.max(1) as f64);
            [rounded(quantile(0.95)), quantile(1.0 - alpha)]
        };
        let baseline = settings.size("baseline");
        Ok(Regression {
            quantiles: (0..baseline).map(of).collect(),
            baseline,
            guard: settings.size("guard"),
            alpha,
            alpha_warning,
            filter: settings.flag("filter"),
            holidays: match settings.text("holidays") {
                "leave-out" => HolidayRule::LeaveOut,
                "own-class" => HolidayRule::OwnClass,
                _ => HolidayRule::Ignore,
            },
        })
    }

    pub fn reach_days(&self) -> usize {
        (self.baseline + self.guard).max(SAME_WEEKDAYS)
    }

    /// The column of a day's class: 2 to 7 are Monday to Saturday, Sunday has none, `HOLIDAY` where holidays are a class.
    fn class(&self, day: i32) -> Option<usize> {
        if self.holidays == HolidayRule::OwnClass && calendar::is_off(day) {
            return Some(HOLIDAY);
        }
        let weekday = calendar::weekday(day) as usize;
        (weekday < 6).then_some(weekday + 2)
    }

    pub fn forecast(&self, series: &Series, at: usize) -> std::result::Result<Forecast, Silent> {
        let first_day = series.first.ok_or(Silent::NoDays)?;
        let end = at.saturating_sub(self.guard);
        let start = end.saturating_sub(self.baseline);
        let day = |at: usize| first_day + i32::try_from(at).unwrap_or_default();
        let stands = |point: &usize| {
            let off = self.holidays == HolidayRule::LeaveOut && calendar::is_off(day(*point));
            !series.observed[*point].is_nan() && !off
        };
        let mut rows = [0.0; COLUMNS];
        let (mut factor, mut b) = ([0.0; COLUMNS * COLUMNS], [0.0; COLUMNS]);
        let (mut n, mut sum) = (0_usize, 0.0);
        for point in (start..end).filter(stands) {
            self.row(&mut rows, point - start, day(point));
            solve::accumulate(&mut factor, &mut b, &rows, 1.0, series.observed[point]);
            (n, sum) = (n + 1, sum + series.observed[point]);
        }
        if n < LEAST_DAYS {
            return Err(Silent::ShortBaseline { have: n, need: LEAST_DAYS });
        }
        let judged = self.class(day(at)).filter(|class| *class != HOLIDAY);
        if judged.is_some_and(|class| factor[class * COLUMNS + class] == 0.0) {
            // The weekday that is judged has no known day in the baseline.
            return Err(Silent::ShortBaseline { have: 0, need: 1 });
        }
        let with_holidays = factor[HOLIDAY * COLUMNS + HOLIDAY] > 0.0;
        let rank = solve::cholesky(&mut factor, COLUMNS);
        solve::solve(&factor, COLUMNS, &mut b);
        let (mut rest, mut model) = (0.0, 0.0);
        let mean = sum / n as f64;
        for point in (start..end).filter(stands) {
            self.row(&mut rows, point - start, day(point));
            let fitted: f64 = rows.iter().zip(&b).map(|(x, b)| x * b).sum();
            rest += (series.observed[point] - fitted).powi(2);
            model += (fitted - mean).powi(2);
        }
        let days = n as f64;
        let df = days - if with_holidays { 9.0 } else { 8.0 };
        let known = days * (days - 7.0);
        let spread = (rest / df).sqrt() * ((days + 7.0) * (days - 4.0) / known).sqrt();
        let explained = 1.0 - (1.0 - model / (model + rest)) * ((days - 1.0) / (days - rank as f64));
        self.row(&mut rows, at - start, day(at));
        if !with_holidays {
            rows[HOLIDAY] = 0.0;
        }
        let ahead: f64 = rows.iter().zip(&b).map(|(x, b)| x * b).sum();
        Ok(Forecast {
            expected: ahead.max(0.0),
            sigma: spread.max(0.01 / self.quantiles[df as usize][0]),
            df,
            adjusted: if explained.is_nan() { 0.0 } else { explained },
        })
    }

    fn row(&self, row: &mut [f64; COLUMNS], nth: usize, day: i32) {
        *row = [0.0; COLUMNS];
        (row[0], row[1]) = (1.0, (nth + 1) as f64);
        if let Some(class) = self.class(day) {
            row[class] = 1.0;
        }
    }

    pub fn verdict(&self, series: &Series, at: usize, forecast: &Forecast) -> Verdict {
        let observed = series.observed[at];
        let Forecast { expected, sigma, df, .. } = *forecast;
        let statistic = (observed - expected) / sigma;
        let p = dist::t_sf(statistic, df);
        let upper = expected + self.quantiles[df as usize][1] * sigma;
        let level = match p {
            p if p < self.alpha => Level::Alarm,
            p if p < self.alpha_warning => Level::Warning,
            _ => Level::Quiet,
        };
        let dropped = level != Level::Quiet && self.filter && is_low(series, at);
        let level = if dropped { Level::Quiet } else { level };
        let (expected, upper, statistic, p) = (Some(expected), Some(upper), Some(statistic), Some(p));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

/// Quantiles of Student's t have five decimals in ESSENCE's tables.
pub fn rounded(quantile: f64) -> f64 {
    (quantile * 1e5).round() / 1e5
}

/// Whether a day lies below the mean of the last seven days; on weekends also below that of the last seven such days.
fn is_low(series: &Series, at: usize) -> bool {
    let mean = |step: usize| {
        let points = (0..7).map(|back| at.checked_sub(back * step)).collect::<Option<Vec<usize>>>()?;
        let known: Vec<f64> = points.iter().map(|at| series.observed[*at]).filter(|count| !count.is_nan()).collect();
        Some(known.iter().sum::<f64>() / known.len() as f64)
    };
    let low = |step: usize| mean(step).is_some_and(|mean| series.observed[at] < mean);
    let weekend = series.day(at).is_some_and(|day| calendar::weekday(day) >= 5);
    low(1) && (!weekend || low(7))
}

impl Detector for Regression {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        out.extend(range.map(|at| {
            if series.is_gap(at) {
                return Verdict::silent(at, f64::NAN, Silent::Gap);
            }
            match self.forecast(series, at) {
                Ok(forecast) => self.verdict(series, at, &forecast),
                Err(why) => Verdict::silent(at, series.observed[at], why),
            }
        }));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.reach_days())
    }
}
