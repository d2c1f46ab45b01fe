//! A city into a folder: `places.ndjson`, `residents.ndjson`, `map.geojson`, `truth/*.csv` and `city.json`, which says what
//! was asked for and how far the folder is. An interrupted run leaves nothing that the next one does not cut off, so in
//! the end the bytes are those of a run without interruption.

use super::blocks::Blocks;
use super::journal::Journal;
use super::truth::{TruthFiles, open_at};
use super::{Line, Wish, map, threads};
use anyhow::{Context, bail};
use base::{StopFlag, Stopwatch};
use city::{City, Out, Window};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const PLACES: &str = "places.ndjson";
const RESIDENTS: &str = "residents.ndjson";
const MAP: &str = "map.geojson";
const TRUTH: &str = "truth";
/// Between two entries of the journal, whichever comes first.
const JOURNAL_EVERY: Duration = Duration::from_secs(2);
const JOURNAL_BYTES: u64 = 32 << 20;

/// What came of a run.
pub struct Made {
    pub resources: u64,
    pub bytes: u64,
    pub blocks: usize,
    pub finished: bool,
    /// Blocks that an earlier run had made.
    pub continued_after: usize,
    /// Nothing was left to do.
    pub was_complete: bool,
}

/// The open files of a folder.
struct Folder {
    dir: PathBuf,
    residents: File,
    truth: TruthFiles,
    journal: Journal,
    written: Stopwatch,
}

/// Makes the city, or what is missing of it.
pub fn make(wish: &Wish, dir: &Path, stop: &StopFlag) -> anyhow::Result<Made> {
    let settings = wish.settings()?;
    if !dir.is_dir() {
        std::fs::create_dir_all(dir).with_context(|| format!("the folder `{}` cannot be made", dir.display()))?;
    }
    let _lock = lock(dir)?;
    let found = Journal::read(dir)?;
    if let Some(journal) = &found {
        same_city(journal, wish, dir)?;
        if journal.finished {
            return Ok(made(journal, journal.blocks_done, true));
        }
    }
    let city = Arc::new(City::build(settings)?);
    let window = Window::history(city::day::minute(city.settings.end, 0, 0));
    let mut folder = match found {
        Some(journal) if journal.has_begun() => Folder::resume(dir, &city, window, journal)?,
        _ => Folder::begin(dir, &city, window, wish).map_err(|error| failed(error, dir, 0))?,
    };
    let done = folder.journal.blocks_done;
    let written = folder.fill(city, window, stop);
    // What was written before a failure is kept as far as the last journal says.
    written.map_err(|error| failed(error, dir, folder.journal.blocks_done))?;
    Ok(made(&folder.journal, done, false))
}

/// The end of history of a city that a folder holds already.
pub fn end_of(dir: &Path) -> anyhow::Result<Option<String>> {
    if !dir.is_dir() {
        return Ok(None);
    }
    Ok(Journal::read(dir)?.map(|journal| journal.asked.end))
}

fn made(journal: &Journal, continued_after: usize, was_complete: bool) -> Made {
    Made {
        resources: journal.resources,
        bytes: journal.places_bytes + journal.residents_bytes,
        blocks: journal.blocks,
        finished: journal.finished,
        continued_after,
        was_complete,
    }
}

impl Folder {
    fn begin(dir: &Path, city: &City, window: Window, wish: &Wish) -> anyhow::Result<Folder> {
        let mut journal = Journal::new(wish, city.blocks());
        journal.write(dir)?;
        let mut out = Out::new(window, city.settings.only);
        city.places(&mut out);
        std::fs::write(dir.join(PLACES), &out.ndjson)?;
        std::fs::write(dir.join(MAP), format!("{}\n", map::map(city)))?;
        let mut truth = TruthFiles::begin(&dir.join(TRUTH))?;
        truth.add(&out.truth)?;
        let residents = File::create(dir.join(RESIDENTS))?;
        (journal.resources, journal.places_bytes) = (out.resources, out.ndjson.len() as u64);
        journal.truth_bytes = truth.sync()?;
        journal.write(dir)?;
        Ok(Folder { dir: dir.to_owned(), residents, truth, journal, written: Stopwatch::start() })
    }

