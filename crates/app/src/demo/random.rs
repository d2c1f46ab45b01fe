//! Seeded draws: the same seed makes the same city.

use base::Dice;

pub struct Random(Dice);

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random(Dice::seeded(seed))
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).unsigned_abs().max(1);
        low + (self.0.u64() % span).cast_signed()
    }

    /// True in so many of a hundred draws.
    pub fn percent(&self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    pub fn one<'a, T>(&self, of: &'a [T]) -> &'a T {
        let last = i64::try_from(of.len()).unwrap_or(1) - 1;
        &of[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }

    /// About -1 to 1, near 0 most often.
    pub fn noise(&self) -> f64 {
        let sum: i64 = (0..4).map(|_| self.between(-250, 250)).sum();
        sum as f64 / 1000.0
    }
}
