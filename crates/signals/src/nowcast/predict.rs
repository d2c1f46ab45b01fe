//! What is still to be reported, drawn: hazards as uncertain as the counts leave them, then reports day by day.
//!
//! Of a day with c cases known and the share F_a known after a days, the rate λ has the posterior gamma(k + c, k/μ + F_a);
//! the reports of the next day are Poisson(λ·(F_{a+1} − F_a)), so negative binomial, their variance multiplied by the
//! dispersion of the triangle's cells. A flat prior is k = 1, μ = ∞, under which the mean of the whole is
//! (c + 1 − F)/F. The recent prior has μ = mean of the week before (as drawn) and k from how far completed days were from
//! the mean of their week before.

use super::hazard::Hazards;
use super::triangle::Known;
use crate::numbers::{draw, glm};
use base::rng::Rng;

/// What is thought of a day's cases before any are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Every number alike.
    Flat,
    /// About as many as in the week before.
    Recent,
}

/// The stream from which reports are drawn.
const REPORTS: u32 = 0x4E43;

const WEEK: usize = 7;

/// Drawn totals of each day still open, the oldest first; an empty list where hazards are unknown.
pub fn totals(known: &Known, hazards: &Hazards, prior: Prior, draws: usize, seed: u64) -> Vec<Vec<f64>> {
    let open = (known.today + 1).saturating_sub(known.delay_max())..known.today + 1;
    let weight = if prior == Prior::Recent { recent_weight(known) } else { 0.0 };
    let mut rng = Rng::of(seed, REPORTS, known.today as u64);
    let observed: Vec<f64> = (0..=known.today).map(|day| known.observed(day)).collect();
    let mut out = vec![Vec::with_capacity(draws); open.len()];
    let (mut drawn, mut shares) = (observed.clone(), Vec::new());
    for _ in 0..draws {
        let values = hazards.drawn(&mut rng);
        for (nth, day) in open.clone().enumerate() {
            hazards.shares(Some(&values), known, day, known.age(day), &mut shares);
            if shares[0].is_nan() {
                continue;
            }
            let (k, rate) = match recent_mean(&drawn, day) {
                Some(mean) if weight > 0.0 => (weight, weight / mean),
                _ => (1.0, 0.0),
            };
            drawn[day] = reported(&mut rng, observed[day], (k, rate), &shares, hazards.dispersion);
            out[nth].push(drawn[day]);
        }
    }
    out.iter_mut().for_each(|totals| totals.sort_by(f64::total_cmp));
    out
}

/// The whole of a day: what is known, and step by step what follows.
fn reported(rng: &mut Rng, known: f64, (k, rate): (f64, f64), shares: &[f64], dispersion: f64) -> f64 {
    let mut count = known;
    for pair in shares.windows(2) {
        let (size, step) = (k + count, pair[1] - pair[0]);
        let mean = size * step / (rate + pair[0]);
        if mean <= 0.0 || !mean.is_finite() {
            continue;
        }
        let variance = dispersion * (mean + mean * mean / size);
        count += draw::negative_binomial(rng, mean, mean * mean / (variance - mean)) as f64;
    }
    count
}

/// The mean of the week before, half a case more, so that it is never nought.
fn recent_mean(counts: &[f64], day: usize) -> Option<f64> {
    let week = &counts[day.saturating_sub(WEEK)..day];
    (!week.is_empty()).then(|| (week.iter().sum::<f64>() + 0.5) / week.len() as f64)
}

/// How much the week before says: the size of the negative binomial distribution of completed days about it.
fn recent_weight(known: &Known) -> f64 {
    let complete = (known.today + 1).saturating_sub(known.delay_max());
    let counts: Vec<f64> = (0..complete).map(|day| known.observed(day)).collect();
    let days = WEEK.min(complete)..complete;
    if days.len() < 2 * WEEK {
        return 1.0;
    }
    let means: Vec<f64> = days.clone().filter_map(|day| recent_mean(&counts, day)).collect();
    glm::best_size(&counts[days], &means, None).clamp(0.5, 50.0)
}
