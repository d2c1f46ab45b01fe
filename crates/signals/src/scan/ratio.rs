//! The likelihood ratio of a cylinder, and a table that says at a glance whether one can be the highest so far.
//!
//! Poisson and space-time permutation, with c cases where m are expected, of C in all:
//! c ln(c/m) + (C−c) ln((C−c)/(C−m)). Bernoulli, with c cases among m points (cases and controls), of C among N:
//! c ln(c/m) + (m−c) ln((m−c)/m) + (C−c) ln((C−c)/(N−m)) + (N−m−C+c) ln((N−m−C+c)/(N−m)) − [C ln(C/N) + (N−C)
//! ln((N−C)/N)] (Kulldorff 1997).

/// Counts that the table knows; above it a parabola is the bound.
const COUNTS: usize = 128;
const ROWS: usize = 160;
const STEP: f64 = 0.25;

/// The formula of a kind of scan, with the totals of the study.
#[derive(Clone, Copy, Debug)]
pub enum Ratio {
    /// The masses of all cylinders' cells add up to `cases`.
    Poisson { cases: f64 },
    /// Masses are points.
    Bernoulli { cases: f64, points: f64 },
}

impl Ratio {
    /// How many cases are expected where the mass is `m`.
    pub fn expected(&self, m: f64) -> f64 {
        match *self {
            Ratio::Poisson { .. } => m,
            Ratio::Bernoulli { cases, points } => m * cases / points,
        }
    }

    /// The logarithm of the likelihood ratio, 0 where as many cases are seen as expected.
    pub fn ln(&self, c: f64, m: f64) -> f64 {
        let ln = match *self {
            Ratio::Poisson { cases } => part(c, m) + part(cases - c, cases - m),
            Ratio::Bernoulli { cases, points } => {
                let outside = points - m;
                let all = part(cases, points) + part(points - cases, points);
                part(c, m) + part(m - c, m) + part(cases - c, outside) + part(outside - cases + c, outside) - all
            }
        };
        ln.max(0.0)
    }

    /// Observed over expected inside, divided by the same outside.
    pub fn relative_risk(&self, c: f64, m: f64) -> Option<f64> {
        let (cases, points) = match *self {
            Ratio::Poisson { cases } => (cases, cases),
            Ratio::Bernoulli { cases, points } => (cases, points),
        };
        let outside = (cases - c) / (points - m);
        (m > 0.0 && points > m && outside > 0.0).then(|| c / m / outside)
    }

    /// The masses between which a ratio of fewer (or more) cases than expected can lie.
    fn mass_max(&self, c: f64) -> f64 {
        match *self {
            Ratio::Poisson { cases } => cases,
            Ratio::Bernoulli { cases, points } => points - cases + c,
        }
    }

    /// The mass at which `c` cases are what is expected.
    fn mass_even(&self, c: f64) -> f64 {
        match *self {
            Ratio::Poisson { .. } => c,
            Ratio::Bernoulli { cases, points } => c * points / cases,
        }
    }

    /// What the ratio is at most: c ↦ ratio is convex with its bottom at the expected count, so that half the square of
    /// the distance times the steepest curvature between them bounds it.
    fn bound(&self, c: f64, m: f64) -> f64 {
        match *self {
            Ratio::Poisson { cases } => {
                let curve = (cases / (m * (cases - m))).max(cases / (c * (cases - c)));
                (c - m) * (c - m) * curve / 2.0
            }
            Ratio::Bernoulli { cases, points } => {
                let even = m * cases / points;
                let (low, high) = (c.min(even), c.max(even));
                let curve = 1.0 / low + 1.0 / (m - high) + 1.0 / (cases - high) + 1.0 / (points - m - cases + low);
                (c - even) * (c - even) * curve / 2.0
            }
        }
    }
}

/// x ln(x/m), 0 for no x.
fn part(x: f64, m: f64) -> f64 {
    if x > 0.0 && m > 0.0 { x * (x / m).ln() } else { 0.0 }
}

/// For steps of the ratio and small counts: the mass up to which (high) or from which (low) a cylinder of so many cases
/// reaches the step.
pub struct Ladder {
    ratio: Ratio,
    pub cases_min: u32,
    high: Vec<f64>,
    low: Vec<f64>,
}

