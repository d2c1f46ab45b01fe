//! Reactions: what follows from a change in the record, read from the feed, each exactly once.
//!
//! A reaction looks at a slice of the feed and plans a batch; its cursor moves by compare-and-set in that same batch.
//! So an effect and the knowledge that it happened are on the disk together or not at all, across crashes and with
//! several runners. A slice without effect costs no write: the cursor then moves with the next effect or later.
//!
//! Reactions run side by side. One that stands on what another keeps names it (`after`), and looks at no position of the
//! feed that the other has not passed.

mod order;

pub use order::{Ahead, before, in_order};

use order::{Limit, complete};

use crate::program::{Env, Kept};
use crate::record::Site;
use base::clock::Stopwatch;
use base::{Cx, Error, Kind, Result, StopFlag};
use fhir::definitions::r4;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::{Batch, Guard, Store, Stored};

/// Feed entries looked at in one step by a reaction that reads the record for each.
pub const SLICE_ENTRIES: usize = 200;
/// How far a cursor may lag behind what was looked at without effect; so much is read again after a crash.
const CURSOR_LAG_MAX: u64 = 20_000;
/// How long an idle runner waits for the feed before it looks at its stop flag.
const IDLE: Duration = Duration::from_millis(300);
/// How long a reaction at the end of the feed lets commits gather, so that it looks at them together: a step, a commit of its
/// own and a thread that wakes up for each would cost a busy record more than what they are about.
const GATHERING: Duration = Duration::from_millis(10);
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(10);
/// How long a reaction waits for another before it says so, and between saying it again.
const WAITING_TOLD: Duration = Duration::from_secs(30);

/// One reaction to the feed.
pub struct Reaction {
    /// Names the cursor in the store; never changed.
    pub name: &'static str,
    /// The resource types it looks at.
    pub types: &'static [&'static str],
    /// The spaces of shelves that nobody but this reaction writes. They can be emptied and filled again from the feed;
    /// none for a reaction that writes to the record.
    pub spaces: &'static [&'static str],
    /// Names of the reactions on whose shelves or writes it stands: it plans no position that they have not passed. While one
    /// of them fails, it waits.
    pub after: &'static [&'static str],
    /// Work that no entry of the feed brings, done in steps: while the feed holds nothing new, and after each slice of a busy
    /// feed that holds no more. What is to be written, nothing where nothing is left.
    pub rest: Option<Rest>,
    /// Entries of those types looked at in one step: more where many become few rows of shelves.
    pub slice_entries_max: usize,
    /// From entries of those types, in feed order, to what is to be written. It reads the record but writes nothing. What
    /// `Env` keeps in memory lasts as long as the runner; its site has no base URL.
    pub plan: fn(&Cx, &Env, &[Stored]) -> Result<Batch>,
}

/// A step of what is left beside the feed, by how far the reaction has looked.
pub type Rest = fn(&Cx, &Env, u64) -> Result<Batch>;

/// How far a reaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where its cursor stands in the store.
    pub stored: u64,
    /// The last feed position it has looked at.
    pub seen: u64,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It looked at something.
    Looked,
    /// The feed holds nothing new.
    Nothing,
    /// What is there waits until this reaction has passed it.
    Waits(&'static str),
}

/// The threads that run the reactions, one each: a reaction that waits for the writer, or fails, holds up none but those
/// that come after it.
pub struct Runner {
    cx: Cx,
    /// Raised when the feed will not grow any more.
    last: StopFlag,
    threads: Vec<JoinHandle<()>>,
}

impl Runner {
    /// Starts the threads. `cx` is the platform's own, with its own stop flag. Reactions that wait for each other, or for
    /// one that is not there, are refused.
    pub fn start(store: Store, cx: Cx, reactions: Vec<&'static Reaction>) -> Result<Runner> {
        complete(&reactions)?;
        let reactions = in_order(&reactions)?;
        let ahead = Arc::new(Ahead::default());
        let mut runner = Runner { cx, last: StopFlag::default(), threads: Vec::with_capacity(reactions.len()) };
        let kept = Kept::default();
        for reaction in reactions {
            let (cx, last) = (runner.cx.clone(), runner.last.clone());
            let env = env_of(&store, &kept);
            let ahead = ahead.clone();
            let thread = thread::Builder::new()
                .name(reaction.name.into())
                .spawn(move || Running { cx, env, reaction, last, ahead, waiting: None }.run())
                .map_err(|_| Error::fault("the thread of a reaction could not be started"))?;
            runner.threads.push(thread);
        }
        Ok(runner)
    }

    /// Ends after the steps at hand. What is left in the feed is done at the next start.
    pub fn stop(mut self) {
        self.end();
    }

    /// Ends when the feed holds nothing new, or at an error, which the next run meets again.
    pub fn finish(mut self) {
        self.last.raise();
        self.join();
    }

