//! The middle of the pipeline: parse, validate and submit, in several threads.

use super::carry;
use super::open::{Act, Step, Way, open, way};
use super::read::{Chunk, Item, Mark};
use super::refusal::Refusal;
use super::resume::Journal;
use super::turns::{Release, Turns};
use super::{BATCH_BYTES_MAX, BATCH_RESOURCES_MAX, ImportOptions};
use base::{Cx, Result};
use std::collections::HashSet;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Batch, Expect, Put, Receipt, Store, Write};

/// What a worker tells the collector. A chunk has one answer or several; the last one says so.
pub struct Answer {
    pub chunk: u64,
    pub items: Arc<Vec<Item>>,
    pub parts: Vec<Part>,
    /// What may go on when the parts are done.
    pub release: Release,
    pub last: Option<Last>,
}

/// What ends a chunk.
pub struct Last {
    pub after: Mark,
    pub bytes_read: u64,
    pub cost: usize,
}

pub enum Part {
    Batch { receipt: Result<Receipt>, steps: Vec<StepAt> },
    Refused(Refusal),
    CarriedOut(carry::Outcome),
}

/// Where a step comes from, to open it again if its batch was refused.
#[derive(Clone, Copy, Debug)]
pub struct StepAt {
    pub item: usize,
    pub nth: u64,
    pub line: u64,
}

pub struct Worker<'a> {
    pub cx: &'a Cx,
    pub store: &'a Store,
    pub options: &'a ImportOptions,
    pub turns: &'a Turns,
    pub journal: &'a Journal,
    pub answers: SyncSender<Answer>,
}

/// Lets the other threads go on if this one dies.
struct BreakUp<'a>(&'a Turns);

impl Drop for BreakUp<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.break_up();
        }
    }
}

impl Worker<'_> {
    /// Works until the reader has no more.
    pub fn run(self, chunks: Arc<Mutex<Receiver<Chunk>>>) {
        let _break_up = BreakUp(self.turns);
        loop {
            let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(mut chunk) = next else { return };
            let items = Arc::new(std::mem::take(&mut chunk.items));
            let ways: Vec<Way> = items.iter().map(|item| way(item, self.options.keep_bundles)).collect();
            let alone = chunk.cost > 2 * BATCH_BYTES_MAX || ways.contains(&Way::CarriedOut);
            let told = if alone { self.alone(&chunk, &items, &ways) } else { self.beside(&chunk, &items, &ways) };
            if told.is_none() {
                return;
            }
        }
    }

    /// A chunk that is parsed while others are; none if nobody listens any more.
    fn beside(&self, chunk: &Chunk, items: &Arc<Vec<Item>>, ways: &[Way]) -> Option<()> {
        let (mut builder, mut parts, mut batches) = (Builder::default(), Vec::new(), Vec::new());
        for (at, (item, way)) in items.iter().zip(ways).enumerate() {
            open(item, *way, &mut |step| match builder.add(at, item, step) {
                Added::Refused(refusal) => parts.push(Part::Refused(refusal)),
                Added::Full(ready) => batches.push(ready),
                Added::Taken => {}
            });
        }
        batches.extend(builder.finish());
        if batches.len() > 1 {
            // Some resource is in the chunk twice: its versions go one after the other.
            self.turns.enter_alone(chunk.number);
            let mut turn = Alone { worker: self, chunk, items, keys: HashSet::new() };
            let mut told = turn.tell(parts);
            for ready in batches {
                told = told.and_then(|()| turn.submit(ready));
            }
            return told.and(turn.end());
        }
        let keys: Vec<u64> = batches.iter().flat_map(|ready| ready.keys.iter().copied()).collect();
        self.turns.enter(chunk.number, &keys);
        parts.extend(batches.into_iter().map(|ready| self.submit(ready)));
        self.tell(chunk, items, parts, Release::Chunk(keys), true)
    }

    /// A chunk with a large or carried out Bundle: nothing else is in work meanwhile, and it is told in parts.
    fn alone(&self, chunk: &Chunk, items: &Arc<Vec<Item>>, ways: &[Way]) -> Option<()> {
        self.turns.enter_alone(chunk.number);
        let mut turn = Alone { worker: self, chunk, items, keys: HashSet::new() };
        let (mut builder, mut told) = (Builder::default(), Some(()));
        for (at, (item, way)) in items.iter().zip(ways).enumerate() {
            if *way == Way::CarriedOut {
                let before = std::mem::take(&mut builder).finish();
                told = told.and_then(|()| before.map_or(Some(()), |ready| turn.submit(ready)));
                told = told.and_then(|()| turn.carry_out(item));
                continue;
            }
            open(item, *way, &mut |step| match builder.add(at, item, step) {
                Added::Refused(refusal) => told = told.and_then(|()| turn.tell(vec![Part::Refused(refusal)])),
                Added::Full(ready) => told = told.and_then(|()| turn.submit(ready)),
                Added::Taken => {}
            });
        }
        if let Some(ready) = builder.finish() {
            told = told.and_then(|()| turn.submit(ready));
        }
        told.and(turn.end())
    }

    /// Hands a batch to the store, together with how far the import had come before it.
    fn submit(&self, ready: Ready) -> Part {
        let batch = Batch { writes: ready.writes, shelves: self.journal.ops(), ..Batch::default() };
        Part::Batch { receipt: self.store.submit_waiting(self.cx, batch), steps: ready.steps }
    }

    fn tell(
        &self,
        chunk: &Chunk,
        items: &Arc<Vec<Item>>,
        parts: Vec<Part>,
        release: Release,
        is_last: bool,
    ) -> Option<()> {
        let last = is_last.then_some(Last { after: chunk.after, bytes_read: chunk.bytes_read, cost: chunk.cost });
        self.answers.send(Answer { chunk: chunk.number, items: items.clone(), parts, release, last }).ok()
    }
}

