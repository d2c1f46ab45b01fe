//! The store as its callers see it.

use crate::audit::{self, AuditAction, AuditQuery, AuditRow};
use crate::backend::{Backend, Engine, Reading};
use crate::ids::Rid;
use crate::model::{
    Account, Batch, DayCount, Done, Due, HistoryOf, HistoryPage, HistoryQuery, SearchPage, Secret, ShelfRow, SourceKey,
    Stats, Stored,
};
use crate::options::Options;
use crate::prepare::{owner_of, prepare};
use crate::queue::{Item, Refused, WriteQueue};
use crate::receipt::{Receipt, receipt};
use crate::shared::Shared;
use crate::writer;
use access::{Records, Sight, is_open};
use base::limits::SHORT_SEARCH_MILLIS_MAX;
use base::zone::Zone;
use base::{Cx, Error, Kind, Millis, Result};
use fhir::definitions::{TypeId, r4};
use fhir::search::Search;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A search that has to be done within this time waits for nothing.
const SHORT: Duration = Duration::from_millis(SHORT_SEARCH_MILLIS_MAX);

/// An open record. Clones share it.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    writing: Arc<Writing>,
}

/// The way to the writer. When the last clone of a store goes, it writes what is waiting and ends: whoever opens the
/// folder next must not find a second writer at work.
struct Writing {
    queue: Arc<WriteQueue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What `check` found; `problems` is empty for a sound store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    pub resources: u64,
    pub versions: u64,
    pub index_rows: u64,
    pub audit_pages: u64,
    pub problems: Vec<String>,
}

impl Store {
    /// Opens the record in a folder, or makes one.
    pub fn open(dir: &Path, options: Options) -> Result<Store> {
        let (backend, mut engine) = Backend::open(dir, &options)?;
        let shared = Arc::new(Shared::new(dir, backend, &mut engine, &options)?);
        shared.change_parameters(&mut engine, |_| Ok(()))?;
        engine.replay(&shared, &shared.backend.reading())?;
        let queue = Arc::new(WriteQueue::default());
        let thread = writer::start(shared.clone(), engine, queue.clone())
            .map_err(|e| Error::fault(format!("the writer cannot start: {e}")))?;
        Ok(Store { shared, writing: Arc::new(Writing { queue, thread: Mutex::new(Some(thread)) }) })
    }

    /// Writes what is waiting and ends the writer. Later writes are answered `busy`.
    pub fn close(&self) -> Result<()> {
        self.writing.end()
    }

    /// An id for a new resource. `owner` is the id of the Patient in whose compartment it will lie, of the Location of a
    /// Schedule, of the Schedule of a Slot (`owner_type`); none if there is none.
    pub fn new_id(&self, type_: TypeId, owner: Option<&str>) -> Result<String> {
        let shared = &self.shared;
        let row = shared.next_row(type_);
        shared.fresh.put(row);
        let home = match owner {
            _ if type_ == shared.patient || type_ == shared.location => shared.ids.home_of_row(row),
            Some(id) => match owner_of(type_) {
                Some(owner) => shared.home_of_owner(&shared.backend.reading(), owner, id)?,
                None => shared.ids.home_of_id(id, shared.patient),
            },
            None => 0,
        };
        Ok(shared.ids.id(Rid::new(row, home), type_))
    }

    /// The bucket of a resource, fixed for ever when it is created or first referred to; none where nobody knows the id.
    pub fn home(&self, type_: TypeId, id: &str) -> Result<Option<u16>> {
        Ok(self.shared.backend.reading().row_named(&self.shared, type_, id)?.map(Rid::home))
    }

    /// The type beside Patient whose bucket a new resource of this type takes.
    pub fn owner_type(type_: TypeId) -> Option<TypeId> {
        owner_of(type_)
    }

    /// Prepares a batch on this thread and hands it to the writer.
    pub fn submit(&self, cx: &Cx, batch: Batch) -> Result<Receipt> {
        let (item, receipt) = self.item(cx, batch)?;
        item.map_or(Ok(()), |item| self.writing.queue.put(item)).map_err(refused)?;
        Ok(receipt)
    }

    /// Submits a batch and waits until it is on the disk. Waits for room in the queue rather than being refused.
    pub fn write(&self, cx: &Cx, batch: Batch) -> Result<Done> {
        self.submit_waiting(cx, batch)?.wait()
    }

