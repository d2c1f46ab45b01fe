//! The store from outside, through its public calls.

mod disk;
mod full;
mod harness;
mod kill;
mod load;
mod long;
mod luck;
mod model;
mod paging;
mod power;
mod record;
mod searching;
mod shelves;
mod sight;
mod world;
