//! The store from outside, through its public calls.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends")]

mod asks;
mod bodies;
mod clock;
mod disk;
mod facts;
mod fair;
mod full;
mod harness;
mod in_sight;
mod kill;
mod kill_build;
mod lag;
mod load;
mod long;
mod luck;
mod model;
mod paging;
mod power;
mod record;
mod reindex;
mod searching;
mod shelves;
mod sight;
mod sorting;
mod upgrade;
mod world;
