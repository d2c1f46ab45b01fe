//! What of a known truth a detector found.
//!
//! An outbreak is a run of points with `state`. It is found when one of its points alarms, or one of the `grace` points
//! after it; its delay is the number of points from its first to that alarm. Points with too few cases for a method to
//! judge are points without an alarm; other points that were not judged are neither right nor wrong: they are counted apart, and an outbreak whose points were not judged is not found.

use super::interval::{Estimate, bootstrap, wilson};
use crate::Series;
use crate::detect::{Silent, Verdict};
use serde::Serialize;
use std::ops::Range;

/// Höhle's bound on the lag of an outbreak that nobody found, in points.
const LAG_MAX: usize = 20;

/// What was found in one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Judged points: in outbreaks with and without an alarm, outside with and without.
    pub hits: u64,
    pub misses: u64,
    pub false_alarms: u64,
    pub quiet: u64,
    /// Points that could not be judged.
    pub silent: u64,
    /// Outbreaks that began within what was judged.
    pub outbreaks: u64,
    /// The delay of each that was found, in points.
    pub delays: Vec<f64>,
    /// Mean over outbreaks of the points to the first alarm within 20 points of the beginning and before the next, 20 where
    /// there is none; 0 without outbreaks (`mlag` of R's `algo.quality`).
    pub mlag: f64,
    /// Weeks that were judged and lay outside outbreaks.
    pub free_weeks: f64,
}

impl Tally {
    /// Holds verdicts on the points of `range` against the states of the series.
    pub fn of(series: &Series, range: Range<usize>, verdicts: &[Verdict], grace: usize) -> Tally {
        let mut tally = Tally::default();
        let state = |at: usize| series.state.get(at).copied().unwrap_or(false);
        let mut alarms = vec![false; series.len()];
        for verdict in verdicts {
            alarms[verdict.at] = verdict.alarm();
            match (!was_judged(verdict), state(verdict.at), verdict.alarm()) {
                (true, ..) => tally.silent += 1,
                (_, true, true) => tally.hits += 1,
                (_, true, false) => tally.misses += 1,
                (_, false, true) => tally.false_alarms += 1,
                (_, false, false) => tally.quiet += 1,
            }
        }
        let free = (tally.false_alarms + tally.quiet) as f64;
        tally.free_weeks = free * f64::from(series.step.days()) / 7.0;
        let starts: Vec<usize> = range.clone().filter(|at| state(*at) && (*at == 0 || !state(*at - 1))).collect();
        tally.outbreaks = starts.len() as u64;
        let mut lags = 0;
        for (nth, start) in starts.iter().copied().enumerate() {
            let next = starts.get(nth + 1).copied().unwrap_or(range.end);
            let end = (start..range.end).find(|at| !state(*at)).unwrap_or(range.end);
            let found = (start..(end + grace).min(next).min(range.end)).find(|at| alarms[*at]);
            tally.delays.extend(found.map(|at| (at - start) as f64));
            let until = (start + LAG_MAX + 1).min(next).min(range.end);
            lags += (start..until).find(|at| alarms[*at]).map_or(LAG_MAX, |at| at - start);
        }
        tally.mlag = if starts.is_empty() { 0.0 } else { lags as f64 / starts.len() as f64 };
        tally
    }
}

/// Whether a verdict says anything of its point. Too few cases to be judged is a judgement: no alarm.
pub(super) fn was_judged(verdict: &Verdict) -> bool {
    matches!(verdict.silent, None | Some(Silent::FewCases { .. }))
}

/// What was found in many series, each figure with its interval: Wilson's for shares; the bootstrap over series for
/// `delay`, `mlag` and `false_alarms`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measures {
    pub series: u64,
    /// Points that were judged.
    pub points: u64,
    pub silent: u64,
    pub outbreaks: u64,
    pub detected: u64,
    /// Share of outbreaks that were found.
    pub sensitivity: Estimate,
    /// Share of points in outbreaks that alarmed.
    pub point_sensitivity: Estimate,
    /// Share of points outside outbreaks that did not alarm.
    pub specificity: Estimate,
    /// Share of alarms that lay in outbreaks.
    pub ppv: Estimate,
    /// Share of points without an alarm that lay outside outbreaks.
    pub npv: Estimate,
    /// Mean points from the beginning of an outbreak to its first alarm, over those that were found.
    pub delay: Estimate,
    /// Mean of `Tally::mlag` over series.
    pub mlag: Estimate,
    /// Alarmed points outside outbreaks in 100 series-weeks outside outbreaks.
    pub false_alarms: Estimate,
}

impl Measures {
    pub fn of(tallies: &[Tally], draws: usize, seed: u64) -> Measures {
        let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum::<u64>();
        let (hits, misses) = (sum(|tally| tally.hits), sum(|tally| tally.misses));
        let (wrong, quiet) = (sum(|tally| tally.false_alarms), sum(|tally| tally.quiet));
        let (outbreaks, detected) = (sum(|tally| tally.outbreaks), sum(|tally| tally.delays.len() as u64));
        let pairs = |of: fn(&Tally) -> (f64, f64)| {
            let parts: Vec<(f64, f64)> = tallies.iter().map(of).collect();
            bootstrap(&parts, draws, seed)
        };
        Measures {
            series: tallies.len() as u64,
            points: hits + misses + wrong + quiet,
            silent: sum(|tally| tally.silent),
            outbreaks,
            detected,
            sensitivity: wilson(detected, outbreaks),
            point_sensitivity: wilson(hits, hits + misses),
            specificity: wilson(quiet, quiet + wrong),
            ppv: wilson(hits, hits + wrong),
            npv: wilson(quiet, quiet + misses),
            delay: pairs(|tally| (tally.delays.iter().sum(), tally.delays.len() as f64)),
            mlag: pairs(|tally| (tally.mlag, 1.0)),
            false_alarms: pairs(|tally| (100.0 * tally.false_alarms as f64, tally.free_weeks)),
        }
    }
}
