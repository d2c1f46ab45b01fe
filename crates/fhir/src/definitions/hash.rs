//! A short hash for member names: they come from a fixed table, so nobody can choose colliding ones that are stored.

use std::hash::{BuildHasher, Hasher};

#[derive(Clone, Copy, Default, Debug)]
pub struct NameHash;

#[derive(Default)]
pub struct NameHasher(u64);

impl BuildHasher for NameHash {
    type Hasher = NameHasher;
    fn build_hasher(&self) -> NameHasher {
        NameHasher::default()
    }
}

impl Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.0 = mixed ^ (mixed >> 29);
        }
    }

    /// The end mark of a text carries nothing that its bytes do not.
    fn write_u8(&mut self, _: u8) {}
}
