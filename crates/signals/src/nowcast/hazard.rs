//! Reverse hazards (Lawless 1994): of the cases that became known within d days, the share that became known on day d.
//!
//! ĝ_d = Σ_t n_{t,d} / Σ_t Σ_{j≤d} n_{t,j}, over the days t of the window of which day d is already past; the share
//! known after a days is F_a = Π_{d>a} (1 − ĝ_d). 1/(1 − ĝ_d) are the factors of the chain ladder over the same days.
//! Where reporting goes by the week, logit g = α_d + β_w, w being the weekday on which the report falls: a binomial
//! model of the cells by (delay, weekday), each delay drawn to its own mean by one case, so that nothing is infinite.

use super::triangle::Known;
use crate::numbers::glm::{self, Family, Fit, Model};
use crate::numbers::{draw, solve};
use base::rng::Rng;

/// χ² with six degrees of freedom at 95 %: what weekdays must explain before they are used by themselves.
const WEEKDAYS_TELL: f64 = 12.591_587_243_743_98;

/// Whether the weekday of the report counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekdays {
    Yes,
    No,
    /// Where they explain more than chance does, and the window has three weeks and ten cases for each number to be
    /// fitted.
    Auto,
}

/// Reverse hazards by delay, and by weekday of the report where that counts.
#[derive(Clone, Debug)]
pub struct Hazards {
    delay_max: usize,
    /// Seven where weekdays count, else one.
    classes: usize,
    /// By delay and class; NaN where nothing is known. The one of delay 0 is 1 and not used.
    values: Vec<f64>,
    /// Σ n_{t,d} and Σ Σ_{j≤d} n_{t,j} by delay.
    sums: Vec<(f64, f64)>,
    /// Pearson's dispersion of the cells, at least 1.
    pub dispersion: f64,
    /// The fit with weekdays, and the factor of its covariance.
    weekly: Option<Weekly>,
}

#[derive(Clone, Debug)]
struct Weekly {
    fit: Fit,
    /// L of L·Lᵀ = covariance.
    factor: Vec<f64>,
}

/// Cells added up by (delay, weekday): reported on the day, reported by the day.
type Cells = Vec<[(f64, f64); 7]>;

impl Hazards {
    /// From the last `window` days (0: all) of what is known. A hazard that rests on fewer than `past_min` cases is not
    /// known.
    pub fn of(known: &Known, window: usize, past_min: f64, weekdays: Weekdays) -> Hazards {
        let delay_max = known.delay_max();
        let from = if window == 0 { 0 } else { (known.today + 1).saturating_sub(window) };
        let cells = gathered(known, from);
        let add = |row: &[(f64, f64); 7]| row.iter().fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
        let sums: Vec<(f64, f64)> = cells.iter().map(add).collect();
        let share = |(on, by): &(f64, f64)| if *by >= past_min && *by > 0.0 { on / by } else { f64::NAN };
        let values: Vec<f64> = sums.iter().map(share).collect();
        let mut plain = Hazards { delay_max, classes: 1, values, sums, dispersion: 1.0, weekly: None };
        plain.dispersion = plain.scattered(known, from);
        let cases: f64 = (from..=known.today).map(|day| known.observed(day)).sum();
        let enough = known.today + 1 - from >= 21 && cases >= 10.0 * (delay_max + 6) as f64;
        if weekdays == Weekdays::No || (weekdays == Weekdays::Auto && !enough) {
            return plain;
        }
        match plain.with_weekdays(&cells, weekdays == Weekdays::Auto) {
            Some(mut weekly) => {
                weekly.dispersion = weekly.scattered(known, from);
                weekly
            }
            None => plain,
        }
    }

    pub fn with_weekday(&self) -> bool {
        self.classes == 7
    }

    /// The reverse hazard of a case of `day` at `delay`.
    fn value(&self, values: &[f64], known: &Known, day: usize, delay: usize) -> f64 {
        let class = if self.classes == 7 { known.weekday(day, delay) } else { 0 };
        values[delay * self.classes + class]
    }

    /// The share of the cases of a day that is known after each delay from `age` to the longest; NaN where the past does
    /// not tell. `values` are those of `drawn`, or none for the estimates.
    pub fn shares(&self, values: Option<&[f64]>, known: &Known, day: usize, age: usize, out: &mut Vec<f64>) {
        let values = values.unwrap_or(&self.values);
        out.clear();
        out.push(1.0);
        let mut share = 1.0;
        for delay in (age + 1..=self.delay_max).rev() {
            share *= 1.0 - self.value(values, known, day, delay);
            out.push(share);
        }
        out.reverse();
    }

