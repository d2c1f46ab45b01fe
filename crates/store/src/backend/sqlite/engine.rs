//! The writer's side: one connection that checks and carries out batches, a commit group at a time.

use super::backlog::{self, Backlog};
use super::rows::Changes;
use super::{fault, managed};
use crate::audit::{self, AuditAction, Entry};
use crate::backend::RowsOf;
use crate::ids::Rid;
use crate::index_rows::IndexRows;
use crate::model::{Done, Expect, Found, Guard, Op, Stored};
use crate::prepare::{Change, Names, Prepared, Was};
use crate::shared::Shared;
use base::{Error, Millis, Result, hex};
use fhir::definitions::r4;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Row and term numbers are taken out of the store in blocks of this size, so that none is given twice after a crash.
pub const NUMBERS_BLOCK: u64 = 4_096;

/// The writing connection and what it remembers between groups.
pub struct Engine {
    connection: Connection,
    now: Numbers,
    /// As the last commit left them: what a group that cannot be written goes back to.
    kept: Numbers,
    audit_hash: Vec<u8>,
    backlog: Backlog,
    /// Index rows that may gather before they become a run; with 0 each group writes its own.
    run_rows_max: usize,
}

/// Where the feed, its time and the blocks of numbers stand.
#[derive(Clone, Copy)]
struct Numbers {
    position: i64,
    at: Millis,
    rows_given: u64,
    terms_given: u64,
    /// As the file says it: from here on index tables may lack rows.
    behind: Option<i64>,
}

/// What an open store knows of its file.
pub struct Opened {
    pub id_key: [u8; 16],
    pub dictionaries: Vec<(i64, Vec<u8>)>,
    pub paths: Vec<(i64, u16)>,
}

/// What a group gathers before it is written in one sorted go.
#[derive(Default)]
pub struct Group {
    changes: Changes,
    /// Rows that sight goes by; they never wait, so that who may see what never depends on the index catching up.
    sight: Changes,
    /// It says anew who manages a registration.
    sight_moved: bool,
    /// The open transaction leaves the index whole.
    whole: bool,
    types: BTreeMap<u16, i64>,
    entries: Vec<Entry>,
    rows_max: u64,
    terms_max: u64,
    fresh: Vec<Stored>,
}

impl Group {
    /// Adds rows of an index that is being built.
    pub fn gather(&mut self, rows: IndexRows, terms: impl Iterator<Item = i64>, aliases: impl Iterator<Item = Rid>) {
        // Which path is built does not matter: it happens once in the life of a store.
        self.sight_moved |= !rows.reference.is_empty();
        self.changes.add(IndexRows::default(), rows);
        self.terms_max = terms.fold(self.terms_max, |max, number| max.max(number as u64));
        self.rows_max = aliases.fold(self.rows_max, |max, rid| max.max(rid.row()));
    }

    /// The versions that the group has written.
    pub fn take_fresh(&mut self) -> Vec<Stored> {
        std::mem::take(&mut self.fresh)
    }
}

impl Engine {
    pub fn new(connection: Connection, run_rows_max: usize) -> Result<Engine> {
        let newest = "SELECT position, at FROM version ORDER BY position DESC LIMIT 1";
        let newest =
            connection.query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(fault)?;
        let (position, at) = newest.unwrap_or((0, 0));
        let hash = "SELECT hash FROM audit ORDER BY page DESC LIMIT 1";
        let audit_hash = connection.query_row(hash, [], |row| row.get(0)).optional().map_err(fault)?;
        let number = |name| -> Result<u64> {
            let text = super::migrate::setting(&connection, name)?.unwrap_or_default();
            text.parse().map_err(|_| Error::fault(format!("the setting `{name}` of the store is damaged")))
        };
        let behind = backlog::behind(&connection)?;
        let (rows_given, terms_given) = (number("rows_given")?, number("terms_given")?);
        let now = Numbers { position, at, rows_given, terms_given, behind };
        let (audit_hash, backlog) = (audit_hash.unwrap_or_default(), Backlog::default());
        Ok(Engine { now, kept: now, audit_hash, backlog, run_rows_max, connection })
    }

    /// What the store needs to know when it opens: its key, its dictionaries, its numbers for the index paths.
    pub fn opened(&mut self) -> Result<Opened> {
        let key = super::migrate::setting(&self.connection, "id_key")?.and_then(|key| hex::decode(&key));
        let id_key = key.and_then(|key| key.try_into().ok());
        let id_key = id_key.ok_or_else(|| Error::fault("the store has lost its id key; restore a backup"))?;
        let mut statement =
            self.connection.prepare("SELECT number, bytes FROM dictionary ORDER BY number").map_err(fault)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let dictionaries = rows.and_then(Iterator::collect).map_err(fault)?;
        Ok(Opened { id_key, dictionaries, paths: self.paths()? })
    }

