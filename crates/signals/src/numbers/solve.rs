//! Small symmetric systems in place: `n`×`n` matrices as slices, row by row, nothing allocated.
//!
//! A column that the others already say is dropped, as R's `lm` and `glm` do: its coefficient and variance are 0.

/// A pivot below this share of its diagonal counts as nought.
const DEPENDENT: f64 = 1e-11;

/// Factors the lower triangle of `a` into L with L·Lᵀ = a, in place. Dropped columns get a 0 on the diagonal. Answers
/// how many columns stand.
pub fn cholesky(a: &mut [f64], n: usize) -> usize {
    let mut rank = 0;
    for j in 0..n {
        let whole = a[j * n + j];
        let mut pivot = whole;
        for k in 0..j {
            pivot -= a[j * n + k] * a[j * n + k];
        }
        let stands = pivot > DEPENDENT * whole && pivot > 0.0 && pivot.is_finite();
        let root = if stands { pivot.sqrt() } else { 0.0 };
        rank += usize::from(stands);
        a[j * n + j] = root;
        for i in j + 1..n {
            let mut sum = a[i * n + j];
            for k in 0..j {
                sum -= a[i * n + k] * a[j * n + k];
            }
            a[i * n + j] = if stands { sum / root } else { 0.0 };
        }
    }
    rank
}

/// Solves a·x = b with the factor of `cholesky`; x replaces b.
pub fn solve(l: &[f64], n: usize, b: &mut [f64]) {
    forward(l, n, b);
    for i in (0..n).rev() {
        let mut sum = b[i];
        for k in i + 1..n {
            sum -= l[k * n + i] * b[k];
        }
        let pivot = l[i * n + i];
        b[i] = if pivot > 0.0 { sum / pivot } else { 0.0 };
    }
}

fn forward(l: &[f64], n: usize, b: &mut [f64]) {
    for i in 0..n {
        let mut sum = b[i];
        for k in 0..i {
            sum -= l[i * n + k] * b[k];
        }
        let pivot = l[i * n + i];
        b[i] = if pivot > 0.0 { sum / pivot } else { 0.0 };
    }
}

/// a⁻¹ with the factor of `cholesky`.
pub fn inverse(l: &[f64], n: usize, out: &mut [f64]) {
    out[..n * n].fill(0.0);
    for j in 0..n {
        // Row j of the inverse is its column j, too.
        let row = &mut out[j * n..(j + 1) * n];
        if l[j * n + j] > 0.0 {
            row[j] = 1.0;
            solve(l, n, row);
        }
    }
}

/// xᵀ a⁻¹ x with the factor of `cholesky`; `scratch` has n places.
pub fn inverse_form(l: &[f64], n: usize, x: &[f64], scratch: &mut [f64]) -> f64 {
    scratch[..n].copy_from_slice(&x[..n]);
    forward(l, n, scratch);
    scratch[..n].iter().map(|part| part * part).sum()
}

/// Adds weight·x·xᵀ to the lower triangle of `a` and weight·z·x to `b`.
pub fn accumulate(a: &mut [f64], b: &mut [f64], x: &[f64], weight: f64, z: f64) {
    let n = x.len();
    for i in 0..n {
        let scaled = weight * x[i];
        if scaled != 0.0 {
            for j in 0..=i {
                a[i * n + j] += scaled * x[j];
            }
            b[i] += scaled * z;
        }
    }
}