    /// Cuts the files off behind what the journal says. The places are made again and compared: another program that
    /// makes another city is noticed before it adds to this one.
    fn resume(dir: &Path, city: &City, window: Window, journal: Journal) -> anyhow::Result<Folder> {
        let mut out = Out::new(window, city.settings.only);
        city.places(&mut out);
        let shown = dir.display();
        let same = std::fs::read(dir.join(PLACES)).is_ok_and(|bytes| bytes == out.ndjson);
        if !same || journal.blocks != city.blocks() {
            bail!(
                "`{shown}` was begun by another version of the program, or its files were changed; name a new folder, \
                 or empty this one and start over"
            );
        }
        let opened = || -> std::io::Result<(File, TruthFiles)> {
            let residents = open_at(&dir.join(RESIDENTS), journal.residents_bytes)?;
            Ok((residents, TruthFiles::resume(&dir.join(TRUTH), &journal.truth_bytes)?))
        };
        let (residents, truth) = opened().with_context(|| {
            format!("the run in `{shown}` cannot go on; name a new folder, or empty this one and start over")
        })?;
        Ok(Folder { dir: dir.to_owned(), residents, truth, journal, written: Stopwatch::start() })
    }

    fn fill(&mut self, city: Arc<City>, window: Window, stop: &StopFlag) -> anyhow::Result<()> {
        let from = self.journal.blocks_done;
        let mut line = Line::new(city.blocks(), from, self.journal.resources);
        let mut blocks = Blocks::start(city, window, from, threads(), stop.clone())?;
        let (mut done, mut resources) = (from, self.journal.resources);
        let mut bytes = self.journal.residents_bytes;
        while let Some((number, out)) = blocks.take()? {
            self.residents.write_all(&out.ndjson)?;
            self.truth.add(&out.truth)?;
            (done, resources, bytes) = (number + 1, resources + out.resources, bytes + out.ndjson.len() as u64);
            blocks.give_back(out);
            line.show(done, resources);
            let unsaved = bytes - self.journal.residents_bytes;
            if unsaved >= JOURNAL_BYTES || self.written.elapsed() >= JOURNAL_EVERY {
                self.note(done, resources, bytes)?;
            }
        }
        line.end();
        self.note(done, resources, bytes)
    }

    /// Brings what was written to the disk, then the journal that says so.
    fn note(&mut self, done: usize, resources: u64, bytes: u64) -> anyhow::Result<()> {
        self.residents.sync_data()?;
        let truth_bytes = self.truth.sync()?;
        let finished = done == self.journal.blocks;
        let next = Journal {
            blocks_done: done,
            resources,
            residents_bytes: bytes,
            truth_bytes,
            finished,
            ..self.journal.clone()
        };
        next.write(&self.dir)?;
        (self.journal, self.written) = (next, Stopwatch::start());
        Ok(())
    }
}

fn same_city(journal: &Journal, wish: &Wish, dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    if journal.asked != *wish {
        bail!(
            "`{shown}` holds a city made with other settings (its `city.json` lists them); give the same ones to go on, \
             or name a new folder"
        );
    }
    if !journal.finished && journal.version != env!("CARGO_PKG_VERSION") {
        bail!(
            "`{shown}` was begun by version {}; name a new folder, or empty this one and start over",
            journal.version
        );
    }
    Ok(())
}

/// One run a folder. The kernel gives the lock back when the process ends.
fn lock(dir: &Path) -> anyhow::Result<File> {
    let folder = File::open(dir)?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => bail!("another run is making the city in `{}`", dir.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("`{}` cannot be locked", dir.display())),
    }
}

/// Why a run ended, and that it can go on.
fn failed(error: anyhow::Error, dir: &Path, blocks: usize) -> anyhow::Error {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let why = match kind {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
            "the disk is full; make room there, and the same command goes on"
        }
        Some(_) => "the folder cannot be written; the same command goes on once it can",
        None => return error,
    };
    error.context(format!("`{}`: {why} after block {blocks}", dir.display()))
}
