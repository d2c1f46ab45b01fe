//! Generalised linear models by iteratively reweighted least squares: Poisson and negative binomial with the log link,
//! binomial with the logit. Quasi-Poisson is the Poisson fit with its `dispersion`.

use super::solve::{accumulate, cholesky, inverse, solve};
use super::special::{digamma, ln_gamma, trigamma};

const ROUNDS_MAX: usize = 100;
/// Turns between coefficients and size.
const TURNS_MAX: usize = 30;
/// The deviance has settled when it moves by less than this share.
const SETTLED: f64 = 1e-12;
/// A size of the negative binomial from which it is a Poisson distribution.
const SIZE_MAX: f64 = 1e7;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    Poisson,
    /// Variance mean + mean²/size.
    NegativeBinomial {
        size: f64,
    },
    /// `y` is the share, `weights` how many were tried.
    Binomial,
}

/// What is fitted: rows of `columns` values in `x`, row by row, one `y` each.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    pub columns: usize,
    pub x: &'a [f64],
    pub y: &'a [f64],
    /// Empty where all are 1.
    pub weights: &'a [f64],
    /// Added to the linear predictor; empty where there is none.
    pub offset: &'a [f64],
    pub family: Family,
}

#[derive(Clone, Debug)]
pub struct Fit {
    pub coefficients: Vec<f64>,
    /// (XᵀWX)⁻¹, row by row, not yet multiplied by the dispersion.
    pub covariance: Vec<f64>,
    /// The fitted means (for Binomial: chances).
    pub fitted: Vec<f64>,
    /// W of the last round.
    pub working: Vec<f64>,
    pub deviance: f64,
    /// Σ (y − μ)² w / V(μ).
    pub pearson: f64,
    /// Rows with weight, less columns that stand.
    pub df: f64,
    pub rounds: usize,
}

impl Fit {
    /// Pearson's χ² / df; NaN where nothing is left over.
    pub fn dispersion(&self) -> f64 {
        if self.df > 0.0 { self.pearson / self.df } else { f64::NAN }
    }

    /// The linear predictor at `x` (without offset) and its standard error where the dispersion is 1.
    pub fn predict(&self, x: &[f64]) -> (f64, f64) {
        let n = self.coefficients.len();
        let linear = x.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum();
        let mut variance = 0.0;
        for i in 0..n {
            for j in 0..n {
                variance += x[i] * x[j] * self.covariance[i * n + j];
            }
        }
        (linear, variance.max(0.0).sqrt())
    }

    /// The standard error of a coefficient where the dispersion is 1.
    pub fn error(&self, nth: usize) -> f64 {
        self.covariance[nth * self.coefficients.len() + nth].max(0.0).sqrt()
    }
}

/// Fits the model; none where it does not settle, or where nothing can be fitted (no rows, no finite values).
pub fn fit(model: &Model) -> Option<Fit> {
    Rounds::begin(model)?.settle()
}

struct Rounds<'a> {
    model: &'a Model<'a>,
    coefficients: Vec<f64>,
    linear: Vec<f64>,
    fitted: Vec<f64>,
    working: Vec<f64>,
    factor: Vec<f64>,
    right: Vec<f64>,
    rank: usize,
    deviance: f64,
}

