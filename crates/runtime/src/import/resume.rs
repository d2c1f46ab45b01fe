//! The place of an unfinished import, kept on the shelf `import` in the batches that hold its data, so that a stopped or
//! killed import continues where it was. Everything before the place is committed; a little after it may be, and is
//! found unchanged when it is read again.

use super::listing::Listing;
use super::read::Mark;
use super::refusal::Refusal;
use super::{ImportOptions, Progress};
use base::{Cx, Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{Batch, ShelfOp, Store};

const SPACE: &str = "import";

pub struct Journal {
    /// The import's row; none if it cannot be resumed.
    key: Option<String>,
    place: Mutex<Place>,
    /// What an earlier run has refused.
    pub earlier_refusals: Vec<Refusal>,
}

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Place {
    fingerprint: String,
    mark: Mark,
    read: u64,
    stored: u64,
    unchanged: u64,
    refused: u64,
    /// Rows with refusals, `<job>#0` and on.
    refusal_rows: u64,
}

impl Journal {
    /// Finds the place of the same import of the same files, or starts one.
    pub fn open(cx: &Cx, store: &Store, listing: &Listing, options: &ImportOptions) -> Result<Journal> {
        let fresh = Place { fingerprint: listing.fingerprint.clone(), ..Place::default() };
        if !options.resume || !listing.can_resume() {
            return Ok(Journal { key: None, place: Mutex::new(fresh), earlier_refusals: Vec::new() });
        }
        let way = if options.keep_bundles { "keep" } else { "open" };
        let key = format!("{}-{way}", listing.job);
        let found: Option<Place> = match store.row_read(SPACE, &key)? {
            Some(doc) => Some(serde_json::from_slice(&doc).map_err(unreadable)?),
            None => None,
        };
        match found {
            Some(place) if place.fingerprint == fresh.fingerprint && !options.again => {
                let earlier_refusals = refusals(store, &key, place.refusal_rows)?;
                Ok(Journal { key: Some(key), place: Mutex::new(place), earlier_refusals })
            }
            Some(stale) => {
                store.write(cx, removal(&key, stale.refusal_rows))?;
                Ok(Journal { key: Some(key), place: Mutex::new(fresh), earlier_refusals: Vec::new() })
            }
            None => Ok(Journal { key: Some(key), place: Mutex::new(fresh), earlier_refusals: Vec::new() }),
        }
    }

    /// Where to go on, and what was counted up to there.
    pub fn start(&self) -> (Mark, Progress) {
        let place = self.place();
        let progress = Progress {
            read: place.read,
            stored: place.stored,
            unchanged: place.unchanged,
            refused: place.refused,
            continued_after: place.read,
            ..Progress::default()
        };
        (place.mark, progress)
    }

    /// The row to write with the next batch.
    pub fn ops(&self) -> Vec<ShelfOp> {
        let Some(key) = &self.key else { return Vec::new() };
        vec![row(key, &self.place())]
    }

    /// Moves the place on. Refusals are written at once, so that a report after a crash still lists them.
    pub fn advance(&self, cx: &Cx, store: &Store, mark: Mark, progress: &Progress, refused: &[Refusal]) -> Result<()> {
        let mut next = self.place().clone();
        next.mark = mark;
        (next.read, next.stored) = (progress.read, progress.stored);
        (next.unchanged, next.refused) = (progress.unchanged, progress.refused);
        if let Some(key) = &self.key
            && !refused.is_empty()
        {
            let doc = Some(document(refused));
            let refusals = ShelfOp::Row {
                space: SPACE.into(),
                key: refusal_key(key, next.refusal_rows),
                sort: String::new(),
                doc,
            };
            next.refusal_rows += 1;
            let shelves = vec![refusals, row(key, &next)];
            store.write(cx, Batch { shelves, ..Batch::default() })?;
        }
        *self.place() = next;
        Ok(())
    }

    /// Writes the place of an import that was stopped.
    pub fn save(&self, cx: &Cx, store: &Store) -> Result<()> {
        let shelves = self.ops();
        if !shelves.is_empty() {
            store.write(cx, Batch { shelves, ..Batch::default() })?;
        }
        Ok(())
    }

    /// Forgets the place: the import is done.
    pub fn finish(&self, cx: &Cx, store: &Store) -> Result<()> {
        if let Some(key) = &self.key {
            let rows = self.place().refusal_rows;
            store.write(cx, removal(key, rows))?;
        }
        Ok(())
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row(key: &str, place: &Place) -> ShelfOp {
    ShelfOp::Row { space: SPACE.into(), key: key.to_owned(), sort: String::new(), doc: Some(document(place)) }
}

/// These documents are plain structs of numbers and strings, which always have a JSON form.
fn document<T: serde::Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("numbers and strings have a JSON form")
}

fn refusal_key(key: &str, nth: u64) -> String {
    format!("{key}#{nth}")
}

fn removal(key: &str, refusal_rows: u64) -> Batch {
    let keys = (0..refusal_rows).map(|nth| refusal_key(key, nth)).chain([key.to_owned()]);
    let gone = |key| ShelfOp::Row { space: SPACE.into(), key, sort: String::new(), doc: None };
    Batch { shelves: keys.map(gone).collect(), ..Batch::default() }
}

fn refusals(store: &Store, key: &str, rows: u64) -> Result<Vec<Refusal>> {
    let mut all = Vec::new();
    for nth in 0..rows {
        if let Some(doc) = store.row_read(SPACE, &refusal_key(key, nth))? {
            all.extend(serde_json::from_slice::<Vec<Refusal>>(&doc).map_err(unreadable)?);
        }
    }
    Ok(all)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::fault(format!("the place of the unfinished import cannot be read ({error}); start over with `--again`"))
}
