//! Distribution functions. `cdf` is P(X ≤ x), `sf` is P(X > x) without the loss of 1 − cdf, `quantile(p)` the least x
//! with cdf(x) ≥ p. About 1e-13 of the value, in the tails too. Counts are taken as whole: what is behind the point is
//! dropped. What makes no sense (a negative deviation, a probability above one) gives NaN.

use super::special::{beta_parts, erfc, gamma_parts, ln_binomial_raw, ln_gamma, ln_poisson_raw, root_tau};
use statrs::function::erf::erfc_inv;
use std::f64::consts::SQRT_2;

/// A quantile of a discrete distribution is not missed by rounding: R allows 64 units in the last place too.
const FUZZ: f64 = 64.0 * f64::EPSILON;

pub fn normal_pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / root_tau()
}

pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

pub fn normal_sf(x: f64) -> f64 {
    0.5 * erfc(x / SQRT_2)
}

pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    // One step of Halley on top of the rational approximation.
    let x = -SQRT_2 * erfc_inv(2.0 * p);
    let density = normal_pdf(x);
    if density < 1e-300 {
        return x;
    }
    let u = (normal_cdf(x) - p) / density;
    x - u / (1.0 + 0.5 * x * u)
}

pub fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// P(T > t) of Student's distribution with `df` > 0 degrees of freedom, which need not be whole.
pub fn t_sf(t: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || t.is_nan() {
        return f64::NAN;
    }
    if df > 1e12 {
        return normal_sf(t);
    }
    let square = t * t;
    if square.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let (x, y) = (df / (df + square), square / (df + square));
    let (tails, _) = beta_parts(0.5 * df, 0.5, x, y);
    if t >= 0.0 { 0.5 * tails } else { 1.0 - 0.5 * tails }
}

pub fn t_quantile(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if p < 0.5 {
        return -t_upper(p, df);
    }
    t_upper(1.0 - p, df)
}

/// The t above which lies `q` ≤ ½.
fn t_upper(q: f64, df: f64) -> f64 {
    if q == 0.5 {
        return 0.0;
    }
    if q == 0.0 {
        return f64::INFINITY;
    }
    if df > 1e12 {
        return -normal_quantile(q);
    }
    let (mut low, mut high) = (0.0, 2.0);
    while t_sf(high, df) > q && high < 1e300 {
        low = high;
        high *= 4.0;
    }
    let z = -normal_quantile(q);
    let start = z + z * (z * z + 1.0) / (4.0 * df);
    let ln_scale = ln_gamma(0.5 * (df + 1.0)) - ln_gamma(0.5 * df) - 0.5 * (df * std::f64::consts::PI).ln();
    let pdf = |t: f64| (ln_scale - 0.5 * (df + 1.0) * (t * t / df).ln_1p()).exp();
    newton(low, high, start, |t| (q - t_sf(t, df), pdf(t)))
}

/// Where a rising function is nought between `low` and `high`: Newton, and halving where a step leaves the bracket.
fn newton(mut low: f64, mut high: f64, start: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut x = if start > low && start < high { start } else { 0.5 * (low + high) };
    for _ in 0..200 {
        let (value, slope) = f(x);
        if value == 0.0 || value.is_nan() {
            return x;
        }
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let step = value / slope;
        let mut next = x - step;
        if !(next > low && next < high) {
            next = 0.5 * (low + high);
        }
        let moved = (next - x).abs();
        x = next;
        if moved <= 2.0 * f64::EPSILON * x.abs() || high - low <= 2.0 * f64::EPSILON * high.abs() {
            return x;
        }
    }
    x
}

pub fn gamma_cdf(x: f64, shape: f64, scale: f64) -> f64 {
    if scale > 0.0 { gamma_parts(shape, x / scale).0 } else { f64::NAN }
}

pub fn gamma_sf(x: f64, shape: f64, scale: f64) -> f64 {
    if scale > 0.0 { gamma_parts(shape, x / scale).1 } else { f64::NAN }
}

