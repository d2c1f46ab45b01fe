//! The health services of the city: one folder each, all of one inner shape, and this list. `docs/programs.md` says how
//! a program is built.

pub mod directory;
pub mod overview;

use runtime::program::Program;
use runtime::reactions::Reaction;
use runtime::residents;

/// Every program, in the order of the menu.
pub const PROGRAMS: [&Program; 2] = [&overview::PROGRAM, &directory::PROGRAM];

/// The program of this name.
pub fn named(name: &str) -> Option<&'static Program> {
    PROGRAMS.into_iter().find(|program| program.name == name)
}

/// Every reaction to the feed: the platform's own and those of the programs.
pub fn reactions() -> Vec<&'static Reaction> {
    let own = [&residents::REACTION].into_iter();
    own.chain(PROGRAMS.iter().flat_map(|program| program.reactions)).collect()
}
