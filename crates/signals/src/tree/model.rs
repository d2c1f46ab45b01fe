//! What is known of cases and pairs, and what is set.

use super::Lags;
use crate::Day;
use serde::Serialize;

/// Cases of one outbreak.
pub const CASES_MAX: usize = 20_000;
/// Pairs of cases whose onsets fit.
pub const PAIRS_MAX: usize = 10_000_000;

/// A case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    pub onset: Day,
    /// For each way in which people are grouped, which group; none where it is not known or there is none.
    pub groups: Vec<Option<u32>>,
    /// Latitude and longitude in degrees.
    pub place: Option<(f64, f64)>,
}

/// What is known of two cases, whichever came first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair {
    pub contact: Option<bool>,
    pub distance_km: Option<f64>,
    /// Sites in which their genomes differ.
    pub genetic: Option<f64>,
}

/// What is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub lags: Lags,
    /// Share of cases that are in the list (π).
    pub observed: f64,
    /// Generations that may lie between two cases of the list (the largest κ).
    pub generations_max: usize,
    /// Mutations of a site in a generation (μ), and sites (l).
    pub mutation: f64,
    pub genome: f64,
    /// Whether the parameters are estimated from here, or stand.
    pub estimate: bool,
    /// Where they begin.
    pub start: Parameters,
}

/// What tells a pair of infector and infected from two cases taken at random.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameters {
    /// Share of cases from outside (ρ).
    pub imported: f64,
    /// Chance that a contact of such a pair is reported (ε), and of any other pair (λ).
    pub epsilon: f64,
    pub lambda: f64,
    /// For each way of grouping, the chance that such a pair shares a group (q).
    pub shared: Vec<f64>,
    /// D, where distances are known.
    pub distance_km: f64,
}
