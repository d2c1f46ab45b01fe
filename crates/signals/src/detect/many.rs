//! Many series: in parallel, as a stream, in the order of the feed. What is in memory does not grow with their number.

use super::{Detector, Verdict};
use crate::{Series, Step};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

/// How many series a worker takes at a time.
const CHUNK: usize = 64;
/// So many chunks per worker may be under way or wait for an earlier one.
const AHEAD: usize = 4;

/// What is asked of all series.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub threads: usize,
    /// Only series with a case in the last so many days are judged; 0 for all.
    pub active_days: usize,
    /// How many points are judged, counted from the end; 1 for today.
    pub last: usize,
}

/// One series of a feed, and what judges it.
pub struct Job<'a, K> {
    pub key: K,
    pub series: Series,
    pub detectors: Vec<&'a dyn Detector>,
}

/// What was found in one series: the verdicts of its detectors, one list each; none where it had no case lately.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged<K> {
    pub key: K,
    pub verdicts: Option<Vec<Vec<Verdict>>>,
}

/// Judges the series of a feed on several threads and hands over what was found, in the order of the feed.
///
/// `feed` is read by one thread at a time: let it give names or rows, and `make` the series from them, which runs in
/// parallel. A feed of whole series is passed on by `make` as it is. The answer is the same on any number of threads.
pub fn many<'a, T: Send, K: Send>(
    asked: Asked,
    feed: impl Iterator<Item = T> + Send,
    make: impl Fn(T) -> Job<'a, K> + Sync,
    mut found: impl FnMut(Judged<K>),
) {
    let threads = asked.threads.max(1);
    let gate = Gate { state: Mutex::new(State { feed, next: 0, delivered: 0, stopped: false }), moved: Condvar::new() };
    let (send, receive) = mpsc::channel::<(usize, Vec<Judged<K>>)>();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (send, gate, make) = (send.clone(), &gate, &make);
            scope.spawn(move || {
                let _stop = Stop(gate);
                while let Some((nth, chunk)) = gate.chunk(AHEAD * threads) {
                    let judged = chunk.into_iter().map(|item| judged(asked, make(item))).collect();
                    if send.send((nth, judged)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (nth, chunk) in receive {
            waiting.insert(nth, chunk);
            while let Some(chunk) = waiting.remove(&next) {
                chunk.into_iter().for_each(&mut found);
                next += 1;
                gate.delivered(next);
            }
        }
    });
}

/// Whether a series has had a case in the last so many days.
pub fn is_active(series: &Series, days: usize) -> bool {
    let points = match series.step {
        Step::Day => days,
        Step::Week => days.div_ceil(7),
    };
    let from = series.len().saturating_sub(points);
    series.observed[from..].iter().any(|count| *count > 0.0)
}

fn judged<K>(asked: Asked, job: Job<'_, K>) -> Judged<K> {
    let Job { key, series, detectors } = job;
    if asked.active_days > 0 && !is_active(&series, asked.active_days) {
        return Judged { key, verdicts: None };
    }
    let range = series.len().saturating_sub(asked.last)..series.len();
    let of = |detector: &&dyn Detector| super::one(*detector, &series, range.clone());
    Judged { key, verdicts: Some(detectors.iter().map(of).collect()) }
}

struct State<F> {
    feed: F,
    next: usize,
    delivered: usize,
    stopped: bool,
}

/// Lets workers read the feed in turn, and no further ahead than their results can be handed over.
struct Gate<F> {
    state: Mutex<State<F>>,
    moved: Condvar,
}

impl<F> Gate<F> {
    fn state(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delivered(&self, count: usize) {
        self.state().delivered = count;
        self.moved.notify_all();
    }
}

impl<T, F: Iterator<Item = T>> Gate<F> {
    fn chunk(&self, ahead: usize) -> Option<(usize, Vec<T>)> {
        let mut state = self.state();
        while state.next >= state.delivered + ahead && !state.stopped {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return None;
        }
        let chunk: Vec<T> = state.feed.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return None;
        }
        state.next += 1;
        Some((state.next - 1, chunk))
    }
}

/// Where a worker panics, the others do not wait for its results for ever.
struct Stop<'g, F>(&'g Gate<F>);

impl<F> Drop for Stop<'_, F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().stopped = true;
            self.0.moved.notify_all();
        }
    }
}
