//! Ordinary and weighted least squares.

use super::solve::{accumulate, cholesky, inverse, solve};

#[derive(Clone, Debug)]
pub struct Least {
    pub coefficients: Vec<f64>,
    /// (XᵀWX)⁻¹, row by row.
    pub covariance: Vec<f64>,
    pub fitted: Vec<f64>,
    /// Σ w (y − fitted)².
    pub squares: f64,
    /// Rows less columns that stand.
    pub df: f64,
}

impl Least {
    /// Residual variance; NaN where nothing is left over.
    pub fn variance(&self) -> f64 {
        if self.df > 0.0 { self.squares / self.df } else { f64::NAN }
    }

    /// The value at `x` and xᵀ(XᵀWX)⁻¹x.
    pub fn predict(&self, x: &[f64]) -> (f64, f64) {
        let n = self.coefficients.len();
        let value = x.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum();
        let mut form = 0.0;
        for i in 0..n {
            for j in 0..n {
                form += x[i] * x[j] * self.covariance[i * n + j];
            }
        }
        (value, form.max(0.0))
    }
}

/// Fits y on rows of `columns` values in `x`; `weights` empty where all are 1. None where there is nothing to fit.
pub fn fit(x: &[f64], y: &[f64], weights: &[f64], columns: usize) -> Option<Least> {
    let n = columns;
    if y.is_empty() || n == 0 || x.len() != y.len() * n || !x.iter().chain(y).chain(weights).all(|x| x.is_finite()) {
        return None;
    }
    let weight = |at: usize| weights.get(at).copied().unwrap_or(1.0);
    let (mut factor, mut coefficients) = (vec![0.0; n * n], vec![0.0; n]);
    for (at, y) in y.iter().enumerate() {
        accumulate(&mut factor, &mut coefficients, &x[at * n..(at + 1) * n], weight(at), *y);
    }
    let rank = cholesky(&mut factor, n);
    solve(&factor, n, &mut coefficients);
    // The residuals are fitted once more: that takes away what the normal equations lose.
    let value = |row: usize, b: &[f64]| -> f64 { x[row * n..(row + 1) * n].iter().zip(b).map(|(x, b)| x * b).sum() };
    let mut correction = vec![0.0; n];
    for (at, y) in y.iter().enumerate() {
        let rest = weight(at) * (y - value(at, &coefficients));
        for (sum, x) in correction.iter_mut().zip(&x[at * n..(at + 1) * n]) {
            *sum += rest * x;
        }
    }
    solve(&factor, n, &mut correction);
    for (b, more) in coefficients.iter_mut().zip(&correction) {
        *b += more;
    }
    let fitted: Vec<f64> = (0..y.len()).map(|at| value(at, &coefficients)).collect();
    let squares = y.iter().zip(&fitted).enumerate().map(|(at, (y, f))| weight(at) * (y - f) * (y - f)).sum();
    let mut covariance = vec![0.0; n * n];
    inverse(&factor, n, &mut covariance);
    Some(Least { coefficients, covariance, fitted, squares, df: y.len() as f64 - rank as f64 })
}
