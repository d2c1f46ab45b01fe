//! Seeded draws. Every draw belongs to a named stream and an index (a person, a household, a person's month), so that
//! what is drawn for one thing never depends on what was drawn for another.

/// A small generator (xoshiro256++, Blackman and Vigna 2019, seeded by SplitMix64).
#[derive(Clone, Debug)]
pub struct Rng([u64; 4]);

impl Rng {
    /// The draws of one thing: `stream` says what is drawn, `index` for whom.
    pub fn of(seed: u64, stream: u32, index: u64) -> Rng {
        let mut state = seed ^ (u64::from(stream) << 32 | u64::from(stream)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        state = mix(&mut state) ^ index.wrapping_mul(0xD134_2543_DE82_EF95);
        Rng([mix(&mut state), mix(&mut state), mix(&mut state), mix(&mut state)])
    }

    pub fn u64(&mut self) -> u64 {
        let s = &mut self.0;
        let drawn = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        drawn
    }

    /// From 0 up to but without 1.
    pub fn unit(&mut self) -> f64 {
        (self.u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to but without `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.u64()) * u128::from(n)) >> 64) as u64
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).unsigned_abs()).cast_signed()
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// So many events where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 60.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u32;
        }
        let floor = (-mean).exp();
        let (mut product, mut count) = (self.unit(), 0);
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// A waiting time with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// A long-tailed size with this median; `spread` is the deviation of its logarithm.
    pub fn lognormal(&mut self, median: f64, spread: f64) -> f64 {
        median * (spread * self.normal()).exp()
    }

    /// One of a slice that is not empty.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    /// The place in a table of rising sums; the last sum is the whole.
    pub fn weighted(&mut self, cumulative: &[f64]) -> usize {
        let whole = cumulative.last().copied().unwrap_or(0.0);
        let at = self.unit() * whole;
        cumulative.partition_point(|sum| *sum <= at).min(cumulative.len().saturating_sub(1))
    }

    /// The place in a short table of weights.
    pub fn by_weight(&mut self, weights: &[f64]) -> usize {
        let mut at = self.unit() * weights.iter().sum::<f64>();
        for (nth, weight) in weights.iter().enumerate() {
            at -= weight;
            if at < 0.0 {
                return nth;
            }
        }
        weights.len().saturating_sub(1)
    }
}

fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Rising sums of weights, for `weighted`.
pub fn cumulative(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |weight: f64| {
        sum += weight;
        sum
    };
    weights.into_iter().map(add).collect()
}

/// Names of the streams of draws. A stream's number is part of what a seed means: never reuse one.
pub mod stream {
    pub const PLACES: u32 = 1;
    pub const HOUSEHOLD: u32 = 2;
    pub const PERSON: u32 = 3;
    pub const NAME: u32 = 4;
    pub const LIFE: u32 = 5;
    pub const REGISTRATION: u32 = 6;
    pub const STAFF: u32 = 7;
    pub const BOOKING: u32 = 8;
    pub const CHRONIC: u32 = 9;
    pub const PREGNANCY: u32 = 10;
    pub const CHOICE: u32 = 11;
    pub const ARRIVALS: u32 = 12;
    pub const IMAGES: u32 = 13;
    /// What doctors decide about results that are offered to them.
    pub const RECOGNITION: u32 = 14;
    /// The care module counts up from here.
    pub const CARE: u32 = 100;
    /// The outbreak module counts up from here.
    pub const OUTBREAK: u32 = 200;
}
