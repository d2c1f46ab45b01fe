//! The store from outside, through its public calls.

mod harness;
mod paging;
mod record;
mod searching;
mod shelves;
mod sight;
