//! Intervals of 95 %.

use crate::numbers::sample::quantile;
use base::rng::Rng;
use serde::Serialize;

/// The normal deviate of a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// The stream of the draws of the bootstrap.
const STREAM: u32 = 9_001;

/// A figure with its interval; none where nothing could be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A share with Wilson's interval (Wilson 1927). It takes what is counted as independent, which points of one series are
/// not: between points it is too narrow.
pub fn wilson(hits: u64, of: u64) -> Estimate {
    if of == 0 {
        return Estimate::default();
    }
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let scale = 1.0 + Z * Z / n;
    let middle = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends Wilson's bound is the share itself, which rounding must not overstep.
    let low = if hits == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if hits == of { 1.0 } else { (middle + half).min(1.0) };
    Estimate { value: Some(p), low: Some(low), high: Some(high) }
}

/// A ratio of sums over series with its percentile interval, for which the series are drawn again `draws` times (Efron
/// 1979). The interval is missing where there are fewer than two series or the lower sum is nought too often.
pub fn bootstrap(parts: &[(f64, f64)], draws: usize, seed: u64) -> Estimate {
    let ratio = |upper: f64, lower: f64| (lower > 0.0).then(|| upper / lower);
    let sums = parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    let value = ratio(sums.0, sums.1);
    let parts: Vec<(f64, f64)> = parts.iter().copied().filter(|part| part.1 > 0.0).collect();
    if value.is_none() || parts.len() < 2 || draws == 0 {
        return Estimate { value, low: None, high: None };
    }
    let mut rng = Rng::of(seed, STREAM, parts.len() as u64);
    let mut drawn: Vec<f64> = (0..draws)
        .filter_map(|_| {
            let (mut upper, mut lower) = (0.0, 0.0);
            for _ in 0..parts.len() {
                let part = rng.pick(&parts);
                upper += part.0;
                lower += part.1;
            }
            ratio(upper, lower)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    Estimate { value, low: Some(quantile(&drawn, 0.025)), high: Some(quantile(&drawn, 0.975)) }
}
