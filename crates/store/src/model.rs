//! What goes into the store and what comes out of it.

use base::{Millis, Result, Role};
use fhir::Resource;
use fhir::definitions::TypeId;
use fhir::search::Search;

/// One write: it lands as a whole or not at all.
#[derive(Default)]
pub struct Batch {
    pub writes: Vec<Write>,
    /// What must hold at the moment of the commit.
    pub guards: Vec<Guard>,
    pub shelves: Vec<ShelfOp>,
}

/// A resource to put or to delete. A resource may be named once in a batch.
pub enum Write {
    Put(Put),
    Delete { type_: TypeId, id: String, expect: Expect },
}

/// A resource to create or to replace.
pub struct Put {
    /// From `Store::new_id`, or the client's own.
    pub id: String,
    pub resource: Resource,
    pub expect: Expect,
    /// Where the fact came from; the same key names the same resource for ever.
    pub source: Option<SourceKey>,
}

/// What the caller takes for granted about the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Any,
    /// It is not there, or deleted.
    Absent,
    /// It is there.
    Present,
    /// It is there in this version.
    Version(u32),
}

/// A fact from outside: the same key sent again is no change or a new version, never a second resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceKey {
    pub institution: String,
    pub system: String,
    pub number: String,
    pub part: String,
}

/// A condition that the writer checks at the moment of the commit.
pub enum Guard {
    /// This search finds nothing, or only this resource.
    Finds { search: Box<Search>, expect: Found },
    /// The named cursor stands at `from`; it is moved to `to` with the batch.
    Cursor { name: String, from: u64, to: u64 },
    /// No row of this key is on the `row` shelf of the space.
    NewRow { space: String, key: String },
}

/// What a guarded search has to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing,
    Only { id: String },
}

/// A change of a shelf, written with the batch.
pub enum ShelfOp {
    /// Adds to a count of a day (days since 1970-01-01, local).
    Tally { space: String, key: String, day: i32, add: i64 },
    /// Adds to a counter; a conflict if it leaves `min..=max`.
    Count { space: String, key: String, add: i64, min: i64, max: i64 },
    /// Puts a small document, or removes it.
    Row { space: String, key: String, sort: String, doc: Option<Vec<u8>> },
    /// Sets a timer, or removes it (`due` none).
    Timer { space: String, key: String, due: Option<Millis>, doc: Vec<u8> },
    /// Puts a message for outside into the outbox; `key` makes it idempotent.
    Outbox { space: String, key: String, doc: Vec<u8> },
    /// Takes a sent message out of the outbox.
    OutboxDone { number: i64 },
    /// Removes all tallies, counters, rows and timers of a space, so that it can be kept anew from the feed.
    Empty { space: String },
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// One a write, in their order.
    pub written: Vec<Written>,
    /// The feed position after the batch.
    pub position: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub type_: TypeId,
    pub id: String,
    pub version: u32,
    pub updated: Millis,
    pub outcome: WriteOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    Created,
    Updated,
    /// The same content was there already; nothing was written.
    Unchanged,
    Deleted,
    /// There was nothing to delete.
    AlreadyDeleted,
}

/// What a version did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Create,
    Update,
    Delete,
}

impl Op {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Op::Create => 0,
            Op::Update => 1,
            Op::Delete => 2,
        }
    }

    pub(crate) fn numbered(number: i64) -> Op {
        match number {
            0 => Op::Create,
            1 => Op::Update,
            _ => Op::Delete,
        }
    }
}

/// One version of a resource as the store keeps it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub type_: TypeId,
    pub id: String,
    pub version: u32,
    pub updated: Millis,
    /// Its place in the feed.
    pub position: u64,
    pub op: Op,
    pub(crate) body: crate::body::PlainBody,
}

impl Stored {
    /// Appends the resource as JSON; nothing for a delete.
    pub fn json(&self, out: &mut Vec<u8>) -> Result<()> {
        if self.op != Op::Delete {
            let name = fhir::definitions::r4().type_name(self.type_);
            fhir::render(name, &self.id, self.version, self.updated, self.body.meta(), self.body.rest(), out);
        }
        Ok(())
    }

    /// The resource as a tree. Not for a delete.
    pub fn resource(&self) -> Result<Resource> {
        let mut json = Vec::with_capacity(self.body.len() + 160);
        self.json(&mut json)?;
        fhir::parse_trusted(json)
    }
}

/// Which history is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    System,
    Type(TypeId),
    Resource(TypeId, String),
}

/// A page of a history, newest first.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    pub of: HistoryOf,
    pub count: usize,
    /// Only versions at or after this instant.
    pub since: Option<Millis>,
    /// The feed position that the first page was made at.
    pub at_position: Option<u64>,
    /// The position of the last entry of the page before.
    pub before: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct HistoryPage {
    pub entries: Vec<Stored>,
    /// All entries there are; counted for the history of one resource.
    pub total: Option<u64>,
    /// (`at_position`, `before`) of the next page.
    pub next: Option<(u64, u64)>,
}

#[derive(Clone, Debug, Default)]
pub struct SearchPage {
    pub matches: Vec<Stored>,
    pub included: Vec<Stored>,
    pub total: Option<u64>,
    /// The total is under five and hidden from a reader who may not see persons.
    pub total_hidden: bool,
    /// The text of the page parameter of the next page, of the one before, and of the last.
    pub next: Option<String>,
    pub previous: Option<String>,
    pub last: Option<String>,
    /// How the search was run and what it cost, where `_explain` asked for it; one line a step.
    pub explain: Vec<String>,
    /// The feed position that the page shows.
    pub position: u64,
}

/// Who may sign in, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// 0 for a new one.
    pub number: i64,
    pub name: String,
    pub role: Role,
    pub scope: Option<String>,
    /// An argon2 hash in PHC form; none for an account that has tokens only.
    pub password: Option<String>,
    pub disabled: bool,
    pub display: String,
}

/// A session or a bearer token; the store keeps the SHA-256 of what the client holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    pub hash: [u8; 32],
    pub account: i64,
    pub kind: SecretKind,
    pub created: Millis,
    pub expires: Millis,
    pub csrf: Option<String>,
    pub label: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    Session,
    Token,
}

/// A small document on a `row` shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfRow {
    pub key: String,
    pub sort: String,
    pub doc: Vec<u8>,
}

/// The count of a key on a day (days since 1970-01-01, local).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    pub day: i32,
    pub key: String,
    pub count: i64,
}

/// A timer that is due, or a message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub number: i64,
    pub space: String,
    pub key: String,
    pub due: Millis,
    pub doc: Vec<u8>,
}

/// A moment of the store, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub position: u64,
    /// Commit groups (each one sync), batches in them, and groups that failed.
    pub groups: u64,
    pub batches: u64,
    pub failed_groups: u64,
    /// Reads waiting for their audit.
    pub audit_waiting: u64,
    /// Bytes of the database file and of its log.
    pub file_bytes: u64,
    pub log_bytes: u64,
    pub free_bytes: u64,
}
