//! What all threads of an open store share: its numbers, its names in memory, where its feed stands.

use crate::audit::Queue;
use crate::backend::{Backend, Engine, Estimates, Reading};
use crate::body::Packer;
use crate::ids::{Fresh, IdMaker, Rid};
use crate::index_rows::IndexRows;
use crate::interner::Interner;
use crate::model::SourceKey;
use crate::options::Options;
use crate::reindex::Now;
use crate::tail::Tail;
use base::zone::Zone;
use base::{Clock, Error, Result};
use fhir::definitions::{IndexKind, IndexPath, PathId, TypeId, r4};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What all threads of a store share.
pub struct Shared {
    pub backend: Backend,
    pub ids: IdMaker,
    pub interner: Interner,
    pub packer: Packer,
    pub zone: Zone,
    pub clock: Clock,
    pub audit: Queue,
    pub tail: Tail,
    pub stats: Counters,
    pub patient: TypeId,
    pub person: TypeId,
    pub organization: TypeId,
    pub location: TypeId,
    /// Numbers of the paths Patient.managingOrganization and Organization.partOf.
    pub managing_path: i64,
    pub part_of_path: i64,
    /// And of Person.link.target.
    pub link_path: i64,
    /// (number, ordinal) in this store of each index path of the definitions.
    paths: Vec<(i64, u16)>,
    main_dates: Vec<bool>,
    /// Index paths besides the whole standard ones.
    pub now: Now,
    /// Rows of ids that were made and not put yet.
    pub fresh: Fresh,
    /// Counts the readers that need the whole index.
    pub index_wanted: AtomicU64,
    /// What searches remember of the sizes of index ranges.
    pub estimates: Estimates,
    next_row: AtomicU64,
    /// Row numbers of the block that new Patients take theirs from.
    patient_rows: Mutex<Range<u64>>,
    next_term: AtomicI64,
    position: Mutex<u64>,
    moved: Condvar,
    dir: PathBuf,
    disk_reserve_bytes: u64,
    free_space: Option<fn(&Path) -> u64>,
}

/// Row numbers that are taken at once for Patients; what is left of a block when a store is closed is never given.
const PATIENT_ROWS_BLOCK: u64 = 1_024;

/// Counts for metrics, since the store was opened.
#[derive(Default)]
pub struct Counters {
    pub groups: AtomicU64,
    pub batches: AtomicU64,
    pub failed_groups: AtomicU64,
}

impl Shared {
    pub fn new(dir: &Path, backend: Backend, engine: &mut Engine, options: &Options) -> Result<Shared> {
        let (next_row, next_term) = engine.free_numbers();
        let opened = engine.opened()?;
        let known = |name: &str| {
            r4().type_named(name).ok_or_else(|| Error::fault(format!("the definitions hold no type `{name}`")))
        };
        let (patient, organization) = (known("Patient")?, known("Organization")?);
        let number = |type_, key: &str| {
            let path = r4().path_keyed(type_, key, IndexKind::Reference);
            let path = path.ok_or_else(|| Error::fault(format!("the definitions hold no path `{key}`")))?;
            Ok(opened.paths[usize::from(path.0)].0)
        };
        let is_main = |path: &IndexPath| r4().main_date_path(path.type_) == Some(path.id);
        Ok(Shared {
            ids: IdMaker::new(&opened.id_key),
            interner: Interner::new(),
            packer: Packer::new(opened.dictionaries),
            zone: options.zone.clone(),
            clock: options.clock.clone(),
            audit: Queue::default(),
            tail: Tail::default(),
            stats: Counters::default(),
            person: known("Person")?,
            location: known("Location")?,
            managing_path: number(patient, "Patient.managingOrganization")?,
            part_of_path: number(organization, "Organization.partOf")?,
            link_path: number(known("Person")?, "Person.link.target")?,
            patient,
            organization,
            main_dates: r4().paths().iter().map(is_main).collect(),
            now: Now::default(),
            paths: opened.paths,
            fresh: Fresh::default(),
            index_wanted: AtomicU64::new(0),
            estimates: Estimates::default(),
            next_row: AtomicU64::new(next_row.max(1)),
            patient_rows: Mutex::default(),
            next_term: AtomicI64::new(next_term as i64),
            position: Mutex::new(engine.position()),
            moved: Condvar::new(),
            dir: dir.to_owned(),
            disk_reserve_bytes: options.disk_reserve_bytes,
            free_space: options.free_space,
            backend,
        })
    }

