//! How good nowcasts would have been: made as of earlier days, held against what has become known since.

use super::{Estimate, Known, Options, QUANTILES, Triangle, nowcast};
use serde::Serialize;

/// Nowcasts of one age, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    pub nowcasts: usize,
    /// Of them, how many had the truth within their interval.
    pub within_50: usize,
    pub within_90: usize,
    pub within_95: usize,
    /// Sums: of the weighted interval score, of that of the naive nowcast that takes what is known for the whole, and of
    /// |median − truth|.
    pub interval_score: f64,
    pub naive_score: f64,
    pub error: f64,
}

impl Score {
    pub fn add(&mut self, other: &Score) {
        self.nowcasts += other.nowcasts;
        self.within_50 += other.within_50;
        self.within_90 += other.within_90;
        self.within_95 += other.within_95;
        self.interval_score += other.interval_score;
        self.naive_score += other.naive_score;
        self.error += other.error;
    }

    pub fn coverage_90(&self) -> f64 {
        self.within_90 as f64 / self.nowcasts as f64
    }

    fn of(estimate: &Estimate, truth: f64) -> Option<Score> {
        let quantiles = estimate.quantiles?;
        let [low_95, low_90, low_50, median, high_50, high_90, high_95] = quantiles;
        let within = |low: f64, high: f64| usize::from(low <= truth && truth <= high);
        Some(Score {
            nowcasts: 1,
            within_50: within(low_50, high_50),
            within_90: within(low_90, high_90),
            within_95: within(low_95, high_95),
            interval_score: weighted_interval_score(&quantiles, truth),
            naive_score: (truth - estimate.observed).abs(),
            error: (median - truth).abs(),
        })
    }
}

/// Scores by the age of a day at the time of its nowcast.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    pub by_age: Vec<Score>,
    /// Days that could not be nowcast.
    pub without: usize,
}

impl Scores {
    pub fn all(&self) -> Score {
        let mut all = Score::default();
        self.by_age.iter().for_each(|score| all.add(score));
        all
    }

    pub fn add(&mut self, other: &Scores) {
        let ages = self.by_age.len().max(other.by_age.len());
        self.by_age.resize(ages, Score::default());
        self.by_age.iter_mut().zip(&other.by_age).for_each(|(mine, theirs)| mine.add(theirs));
        self.without += other.without;
    }
}

/// Nowcasts as of each of the days `todays`, of the days then open whose whole is known by now.
pub fn back(triangle: &Triangle, todays: impl IntoIterator<Item = usize>, options: &Options) -> Scores {
    let (now, delay_max) = (triangle.now(), triangle.delay_max());
    let mut scores = Scores { by_age: vec![Score::default(); delay_max], without: 0 };
    for today in todays {
        let then: Known = triangle.known(today);
        let made = nowcast(&then, options);
        for estimate in made.days.iter().skip((today + 1).saturating_sub(delay_max)) {
            if now.age(estimate.day) < delay_max {
                continue;
            }
            match Score::of(estimate, now.observed(estimate.day)) {
                Some(score) => scores.by_age[today - estimate.day].add(&score),
                None => scores.without += 1,
            }
        }
    }
    scores
}

/// The weighted interval score of quantiles at `QUANTILES` (Bracher et al. 2021, doi 10.1371/journal.pcbi.1008618): twice
/// the mean pinball loss. It is |median − truth| where all quantiles are one, and never negative.
pub fn weighted_interval_score(quantiles: &[f64; QUANTILES.len()], truth: f64) -> f64 {
    let loss = |(quantile, p): (&f64, f64)| {
        let off = truth - quantile;
        if off >= 0.0 { p * off } else { (p - 1.0) * off }
    };
    2.0 * quantiles.iter().zip(QUANTILES).map(loss).sum::<f64>() / QUANTILES.len() as f64
}
