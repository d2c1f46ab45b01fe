//! The study's days in steps, and the windows that are looked at.

use super::model::INTERVALS_MAX;
use super::{Analysis, Options};
use crate::Day;
use base::{Error, Result};

/// Steps of time. They are counted back from the last day, so that the first may be shorter. Windows lie among the last
/// `scanned` steps: all of them in a retrospective scan, as many as the longest window has in a prospective one.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    days: Option<(Day, Day)>,
    step: i32,
    pub intervals: usize,
    pub scanned: usize,
    pub len_min: usize,
    pub len_max: usize,
    /// Whether windows must end on the last day.
    pub ending: bool,
}

impl Time {
    pub fn new(days: Option<(Day, Day)>, options: &Options) -> Result<Time> {
        let (Some((first, last)), true) = (days, options.analysis != Analysis::Spatial) else {
            return Ok(Time { days, step: 0, intervals: 1, scanned: 1, len_min: 1, len_max: 1, ending: true });
        };
        let step = options.interval_days;
        let all = (last - first + 1).max(1);
        let intervals = steps(all, step);
        if intervals > INTERVALS_MAX {
            let text = format!(
                "the study has {intervals} steps of time, more than {INTERVALS_MAX}; set `start`, or a longer \
                 `interval_days`"
            );
            return Err(Error::too_costly(text));
        }
        let of_share = (f64::from(all) * options.time_share_max + 1e-9).floor() as i32;
        let most = options.days_max.map_or(of_share, |most| most.min(of_share));
        let len_max = ((most / step).max(0) as usize).min(intervals);
        let len_min = steps(options.days_min, step).max(1);
        if len_min > len_max {
            let text = format!(
                "no window fits: the study has {all} days and `time_share_max` and `days_max` allow {most}, \
                 `interval_days` and `days_min` need {}",
                len_min as i32 * step
            );
            return Err(Error::invalid(text));
        }
        let ending = options.analysis == Analysis::Prospective;
        let scanned = if ending { len_max } else { intervals };
        Ok(Time { days, step, intervals, scanned, len_min, len_max, ending })
    }

    /// Which step a day is in.
    pub fn interval(&self, day: Day) -> usize {
        match self.days {
            Some((_, last)) if self.step > 0 => self.intervals - 1 - ((last - day) / self.step) as usize,
            _ => 0,
        }
    }

    /// Which of the scanned steps a day is in; none before them.
    pub fn among_scanned(&self, day: Day) -> Option<usize> {
        self.interval(day).checked_sub(self.intervals - self.scanned)
    }

    /// The first and the last day of a step.
    pub fn days_of(&self, interval: usize) -> Option<(Day, Day)> {
        let (first, last) = self.days?;
        if self.step == 0 {
            return Some((first, last));
        }
        let end = last - (self.intervals - 1 - interval) as i32 * self.step;
        Some(((end - self.step + 1).max(first), end))
    }

    /// The first and the last day of a window of scanned steps, `to` excluded.
    pub fn window(&self, from: usize, to: usize) -> Option<(Day, Day)> {
        let before = self.intervals - self.scanned;
        Some((self.days_of(before + from)?.0, self.days_of(before + to - 1)?.1))
    }
}

/// Steps that so many days fill, the last one perhaps in part.
fn steps(days: i32, step: i32) -> usize {
    (days.max(0) as usize).div_ceil(step as usize)
}
