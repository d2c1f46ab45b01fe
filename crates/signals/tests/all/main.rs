//! What the engine's users may rely on.

mod detect_file;
mod evaluate;
mod given;
mod growth;
mod intervals;
mod nowcast;
mod reporting;
mod rt;
mod scan;
mod threshold;
mod tree;
mod units;
mod numbers;
mod farrington;
mod all_methods;
mod essence;
mod windows;