    /// Hazards as they may be too: drawn from what the counts leave open.
    pub fn drawn(&self, rng: &mut Rng) -> Vec<f64> {
        if let Some(weekly) = &self.weekly {
            let mut drawn = weekly.drawn(rng, self.delay_max, self.dispersion.sqrt());
            drawn
                .iter_mut()
                .zip(&self.values)
                .filter(|(_, value)| value.is_nan())
                .for_each(|(drawn, _)| *drawn = f64::NAN);
            return drawn;
        }
        let mut of = |(on, by): &(f64, f64)| {
            let (hit, miss) = (on / self.dispersion + 0.5, (by - on) / self.dispersion + 0.5);
            draw::beta(rng, hit, miss).min(1.0 - 1e-9)
        };
        self.sums
            .iter()
            .zip(&self.values)
            .map(|(sums, value)| if value.is_nan() { f64::NAN } else { of(sums) })
            .collect()
    }

    /// Pearson's dispersion of the single cells about the hazards.
    fn scattered(&self, known: &Known, from: usize) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for day in from..=known.today {
            let mut by = known.at(day, 0);
            for delay in 1..=self.delay_max.min(known.today - day) {
                let on = known.at(day, delay);
                by += on;
                let g = self.value(&self.values, known, day, delay);
                let variance = by * g * (1.0 - g);
                if variance > 0.0 {
                    sum += (on - by * g).powi(2) / variance;
                    count += 1.0;
                }
            }
        }
        let free = count - self.delay_max as f64 - (self.classes - 1) as f64;
        if free >= 1.0 { (sum / free).max(1.0) } else { 1.0 }
    }

    fn with_weekdays(&self, cells: &Cells, only_if_they_tell: bool) -> Option<Hazards> {
        let (delays, columns) = (self.delay_max, self.delay_max + 6);
        let (mut x, mut y, mut weights, mut without) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
        for delay in 1..=delays {
            let (on, by) = self.sums[delay];
            let mean = (on + 0.5) / (by + 1.0);
            for (weekday, (on, by)) in cells[delay].iter().enumerate() {
                let mut row = vec![0.0; columns];
                row[delay - 1] = 1.0;
                effects(weekday, &mut row[delays..]);
                x.extend(row);
                weights.push(by + 1.0 / 7.0);
                let share = (on + mean / 7.0) / (by + 1.0 / 7.0);
                y.push(share);
                without += deviance(share, mean, by + 1.0 / 7.0);
            }
        }
        let fit = glm::fit(&Model { columns, x: &x, y: &y, weights: &weights, offset: &[], family: Family::Binomial })?;
        if only_if_they_tell && (without - fit.deviance) / self.dispersion < WEEKDAYS_TELL {
            return None;
        }
        let mut factor = fit.covariance.clone();
        solve::cholesky(&mut factor, columns);
        let weekly = Weekly { fit, factor };
        let mut values = weekly.hazards(&weekly.fit.coefficients, delays);
        for delay in 1..=delays {
            if self.values[delay].is_nan() {
                values[delay * 7..delay * 7 + 7].fill(f64::NAN);
            }
        }
        Some(Hazards { classes: 7, values, weekly: Some(weekly), ..self.clone() })
    }
}

impl Weekly {
    fn hazards(&self, coefficients: &[f64], delays: usize) -> Vec<f64> {
        let mut values = vec![1.0; 7 * (delays + 1)];
        let mut row = [0.0; 6];
        for delay in 1..=delays {
            for weekday in 0..7 {
                effects(weekday, &mut row);
                let by_day: f64 = row.iter().zip(&coefficients[delays..]).map(|(x, b)| x * b).sum();
                values[delay * 7 + weekday] = 1.0 / (1.0 + (-coefficients[delay - 1] - by_day).exp());
            }
        }
        values
    }

    fn drawn(&self, rng: &mut Rng, delays: usize, spread: f64) -> Vec<f64> {
        let n = self.fit.coefficients.len();
        let normal: Vec<f64> = (0..n).map(|_| spread * rng.normal()).collect();
        let moved = |i: usize| -> f64 { (0..=i).map(|j| self.factor[i * n + j] * normal[j]).sum() };
        let coefficients: Vec<f64> = (0..n).map(|i| self.fit.coefficients[i] + moved(i)).collect();
        self.hazards(&coefficients, delays)
    }
}

/// Six columns for seven weekdays, which add up to nought over the week.
fn effects(weekday: usize, row: &mut [f64]) {
    row.fill(if weekday == 6 { -1.0 } else { 0.0 });
    if weekday < 6 {
        row[weekday] = 1.0;
    }
}

/// How far a share is from a chance, as twice the log-likelihood ratio of so many tries.
fn deviance(share: f64, chance: f64, tries: f64) -> f64 {
    let part = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
    2.0 * tries * (part(share, chance) + part(1.0 - share, 1.0 - chance))
}

fn gathered(known: &Known, from: usize) -> Cells {
    let mut cells = vec![[(0.0, 0.0); 7]; known.delay_max() + 1];
    for day in from..=known.today {
        let mut by = 0.0;
        for (delay, row) in cells.iter_mut().enumerate().take(known.today - day + 1) {
            let on = known.at(day, delay);
            by += on;
            let cell = &mut row[known.weekday(day, delay)];
            cell.0 += on;
            cell.1 += by;
        }
    }
    cells
}