impl<'a> Rounds<'a> {
    fn begin(model: &'a Model<'a>) -> Option<Rounds<'a>> {
        let (rows, n) = (model.y.len(), model.columns);
        let sound = rows > 0 && n > 0 && model.x.len() == rows * n;
        if !sound || !model.x.iter().chain(model.y).chain(model.weights).chain(model.offset).all(|x| x.is_finite()) {
            return None;
        }
        let fitted: Vec<f64> = (0..rows).map(|at| model.first_mean(at)).collect();
        let linear: Vec<f64> = fitted.iter().map(|mean| model.link(*mean)).collect();
        let mut rounds = Rounds {
            model,
            coefficients: vec![0.0; n],
            linear,
            fitted,
            working: vec![0.0; rows],
            factor: vec![0.0; n * n],
            right: vec![0.0; n],
            rank: 0,
            deviance: 0.0,
        };
        rounds.deviance = rounds.deviance_now();
        Some(rounds)
    }

    fn settle(mut self) -> Option<Fit> {
        let n = self.model.columns;
        for round in 1..=ROUNDS_MAX {
            self.least_squares();
            let before = self.coefficients.clone();
            self.coefficients.copy_from_slice(&self.right);
            let old = self.deviance;
            self.follow();
            // The first step leaves from means, not from coefficients: there is no way back to halve.
            let mut halvings = 0;
            while round > 1 && self.worse_than(old) && halvings < 40 {
                for (now, then) in self.coefficients.iter_mut().zip(&before) {
                    *now = 0.5 * (*now + then);
                }
                self.follow();
                halvings += 1;
            }
            if !self.deviance.is_finite() {
                return None;
            }
            if (self.deviance - old).abs() <= SETTLED * (self.deviance.abs() + 0.1) {
                let mut covariance = vec![0.0; n * n];
                inverse(&self.factor, n, &mut covariance);
                return Some(self.finish(covariance, round));
            }
        }
        None
    }

    fn finish(self, covariance: Vec<f64>, rounds: usize) -> Fit {
        let model = self.model;
        let rows = (0..model.y.len()).filter(|at| model.weight(*at) > 0.0).count();
        let pearson = (0..model.y.len())
            .map(|at| {
                let gap = model.y[at] - self.fitted[at];
                if gap == 0.0 { 0.0 } else { model.weight(at) * gap * gap / model.variance(self.fitted[at]) }
            })
            .sum();
        Fit {
            coefficients: self.coefficients,
            covariance,
            fitted: self.fitted,
            working: self.working,
            deviance: self.deviance,
            pearson,
            df: rows as f64 - self.rank as f64,
            rounds,
        }
    }

    /// One weighted least-squares step; the new coefficients stand in `right`.
    fn least_squares(&mut self) {
        let (model, n) = (self.model, self.model.columns);
        self.factor.fill(0.0);
        self.right.fill(0.0);
        for at in 0..model.y.len() {
            let mean = self.fitted[at];
            let slope = model.slope(mean);
            let weight = model.weight(at) * slope * slope / model.variance(mean);
            self.working[at] = weight;
            if weight > 0.0 && weight.is_finite() {
                let z = self.linear[at] - model.shift(at) + (model.y[at] - mean) / slope;
                accumulate(&mut self.factor, &mut self.right, &model.x[at * n..(at + 1) * n], weight, z);
            }
        }
        self.rank = cholesky(&mut self.factor, n);
        solve(&self.factor, n, &mut self.right);
    }

    /// Takes predictor, means and deviance from the coefficients.
    fn follow(&mut self) {
        let n = self.model.columns;
        for at in 0..self.model.y.len() {
            let row = &self.model.x[at * n..(at + 1) * n];
            let linear: f64 = row.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum();
            self.linear[at] = linear + self.model.shift(at);
            self.fitted[at] = self.model.mean(self.linear[at]);
        }
        self.deviance = self.deviance_now();
    }

    /// Further from the data than `old`, or no number.
    fn worse_than(&self, old: f64) -> bool {
        self.deviance.is_nan() || self.deviance > old + 1e-9 * (old.abs() + 0.1)
    }

    fn deviance_now(&self) -> f64 {
        (0..self.model.y.len()).map(|at| self.model.deviance_part(at, self.fitted[at])).sum()
    }
}

impl Model<'_> {
    fn weight(&self, at: usize) -> f64 {
        self.weights.get(at).copied().unwrap_or(1.0)
    }

    fn shift(&self, at: usize) -> f64 {
        self.offset.get(at).copied().unwrap_or(0.0)
    }

    fn first_mean(&self, at: usize) -> f64 {
        let (y, weight) = (self.y[at], self.weight(at));
        match self.family {
            Family::Poisson => y + 0.1,
            Family::NegativeBinomial { .. } => y + if y == 0.0 { 1.0 / 6.0 } else { 0.0 },
            Family::Binomial => (weight * y + 0.5) / (weight + 1.0),
        }
    }

    fn link(&self, mean: f64) -> f64 {
        match self.family {
            Family::Binomial => (mean / (1.0 - mean)).ln(),
            _ => mean.ln(),
        }
    }

    fn mean(&self, linear: f64) -> f64 {
        match self.family {
            // Kept off 0 and 1, where the variance would be nought.
            Family::Binomial => (1.0 / (1.0 + (-linear).exp())).clamp(f64::EPSILON, 1.0 - f64::EPSILON),
            _ => linear.exp().max(1e-300),
        }
    }

    /// dμ/dη.
    fn slope(&self, mean: f64) -> f64 {
        match self.family {
            Family::Binomial => mean * (1.0 - mean),
            _ => mean,
        }
    }

    fn variance(&self, mean: f64) -> f64 {
        match self.family {
            Family::Poisson => mean,
            Family::NegativeBinomial { size } => mean + mean * (mean / size),
            Family::Binomial => mean * (1.0 - mean),
        }
    }

    fn deviance_part(&self, at: usize, mean: f64) -> f64 {
        let (y, weight) = (self.y[at], self.weight(at));
        let entropy = |y: f64, ratio: f64| if y > 0.0 { y * ratio.ln() } else { 0.0 };
        let part = match self.family {
            Family::Poisson => entropy(y, y / mean) - (y - mean),
            Family::NegativeBinomial { size } => {
                entropy(y, y / mean) - (y + size) * ((y - mean) / (mean + size)).ln_1p()
            }
            Family::Binomial => entropy(y, y / mean) + entropy(1.0 - y, (1.0 - y) / (1.0 - mean)),
        };
        2.0 * weight * part
    }
}

