//! Whose registrations an institution sees, in memory: the organizations below it, and, where a search passes over many rows
//! that are out of sight, the registrations: a look costs a tenth of a seek in the index for each.
//!
//! A set holds what the index said in one state of the sight. Whoever writes a row that says who manages a registration, or
//! of what an organization is a part, counts the state on (`sight_state` in `setting`) in the same transaction. A reader takes a set only if the state on its
//! own snapshot is the one that the set was made in, so a set never tells of another moment than the rows read beside it;
//! else the search asks the index. Nothing has to be told when a write begins or ends, and nothing can be told too late.

use super::fault;
use crate::shared::Shared;
use base::Result;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The setting that counts the states of the sight.
const STATE: &str = "sight_state";
/// Searches in one state between which it is tried to make a set: at this one, and whenever their number has doubled.
const ASKED_MIN: u32 = 8;
/// Registrations read at such a try for every search before it: so a set costs a search no more than this many rows, also
/// where the sight changes all the time.
const ROWS_PER_SEARCH: u32 = 256;
/// Registrations in all sets together; who sees more asks the index.
const ROWS_MAX: usize = 1_000_000;
/// Readers (institutions) that are remembered.
const READERS_MAX: usize = 1_000;
/// Organizations below one that a sight follows down.
const ORGANIZATIONS_MAX: usize = 10_000;

type Set = HashSet<i64, BuildHasherDefault<RowHasher>>;

/// Row ids are made by this store, so nobody can choose them to collide, and one multiplication spreads them.
#[derive(Default)]
pub struct RowHasher(u64);

impl Hasher for RowHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_i64(i64::from(byte)));
    }
    fn write_i64(&mut self, row: i64) {
        self.0 = (self.0 ^ row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The sets, by the organizations that they are of.
#[derive(Default)]
pub struct Managed(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// By the row of an organization the state, itself and all below it.
    below: HashMap<i64, (i64, Arc<[i64]>)>,
    readers: HashMap<Vec<i64>, Reader>,
    /// Sets by their numbers, as statements name them; a number is never given twice.
    numbered: HashMap<i64, Weak<Set>>,
    last: i64,
}

struct Reader {
    state: i64,
    asked: u32,
    known: Option<InMemory>,
}

/// A set in use.
#[derive(Clone)]
pub struct InMemory {
    /// What `in_sight(number, patient)` is given.
    pub number: i64,
    set: Arc<Set>,
}

impl fmt::Debug for InMemory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "set {} of {} registrations", self.number, self.set.len())
    }
}

/// Counts the state of the sight on, in the open transaction.
pub fn count_on(connection: &Connection) -> Result<()> {
    let sql = "INSERT INTO setting VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1";
    connection.prepare_cached(sql).and_then(|mut put| put.execute([STATE])).map(drop).map_err(fault)
}

fn state(connection: &Connection) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT value FROM setting WHERE name = ?1").map_err(fault)?;
    Ok(statement.query_row([STATE], |row| row.get(0)).optional().map_err(fault)?.unwrap_or(0))
}

