//! The reproduction number in time: how many others those who become cases now are infected by, on average (Cori, Ferguson,
//! Fraser and Cauchemez 2013, doi 10.1093/aje/kwt133).
//!
//! Infectivity Λ_t = Σ_{s≥1} I_{t−s}·w_s over all cases, imported ones too; local cases of a window are Poisson with mean
//! R·ΣΛ. With a gamma prior (shape a, scale b) the posterior is gamma of shape a + Σ I_local and scale
//! 1/(1/b + ΣΛ). All cases of the first day count as imported, since nobody before them is known. An uncertain serial
//! interval is a sample of pairs of mean and deviation; the posterior is the mixture of those of all pairs, exactly,
//! without drawing from it. A window that ends within the mean serial interval of the first day is given without numbers.
//!
//! Limits: counts by day of infection or onset, each day known (cases not yet reported pull the last windows down:
//! nowcast first); a steady share of cases reported; no error in counts beyond Poisson. Windows of few cases lean on the
//! prior (`note`).

mod posterior;
mod settings;

pub use posterior::QUANTILES;
pub use settings::{SETTINGS, intervals, prior, windows};

use crate::intervals::{Gamma, Interval};
use base::{Error, Result};
use serde::Serialize;

/// Days that one call takes.
pub const DAYS_MAX: usize = 100_000;

/// Days by serial intervals of one call.
const CELLS_MAX: usize = 2_000_000;

/// Cases that one day may have.
pub const CASES_MAX: f64 = 1e9;

/// Whether a window says something of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Nobody infectious is known before or in the window: nothing can be said; the prior would look like a finding.
    NoInfectors,
    /// The window ends within one mean serial interval of the first day: nothing can be said, as in EpiEstim.
    TooEarly,
    /// Too few cases for the precision that is aimed at; the prior weighs.
    Few,
}

impl Note {
    pub const fn text(self) -> &'static str {
        match self {
            Note::NoInfectors => "no-infectors",
            Note::TooEarly => "too-early",
            Note::Few => "few",
        }
    }
}

/// The reproduction number over one window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The first and the last day of the window, counted from 0.
    pub start: usize,
    pub end: usize,
    /// NaN, as all numbers below, where it is too early for an estimate or nobody could infect.
    pub mean: f64,
    pub sd: f64,
    /// At `QUANTILES`.
    pub quantiles: [f64; QUANTILES.len()],
    /// Local cases in the window.
    pub local: f64,
    /// ΣΛ, averaged over the serial intervals.
    pub infectivity: f64,
    pub note: Option<Note>,
}

impl Estimate {
    /// One of `QUANTILES`.
    pub fn quantile(&self, at: f64) -> Option<f64> {
        QUANTILES.iter().position(|known| (known - at).abs() < 1e-9).map(|nth| self.quantiles[nth])
    }
}

/// The reproduction number over each window.
///
/// `cases` are all cases by day, `imported` those of them infected elsewhere (empty: none). `intervals` is one serial
/// interval or a sample of them. `windows` are first and last days, counted from 0 and both included; none begins on
/// day 0. Windows of a deviation above `cv` × mean are marked.
///
/// # Errors
/// More imported than there are cases, a window outside the days, too many days.
pub fn estimate(
    cases: &[f64],
    imported: &[f64],
    intervals: &[Interval],
    windows: &[(usize, usize)],
    prior: Gamma,
    cv: f64,
) -> Result<Vec<Estimate>> {
    check(cases, imported, intervals)?;
    let local = local(cases, imported);
    // Sums from the first day make every window two subtractions; cases are whole, so theirs are exact.
    let cases_until = rising(&local);
    let infectivity: Vec<Vec<f64>> = intervals.iter().map(|interval| interval.infectivity(cases)).collect();
    let means: Vec<f64> = intervals.iter().map(Interval::mean).collect();
    let mut estimates = Vec::with_capacity(windows.len());
    for &(start, end) in windows {
        if start == 0 || start > end || end >= cases.len() {
            return Err(Error::invalid(format!(
                "a window from day {} to day {}: windows lie between days 2 and {}",
                start + 1,
                end + 1,
                cases.len()
            )));
        }
        let local = cases_until[end + 1] - cases_until[start];
        // Intervals longer than the days so far cannot tell; the others of a sample can.
        let told = infectivity.iter().zip(&means).filter(|(_, mean)| (end + 1) as f64 > **mean);
        let sums: Vec<f64> = told.map(|(daily, _)| daily[start..=end].iter().sum()).collect();
        if sums.is_empty() {
            estimates.push(Estimate { local, ..too_early(start, end) });
            continue;
        }
        let infectivity = sums.iter().sum::<f64>() / sums.len() as f64;
        if infectivity <= 0.0 {
            estimates.push(Estimate { local, infectivity, note: Some(Note::NoInfectors), ..too_early(start, end) });
            continue;
        }
        let scales: Vec<f64> = sums.iter().map(|sum| 1.0 / (1.0 / prior.scale + sum)).collect();
        let shape = prior.shape + local;
        let (mean, sd, quantiles) = posterior::summary(shape, &scales);
        let note = (1.0 / shape.sqrt() > cv).then_some(Note::Few);
        estimates.push(Estimate { start, end, mean, sd, quantiles, local, infectivity, note });
    }
    Ok(estimates)
}

fn too_early(start: usize, end: usize) -> Estimate {
    let quantiles = [f64::NAN; QUANTILES.len()];
    let (mean, sd, infectivity) = (f64::NAN, f64::NAN, f64::NAN);
    Estimate { start, end, mean, sd, quantiles, local: 0.0, infectivity, note: Some(Note::TooEarly) }
}

fn check(cases: &[f64], imported: &[f64], intervals: &[Interval]) -> Result<()> {
    if cases.len() > DAYS_MAX {
        return Err(Error::too_costly(format!("{} days; at most {DAYS_MAX} at a time", cases.len())));
    }
    if cases.len() * intervals.len() > CELLS_MAX {
        let text = format!("{} days by {} serial intervals; give fewer pairs", cases.len(), intervals.len());
        return Err(Error::too_costly(text));
    }
    if intervals.is_empty() {
        return Err(Error::invalid("there is no serial interval; give its distribution or `si_mean` and `si_sd`"));
    }
    if !imported.is_empty() && imported.len() != cases.len() {
        return Err(Error::invalid("imported cases are given for other days than cases"));
    }
    for (at, count) in cases.iter().enumerate() {
        if !(0.0..=CASES_MAX).contains(count) {
            return Err(Error::invalid(format!("day {}: {count} cases; give a number from 0 to {CASES_MAX}", at + 1)));
        }
        let from_elsewhere = imported.get(at).copied().unwrap_or(0.0);
        if !(0.0..=*count).contains(&from_elsewhere) {
            let text = format!("day {}: {from_elsewhere} imported of {count} cases", at + 1);
            return Err(Error::invalid(text));
        }
    }
    Ok(())
}

/// Cases infected here; those of the first day are not, as nobody before them is known.
fn local(cases: &[f64], imported: &[f64]) -> Vec<f64> {
    let of = |(at, count): (usize, &f64)| match at {
        0 => 0.0,
        _ => count - imported.get(at).copied().unwrap_or(0.0),
    };
    cases.iter().enumerate().map(of).collect()
}

fn rising(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    for value in values {
        sum += value;
        sums.push(sum);
    }
    sums
}
