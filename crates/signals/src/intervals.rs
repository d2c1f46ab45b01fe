//! The time from one case to the next: as a distribution over whole days, as a gamma distribution, and what links it to
//! growth and to the reproduction number.
//!
//! Gamma by days, shifted by one (Cori et al. 2013, web appendix 11): with a = ((μ−1)/σ)², b = σ²/(μ−1) and F the gamma
//! distribution function, w_k = k·F(a,b;k) + (k−2)·F(a,b;k−2) − 2(k−1)·F(a,b;k−1)
//! and ab·[2F(a+1,b;k−1) − F(a+1,b;k−2) − F(a+1,b;k)] added, never below nought; w_0 = 0.
//! Growth and reproduction (Wallinga and Lipsitch 2007): R = 1/M(−r), M the moment generating function of the generation
//! interval; for a gamma distribution of shape k and scale θ, R = (1 + rθ)^k.
//! Serial and generation interval: S = G + (incubation of the second) − (incubation of the first), so the means are
//! equal and var S = var G + 2·var I − 2ρ·σ_G·σ_I, ρ being the correlation between generation interval and incubation of
//! the first case.

use crate::numbers::special;
use base::{Error, Result};
use serde::Serialize;

/// The longest interval, in days.
pub const DAYS_MAX: usize = 2_000;

/// How far the weights of a given interval may be from adding up to one, because published ones are rounded.
pub const SUM_TOLERANCE: f64 = 0.001;

/// The probability of each whole number of days from one case to the next. No case infects on its own day: the weight of
/// day 0 is nought.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// By days from 0.
    weights: Vec<f64>,
}

impl Interval {
    /// Weights as given, by days from 0.
    ///
    /// # Errors
    /// A weight on day 0, a negative one, or a sum that is not one; the text tells the day.
    pub fn given(mut weights: Vec<f64>) -> Result<Interval> {
        while weights.last() == Some(&0.0) {
            weights.pop();
        }
        if let Some(day) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let text = format!("the weight of day {day} is {}; weights are numbers from 0", weights[day]);
            return Err(Error::invalid(text));
        }
        if weights.first().is_some_and(|first| *first != 0.0) {
            let text =
                format!("the weight of day 0 is {}; it must be 0: no case infects before its own day", weights[0]);
            return Err(Error::invalid(text));
        }
        if weights.len() > DAYS_MAX + 1 {
            return Err(Error::invalid(format!("the interval is longer than {DAYS_MAX} days")));
        }
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE + 1e-12 {
            return Err(Error::invalid(format!("the weights add up to {sum}; they must add up to 1")));
        }
        Ok(Interval { weights })
    }

    /// The gamma distribution of this mean and standard deviation in days, shifted by one day, by whole days.
    ///
    /// # Errors
    /// A mean that is not above one day, a deviation that is not above nought, an interval longer than `DAYS_MAX`.
    pub fn gamma(mean: f64, sd: f64) -> Result<Interval> {
        if !(mean > 1.0 && mean.is_finite()) {
            return Err(Error::invalid(format!("an interval of mean {mean}: give a mean above 1 day")));
        }
        if !(sd >= 0.001 && sd.is_finite()) {
            return Err(Error::invalid(format!("an interval of deviation {sd}: give a deviation from 0.001 days")));
        }
        let shape = ((mean - 1.0) / sd).powi(2);
        let scale = sd * sd / (mean - 1.0);
        let first = |k: f64| below(shape, k / scale);
        let second = |k: f64| below(shape + 1.0, k / scale);
        let (mut weights, mut sum) = (vec![0.0], 0.0);
        while sum < 1.0 - 1e-13 && weights.len() <= DAYS_MAX {
            let k = weights.len() as f64;
            let part = k * first(k) + (k - 2.0) * first(k - 2.0) - 2.0 * (k - 1.0) * first(k - 1.0);
            let mended = shape * scale * (2.0 * second(k - 1.0) - second(k - 2.0) - second(k));
            let weight = (part + mended).max(0.0);
            // Far out only rounding is left, which would go on for ever.
            if weight < 1e-15 && k > mean + sd {
                break;
            }
            sum += weight;
            weights.push(weight);
        }
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let text = format!("an interval of mean {mean} and deviation {sd} goes beyond {DAYS_MAX} days");
            return Err(Error::invalid(text));
        }
        Ok(Interval { weights })
    }

    /// By days from 0.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub fn mean(&self) -> f64 {
        self.weights.iter().enumerate().map(|(day, weight)| day as f64 * weight).sum()
    }

    pub fn sd(&self) -> f64 {
        let mean = self.mean();
        let square = self.weights.iter().enumerate().map(|(day, weight)| (day * day) as f64 * weight).sum::<f64>();
        (square - mean * mean).max(0.0).sqrt()
    }

    /// The reproduction number at which cases grow by the rate `r` a day: 1/Σ w_k·exp(−rk).
    pub fn reproduction(&self, r: f64) -> f64 {
        1.0 / self.weights.iter().enumerate().map(|(day, weight)| weight * (-r * day as f64).exp()).sum::<f64>()
    }

    /// How infectious the past is on each day, Λ_t = Σ_{s≥1} I_{t−s}·w_s.
    pub fn infectivity(&self, cases: &[f64]) -> Vec<f64> {
        let of = |at: usize| -> f64 {
            let reach = at.min(self.weights.len().saturating_sub(1));
            (1..=reach).map(|s| cases[at - s] * self.weights[s]).sum()
        };
        (0..cases.len()).map(of).collect()
    }
}

