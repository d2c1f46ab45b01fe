//! Days from the onset of an infector to that of who was infected.

use crate::numbers::dist;
use base::{Error, Result};

/// How long serial intervals may be, in days.
pub const LAGS_MAX: usize = 400;

/// The distribution of a lag in days.
#[derive(Clone, Debug, PartialEq)]
pub struct Lags {
    /// The lag of the first weight; below nought where who is infected may fall ill before the infector.
    pub first: i32,
    /// They sum to one.
    pub weights: Vec<f64>,
}

impl Lags {
    /// Weights as given, from a first lag on.
    ///
    /// # Errors
    /// Weights that are negative, none, too many, or do not sum to one within a thousandth.
    pub fn given(first: i32, weights: Vec<f64>) -> Result<Lags> {
        let sum: f64 = weights.iter().sum();
        if weights.is_empty()
            || weights.len() > LAGS_MAX
            || weights.iter().any(|weight| !(0.0..=1.001).contains(weight))
        {
            return Err(Error::invalid(format!("`si`: give 1 to {LAGS_MAX} weights from 0 to 1")));
        }
        if (sum - 1.0).abs() > 1e-3 {
            return Err(Error::invalid(format!("`si`: the weights sum to {sum:.6}, not to one")));
        }
        if first.unsigned_abs() as usize > LAGS_MAX {
            return Err(Error::invalid(format!("`si_first`: give a lag from -{LAGS_MAX} to {LAGS_MAX} days")));
        }
        Ok(Lags { first, weights: weights.iter().map(|weight| weight / sum).collect() })
    }

    /// A gamma interval between two onsets, of each of which only the day is known: the chance of a lag of k days is the
    /// density weighed by the triangle of what the hours of the two days leave open, G(k+1) − 2G(k) + G(k−1) with
    /// G(x) = ∫₀ˣ F.
    ///
    /// # Errors
    /// A mean or deviation that is not above nought, or an interval longer than `LAGS_MAX` days.
    pub fn gamma(mean: f64, sd: f64) -> Result<Lags> {
        if !(mean > 0.0 && sd > 0.0 && mean + 8.0 * sd < LAGS_MAX as f64) {
            let text = "`si_mean` and `si_sd`: give days above 0, and a mean and eight deviations under 400 days";
            return Err(Error::invalid(text.to_owned()));
        }
        let (shape, scale) = ((mean / sd).powi(2), sd * sd / mean);
        let cdf = |x: f64, shape: f64| if x <= 0.0 { 0.0 } else { dist::gamma_cdf(x, shape, scale) };
        let integral = |x: f64| x.max(0.0) * cdf(x, shape) - mean * cdf(x, shape + 1.0);
        let chance = |k: f64| (integral(k + 1.0) - 2.0 * integral(k) + integral(k - 1.0)).max(0.0);
        let mut weights: Vec<f64> = Vec::new();
        let mut sum = 0.0;
        while weights.len() < LAGS_MAX && sum < 1.0 - 1e-9 {
            let weight = chance(weights.len() as f64);
            // Beyond the middle, what is left is rounding.
            if weight <= 0.0 && weights.len() as f64 > mean {
                break;
            }
            sum += weight;
            weights.push(weight);
        }
        Ok(Lags { first: 0, weights: weights.iter().map(|weight| weight / sum).collect() })
    }

    /// The lag over `kappa` generations.
    pub fn over(&self, kappa: usize) -> Lags {
        let mut over = self.clone();
        for _ in 1..kappa {
            let mut sum = vec![0.0; over.weights.len() + self.weights.len() - 1];
            for (nth, one) in over.weights.iter().enumerate() {
                for (other, weight) in self.weights.iter().enumerate() {
                    sum[nth + other] += one * weight;
                }
            }
            over = Lags { first: over.first + self.first, weights: sum };
        }
        over
    }

    pub fn at(&self, lag: i32) -> f64 {
        let place = usize::try_from(i64::from(lag) - i64::from(self.first));
        place.ok().and_then(|place| self.weights.get(place)).copied().unwrap_or(0.0)
    }

    /// The last lag that has a weight.
    pub fn last(&self) -> i32 {
        self.first + i32::try_from(self.weights.len()).unwrap_or(i32::MAX / 4) - 1
    }
}
