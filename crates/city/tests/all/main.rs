//! The crate from outside.
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod outbreak;
mod outbreak_given;
