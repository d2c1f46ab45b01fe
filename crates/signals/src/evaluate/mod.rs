//! How good a detector is: made series whose truth is known, and what of it the detectors find, when, and at what price.

mod backtest;
mod interval;
mod measure;
mod run;
mod simulate;

pub use backtest::{Backtest, Report, as_known_on, backtest};
pub use interval::{Estimate, bootstrap, wilson};
pub use measure::{Measures, Tally};
pub use run::{Judged, judge};
pub use simulate::{Kind, PLAN, Plan, Shape, simulate};
