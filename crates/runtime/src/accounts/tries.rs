//! Sign-in attempts, counted for each name and in total, in bounded memory: beyond the limits the answer is `busy`.

use base::{Error, Millis, Result};
use std::collections::HashMap;

/// Failed attempts for one name within the window.
pub const TRIES_PER_NAME_MAX: u32 = 10;
pub const NAME_WINDOW_MILLIS: Millis = 5 * 60_000;
/// Failed attempts for all names together within the window.
pub const TRIES_TOTAL_MAX: u32 = 300;
pub const TOTAL_WINDOW_MILLIS: Millis = 60_000;
/// Names remembered at once.
const NAMES_MAX: usize = 10_000;

#[derive(Default)]
pub struct Tries {
    names: HashMap<[u8; 32], Window>,
    total: Window,
}

#[derive(Clone, Copy, Default)]
struct Window {
    start: Millis,
    count: u32,
}

impl Tries {
    /// Counts an attempt before its password is looked at, so that attempts at the same moment count too.
    pub fn begin(&mut self, name: &[u8; 32], now: Millis) -> Result<()> {
        if self.total.used(now, TOTAL_WINDOW_MILLIS) >= TRIES_TOTAL_MAX {
            return Err(Error::busy("too many sign-ins have failed here in the last minute; try again in a minute"));
        }
        if self.names.len() >= NAMES_MAX && !self.names.contains_key(name) {
            self.names.retain(|_, window| window.used(now, NAME_WINDOW_MILLIS) > 0);
            if self.names.len() >= NAMES_MAX {
                return Err(Error::busy("too many sign-ins have failed here; try again in some minutes"));
            }
        }
        let window = self.names.entry(*name).or_default();
        if window.used(now, NAME_WINDOW_MILLIS) >= TRIES_PER_NAME_MAX {
            return Err(Error::busy("too many sign-ins have failed for this name; try again in five minutes"));
        }
        window.count += 1;
        self.total.count += 1;
        Ok(())
    }

    /// The attempt was right: the name starts anew, and the attempt does not count in total.
    pub fn forgive(&mut self, name: &[u8; 32]) {
        self.names.remove(name);
        self.total.count = self.total.count.saturating_sub(1);
    }
}

impl Window {
    /// The count, begun anew when the window is over (or the clock was set back).
    fn used(&mut self, now: Millis, length: Millis) -> u32 {
        if now >= self.start + length || now < self.start {
            *self = Window { start: now, count: 0 };
        }
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Kind;

    #[test]
    fn a_name_is_refused_after_its_tries_and_free_after_the_window() {
        let mut tries = Tries::default();
        for _ in 0..TRIES_PER_NAME_MAX {
            tries.begin(&[1; 32], 1_000).unwrap();
        }
        assert_eq!(tries.begin(&[1; 32], 2_000).unwrap_err().kind, Kind::Busy);
        tries.begin(&[2; 32], 2_000).unwrap();
        tries.begin(&[1; 32], 1_000 + NAME_WINDOW_MILLIS).unwrap();
    }

    #[test]
    fn guessing_over_many_names_is_refused_in_total() {
        let mut tries = Tries::default();
        for nth in 0..TRIES_TOTAL_MAX {
            let mut name = [0; 32];
            name[..4].copy_from_slice(&nth.to_le_bytes());
            tries.begin(&name, 0).unwrap();
        }
        assert_eq!(tries.begin(&[9; 32], 1).unwrap_err().kind, Kind::Busy);
        tries.begin(&[9; 32], TOTAL_WINDOW_MILLIS).unwrap();
    }

    #[test]
    fn a_right_password_does_not_count() {
        let mut tries = Tries::default();
        for _ in 0..2 * TRIES_TOTAL_MAX {
            tries.begin(&[1; 32], 0).unwrap();
            tries.forgive(&[1; 32]);
        }
    }
}
