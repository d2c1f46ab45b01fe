//! Blocks of a city made by several threads and taken in their order. Memory is bounded by the bytes that wait to be
//! taken, not by the size of the city.

use base::{Error, Result, StopFlag};
use city::{City, Out, Window};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Bytes of made blocks that wait, above which only the next one is made.
const WAITING_BYTES_MAX: usize = 24 << 20;
/// Blocks in work or waiting for each thread.
const AHEAD_BLOCKS: usize = 8;
/// Emptied blocks that keep their room.
const SPARE_BLOCKS_MAX: usize = 4;

pub struct Blocks {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    city: Arc<City>,
    window: Window,
    end: usize,
    ahead: usize,
    stop: StopFlag,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    next_made: usize,
    next_taken: usize,
    ready: BTreeMap<usize, Out>,
    ready_bytes: usize,
    /// Emptied, to be filled again.
    spare: Vec<Out>,
    ended: bool,
    broken: bool,
}

impl Blocks {
    /// Starts to make the blocks from `from` on.
    pub fn start(city: Arc<City>, window: Window, from: usize, threads: usize, stop: StopFlag) -> Result<Blocks> {
        let state = State {
            next_made: from,
            next_taken: from,
            ready: BTreeMap::new(),
            ready_bytes: 0,
            spare: Vec::new(),
            ended: false,
            broken: false,
        };
        let (end, ahead) = (city.blocks(), threads * AHEAD_BLOCKS);
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let shared = Arc::new(Shared { city, window, end, ahead, stop, state, changed });
        let mut blocks = Blocks { shared, threads: Vec::new() };
        for _ in 0..threads.max(1) {
            let shared = blocks.shared.clone();
            let thread = std::thread::Builder::new().name("city".to_owned()).spawn(move || shared.work());
            let thread = thread.map_err(|_| Error::fault("a thread of the generator could not be started"))?;
            blocks.threads.push(thread);
        }
        Ok(blocks)
    }

    /// The next block with its number; none after the last, or when the stop flag was raised.
    pub fn take(&mut self) -> Result<Option<(usize, Out)>> {
        let mut state = self.shared.state();
        loop {
            if state.broken {
                return Err(Error::fault("the generator met a defect; please report the settings of this city"));
            }
            let number = state.next_taken;
            if number >= self.shared.end || self.shared.stop.is_raised() {
                return Ok(None);
            }
            if let Some(out) = state.ready.remove(&number) {
                state.ready_bytes -= out.ndjson.len();
                state.next_taken += 1;
                self.shared.changed.notify_all();
                return Ok(Some((number, out)));
            }
            state = self.shared.wait(state);
        }
    }

    /// Gives a block back whose content has been used.
    pub fn give_back(&self, mut out: Out) {
        out.clear();
        let mut state = self.shared.state();
        if state.spare.len() < SPARE_BLOCKS_MAX {
            state.spare.push(out);
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A panic has been told by `take`.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn work(&self) {
        let _broken = Broken(self);
        while let Some((number, mut out)) = self.next() {
            self.city.block(number, &mut out);
            let mut state = self.state();
            state.ready_bytes += out.ndjson.len();
            state.ready.insert(number, out);
            self.changed.notify_all();
        }
    }

    /// The number of the block to make, as soon as there is room for it, and something to make it in.
    fn next(&self) -> Option<(usize, Out)> {
        let mut state = self.state();
        loop {
            if state.ended || state.next_made >= self.end || self.stop.is_raised() {
                self.changed.notify_all();
                return None;
            }
            let waits = state.next_made - state.next_taken;
            if waits == 0 || (waits < self.ahead && state.ready_bytes < WAITING_BYTES_MAX) {
                let number = state.next_made;
                state.next_made += 1;
                let out = state.spare.pop().unwrap_or_else(|| Out::new(self.window, self.city.settings.only));
                return Some((number, out));
            }
            state = self.wait(state);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change, and looks at the stop flag now and then.
    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let pause = std::time::Duration::from_millis(100);
        self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Tells the taker that a thread has died.
struct Broken<'a>(&'a Shared);

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().broken = true;
            self.0.changed.notify_all();
        }
    }
}
