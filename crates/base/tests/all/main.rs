//! Holds the repository to its own rules (ARCHITECTURE.md): sizes, directions, and what stands where.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod clock;
mod directions;
mod programs;
mod schema;
mod sizes;
mod sources;
