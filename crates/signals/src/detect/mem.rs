//! The moving epidemic method: when an epidemic begins and ends, and how strong it is, from past seasons.
//!
//! A season runs from ISO week `season_start` to the week before the next one (or `season_weeks` of them). In each past
//! season MAP(r) is the greatest share, in percent, that r weeks in a row have of all its cases; the epidemic are the r
//! weeks where MAP(r+1) − MAP(r) first falls below `delta`. From each season the n greatest values before, in and after
//! its epidemic are taken, n = 30/seasons. Thresholds: before and after, mean + z·deviation of those values at 95 %;
//! intensities, exp(mean + z·deviation) of the logarithms of those in the epidemics at 40, 90 and 97.5 %, one-sided (one
//! added to every value where there is a nought).
//!
//! Alarm: the count is above the threshold before the epidemic, and then as long as it stays above the one after it.
//! `expected` is the mean before the epidemic, `upper` the threshold in force, the statistic 0 without epidemic and 1
//! (low) to 4 (very high) in it; p is not defined.
//!
//! Sources: Vega et al. 2013 and 2015; defaults of the R package `mem`. Sure by its manual: 10 seasons, δ = 2.8, n,
//! levels, arithmetic and geometric point intervals. Not the same: `mem` smooths the MAP curve before it looks for the
//! optimum, here it is taken as it is, so that an epidemic may end a week earlier or later than there. Limits: one wave a
//! season; needs days and two whole seasons (a season with a gap in a tenth of its weeks, or without cases, does not
//! count); the present season is not looked at when thresholds are made.

use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist::normal_quantile;
use crate::numbers::sample;
use crate::settings::Range::{Number, Whole};
use crate::{Day, Series, Setting, Settings, Step, Words};
use base::calendar;
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "mem",
    title: Words { zh: "移动流行区间法（MEM）", en: "Moving epidemic method" },
    about: Words {
        zh: "由往年季节得出流行开始、结束阈值和强度分级，用于流感等每年一峰的疾病。",
        en: "Thresholds for the begin and end of a seasonal epidemic and its intensity; for diseases with one wave a year.",
    },
    source: "Vega et al. 2013, Influenza Other Respir Viruses 7:546–558; R package `mem`",
    steps: &[Step::Week],
    whole: false,
    settings: SETTINGS,
    make: |settings| Ok(Box::new(Mem::of(settings)?)),
};

static SETTINGS: &[Setting] = &[
    Setting {
        key: "season_start",
        about: Words { zh: "季节起始的 ISO 周", en: "ISO week with which a season begins" },
        unit: "week",
        default: "40",
        range: Whole(1, 52),
        source: "R `mem`: seasons from week 40",
    },
    Setting {
        key: "season_weeks",
        about: Words {
            zh: "季节的周数（53 为整年）", en: "weeks of a season that are looked at; 53: the whole year"
        },
        unit: "weeks",
        default: "53",
        range: Whole(10, 53),
        source: "whole years; R `mem`: 33, to week 20",
    },
    Setting {
        key: "seasons",
        about: Words { zh: "使用的往年季节数", en: "past seasons that are used" },
        unit: "seasons",
        default: "10",
        range: Whole(2, 30),
        source: "R `mem`: i.seasons = 10",
    },
    Setting {
        key: "seasons_least",
        about: Words { zh: "至少需要的往年季节数", en: "past seasons that are needed" },
        unit: "seasons",
        default: "2",
        range: Whole(1, 30),
        source: "R `mem`: two",
    },
    Setting {
        key: "delta",
        about: Words { zh: "MAP 曲线的增量界限 δ", en: "least gain of the MAP curve by one more week, δ" },
        unit: "percent",
        default: "2.8",
        range: Number(0.1, 50.0),
        source: "R `mem`: i.method = 2, i.param = 2.8",
    },
    Setting {
        key: "values",
        about: Words { zh: "取最高值的总数", en: "greatest values that are taken, over all seasons" },
        unit: "values",
        default: "30",
        range: Whole(2, 1000),
        source: "Vega et al. 2013: 30",
    },
    Setting {
        key: "level",
        about: Words { zh: "流行阈值的置信水平", en: "one-sided level of the thresholds" },
        unit: "",
        default: "0.95",
        range: Number(0.5, 0.9999),
        source: "R `mem`: 0.95",
    },
    Setting {
        key: "level_medium",
        about: Words { zh: "中等强度的水平", en: "level from which the intensity is medium" },
        unit: "",
        default: "0.4",
        range: Number(0.01, 0.9999),
        source: "R `mem`: 0.40",
    },
    Setting {
        key: "level_high",
        about: Words { zh: "高强度的水平", en: "level from which the intensity is high" },
        unit: "",
        default: "0.9",
        range: Number(0.01, 0.9999),
        source: "R `mem`: 0.90",
    },
    Setting {
        key: "level_very_high",
        about: Words { zh: "很高强度的水平", en: "level from which the intensity is very high" },
        unit: "",
        default: "0.975",
        range: Number(0.01, 0.9999),
        source: "R `mem`: 0.975",
    },
];