    /// Like `submit`, but waits for room in the queue: for imports and jobs.
    pub fn submit_waiting(&self, cx: &Cx, batch: Batch) -> Result<Receipt> {
        let (item, receipt) = self.item(cx, batch)?;
        item.map_or(Ok(()), |item| self.writing.queue.put_waiting(item)).map_err(refused)?;
        Ok(receipt)
    }

    /// What the writer has to do for a batch; none where nothing changes, which is answered at once.
    fn item(&self, cx: &Cx, batch: Batch) -> Result<(Option<Item>, Receipt)> {
        let shared = &self.shared;
        let prepared = prepare(shared, &shared.backend.reading(), cx, batch)?;
        let (reply, receipt) = receipt();
        if prepared.changes.is_empty() && prepared.guards.is_empty() && prepared.shelves.is_empty() {
            reply.answer(Ok(Done { written: prepared.written, position: self.position() }));
            return Ok((None, receipt));
        }
        Ok((Some((Box::new(prepared), reply)), receipt))
    }

    /// The current version of a resource; none where it is not there or not within sight.
    pub fn read(&self, cx: &Cx, type_: TypeId, id: &str) -> Result<Option<Stored>> {
        let (reading, sight) = self.look(cx, Some(type_), false)?;
        let found = reading.read(&self.shared, &sight, type_, id)?;
        self.note(cx, AuditAction::Read, Some(type_), found.as_ref().and_then(|f| f.patient), found.is_some())?;
        Ok(found.map(|found| found.stored))
    }

    /// The current versions of several resources of one type, in the order of their ids; what is not there, deleted or not
    /// within sight is left out. They are one access.
    pub fn read_each(&self, cx: &Cx, type_: TypeId, ids: &[&str]) -> Result<Vec<Stored>> {
        let (reading, sight) = self.look(cx, Some(type_), true)?;
        let found = reading.read_each(&self.shared, &sight, type_, ids)?;
        let patients = found.iter().filter_map(|found| found.patient);
        self.note(cx, AuditAction::Read, Some(type_), patients, !found.is_empty())?;
        Ok(found.into_iter().map(|found| found.stored).collect())
    }

    pub fn read_version(&self, cx: &Cx, type_: TypeId, id: &str, version: u32) -> Result<Option<Stored>> {
        let (reading, sight) = self.look(cx, Some(type_), true)?;
        let found = reading.read_version(&self.shared, &sight, type_, id, version)?;
        self.note(cx, AuditAction::VersionRead, Some(type_), found.as_ref().and_then(|f| f.patient), found.is_some())?;
        Ok(found.map(|found| found.stored))
    }

    /// A page of a history; `NotFound` where the resource is not there or not within sight.
    pub fn history(&self, cx: &Cx, query: &HistoryQuery) -> Result<HistoryPage> {
        let type_ = match &query.of {
            HistoryOf::System => None,
            HistoryOf::Type(type_) | HistoryOf::Resource(type_, _) => Some(*type_),
        };
        let (reading, sight) = self.look(cx, type_, true)?;
        let found = reading.history(&self.shared, &sight, query).map_err(|error| why_ended(cx, error))?;
        let patients = found.as_ref().map(|(_, patients)| patients.clone()).unwrap_or_default();
        self.note(cx, AuditAction::History, type_, patients, found.is_some())?;
        let not_there = || match &query.of {
            HistoryOf::Resource(type_, id) => {
                Error::not_found(format!("there is no `{}/{id}`", r4().type_name(*type_)))
            }
            _ => Error::not_found("there is no such history"),
        };
        found.map(|(page, _)| page).ok_or_else(not_there)
    }

    pub fn search(&self, cx: &Cx, query: &Search) -> Result<SearchPage> {
        self.search_page(cx, Some(query.type_), &[query])
    }

    /// Several types in one snapshot and one page: system and compartment search. The first one's count, page, sort, total
    /// and includes hold for all. Without a sort the types come one after the other; `_lastUpdated` and `_id` mix them.
    pub fn search_each(&self, cx: &Cx, queries: &[Search]) -> Result<SearchPage> {
        self.search_page(cx, None, &queries.iter().collect::<Vec<_>>())
    }