/// A chunk that has the turn alone.
struct Alone<'a> {
    worker: &'a Worker<'a>,
    chunk: &'a Chunk,
    items: &'a Arc<Vec<Item>>,
    /// Resources submitted since all parts were last known to be done.
    keys: HashSet<u64>,
}

impl Alone<'_> {
    fn submit(&mut self, ready: Ready) -> Option<()> {
        if ready.keys.iter().any(|key| self.keys.contains(key)) {
            self.worker.turns.wait_parts();
            self.keys.clear();
        }
        self.keys.extend(&ready.keys);
        let part = self.worker.submit(ready);
        self.tell(vec![part])
    }

    fn carry_out(&mut self, item: &Item) -> Option<()> {
        self.worker.turns.wait_parts();
        self.keys.clear();
        let outcome = carry::carry_out(self.worker.cx, self.worker.store, self.worker.options, item);
        self.tell(vec![Part::CarriedOut(outcome.unwrap_or_else(|error| carry::Outcome::failed(item, error)))])
    }

    fn tell(&self, parts: Vec<Part>) -> Option<()> {
        self.worker.turns.add_part();
        self.worker.tell(self.chunk, self.items, parts, Release::Part, false)
    }

    fn end(self) -> Option<()> {
        self.worker.turns.leave_alone(self.chunk.number);
        self.worker.tell(self.chunk, self.items, Vec::new(), Release::Nothing, true)
    }
}

/// A batch that is full, where its steps come from, and which resources it names.
struct Ready {
    writes: Vec<Write>,
    steps: Vec<StepAt>,
    keys: HashSet<u64>,
}

/// Gathers steps into batches. A resource is named once in a batch; the second time it goes into the next.
#[derive(Default)]
struct Builder {
    writes: Vec<Write>,
    steps: Vec<StepAt>,
    keys: HashSet<u64>,
    bytes: usize,
}

enum Added {
    Taken,
    Full(Ready),
    Refused(Refusal),
}

impl Builder {
    fn add(&mut self, at: usize, item: &Item, step: Step) -> Added {
        let place = StepAt { item: at, nth: step.nth, line: step.line };
        let act = match step.act {
            Ok(act) => act,
            Err(reason) => return Added::Refused(Refusal { file: item.file.to_string(), line: step.line, reason }),
        };
        let key = act.key();
        let is_full = self.writes.len() >= BATCH_RESOURCES_MAX || self.bytes > BATCH_BYTES_MAX;
        let full = if is_full || self.keys.contains(&key) { std::mem::take(self).finish() } else { None };
        self.keys.insert(key);
        self.bytes += step.bytes;
        self.writes.push(write_of(act));
        self.steps.push(place);
        full.map_or(Added::Taken, Added::Full)
    }

    fn finish(self) -> Option<Ready> {
        (!self.steps.is_empty()).then_some(Ready { writes: self.writes, steps: self.steps, keys: self.keys })
    }
}

pub fn write_of(act: Act) -> Write {
    match act {
        Act::Put { id, resource } => Write::Put(Put { id, resource: *resource, expect: Expect::Any, source: None }),
        Act::Delete { type_, id } => Write::Delete { type_, id, expect: Expect::Any },
    }
}
