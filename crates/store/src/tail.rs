//! The end of the feed, held in memory: reactions follow close behind the writer, and what was just committed need not be
//! read, unpacked and parsed from the disk again for each of them.

use crate::model::Stored;
use base::limits::FEED_TAIL_BYTES_MAX;
use fhir::definitions::TypeId;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The last versions that were committed, without a gap, oldest first.
#[derive(Default)]
pub struct Tail(Mutex<Held>);

#[derive(Default)]
struct Held {
    entries: VecDeque<Stored>,
    bytes: usize,
}

/// What a version takes beside its body.
const ENTRY_BYTES: usize = 128;

impl Tail {
    /// Adds what a group has committed. The oldest go when there is no more room.
    pub fn put(&self, fresh: Vec<Stored>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in fresh {
            held.bytes += entry.body.len() + ENTRY_BYTES;
            held.entries.push_back(entry);
        }
        while held.bytes > FEED_TAIL_BYTES_MAX {
            let Some(oldest) = held.entries.pop_front() else { break };
            held.bytes -= oldest.body.len() + ENTRY_BYTES;
        }
    }

    /// Versions of some types after a position, none after `to`, and how far was looked; none where the tail does not reach back so far.
    pub fn feed_between(&self, types: &[TypeId], after: u64, to: u64, limit: usize) -> Option<(Vec<Stored>, u64)> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, last) = (held.entries.front()?.position, held.entries.back()?.position);
        let skipped = usize::try_from((after + 1).checked_sub(first)?).ok()?;
        let mut found = Vec::new();
        for entry in held.entries.iter().skip(skipped).take_while(|entry| entry.position <= to) {
            if types.contains(&entry.type_) {
                found.push(entry.clone());
            }
            if found.len() == limit {
                return Some((found, entry.position));
            }
        }
        Some((found, last.min(to).max(after)))
    }
}
