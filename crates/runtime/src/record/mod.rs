//! The use cases of the FHIR interactions: what each reads, checks and plans to write. No HTTP types here;
//! `web` and the import stand on it.
//!
//! A change is planned from what is in the record now and carried out as one batch. If somebody else was faster
//! (`conflict`), it is planned again, at most `REPLANS_MAX` times.

mod ask;
mod batch;
mod bundle;
mod conditional;
mod create;
mod delete;
mod entry;
mod everything;
mod history;
mod json;
mod lastn;
mod link;
mod meaning;
mod operate;
mod outcome;
mod place;
mod query;
mod search;
mod show;
mod terms;
mod transaction;
mod update;

pub use ask::{Asked, Scope, ask};
pub use bundle::{
    BundleAnswer, EntryAnswer, Planned, Sent, carry_out, carry_out_flawed, finish, is_transaction, parse_bundle,
};
pub use create::create;
pub use delete::{conditional_delete, delete};
pub use history::{HistoryRequest, history};
pub use operate::{operate, parameters};
pub use outcome::{outcome, outcome_of, shortened};
pub use place::{COMPARTMENTS, Operation, Place, is_id, place};
pub use query::{encode, parse_query};
pub use search::{search, searchset, shown};
pub use show::{gone, read, read_version, tags_hold};
pub use transaction::Transaction;
pub use update::{Precondition, conditional_update, etag, update};

use base::limits::REPLANS_MAX;
use base::zone::Zone;
use base::{Cx, Error, Kind, Millis, Result};
use fhir::{Body, TypeId, r4};
use store::{Batch, Done, Store, Stored, WriteOutcome, Written};

/// Where the record is reached, and in which zone its dates are read.
#[derive(Clone, Debug)]
pub struct Site {
    /// The FHIR base without a slash at the end, such as `https://record.example.org/fhir`.
    pub base_url: String,
    pub zone: Zone,
}

/// What an answer shows of a resource besides its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Return {
    Minimal,
    #[default]
    Representation,
    OperationOutcome,
}

/// What is to be written, and how each asked-for change is answered once it is in the record.
#[derive(Default)]
pub struct Plan {
    pub batch: Batch,
    pub changes: Vec<Change>,
}

/// One asked-for change of a plan.
#[derive(Clone, Debug)]
pub enum Change {
    /// The write at this place of the batch. `body` is what the answer shows, where it was asked for.
    Write { nth: usize, body: Option<Body> },
    /// A conditional create found that the resource is there already.
    Found(Box<Stored>),
    /// A conditional create met a resource that an earlier entry of the same bundle creates.
    FoundWrite { nth: usize },
    /// A conditional delete found nothing to delete.
    Nothing,
}

/// What became of one asked-for change.
#[derive(Clone, Debug)]
pub enum Answer {
    Written(Written, Option<Body>),
    Found(Box<Stored>),
    /// The resource was created by another entry of the same bundle.
    FoundWritten(Written),
    Nothing,
}

impl Answer {
    /// The HTTP status of the interaction, the same in a bundle entry.
    pub fn status(&self) -> u16 {
        match self {
            Answer::Written(written, _) => match written.outcome {
                WriteOutcome::Created => 201,
                WriteOutcome::Updated | WriteOutcome::Unchanged => 200,
                WriteOutcome::Deleted | WriteOutcome::AlreadyDeleted => 204,
            },
            Answer::Found(_) | Answer::FoundWritten(_) => 200,
            Answer::Nothing => 204,
        }
    }

    /// Type, id, version and time of the resource that was written or found.
    pub fn place(&self) -> Option<(TypeId, &str, u32, Millis)> {
        match self {
            Answer::Written(written, _) | Answer::FoundWritten(written) => {
                Some((written.type_, &written.id, written.version, written.updated))
            }
            Answer::Found(stored) => Some((stored.type_, &stored.id, stored.version, stored.updated)),
            Answer::Nothing => None,
        }
    }

    /// The resource as JSON, where the answer has it; else `out` stays as it is.
    pub fn json(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Answer::Written(written, Some(body)) => {
                let name = r4().type_name(written.type_);
                fhir::render(name, &written.id, written.version, written.updated, &body.meta, &body.rest, out);
                Ok(())
            }
            Answer::Found(stored) => stored.json(out),
            _ => Ok(()),
        }
    }

    /// What was done, in a sentence.
    pub fn text(&self) -> &'static str {
        match self {
            Answer::Written(written, _) => match written.outcome {
                WriteOutcome::Created => "The resource was created.",
                WriteOutcome::Updated => "The resource was updated.",
                WriteOutcome::Unchanged => "The same content was there already; nothing was changed.",
                WriteOutcome::Deleted => "The resource was deleted.",
                WriteOutcome::AlreadyDeleted => "There was nothing to delete.",
            },
            Answer::Found(_) | Answer::FoundWritten(_) => {
                "A resource that meets the condition was there already; nothing was changed."
            }
            Answer::Nothing => "Nothing met the condition; nothing was changed.",
        }
    }
}

/// The answers to the changes of a plan whose batch is in the record. `written` is empty where there was no batch.
pub fn answers(changes: Vec<Change>, written: &[Written]) -> Result<Vec<Answer>> {
    changes.into_iter().map(|change| answer(change, written)).collect()
}

/// The answer to one change.
pub fn answer(change: Change, written: &[Written]) -> Result<Answer> {
    let at = |nth: usize| written.get(nth).cloned().ok_or_else(|| Error::fault("the store answered too few writes"));
    match change {
        Change::Write { nth, body } => Ok(Answer::Written(at(nth)?, body)),
        Change::Found(stored) => Ok(Answer::Found(stored)),
        Change::FoundWrite { nth } => Ok(Answer::FoundWritten(at(nth)?)),
        Change::Nothing => Ok(Answer::Nothing),
    }
}

/// Plans and writes, and waits for the commit on this thread; plans again on a conflict.
pub fn commit(cx: &Cx, store: &Store, plan: &mut dyn FnMut() -> Result<Plan>) -> Result<Vec<Answer>> {
    let mut rounds = 0;
    loop {
        let Plan { batch, changes } = plan()?;
        if batch.writes.is_empty() {
            return answers(changes, &[]);
        }
        match store.write(cx, batch) {
            Ok(Done { written, .. }) => return answers(changes, &written),
            Err(error) if plan_again(&error, rounds) => rounds += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether a change that failed with `error` after `rounds` further plans is planned once more.
pub fn plan_again(error: &Error, rounds: usize) -> bool {
    error.kind == Kind::Conflict && rounds < REPLANS_MAX
}

/// `Patient/23`.
pub fn local_url(type_: TypeId, id: &str) -> String {
    format!("{}/{id}", r4().type_name(type_))
}
