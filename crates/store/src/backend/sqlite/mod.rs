//! SQLite: one file in write-ahead mode, one writing connection, a pool of reading ones.

mod accounts;
mod backlog;
mod check;
mod engine;
mod history;
mod managed;
mod migrate;
mod read;
mod reindex;
mod rows;
mod search;
mod shelves;
mod sight;

pub use engine::{Engine, Group, Opened};
pub use read::Reading;
pub use reindex::{candidates, load as indexes};
pub use search::Estimates;

use crate::options::Options;
use base::limits::SHORT_SEARCH_MILLIS_MAX;
use base::{Cx, Error, Kind, Result};
use managed::Managed;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The name of the database file in the data folder.
const FILE: &str = "record.db";
/// How often a reader's turn is looked for while the request may still end.
const WAIT: Duration = Duration::from_millis(50);
/// Pages that may gather in the log before they are carried into the file.
const LOG_PAGES_MAX: u32 = 16_384;

/// The pool of readers and the place of the file.
pub struct Sqlite {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
    managed: Arc<Managed>,
    /// Readers that long work leaves alone.
    kept_back: usize,
}

impl Sqlite {
    /// Opens or creates the file in `dir`, brings it to the newest schema and gives the writer's side with it.
    pub fn open(dir: &Path, options: &Options) -> Result<(Sqlite, Engine)> {
        std::fs::create_dir_all(dir).map_err(|e| Error::fault(format!("the data folder cannot be made: {e}")))?;
        let path = dir.join(FILE);
        let writer = connect(&path, options.cache_mib, true)?;
        writer.pragma_update(None, "synchronous", if options.sync { "FULL" } else { "OFF" }).map_err(fault)?;
        writer.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX).map_err(fault)?;
        migrate::bring_up(&writer, dir, options)?;
        let reader_mib = (options.cache_mib / 8).max(2);
        let count = options.readers.max(2);
        let managed = Arc::new(Managed::default());
        let readers: Vec<Connection> = (0..count).map(|_| connect(&path, reader_mib, false)).collect::<Result<_>>()?;
        readers.iter().try_for_each(|reader| managed.teach(reader))?;
        let (idle, returned) = (Mutex::new(readers), Condvar::new());
        let sqlite = Sqlite { path, idle, returned, managed, kept_back: count.div_ceil(4) };
        Ok((sqlite, Engine::new(writer, options.index_run_rows)?))
    }

    /// Takes a reader out of the pool for short work; waits for one if all are at work.
    pub fn reading(&self) -> Reading<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match idle.pop() {
                Some(connection) => return Reading::new(self, connection),
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Takes a reader for work that may take long, on a snapshot; leaves some for short work. What has to be done within
    /// `SHORT_SEARCH_MILLIS_MAX` takes any reader, and does not wait for one.
    pub fn looking(&self, cx: &Cx) -> Result<Reading<'_>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if cx.deadline.is_some_and(|deadline| deadline.left() <= Duration::from_millis(SHORT_SEARCH_MILLIS_MAX)) {
            let connection = idle.pop();
            drop(idle);
            let connection = connection.ok_or_else(|| Error::too_costly("no reader is free for a short search"))?;
            return Reading::new(self, connection).snapshot(cx);
        }
        while idle.len() <= self.kept_back {
            cx.go_on()?;
            let waited = self.returned.wait_timeout(idle, WAIT).unwrap_or_else(PoisonError::into_inner);
            idle = waited.0;
        }
        let connection = idle.pop();
        drop(idle);
        let connection = connection.ok_or_else(|| Error::fault("the store has no readers"))?;
        Reading::new(self, connection).snapshot(cx)
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        self.returned.notify_all();
    }

    pub fn backup(&self, to: &Path) -> Result<()> {
        check::backup(self, to)
    }

    /// Bytes of the file and of its log.
    pub fn bytes(&self) -> (u64, u64) {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        (bytes(&self.path), bytes(&self.path.with_file_name(format!("{FILE}-wal"))))
    }

    /// A connection of its own, for a backup.
    fn own_connection(&self) -> Result<Connection> {
        Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fault)
    }
}

fn connect(path: &Path, cache_mib: usize, write: bool) -> Result<Connection> {
    let flags = match write {
        true => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    } | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(256);
    let setup = || -> rusqlite::Result<()> {
        // Plans do not depend on the values bound, so a statement that is there need not be prepared again for each.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        if write {
            connection.pragma_update(None, "page_size", 4096)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
        } else {
            connection.pragma_update(None, "query_only", true)?;
        }
        connection.pragma_update(None, "cache_size", -(i64::try_from(cache_mib).unwrap_or(64) * 1024))?;
        connection.pragma_update(None, "temp_store", "MEMORY")
    };
    setup().map_err(fault)?;
    Ok(connection)
}

/// What SQLite says, as one of our kinds. A full disk is `busy`: the caller may come again when there is room.
pub fn fault(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{DiskFull, OperationInterrupted};
    // The shared memory beside the log cannot grow: that is a full disk too.
    if error.sqlite_error().is_some_and(|inner| inner.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        return disk_full();
    }
    match error.sqlite_error_code() {
        Some(DiskFull) => disk_full(),
        Some(OperationInterrupted) => Error::new(
            Kind::TooCostly,
            "the request took longer than one request may; narrow it, for example by a patient, a code or a date",
        ),
        _ => {
            tracing::error!(%error, "the database failed");
            Error::fault("the database failed; the server's log says how")
        }
    }
}

fn disk_full() -> Error {
    Error::busy("the disk is full, so nothing was written; free disk space and send it again")
}
