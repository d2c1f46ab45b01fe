//! Keeps the order where order matters. Chunks are parsed and submitted by several threads; two writes of the same
//! resource must still reach the writer in the order of the files, and a Bundle that is carried out sees all before it.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The chunk whose turn it is to submit.
    next: u64,
    /// Hashes of the resources that are being submitted.
    keys: HashSet<u64>,
    /// Chunks that are being submitted.
    submitting: usize,
    /// A thread has died; nobody waits any longer.
    broken: bool,
}

impl Turns {
    /// Waits for the chunk's turn and until none of its resources is being submitted; then passes the turn on.
    pub fn enter(&self, chunk: u64, keys: &[u64]) {
        let mut state = self.state();
        while !state.broken && (state.next != chunk || keys.iter().any(|key| state.keys.contains(key))) {
            state = self.wait(state);
        }
        state.keys.extend(keys);
        state.submitting += 1;
        state.next = chunk + 1;
        self.changed.notify_all();
    }

    pub fn leave(&self, keys: &[u64]) {
        let mut state = self.state();
        for key in keys {
            state.keys.remove(key);
        }
        state.submitting -= 1;
        self.changed.notify_all();
    }

    /// Waits for the chunk's turn and until nothing is being submitted; keeps the turn.
    pub fn enter_alone(&self, chunk: u64) {
        let mut state = self.state();
        while !state.broken && (state.next != chunk || state.submitting > 0) {
            state = self.wait(state);
        }
    }

    pub fn leave_alone(&self, chunk: u64) {
        self.state().next = chunk + 1;
        self.changed.notify_all();
    }

    /// Lets everybody go on: a thread has died and the import will end with its panic.
    pub fn break_up(&self) {
        self.state().broken = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}
