//! Clusters in units: so many cases of a disease with onset within so many days in the same class, kitchen, site or
//! village.
//!
//! A window of `window_days` ends on every day with an onset. It is reached where it holds at least `least` cases (or
//! deaths, or admitted cases) of the unit. Reached windows that have a day with an onset in common are one cluster; its
//! members are all cases from the first onset to the last. Thresholds are dated rows (`data/thresholds.csv`): the legal
//! report triggers, and early warnings marked local. What a case counts as stands in `data/diseases.csv`.
//!
//! `Tracker` adds one version of a case at a time. What stands in the end depends on the latest version of each case
//! alone, never on the order in which they came; what changed on the way is told with every addition. Limits: no
//! population, no season; a unit known under two names is two units (files write full-width letters and digits as ASCII); a case whose onset is wrong stands on a wrong day
//! until it is corrected.

mod model;
mod rules;
mod tracker;
mod window;

pub use model::{Case, Counted, RuleKind, Unit, UnitKind, half_width};
pub use rules::{Diseases, Rule, diseases, thresholds};
pub use tracker::{Added, Change, Cluster, Missed, Place, Tracker, Why};
pub use window::Span;
