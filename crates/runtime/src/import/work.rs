//! The middle of the pipeline: parse, validate and submit, in several threads.

use super::carry;
use super::open::{Act, Step, Way, open, way};
use super::read::{Chunk, Item, Mark};
use super::refusal::Refusal;
use super::resume::Journal;
use super::turns::Turns;
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
        let mut keys = Vec::new();
        for (at, (item, way)) in items.iter().zip(ways).enumerate() {
            open(item, *way, &mut |step| {
                if let Ok(act) = &step.act {
                    keys.push(act.key());
                }
                match builder.add(at, item, step) {
                    Added::Refused(refusal) => parts.push(Part::Refused(refusal)),
                    Added::Full(batch) => batches.push(batch),
                    Added::Taken => {}
                }
            });
        }
        batches.extend(builder.finish());
        self.turns.enter(chunk.number, &keys);
        for batch in batches {
            parts.push(self.submit(batch));
        }
        self.turns.leave(&keys);
        self.tell(chunk, items, parts, true)
    }

    /// A chunk with a large or carried out Bundle: nothing else is submitted meanwhile, and it is told in parts.
    fn alone(&self, chunk: &Chunk, items: &Arc<Vec<Item>>, ways: &[Way]) -> Option<()> {
        self.turns.enter_alone(chunk.number);
        let mut builder = Builder::default();
        let mut told = Some(());
        for (at, (item, way)) in items.iter().zip(ways).enumerate() {
            if *way == Way::CarriedOut {
                told = told.and(self.carry_out(chunk, items, item, &mut builder));
                continue;
            }
            open(item, *way, &mut |step| match builder.add(at, item, step) {
                Added::Refused(refusal) => {
                    told = told.and(self.tell(chunk, items, vec![Part::Refused(refusal)], false))
                }
                Added::Full(batch) if told.is_some() => told = self.tell(chunk, items, vec![self.submit(batch)], false),
                Added::Full(_) | Added::Taken => {}
            });
        }
        let parts = builder.finish().map(|batch| self.submit(batch)).into_iter().collect();
        self.turns.leave_alone(chunk.number);
        told.and(self.tell(chunk, items, parts, true))
    }

    fn carry_out(&self, chunk: &Chunk, items: &Arc<Vec<Item>>, item: &Item, builder: &mut Builder) -> Option<()> {
        let mut parts: Vec<Part> =
            std::mem::take(builder).finish().map(|batch| self.submit(batch)).into_iter().collect();
        // A batch of its own behind all that were submitted: when it is committed, so are they, and the Bundle sees them.
        let barrier = Batch { shelves: self.journal.ops(), ..Batch::default() };
        let outcome = match self.store.write(self.cx, barrier) {
            Ok(_) => carry::carry_out(self.cx, self.store, self.options, item),
            Err(error) => Err(error),
        };
        parts.push(Part::CarriedOut(outcome.unwrap_or_else(|error| carry::Outcome::failed(item, error))));
        self.tell(chunk, items, parts, false)
    }

    /// Hands a batch to the store, together with how far the import had come before it.
    fn submit(&self, (mut batch, steps): Ready) -> Part {
        batch.shelves = self.journal.ops();
        Part::Batch { receipt: self.store.submit_waiting(self.cx, batch), steps }
    }

    fn tell(&self, chunk: &Chunk, items: &Arc<Vec<Item>>, parts: Vec<Part>, is_last: bool) -> Option<()> {
        let last = is_last.then_some(Last { after: chunk.after, bytes_read: chunk.bytes_read, cost: chunk.cost });
        self.answers.send(Answer { chunk: chunk.number, items: items.clone(), parts, last }).ok()
    }
}

type Ready = (Batch, Vec<StepAt>);

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
        let batch = Batch { writes: self.writes, ..Batch::default() };
        (!self.steps.is_empty()).then_some((batch, self.steps))
    }
}

pub fn write_of(act: Act) -> Write {
    match act {
        Act::Put { id, resource } => Write::Put(Put { id, resource: *resource, expect: Expect::Any, source: None }),
        Act::Delete { type_, id } => Write::Delete { type_, id, expect: Expect::Any },
    }
}
