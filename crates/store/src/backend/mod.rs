//! The storage engines behind closed enums: an open store (`Backend`), a reader of it (`Reading`), the writer's side
//! (`Engine`). Nothing above `store` knows which engine runs, and inside `store` only this file and the folder of each
//! engine do. PostgreSQL takes its place here, with the same files.

pub mod sqlite;

use crate::audit::{AuditQuery, AuditRow, Entry};
use crate::ids::Rid;
use crate::index_rows::IndexRows;
use crate::model::{
    Account, DayCount, Done, Due, HistoryPage, HistoryQuery, SearchPage, Secret, ShelfRow, SourceKey, Stored,
};
use crate::options::Options;
use crate::prepare::{Prepared, Was, rows_for_check};
use crate::reindex::{Build, Candidate, Changes, Indexes, Parameter, Slice};
use crate::shared::Shared;
use crate::store::CheckReport;
use access::Sight;
use base::{Cx, Millis, Result};
use fhir::Resource;
use fhir::definitions::TypeId;
use fhir::search::Search;
use std::path::Path;

pub use sqlite::{Estimates, Group, Opened};

/// The index rows that a resource should have.
pub type RowsOf<'a> = &'a dyn Fn(Rid, &Resource) -> Result<IndexRows>;

/// An open store of one engine.
pub enum Backend {
    Sqlite(sqlite::Sqlite),
}

/// A reader taken out of the pool; it goes back when it is dropped.
pub enum Reading<'a> {
    Sqlite(sqlite::Reading<'a>),
}

/// The writer's side.
pub enum Engine {
    Sqlite(sqlite::Engine),
}

/// A version with the patient (row) that decides who may see it.
pub struct Found {
    pub stored: Stored,
    pub patient: Option<i64>,
}

/// What was found, and the patients (rows) it is about, for the audit.
pub type Shown<T> = (T, Vec<i64>);

impl Backend {
    /// Opens or creates the record in a folder, brought to the newest schema.
    pub fn open(dir: &Path, options: &Options) -> Result<(Backend, Engine)> {
        let (backend, engine) = sqlite::Sqlite::open(dir, options)?;
        Ok((Backend::Sqlite(backend), Engine::Sqlite(engine)))
    }

    /// Takes a reader out of the pool; waits for one if all are at work.
    pub fn reading(&self) -> Reading<'_> {
        match self {
            Backend::Sqlite(inner) => Reading::Sqlite(inner.reading()),
        }
    }
    /// A reader for work that may take long, on a snapshot: every statement sees the same moment, and long ones end when
    /// `cx` says so. Some readers are kept back for short work, so that writes and reads by id go on beside long searches.
    pub fn looking(&self, cx: &Cx) -> Result<Reading<'_>> {
        match self {
            Backend::Sqlite(inner) => inner.looking(cx).map(Reading::Sqlite),
        }
    }
    /// Copies the record into a folder, as of one moment, and makes the copy durable.
    pub fn backup(&self, to: &Path) -> Result<()> {
        match self {
            Backend::Sqlite(inner) => inner.backup(to),
        }
    }
    /// Bytes of the data and of the log that has not been carried over.
    pub fn bytes(&self) -> (u64, u64) {
        match self {
            Backend::Sqlite(inner) => inner.bytes(),
        }
    }
}

