//! Dated rules: what a law, a standard or a local policy sets, as rows with scope, dates and source. Each row lives in the
//! record as a `Library`; programs ship seeds and ask which row holds on a day at a place.

mod model;

pub use model::*;