pub fn gamma_quantile(p: f64, shape: f64, scale: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || shape.is_nan() || shape <= 0.0 || scale.is_nan() || scale <= 0.0 {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    // Wilson and Hilferty; for small shapes and the lower tail P ≈ x^a/Γ(a+1).
    let cube = 1.0 - 1.0 / (9.0 * shape) + normal_quantile(p) / (3.0 * shape.sqrt());
    let small = ((p.ln() + ln_gamma(shape + 1.0)) / shape).exp();
    let start = if cube > 0.1 { shape * cube.powi(3) } else { small };
    let gap = |x: f64| {
        let (lower, upper) = gamma_parts(shape, x);
        let value = if p <= 0.5 { lower - p } else { (1.0 - p) - upper };
        (value, ln_poisson_raw(shape, x).exp() * shape / x)
    };
    let (mut low, mut high) = (0.0, start.max(1e-300));
    while gap(high).0 < 0.0 && high < 1e300 {
        low = high;
        high *= 2.0;
    }
    while low == 0.0 && gap(0.5 * high).0 > 0.0 && high > 1e-305 {
        high *= 0.5;
    }
    newton(low, high, start, gap) * scale
}

pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    beta_parts(a, b, x, 1.0 - x).0
}

pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return p;
    }
    let gap = |x: f64| {
        let (lower, upper) = beta_parts(a, b, x, 1.0 - x);
        let value = if p <= 0.5 { lower - p } else { (1.0 - p) - upper };
        let density = ln_binomial_raw(a, a + b, x, 1.0 - x).exp() * a * b / ((a + b) * x * (1.0 - x));
        (value, density)
    };
    let mut low = a / (a + b);
    while low > 1e-300 && gap(low).0 > 0.0 {
        low *= 0.25;
    }
    newton(low * 0.5, 1.0, a / (a + b), gap)
}

pub fn poisson_ln_pmf(k: f64, mean: f64) -> f64 {
    if k < 0.0 || k.fract() != 0.0 {
        return f64::NEG_INFINITY;
    }
    ln_poisson_raw(k, mean)
}

pub fn poisson_pmf(k: f64, mean: f64) -> f64 {
    poisson_ln_pmf(k, mean).exp()
}

pub fn poisson_cdf(k: f64, mean: f64) -> f64 {
    if k < 0.0 { 0.0 } else { gamma_parts(k.floor() + 1.0, mean).1 }
}

/// P(X > k).
pub fn poisson_sf(k: f64, mean: f64) -> f64 {
    if k < 0.0 { 1.0 } else { gamma_parts(k.floor() + 1.0, mean).0 }
}

pub fn poisson_quantile(p: f64, mean: f64) -> f64 {
    if mean.is_nan() || mean < 0.0 {
        return f64::NAN;
    }
    let spread = (mean.sqrt(), 1.0 / mean.max(1e-300).sqrt());
    let ratio = |k: f64| mean / (k + 1.0);
    discrete_quantile(p, mean, spread, (-mean).exp(), ratio, |k| (poisson_cdf(k, mean), poisson_sf(k, mean)))
}

/// The negative binomial distribution with `mean` and `size` (variance mean + mean²/size).
pub fn nb_ln_pmf(k: f64, mean: f64, size: f64) -> f64 {
    if k < 0.0 || k.fract() != 0.0 {
        return f64::NEG_INFINITY;
    }
    if size.is_infinite() {
        return ln_poisson_raw(k, mean);
    }
    let (p, q) = nb_chances(mean, size);
    if k == 0.0 {
        return -size * (mean / size).ln_1p();
    }
    (size / (size + k)).ln() + ln_binomial_raw(size, size + k, p, q)
}

pub fn nb_pmf(k: f64, mean: f64, size: f64) -> f64 {
    nb_ln_pmf(k, mean, size).exp()
}

pub fn nb_cdf(k: f64, mean: f64, size: f64) -> f64 {
    nb_parts(k, mean, size).0
}

/// P(X > k).
pub fn nb_sf(k: f64, mean: f64, size: f64) -> f64 {
    nb_parts(k, mean, size).1
}

fn nb_parts(k: f64, mean: f64, size: f64) -> (f64, f64) {
    if k < 0.0 {
        return (0.0, 1.0);
    }
    if size.is_infinite() {
        return (poisson_cdf(k, mean), poisson_sf(k, mean));
    }
    let (p, q) = nb_chances(mean, size);
    beta_parts(size, k.floor() + 1.0, p, q)
}

fn nb_chances(mean: f64, size: f64) -> (f64, f64) {
    (size / (size + mean), mean / (size + mean))
}

