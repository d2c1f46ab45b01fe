//! Mean and spread of a window that slides over a series.

use crate::numbers::sample;

/// How many points of a window are known, their sum and the sum of their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub known: f64,
    pub sum: f64,
    pub squares: f64,
}

/// Counts up to here have sums of squares that are exact, in windows of up to 4,096 points.
const EXACT_MAX: f64 = (1_u64 << 20) as f64;

/// Whether sums over these values are exact whatever their order: whole, not large (gaps count for nothing).
pub fn exact(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_nan() || (value.fract() == 0.0 && value.abs() <= EXACT_MAX))
}

impl Sums {
    pub fn of(values: &[f64]) -> Sums {
        let mut sums = Sums::default();
        for value in values {
            sums.put(*value, 1.0);
        }
        sums
    }

    /// Adds a value, or takes it away with the sign −1. Exact where `exact` holds.
    pub fn put(&mut self, value: f64, sign: f64) {
        let (one, value) = if value.is_nan() { (0.0, 0.0) } else { (sign, value) };
        self.known += one;
        self.sum += one * value;
        self.squares += one * (value * value);
    }

    pub fn mean(&self) -> f64 {
        self.sum / self.known
    }

    /// The deviation with n − 1.
    pub fn deviation(&self) -> f64 {
        let spread = self.known * self.squares - self.sum * self.sum;
        (spread.max(0.0) / (self.known * (self.known - 1.0))).sqrt()
    }
}

/// Windows of `length` points that end `guard` points before the one that is judged.
pub struct Windows<'a> {
    values: &'a [f64],
    length: usize,
    guard: usize,
    /// The sums of the window that was asked for last, with its end; none where sums are not exact.
    sums: Option<(usize, Sums)>,
    exact: bool,
}

/// A window's mean, deviation and known points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub mean: f64,
    pub deviation: f64,
    pub known: usize,
}

impl<'a> Windows<'a> {
    /// `values` up to the last one that will be judged.
    pub fn new(values: &'a [f64], length: usize, guard: usize) -> Windows<'a> {
        Windows { values, length, guard, sums: None, exact: length <= 4_096 && exact(values) }
    }

    /// The window before point `at`; none where the series begins within it.
    pub fn before(&mut self, at: usize) -> Option<Window> {
        let end = at.checked_sub(self.guard)?;
        let start = end.checked_sub(self.length)?;
        if !self.exact {
            return Some(direct(&self.values[start..end]));
        }
        let sums = match self.sums {
            Some((last, mut sums)) if last + 1 == end => {
                sums.put(self.values[end - 1], 1.0);
                sums.put(self.values[start - 1], -1.0);
                sums
            }
            Some((last, sums)) if last == end => sums,
            _ => Sums::of(&self.values[start..end]),
        };
        self.sums = Some((end, sums));
        Some(Window { mean: sums.mean(), deviation: sums.deviation(), known: sums.known as usize })
    }
}

/// A window worked out by itself.
pub fn direct(values: &[f64]) -> Window {
    if exact(values) {
        let sums = Sums::of(values);
        return Window { mean: sums.mean(), deviation: sums.deviation(), known: sums.known as usize };
    }
    if values.iter().any(|value| value.is_nan()) {
        let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        return Window { mean: sample::mean(&known), deviation: sample::deviation(&known), known: known.len() };
    }
    Window { mean: sample::mean(values), deviation: sample::deviation(values), known: values.len() }
}
