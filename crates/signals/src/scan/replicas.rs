//! The replicas: how high the highest ratio gets by chance, and what that says of a cluster.

use super::Options;
use super::chance::Chance;
use super::ratio::Ratio;
use super::search::Search;
use super::sieve::{Parabola, Sieve, Sift};
use super::strip::Strip;
use super::tally::Tally;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Replicas between two looks whether enough have beaten the first cluster.
const ROUND: usize = 64;

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// The highest ratios of the replicas.
pub struct Replicas {
    /// In the order of the replicas.
    pub maxima: Vec<f64>,
    sorted: Vec<f64>,
    /// Whether they ended early.
    pub stopped: bool,
    /// Location and scale of the Gumbel distribution that has their mean and deviation (Abrams, Kulldorff and Kleinman
    /// 2010); none where fewer than two differ.
    pub gumbel: Option<(f64, f64)>,
}

/// Whether a replica's ratio reaches a cluster's: equal counts may differ in the last digits.
fn reaches(replica: f64, observed: f64) -> bool {
    replica >= observed - 1e-9 * (1.0 + observed)
}

impl Replicas {
    /// Runs them. `observed` is the ratio of the most likely cluster.
    pub fn run(search: &Search, chance: &Chance, places: usize, observed: f64, options: &Options) -> Replicas {
        let run = Run { chance, places, width: search.time.scanned, observed, options };
        let Some(expected) = search.cases_most_expected().filter(|_| search.only_high()) else {
            return run.with(search);
        };
        // Lanes of one byte are fastest, as long as no window is expected to have about as many cases as it can hold.
        let few = expected < if search.time.ending { 150.0 } else { 220.0 };
        let steps = search.time.scanned;
        if !search.time.ending {
            return match Strip::new(search) {
                Some(strip) if few => run.with(&strip),
                _ => run.with(search),
            };
        }
        match (steps, few) {
            (1, _) if matches!(search.ratio, Ratio::Poisson { .. }) => run.with(&Parabola(search)),
            (1, _) => run.with(&Sieve::<u32, 1>::new(search, places)),
            (..=16, true) => run.with(&Sieve::<u8, 16>::new(search, places)),
            (..=32, true) => run.with(&Sieve::<u8, 32>::new(search, places)),
            (..=8, false) => run.with(&Sieve::<u32, 8>::new(search, places)),
            (..=32, false) => run.with(&Sieve::<u32, 32>::new(search, places)),
            _ => run.with(search),
        }
    }

    fn of(maxima: Vec<f64>, stopped: bool) -> Replicas {
        let mut sorted = maxima.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let many = maxima.len() as f64;
        let mean = maxima.iter().sum::<f64>() / many;
        let variance = maxima.iter().map(|max| (max - mean) * (max - mean)).sum::<f64>() / (many - 1.0);
        let scale = variance.sqrt() * 6.0_f64.sqrt() / std::f64::consts::PI;
        let gumbel = (scale > 0.0 && scale.is_finite()).then_some((mean - EULER * scale, scale));
        Replicas { maxima, sorted, stopped, gumbel }
    }

    /// The Monte-Carlo p-value. Ended early, the first cluster's is what Besag and Clifford (1991) give: the replicas
    /// that reached it over all replicas until then.
    pub fn p(&self, observed: f64, first: bool) -> Option<f64> {
        let many = self.sorted.len();
        if many == 0 {
            return None;
        }
        let reached = many - self.sorted.partition_point(|max| !reaches(*max, observed));
        if self.stopped && first {
            return Some(reached as f64 / many as f64);
        }
        Some((1 + reached) as f64 / (many + 1) as f64)
    }

    /// The chance that a Gumbel variate is as high.
    pub fn p_gumbel(&self, observed: f64) -> Option<f64> {
        let (location, scale) = self.gumbel?;
        Some(-(-(-(observed - location) / scale).exp()).exp_m1())
    }
}

/// What replicas are run with.
struct Run<'a> {
    chance: &'a Chance,
    places: usize,
    /// Scanned steps.
    width: usize,
    observed: f64,
    options: &'a Options,
}

impl Run<'_> {
    /// Runs them with one way to find the highest ratio.
    fn with<S: Sift>(&self, sift: &S) -> Replicas {
        let all = self.options.replicas as usize;
        let threads = threads(self.options).min(all.max(1));
        let mut rooms: Vec<_> =
            (0..threads).map(|_| (self.chance.hand(), Tally::new(self.places, self.width), sift.room())).collect();
        let mut maxima: Vec<f64> = Vec::with_capacity(all);
        let mut stopped = false;
        let round = if self.options.stop_after > 0 { ROUND } else { all };
        while maxima.len() < all && !stopped {
            let (from, to) = (maxima.len(), (maxima.len() + round).min(all));
            let next = AtomicUsize::new(from);
            let done = Mutex::new(vec![0.0; to - from]);
            std::thread::scope(|scope| {
                for (hand, tally, room) in &mut rooms {
                    let (next, done) = (&next, &done);
                    scope.spawn(move || {
                        loop {
                            let replica = next.fetch_add(1, Ordering::Relaxed);
                            if replica >= to {
                                return;
                            }
                            self.chance.draw(self.options.seed, replica as u64, hand, tally);
                            let best = sift.highest(tally, room);
                            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[replica - from] = best;
                        }
                    });
                }
            });
            maxima.extend(done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
            stopped = stop(&mut maxima, self.observed, self.options.stop_after as usize);
        }
        Replicas::of(maxima, stopped)
    }
}

/// Whether chance has reached the first cluster's ratio often enough; what was drawn after that is forgotten, so that
/// the answer does not depend on rounds and threads.
fn stop(maxima: &mut Vec<f64>, observed: f64, enough: usize) -> bool {
    if enough == 0 {
        return false;
    }
    let mut reached = 0;
    let last = maxima.iter().position(|max| {
        reached += usize::from(reaches(*max, observed));
        reached == enough
    });
    if let Some(last) = last {
        maxima.truncate(last + 1);
    }
    last.is_some()
}

/// Threads to run on.
pub fn threads(options: &Options) -> usize {
    if options.threads > 0 {
        return options.threads;
    }
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
