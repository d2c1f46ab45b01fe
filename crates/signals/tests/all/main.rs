//! What the engine's users may rely on.

mod all_methods;
mod detect_file;
mod essence;
mod evaluate;
mod farrington;
mod given;
mod growth;
mod intervals;
mod nowcast;
mod numbers;
mod reporting;
mod rt;
mod scan;
mod threshold;
mod tree;
mod units;
mod windows;
mod glr;
mod seasonal;
