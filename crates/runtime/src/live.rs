//! What is happening now, for screens: changes of the record by type, imports, and the clock of a demonstration.
//!
//! One thread watches the feed and hands each subscriber a sum. A slow subscriber holds one sum and the newest state of
//! each import, never a queue. A subscriber names the feed position it knows, and the first sum covers what it missed.

use crate::imports::ImportView;
use base::{Course, Cx, Error, Result};
use fhir::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;
use store::Store;

/// Subscribers at once; more are answered `busy`.
pub const SUBSCRIBERS_MAX: usize = 256;
/// Time between two sums.
const PACE: Duration = Duration::from_millis(250);
/// How long the watcher waits for the feed before it looks at the stop flag.
const IDLE: Duration = Duration::from_millis(500);
/// Imports whose newest state waits for a subscriber; there are never more running or just ended.
const IMPORTS_WAITING_MAX: usize = 16;

#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    store: Store,
    cx: Cx,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Up to where the watcher has summed.
    position: u64,
    next_key: u64,
    subscribers: HashMap<u64, Subscriber>,
    stopped: bool,
}

struct Subscriber {
    shows: Shows,
    position: u64,
    changes: BTreeMap<TypeId, u64>,
    feed_is_new: bool,
    imports: BTreeMap<String, ImportView>,
    clock: Option<Course>,
    waker: Option<Waker>,
}

/// What a subscriber may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shows {
    /// How many resources of which type changed; without it only that something did.
    pub counts: bool,
    pub imports: bool,
}

/// News for a subscriber.
#[derive(Clone, Debug)]
pub enum Event {
    /// What changed up to this feed position since the sum before.
    Feed {
        position: u64,
        changes: Vec<(TypeId, u64)>,
    },
    Import(Box<ImportView>),
    /// Somebody changed the pace of the demonstration, or it jumped.
    Clock(Course),
}

/// A place among the subscribers; given back when dropped.
pub struct Subscription {
    live: Live,
    key: u64,
}

impl Live {
    /// Starts the watching thread. `cx` is the platform's own, with its own stop flag.
    pub fn start(store: Store, cx: Cx) -> Result<Live> {
        let state = State { position: store.position(), ..State::default() };
        let live = Live(Arc::new(Inner { store, cx, state: Mutex::new(state) }));
        let watched = live.clone();
        thread::Builder::new()
            .name("live".into())
            .spawn(move || watched.watch())
            .map_err(|_| Error::fault("the thread of the live updates could not be started"))?;
        Ok(live)
    }

    /// Ends every subscription and, soon after, the thread.
    pub fn stop(&self) {
        self.0.cx.stop.raise();
        let mut state = self.state();
        state.stopped = true;
        state.subscribers.values_mut().for_each(Subscriber::wake);
    }

    /// A subscription that knows the record up to `from`; none: begin now. May read the feed: not for an async thread.
    pub fn subscribe(&self, from: Option<u64>, shows: Shows) -> Result<Subscription> {
        let (subscription, now) = self.join(shows)?;
        let missed = match from {
            Some(from) if from < now && shows.counts => self.0.store.changes(from, now)?,
            _ => Vec::new(),
        };
        if let Some(subscriber) = self.state().subscribers.get_mut(&subscription.key) {
            subscriber.add(&missed, now);
        }
        Ok(subscription)
    }

    /// Tells the subscribers how an import stands.
    pub fn tell(&self, import: &ImportView) {
        let mut state = self.state();
        for subscriber in state.subscribers.values_mut().filter(|subscriber| subscriber.shows.imports) {
            if subscriber.imports.len() < IMPORTS_WAITING_MAX || subscriber.imports.contains_key(&import.id) {
                subscriber.imports.insert(import.id.clone(), import.clone());
                subscriber.wake();
            }
        }
    }

    /// Tells the subscribers that the clock runs differently from now on.
    pub fn tell_clock(&self, course: Course) {
        for subscriber in self.state().subscribers.values_mut() {
            subscriber.clock = Some(course);
            subscriber.wake();
        }
    }

    fn join(&self, shows: Shows) -> Result<(Subscription, u64)> {
        let mut state = self.state();
        if state.stopped {
            return Err(Error::busy("the server is stopping"));
        }
        if state.subscribers.len() >= SUBSCRIBERS_MAX {
            return Err(Error::busy(format!(
                "{SUBSCRIBERS_MAX} live streams are open already; close one or try later"
            )));
        }
        let (key, position) = (state.next_key, state.position);
        state.next_key += 1;
        state.subscribers.insert(key, Subscriber::new(shows, position));
        Ok((Subscription { live: self.clone(), key }, position))
    }

    fn watch(&self) {
        while !self.0.cx.stop.is_raised() {
            let from = self.state().position;
            let to = self.0.store.wait_past(from, IDLE);
            if to <= from {
                continue;
            }
            if let Err(error) = self.sum(from, to) {
                tracing::warn!(kind = error.kind.name(), error = error.text(), "live updates wait and try again");
            }
            thread::sleep(PACE);
        }
    }

    fn sum(&self, from: u64, to: u64) -> Result<()> {
        let nobody = !self.state().subscribers.values().any(|subscriber| subscriber.shows.counts);
        let changes = if nobody { Vec::new() } else { self.0.store.changes(from, to)? };
        let mut state = self.state();
        state.position = to;
        state.subscribers.values_mut().for_each(|subscriber| subscriber.add(&changes, to));
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber {
    fn new(shows: Shows, position: u64) -> Subscriber {
        let (changes, imports) = (BTreeMap::new(), BTreeMap::new());
        Subscriber { shows, position, changes, feed_is_new: false, imports, clock: None, waker: None }
    }

    fn add(&mut self, changes: &[(TypeId, u64)], position: u64) {
        if self.shows.counts {
            for (type_, count) in changes {
                *self.changes.entry(*type_).or_default() += count;
            }
        }
        self.position = self.position.max(position);
        self.feed_is_new = true;
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn take(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if std::mem::take(&mut self.feed_is_new) {
            let changes = std::mem::take(&mut self.changes).into_iter().collect();
            events.push(Event::Feed { position: self.position, changes });
        }
        events.extend(std::mem::take(&mut self.imports).into_values().map(|import| Event::Import(Box::new(import))));
        events.extend(self.clock.take().map(Event::Clock));
        events
    }
}

impl Subscription {
    /// The news since the last call; none at the end of the stream.
    pub fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Vec<Event>>> {
        let mut state = self.live.state();
        if state.stopped {
            return Poll::Ready(None);
        }
        let Some(subscriber) = state.subscribers.get_mut(&self.key) else { return Poll::Ready(None) };
        let events = subscriber.take();
        if events.is_empty() {
            subscriber.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Some(events))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.state().subscribers.remove(&self.key);
    }
}