    /// (number, ordinal) of every index path of the definitions; new ones are added.
    fn paths(&self) -> Result<Vec<(i64, u16)>> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        let mut find =
            self.connection.prepare("SELECT number, ordinal FROM path WHERE type = ?1 AND key = ?2").map_err(fault)?;
        let mut put = self
            .connection
            .prepare("INSERT INTO path (type, key, ordinal) SELECT ?1, ?2, count(*) FROM path WHERE type = ?1 RETURNING number, ordinal")
            .map_err(fault)?;
        let mut paths = Vec::with_capacity(r4().paths().len());
        for path in r4().paths() {
            let name = format!("{} {}", path.kind.name(), path.key);
            let key = params![path.type_.0, name];
            let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let found = find.query_row(key, columns).optional().map_err(fault)?;
            paths.push(match found {
                Some(found) => found,
                None => {
                    let made: (i64, u16) = put.query_row(key, columns).map_err(fault)?;
                    // Resources that are there already have no rows under a path that this program brings.
                    if self.now.position > 0 {
                        super::reindex::add_build(&self.connection, made.0, path.type_, path.kind, "")?;
                    }
                    made
                }
            });
        }
        // Where there is nothing of a type there is nothing to build.
        self.connection.execute("DELETE FROM build WHERE total = 0 AND programs = ''", []).map_err(fault)?;
        self.connection.execute_batch("COMMIT").map_err(fault)?;
        Ok(paths)
    }

    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
    pub fn position(&self) -> u64 {
        self.now.position as u64
    }
    /// The first row and term numbers that are free for sure.
    pub fn free_numbers(&self) -> (u64, u64) {
        (self.now.rows_given, self.now.terms_given)
    }

    /// Makes the index rows again that a process which ended badly had not written.
    pub fn replay(&mut self, shared: &Shared, rows_of: RowsOf<'_>) -> Result<()> {
        if self.now.behind.is_some() {
            backlog::replay(&self.connection, shared, rows_of)?;
            self.now.behind = None;
        }
        Ok(())
    }

    /// Writes the index rows that wait, so that the index is whole.
    pub fn catch_up(&mut self) -> Result<()> {
        if self.backlog.is_empty() && self.now.behind.is_none() {
            return Ok(());
        }
        let mut group = self.begin(self.now.at)?;
        let written = self.make_whole(&mut group);
        let written = written.and_then(|()| self.run("COMMIT"));
        match &written {
            Ok(()) => self.backlog.clear(),
            Err(_) => self.abandon(),
        }
        written
    }

    /// Opens a group at `now`; time never runs backwards in the feed.
    pub fn begin(&mut self, now: Millis) -> Result<Group> {
        self.kept = self.now;
        self.backlog.begin();
        self.now.at = self.now.at.max(now);
        self.run("BEGIN IMMEDIATE")?;
        Ok(Group::default())
    }

    /// Undoes a group that cannot be written: in the file, and in what is remembered. A block of numbers that was taken
    /// in it is not on the disk, so it must be taken again, or it would be given twice after the next start.
    pub fn abandon(&mut self) {
        self.now = self.kept;
        self.backlog.abandon();
        // A group that could not even be begun, or that SQLite has undone itself, leaves nothing to undo.
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a commit group could not be undone");
        }
    }

    /// Checks a batch and carries it out inside the group. An error of kind conflict or precondition leaves the group
    /// as it was; any other error means that the group must be abandoned.
    pub fn carry_out(&mut self, shared: &Shared, group: &mut Group, batch: &mut Prepared) -> Result<Done> {
        self.check(shared, group, batch)?;
        self.put_names(&batch.names)?;
        let position_before = self.now.position;
        for change in &mut batch.changes {
            let written = &mut batch.written[change.nth];
            let (version, op) = self.put_change(group, change)?;
            (written.version, written.updated) = (version, self.now.at);
            group.fresh.push(Stored {
                type_: change.type_,
                id: written.id.clone(),
                version,
                updated: self.now.at,
                position: self.now.position as u64,
                op,
                body: std::mem::take(&mut change.body),
            });
            let (mut drop, mut put) = (std::mem::take(&mut change.drop), std::mem::take(&mut change.add));
            let (dropped, made) = (shared.take_sight(&mut drop), shared.take_sight(&mut put));
            group.sight_moved |= [&dropped, &made]
                .iter()
                .any(|rows| rows.stand_under(shared.managing_path) || rows.stand_under(shared.part_of_path));
            group.sight.add(dropped, made);
            group.changes.add(drop, put);
            group.rows_max = group.rows_max.max(change.rid.row());
        }
        for (number, ..) in &batch.names.terms {
            group.terms_max = group.terms_max.max(*number as u64);
        }
        for (.., rid) in &batch.names.aliases {
            group.rows_max = group.rows_max.max(rid.row());
        }
        self.put_shelves(shared, batch)?;
        if self.now.position > position_before {
            audit_writes(group, batch, self.now.at);
        }
        Ok(Done { written: std::mem::take(&mut batch.written), position: self.now.position as u64 })
    }

    /// Writes what the group gathered and makes it durable. `later` lets its index rows wait.
    pub fn commit(&mut self, mut group: Group, mut reads: Vec<Entry>, later: bool) -> Result<()> {
        self.write_now(&mut group.sight)?;
        if group.sight_moved {
            managed::count_on(&self.connection)?;
        }
        match later && !group.whole && self.run_rows_max > 0 {
            true => self.write_some(&group)?,
            false => self.make_whole(&mut group)?,
        }
        self.put_counts(&group)?;
        self.keep_numbers(&group)?;
        group.entries.append(&mut reads);
        let hash = self.put_audit(&group.entries)?;
        self.run("COMMIT")?;
        if let Some(hash) = hash {
            self.audit_hash = hash;
        }
        match group.whole {
            true => self.backlog.clear(),
            false => self.backlog.take(group.changes, self.kept.position, self.run_rows_max),
        }
        Ok(())
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(fault)
    }

    fn check(&mut self, shared: &Shared, group: &mut Group, batch: &Prepared) -> Result<()> {
        for change in &batch.changes {
            let sql = "SELECT position, number, deleted, patient FROM resource WHERE rid = ?1";
            let mut found = self.connection.prepare_cached(sql).map_err(fault)?;
            let now = found
                .query_row([change.rid.0], |row| {
                    let patient = row.get::<_, Option<i64>>(3)?.map(Rid);
                    Ok(Was { position: row.get(0)?, number: row.get(1)?, deleted: row.get(2)?, patient })
                })
                .optional()
                .map_err(fault)?;
            if now != change.was {
                return Err(moved_on(change));
            }
            self.check_source(change)?;
        }
        for guard in &batch.guards {
            self.check_guard(shared, group, guard)?;
        }
        self.check_counts(batch)
    }

    /// A source key names the same resource for ever.
    fn check_source(&self, change: &Change) -> Result<()> {
        let Some((key, _)) = &change.source else { return Ok(()) };
        let sql = "SELECT rid FROM source WHERE key = ?1";
        let mut found = self.connection.prepare_cached(sql).map_err(fault)?;
        let named: Option<i64> = found.query_row([key], |row| row.get(0)).optional().map_err(fault)?;
        match named {
            Some(rid) if rid != change.rid.0 => Err(Error::conflict(
                "the fact of this source is another resource already; send it again, so that it becomes a version of that one",
            )),
            _ => Ok(()),
        }
    }

    fn check_guard(&mut self, shared: &Shared, group: &mut Group, guard: &Guard) -> Result<()> {
        let conflict = || Err(Error::conflict("somebody else changed the same thing in between; send it again"));
        match guard {
            Guard::Finds { search, expect } => {
                shared.now.get().custom.allows(search).or_else(|_| conflict())?;
                self.make_whole(group)?;
                let found = super::search::find_ids(&self.connection, shared, search, 2)?;
                let holds = match expect {
                    Found::Nothing => found.is_empty(),
                    Found::Only { id } => found.len() == 1 && found[0] == *id,
                };
                if holds { Ok(()) } else { conflict() }
            }
            Guard::Cursor { name, from, .. } => {
                let sql = "SELECT position FROM cursor WHERE name = ?1";
                let at: Option<u64> =
                    self.connection.query_row(sql, [name], |row| row.get(0)).optional().map_err(fault)?;
                if at.unwrap_or(0) == *from { Ok(()) } else { conflict() }
            }
            Guard::NewRow { space, key } => {
                let sql = "SELECT 1 FROM shelf WHERE space = ?1 AND key = ?2";
                let there: Option<i64> =
                    self.connection.query_row(sql, params![space, key], |row| row.get(0)).optional().map_err(fault)?;
                if there.is_none() { Ok(()) } else { conflict() }
            }
        }
    }

    pub(super) fn put_names(&mut self, names: &Names) -> Result<()> {
        let mut put =
            self.connection.prepare_cached("INSERT OR IGNORE INTO term VALUES (?1, ?2, ?3, ?4)").map_err(fault)?;
        for (number, path, code, system) in &names.terms {
            put.execute(params![path, code, system, number]).map_err(fault)?;
        }
        let mut put =
            self.connection.prepare_cached("INSERT OR IGNORE INTO term_text VALUES (?1, ?2)").map_err(fault)?;
        for (term, text) in &names.texts {
            put.execute(params![term, text]).map_err(fault)?;
        }
        let mut put =
            self.connection.prepare_cached("INSERT OR IGNORE INTO alias VALUES (?1, ?2, ?3, ?4)").map_err(fault)?;
        for (type_, id, rid) in &names.aliases {
            put.execute(params![type_.0, id, rid.home(), rid.0]).map_err(fault)?;
        }
        Ok(())
    }

    /// Writes one version; gives its number and what it did.
    fn put_change(&mut self, group: &mut Group, change: &Change) -> Result<(u32, Op)> {
        let number = change.was.as_ref().map_or(1, |was| was.number + 1);
        self.now.position += 1;
        let deleted = change.packed.is_none();
        let op = match (&change.was, deleted) {
            (_, true) => Op::Delete,
            (Some(was), false) if !was.deleted => Op::Update,
            _ => Op::Create,
        };
        let rid = change.rid.0;
        if let Some(was) = &change.was {
            self.put_older(rid, was)?;
        }
        let sql = "INSERT INTO version VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL)";
        let mut put = self.connection.prepare_cached(sql).map_err(fault)?;
        put.execute(params![self.now.position, rid, number, op.number(), self.now.at]).map_err(fault)?;
        let sql =
            "INSERT OR REPLACE INTO resource VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        let mut put = self.connection.prepare_cached(sql).map_err(fault)?;
        let head = &change.head;
        let patient = head.patient.map(|rid| rid.0);
        put.execute(params![
            rid,
            change.type_.0,
            self.now.position,
            number,
            deleted,
            patient,
            head.date,
            head.present,
            head.present_more,
            change.client_id,
            op.number(),
            self.now.at,
            change.dictionary,
            change.packed
        ])
        .map_err(fault)?;
        let mut put = self.connection.prepare_cached("INSERT INTO by_type VALUES (?1, ?2, ?3)").map_err(fault)?;
        put.execute(params![change.type_.0, self.now.position, rid]).map_err(fault)?;
        drop(put);
        self.put_links(change)?;
        match op {
            Op::Create => *group.types.entry(change.type_.0).or_default() += 1,
            Op::Delete => *group.types.entry(change.type_.0).or_default() -= 1,
            Op::Update => {}
        }
        Ok((number, op))
    }

    /// What is replaced moves from the row of the resource to its place in the feed.
    fn put_older(&self, rid: i64, was: &Was) -> Result<()> {
        let sql = "UPDATE version SET (dictionary, body) = (SELECT dictionary, body FROM resource WHERE rid = ?1) \
                   WHERE position = ?2";
        let mut keep = self.connection.prepare_cached(sql).map_err(fault)?;
        keep.execute(params![rid, was.position]).map_err(fault)?;
        let mut put = self.connection.prepare_cached("INSERT INTO older VALUES (?1, ?2, ?3, ?4)").map_err(fault)?;
        put.execute(params![rid, was.number, was.position, was.patient.map(|rid| rid.0)]).map_err(fault)?;
        Ok(())
    }

    fn put_links(&self, change: &Change) -> Result<()> {
        if let Some(links) = &change.links {
            let mut drop = self.connection.prepare_cached("DELETE FROM link WHERE person = ?1").map_err(fault)?;
            drop.execute([change.rid.0]).map_err(fault)?;
            let mut put =
                self.connection.prepare_cached("INSERT OR IGNORE INTO link VALUES (?1, ?2)").map_err(fault)?;
            for rid in links {
                put.execute([change.rid.0, rid.0]).map_err(fault)?;
            }
        }
        if let Some((key, home)) = &change.source {
            let sql = "INSERT OR REPLACE INTO source VALUES (?1, ?2, ?3, ?4)";
            let mut put = self.connection.prepare_cached(sql).map_err(fault)?;
            put.execute(params![key, home, change.type_.0, change.rid.0]).map_err(fault)?;
        }
        Ok(())
    }

    /// Writes the rows that wait and those of the group so far.
    fn make_whole(&mut self, group: &mut Group) -> Result<()> {
        if !group.whole {
            self.backlog.write_all(&self.connection)?;
            group.whole = true;
        }
        self.write_now(&mut group.sight)?;
        self.write_now(&mut group.changes)?;
        self.set_behind(None)
    }

    fn write_now(&self, changes: &mut Changes) -> Result<()> {
        let mut changes = std::mem::take(changes);
        changes.sort();
        changes.write(&self.connection, &mut [0; 5], usize::MAX)
    }

    /// Writes a piece of what waits; the rows of the group itself are to wait.
    fn write_some(&mut self, group: &Group) -> Result<()> {
        self.backlog.write_some(&self.connection, group.changes.len())?;
        if group.changes.len() == 0 && self.backlog.is_empty() {
            return self.set_behind(None);
        }
        self.set_behind(Some(self.backlog.whole_up_to(self.now.behind, self.kept.position)))
    }

    fn set_behind(&mut self, behind: Option<i64>) -> Result<()> {
        if self.now.behind != behind {
            backlog::set_behind(&self.connection, behind)?;
            self.now.behind = behind;
        }
        Ok(())
    }

    fn put_counts(&mut self, group: &Group) -> Result<()> {
        let sql = "INSERT INTO counter VALUES ('type', ?1, 0, ?2) \
                   ON CONFLICT DO UPDATE SET count = count + excluded.count";
        let mut put = self.connection.prepare_cached(sql).map_err(fault)?;
        for (&type_, &add) in group.types.iter().filter(|&(_, &add)| add != 0) {
            put.execute(params![r4().type_name(fhir::definitions::TypeId(type_)), add]).map_err(fault)?;
        }
        Ok(())
    }

    fn keep_numbers(&mut self, group: &Group) -> Result<()> {
        let keep = |name: &str, given: &mut u64, max: u64| -> Result<()> {
            if max >= *given {
                *given = max + NUMBERS_BLOCK;
                let sql = "UPDATE setting SET value = ?2 WHERE name = ?1";
                self.connection.execute(sql, params![name, given.to_string()]).map_err(fault)?;
            }
            Ok(())
        };
        keep("rows_given", &mut self.now.rows_given, group.rows_max)?;
        keep("terms_given", &mut self.now.terms_given, group.terms_max)
    }

    fn put_audit(&mut self, entries: &[Entry]) -> Result<Option<Vec<u8>>> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
        let packed = audit::pack(entries);
        let hash = audit::chain(&self.audit_hash, &packed).to_vec();
        let sql = "INSERT INTO audit (first_at, last_at, entries, hash) VALUES (?1, ?2, ?3, ?4)";
        let mut put = self.connection.prepare_cached(sql).map_err(fault)?;
        put.execute(params![first.at, last.at, packed, hash]).map_err(fault)?;
        Ok(Some(hash))
    }
}

