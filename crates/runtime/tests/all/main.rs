//! The runtime from outside: accounts, reactions, residents, live updates and imports on a fresh store.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends")]

mod accounts;
mod cards;
mod harness;
mod imports;
mod live;
mod reactions;
mod residents;
mod rules;
mod rules_change;
