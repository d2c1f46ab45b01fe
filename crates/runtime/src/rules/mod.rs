//! Dated rules: what a law, a standard or a local policy sets, as rows with scope, dates and source. Each row lives in the
//! record as a `Library`; programs ship seeds and ask which row holds on a day at a place.
//!
//! `docs/rules.md` says how the pieces go together.

mod decide;
mod exchange;
mod ledger;
mod library;
mod model;
mod propose;
mod reach;
mod seeds;
mod sheet;
mod table;
mod trial;
mod view;

pub use decide::{DECIDED_AT_ONCE_MAX, decide};
pub use exchange::{IMPORT_LINES_MAX, export, import, preview};
pub use ledger::{By, End, Entry, Ledger, Outcome, Proposal, RULE_VERSIONS_MAX, State, ledger};
pub use library::writable;
pub use model::*;
pub use propose::{Wanted, propose};
pub use reach::{Reach, district_of, place_of, reach, reach_of_files};
pub use seeds::{Laid, Seeds, lay, shipped};
pub use sheet::{Flaw, Sheet};
pub use table::{Rules, Table};
pub use trial::{TRIAL_DAYS, Tried, trial};
pub use view::{ProposalsQuery, RowsQuery, may_read, one, proposals, rows, tables};

use crate::program::Env;
use base::{Millis, Result};
use std::sync::Arc;

/// The rules as they are now: a look-up in memory that reads no record. `tables` are those of all programs, whoever asks.
pub fn of(env: &Env, tables: &[&'static RuleTable]) -> Result<Arc<Rules>> {
    ledger(env, tables)?.rules(&env.store)
}

/// The rules as they were recorded at an instant: what who decided then could know.
pub fn as_known(env: &Env, tables: &[&'static RuleTable], at: Millis) -> Result<Arc<Rules>> {
    ledger(env, tables)?.as_known(&env.store, at)
}
