//! Checks of what programs and engines decide against a truth that is known.

pub mod recognition;
pub mod signals;
