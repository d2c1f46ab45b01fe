//! Gamma and beta functions, accurate to about 1e-13 of their value also far out in the tails and for counts in the
//! millions. statrs loses digits there: its prefix is the exponential of a difference of large logarithms, its error
//! function is off by up to 1e-10.

use std::f64::consts::{PI, TAU};

/// ½ ln 2π.
const LN_ROOT_TAU: f64 = 0.918_938_533_204_672_8;
/// Rounds of a series or continued fraction; they grow with the root of the shape, 1e5 are enough for shapes of 1e9.
const ROUNDS_MAX: usize = 400_000;
/// From this shape on the incomplete gamma functions are taken from Temme's expansion near their middle.
const TEMME_FROM: f64 = 1e4;

/// The complementary error function: exp(−x² + a Chebyshev series) over the whole half line, worked out with fifty digits.
pub fn erfc(x: f64) -> f64 {
    const C: [f64; 28] = [
        -1.302_653_719_781_709_4,
        0.641_969_792_356_490_3,
        0.019_476_473_204_185_836,
        -0.009_561_514_786_808_642,
        -0.000_946_595_344_482_036_9,
        0.000_366_839_497_852_761_45,
        4.252_332_480_690_777e-5,
        -2.027_857_811_253_424_3e-5,
        -1.624_290_004_647_025_5e-6,
        1.303_655_835_580_523_2e-6,
        1.562_644_172_206_614_3e-8,
        -8.523_809_591_492_654e-8,
        6.529_054_439_098_852e-9,
        5.059_343_495_551_469e-9,
        -9.913_641_564_930_33e-10,
        -2.273_651_222_931_835_6e-10,
        9.646_791_102_015_527e-11,
        2.394_038_083_039_114_7e-12,
        -6.886_027_526_497_553e-12,
        8.944_879_273_090_726e-13,
        3.130_921_399_342_958e-13,
        -1.127_082_236_136_725_2e-13,
        3.810_905_255_189_232e-16,
        7.106_098_5e-15,
        -1.523_028_2e-15,
        -9.457_457e-17,
        1.210_237e-16,
        -2.816_7e-17,
    ];
    if x.is_nan() {
        return f64::NAN;
    }
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x > 40.0 {
        return 0.0;
    }
    let t = 2.0 / (2.0 + x);
    let twice = 4.0 * t - 2.0;
    let (mut last, mut before) = (0.0, 0.0);
    for c in C[1..].iter().rev() {
        (last, before) = (twice * last - before + c, last);
    }
    let series = 0.5 * (C[0] + twice * last) - before;
    // x² in two parts: its rounding would cost digits far out.
    let coarse = (x * 16.0).trunc() / 16.0;
    t * (-coarse * coarse).exp() * (series - (x - coarse) * (x + coarse)).exp()
}

/// The logarithm of Γ(x), `x` > 0.
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 || x.is_infinite() {
        return f64::INFINITY;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    if x < 10.0 {
        let (mut product, mut up) = (1.0, x);
        while up < 10.0 {
            product *= up;
            up += 1.0;
        }
        return ln_gamma(up) - product.ln();
    }
    (x - 0.5) * x.ln() - x + LN_ROOT_TAU + stirling_series(x)
}

/// ψ(x), the derivative of ln Γ, `x` > 0.
pub fn digamma(x: f64) -> f64 {
    let (mut sum, mut up) = (0.0, x);
    while up < 12.0 {
        sum -= 1.0 / up;
        up += 1.0;
    }
    let s = 1.0 / (up * up);
    let series = s
        * (1.0 / 12.0
            - s * (1.0 / 120.0 - s * (1.0 / 252.0 - s * (1.0 / 240.0 - s * (1.0 / 132.0 - s * 691.0 / 32760.0)))));
    sum + up.ln() - 0.5 / up - series
}

/// ψ'(x), `x` > 0.
pub fn trigamma(x: f64) -> f64 {
    let (mut sum, mut up) = (0.0, x);
    while up < 12.0 {
        sum += 1.0 / (up * up);
        up += 1.0;
    }
    let s = 1.0 / (up * up);
    let series =
        1.0 / 6.0 - s * (1.0 / 30.0 - s * (1.0 / 42.0 - s * (1.0 / 30.0 - s * (5.0 / 66.0 - s * 691.0 / 2730.0))));
    sum + (1.0 + 0.5 / up + s * series) / up
}

