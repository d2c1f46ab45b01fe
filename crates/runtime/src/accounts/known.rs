//! What the hashes of recent tokens and sessions stand for, in bounded memory.

use base::{Millis, Who};
use std::collections::HashMap;
use store::SecretKind;

/// Tokens and sessions remembered; when full, all are forgotten and learned again.
const KNOWN_MAX: usize = 10_000;

#[derive(Clone)]
pub struct Known {
    pub who: Who,
    pub kind: SecretKind,
    pub csrf: Option<String>,
    pub created: Millis,
    pub expires: Millis,
}

#[derive(Default)]
pub struct KnownSecrets {
    held: HashMap<[u8; 32], Known>,
    /// Grows with every change of an account, so that what was loaded before a change is not learned after it.
    generation: u64,
}

impl KnownSecrets {
    /// What is known of the hash, and the generation to give to `learn`.
    pub fn find(&self, hash: &[u8; 32]) -> (Option<Known>, u64) {
        (self.held.get(hash).cloned(), self.generation)
    }

    pub fn learn(&mut self, hash: [u8; 32], known: Known, generation: u64) {
        if generation != self.generation {
            return;
        }
        if self.held.len() >= KNOWN_MAX {
            self.held.clear();
        }
        self.held.insert(hash, known);
    }

    pub fn prolong(&mut self, hash: &[u8; 32], expires: Millis) {
        if let Some(known) = self.held.get_mut(hash) {
            known.expires = expires;
        }
    }

    pub fn forget_all(&mut self) {
        self.held.clear();
        self.generation += 1;
    }
}
