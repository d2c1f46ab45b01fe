//! Bringing FHIR files into the record: NDJSON, Bundles, single resources, folders, gzip, a stream.
//!
//! One thread reads (`read`), some parse and submit (`work`), the caller's thread collects the answers in order
//! (`collect`). Memory is bounded by a budget of bytes in work, not by the size of a file. How far the import came is a
//! row on the shelf `import`, written in the batch that holds the data (`resume`).

mod budget;
mod carry;
mod collect;
mod listing;
mod name;
mod open;
mod read;
mod refusal;
mod resume;
mod scan;
mod turns;
mod window;
mod work;

use crate::record::Site;
use base::zone::Zone;
use base::{Cx, Result, Stopwatch};
use fhir::TypeId;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use store::Store;

pub use refusal::Refusal;

/// Resources in one batch at most.
pub const BATCH_RESOURCES_MAX: usize = 200;
/// Bytes of JSON in one batch, above which it is closed.
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// Bytes that one import holds between reading and commit.
pub const WORK_BYTES_MAX: usize = 96 << 20;
/// Refusals that a report lists; more are counted.
pub const REFUSALS_LISTED_MAX: usize = 100_000;
/// Files of one import.
pub const FILES_MAX: usize = 5_000_000;

/// Where an import reads from.
pub struct Source {
    /// As the report names it.
    pub name: String,
    pub input: Input,
}

pub enum Input {
    /// A file, or a folder that is read recursively in the order of its names.
    Path(PathBuf),
    /// Standard input or the like; it cannot be resumed.
    Stream(Box<dyn Read + Send>),
    /// Text that is made while it is read.
    Made(Made),
}

/// NDJSON that is made part by part and is the same each time, so that an import of it can be resumed.
pub struct Made {
    /// The same key stands for the same text.
    pub key: String,
    pub parts: usize,
    /// Makes a part. Parts are asked for in their order, not always from the first on; none: the import was stopped.
    pub make: Box<dyn FnMut(usize) -> Option<Vec<u8>> + Send>,
}

impl Source {
    pub fn path(path: impl Into<PathBuf>) -> Source {
        let path = path.into();
        Source { name: path.display().to_string(), input: Input::Path(path) }
    }

    /// A file that the report calls by another name: an upload in a temporary place.
    pub fn named(name: impl Into<String>, path: impl Into<PathBuf>) -> Source {
        Source { name: name.into(), input: Input::Path(path.into()) }
    }

    /// What is made instead of read.
    pub fn made(name: impl Into<String>, made: Made) -> Source {
        Source { name: name.into(), input: Input::Made(made) }
    }

    pub fn stream(name: impl Into<String>, reader: Box<dyn Read + Send>) -> Source {
        Source { name: name.into(), input: Input::Stream(reader) }
    }
}

#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Store every Bundle as it is instead of opening or carrying it out.
    pub keep_bundles: bool,
    /// Keep the place in the store and continue there. Off for uploads.
    pub resume: bool,
    /// Forget the place of an unfinished import of the same paths.
    pub again: bool,
    /// Threads that parse and submit.
    pub workers: usize,
    /// Where the record is reached: links of a carried out Bundle that start with its address are local.
    pub site: Site,
}

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions {
            keep_bundles: false,
            resume: true,
            again: false,
            workers: 3,
            site: Site { base_url: "http://localhost/fhir".to_owned(), zone: Zone::default() },
        }
    }
}

/// How far an import is. `read` = `stored` + `unchanged` + `refused`, counted in resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub read: u64,
    pub stored: u64,
    /// Resources that were there with the same content.
    pub unchanged: u64,
    pub refused: u64,
    /// Bytes of the sources as they lie on the disk.
    pub bytes: u64,
    /// None for a stream.
    pub bytes_total: Option<u64>,
    /// Resources stored, by type; of this run only.
    pub by_type: BTreeMap<TypeId, u64>,
    /// What this run was spared because an earlier one had done it.
    pub continued_after: u64,
    /// The refusals so far; a reader of the progress shows the first ones.
    pub refusals_listed: usize,
}

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub progress: Progress,
    pub refusals: Vec<Refusal>,
    /// False if it was stopped; the same command continues.
    pub finished: bool,
    pub millis: u64,
}

/// Imports the sources in their order. `observer` is called a few times a second with the refusals that are new since
/// its last call. The caller's stop flag ends the import early with what is stored; the answer is then not `finished`.
pub fn run(
    cx: &Cx,
    store: &Store,
    sources: Vec<Source>,
    options: &ImportOptions,
    observer: &dyn Fn(&Progress, &[Refusal]),
) -> Result<Report> {
    access::may_write(cx)?;
    let watch = Stopwatch::start();
    let listing = listing::list(sources)?;
    let journal = resume::Journal::open(cx, store, &listing, options)?;
    let mut report = collect::carry(cx, store, listing, journal, options, observer)?;
    report.millis = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}
