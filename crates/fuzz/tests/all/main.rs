//! What is given hostile input: texts, searches, page links, transactions.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends")]

mod asked;
mod expression;
mod json;
mod record;
mod run;
mod search;
mod transaction;
