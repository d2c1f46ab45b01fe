//! What the engine's users may rely on.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod all_methods;
mod detect_file;
mod essence;
mod evaluate;
mod farrington;
mod given;
mod glr;
mod growth;
mod intervals;
mod nowcast;
mod numbers;
mod regressions;
mod reporting;
mod rt;
mod scan;
mod scan_chance;
mod scan_file;
mod scan_reference;
mod seasonal;
mod threshold;
mod tree;
mod units;
mod variants;
mod wastewater;
mod windows;