    fn search_page(&self, cx: &Cx, type_: Option<TypeId>, queries: &[&Search]) -> Result<SearchPage> {
        let sight = access::sight(cx);
        let indexes = self.indexes();
        queries.iter().try_for_each(|query| indexes.custom.allows(query))?;
        let reading = match cx.deadline.is_some_and(|deadline| deadline.left() <= SHORT) {
            true => self.whole_now(self.shared.backend.looking(cx)?)?,
            false => self.whole(cx)?,
        };
        let found = reading.search(&self.shared, &sight, cx, queries);
        let (page, patients) = found.map_err(|error| why_ended(cx, error))?;
        queries.iter().try_for_each(|query| self.shared.is_whole(&indexes, query))?;
        let found = !page.matches.is_empty() || page.total.is_some();
        self.note(cx, AuditAction::Search, type_, patients, found)?;
        Ok(page)
    }

    /// What was committed after a position, oldest first, within sight.
    pub fn feed(&self, cx: &Cx, after: u64, limit: usize) -> Result<Vec<Stored>> {
        let (reading, sight) = self.look(cx, None, true)?;
        let (entries, patients) = reading.feed(&self.shared, &sight, after, limit)?;
        if cx.who.account != 0 {
            self.note(cx, AuditAction::Feed, None, patients, !entries.is_empty())?;
        }
        Ok(entries)
    }

    /// What was committed of some types after a position, oldest first, within sight, and how far the feed was looked
    /// through: for reactions, which skip other types' bodies.
    pub fn feed_of(&self, cx: &Cx, types: &[TypeId], after: u64, limit: usize) -> Result<(Vec<Stored>, u64)> {
        self.feed_between(cx, types, after, i64::MAX as u64, limit)
    }

    /// The same of what stands no later than `to`.
    pub fn feed_between(
        &self,
        cx: &Cx,
        types: &[TypeId],
        after: u64,
        to: u64,
        limit: usize,
    ) -> Result<(Vec<Stored>, u64)> {
        if cx.who.account == 0
            && access::sight(cx).records == Records::All
            && let Some(found) = self.shared.tail.feed_between(types, after, to, limit)
        {
            return Ok(found);
        }
        let (reading, sight) = self.look(cx, None, true)?;
        let ((entries, patients), looked_to) = reading.feed_between(&self.shared, &sight, types, (after, to), limit)?;
        if cx.who.account != 0 {
            self.note(cx, AuditAction::Feed, None, patients, !entries.is_empty())?;
        }
        Ok((entries, looked_to))
    }

    /// For each entry of the feed the version that it replaced: for reactions, which take back what followed from it. None
    /// for a first version and where a deleted resource came back.
    pub fn replaced(&self, entries: &[Stored]) -> Result<Vec<Option<Stored>>> {
        self.shared.backend.reading().replaced(&self.shared, entries)
    }

    /// How many versions of each type were committed after a position, up to another; tells nothing of persons.
    pub fn changes(&self, after: u64, up_to: u64) -> Result<Vec<(TypeId, u64)>> {
        self.shared.backend.reading().changes(after, up_to)
    }

    /// The zone whose days the record keeps.
    pub fn zone(&self) -> &Zone {
        &self.shared.zone
    }

    /// The position of the last commit.
    pub fn position(&self) -> u64 {
        self.shared.position()
    }

    /// Waits until the feed has passed a position, at most for `timeout`; gives where it stands then.
    pub fn wait_past(&self, position: u64, timeout: Duration) -> u64 {
        self.shared.wait_past(position, timeout)
    }

    /// Current resources of each type in the whole record, from a counter kept with every write; empty for a reader who
    /// sees a part of it.
    pub fn counts(&self, cx: &Cx) -> Result<Vec<(TypeId, u64)>> {
        if !matches!(cx.who.role, base::Role::Integration | base::Role::Admin) {
            return Ok(Vec::new());
        }
        let counts = self.shared.backend.reading().counters("type")?;
        let of = |(name, count): (String, i64)| Some((r4().type_named(&name)?, u64::try_from(count).ok()?));
        Ok(counts.into_iter().filter_map(of).filter(|&(_, count)| count > 0).collect())
    }

    /// The resource that a source key names.
    pub fn find_source(&self, key: &SourceKey) -> Result<Option<(TypeId, String)>> {
        self.shared.backend.reading().source(&self.shared, key)
    }

