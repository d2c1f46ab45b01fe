//! Simulated reporting: an epidemic whose cases become known late, with the truth kept.

use base::rng::Rng;
use signals::nowcast::{Options, Scores, Triangle, back};
use signals::numbers::draw;

/// One kind of epidemic and of reporting.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Cases a day on which the curve turns.
    pub level: f64,
    /// How far the level wanders a day, as a deviation of its logarithm.
    pub wander: f64,
    /// Negative binomial size of a day's cases.
    pub size: f64,
    /// Mean delay in days.
    pub delay: f64,
    /// What is reported at weekends, of what would be.
    pub weekend: f64,
    /// Deviation of the logarithm of a report day's odds: reporting is uneven.
    pub uneven: f64,
}

const PLAIN: World = World { level: 40.0, wander: 0.08, size: 30.0, delay: 4.0, weekend: 1.0, uneven: 0.0 };

pub const WORLDS: [(&str, World); 5] = [
    ("plain", PLAIN),
    ("few", World { level: 3.0, ..PLAIN }),
    ("weekend", World { weekend: 0.3, ..PLAIN }),
    ("uneven", World { uneven: 0.4, ..PLAIN }),
    ("slow", World { delay: 8.0, wander: 0.12, weekend: 0.5, uneven: 0.2, ..PLAIN }),
];

pub const DELAY_MAX: usize = 15;
const DAYS: usize = 75;

/// A whole triangle, the last `DELAY_MAX` days of which are not to be scored.
pub fn triangle(world: World, run: u64) -> Triangle {
    let mut rng = Rng::of(7, 99, run);
    let odds: Vec<f64> = (0..DAYS + DELAY_MAX)
        .map(|day| {
            // Day 0 of the triangle is a Thursday.
            let weekend = (day + 3) % 7 >= 5;
            (world.uneven * rng.normal()).exp() * if weekend { world.weekend } else { 1.0 }
        })
        .collect();
    let mut level = world.level.ln();
    let mut rows = Vec::with_capacity(DAYS);
    for day in 0..DAYS {
        level += world.wander * rng.normal() - 0.01 * (level - world.level.ln());
        let mut left = draw::negative_binomial(&mut rng, level.exp(), world.size);
        let mut row = vec![0.0; DELAY_MAX + 1];
        for delay in 0..=DELAY_MAX {
            let odds = odds[day + delay] / world.delay;
            let hazard = if delay == DELAY_MAX { 1.0 } else { odds / (1.0 + odds) };
            let reported = draw::binomial(&mut rng, left, hazard);
            row[delay] = reported as f64;
            left -= reported;
        }
        rows.push(row);
    }
    Triangle::of(0, &rows)
}

/// Nowcasts of many epidemics, each as of its last days whose truth is known.
pub fn simulated(world: World, runs: u64, options: &Options) -> Scores {
    let mut scores = Scores::default();
    for run in 0..runs {
        let triangle = triangle(world, run);
        let todays = [DAYS - DELAY_MAX - 8, DAYS - DELAY_MAX - 4, DAYS - DELAY_MAX - 1];
        scores.add(&back(&triangle, todays, options));
    }
    scores
}
