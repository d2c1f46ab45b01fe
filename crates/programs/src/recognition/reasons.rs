//! Why a doctor orders anyway: the dated list, and what its codes are called.

use super::tables::REASON;
use base::Result;
use runtime::program::{Env, Said};
use runtime::rules::{self, Place, Row, Rules};
use std::sync::Arc;

/// The code system of the reasons in the record of a card.
pub const REASON_SYSTEM: &str = "urn:jingluo:recognition:reason";

/// The reasons of all times.
pub struct Reasons(Arc<Rules>);

impl Reasons {
    pub fn of(env: &Env) -> Result<Reasons> {
        Ok(Reasons(rules::of(env, &crate::rule_tables())?))
    }

    /// Those that hold on a day at a place, in the order of the list.
    pub fn on(&self, day: i32, place: &Place) -> Result<Vec<&Row>> {
        let mut rows = self.0.table(REASON)?.on(day, place);
        rows.sort_by_key(|row| row.integer("position"));
        Ok(rows)
    }

    /// What a code is, or was once, called; the code itself where no list ever had it.
    pub fn words(&self, code: &str) -> Result<Said> {
        let named = |row: &&Row| row.text("reason") == Some(code);
        let row = self.0.table(REASON)?.rows().filter(named).max_by_key(|row| row.from);
        let text = |column| row.and_then(|row| row.text(column)).unwrap_or(code);
        Ok(Said::new(text("zh"), text("en")))
    }
}
