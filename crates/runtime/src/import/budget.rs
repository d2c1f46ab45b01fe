//! How many bytes of an import are in work at once: what keeps a 10 GB file in the memory of a few batches.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes taken by the reader and given back when their answers have been collected.
pub struct Budget {
    max: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

impl Budget {
    pub fn new(max: usize) -> Budget {
        Budget { max, used: Mutex::new(0), freed: Condvar::new() }
    }

    /// Waits until there is room for `bytes`, or until nothing else is in work.
    pub fn take(&self, bytes: usize) {
        let mut used = self.used();
        while *used > 0 && *used + bytes > self.max {
            used = self.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used += bytes;
    }

    pub fn give_back(&self, bytes: usize) {
        *self.used() -= bytes;
        self.freed.notify_all();
    }

    fn used(&self) -> MutexGuard<'_, usize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
