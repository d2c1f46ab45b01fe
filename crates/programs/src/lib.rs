//! The health services of the city: one folder each, all of one inner shape, and this list. `docs/programs.md` says how
//! a program is built.

pub mod directory;
pub mod overview;
pub mod recognition;

use runtime::cards::{self, CardSource};
use runtime::program::Program;
use runtime::reactions::Reaction;
use runtime::residents;
use runtime::rules::RuleTable;

/// Every program, in the order of the menu.
pub const PROGRAMS: [&Program; 3] = [&overview::PROGRAM, &recognition::PROGRAM, &directory::PROGRAM];

/// Every rule table of the programs.
pub fn rule_tables() -> Vec<&'static RuleTable> {
    PROGRAMS.iter().flat_map(|program| program.rules).copied().collect()
}

/// Every source of cards.
pub fn card_sources() -> Vec<&'static CardSource> {
    PROGRAMS.iter().flat_map(|program| program.cards).copied().collect()
}

/// The program of this name.
pub fn named(name: &str) -> Option<&'static Program> {
    PROGRAMS.into_iter().find(|program| program.name == name)
}

/// Every reaction to the feed: the platform's own and those of the programs.
pub fn reactions() -> Vec<&'static Reaction> {
    let own = [&residents::REACTION, &cards::REACTION].into_iter();
    own.chain(PROGRAMS.iter().flat_map(|program| program.reactions)).collect()
}
