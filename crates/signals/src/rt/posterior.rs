//! Mean, deviation and quantiles of a mixture of gamma distributions of one shape.

use crate::numbers::{dist, special};

/// The quantiles that are given.
pub const QUANTILES: [f64; 7] = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975];

/// Mean, deviation and quantiles where every scale is as likely as every other.
pub fn summary(shape: f64, scales: &[f64]) -> (f64, f64, [f64; QUANTILES.len()]) {
    let count = scales.len() as f64;
    let mean = shape * scales.iter().sum::<f64>() / count;
    let within = shape * scales.iter().map(|scale| scale * scale).sum::<f64>() / count;
    let between = scales.iter().map(|scale| (shape * scale - mean).powi(2)).sum::<f64>() / count;
    let quantiles = QUANTILES.map(|p| mixture_quantile(shape, scales, p));
    (mean, (within + between).sqrt(), quantiles)
}

fn mixture_quantile(shape: f64, scales: &[f64], p: f64) -> f64 {
    let unit = dist::gamma_quantile(p, shape, 1.0);
    let (mut low, mut high) = scales.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), s| (a.min(*s), b.max(*s)));
    let count = scales.len() as f64;
    let mut x = unit * scales.iter().sum::<f64>() / count;
    if high - low <= 1e-15 * high {
        return x;
    }
    (low, high) = (unit * low, unit * high);
    // Newton's steps, kept between bounds by halving.
    for _ in 0..200 {
        let of = |scale: &f64| (dist::gamma_cdf(x, shape, *scale), density(shape, x / scale) / scale);
        let (reached, density) =
            scales.iter().map(of).fold((0.0, 0.0), |(a, b), (c, d)| (a + c / count, b + d / count));
        if reached < p {
            low = x;
        } else {
            high = x;
        }
        let mut next = x - (reached - p) / density;
        if !(next > low && next < high) {
            next = 0.5 * (low + high);
        }
        if (next - x).abs() <= 1e-14 * x {
            return next;
        }
        x = next;
    }
    x
}

/// Of a gamma distribution with scale 1.
fn density(shape: f64, x: f64) -> f64 {
    ((shape - 1.0) * x.ln() - x - special::ln_gamma(shape)).exp()
}