impl<'a> Reading<'a> {
    /// Whether the index lacks rows of versions that are there.
    pub fn is_behind(&self) -> Result<bool> {
        match self {
            Reading::Sqlite(inner) => inner.is_behind(),
        }
    }
    /// The search parameters of one's own, and the index paths that are custom or not whole.
    pub fn indexes(&self) -> Result<(Vec<Parameter>, Vec<Build>)> {
        match self {
            Reading::Sqlite(inner) => sqlite::indexes(inner.connection()),
        }
    }
    /// Current resources of a type in a stretch of the feed, the oldest first, and how far that reaches.
    pub fn candidates(
        &self,
        shared: &Shared,
        type_: TypeId,
        span: (u64, u64),
        max: (usize, usize),
    ) -> Result<(Vec<Candidate>, u64)> {
        match self {
            Reading::Sqlite(inner) => sqlite::candidates(inner.connection(), shared, type_, span, max),
        }
    }
    /// The current version of a row, with its body.
    pub fn current(&self, shared: &Shared, rid: Rid, type_: TypeId, id: &str) -> Result<Option<(Was, Stored)>> {
        match self {
            Reading::Sqlite(inner) => inner.current(shared, rid, type_, id),
        }
    }
    /// The row of a client-made id.
    pub fn alias(&self, type_: TypeId, id: &str) -> Result<Option<Rid>> {
        match self {
            Reading::Sqlite(inner) => inner.alias(type_, id),
        }
    }
    /// The number of a coded value.
    pub fn term(&self, path: i64, code: &str, system: &str) -> Result<Option<i64>> {
        match self {
            Reading::Sqlite(inner) => inner.term(path, code, system),
        }
    }
    /// Whether a text of a term is known.
    pub fn term_text(&self, term: i64, text: &str) -> Result<bool> {
        match self {
            Reading::Sqlite(inner) => inner.term_text(term, text),
        }
    }
    /// The row that an id names, whoever made the id; none if nobody has used it.
    pub fn row_named(&self, shared: &Shared, type_: TypeId, id: &str) -> Result<Option<Rid>> {
        match self {
            Reading::Sqlite(inner) => inner.row_named(shared, type_, id),
        }
    }
    /// The current version of a resource if it is within sight.
    pub fn read(&self, shared: &Shared, sight: &Sight, type_: TypeId, id: &str) -> Result<Option<Found>> {
        match self {
            Reading::Sqlite(inner) => inner.read(shared, sight, type_, id),
        }
    }
    /// The current versions of those that are within sight and not deleted.
    pub fn read_each(&self, shared: &Shared, sight: &Sight, type_: TypeId, ids: &[&str]) -> Result<Vec<Found>> {
        match self {
            Reading::Sqlite(inner) => inner.read_each(shared, sight, type_, ids),
        }
    }
    /// One version of a resource if it is within sight.
    pub fn read_version(
        &self,
        shared: &Shared,
        sight: &Sight,
        type_: TypeId,
        id: &str,
        number: u32,
    ) -> Result<Option<Found>> {
        match self {
            Reading::Sqlite(inner) => inner.read_version(shared, sight, type_, id, number),
        }
    }
    /// A page of a history; none where the resource is not there or not within sight.
    pub fn history(&self, shared: &Shared, sight: &Sight, query: &HistoryQuery) -> Result<Option<Shown<HistoryPage>>> {
        match self {
            Reading::Sqlite(inner) => inner.history(shared, sight, query),
        }
    }
    /// What was committed after a position, oldest first.
    pub fn feed(&self, shared: &Shared, sight: &Sight, after: u64, limit: usize) -> Result<Shown<Vec<Stored>>> {
        match self {
            Reading::Sqlite(inner) => inner.feed(shared, sight, after, limit),
        }
    }
    /// The same for some types alone, and how far the feed was looked through.
    pub fn feed_between(
        &self,
        shared: &Shared,
        sight: &Sight,
        types: &[TypeId],
        between: (u64, u64),
        limit: usize,
    ) -> Result<(Shown<Vec<Stored>>, u64)> {
        match self {
            Reading::Sqlite(inner) => inner.feed_between(shared, sight, types, between, limit),
        }
    }

    /// For each entry the version that it replaced.
    pub fn replaced(&self, shared: &Shared, entries: &[Stored]) -> Result<Vec<Option<Stored>>> {
        match self {
            Reading::Sqlite(inner) => inner.replaced(shared, entries),
        }
    }