impl Managed {
    /// An organization and all below it.
    pub fn below(&self, connection: &Connection, shared: &Shared, top: i64) -> Result<Arc<[i64]>> {
        let before = state(connection)?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).below.get(&top).cloned();
        if let Some((_, below)) = known.filter(|(state, _)| *state == before) {
            return Ok(below);
        }
        let below: Arc<[i64]> = organizations_below(connection, shared, top)?.into();
        // A reader without a snapshot may have seen the next state meanwhile.
        if state(connection)? == before {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.below.len() >= READERS_MAX {
                known.below.clear();
            }
            known.below.insert(top, (before, below.clone()));
        }
        Ok(below)
    }

    /// The set of these organizations for the snapshot that is open; none where it is not worth making or too large.
    pub fn take(&self, connection: &Connection, shared: &Shared, organizations: &[i64]) -> Result<Option<InMemory>> {
        let state = state(connection)?;
        let asked = match self.asked(organizations, state) {
            Asked::Known(known) => return Ok(known),
            Asked::Times(asked) => asked,
        };
        let limit = asked.saturating_mul(ROWS_PER_SEARCH) as usize;
        if !asked.is_power_of_two() || asked < ASKED_MIN || limit > ROWS_MAX {
            return Ok(None);
        }
        let set = read(connection, shared, organizations, limit)?;
        Ok(set.and_then(|set| self.keep(organizations, state, set)))
    }

    /// What is known in this state, or how often has been asked in it.
    fn asked(&self, organizations: &[i64], state: i64) -> Asked {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.readers.get_mut(organizations) {
            Some(reader) if reader.state == state => {
                reader.asked = reader.asked.saturating_add(1);
                match &reader.known {
                    Some(set) => Asked::Known(Some(set.clone())),
                    None => Asked::Times(reader.asked),
                }
            }
            // A snapshot of before must not take the place of a newer one.
            Some(reader) if reader.state > state => Asked::Known(None),
            _ => {
                if known.readers.len() >= READERS_MAX {
                    known.readers.clear();
                }
                known.readers.insert(organizations.to_vec(), Reader { state, asked: 1, known: None });
                Asked::Times(1)
            }
        }
    }

    fn keep(&self, organizations: &[i64], state: i64, set: Set) -> Option<InMemory> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.readers.get(organizations).filter(|reader| reader.state == state)?;
        let there: usize =
            known.readers.values().filter_map(|reader| reader.known.as_ref()).map(|one| one.set.len()).sum();
        if there + set.len() > ROWS_MAX {
            known.readers.values_mut().for_each(|reader| reader.known = None);
        }
        known.last += 1;
        let made = InMemory { number: known.last, set: Arc::new(set) };
        known.numbered.retain(|_, set| set.strong_count() > 0);
        known.numbered.insert(made.number, Arc::downgrade(&made.set));
        known.readers.get_mut(organizations)?.known = Some(made.clone());
        Some(made)
    }

    /// Lets statements of a connection ask: `in_sight(number of the set, row of a patient or null)`.
    pub fn teach(self: &Arc<Self>, connection: &Connection) -> Result<()> {
        let sets = self.clone();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        let made = connection.create_scalar_function("in_sight", 2, flags, move |call| {
            let set = call.get_or_create_aux(0, |number| {
                let number = number.as_i64().map_err(|_| NoSet)?;
                let known = sets.0.lock().unwrap_or_else(PoisonError::into_inner);
                // Whoever asks holds the set; one that nobody holds shows nothing.
                known.numbered.get(&number).and_then(Weak::upgrade).ok_or(NoSet)
            })?;
            Ok(call.get::<Option<i64>>(1)?.is_some_and(|patient| set.contains(&patient)))
        });
        made.map_err(fault)
    }
}

enum Asked {
    Known(Option<InMemory>),
    Times(u32),
}

#[derive(Debug)]
struct NoSet;

impl fmt::Display for NoSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a statement asks for a set of registrations that nobody holds")
    }
}

impl std::error::Error for NoSet {}

fn organizations_below(connection: &Connection, shared: &Shared, top: i64) -> Result<Vec<i64>> {
    let mut found = vec![top];
    let mut next = 0;
    let sql = "SELECT rid FROM reference WHERE path = ?1 AND target = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    while next < found.len() && found.len() < ORGANIZATIONS_MAX {
        let below =
            statement.query_map([shared.part_of_path, found[next]], |row| row.get::<_, i64>(0)).map_err(fault)?;
        for rid in below {
            let rid = rid.map_err(fault)?;
            if !found.contains(&rid) {
                found.push(rid);
            }
        }
        next += 1;
    }
    Ok(found)
}

/// The registrations that organizations manage; none where they are more than `limit`.
fn read(connection: &Connection, shared: &Shared, organizations: &[i64], limit: usize) -> Result<Option<Set>> {
    let mut set = Set::default();
    let sql = "SELECT rid FROM reference WHERE path = ?1 AND target = ?2 AND date = 0 LIMIT ?3";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    for organization in organizations {
        let values = params![shared.managing_path, organization, limit as i64 + 1];
        let rows = statement.query_map(values, |row| row.get::<_, i64>(0)).map_err(fault)?;
        for row in rows {
            set.insert(row.map_err(fault)?);
        }
        if set.len() > limit {
            return Ok(None);
        }
    }
    Ok(Some(set))
}