    /// The Persons that a Patient is linked to (ids), whoever asks may see the Patient.
    pub fn persons_of(&self, patient: &str) -> Result<Vec<String>> {
        self.shared.backend.reading().persons_of(&self.shared, patient)
    }

    /// The registrations (ids of Patients) of a Person that other Persons link as well.
    pub fn contested_of(&self, person: &str) -> Result<Vec<String>> {
        self.shared.backend.reading().contested_of(&self.shared, person)
    }

    /// The registrations (ids of Patients) that a Person links; empty where there is no such Person. Tells nothing of what
    /// is in them, so it is not narrowed by sight.
    pub fn registrations_of(&self, person: &str) -> Result<Vec<String>> {
        self.shared.backend.reading().registrations_of(&self.shared, person)
    }

    /// The accounts that changed resources of a type in the commit of an instant (`Stored::updated`).
    pub fn writers(&self, type_: TypeId, at: Millis) -> Result<Vec<i64>> {
        self.shared.backend.reading().writers(type_, at)
    }

    /// The counts of one key by day; counts of zero are left out.
    pub fn tally_read(&self, space: &str, key: &str, from_day: i32, to_day: i32) -> Result<Vec<(i32, i64)>> {
        self.shared.backend.reading().tally(space, key, from_day, to_day)
    }
    /// Every count of a space within some days, by day and key; counts of zero are left out.
    pub fn tally_days(&self, space: &str, from_day: i32, to_day: i32) -> Result<Vec<DayCount>> {
        self.shared.backend.reading().tally_days(space, from_day, to_day)
    }
    pub fn counter_read(&self, space: &str, key: &str) -> Result<i64> {
        self.shared.backend.reading().counter(space, key)
    }
    pub fn row_read(&self, space: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.shared.backend.reading().shelf_row(space, key)?.map(|row| row.doc))
    }
    /// Rows of a space by (sort, key), after a given pair.
    pub fn row_list(&self, space: &str, after: (&str, &str), limit: usize) -> Result<Vec<ShelfRow>> {
        self.shared.backend.reading().shelf_rows(space, after, limit)
    }
    pub fn timers_due(&self, now: Millis, limit: usize) -> Result<Vec<Due>> {
        self.shared.backend.reading().timers_due(now, limit)
    }
    pub fn outbox_next(&self, limit: usize) -> Result<Vec<Due>> {
        self.shared.backend.reading().outbox(limit)
    }
    /// Where a reaction's cursor stands.
    pub fn cursor(&self, name: &str) -> Result<u64> {
        self.shared.backend.reading().cursor(name)
    }

    /// Puts an account; gives its number.
    pub fn account_put(&self, account: &Account) -> Result<i64> {
        let account = account.clone();
        self.task(move |engine| engine.put_account(&account))
    }
    pub fn account_named(&self, name: &str) -> Result<Option<Account>> {
        self.shared.backend.reading().account_named(name)
    }
    pub fn account(&self, number: i64) -> Result<Option<Account>> {
        self.shared.backend.reading().account(number)
    }
    pub fn accounts(&self) -> Result<Vec<Account>> {
        self.shared.backend.reading().accounts()
    }
    pub fn secret_put(&self, secret: &Secret) -> Result<()> {
        let secret = secret.clone();
        self.task(move |engine| engine.put_secret(&secret))
    }
    pub fn secret(&self, hash: &[u8; 32]) -> Result<Option<Secret>> {
        self.shared.backend.reading().secret(hash)
    }
    pub fn secret_drop(&self, hash: &[u8; 32]) -> Result<()> {
        let hash = *hash;
        self.task(move |engine| engine.drop_secret(&hash))
    }
    pub fn secrets_of(&self, account: i64) -> Result<Vec<Secret>> {
        self.shared.backend.reading().secrets_of(account)
    }

    /// Accesses, newest first. Who may ask is the caller's question; it is not narrowed by sight.
    pub fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        self.shared.backend.reading().audit_rows(&self.shared, query)
    }

    /// Writes a consistent copy of the record into a folder while it is being written to.
    pub fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
        progress(0, 1);
        self.shared.backend.backup(to)?;
        progress(1, 1);
        Ok(())
    }

    /// Looks whether everything is as it should be: file, feed, index against content, audit chain.
    pub fn check(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<CheckReport> {
        self.whole(&Cx::platform())?.check(&self.shared, progress)
    }

    pub fn stats(&self) -> Stats {
        let shared = &self.shared;
        let (file_bytes, log_bytes) = shared.backend.bytes();
        Stats {
            position: self.position(),
            groups: shared.stats.groups.load(Ordering::Relaxed),
            batches: shared.stats.batches.load(Ordering::Relaxed),
            failed_groups: shared.stats.failed_groups.load(Ordering::Relaxed),
            audit_waiting: shared.audit.len() as u64,
            file_bytes,
            log_bytes,
            free_bytes: shared.free_bytes(),
        }
    }

    /// Whether writes would be taken now.
    pub fn ready(&self) -> Result<()> {
        if !self.shared.has_room() {
            return Err(Error::busy("the disk is nearly full"));
        }
        self.task(|_| Ok(()))
    }

    fn look(&self, cx: &Cx, type_: Option<TypeId>, snapshot: bool) -> Result<(Reading<'_>, Sight)> {
        let sight = access::sight(cx);
        if let Some(type_) = type_.filter(|&type_| !sight.detail && !is_open(type_)) {
            let (role, name) = (cx.who.role.name(), r4().type_name(type_));
            return Err(Error::forbidden(format!(
                "an account of role `{role}` does not see single records of `{name}`"
            )));
        }
        let backend = &self.shared.backend;
        let reading = if snapshot { backend.looking(cx)? } else { backend.reading() };
        Ok((reading, sight))
    }

    /// A reader that finds the index whole. Where it does not, the writer catches up first; for a while after that every
    /// group writes its index rows at once.
    fn whole(&self, cx: &Cx) -> Result<Reading<'_>> {
        loop {
            self.shared.index_wanted.fetch_add(1, Ordering::Relaxed);
            let reading = self.shared.backend.looking(cx)?;
            if !reading.is_behind()? {
                return Ok(reading);
            }
            drop(reading);
            self.task(|engine| engine.catch_up())?;
            cx.go_on()?;
        }
    }

    /// The same in a short search, which waits for nothing: it starts again elsewhere.
    fn whole_now<'a>(&self, reading: Reading<'a>) -> Result<Reading<'a>> {
        self.shared.index_wanted.fetch_add(1, Ordering::Relaxed);
        let behind = || Error::too_costly("the index has to catch up before a search");
        if reading.is_behind()? { Err(behind()) } else { Ok(reading) }
    }

    /// Queues the audit row of an access; open types hold no person.
    fn note(
        &self,
        cx: &Cx,
        action: AuditAction,
        type_: Option<TypeId>,
        patients: impl IntoIterator<Item = i64>,
        found: bool,
    ) -> Result<()> {
        let patients: Vec<i64> = patients.into_iter().collect();
        if type_.is_some_and(is_open) && patients.is_empty() {
            return Ok(());
        }
        self.shared.audit.put(audit::entry(cx, action, type_, patients, found))
    }

    /// Does something rare on the writing connection and waits for it.
    pub(crate) fn task<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, wait) = sync_channel(1);
        let task = Box::new(move |engine: &mut Engine| {
            let _ = done.send(work(engine));
        });
        self.writing.queue.put_task(task).map_err(refused)?;
        wait.recv().map_err(|_| stopping())?
    }
}

impl Writing {
    fn end(&self) -> Result<()> {
        self.queue.close();
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        // An answer may wake, and so drop, what held the last clone: the writer does not wait for itself. It ends by
        // itself when the way to it is gone.
        if thread.thread().id() == std::thread::current().id() {
            return Ok(());
        }
        thread.join().map_err(|_| Error::fault("the writer ended badly"))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the store could not be closed");
        }
    }
}

/// A statement that was interrupted does not know why; the caller's context does.
fn why_ended(cx: &Cx, error: Error) -> Error {
    match error.kind {
        Kind::TooCostly => cx.go_on().err().unwrap_or(error),
        _ => error,
    }
}

fn refused(why: Refused) -> Error {
    match why {
        Refused::Full => Error::busy("too many writes are waiting; send it again in a second"),
        Refused::Closed => stopping(),
    }
}

fn stopping() -> Error {
    Error::busy("the server is stopping; send it again")
}
