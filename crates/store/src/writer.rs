//! The one writer: takes batches from a bounded queue, checks each by itself, writes them in groups with one sync a
//! group, and answers. It parses nothing. Every 50 ms it also writes the reads that wait for their audit.

use crate::audit::Entry;
use crate::backend::Engine;
use crate::model::Done;
use crate::queue::{Item, WriteQueue};
use crate::receipt::Reply;
use crate::shared::Shared;
use base::limits::AUDIT_FLUSH_MILLIS;
use base::{Error, Kind, Result, Stopwatch};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

/// Starts the writer's thread. A panic in it ends the process: the record must not go on without its writer.
pub fn start(shared: Arc<Shared>, engine: Engine, queue: Arc<WriteQueue>) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
        let ended = Ended;
        Writer { shared, engine, watch: Stopwatch::start(), wanted: 0, at_once_until: Duration::ZERO }.run(&queue);
        std::mem::forget(ended);
    })
}

struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        tracing::error!("the writer has failed; the process ends so that nothing is acknowledged that is not kept");
        std::process::abort();
    }
}

struct Writer {
    shared: Arc<Shared>,
    engine: Engine,
    watch: Stopwatch,
    /// How many readers had wanted the whole index at the last look.
    wanted: u64,
    at_once_until: Duration,
}

/// How long after the last reader who needed the index every group writes its index rows at once.
const INDEX_AT_ONCE: Duration = Duration::from_secs(1);

impl Writer {
    fn run(mut self, queue: &WriteQueue) {
        loop {
            let work = queue.take(Duration::from_millis(AUDIT_FLUSH_MILLIS));
            let idle = work.tasks.is_empty() && work.group.is_empty();
            self.write(work.group);
            for task in work.tasks {
                task(&mut self.engine);
            }
            if idle {
                self.catch_up();
            }
            if work.ended {
                return;
            }
        }
    }

    /// Nobody waits: the index becomes whole. If it cannot, whoever needs it is told; the next start makes it whole, too.
    fn catch_up(&mut self) {
        if let Err(error) = self.engine.catch_up() {
            tracing::error!(kind = error.kind.name(), "the index could not catch up");
        }
    }

    /// Whether index rows may wait: nobody has needed the index for a while.
    fn may_wait(&mut self) -> bool {
        let (wanted, now) = (self.shared.index_wanted.load(Ordering::Relaxed), self.watch.elapsed());
        if wanted != self.wanted {
            (self.wanted, self.at_once_until) = (wanted, now + INDEX_AT_ONCE);
        }
        now >= self.at_once_until
    }

    /// Writes one group and answers it.
    fn write(&mut self, batches: Vec<Item>) {
        let reads = self.shared.audit.take();
        if batches.is_empty() && reads.is_empty() {
            return;
        }
        let room = self.shared.has_room();
        let (batches, refused) = if room { (batches, Vec::new()) } else { (Vec::new(), batches) };
        for (_, reply) in refused {
            let text = "the disk is nearly full, so nothing is written; free disk space and send it again";
            reply.answer(Err(Error::busy(text)));
        }
        let kept = reads.clone();
        let (answers, result) = self.group(batches, reads);
        self.shared.stats.group(&result, answers.len());
        match &result {
            Ok(()) => self.shared.audit.set_failing(false),
            Err(error) => {
                self.engine.abandon();
                tracing::error!(kind = error.kind.name(), "a commit group failed");
                self.write_reads_alone(kept);
            }
        }
        if result.is_ok() {
            self.shared.committed(self.engine.position());
        }
        for (answer, names, reply) in answers {
            if result.is_ok() && answer.is_ok() {
                self.shared.interner.settle(&names.keys);
            }
            reply.answer(match &result {
                Ok(()) => answer,
                Err(error) => answer.and_then(|_| Err(error.clone())),
            });
        }
    }

    /// The reads of a group that failed: what its batches ran into must not keep the audit from the disk. Only if the
    /// reads cannot be written either are further ones refused, until they can.
    fn write_reads_alone(&mut self, reads: Vec<Entry>) {
        if reads.is_empty() {
            return;
        }
        let (_, result) = self.group(Vec::new(), reads.clone());
        if result.is_err() {
            self.engine.abandon();
            self.shared.audit.give_back(reads);
        }
        self.shared.audit.set_failing(result.is_err());
    }

    #[expect(clippy::type_complexity, reason = "one answer a batch, named in the two places that read it")]
    fn group(
        &mut self,
        batches: Vec<Item>,
        reads: Vec<Entry>,
    ) -> (Vec<(Result<Done>, crate::prepare::Names, Reply)>, Result<()>) {
        let mut answers = Vec::with_capacity(batches.len());
        let mut group = match self.engine.begin(self.shared.clock.now()) {
            Ok(group) => group,
            Err(error) => {
                let failed = |(_, reply)| (Err(error.clone()), Default::default(), reply);
                return (batches.into_iter().map(failed).collect(), Err(error));
            }
        };
        let mut failed = None;
        for (mut batch, reply) in batches {
            let answer = match &failed {
                None => self.engine.carry_out(&self.shared, &mut group, &mut batch),
                Some(error) => Err(Error::clone(error)),
            };
            if let Err(error) = &answer
                && !leaves_group(error)
                && failed.is_none()
            {
                failed = Some(error.clone());
            }
            answers.push((answer, std::mem::take(&mut batch.names), reply));
        }
        let fresh = group.take_fresh();
        let result = match failed {
            Some(error) => Err(error),
            None => {
                let later = self.may_wait();
                self.engine.commit(group, reads, later)
            }
        };
        if result.is_ok() {
            self.shared.tail.put(fresh);
        }
        (answers, result)
    }
}

/// Whether a batch that fails so has left the rest of its group untouched: every check comes before the first change.
fn leaves_group(error: &Error) -> bool {
    !matches!(error.kind, Kind::Fault | Kind::Busy)
}
