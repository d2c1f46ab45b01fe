//! What is counted of questions without a resource of its own: kept in memory and added to the tallies every few seconds
//! and at the stop, because a commit for each question would cost more than the question. A crash loses the counts of
//! those seconds; no rate stands on them alone.

use super::{Answer, Asked, Hook};
use base::{Cx, Error, Result, StopFlag};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::{Batch, ShelfOp, Store};

/// Time between two additions to the tallies.
const PACE: Duration = Duration::from_secs(3);
/// Counts that wait in memory; a store that takes nothing for so long has other troubles.
const WAITING_MAX: usize = 100_000;

/// What is counted. The key is `source|institution`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// Order-time questions put to a source: orders selected or signed.
    Asked,
    /// Cards that were shown once more, in the same encounter, before they were answered.
    Again,
    /// Questions that were answered "not known", because the answer was not ready in time.
    Late,
}

impl Count {
    pub const ALL: [Count; 3] = [Count::Asked, Count::Again, Count::Late];

    /// The space of its tally.
    pub const fn space(self) -> &'static str {
        match self {
            Count::Asked => "cards.asked",
            Count::Again => "cards.again",
            Count::Late => "cards.late",
        }
    }
}

/// Counts that are not on the shelf yet. Clones share them.
#[derive(Clone, Default)]
pub struct Counts(Arc<Mutex<Sums>>);

/// By what is counted, key and day.
type Sums = BTreeMap<(Count, String, i32), i64>;

impl Counts {
    /// Counts a question and what it was answered.
    pub fn answered(&self, cx: &Cx, store: &Store, asked: &Asked, answer: &Answer, asked_of: &[&'static str]) {
        let (day, _) = store.zone().day_and_minute(cx.now());
        let institution = asked.institution.as_deref().unwrap_or_default();
        let is_order = matches!(asked.hook, Hook::OrderSelect | Hook::OrderSign);
        let mut waiting = self.waiting();
        for source in asked_of.iter().filter(|_| is_order) {
            waiting.add(Count::Asked, source, institution, day);
        }
        for shown in answer.cards.iter().filter(|shown| shown.again) {
            waiting.add(Count::Again, shown.source.name, institution, day);
        }
    }

    /// Counts a question that was not answered in time. Whose institution it is may not be known by then.
    pub fn late(&self, cx: &Cx, store: &Store, sources: &[&'static str], institution: Option<&str>) {
        let (day, _) = store.zone().day_and_minute(cx.now());
        let mut waiting = self.waiting();
        for source in sources {
            waiting.add(Count::Late, source, institution.unwrap_or_default(), day);
        }
    }

    /// Adds what waits to the tallies. What could not be written waits on.
    pub fn flush(&self, cx: &Cx, store: &Store) -> Result<()> {
        let taken = std::mem::take(&mut *self.waiting().0);
        if taken.is_empty() {
            return Ok(());
        }
        let tally = |((count, key, day), add): (&(Count, String, i32), &i64)| ShelfOp::Tally {
            space: count.space().to_owned(),
            key: key.clone(),
            day: *day,
            add: *add,
        };
        let batch = Batch { shelves: taken.iter().map(tally).collect(), ..Batch::default() };
        let written = store.write(cx, batch);
        if written.is_err() {
            let mut waiting = self.waiting();
            for (key, add) in taken {
                *waiting.0.entry(key).or_default() += add;
            }
        }
        written.map(|_| ())
    }

    fn waiting(&self) -> Waiting<'_> {
        Waiting(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Waiting<'a>(MutexGuard<'a, Sums>);

impl Waiting<'_> {
    fn add(&mut self, count: Count, source: &str, institution: &str, day: i32) {
        let key = (count, format!("{source}|{institution}"), day);
        if self.0.len() < WAITING_MAX || self.0.contains_key(&key) {
            *self.0.entry(key).or_default() += 1;
        }
    }
}

/// The thread that adds counts to the tallies.
pub struct CountsKeeper {
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
}

impl CountsKeeper {
    /// Starts it. `cx` is the platform's own.
    pub fn start(counts: Counts, store: Store, cx: Cx) -> Result<CountsKeeper> {
        let stop = StopFlag::default();
        let stopped = stop.clone();
        let keep = move || {
            loop {
                let last = stopped.is_raised();
                if let Err(error) = counts.flush(&cx, &store) {
                    tracing::warn!(kind = error.kind.name(), "counts of cards could not be added to the tallies yet");
                }
                if last {
                    break;
                }
                thread::park_timeout(PACE);
            }
        };
        let thread = thread::Builder::new().name("card-counts".into()).spawn(keep);
        let thread =
            thread.map_err(|_| Error::fault("the thread that keeps the counts of cards could not be started"))?;
        Ok(CountsKeeper { stop, thread: Some(thread) })
    }

    /// Adds what is left and ends.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.stop.raise();
        thread.thread().unpark();
        if thread.join().is_err() {
            tracing::error!("the thread that keeps the counts of cards ended in a panic");
        }
    }
}

impl Drop for CountsKeeper {
    fn drop(&mut self) {
        self.end();
    }
}