/// The method with its settings; for those who want the thresholds themselves.
pub struct Mem {
    season_start: i32,
    season_weeks: usize,
    seasons: usize,
    seasons_least: usize,
    delta: f64,
    values: usize,
    z: f64,
    intensities: [f64; 3],
}

/// What past seasons say: values before, in and after their epidemics have been joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    pub mean_before: f64,
    pub before: f64,
    pub after: f64,
    pub medium: f64,
    pub high: f64,
    pub very_high: f64,
}

/// The weeks of the epidemic within a season, and the share of its cases in percent; none where there are no cases.
/// Gaps count as nought.
pub fn epidemic(season: &[f64], delta: f64) -> Option<(Range<usize>, f64)> {
    let counts: Vec<f64> = season.iter().map(|count| if count.is_nan() { 0.0 } else { *count }).collect();
    let whole: f64 = counts.iter().sum();
    if whole.is_nan() || whole <= 0.0 {
        return None;
    }
    let most = |weeks: usize| {
        let sums = counts.windows(weeks).map(|window| window.iter().sum::<f64>());
        // The earliest of equal ones.
        sums.enumerate().fold((0, -1.0), |best: (usize, f64), (at, sum)| if sum > best.1 { (at, sum) } else { best })
    };
    let mut best = most(1);
    let mut weeks = 1;
    while weeks < counts.len() {
        let next = most(weeks + 1);
        if 100.0 * (next.1 - best.1) / whole < delta {
            break;
        }
        (best, weeks) = (next, weeks + 1);
    }
    Some((best.0..best.0 + weeks, 100.0 * best.1 / whole))
}

/// Where the seasons before the present one lie, the youngest last, and where the present one begins.
struct Calendar {
    past: Vec<Range<usize>>,
    present: usize,
}

impl Mem {
    /// # Errors
    /// Settings that contradict each other.
    pub fn of(settings: &Settings) -> base::Result<Mem> {
        let level = |key| normal_quantile(settings.number(key));
        let (seasons, seasons_least) = (settings.size("seasons"), settings.size("seasons_least"));
        if seasons_least > seasons {
            let text = format!("`seasons_least` = {seasons_least} is more than `seasons` = {seasons}; give fewer");
            return Err(base::Error::invalid(text));
        }
        let intensities = [level("level_medium"), level("level_high"), level("level_very_high")];
        if !intensities.is_sorted() {
            let text = "`level_medium`, `level_high` and `level_very_high` must rise";
            return Err(base::Error::invalid(text));
        }
        Ok(Mem {
            season_start: i32::try_from(settings.whole("season_start")).unwrap_or(40),
            season_weeks: settings.size("season_weeks"),
            seasons,
            seasons_least,
            delta: settings.number("delta"),
            values: settings.size("values"),
            z: level("level"),
            intensities,
        })
    }

    /// The Monday with which the season begins that has `day` in it.
    fn season_of(&self, day: Day) -> Day {
        let year = calendar::date(day).0;
        let start = |year| monday_of_week_one(year) + 7 * (self.season_start - 1);
        (year - 1..=year + 1).rev().map(start).find(|monday| *monday <= day).unwrap_or(day)
    }

    fn calendar(&self, series: &Series, first: Day, at: usize) -> Calendar {
        // The point that holds a Monday, which may lie before the series.
        let place = |monday: Day| (monday - first).div_euclid(7);
        let day = first + 7 * i32::try_from(at).unwrap_or(0);
        // A week that begins on another day than Monday belongs to the season of its last day.
        let mut monday = self.season_of(day + 6);
        let present = place(monday).max(0) as usize;
        let mut past = Vec::new();
        let mut end = present;
        while past.len() < self.seasons {
            monday = self.season_of(monday - 7);
            let Ok(start) = usize::try_from(place(monday)) else { break };
            if start >= end {
                break;
            }
            let season = start..end.min(start + self.season_weeks);
            if counts_as_season(&series.observed[season.clone()]) {
                past.push(season);
            }
            end = start;
            if monday < first || at - start > self.reach_points() {
                break;
            }
        }
        past.reverse();
        Calendar { past, present }
    }

