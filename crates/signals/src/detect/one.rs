//! One series: judged as a whole, or a value a day onto what is kept.

use super::{Detector, Kept, Silent, Verdict};
use crate::Series;
use std::ops::Range;

/// Judges the points of `range`.
pub fn one(detector: &dyn Detector, series: &Series, range: Range<usize>) -> Vec<Verdict> {
    let mut out = Vec::with_capacity(range.len());
    detector.judge(series, range, &mut out);
    out
}

/// What is to be kept after `past` so that later values can be added; none where the method cannot go on from a state.
pub fn begin(detector: &dyn Detector, past: &Series) -> Option<Kept> {
    let carried = detector.begin(past);
    let reach = match (&carried, detector.reach()) {
        (None, None) => return None,
        (_, reach) => reach.unwrap_or(0),
    };
    let from = past.len().saturating_sub(reach);
    Some(Kept {
        step: past.step,
        first: past.first,
        seen: past.len(),
        recent: past.observed[from..].to_vec(),
        population: past.population.get(from..).unwrap_or_default().to_vec(),
        carried: carried.unwrap_or_default(),
    })
}

/// Judges one more value and moves what is kept on: the same verdict as `one` gives of the whole series.
pub fn add(detector: &dyn Detector, kept: &mut Kept, observed: f64, population: Option<f64>) -> Verdict {
    let at = kept.seen;
    let mut carried = std::mem::take(&mut kept.carried);
    let verdict = detector.add(&mut carried, kept, observed);
    kept.carried = carried;
    kept.recent.push(observed);
    kept.population.extend(population);
    let verdict = verdict.unwrap_or_else(|| of_recent(detector, kept, at));
    kept.seen += 1;
    let over = kept.recent.len().saturating_sub(detector.reach().unwrap_or(0));
    kept.recent.drain(..over);
    kept.population.drain(..over.min(kept.population.len()));
    verdict
}

/// The verdict on the last of the recent values, from them alone.
fn of_recent(detector: &dyn Detector, kept: &Kept, at: usize) -> Verdict {
    let last = kept.recent.len() - 1;
    let shift = i32::try_from(at - last).unwrap_or(i32::MAX / 8) * kept.step.days();
    let series = Series {
        step: kept.step,
        first: kept.first.map(|first| first + shift),
        observed: kept.recent.clone(),
        population: kept.population.clone(),
        state: Vec::new(),
    };
    let mut out = Vec::with_capacity(1);
    detector.judge(&series, last..last + 1, &mut out);
    let verdict = out.pop().unwrap_or_else(|| Verdict::silent(at, kept.recent[last], Silent::NotFitted));
    Verdict { at, ..verdict }
}
