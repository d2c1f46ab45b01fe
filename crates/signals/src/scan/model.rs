//! What a scan takes and answers.

use crate::Day;
use serde::{Deserialize, Serialize};

/// Cases that a study may have, several in a row counted each.
pub const CASES_MAX: u64 = 50_000_000;
/// Places that a study may have.
pub const PLACES_MAX: usize = 100_000;
/// Steps of time that a study may have.
pub const INTERVALS_MAX: usize = 20_000;

/// Whose cases are compared with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Cases against a population at risk.
    Poisson,
    /// Cases against controls.
    Bernoulli,
    /// Space-time permutation: cases against each other; it needs cases only.
    Stp,
}

/// How coordinates are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coordinates {
    /// Latitude and longitude in degrees; distances are great circles in kilometres.
    Sphere,
    /// x and y; distances have their unit.
    Plane,
}

/// Where cases can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub name: String,
    /// Latitude and longitude, or x and y.
    pub at: [f64; 2],
}

/// So many cases (or controls) at a place on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// Which of the study's places.
    pub place: u32,
    /// Any day in a study without days.
    pub day: Day,
    /// Which combination of covariates, from 0.
    pub stratum: u32,
    pub count: u32,
}

/// So many persons live at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Persons {
    pub place: u32,
    pub stratum: u32,
    /// When they were counted; between two such days the population changes evenly, before the first and after the last
    /// it stays. None where it does not change.
    pub day: Option<Day>,
    pub persons: f64,
}

/// What is scanned.
#[derive(Clone, Debug)]
pub struct Study {
    pub kind: Kind,
    pub coordinates: Coordinates,
    pub places: Vec<Place>,
    /// Combinations of covariates; 1 where there are none.
    pub strata: u32,
    pub cases: Vec<Count>,
    /// Of Bernoulli only.
    pub controls: Vec<Count>,
    /// Of Poisson only.
    pub population: Vec<Persons>,
    /// The first and the last day of the study; none where cases have no days.
    pub days: Option<(Day, Day)>,
}

/// One cluster: a circle and a span of days.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Which of the study's places the circle is drawn around.
    pub centre: u32,
    /// Kilometres, or the unit of x and y.
    pub radius: f64,
    /// The places in the circle, the nearest to the centre first.
    pub members: Vec<u32>,
    /// The first and the last day; none in a study without days.
    pub days: Option<(Day, Day)>,
    pub observed: u64,
    pub expected: f64,
    /// Observed over expected inside, divided by the same outside; none where there is nothing outside.
    pub relative_risk: Option<f64>,
    /// Logarithm of the likelihood ratio.
    pub llr: f64,
    /// Whether there are more cases than expected.
    pub high: bool,
    /// Monte-Carlo p-value; none without replicas.
    pub p: Option<f64>,
    /// From a Gumbel distribution fitted to the replicas (Abrams 2010).
    pub p_gumbel: Option<f64>,
    /// In how many days chance alone brings one such cluster, if one scans every `every_days`; prospective scans only.
    pub recurrence_days: Option<f64>,
    pub recurrence_days_gumbel: Option<f64>,
}

/// What a scan has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The most likely first.
    pub clusters: Vec<Cluster>,
    pub cases: u64,
    pub controls: u64,
    /// Persons at risk, averaged over the study; Poisson only.
    pub population: f64,
    /// Steps of time, and the longest window in steps.
    pub intervals: usize,
    pub window_max: usize,
    /// Circles that were looked at, those that hold the same cases from one centre counted once.
    pub circles: usize,
    /// The highest ratio in each replica.
    pub maxima: Vec<f64>,
    /// Whether the replicas ended early because chance had beaten the first cluster often enough.
    pub stopped: bool,
    /// Location and scale of the Gumbel distribution.
    pub gumbel: Option<(f64, f64)>,
}

impl Found {
    /// Of a study without cases.
    pub fn nothing() -> Found {
        Found {
            clusters: Vec::new(),
            cases: 0,
            controls: 0,
            population: 0.0,
            intervals: 0,
            window_max: 0,
            circles: 0,
            maxima: Vec::new(),
            stopped: false,
            gumbel: None,
        }
    }
}
