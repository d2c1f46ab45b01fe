//! How a store is opened.

use base::limits::{DISK_RESERVE_BYTES, INDEX_RUN_ROWS};
use base::zone::Zone;
use base::{Clock, Dice};
use std::path::Path;

/// Settings of an open store. `Default` is for production.
#[derive(Clone, Debug)]
pub struct Options {
    pub clock: Clock,
    pub dice: Dice,
    /// The zone that dates without an offset are read in.
    pub zone: Zone,
    /// Whether an acknowledged write is on the disk. Off only in tests of other things.
    pub sync: bool,
    /// Connections that read in parallel.
    pub readers: usize,
    /// Mebibytes of pages that the writer keeps in memory; each reader keeps an eighth of it.
    pub cache_mib: usize,
    /// Index rows that may wait to be written together; with 0 each commit group writes its own.
    pub index_run_rows: usize,
    /// Free bytes of disk below which writes are refused, so that reads can still be audited.
    pub disk_reserve_bytes: u64,
    /// Free bytes of the disk that holds a folder; none asks the machine. Tests make a full disk with it.
    pub free_space: Option<fn(&Path) -> u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            clock: Clock::System,
            dice: Dice::System,
            zone: Zone::default(),
            sync: true,
            readers: 8,
            cache_mib: 64,
            index_run_rows: INDEX_RUN_ROWS,
            disk_reserve_bytes: DISK_RESERVE_BYTES,
            free_space: None,
        }
    }
}
