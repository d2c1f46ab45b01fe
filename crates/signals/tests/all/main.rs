//! What the engine's users may rely on.

mod detect_file;
mod evaluate;
mod given;
mod intervals;
mod nowcast;
mod numbers;
mod reporting;
mod rt;
mod scan;
mod threshold;
mod units;