    fn end(&mut self) {
        if !self.threads.is_empty() {
            self.cx.stop.raise();
        }
        self.join();
    }

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the thread of a reaction ended in a panic");
            }
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs every reaction until the feed holds nothing new; gives the feed position reached. For work without a server.
pub fn catch_up(cx: &Cx, store: &Store, reactions: &[&'static Reaction]) -> Result<u64> {
    let mut reached = u64::MAX;
    for reaction in in_order(reactions)? {
        reached = reached.min(catch_up_to(cx, store, reaction, u64::MAX)?);
    }
    Ok(reached)
}

/// Runs one reaction until it has looked as far as `to`, the feed holds nothing new, or one that it comes after stands
/// there; gives the feed position reached.
pub fn catch_up_to(cx: &Cx, store: &Store, reaction: &Reaction, to: u64) -> Result<u64> {
    let env = env_of(store, &Kept::default());
    // The others are not running here, so their cursors tell how far they are.
    let ahead = Ahead::default();
    let mut place = place_of(store, reaction)?;
    while place.seen < to {
        cx.go_on()?;
        match step(cx, &env, reaction, &ahead, &mut place) {
            Ok(Step::Looked) => {}
            Ok(Step::Nothing | Step::Waits(_)) => break,
            Err(error) if error.kind == Kind::Conflict => place = place_of(store, reaction)?,
            Err(error) => return Err(error),
        }
    }
    keep_place(cx, store, reaction, &mut place)?;
    Ok(place.seen)
}

/// What reactions stand on: the store, and a memory of their own.
pub fn env_of(store: &Store, kept: &Kept) -> Env {
    let site = Site { base_url: String::new(), zone: store.zone().clone() };
    Env { store: store.clone(), site, kept: kept.clone() }
}

/// Where a reaction's cursor stands.
pub fn place_of(store: &Store, reaction: &Reaction) -> Result<Place> {
    let stored = store.cursor(reaction.name)?;
    Ok(Place { stored, seen: stored })
}

/// How many versions wait to be looked at by a reaction: those of its types, once its cursor is near the end of the feed;
/// before, the distance.
pub fn behind(store: &Store, reaction: &Reaction, to: u64) -> Result<u64> {
    let from = store.cursor(reaction.name)?;
    let gap = to.saturating_sub(from);
    if gap == 0 || gap > CURSOR_LAG_MAX {
        return Ok(gap);
    }
    let changes = store.changes(from, to)?;
    let wanted = changes.iter().filter(|(type_, _)| reaction.types.contains(&r4().type_name(*type_)));
    Ok(wanted.map(|(_, count)| count).sum())
}

/// Looks at the next slice of the feed and commits what follows. A conflict means that the record or the cursor has
/// moved: read the place again.
pub fn step(cx: &Cx, env: &Env, reaction: &Reaction, ahead: &Ahead, place: &mut Place) -> Result<Step> {
    let store = &env.store;
    let limit = ahead.limit(store, reaction)?;
    let (slice, looked_to) = match limit {
        Some(limit) if limit.position <= place.seen => (Vec::new(), place.seen),
        _ => next_slice(cx, store, reaction, place.seen, limit)?,
    };
    if looked_to <= place.seen {
        // The cursor may have been put back to count anew, which no commit of this reaction would notice now.
        if store.cursor(reaction.name)? != place.stored {
            return Err(Error::conflict("the cursor of a reaction was moved"));
        }
        let waits = limit.filter(|limit| limit.position < store.position());
        return match waits {
            Some(limit) => Ok(Step::Waits(limit.by)),
            None => rest(cx, env, reaction, place),
        };
    }
    let batch = if slice.is_empty() { Batch::default() } else { (reaction.plan)(cx, env, &slice)? };
    place.seen = looked_to;
    let has_effect = !batch.writes.is_empty() || !batch.shelves.is_empty();
    if has_effect || place.seen - place.stored >= CURSOR_LAG_MAX {
        commit(cx, store, reaction, batch, place)?;
    }
    ahead.passed(reaction, *place);
    Ok(Step::Looked)
}

/// A step of what is left to do beside the feed.
fn rest(cx: &Cx, env: &Env, reaction: &Reaction, place: &mut Place) -> Result<Step> {
    let Some(rest) = reaction.rest else { return Ok(Step::Nothing) };
    let batch = rest(cx, env, place.seen)?;
    if batch.writes.is_empty() && batch.shelves.is_empty() {
        return Ok(Step::Nothing);
    }
    commit(cx, &env.store, reaction, batch, place)?;
    Ok(Step::Looked)
}

/// The next entries of the reaction's types, none beyond the limit, and how far was looked.
fn next_slice(
    cx: &Cx,
    store: &Store,
    reaction: &Reaction,
    seen: u64,
    limit: Option<Limit>,
) -> Result<(Vec<Stored>, u64)> {
    let types: Vec<_> = reaction.types.iter().filter_map(|name| r4().type_named(name)).collect();
    let to = limit.map_or(u64::MAX, |limit| limit.position);
    store.feed_between(cx, &types, seen, to, reaction.slice_entries_max)
}

/// Writes down how far the reaction has looked, where that is further than its cursor.
fn keep_place(cx: &Cx, store: &Store, reaction: &Reaction, place: &mut Place) -> Result<()> {
    match place.seen > place.stored {
        true => commit(cx, store, reaction, Batch::default(), place),
        false => Ok(()),
    }
}

fn commit(cx: &Cx, store: &Store, reaction: &Reaction, mut batch: Batch, place: &mut Place) -> Result<()> {
    let (from, to) = (place.stored, place.seen);
    batch.guards.push(Guard::Cursor { name: reaction.name.to_owned(), from, to });
    store.write(cx, batch).map_err(|error| match error.kind {
        // Another change came between plan and commit: for the runner it is the same as a moved cursor.
        Kind::Precondition => Error { kind: Kind::Conflict, ..error },
        _ => error,
    })?;
    place.stored = to;
    Ok(())
}

/// One reaction and its thread.
struct Running {
    cx: Cx,
    env: Env,
    reaction: &'static Reaction,
    /// Raised when the feed will not grow any more.
    last: StopFlag,
    ahead: Arc<Ahead>,
    /// How long it has waited for another, and at how many seconds that is told next.
    waiting: Option<(Stopwatch, Duration)>,
}

/// However a thread ends, those that come after learn it.
impl Drop for Running {
    fn drop(&mut self) {
        self.ahead.ended(self.reaction);
    }
}

impl Running {
    fn run(mut self) {
        let mut back_off = BACK_OFF_FIRST;
        let mut place: Option<Place> = None;
        while !self.cx.stop.is_raised() {
            let found = self.next(&mut place);
            if found.is_ok() {
                back_off = BACK_OFF_FIRST;
            }
            if !matches!(found, Ok(Step::Waits(_))) {
                self.waiting = None;
            }
            match found {
                Ok(Step::Looked) => self.gather(place.map_or(0, |place| place.seen)),
                Ok(Step::Nothing) if self.last.is_raised() => break,
                Ok(Step::Nothing) => drop(self.env.store.wait_past(place.map_or(0, |place| place.seen), IDLE)),
                // What it waits for may have moved while it looked whether that has ended.
                Ok(Step::Waits(by)) if self.last.is_raised() && self.ahead.has_ended(by) && !self.may_go_on(place) => {
                    break;
                }
                Ok(Step::Waits(by)) => self.wait(by, place.map_or(0, |place| place.seen)),
                Err(error) => {
                    let conflict = error.kind == Kind::Conflict;
                    if self.cx.stop.is_raised() || (self.last.is_raised() && !conflict) {
                        break;
                    }
                    if !conflict {
                        let (kind, error) = (error.kind.name(), error.text());
                        tracing::warn!(kind, error, reaction = self.reaction.name, "a reaction waits and tries again");
                    }
                    place = None;
                    thread::park_timeout(back_off);
                    back_off = (back_off * 2).min(BACK_OFF_MAX);
                }
            }
        }
        if let Some(mut place) = place
            && let Err(error) = keep_place(&self.cx, &self.env.store, self.reaction, &mut place)
        {
            // Nothing is lost: the next start looks at that part of the feed again.
            tracing::debug!(kind = error.kind.name(), "the cursor was not moved at the stop");
        }
    }

    /// Lets commits gather where the end of the feed is near.
    fn gather(&self, seen: u64) {
        if self.is_near_end(seen) && !self.last.is_raised() {
            thread::park_timeout(GATHERING);
        }
    }

    /// Whether no more than a slice of the feed is left.
    fn is_near_end(&self, seen: u64) -> bool {
        self.env.store.position().saturating_sub(seen) < self.reaction.slice_entries_max as u64
    }

    /// One step from where the reaction stands.
    fn next(&self, place: &mut Option<Place>) -> Result<Step> {
        let mut now = match place {
            Some(now) => *now,
            None => place_of(&self.env.store, self.reaction)?,
        };
        let found = step(&self.cx, &self.env, self.reaction, &self.ahead, &mut now)?;
        *place = Some(now);
        // On a busy record the feed always holds something new, so what is left beside it would never have its turn.
        if found == Step::Looked && self.is_near_end(now.seen) {
            rest(&self.cx, &self.env, self.reaction, &mut now)?;
            *place = Some(now);
        }
        Ok(found)
    }

    fn may_go_on(&self, place: Option<Place>) -> bool {
        let limit = self.ahead.limit(&self.env.store, self.reaction);
        limit.is_ok_and(|limit| limit.is_none_or(|limit| limit.position > place.map_or(0, |place| place.seen)))
    }

    /// Waits for another reaction, and says so where that takes long: it may be failing.
    fn wait(&mut self, by: &'static str, seen: u64) {
        let (watch, next) = self.waiting.get_or_insert_with(|| (Stopwatch::start(), WAITING_TOLD));
        let waited = watch.elapsed();
        if waited >= *next {
            let seconds = waited.as_secs();
            tracing::warn!(reaction = self.reaction.name, waits_for = by, seconds, "a reaction waits for another");
            *next = waited + WAITING_TOLD;
        }
        // An error of the record is met again by the next step, and told there.
        if self.ahead.wait(&self.env.store, Limit { position: seen, by }, IDLE).is_err() {
            thread::park_timeout(IDLE);
        }
    }
}