impl Ladder {
    pub fn new(ratio: Ratio, cases_min: u32, low: bool) -> Ladder {
        let mut ladder = Ladder { ratio, cases_min, high: vec![-1.0; ROWS * COUNTS], low: Vec::new() };
        let cases = match ratio {
            Ratio::Poisson { cases } | Ratio::Bernoulli { cases, .. } => cases,
        };
        let counts = (0..COUNTS).take_while(|count| *count as f64 <= cases);
        for count in counts.clone().filter(|count| *count > 0 && *count >= cases_min as usize) {
            for row in 0..ROWS {
                ladder.high[row * COUNTS + count] = highest_mass(ratio, count as f64, row as f64 * STEP);
            }
        }
        if low {
            ladder.low = vec![f64::INFINITY; ROWS * COUNTS];
            for count in counts.filter(|count| (*count as f64) < cases) {
                for row in 0..ROWS {
                    ladder.low[row * COUNTS + count] = lowest_mass(ratio, count as f64, row as f64 * STEP);
                }
            }
        }
        ladder
    }

    /// Where in the table the bar for this ratio stands.
    pub fn row(&self, ratio: f64) -> usize {
        ((ratio / STEP) as usize).min(ROWS - 1) * COUNTS
    }

    /// Whether `c` cases where the mass is `m` can be above the bar by being many.
    #[inline]
    pub fn high(&self, row: usize, bar: f64, c: u32, m: f64) -> bool {
        match self.high[row..row + COUNTS].get(c as usize) {
            Some(most) => m <= *most,
            None => self.high_beyond(bar, c, m),
        }
    }

    #[inline(never)]
    fn high_beyond(&self, bar: f64, c: u32, m: f64) -> bool {
        let count = f64::from(c);
        c >= self.cases_min && count > self.ratio.expected(m) && beyond(self.ratio.bound(count, m), bar)
    }

    /// Whether `c` cases where the mass is `m` can be above the bar by being few.
    #[inline]
    pub fn low(&self, row: usize, bar: f64, c: u32, m: f64) -> bool {
        match self.low[row..row + COUNTS].get(c as usize) {
            Some(least) => m >= *least,
            None => {
                let count = f64::from(c);
                count < self.ratio.expected(m) && beyond(self.ratio.bound(count, m), bar)
            }
        }
    }
}

/// Whether a bound leaves room above the bar; a bound that is no number (nothing inside or outside) says nothing.
fn beyond(bound: f64, bar: f64) -> bool {
    bound.is_nan() || bound * (1.0 + 1e-9) >= bar
}

/// The greatest mass with which `c` cases are many enough for the ratio; −1 where none is.
fn highest_mass(ratio: Ratio, c: f64, wanted: f64) -> f64 {
    const SLACK: f64 = 1.0 + 1e-9;
    let even = ratio.mass_even(c);
    if wanted == 0.0 {
        return even * SLACK;
    }
    match ratio {
        Ratio::Poisson { cases } => {
            // Newton on the logarithm of the mass, from the left, where the ratio is above what is wanted: it is convex
            // there, so that the steps never overshoot.
            let mut ln_m = c.ln() - wanted / c - 1.0;
            for _ in 0..60 {
                let m = ln_m.exp();
                let slope = c - (cases - c) * m / (cases - m);
                let step = (ratio.ln(c, m) - wanted) / slope;
                if step.is_nan() || step.abs() < 1e-11 {
                    break;
                }
                ln_m += step;
            }
            ln_m.exp().min(even) * SLACK
        }
        Ratio::Bernoulli { .. } => {
            if ratio.ln(c, c) < wanted {
                return -1.0;
            }
            parted(c, even, |m| ratio.ln(c, m) >= wanted).1 * SLACK
        }
    }
}

/// The least mass with which `c` cases are few enough for the ratio; infinite where none is.
fn lowest_mass(ratio: Ratio, c: f64, wanted: f64) -> f64 {
    const SLACK: f64 = 1.0 - 1e-9;
    let (even, most) = (ratio.mass_even(c), ratio.mass_max(c));
    if ratio.ln(c, most) < wanted && matches!(ratio, Ratio::Bernoulli { .. }) {
        return f64::INFINITY;
    }
    parted(even, most, |m| ratio.ln(c, m) < wanted).0 * SLACK
}

/// The two sides of the point between `from` and `to` where what holds at `from` ceases.
fn parted(mut from: f64, mut to: f64, holds: impl Fn(f64) -> bool) -> (f64, f64) {
    for _ in 0..50 {
        let middle = (from + to) / 2.0;
        if holds(middle) {
            from = middle;
        } else {
            to = middle;
        }
    }
    (from, to)
}
