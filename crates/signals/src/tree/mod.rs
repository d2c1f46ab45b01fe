//! Who most likely infected whom, from the days of onset and what is known of pairs of cases.
//!
//! Every case may have been infected by each other case, directly or over cases nobody saw, or come from outside. The
//! weight of infector j for case i, κ generations apart, is
//!
//! (1 − ρ) · π(1 − π)^(κ−1) · w^(κ)(onset_i − onset_j) · contact · groups · distance · genetic,
//!
//! and that of an import is ρ·N/T, for N cases in T days: what a hazard of imports that makes a share ρ of all cases
//! weighs against infectors who infect (1 − ρ) each. w is the serial interval and w^(κ) its κ-fold convolution. Each
//! further factor is a likelihood ratio: how much oftener such a pair is met where one infected the other than among two
//! cases taken at random. Weights are divided by their sum: that is the posterior (Wallinga and Teunis 2004, with the
//! parts of outbreaker2: Jombart 2014, Campbell 2018).
//!
//! - contact (κ = 1): ε/λ where a contact is reported, (1 − ε)/(1 − λ) where none is;
//! - groups (household, class, …; κ = 1): q/r where both share one, (1 − q)/(1 − r) where they do not, r being the share
//!   among all pairs;
//! - distance: k(d)/mean k, k(d) = exp(−d/(κD)) over the plane;
//! - genetic: (κμ)^d (1 − μ)^(κl − d), over the same with the κ₀ at which the mean distance of all pairs is typical.
//!
//! ε, λ, q, D and ρ are estimated from the posterior until they stand still (expectation–maximisation) unless they are
//! given. The most likely tree is the maximum arborescence below "imported" (Chu and Liu 1965, Edmonds 1967), so no case
//! descends from itself even where serial intervals of nought or below let the best infectors run in circles.
//!
//! Limits: infectors are chosen independently of each other, times of infection are not imputed, one serial interval
//! holds for all, and a case without onset cannot take part.

mod arborescence;
mod estimate;
mod lags;
mod model;
mod score;

pub use arborescence::{Edge, arborescence};
pub use lags::Lags;
pub use model::{CASES_MAX, Case, Model, PAIRS_MAX, Pair, Parameters};
pub use score::{Candidate, Choice, Scored, score};
