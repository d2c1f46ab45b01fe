//! Keeps the order where order matters. Chunks are parsed and submitted by several threads, and what a batch means is
//! decided on what is committed: so a resource that is in work is not submitted again before its batch is done, and a
//! Bundle that is carried out sees all before it.

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
    /// Hashes of the resources that are in work.
    keys: HashSet<u64>,
    /// Chunks that are in work: submitted or about to be, and not yet collected.
    chunks: usize,
    /// Parts of the chunk that has the turn alone, likewise.
    parts: usize,
    /// A thread has died; nobody waits any longer.
    broken: bool,
}

/// What the collector gives back when an answer is done.
pub enum Release {
    Chunk(Vec<u64>),
    Part,
    Nothing,
}

impl Turns {
    /// Waits for the chunk's turn and until none of its resources is in work; then passes the turn on.
    pub fn enter(&self, chunk: u64, keys: &[u64]) {
        let mut state = self.state();
        while !state.broken && (state.next != chunk || keys.iter().any(|key| state.keys.contains(key))) {
            state = self.wait(state);
        }
        state.keys.extend(keys);
        state.chunks += 1;
        state.next = chunk + 1;
        self.changed.notify_all();
    }

    /// Waits for the chunk's turn and until nothing is in work; keeps the turn.
    pub fn enter_alone(&self, chunk: u64) {
        let mut state = self.state();
        while !state.broken && (state.next != chunk || state.chunks > 0) {
            state = self.wait(state);
        }
    }

    /// A part of the chunk that has the turn alone is in work.
    pub fn add_part(&self) {
        self.state().parts += 1;
    }

    /// Waits until all parts of the chunk that has the turn alone are done.
    pub fn wait_parts(&self) {
        let mut state = self.state();
        while !state.broken && state.parts > 0 {
            state = self.wait(state);
        }
    }

    /// Passes the turn on when all parts are done.
    pub fn leave_alone(&self, chunk: u64) {
        self.wait_parts();
        self.state().next = chunk + 1;
        self.changed.notify_all();
    }

    /// What an answer held is done.
    pub fn release(&self, release: Release) {
        let mut state = self.state();
        match release {
            Release::Chunk(keys) => {
                for key in keys {
                    state.keys.remove(&key);
                }
                state.chunks = state.chunks.saturating_sub(1);
            }
            Release::Part => state.parts = state.parts.saturating_sub(1),
            Release::Nothing => return,
        }
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