/// The negative binomial fit with the size of greatest likelihood, by turns with the coefficients (as R's `glm.nb`
/// does). Where the counts scatter no more than Poisson ones the size is infinite.
pub fn fit_negative_binomial(model: &Model) -> Option<(Fit, f64)> {
    let poisson = fit(&Model { family: Family::Poisson, ..*model })?;
    let mut size = best_size(model.y, &poisson.fitted, None);
    if size.is_infinite() {
        return Some((poisson, size));
    }
    for _ in 0..TURNS_MAX {
        let family = Family::NegativeBinomial { size };
        let now = fit(&Model { family, ..*model })?;
        let next = best_size(model.y, &now.fitted, Some(size));
        if next.is_infinite() {
            return Some((poisson, next));
        }
        let moved = (next / size).ln().abs();
        size = next;
        if moved < 1e-10 {
            break;
        }
    }
    // Nearly without over-dispersion the likelihood is so flat that rounding moves the size on and on; any will do.
    let fit = fit(&Model { family: Family::NegativeBinomial { size }, ..*model })?;
    Some((fit, size))
}

/// The size of greatest likelihood where the means are known; infinite where there is no over-dispersion.
pub fn best_size(y: &[f64], means: &[f64], start: Option<f64>) -> f64 {
    let excess: f64 = y.iter().zip(means).map(|(y, m)| (y - m) * (y - m) - y).sum();
    if excess.is_nan() || excess <= 1e-9 * means.iter().sum::<f64>() || y.iter().all(|y| *y == 0.0) {
        return f64::INFINITY;
    }
    let squares: f64 = means.iter().map(|m| m * m).sum();
    let mut size = start.unwrap_or(squares / excess).clamp(1e-6, SIZE_MAX);
    let (mut low, mut high) = (1e-9, SIZE_MAX * 10.0);
    for _ in 0..200 {
        let (score, information) = size_score(y, means, size);
        if score > 0.0 {
            low = size;
        } else {
            high = size;
        }
        // Newton on the logarithm of the size.
        let curvature = information * size * size - score * size;
        let mut next = size * (score * size / curvature).clamp(-3.0, 3.0).exp();
        if curvature <= 0.0 || !(next > low && next < high) {
            next = (low * high).sqrt();
        }
        let moved = (next / size).ln().abs();
        size = next;
        if moved < 1e-13 {
            break;
        }
    }
    if size >= SIZE_MAX { f64::INFINITY } else { size }
}

/// The derivative of the log-likelihood by the size, and minus the second one.
fn size_score(y: &[f64], means: &[f64], size: f64) -> (f64, f64) {
    let (at_size, slope_at_size) = (digamma(size), trigamma(size));
    let (mut score, mut information) = (0.0, 0.0);
    for (y, mean) in y.iter().zip(means) {
        let whole = size + mean;
        let (psi, slope) =
            if *y > 0.0 { (digamma(size + y) - at_size, slope_at_size - trigamma(size + y)) } else { (0.0, 0.0) };
        score += psi - (mean / size).ln_1p() + (mean - y) / whole;
        information += slope - mean / (size * whole) + (mean - y) / (whole * whole);
    }
    (score, information)
}

/// The log-likelihood of counts under the negative binomial distribution (Poisson where the size is infinite).
pub fn ln_likelihood(y: &[f64], means: &[f64], size: f64) -> f64 {
    let part = |(y, mean): (&f64, &f64)| {
        if size.is_infinite() {
            return y * mean.ln() - mean - ln_gamma(y + 1.0);
        }
        ln_gamma(size + y) - ln_gamma(size) - ln_gamma(y + 1.0) - size * (mean / size).ln_1p()
            + y * (mean / (size + mean)).ln()
    };
    y.iter().zip(means).map(part).sum()
}
