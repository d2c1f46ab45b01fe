//! The end of the pipeline: answers in the order of the files, refusals, progress, the place to continue at.

use super::budget::Budget;
use super::listing::Listing;
use super::open::{open, way};
use super::read::{Item, Reader};
use super::refusal::{Refusal, reason};
use super::resume::Journal;
use super::turns::{Release, Turns};
use super::work::{Answer, Last, Part, StepAt, Worker, write_of};
use super::{ImportOptions, Progress, REFUSALS_LISTED_MAX, Report, WORK_BYTES_MAX};
use base::{Cx, Error, Kind, Result, StopFlag, Stopwatch};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Batch, Done, Store, Write, WriteOutcome};

/// Between two calls of the observer.
const OBSERVED_EVERY: Duration = Duration::from_millis(100);
/// How long a busy store is asked again before the import stops.
const BUSY_SECONDS_MAX: u64 = 60;
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// Resources in a row that the store fails on before the import stops: then it is the machine, not the resource.
const FAULTS_MAX: usize = 20;
/// Times that a write is repeated after somebody else's change.
const CONFLICTS_MAX: usize = 8;

/// Runs the pipeline.
pub fn carry(
    cx: &Cx,
    store: &Store,
    listing: Listing,
    journal: Journal,
    options: &ImportOptions,
    observer: &dyn Fn(&Progress, &[Refusal]),
) -> Result<Report> {
    let (turns, budget, halt) = (Turns::default(), Budget::new(WORK_BYTES_MAX), StopFlag::default());
    let (chunk_sender, chunks) = sync_channel(4);
    let (answer_sender, answers) = sync_channel(64);
    let chunks = Arc::new(Mutex::new(chunks));
    let (from, mut progress) = journal.start();
    progress.bytes_total = listing.bytes_total;
    std::thread::scope(|scope| {
        let reader = Reader::new(chunk_sender, &budget, [cx.stop.clone(), halt.clone()], from, options.keep_bundles);
        scope.spawn(move || reader.read(listing.files));
        for _ in 0..options.workers.max(1) {
            let answers = answer_sender.clone();
            let worker = Worker { cx, store, options, turns: &turns, journal: &journal, answers };
            let chunks = chunks.clone();
            scope.spawn(move || worker.run(chunks));
        }
        drop((answer_sender, chunks));
        let _break_up = BreakUp { turns: &turns, budget: &budget, halt: &halt };
        let refusals = journal.earlier_refusals.clone();
        let mut collector = Collector {
            cx,
            store,
            options,
            journal: &journal,
            budget: &budget,
            turns: &turns,
            observer,
            progress,
            told: 0,
            refusals,
            unsaved: Vec::new(),
            watch: Stopwatch::start(),
            faults: 0,
        };
        let ended = collector.collect(answers, &halt);
        collector.end(ended)
    })
}

/// Lets the threads end if this one panics; the scope waits for them.
struct BreakUp<'a> {
    turns: &'a Turns,
    budget: &'a Budget,
    halt: &'a StopFlag,
}

impl Drop for BreakUp<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.halt.raise();
            self.turns.break_up();
            self.budget.break_up();
        }
    }
}

struct Collector<'a> {
    cx: &'a Cx,
    store: &'a Store,
    options: &'a ImportOptions,
    journal: &'a Journal,
    budget: &'a Budget,
    turns: &'a Turns,
    observer: &'a dyn Fn(&Progress, &[Refusal]),
    progress: Progress,
    /// Refusals that the observer has been told.
    told: usize,
    refusals: Vec<Refusal>,
    /// Refusals that are not yet in the store.
    unsaved: Vec<Refusal>,
    watch: Stopwatch,
    /// Faults of the store in a row.
    faults: usize,
}

