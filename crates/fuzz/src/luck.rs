//! Random choices from a seed.

use base::Dice;

pub struct Luck(pub Dice);

impl Luck {
    /// A number from 0, below `end`, which is not 0.
    pub fn below(&self, end: u64) -> u64 {
        self.0.u64() % end
    }

    pub fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// A range within `length`, seldom a long one.
    pub fn range(&self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length as u64 + 1) as usize;
        let most = if self.chance(80) { 16 } else { length };
        let count = self.below(most as u64 + 1) as usize;
        start..length.min(start + count)
    }
}
