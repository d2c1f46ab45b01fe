//! Value sets and code systems given as JSON, and the codes that come out.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod sets;
