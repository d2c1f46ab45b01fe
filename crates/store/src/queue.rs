//! Where batches wait for the writer. It is bounded in number and bytes, and fair: accounts take turns, so that one with
//! a thousand batches waiting delays another's single write by one batch; and a large batch, which the writer carries out
//! in a group of its own, takes turns with groups of ordinary ones.

use crate::backend::Engine;
use crate::prepare::Prepared;
use crate::receipt::Reply;
use base::limits::{
    GROUP_BATCHES_MAX, GROUP_BYTES_MAX, GROUP_CHANGES_MAX, LARGE_BATCH_BYTES, LARGE_BATCH_CHANGES,
    WRITE_QUEUE_BYTES_MAX, WRITE_QUEUE_MAX,
};
use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A batch and whom to answer.
pub type Item = (Box<Prepared>, Reply);
/// Something rare on the writing connection, between two groups.
pub type Task = Box<dyn FnOnce(&mut Engine) + Send>;

/// Why something cannot wait here.
pub enum Refused {
    Full,
    Closed,
}

/// What the writer is to do next.
pub struct Work {
    pub tasks: Vec<Task>,
    pub group: Vec<Item>,
    /// Nothing waits and nothing more will come.
    pub ended: bool,
}

#[derive(Default)]
pub struct WriteQueue {
    waiting: Mutex<Waiting>,
    came: Condvar,
    left: Condvar,
}

#[derive(Default)]
struct Waiting {
    ordinary: Turns,
    large: Turns,
    /// The last group was a large batch.
    was_large: bool,
    tasks: Vec<Task>,
    all: Load,
    by_account: HashMap<i64, Load>,
    closed: bool,
}

/// How much waits.
#[derive(Clone, Copy, Default)]
struct Load {
    batches: usize,
    bytes: usize,
}

/// Batches of each account in the order they came; accounts in the order of their turns.
#[derive(Default)]
struct Turns(VecDeque<(i64, VecDeque<Item>)>);

impl WriteQueue {
    /// Puts a batch to wait; refused where there is no room.
    pub fn put(&self, item: Item) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        if !waiting.has_room(&item) {
            return Err(Refused::Full);
        }
        waiting.put(item);
        self.came.notify_one();
        Ok(())
    }

    /// Puts a batch as soon as there is room.
    pub fn put_waiting(&self, item: Item) -> Result<(), Refused> {
        let waiting = self.waiting();
        let full = |waiting: &mut Waiting| !waiting.closed && !waiting.has_room(&item);
        let mut waiting = self.left.wait_while(waiting, full).unwrap_or_else(PoisonError::into_inner);
        if waiting.closed {
            return Err(Refused::Closed);
        }
        waiting.put(item);
        self.came.notify_one();
        Ok(())
    }

    pub fn put_task(&self, task: Task) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        waiting.tasks.push(task);
        self.came.notify_one();
        Ok(())
    }

    /// Nothing more is taken; what waits is still carried out.
    pub fn close(&self) {
        self.waiting().closed = true;
        self.came.notify_all();
        self.left.notify_all();
    }

    /// The next work; nothing where none comes in time.
    pub fn take(&self, patience: Duration) -> Work {
        let idle = |waiting: &mut Waiting| waiting.is_empty() && !waiting.closed;
        let waited = self.came.wait_timeout_while(self.waiting(), patience, idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let ended = waiting.closed && waiting.is_empty();
        let work = Work { tasks: std::mem::take(&mut waiting.tasks), group: waiting.group(), ended };
        drop(waiting);
        self.left.notify_all();
        work
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.all.batches == 0 && self.tasks.is_empty()
    }

    /// An account may fill three quarters, so that there is room for the others. What is larger than the room alone may
    /// wait alone.
    fn has_room(&self, (batch, _): &Item) -> bool {
        let own = self.by_account.get(&batch.account).copied().unwrap_or_default();
        self.all.takes(batch.bytes, WRITE_QUEUE_MAX, WRITE_QUEUE_BYTES_MAX)
            && own.takes(batch.bytes, WRITE_QUEUE_MAX / 4 * 3, WRITE_QUEUE_BYTES_MAX / 4 * 3)
    }

    fn put(&mut self, item: Item) {
        let (account, bytes) = (item.0.account, item.0.bytes);
        for load in [&mut self.all, self.by_account.entry(account).or_default()] {
            load.batches += 1;
            load.bytes += bytes;
        }
        let turns = if is_large(&item) { &mut self.large } else { &mut self.ordinary };
        turns.put(item);
    }

    /// A large batch alone, or ordinary ones up to the bounds of a group.
    fn group(&mut self) -> Vec<Item> {
        let mut group = Vec::new();
        let large = !self.large.0.is_empty() && (self.ordinary.0.is_empty() || !self.was_large);
        self.was_large = large;
        if large {
            group.extend(self.large.take());
        } else {
            let (mut changes, mut bytes) = (0, 0);
            while group.len() < GROUP_BATCHES_MAX && changes < GROUP_CHANGES_MAX && bytes < GROUP_BYTES_MAX {
                let Some(item) = self.ordinary.take() else { break };
                changes += item.0.changes.len();
                bytes += item.0.bytes;
                group.push(item);
            }
        }
        for (batch, _) in &group {
            self.all.less(batch.bytes);
            let own = self.by_account.entry(batch.account).or_default();
            own.less(batch.bytes);
            if own.batches == 0 {
                self.by_account.remove(&batch.account);
            }
        }
        group
    }
}

impl Load {
    fn takes(self, bytes: usize, batches_max: usize, bytes_max: usize) -> bool {
        self.batches == 0 || (self.batches < batches_max && self.bytes + bytes <= bytes_max)
    }

    fn less(&mut self, bytes: usize) {
        self.batches -= 1;
        self.bytes -= bytes;
    }
}

impl Turns {
    fn put(&mut self, item: Item) {
        let account = item.0.account;
        match self.0.iter_mut().find(|(of, _)| *of == account) {
            Some((_, items)) => items.push_back(item),
            None => self.0.push_back((account, VecDeque::from([item]))),
        }
    }

    /// The first batch of the account whose turn it is.
    fn take(&mut self) -> Option<Item> {
        let (account, mut items) = self.0.pop_front()?;
        let item = items.pop_front();
        if !items.is_empty() {
            self.0.push_back((account, items));
        }
        item
    }
}

fn is_large((batch, _): &Item) -> bool {
    batch.changes.len() > LARGE_BATCH_CHANGES
        || batch.shelves.len() > LARGE_BATCH_CHANGES
        || batch.bytes > LARGE_BATCH_BYTES
}
