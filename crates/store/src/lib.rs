//! The record: submit a batch, read, search, history, feed, shelves.
//!
//! A write is one batch: it is prepared on the caller's thread (index values, compression), checked and carried out by
//! one writer thread in commit groups, and acknowledged after the disk has it. Readers work in parallel on snapshots.
//! The tables and what a write costs are described in `docs/store.md`.

mod audit;
mod backend;
mod body;
mod disk;
mod ids;
mod index_rows;
mod interner;
mod model;
mod options;
mod prepare;
mod queue;
mod receipt;
mod reindex;
mod shared;
mod store;
mod tail;
mod writer;

pub use audit::{AuditAction, AuditQuery, AuditRow};
pub use model::*;
pub use options::Options;
pub use receipt::Receipt;
pub use reindex::{BuildState, BuildStep, BuildView, Indexes, Parameter, ParameterState, ParameterView};
pub use store::{CheckReport, Store};
