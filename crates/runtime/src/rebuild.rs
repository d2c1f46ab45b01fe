//! Counting anew: the shelves that a reaction keeps are emptied and its cursor goes back to the beginning of the feed, in
//! one transaction. The reaction then fills them as it did the first time.

use crate::reactions::{Reaction, place_of};
use base::limits::REPLANS_MAX;
use base::{Cx, Error, Kind, Result};
use store::{Batch, Guard, ShelfOp, Store};

/// The reaction that keeps a space.
pub fn keeper<'a>(reactions: &[&'a Reaction], space: &str) -> Result<&'a Reaction> {
    let found = reactions.iter().copied().find(|reaction| reaction.spaces.contains(&space));
    found.ok_or_else(|| {
        let spaces: Vec<&str> = reactions.iter().flat_map(|reaction| reaction.spaces).copied().collect();
        Error::not_found(format!(
            "there is no space `{space}` that is kept from the feed; these are: {}",
            spaces.join(", ")
        ))
    })
}

/// Empties all spaces of a reaction. What it had counted is counted again by its runner, or by `catch_up`.
pub fn begin(cx: &Cx, store: &Store, reaction: &Reaction) -> Result<()> {
    for _ in 0..REPLANS_MAX {
        let from = place_of(store, reaction)?.stored;
        let shelves = reaction.spaces.iter().map(|&space| ShelfOp::Empty { space: space.to_owned() }).collect();
        let guards = vec![Guard::Cursor { name: reaction.name.to_owned(), from, to: 0 }];
        match store.write(cx, Batch { shelves, guards, ..Batch::default() }) {
            // The reaction has moved on in between.
            Err(error) if error.kind == Kind::Conflict => {}
            done => return done.map(drop),
        }
    }
    Err(Error::busy("too much is written at the moment to begin; try again when it is quieter"))
}