impl Collector<'_> {
    /// Takes the answers in the order of their chunks. After an error the rest is drained, so that the threads end.
    fn collect(&mut self, answers: Receiver<Answer>, halt: &StopFlag) -> Result<()> {
        let mut waiting: BTreeMap<u64, Vec<Answer>> = BTreeMap::new();
        let (mut next, mut failed) = (0, None);
        for answer in answers {
            waiting.entry(answer.chunk).or_default().push(answer);
            while let Some(ready) = waiting.remove(&next) {
                for mut answer in ready {
                    let release = std::mem::replace(&mut answer.release, Release::Nothing);
                    if let Some(last) = &answer.last {
                        self.budget.give_back(last.cost);
                        next += 1;
                    }
                    if failed.is_none()
                        && let Err(error) = self.answer(answer)
                    {
                        halt.raise();
                        failed = Some(error);
                    }
                    self.turns.release(release);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn end(mut self, ended: Result<()>) -> Result<Report> {
        let stopped = self.cx.stop.is_raised();
        if stopped || ended.is_err() {
            let saved = self.journal.save(self.cx, self.store);
            // Why the import ended says more than that its place could not be written.
            ended.and(saved)?;
        }
        if !stopped {
            self.journal.finish(self.cx, self.store)?;
        }
        self.observe();
        Ok(Report { progress: self.progress, refusals: self.refusals, finished: !stopped, millis: 0 })
    }

    fn answer(&mut self, answer: Answer) -> Result<()> {
        for part in answer.parts {
            match part {
                Part::Refused(refusal) => self.refuse(refusal, 1),
                Part::CarriedOut(outcome) => {
                    self.progress.read += outcome.stored + outcome.unchanged;
                    self.progress.stored += outcome.stored;
                    self.progress.unchanged += outcome.unchanged;
                    for (type_, stored) in outcome.by_type {
                        *self.progress.by_type.entry(type_).or_default() += stored;
                    }
                    for (refusal, resources) in outcome.refusals {
                        self.refuse(refusal, resources);
                    }
                    if let Some(error) = outcome.fatal {
                        return Err(error);
                    }
                }
                Part::Batch { receipt, steps } => match receipt.and_then(store::Receipt::wait) {
                    Ok(done) => self.count(&done),
                    Err(error) => self.again(error, &answer.items, &steps)?,
                },
            }
        }
        match answer.last {
            Some(last) => self.advance(&last),
            None => Ok(()),
        }
    }

    fn advance(&mut self, last: &Last) -> Result<()> {
        self.progress.bytes = last.bytes_read;
        let unsaved = std::mem::take(&mut self.unsaved);
        self.journal.advance(self.cx, self.store, last.after, &self.progress, &unsaved)?;
        if self.watch.elapsed() >= OBSERVED_EVERY {
            self.observe();
        }
        Ok(())
    }

    fn observe(&mut self) {
        self.watch = Stopwatch::start();
        self.progress.refusals_listed = self.refusals.len();
        (self.observer)(&self.progress, &self.refusals[self.told..]);
        self.told = self.refusals.len();
    }

    fn count(&mut self, done: &Done) {
        self.faults = 0;
        for written in &done.written {
            self.progress.read += 1;
            if matches!(written.outcome, WriteOutcome::Unchanged | WriteOutcome::AlreadyDeleted) {
                self.progress.unchanged += 1;
            } else {
                self.progress.stored += 1;
                *self.progress.by_type.entry(written.type_).or_default() += 1;
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal, resources: u64) {
        self.progress.read += resources;
        self.progress.refused += resources;
        if self.refusals.len() < REFUSALS_LISTED_MAX {
            self.unsaved.push(refusal.clone());
            self.refusals.push(refusal);
        }
    }

    /// A batch was not taken: its resources are written one by one, and only the bad one is refused.
    fn again(&mut self, error: Error, items: &[Item], steps: &[StepAt]) -> Result<()> {
        if error.kind == Kind::Busy {
            std::thread::sleep(BUSY_PAUSE);
        }
        for step in steps {
            let item = &items[step.item];
            match self.write_one(item, step) {
                Ok(done) => self.count(&done),
                Err(error) if error.kind == Kind::Busy => return Err(error),
                Err(error) => {
                    self.faults = if error.kind == Kind::Fault { self.faults + 1 } else { 0 };
                    if self.faults > FAULTS_MAX {
                        return Err(error);
                    }
                    let refusal = Refusal { file: item.file.to_string(), line: step.line, reason: reason(&error) };
                    self.refuse(refusal, 1);
                }
            }
        }
        Ok(())
    }

    /// Writes one step, asking a busy store again for a while.
    fn write_one(&self, item: &Item, step: &StepAt) -> Result<Done> {
        let (busy, mut conflicts) = (Stopwatch::start(), 0);
        loop {
            let batch = Batch { writes: vec![self.reopen(item, step)?], ..Batch::default() };
            match self.store.write(self.cx, batch) {
                Err(error) if error.kind == Kind::Busy && busy.elapsed().as_secs() < BUSY_SECONDS_MAX => {
                    self.cx.go_on()?;
                    std::thread::sleep(BUSY_PAUSE);
                }
                Err(error) if error.kind == Kind::Conflict && conflicts < CONFLICTS_MAX => conflicts += 1,
                other => return other,
            }
        }
    }

    /// Opens the item again and takes the one step.
    fn reopen(&self, item: &Item, step: &StepAt) -> Result<Write> {
        let mut found = None;
        open(item, way(item, self.options.keep_bundles), &mut |candidate| {
            if candidate.nth == step.nth
                && let Ok(act) = candidate.act
            {
                found = Some(write_of(act));
            }
        });
        found.ok_or_else(|| Error::fault("a resource that was read before could not be read again"))
    }
}
