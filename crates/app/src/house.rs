//! A data folder that this process owns: its lock, its store, its accounts.

use crate::demo::time;
use crate::settings::Settings;
use anyhow::{Context, bail};
use base::{Clock, Course, Cx, Dice, Millis, Paced};
use runtime::accounts::Accounts;
use runtime::import::ImportOptions;
use runtime::imports::Imports;
use runtime::live::Live;
use runtime::record::Site;
use runtime::rules::{Laid, Seeds};
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use store::{Batch, Options, ShelfOp, Store};

const LOCK: &str = "owner.lock";
/// Where the store keeps that a folder was made by `jingluo demo`.
const DEMO: (&str, &str) = ("demo", "made");
/// Where the store keeps that a folder holds the synthetic city, whose own rules hold there.
const CITY_RULES: (&str, &str) = ("rules", "demonstration");

/// Another process owns the folder.
#[derive(Debug)]
pub struct Taken {
    pub text: String,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Taken {}

pub struct House {
    pub dir: PathBuf,
    pub settings: Settings,
    pub store: Store,
    /// The time of the record: the machine's, or in a folder of `jingluo demo` the city's. Accounts, sessions and
    /// tokens are always on the machine's.
    pub clock: Clock,
    pub accounts: Accounts,
    /// The imports that the console shows; only while a server runs.
    pub imports: OnceLock<Imports>,
    /// Who tells the open pages what changes; only while a server runs.
    pub live: OnceLock<Live>,
    /// Held until the process ends or the house is dropped; the kernel gives it back after a kill.
    _lock: File,
}

impl House {
    /// Opens a folder that nobody else owns, and makes it if `may_make`. The error is `Taken` if somebody does.
    pub fn open(dir: &Path, settings: Settings, may_make: bool) -> anyhow::Result<House> {
        if !dir.is_dir() {
            if !may_make {
                bail!("there is no data folder `{}`", dir.display());
            }
            make_folder(dir)?;
        }
        let lock = lock(dir)?;
        let options = Options {
            zone: settings.zone.clone(),
            sync: settings.store_sync,
            readers: settings.readers,
            cache_mib: settings.cache_mib,
            disk_reserve_bytes: settings.disk_reserve_bytes,
            ..Options::default()
        };
        let (store, clock) = open_store(dir, options)?;
        let accounts = Accounts::new(store.clone(), Clock::System, Dice::System);
        let (imports, live) = (OnceLock::new(), OnceLock::new());
        Ok(House { dir: dir.to_owned(), settings, store, clock, accounts, imports, live, _lock: lock })
    }

    /// Ends the work on the folder: drains the writer and flushes what waits for the disk.
    pub fn close(&self) -> anyhow::Result<()> {
        self.store.close().context("the store could not be closed in order; what was acknowledged is on the disk")
    }

    /// Lays the rules that the programs ship into the record; after an upgrade it brings them up to date. Those of the
    /// demonstration city are among them only in a folder that holds it.
    pub fn lay_rules(&self) -> anyhow::Result<Laid> {
        let seeds = if self.holds_city()? { Seeds::Demonstration } else { Seeds::Everywhere };
        let laid = runtime::rules::lay(&self.cx(), &self.store, &programs::rule_tables(), seeds);
        let laid = laid.context("the shipped rules could not be laid into the record")?;
        let Laid { added, changed, retired } = laid;
        if added + changed + retired > 0 {
            tracing::info!(added, changed, retired, "the shipped rules were laid into the record");
        }
        Ok(laid)
    }

    /// Whether the folder holds the synthetic city, as far as it was told.
    pub fn holds_city(&self) -> anyhow::Result<bool> {
        Ok(self.demo_made()?.is_some() || self.store.row_read(CITY_RULES.0, CITY_RULES.1)?.is_some())
    }

    /// Says whether the folder holds the synthetic city, and lays the rules that follow from it.
    pub fn hold_city(&self, holds: bool) -> anyhow::Result<Laid> {
        if !holds && self.demo_made()?.is_some() {
            bail!("`{}` was made by `jingluo demo` and keeps the rules of its city", self.dir.display());
        }
        let (space, key) = (CITY_RULES.0.to_owned(), CITY_RULES.1.to_owned());
        let mark = ShelfOp::Row { space, key, sort: String::new(), doc: holds.then(|| b"true".to_vec()) };
        self.store.write(&self.cx(), Batch { shelves: vec![mark], ..Batch::default() })?;
        self.lay_rules()
    }

    /// The context of the platform's own work on the record.
    pub fn cx(&self) -> Cx {
        Cx { clock: self.clock.clone(), ..Cx::platform() }
    }

    pub fn site(&self) -> Site {
        Site { base_url: format!("{}/fhir", self.base_url()), zone: self.settings.zone.clone() }
    }

    /// The address by which clients reach the server.
    pub fn base_url(&self) -> String {
        let scheme = if self.settings.tls.is_some() { "https" } else { "http" };
        self.settings.base_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.settings.listen))
    }

    pub fn import_options(&self) -> ImportOptions {
        ImportOptions { workers: self.settings.import_workers, site: self.site(), ..ImportOptions::default() }
    }

    /// When `jingluo demo` made the folder, whose passwords everybody knows; none for any other folder.
    pub fn demo_made(&self) -> anyhow::Result<Option<Millis>> {
        let Some(doc) = self.store.row_read(DEMO.0, DEMO.1)? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&doc).context("the demo's mark cannot be read")?))
    }

    /// The row that marks a folder as made by `jingluo demo`.
    pub fn demo_mark(&self, made: Millis) -> ShelfOp {
        let (space, key) = (DEMO.0.to_owned(), DEMO.1.to_owned());
        ShelfOp::Row { space, key, sort: String::new(), doc: Some(made.to_string().into_bytes()) }
    }
}

/// Opens the store on its time. Only the store knows whether that is a city's, so such a one is opened twice; the clock
/// stands until the demonstration lets it run.
fn open_store(dir: &Path, options: Options) -> anyhow::Result<(Store, Clock)> {
    let store = Store::open(dir, options.clone())?;
    let Some(course) = time::kept(&store)? else { return Ok((store, options.clock)) };
    store.close()?;
    drop(store);
    let clock = Clock::Paced(Arc::new(Paced::new(Course { paused: true, ..course })));
    Ok((Store::open(dir, Options { clock: clock.clone(), ..options })?, clock))
}

/// Makes the folder for its owner alone.
pub fn make_folder(dir: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("the data folder `{}` cannot be made", dir.display()))
}

/// Takes the folder's lock.
pub fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join(LOCK);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("`{}` cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // Only for the message; an empty one says less, nothing wrong.
            let _ = file.read_to_string(&mut owner);
            let text = format!("the data folder `{}` is in use by process {}", dir.display(), owner.trim());
            return Err(Taken { text }.into());
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("`{}` cannot be locked", path.display()));
        }
    }
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}
