//! The engine that notices: detectors on counts in time, scan statistics in space and time, nowcasts, transmission,
//! clusters in units, and how good all of them are. Pure: no files, no clock, no store. The same input and settings
//! give the same answer on any number of threads.
//!
//! `detect::method(name)` names a detector, `detect::one` judges a series and `detect::many` a hundred thousand.
//! `files` holds the formats of the command line: text in, text out.

pub mod detect;
pub mod evaluate;
pub mod files;
pub mod growth;
pub mod intervals;
pub mod nowcast;
pub mod numbers;
pub mod rt;
pub mod scan;
pub mod series;
pub mod settings;
pub mod tree;
pub mod units;
pub mod variants;
pub mod wastewater;
pub mod words;

pub use series::{Day, Series, Step};
pub use settings::{Given, Setting, Settings};
pub use words::Words;
