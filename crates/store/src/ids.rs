//! Row ids, their `home`, and the keyed permutation that makes a server-made id from them.
//!
//! A row id is `row number << 12 | home`: one integer, in the order of creation, with the bucket inside. The id that
//! the world sees is an 80-bit block (row id and type) put through eight Feistel rounds keyed by the store, written
//! as 16 characters. It tells nothing, and reading by it needs no index. Whoever invents such an id hits a type and a
//! row number only by chance (2^-51).

use fhir::definitions::TypeId;
use siphasher::sip::SipHasher24;
use std::collections::HashSet;
use std::hash::Hasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buckets of the record.
pub const HOMES: u64 = 4096;
const HOME_BITS: u32 = 12;
const HALF_MASK: u64 = (1 << 40) - 1;
const ROUNDS: u64 = 8;
/// Crockford's base 32 in lower case: no i, l, o, u.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID_CHARS: usize = 16;

/// Number of a resource's row, with its home in the low 12 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rid(pub i64);

impl Rid {
    pub fn new(row: u64, home: u16) -> Rid {
        Rid(((row << HOME_BITS) | u64::from(home)) as i64)
    }
    pub fn home(self) -> u16 {
        (self.0 as u64 & (HOMES - 1)) as u16
    }
    pub fn row(self) -> u64 {
        self.0 as u64 >> HOME_BITS
    }
}

/// Makes ids and homes with the store's own key.
#[derive(Clone, Debug)]
pub struct IdMaker {
    keys: [u64; 2],
}

impl IdMaker {
    pub fn new(key: &[u8; 16]) -> IdMaker {
        let half = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&key[at..at + 8]);
            u64::from_le_bytes(bytes)
        };
        IdMaker { keys: [half(0), half(8)] }
    }

    /// The public id of a row.
    pub fn id(&self, rid: Rid, type_: TypeId) -> String {
        let block = (u128::from(rid.0 as u64) << 16) | u128::from(type_.0);
        let (mut left, mut right) = ((block >> 40) as u64, block as u64 & HALF_MASK);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.mix(round, right));
        }
        encode((u128::from(left) << 40) | u128::from(right))
    }

    /// The row that a server-made id of this type names; none for a client-made id.
    pub fn rid(&self, id: &str, type_: TypeId) -> Option<Rid> {
        let block = decode(id)?;
        let (mut left, mut right) = ((block >> 40) as u64, block as u64 & HALF_MASK);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.mix(round, left), left);
        }
        let block = (u128::from(left) << 40) | u128::from(right);
        let rid = (block >> 16) as u64;
        (block as u16 == type_.0 && rid >> 60 == 0 && rid >> HOME_BITS != 0).then_some(Rid(rid as i64))
    }

    /// The home of the Patient or Location with this id, known before the resource is.
    pub fn home_of_id(&self, id: &str, type_: TypeId) -> u16 {
        match self.rid(id, type_) {
            Some(rid) => rid.home(),
            None => self.home_of_text(id),
        }
    }

    /// The home of a look-up row (alias, source key, shelf row) comes from its own key.
    pub fn home_of_text(&self, text: &str) -> u16 {
        (self.hash(text.as_bytes()) % HOMES) as u16
    }

    /// The home of a new Patient or Location with the row number.
    pub fn home_of_row(&self, row: u64) -> u16 {
        (self.hash(&row.to_le_bytes()) % HOMES) as u16
    }

    fn mix(&self, round: u64, half: u64) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.keys[0], self.keys[1]);
        hasher.write_u64(half | (round << 48));
        hasher.finish() & HALF_MASK
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        // The home must not depend on the key: a restored or moved store keeps its buckets.
        let mut hasher = SipHasher24::new_with_keys(0x6a69_6e67_6c75_6f00, 0);
        hasher.write(bytes);
        hasher.finish()
    }
}

/// Rows of ids that this process has made and that nobody has put yet: what is put under such an id for the first time is
/// not in the store, and need not be looked for. The writer still checks it.
#[derive(Default)]
pub struct Fresh(Mutex<HashSet<u64>>);

/// Ids remembered; when there are more, they are forgotten, and what is put under them is looked for.
const FRESH_MAX: usize = 65_536;

impl Fresh {
    pub fn put(&self, row: u64) {
        let mut rows = self.rows();
        if rows.len() >= FRESH_MAX {
            rows.clear();
        }
        rows.insert(row);
    }

    /// Whether the row is put for the first time. It is so only once.
    pub fn take(&self, row: u64) -> bool {
        self.rows().remove(&row)
    }

    fn rows(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode(block: u128) -> String {
    (0..ID_CHARS).rev().map(|nth| char::from(DIGITS[(block >> (nth * 5)) as usize & 31])).collect()
}

fn decode(id: &str) -> Option<u128> {
    if id.len() != ID_CHARS {
        return None;
    }
    let mut block = 0;
    for byte in id.bytes() {
        let digit = DIGITS.iter().position(|&known| known == byte)?;
        block = (block << 5) | digit as u128;
    }
    Some(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_row_and_no_other_does() {
        let maker = IdMaker::new(b"0123456789abcdef");
        for row in [1, 2, 4095, 4096, 1 << 34] {
            let rid = Rid::new(row, maker.home_of_row(row));
            let id = maker.id(rid, TypeId(100));
            assert_eq!(id.len(), 16);
            assert_eq!(maker.rid(&id, TypeId(100)), Some(rid));
            assert_eq!(maker.rid(&id, TypeId(101)), None, "another type is another id");
            assert_eq!(rid.row(), row);
        }
        assert_eq!(maker.rid("example", TypeId(100)), None);
        assert_eq!(maker.rid("0000000000000000", TypeId(100)), None);
        let other = IdMaker::new(b"another key 1234");
        assert_ne!(maker.id(Rid(4096), TypeId(1)), other.id(Rid(4096), TypeId(1)));
    }
}
