//! The store from outside, through its public calls.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod harness;
mod paging;
mod record;
mod searching;
mod shelves;
mod sight;