pub fn nb_quantile(p: f64, mean: f64, size: f64) -> f64 {
    if mean.is_nan() || mean < 0.0 || size.is_nan() || size <= 0.0 {
        return f64::NAN;
    }
    if size.is_infinite() {
        return poisson_quantile(p, mean);
    }
    let (chance, rest) = nb_chances(mean, size);
    let deviation = (mean / chance).sqrt();
    let skew = (1.0 + rest) / (rest * size).max(1e-300).sqrt();
    let none = (-size * (mean / size).ln_1p()).exp();
    let ratio = |k: f64| rest * (size + k) / (k + 1.0);
    discrete_quantile(p, mean, (deviation, skew), none, ratio, |k| nb_parts(k, mean, size))
}

pub fn binomial_ln_pmf(k: f64, n: f64, p: f64) -> f64 {
    if k < 0.0 || k > n || k.fract() != 0.0 {
        return f64::NEG_INFINITY;
    }
    ln_binomial_raw(k, n, p, 1.0 - p)
}

pub fn binomial_pmf(k: f64, n: f64, p: f64) -> f64 {
    binomial_ln_pmf(k, n, p).exp()
}

pub fn binomial_cdf(k: f64, n: f64, p: f64) -> f64 {
    binomial_parts(k, n, p).0
}

/// P(X > k).
pub fn binomial_sf(k: f64, n: f64, p: f64) -> f64 {
    binomial_parts(k, n, p).1
}

fn binomial_parts(k: f64, n: f64, p: f64) -> (f64, f64) {
    let k = k.floor();
    if k < 0.0 {
        return (0.0, 1.0);
    }
    if k >= n {
        return (1.0, 0.0);
    }
    beta_parts(n - k, k + 1.0, 1.0 - p, p)
}

pub fn binomial_quantile(p: f64, n: f64, chance: f64) -> f64 {
    if !(0.0..=1.0).contains(&chance) || n.is_nan() || n < 0.0 {
        return f64::NAN;
    }
    if chance == 1.0 || p >= 1.0 {
        return n;
    }
    let mean = n * chance;
    let deviation = (mean * (1.0 - chance)).sqrt();
    let skew = (1.0 - 2.0 * chance) / deviation.max(1e-300);
    let none = (n * (-chance).ln_1p()).exp();
    let ratio = |k: f64| (n - k) / (k + 1.0) * chance / (1.0 - chance);
    discrete_quantile(p, mean, (deviation, skew), none, ratio, |k| binomial_parts(k, n, chance)).min(n)
}

/// The least whole k with cdf(k) ≥ p: small ones by summing up from `none` = P(X = 0) with `ratio(k)` = P(k+1)/P(k),
/// others by a search that begins at the guess of Cornish and Fisher from (deviation, skewness).
fn discrete_quantile(
    p: f64,
    mean: f64,
    (deviation, skew): (f64, f64),
    none: f64,
    ratio: impl Fn(f64) -> f64,
    parts: impl Fn(f64) -> (f64, f64),
) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p >= 1.0 {
        return if mean > 0.0 { f64::INFINITY } else { 0.0 };
    }
    if mean == 0.0 || p == 0.0 {
        return 0.0;
    }
    let wanted = p * (1.0 - FUZZ);
    if none > 1e-280 {
        let (mut pmf, mut sum, mut k) = (none, none, 0.0);
        while sum < wanted && k < 300.0 {
            pmf *= ratio(k);
            sum += pmf;
            k += 1.0;
        }
        if sum >= wanted {
            return k;
        }
    }
    let reached = |k: f64| {
        let (lower, upper) = parts(k);
        if p > 0.5 { upper <= 1.0 - wanted } else { lower >= wanted }
    };
    let z = normal_quantile(p);
    let guess = (mean + deviation * (z + skew * (z * z - 1.0) / 6.0)).clamp(0.0, 1e300).floor();
    let mut step = (deviation * 0.01).max(1.0).floor();
    let (mut low, mut high) = (guess, guess);
    if reached(guess) {
        while low >= 0.0 && reached(low) {
            high = low;
            low = if low == 0.0 { -1.0 } else { (low - step).max(0.0) };
            step *= 2.0;
        }
    } else {
        while !reached(high) && high < 1e300 {
            low = high;
            high += step;
            step *= 2.0;
        }
    }
    // Neighbours in floating point are further apart than one beyond 2^53.
    while high - low > 1.0_f64.max(high * f64::EPSILON * 2.0) {
        let middle = (0.5 * (low + high)).floor();
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