/// A gamma distribution, of which the mean is shape × scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gamma {
    pub shape: f64,
    /// In days.
    pub scale: f64,
}

impl Gamma {
    /// Of this mean and standard deviation, both above nought.
    pub fn of(mean: f64, sd: f64) -> Result<Gamma> {
        if !(mean > 0.0 && sd > 0.0 && mean.is_finite() && sd.is_finite()) {
            let text = format!("a gamma distribution of mean {mean} and deviation {sd}: both must be above 0");
            return Err(Error::invalid(text));
        }
        Ok(Gamma { shape: (mean / sd).powi(2), scale: sd * sd / mean })
    }

    pub fn mean(self) -> f64 {
        self.shape * self.scale
    }

    pub fn sd(self) -> f64 {
        self.shape.sqrt() * self.scale
    }

    /// The reproduction number at growth `r` a day; none where cases fall faster than such intervals allow.
    pub fn reproduction(self, r: f64) -> Option<f64> {
        let base = 1.0 + r * self.scale;
        (base > 0.0).then(|| base.powf(self.shape))
    }

    /// The growth a day at which one case makes `reproduction` others.
    pub fn growth(self, reproduction: f64) -> f64 {
        (reproduction.powf(1.0 / self.shape) - 1.0) / self.scale
    }
}

/// The gamma distribution function with scale 1; nought below nought.
fn below(shape: f64, x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { special::gamma_parts(shape, x).0 }
}

/// Mean and standard deviation of the serial interval that belongs to a generation interval, both as (mean, deviation).
/// `rho` is the correlation between the generation interval and the incubation of the infector.
pub fn serial_of(generation: (f64, f64), incubation_sd: f64, rho: f64) -> (f64, f64) {
    let (mean, sd) = generation;
    let variance = sd * sd + 2.0 * incubation_sd * incubation_sd - 2.0 * rho * sd * incubation_sd;
    (mean, variance.max(0.0).sqrt())
}

/// The other way round: the larger root of σ_G² − 2ρσ_Iσ_G + 2σ_I² − σ_S² = 0.
///
/// # Errors
/// Where incubation alone varies more than the serial interval does: no generation interval belongs to it.
pub fn generation_of(serial: (f64, f64), incubation_sd: f64, rho: f64) -> Result<(f64, f64)> {
    let (mean, sd) = serial;
    let half = rho * incubation_sd;
    let under = half * half - 2.0 * incubation_sd * incubation_sd + sd * sd;
    let found = half + under.max(0.0).sqrt();
    if under < 0.0 || found <= 0.0 {
        return Err(Error::invalid(format!(
            "a serial interval of deviation {sd} days is too narrow for an incubation of deviation {incubation_sd} days"
        )));
    }
    Ok((mean, found))
}
