//! Seeded draws of the distributions that `base::rng` does not have. The same seed gives the same draws everywhere.

use super::special::{ln_poisson_raw, stirling_rest};
use base::rng::Rng;

/// A Poisson count, exact for every mean (products below 10, Hörmann's transformed rejection above; Hörmann 1993).
pub fn poisson(rng: &mut Rng, mean: f64) -> u64 {
    if mean.is_nan() || mean <= 0.0 {
        return 0;
    }
    if mean < 10.0 {
        let floor = (-mean).exp();
        let (mut product, mut count) = (rng.unit(), 0);
        while product > floor {
            product *= rng.unit();
            count += 1;
        }
        return count;
    }
    let root = mean.sqrt();
    let b = 0.931 + 2.53 * root;
    let a = -0.059 + 0.024_83 * b;
    let inverse = 1.1239 + 1.1328 / (b - 3.4);
    let likely = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = rng.unit() - 0.5;
        let v = 1.0 - rng.unit();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
        if us >= 0.07 && v <= likely {
            return k as u64;
        }
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let left = v.ln() + inverse.ln() - (a / (us * us) + b).ln();
        if left <= ln_poisson_raw(k, mean) {
            return k as u64;
        }
    }
}

/// A gamma draw (Marsaglia and Tsang 2000).
pub fn gamma(rng: &mut Rng, shape: f64, scale: f64) -> f64 {
    if shape.is_nan() || shape <= 0.0 {
        return 0.0;
    }
    if shape < 1.0 {
        let up = gamma(rng, shape + 1.0, scale);
        return up * (1.0 - rng.unit()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = rng.normal();
        let v = (1.0 + c * x).powi(3);
        if v <= 0.0 {
            continue;
        }
        let u = 1.0 - rng.unit();
        if u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v * scale;
        }
    }
}

pub fn beta(rng: &mut Rng, a: f64, b: f64) -> f64 {
    let x = gamma(rng, a, 1.0);
    let y = gamma(rng, b, 1.0);
    if x + y > 0.0 { x / (x + y) } else { 0.5 }
}

/// A negative binomial count with this mean and size (variance mean + mean²/size).
pub fn negative_binomial(rng: &mut Rng, mean: f64, size: f64) -> u64 {
    if size.is_infinite() {
        return poisson(rng, mean);
    }
    let rate = gamma(rng, size, mean / size);
    poisson(rng, rate)
}

/// How many of `n` (inversion where few are expected, else Hörmann's transformed rejection; Hörmann 1993).
pub fn binomial(rng: &mut Rng, n: u64, p: f64) -> u64 {
    if n == 0 || p.is_nan() || p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    if p > 0.5 {
        return n - binomial(rng, n, 1.0 - p);
    }
    let whole = n as f64;
    if whole * p < 10.0 {
        return binomial_by_gaps(rng, n, p);
    }
    let q = 1.0 - p;
    let spread = (whole * p * q).sqrt();
    let b = 1.15 + 2.53 * spread;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let c = whole * p + 0.5;
    let likely = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * spread;
    let middle = ((whole + 1.0) * p).floor();
    loop {
        let u = rng.unit() - 0.5;
        let v = 1.0 - rng.unit();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + c).floor();
        if us >= 0.07 && v <= likely {
            return k as u64;
        }
        if k < 0.0 || k > whole {
            continue;
        }
        let left = (v * alpha / (a / (us * us) + b)).ln();
        let right = (middle + 0.5) * ((middle + 1.0) / (p / q * (whole - middle + 1.0))).ln()
            + (whole + 1.0) * ((whole - middle + 1.0) / (whole - k + 1.0)).ln()
            + (k + 0.5) * (p / q * (whole - k + 1.0) / (k + 1.0)).ln()
            + rest(middle)
            + rest(whole - middle)
            - rest(k)
            - rest(whole - k);
        if left <= right {
            return k as u64;
        }
    }
}

/// What Stirling's formula in Hörmann's form leaves: ln k! − ½ ln 2π − (k+½) ln(k+1) + (k+1).
fn rest(k: f64) -> f64 {
    stirling_rest(k + 1.0)
}

/// Jumps from one that counts to the next.
fn binomial_by_gaps(rng: &mut Rng, n: u64, p: f64) -> u64 {
    let per = (-p).ln_1p();
    let (mut at, mut count) = (0.0, 0);
    loop {
        at += ((1.0 - rng.unit()).ln() / per).floor() + 1.0;
        if at > n as f64 {
            return count;
        }
        count += 1;
    }
}

/// Deals `n` out over `shares`, which need not sum to one; `out` has their length.
pub fn multinomial(rng: &mut Rng, n: u64, shares: &[f64], out: &mut [u64]) {
    let mut left = n;
    let mut whole: f64 = shares.iter().sum();
    for (nth, (share, count)) in shares.iter().zip(out.iter_mut()).enumerate() {
        let last = nth + 1 == shares.len();
        *count = if last { left } else { binomial(rng, left, if whole > 0.0 { share / whole } else { 0.0 }) };
        left -= *count;
        whole -= share;
    }
}
