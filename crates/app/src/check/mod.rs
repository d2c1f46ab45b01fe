//! Checks of what the programs decide against a truth that is known.

pub mod recognition;
