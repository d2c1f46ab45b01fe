//! Names to numbers: coded values to terms, client-made ids to rows.
//!
//! A new name gets its number at once, in memory, and travels in every batch that uses it until one of them has
//! committed; a batch that fails takes nothing with it, because the next one that needs the name brings it again.

use base::Result;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;
/// Names kept in memory per shard; when full, the committed ones are forgotten and read again as needed.
const SHARD_NAMES_MAX: usize = 16_384;

/// A name's key: a 128-bit hash, so that no text is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameKey(u128);

impl NameKey {
    pub fn term(path: i64, code: &str, system: &str) -> NameKey {
        NameKey::of(1, path, &[code, system])
    }
    pub fn text(term: i64, text: &str) -> NameKey {
        NameKey::of(2, term, &[text])
    }
    pub fn alias(type_: u16, id: &str) -> NameKey {
        NameKey::of(3, i64::from(type_), &[id])
    }

    fn of(kind: u8, number: i64, parts: &[&str]) -> NameKey {
        let mut hasher = SipHasher13::new();
        hasher.write_u8(kind);
        hasher.write_i64(number);
        for part in parts {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xff);
        }
        NameKey(hasher.finish128().as_u128())
    }
}

/// A number and whether it still has to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub number: i64,
    pub pending: bool,
}

#[derive(Default)]
struct Shard {
    committed: HashMap<NameKey, i64>,
    pending: HashMap<NameKey, i64>,
}

/// The names in use.
pub struct Interner {
    shards: Vec<Mutex<Shard>>,
}

impl Interner {
    pub fn new() -> Interner {
        Interner { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The number of a name: from memory, from `find` (the committed store), or a new one from `make`.
    /// The shard stays locked in between, so that a name never gets two numbers.
    pub fn name(
        &self,
        key: NameKey,
        find: impl FnOnce() -> Result<Option<i64>>,
        make: impl FnOnce() -> i64,
    ) -> Result<Named> {
        let mut shard = self.shard(key);
        if let Some(&number) = shard.committed.get(&key) {
            return Ok(Named { number, pending: false });
        }
        if let Some(&number) = shard.pending.get(&key) {
            return Ok(Named { number, pending: true });
        }
        if let Some(number) = find()? {
            shard.remember(key, number);
            return Ok(Named { number, pending: false });
        }
        let number = make();
        shard.pending.insert(key, number);
        Ok(Named { number, pending: true })
    }

    /// The number of a name that has committed: from memory or from `find`. A name keeps its number for ever, so a reader may
    /// learn it from later than its snapshot.
    pub fn known(&self, key: NameKey, find: impl FnOnce() -> Result<Option<i64>>) -> Result<Option<i64>> {
        if let Some(&number) = self.shard(key).committed.get(&key) {
            return Ok(Some(number));
        }
        let found = find()?;
        if let Some(number) = found {
            self.shard(key).remember(key, number);
        }
        Ok(found)
    }

    /// A batch with these names has committed.
    pub fn settle(&self, names: &HashMap<NameKey, i64>) {
        for (&key, &number) in names {
            let mut shard = self.shard(key);
            shard.pending.remove(&key);
            shard.remember(key, number);
        }
    }

    fn shard(&self, key: NameKey) -> MutexGuard<'_, Shard> {
        self.shards[key.0 as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn remember(&mut self, key: NameKey, number: i64) {
        if self.committed.len() >= SHARD_NAMES_MAX {
            self.committed.clear();
        }
        self.committed.insert(key, number);
    }
}