    /// A page of one search, or of several types as one.
    pub fn search(&self, shared: &Shared, sight: &Sight, cx: &Cx, queries: &[&Search]) -> Result<Shown<SearchPage>> {
        match self {
            Reading::Sqlite(inner) => inner.search(shared, sight, cx, queries),
        }
    }
    /// The resource that a source key names.
    pub fn source(&self, shared: &Shared, key: &SourceKey) -> Result<Option<(TypeId, String)>> {
        match self {
            Reading::Sqlite(inner) => inner.source(shared, key),
        }
    }
    /// The Persons that link a Patient.
    pub fn persons_of(&self, shared: &Shared, patient: &str) -> Result<Vec<String>> {
        match self {
            Reading::Sqlite(inner) => inner.persons_of(shared, patient),
        }
    }
    /// The registrations of a Person that others link as well.
    pub fn contested_of(&self, shared: &Shared, person: &str) -> Result<Vec<String>> {
        match self {
            Reading::Sqlite(inner) => inner.contested_of(shared, person),
        }
    }
    /// The registrations that a Person links.
    pub fn registrations_of(&self, shared: &Shared, person: &str) -> Result<Vec<String>> {
        match self {
            Reading::Sqlite(inner) => inner.registrations_of(shared, person),
        }
    }
    /// Versions of each type in (after, up_to].
    pub fn changes(&self, after: u64, up_to: u64) -> Result<Vec<(TypeId, u64)>> {
        match self {
            Reading::Sqlite(inner) => inner.changes(after, up_to),
        }
    }
    /// Accesses as they are shown, newest first.
    pub fn audit_rows(&self, shared: &Shared, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        match self {
            Reading::Sqlite(inner) => inner.audit_rows(shared, query),
        }
    }
    /// The accounts that changed resources of a type in the commit of an instant.
    pub fn writers(&self, type_: TypeId, at: Millis) -> Result<Vec<i64>> {
        match self {
            Reading::Sqlite(inner) => inner.writers(type_, at),
        }
    }
    /// Looks whether everything is as it should be.
    pub fn check(&self, shared: &Shared, progress: &mut dyn FnMut(u64, u64)) -> Result<CheckReport> {
        // What is whole is told by the same snapshot that is checked.
        let (parameters, builds) = self.indexes()?;
        let indexes = Indexes::of(shared.standard_paths(), parameters, builds, &shared.now.get())?;
        let rows_of = |rid, resource: &Resource| rows_for_check(shared, self, &indexes, true, rid, resource);
        match self {
            Reading::Sqlite(inner) => inner.check(shared, &rows_of, &indexes.builds, progress),
        }
    }
    pub fn tally(&self, space: &str, key: &str, from_day: i32, to_day: i32) -> Result<Vec<(i32, i64)>> {
        match self {
            Reading::Sqlite(inner) => inner.tally(space, key, from_day, to_day),
        }
    }
    pub fn tally_days(&self, space: &str, from_day: i32, to_day: i32) -> Result<Vec<DayCount>> {
        match self {
            Reading::Sqlite(inner) => inner.tally_days(space, from_day, to_day),
        }
    }
    pub fn counter(&self, space: &str, key: &str) -> Result<i64> {
        match self {
            Reading::Sqlite(inner) => inner.counter(space, key),
        }
    }
    pub fn counters(&self, space: &str) -> Result<Vec<(String, i64)>> {
        match self {
            Reading::Sqlite(inner) => inner.counters(space),
        }
    }
    pub fn shelf_row(&self, space: &str, key: &str) -> Result<Option<ShelfRow>> {
        match self {
            Reading::Sqlite(inner) => inner.shelf_row(space, key),
        }
    }
    pub fn shelf_rows(&self, space: &str, after: (&str, &str), limit: usize) -> Result<Vec<ShelfRow>> {
        match self {
            Reading::Sqlite(inner) => inner.shelf_rows(space, after, limit),
        }
    }
    pub fn timers_due(&self, now: Millis, limit: usize) -> Result<Vec<Due>> {
        match self {
            Reading::Sqlite(inner) => inner.timers_due(now, limit),
        }
    }
    pub fn outbox(&self, limit: usize) -> Result<Vec<Due>> {
        match self {
            Reading::Sqlite(inner) => inner.outbox(limit),
        }
    }
    pub fn cursor(&self, name: &str) -> Result<u64> {
        match self {
            Reading::Sqlite(inner) => inner.cursor(name),
        }
    }
    pub fn account_named(&self, name: &str) -> Result<Option<Account>> {
        match self {
            Reading::Sqlite(inner) => inner.account_named(name),
        }
    }
    pub fn account(&self, number: i64) -> Result<Option<Account>> {
        match self {
            Reading::Sqlite(inner) => inner.account(number),
        }
    }
    pub fn accounts(&self) -> Result<Vec<Account>> {
        match self {
            Reading::Sqlite(inner) => inner.accounts(),
        }
    }
    pub fn secret(&self, hash: &[u8; 32]) -> Result<Option<Secret>> {
        match self {
            Reading::Sqlite(inner) => inner.secret(hash),
        }
    }
    pub fn secrets_of(&self, account: i64) -> Result<Vec<Secret>> {
        match self {
            Reading::Sqlite(inner) => inner.secrets_of(account),
        }
    }
}

