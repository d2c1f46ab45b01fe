//! How many bytes of an import are in work at once: what keeps a 10 GB file in the memory of a few batches.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes taken by the reader and given back when their answers have been collected.
pub struct Budget {
    max: usize,
    /// None once the import ends in a panic: then nobody waits.
    used: Mutex<Option<usize>>,
    freed: Condvar,
}

impl Budget {
    pub fn new(max: usize) -> Budget {
        Budget { max, used: Mutex::new(Some(0)), freed: Condvar::new() }
    }

    /// Waits until there is room for `bytes`, or until nothing else is in work.
    pub fn take(&self, bytes: usize) {
        let mut used = self.used();
        while used.is_some_and(|used| used > 0 && used + bytes > self.max) {
            used = self.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used = used.map(|used| used + bytes);
    }

    pub fn give_back(&self, bytes: usize) {
        let mut used = self.used();
        *used = used.map(|used| used.saturating_sub(bytes));
        self.freed.notify_all();
    }

    /// Lets everybody go on.
    pub fn break_up(&self) {
        *self.used() = None;
        self.freed.notify_all();
    }

    fn used(&self) -> MutexGuard<'_, Option<usize>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
