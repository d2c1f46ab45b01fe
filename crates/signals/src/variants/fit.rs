//! The multinomial logistic fit: Newton's steps on the likelihood, with a weak normal prior on advantages.

use crate::numbers::solve;

/// Rounds of Newton's method; the likelihood has one top, a dozen is usual.
const ROUNDS_MAX: usize = 200;

/// Coefficients (level and advantage of each variant but the first, by turns) and their covariance.
#[derive(Clone, Debug)]
pub struct Fitted {
    pub coefficients: Vec<f64>,
    /// Row by row, for dispersion 1.
    pub covariance: Vec<f64>,
    /// Pearson's χ².
    pub pearson: f64,
}

/// Counts by time, `variants` a row; the first is the reference.
#[derive(Clone, Copy, Debug)]
pub struct Counts<'a> {
    pub times: &'a [f64],
    pub counts: &'a [f64],
    pub variants: usize,
}

impl Counts<'_> {
    fn row(&self, at: usize) -> &[f64] {
        &self.counts[at * self.variants..(at + 1) * self.variants]
    }
}

/// Shares at a time from the coefficients.
pub fn shares(coefficients: &[f64], time: f64, out: &mut [f64]) {
    out[0] = 0.0;
    for (pair, linear) in coefficients.chunks_exact(2).zip(&mut out[1..]) {
        *linear = pair[0] + pair[1] * time;
    }
    let top = out.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    out.iter_mut().for_each(|linear| *linear = (*linear - top).exp());
    let sum: f64 = out.iter().sum();
    out.iter_mut().for_each(|share| *share /= sum);
}

/// The most likely coefficients under an advantage prior of this precision; none where they do not settle.
pub fn fit(data: &Counts, precision: f64) -> Option<Fitted> {
    let n = 2 * (data.variants - 1);
    let mut coefficients = start(data);
    let mut value = likelihood(data, &coefficients, precision);
    let (mut information, mut score) = (vec![0.0; n * n], vec![0.0; n]);
    for _ in 0..ROUNDS_MAX {
        slopes(data, &coefficients, precision, &mut information, &mut score);
        solve::cholesky(&mut information, n);
        solve::solve(&information, n, &mut score);
        let mut length = 1.0;
        let (mut next, mut next_value);
        loop {
            next = coefficients.iter().zip(&score).map(|(b, step)| b + length * step).collect::<Vec<f64>>();
            next_value = likelihood(data, &next, precision);
            if next_value >= value - 1e-12 * value.abs() || length < 1e-6 {
                break;
            }
            length *= 0.5;
        }
        let moved = next.iter().zip(&coefficients).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f64::max);
        if !next_value.is_finite() {
            return None;
        }
        (coefficients, value) = (next, next_value);
        if moved < 1e-11 {
            slopes(data, &coefficients, precision, &mut information, &mut score);
            solve::cholesky(&mut information, n);
            let mut covariance = vec![0.0; n * n];
            solve::inverse(&information, n, &mut covariance);
            let pearson = pearson(data, &coefficients);
            return Some(Fitted { coefficients, covariance, pearson });
        }
    }
    None
}

/// Levels by the whole counts, no advantage.
fn start(data: &Counts) -> Vec<f64> {
    let mut sums = vec![0.0; data.variants];
    for row in data.counts.chunks_exact(data.variants) {
        row.iter().zip(&mut sums).for_each(|(count, sum)| *sum += count);
    }
    sums[1..].iter().flat_map(|sum| [((sum + 0.5) / (sums[0] + 0.5)).ln(), 0.0]).collect()
}

fn likelihood(data: &Counts, coefficients: &[f64], precision: f64) -> f64 {
    let mut share = vec![0.0; data.variants];
    let mut sum = 0.0;
    for (at, time) in data.times.iter().enumerate() {
        shares(coefficients, *time, &mut share);
        let row = data.row(at).iter().zip(&share);
        sum += row.filter(|(count, _)| **count > 0.0).map(|(count, share)| count * share.max(1e-300).ln()).sum::<f64>();
    }
    sum - 0.5 * precision * coefficients.chunks_exact(2).map(|pair| pair[1] * pair[1]).sum::<f64>()
}

/// The lower triangle of the information, and the score.
fn slopes(data: &Counts, coefficients: &[f64], precision: f64, information: &mut [f64], score: &mut [f64]) {
    let n = score.len();
    information.fill(0.0);
    score.fill(0.0);
    let mut share = vec![0.0; data.variants];
    for (at, &time) in data.times.iter().enumerate() {
        let row = data.row(at);
        let total: f64 = row.iter().sum();
        shares(coefficients, time, &mut share);
        for v in 1..data.variants {
            let (i, left) = (2 * (v - 1), row[v] - total * share[v]);
            score[i] += left;
            score[i + 1] += left * time;
            for w in 1..=v {
                let own = if v == w { share[v] } else { 0.0 };
                let (j, weight) = (2 * (w - 1), total * (own - share[v] * share[w]));
                information[i * n + j] += weight;
                information[(i + 1) * n + j] += weight * time;
                information[(i + 1) * n + j + 1] += weight * time * time;
                if v != w {
                    information[i * n + j + 1] += weight * time;
                }
            }
        }
    }
    for i in (1..n).step_by(2) {
        information[i * n + i] += precision;
        score[i] -= precision * coefficients[i];
    }
    // A variant that was hardly ever seen leaves its level nearly open: enough to solve, too little to matter.
    for i in (0..n).step_by(2) {
        information[i * n + i] += 1e-9;
    }
}

fn pearson(data: &Counts, coefficients: &[f64]) -> f64 {
    let mut share = vec![0.0; data.variants];
    let mut sum = 0.0;
    for (at, time) in data.times.iter().enumerate() {
        let row = data.row(at);
        let total: f64 = row.iter().sum();
        shares(coefficients, *time, &mut share);
        let part = |(count, share): (&f64, &f64)| (count - total * share).powi(2) / (total * share);
        sum += row.iter().zip(&share).filter(|(_, share)| total * **share > 1e-12).map(part).sum::<f64>();
    }
    sum
}
