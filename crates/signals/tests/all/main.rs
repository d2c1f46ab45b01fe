//! What the engine's users may rely on.

mod detect_file;
mod given;
mod intervals;
mod rt;
mod threshold;
mod units;