/// What a batch that fails a check is told.
fn moved_on(change: &Change) -> Error {
    let name = r4().type_name(change.type_);
    match change.expect {
        Expect::Version(asked) => Error::precondition(format!(
            "the `{name}` was changed in between and is no longer at version {asked}; read it, merge and send it again"
        )),
        _ => Error::conflict(format!("the `{name}` was changed by somebody else at the same moment; send it again")),
    }
}

/// One audit row for each kind of change in the batch.
fn audit_writes(group: &mut Group, batch: &Prepared, at: Millis) {
    let mut rows: Vec<Entry> = Vec::new();
    for change in &batch.changes {
        let action = match (&change.was, &change.packed) {
            (_, None) => AuditAction::Delete,
            (Some(was), _) if !was.deleted => AuditAction::Update,
            _ => AuditAction::Create,
        };
        let patients = change.head.patient.map(|rid| rid.0);
        let type_ = change.type_.0;
        match rows
            .iter_mut()
            .find(|row| row.action == action && row.type_ == type_ && row.patients.first() == patients.as_ref())
        {
            Some(_) => {}
            None => rows.push(Entry {
                at,
                account: batch.account,
                role: batch.role,
                purpose: batch.purpose,
                action,
                type_,
                found: true,
                patients: patients.into_iter().collect(),
            }),
        }
    }
    group.entries.append(&mut rows);
}
