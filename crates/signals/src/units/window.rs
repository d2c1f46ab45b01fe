//! Reached windows in the cases of one unit.

use super::Rule;
use crate::Day;
use serde::Serialize;

/// What a cluster spans, its members aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    pub first_onset: Day,
    pub last_onset: Day,
    /// The day of onset of the case with which a window first reached the threshold.
    pub reached: Day,
    pub counted: usize,
}

impl Span {
    pub fn meets(&self, other: &Span) -> bool {
        self.first_onset <= other.last_onset && other.first_onset <= self.last_onset
    }
}

/// The clusters in days that rise, each with how many fell ill on it.
pub fn spans(rule: &Rule, days: &[(Day, usize)]) -> Vec<Span> {
    let width = i32::try_from(rule.window_days).unwrap_or(i32::MAX / 4);
    let least = rule.least as usize;
    let mut spans: Vec<Span> = Vec::new();
    let (mut from, mut inside) = (0, 0);
    for (to, (day, count)) in days.iter().enumerate() {
        inside += count;
        while days[from].0.saturating_add(width) <= *day {
            inside -= days[from].1;
            from += 1;
        }
        if inside < least || !rule.is_valid_on(*day) {
            continue;
        }
        match spans.last_mut().filter(|last| last.last_onset >= days[from].0) {
            Some(last) => {
                // What lies between the end of the last reached window and this day belongs to it too.
                let more = days[..=to].iter().rev().take_while(|(day, _)| *day > last.last_onset);
                last.counted += more.map(|(_, count)| count).sum::<usize>();
                last.last_onset = *day;
            }
            None => {
                let first_onset = days[from].0;
                spans.push(Span { first_onset, last_onset: *day, reached: *day, counted: inside });
            }
        }
    }
    spans
}
