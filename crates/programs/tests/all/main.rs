#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]
//! The programs, from outside: records and an event given, answers and rows expected.

mod directory;
mod harness;
mod overview;
mod recognition_apart;
mod recognition_ask;
mod recognition_decision;
mod recognition_figures;
mod recognition_follow;
mod recognition_repeats;
mod shape;
