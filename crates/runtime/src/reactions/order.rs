//! The order of reactions: one that stands on what another keeps looks at nothing that the other has not passed.

use super::{Place, Reaction};
use base::{Error, Result};
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;

/// How far the reactions of one runner have looked, for those that come after them.
#[derive(Default)]
pub struct Ahead {
    held: Mutex<HashMap<&'static str, Passed>>,
    moved: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Passed {
    place: Option<Place>,
    /// Its thread has ended: it will not move any more.
    ended: bool,
}

/// Up to where a reaction may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub position: u64,
    /// The reaction that it is waited for.
    pub by: &'static str,
}

impl Ahead {
    /// A reaction has looked as far as this, and what followed is on the disk.
    pub fn passed(&self, reaction: &Reaction, place: Place) {
        self.held().entry(reaction.name).or_default().place = Some(place);
        self.moved.notify_all();
    }

    /// A reaction will not move any more.
    pub fn ended(&self, reaction: &Reaction) {
        self.held().entry(reaction.name).or_default().ended = true;
        self.moved.notify_all();
    }

    pub fn has_ended(&self, name: &str) -> bool {
        self.held().get(name).is_some_and(|passed| passed.ended)
    }

    /// The nearest position that one of those before this reaction has not passed; none where it comes after nobody.
    pub fn limit(&self, store: &Store, reaction: &Reaction) -> Result<Option<Limit>> {
        let mut nearest: Option<Limit> = None;
        for &by in reaction.after {
            let position = self.position(store, by)?;
            if nearest.is_none_or(|limit| position < limit.position) {
                nearest = Some(Limit { position, by });
            }
        }
        Ok(nearest)
    }

    /// The cursor lags behind what was looked at without effect. The runner knows better, unless the cursor was moved by
    /// others, or put back to count anew.
    fn position(&self, store: &Store, name: &str) -> Result<u64> {
        let known = self.held().get(name).and_then(|passed| passed.place);
        let cursor = store.cursor(name)?;
        Ok(known.filter(|place| place.stored == cursor).map_or(cursor, |place| place.seen.max(cursor)))
    }

    /// Waits until a reaction moves beyond a position or ends, at most for `timeout`.
    pub fn wait(&self, store: &Store, limit: Limit, timeout: Duration) -> Result<()> {
        let before = self.held().get(limit.by).copied().unwrap_or_default();
        if self.position(store, limit.by)? > limit.position {
            return Ok(());
        }
        // Any move is looked at: where a cursor was put back, less than before may have been passed.
        let is_still =
            |held: &mut HashMap<&'static str, Passed>| held.get(limit.by).copied().unwrap_or_default() == before;
        drop(self.moved.wait_timeout_while(self.held(), timeout, is_still).unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<&'static str, Passed>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reactions, each behind those that it comes after, else as they stand. Those of a circle would wait for each other
/// for ever, so they are refused.
pub fn in_order(reactions: &[&'static Reaction]) -> Result<Vec<&'static Reaction>> {
    let mut left: Vec<&'static Reaction> = reactions.to_vec();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |reaction: &Reaction| left.iter().any(|other| reaction.after.contains(&other.name));
        let Some(next) = left.iter().position(|reaction| !waits(reaction)) else {
            let names: Vec<&str> = left.iter().map(|reaction| reaction.name).collect();
            return Err(Error::fault(format!("reactions come after each other in a circle: {}", names.join(", "))));
        };
        ordered.push(left.remove(next));
    }
    Ok(ordered)
}

/// Those among `all` that a reaction comes after, directly or by others, in their order.
pub fn before(all: &[&'static Reaction], reaction: &Reaction) -> Result<Vec<&'static Reaction>> {
    let mut wanted: Vec<&str> = reaction.after.to_vec();
    let mut found = Vec::new();
    for other in in_order(all)?.into_iter().rev() {
        if wanted.contains(&other.name) {
            wanted.extend(other.after);
            found.push(other);
        }
    }
    found.reverse();
    Ok(found)
}

/// Whether all that is waited for is there.
pub fn complete(reactions: &[&'static Reaction]) -> Result<()> {
    for reaction in reactions {
        for after in reaction.after {
            if !reactions.iter().any(|other| other.name == *after) {
                let name = reaction.name;
                return Err(Error::fault(format!("the reaction `{name}` comes after `{after}`, which does not run")));
            }
        }
    }
    Ok(())
}