impl Engine {
    /// What an open store knows of its file: its key, its dictionaries, its numbers for the index paths.
    pub fn opened(&mut self) -> Result<Opened> {
        match self {
            Engine::Sqlite(inner) => inner.opened(),
        }
    }
    /// The position of the last commit.
    pub fn position(&self) -> u64 {
        match self {
            Engine::Sqlite(inner) => inner.position(),
        }
    }
    /// The first row and term numbers that are free for sure.
    pub fn free_numbers(&self) -> (u64, u64) {
        match self {
            Engine::Sqlite(inner) => inner.free_numbers(),
        }
    }
    /// Opens a group at `now`; time never runs backwards in the feed.
    pub fn begin(&mut self, now: Millis) -> Result<Group> {
        match self {
            Engine::Sqlite(inner) => inner.begin(now),
        }
    }
    /// Checks a batch and carries it out inside the group. An error of kind `Fault` or `Busy` means that the group must be abandoned; any other leaves it as it was.
    pub fn carry_out(&mut self, shared: &Shared, group: &mut Group, batch: &mut Prepared) -> Result<Done> {
        match self {
            Engine::Sqlite(inner) => inner.carry_out(shared, group, batch),
        }
    }
    /// Writes what the group gathered, and the audit of reads, and makes it durable. `later` lets the group's index rows
    /// wait; a reader then finds the index behind.
    pub fn commit(&mut self, group: Group, reads: Vec<Entry>, later: bool) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => inner.commit(group, reads, later),
        }
    }
    /// Writes the index rows that wait, so that the index is whole.
    pub fn catch_up(&mut self) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => inner.catch_up(),
        }
    }
    /// Makes the index rows again that a process which ended badly had not written; before anything else is done.
    pub fn replay(&mut self, shared: &Shared, reading: &Reading<'_>) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => {
                let indexes = shared.now.get();
                inner.replay(shared, &|rid, resource| rows_for_check(shared, reading, &indexes, false, rid, resource))
            }
        }
    }
    /// The search parameters of one's own, and the index paths that are custom or not whole.
    pub fn indexes(&mut self) -> Result<(Vec<Parameter>, Vec<Build>)> {
        match self {
            Engine::Sqlite(inner) => inner.indexes(),
        }
    }
    /// Writes the parameters and what follows for the builds; `look` sees the result before it is committed.
    pub fn keep_indexes(
        &mut self,
        parameters: &[Parameter],
        changes: &Changes,
        look: &mut dyn FnMut(Vec<Parameter>, Vec<Build>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => inner.keep_indexes(parameters, changes, look),
        }
    }
    /// Writes a slice of an index that is built and moves its cursor, in one transaction.
    pub fn build(&mut self, shared: &Shared, slice: &mut Slice) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => inner.build(shared, slice),
        }
    }
    /// Removes some rows of an index that nobody searches by; true when none is left and the path is forgotten.
    pub fn drop_index(&mut self, number: i64, rows_max: usize) -> Result<bool> {
        match self {
            Engine::Sqlite(inner) => inner.drop_index(number, rows_max),
        }
    }
    /// Undoes a group that cannot be written.
    pub fn abandon(&mut self) {
        match self {
            Engine::Sqlite(inner) => inner.abandon(),
        }
    }
    /// Puts an account; gives its number.
    pub fn put_account(&mut self, account: &Account) -> Result<i64> {
        match self {
            Engine::Sqlite(inner) => inner.put_account(account),
        }
    }
    /// Puts a secret and drops those that have expired.
    pub fn put_secret(&mut self, secret: &Secret) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => inner.put_secret(secret),
        }
    }
    pub fn drop_secret(&mut self, hash: &[u8; 32]) -> Result<()> {
        match self {
            Engine::Sqlite(inner) => inner.drop_secret(hash),
        }
    }
}
