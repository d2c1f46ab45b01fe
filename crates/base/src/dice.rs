//! The only place that takes randomness from the machine.

use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex};

/// Where `Cx` takes random bytes from: the machine, or a seed, so that a test repeats.
#[derive(Clone, Debug)]
pub enum Dice {
    System,
    Seeded(Arc<Mutex<u64>>),
}

impl Dice {
    pub fn seeded(seed: u64) -> Dice {
        Dice::Seeded(Arc::new(Mutex::new(seed)))
    }

    /// Fills `out` with random bytes; those of `System` are fit for keys and tokens.
    ///
    /// # Panics
    /// If the machine has no source of randomness: nothing that needs a secret may go on then.
    pub fn fill(&self, out: &mut [u8]) {
        match self {
            Dice::System => File::open("/dev/urandom")
                .and_then(|mut source| source.read_exact(out))
                .expect("the machine's random source answers"),
            Dice::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for chunk in out.chunks_mut(8) {
                    let bytes = split_mix(&mut state).to_le_bytes();
                    chunk.copy_from_slice(&bytes[..chunk.len()]);
                }
            }
        }
    }

    pub fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the next number of a 64-bit state.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