    fn reach_points(&self) -> usize {
        53 * (self.seasons + 1) + 1
    }

    /// The thresholds in force at a point, from the seasons before its own.
    pub fn thresholds(&self, series: &Series, at: usize) -> Result<Thresholds, Silent> {
        let first = first_day(series, at)?;
        self.of_seasons(series, &self.calendar(series, first, at).past)
    }

    fn of_seasons(&self, series: &Series, past: &[Range<usize>]) -> Result<Thresholds, Silent> {
        let need = self.seasons_least;
        if past.len() < need {
            return Err(Silent::ShortBaseline { have: past.len(), need });
        }
        let each = ((self.values as f64 / past.len() as f64).round() as usize).max(1);
        let (mut before, mut during, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for season in past {
            let counts = &series.observed[season.clone()];
            if let Some((weeks, _)) = epidemic(counts, self.delta) {
                before.extend(greatest(&counts[..weeks.start], each));
                after.extend(greatest(&counts[weeks.end..], each));
                during.extend(greatest(&counts[weeks], each));
            }
        }
        if before.len() < 2 || during.len() < 2 {
            return Err(Silent::ShortBaseline { have: before.len().min(during.len()), need: 2 });
        }
        let above = |values: &[f64], z: f64| sample::mean(values) + z * sample::deviation(values);
        // Where every epidemic lasts to the end of its season the threshold before is the one after, too.
        let end = if after.len() < 2 { &before } else { &after };
        let lift = if during.iter().all(|count| *count > 0.0) { 0.0 } else { 1.0 };
        let logs: Vec<f64> = during.iter().map(|count| (count + lift).ln()).collect();
        let [medium, high, very_high] = self.intensities.map(|z| above(&logs, z).exp() - lift);
        let (mean_before, before, after) = (sample::mean(&before), above(&before, self.z), above(end, self.z));
        Ok(Thresholds { mean_before, before, after, medium, high, very_high })
    }

    fn verdict(&self, series: &Series, at: usize, known: &mut Option<(usize, Result<Thresholds, Silent>)>) -> Verdict {
        let observed = series.observed[at];
        let silent = |why| Verdict::silent(at, observed, why);
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        let first = match first_day(series, at) {
            Ok(first) => first,
            Err(why) => return silent(why),
        };
        let Calendar { past, present } = self.calendar(series, first, at);
        let thresholds = match known {
            Some((season, thresholds)) if *season == present => *thresholds,
            _ => {
                let thresholds = self.of_seasons(series, &past);
                *known = Some((present, thresholds));
                thresholds
            }
        };
        let thresholds = match thresholds {
            Ok(thresholds) => thresholds,
            Err(why) => return silent(why),
        };
        let mut on = false;
        let mut upper = thresholds.before;
        for place in present..=at {
            let count = series.observed[place];
            if !count.is_nan() {
                upper = if on { thresholds.after } else { thresholds.before };
                on = count > upper;
            }
        }
        let steps = [thresholds.medium, thresholds.high, thresholds.very_high];
        let strength = if on { 1 + steps.iter().filter(|step| observed > **step).count() } else { 0 };
        let level = if on { Level::Alarm } else { Level::Quiet };
        let (expected, statistic) = (Some(thresholds.mean_before), Some(strength as f64));
        Verdict { at, observed, expected, upper: Some(upper), statistic, p: None, level, silent: None }
    }
}

/// The first day, where the calendar knows the days up to `at`.
fn first_day(series: &Series, at: usize) -> Result<Day, Silent> {
    series.first.filter(|day| day.abs() < 100_000_000 && at < 10_000_000).ok_or(Silent::NoDays)
}

/// The Monday of ISO week 1: of the week with 4 January.
fn monday_of_week_one(year: i32) -> Day {
    let fourth = calendar::day(year, 1, 4);
    fourth - calendar::weekday(fourth).cast_signed()
}

/// Whether a season has cases and at most a tenth of its weeks are gaps.
fn counts_as_season(counts: &[f64]) -> bool {
    let gaps = counts.iter().filter(|count| count.is_nan()).count();
    let cases: f64 = counts.iter().filter(|count| !count.is_nan()).sum();
    10 * gaps <= counts.len() && cases > 0.0
}

/// The greatest known values, so many of them.
fn greatest(counts: &[f64], many: usize) -> Vec<f64> {
    let mut known: Vec<f64> = counts.iter().copied().filter(|count| !count.is_nan()).collect();
    known.sort_by(|a, b| b.total_cmp(a));
    known.truncate(many);
    known
}

impl Detector for Mem {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut known = None;
        out.extend(range.map(|at| self.verdict(series, at, &mut known)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.reach_points())
    }
}