/// ln n! − (ln √(2πn) + n ln n − n): what Stirling's formula leaves (Loader 2000); real `n` > 0.
pub fn stirling_rest(n: f64) -> f64 {
    if n >= 10.0 {
        return stirling_series(n);
    }
    ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - LN_ROOT_TAU
}

fn stirling_series(n: f64) -> f64 {
    let s = 1.0 / (n * n);
    let inner =
        1.0 / 1680.0 - s * (1.0 / 1188.0 - s * (691.0 / 360_360.0 - s * (1.0 / 156.0 - s * 3617.0 / 122_400.0)));
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * inner))) / n
}

/// x ln(x/m) + m − x without loss where they are near each other (Loader 2000); `x`, `m` > 0.
pub fn deviance_part(x: f64, m: f64) -> f64 {
    if (x - m).abs() < 0.1 * (x + m) {
        let v = (x - m) / (x + m);
        let mut sum = (x - m) * v;
        let mut term = 2.0 * x * v;
        for j in 1..1000 {
            term *= v * v;
            let next = sum + term / f64::from(2 * j + 1);
            if next == sum {
                break;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() + m - x
}

/// The Poisson probability of a real `x` ≥ 0: e^−m m^x / Γ(x+1).
pub fn poisson_raw(x: f64, m: f64) -> f64 {
    ln_poisson_raw(x, m).exp()
}

pub fn ln_poisson_raw(x: f64, m: f64) -> f64 {
    if x <= 0.0 {
        return -m;
    }
    if m <= 0.0 {
        return f64::NEG_INFINITY;
    }
    -stirling_rest(x) - deviance_part(x, m) - 0.5 * (TAU * x).ln()
}

/// The logarithm of the binomial probability of real `x` of `n`: q = 1 − p is given beside p, so that neither loses digits.
pub fn ln_binomial_raw(x: f64, n: f64, p: f64, q: f64) -> f64 {
    if x <= 0.0 {
        // n ln q; where p is small ln(1−p) keeps the digits.
        return if p < 0.1 { n * (-p).ln_1p() } else { n * q.ln() };
    }
    if x >= n {
        return if q < 0.1 { n * (-q).ln_1p() } else { n * p.ln() };
    }
    if p <= 0.0 || q <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let rest = stirling_rest(n) - stirling_rest(x) - stirling_rest(n - x);
    let parts = deviance_part(x, n * p) + deviance_part(n - x, n * q);
    rest - parts + 0.5 * (n / (TAU * x * (n - x))).ln()
}

/// The regularised incomplete gamma functions (P, Q) of shape `a` > 0 at `x` ≥ 0: P + Q = 1.
pub fn gamma_parts(a: f64, x: f64) -> (f64, f64) {
    if a.is_nan() || x.is_nan() || a <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    if a >= TEMME_FROM && (x - a).abs() < 0.2 * a {
        return gamma_middle(a, x);
    }
    let density = poisson_raw(a, x);
    if x < a + 1.0 {
        let (mut term, mut sum, mut up) = (1.0, 1.0, a);
        for _ in 0..ROUNDS_MAX {
            up += 1.0;
            term *= x / up;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let lower = (density * sum).min(1.0);
        return (lower, 1.0 - lower);
    }
    let upper = (density * a * gamma_fraction(a, x)).min(1.0);
    (1.0 - upper, upper)
}

/// 1/(x+1−a− 1(1−a)/(x+3−a− …)), by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for round in 1..ROUNDS_MAX {
        let i = round as f64;
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / away_from_nought(an * d + b);
        c = away_from_nought(b + an / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

fn away_from_nought(x: f64) -> f64 {
    if x.abs() < 1e-300 { 1e-300 } else { x }
}

/// The coefficients of Temme's expansion: rows are the powers of 1/a, columns those of η, worked out from the
/// recurrences of DLMF 8.12 in exact fractions.
const TEMME: [[f64; 13]; 4] = [
    [
        -1.0 / 3.0,
        1.0 / 12.0,
        -0.014814814814814815,
        0.0011574074074074073,
        0.0003527336860670194,
        -0.0001787551440329218,
        3.919263178522438e-05,
        -2.185448510679992e-06,
        -1.85406221071516e-06,
        8.296711340953087e-07,
        -1.7665952736826078e-07,
        6.707853543401498e-09,
        1.0261809784240309e-08,
    ],
    [
        -0.001851851851851852,
        -0.003472222222222222,
        0.0026455026455026454,
        -0.0009902263374485596,
        0.00020576131687242798,
        -4.018775720164609e-07,
        -1.8098550334489977e-05,
        7.64916091608111e-06,
        -1.6120900894563446e-06,
        4.647127802807434e-09,
        1.378633446915721e-07,
        -5.752545603517705e-08,
        1.1951628599778148e-08,
    ],
    [
        0.004133597883597883,
        -0.0026813271604938273,
        0.0007716049382716049,
        2.0093878600823047e-06,
        -0.0001073665322636516,
        5.2923448829120125e-05,
        -1.2760635188618728e-05,
        3.423578734096138e-08,
        1.3721957309062934e-06,
        -6.298992138380055e-07,
        1.4280614206064242e-07,
        -2.0477098421990866e-10,
        -1.409252991086752e-08,
    ],
    [
        0.0006494341563786008,
        0.00022947209362139917,
        -0.0004691894943952557,
        0.00026772063206283885,
        -7.561801671883977e-05,
        -2.396505113867297e-07,
        1.1082654115347302e-05,
        -5.6749528269915965e-06,
        1.4230900732435883e-06,
        -2.7861080291528143e-11,
        -1.6958404091930278e-07,
        8.099464905388083e-08,
        -1.9111168485973655e-08,
    ],
];

/// Temme's uniform expansion (DLMF 8.12.3–8.12.12).
fn gamma_middle(a: f64, x: f64) -> (f64, f64) {
    let half_square = deviance_part(a, x).max(0.0);
    let eta = (2.0 * half_square / a).sqrt().copysign(x - a);
    let row = |row: &[f64; 13]| row.iter().rev().fold(0.0, |sum, d| sum * eta + d);
    let series = TEMME.iter().rev().fold(0.0, |sum, d| sum / a + row(d));
    let rest = (-half_square).exp() / (TAU * a).sqrt() * series;
    let z = half_square.sqrt();
    if x < a {
        let lower = (0.5 * erfc(z) - rest).max(0.0);
        return (lower, 1.0 - lower);
    }
    let upper = (0.5 * erfc(z) + rest).max(0.0);
    (1.0 - upper, upper)
}

/// The regularised incomplete beta function and its rest (I_x(a,b), 1 − I_x(a,b)); `y` = 1 − x is given beside `x`, so
/// that neither loses digits.
pub fn beta_parts(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if a.is_nan() || b.is_nan() || x.is_nan() || y.is_nan() || a <= 0.0 || b <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    let whole = a + b;
    // x^a y^b / B(a,b).
    let prefix = ln_binomial_raw(a, whole, x, y).exp() * a * (b / whole);
    if x * (whole + 2.0) <= a + 1.0 {
        let lower = (prefix / beta_fraction(a, b, x, y)).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = (prefix / beta_fraction(b, a, y, x)).min(1.0);
        (1.0 - upper, upper)
    }
}

/// The continued fraction of Didonato and Morris (1992), in which nothing cancels where `x` is near 1, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let whole = a + b;
    let gap = a * y - b * x + 1.0;
    let denominator = |m: f64| {
        let odd = a + 2.0 * m - 1.0;
        m + m * (b - m) * x / odd + (a + m) * (gap + m * (1.0 + y)) / (odd + 2.0)
    };
    let mut fraction = away_from_nought(a * gap / (a + 1.0));
    let mut c = fraction;
    let mut d = 0.0;
    for round in 1..ROUNDS_MAX {
        let m = round as f64;
        let odd = a + 2.0 * m - 1.0;
        let numerator = (a + m - 1.0) / odd * ((whole + m - 1.0) / odd) * m * (b - m) * x * x;
        let below = denominator(m);
        d = 1.0 / away_from_nought(below + numerator * d);
        c = away_from_nought(below + numerator / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// √(2π).
pub fn root_tau() -> f64 {
    (2.0 * PI).sqrt()
}
