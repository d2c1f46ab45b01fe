//! The same days as they were known then and as they are known now: reports come days after the onset they tell of, so
//! the last days of a series by onset are always too low when they are judged.

use super::measure::was_judged;
use crate::detect::{self, Detector};
use crate::{Day, Series, Step};
use serde::Serialize;
use std::ops::Range;

/// A case by the day of onset and the day on which it was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Report {
    pub known: Day,
    pub onset: Day,
}

/// Alarms on the day against alarms in hindsight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backtest {
    /// Points that were judged both ways.
    pub points: u64,
    /// Points that one of the two could not judge.
    pub silent: u64,
    /// Alarms on the day and in hindsight.
    pub both: u64,
    /// Alarms on the day that hindsight does not repeat.
    pub only_then: u64,
    /// Alarms that come in hindsight alone: too few cases were known on the day.
    pub only_now: u64,
    /// The points: alarm on the day, alarm in hindsight; none where it could not be judged.
    #[serde(skip)]
    pub alarms: Vec<(usize, Option<bool>, Option<bool>)>,
}

/// The series from `first` to the point in which `on` lies, of the cases known at the end of that day.
pub fn as_known_on(reports: &[Report], first: Day, step: Step, on: Day) -> Series {
    let at = |day: Day| usize::try_from((day - first).div_euclid(step.days())).ok();
    let mut observed = vec![0.0; at(on).map_or(0, |last| last + 1)];
    for report in reports.iter().filter(|report| report.known <= on && report.onset <= on) {
        if let Some(count) = at(report.onset).and_then(|at| observed.get_mut(at)) {
            *count += 1.0;
        }
    }
    Series::new(step, Some(first), observed)
}

/// Judges each point of `range` twice: `lag` points after its end with what was known then, and with all that is known.
///
/// Points are counted from `first`. The series of hindsight has all `reports`; it ends with the last point of `range`.
pub fn backtest(
    detector: &dyn Detector,
    reports: &[Report],
    first: Day,
    step: Step,
    range: Range<usize>,
    lag: usize,
) -> Backtest {
    let mut reports = reports.to_vec();
    reports.sort_unstable();
    let end_of = |at: usize| first + step.days() * (i32::try_from(at + 1).unwrap_or(i32::MAX / 16)) - 1;
    let last = end_of(range.end.saturating_sub(1));
    let point = |onset: Day| usize::try_from((onset - first).div_euclid(step.days())).ok();
    let mut now = Series::new(step, Some(first), vec![0.0; range.end]);
    for report in reports.iter().filter(|report| report.onset <= last) {
        if let Some(count) = point(report.onset).and_then(|at| now.observed.get_mut(at)) {
            *count += 1.0;
        }
    }
    let hindsight = detect::one(detector, &now, range.clone());
    let past = Series::new(step, Some(first), now.observed[..range.start].to_vec());
    let carries = detector.reach().is_none() || detector.begin(&past).is_some();
    let mut known = Series::new(step, Some(first), Vec::with_capacity(range.end));
    let mut next = reports.iter().peekable();
    let mut waiting: Vec<usize> = Vec::new();
    let mut result = Backtest::default();
    for (at, hindsight) in range.clone().zip(&hindsight) {
        let to = (at + 1 + lag).min(range.end);
        known.observed.resize(to, 0.0);
        while let Some(report) = next.next_if(|report| report.known <= end_of(at + lag)) {
            waiting.extend(point(report.onset));
        }
        // An onset after the last point that is laid out waits until its point is there.
        waiting.retain(|onset| match known.observed.get_mut(*onset) {
            Some(count) => {
                *count += 1.0;
                false
            }
            None => true,
        });
        // What carries sums begins them where it began in hindsight.
        let as_known = if carries { range.start..at + 1 } else { at..at + 1 };
        let then = detect::one(detector, &known, as_known).pop();
        let alarm = |verdict: &detect::Verdict| was_judged(verdict).then(|| verdict.alarm());
        let (then, now) = (then.as_ref().and_then(alarm), alarm(hindsight));
        match (then, now) {
            (Some(then), Some(now)) => {
                result.points += 1;
                result.both += u64::from(then && now);
                result.only_then += u64::from(then && !now);
                result.only_now += u64::from(now && !then);
            }
            _ => result.silent += 1,
        }
        result.alarms.push((at, then, now));
    }
    result
}