    /// (number, ordinal) of each standard index path.
    pub fn standard_paths(&self) -> &[(i64, u16)] {
        &self.paths
    }
    /// The number of an index path in this store; one under which nothing stands for a path that it does not keep.
    pub fn path_number(&self, path: PathId) -> i64 {
        match self.paths.get(usize::from(path.0)) {
            Some((number, _)) => *number,
            None => self.now.get().number(path).unwrap_or(-2),
        }
    }
    /// The bit that says whether a resource has a value under the path; `IndexPath::NO_BIT` for a custom path.
    pub fn path_ordinal(&self, path: PathId) -> u16 {
        self.paths.get(usize::from(path.0)).map_or(IndexPath::NO_BIT, |(_, ordinal)| *ordinal)
    }
    /// Whether the start of this path's period is the date in the resource row.
    pub fn is_main_date(&self, path: PathId) -> bool {
        self.main_dates.get(usize::from(path.0)).copied().unwrap_or(false)
    }
    /// A row number for a new resource. Patients have blocks of their own, so that their rows lie side by side: a search for
    /// persons reads many of them, and each alone among the visits and results of one person would be a page of its own.
    pub fn next_row(&self, type_: TypeId) -> u64 {
        if type_ != self.patient {
            return self.next_row.fetch_add(1, Ordering::Relaxed);
        }
        let mut block = self.patient_rows.lock().unwrap_or_else(PoisonError::into_inner);
        block.next().unwrap_or_else(|| {
            let first = self.next_row.fetch_add(PATIENT_ROWS_BLOCK, Ordering::Relaxed);
            *block = first + 1..first + PATIENT_ROWS_BLOCK;
            first
        })
    }
    pub fn next_term(&self) -> i64 {
        self.next_term.fetch_add(1, Ordering::Relaxed)
    }
    /// The first row number that no id has yet.
    pub fn rows_given(&self) -> u64 {
        self.next_row.load(Ordering::Relaxed)
    }

    /// The home of what belongs to a Location (known from its id) or to a Schedule (that of its row; 0 before it is there).
    pub fn home_of_owner(&self, reading: &Reading<'_>, owner: TypeId, id: &str) -> Result<u16> {
        if owner == self.location {
            return Ok(self.ids.home_of_id(id, owner));
        }
        Ok(reading.row_named(self, owner, id)?.map_or(0, Rid::home))
    }

    /// Takes out the rows that sight goes by: whose registration it is, what lies below an organization, who is linked.
    pub fn take_sight(&self, rows: &mut IndexRows) -> IndexRows {
        let by = [self.managing_path, self.part_of_path, self.link_path];
        let reference = match rows.reference.iter().any(|row| by.contains(&row.0)) {
            true => rows.reference.extract_if(.., |row| by.contains(&row.0)).collect(),
            false => Vec::new(),
        };
        IndexRows { reference, ..IndexRows::default() }
    }

    /// A source key as one text, and its home.
    pub fn source_key(&self, key: &SourceKey) -> (String, u16) {
        let text = crate::prepare::source_text(key);
        let home = self.ids.home_of_text(&text);
        (text, home)
    }

    /// The position of the last commit.
    pub fn position(&self) -> u64 {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the feed has passed a position, at most for `timeout`; gives where it stands then.
    pub fn wait_past(&self, position: u64, timeout: Duration) -> u64 {
        let guard = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.moved.wait_timeout_while(guard, timeout, |now| *now <= position);
        let (now, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *now
    }

    /// A group has been committed up to this position.
    pub fn committed(&self, position: u64) {
        let mut now = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        if *now != position {
            *now = position;
            self.moved.notify_all();
        }
    }

    pub fn has_room(&self) -> bool {
        self.free_bytes() >= self.disk_reserve_bytes
    }

    pub fn free_bytes(&self) -> u64 {
        match self.free_space {
            Some(free) => free(&self.dir),
            None => crate::disk::free_bytes(&self.dir),
        }
    }
}

impl Counters {
    pub fn group(&self, result: &Result<()>, batches: usize) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.batches.fetch_add(batches as u64, Ordering::Relaxed);
        if result.is_err() {
            self.failed_groups.fetch_add(1, Ordering::Relaxed);
        }
    }
}
