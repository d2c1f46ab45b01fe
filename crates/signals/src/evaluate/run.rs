//! A method over many series.

use super::measure::Tally;
use crate::Series;
use crate::detect::{self, Detector};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a run found, series by series.
pub type Judged = Vec<Tally>;

/// Judges the last `judged` points of each series on so many threads; the same on any number of them.
pub fn judge(detector: &dyn Detector, series: &[Series], judged: usize, grace: usize, threads: usize) -> Judged {
    let one = |series: &Series| {
        let range: Range<usize> = series.len().saturating_sub(judged)..series.len();
        let verdicts = detect::one(detector, series, range.clone());
        Tally::of(series, range, &verdicts, grace)
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done: Vec<(usize, Tally)> = Vec::new();
        while let Some(mine) = series.get(next.fetch_add(1, Ordering::Relaxed)..).filter(|rest| !rest.is_empty()) {
            done.push((series.len() - mine.len(), one(&mine[0])));
        }
        done
    };
    let mut all: Vec<(usize, Tally)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.clamp(1, series.len().max(1))).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    all.sort_by_key(|(nth, _)| *nth);
    all.into_iter().map(|(_, tally)| tally).collect()
}
