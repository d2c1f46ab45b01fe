//! What chance would do with the cases: the draws of the replicas. Each replica has its own stream, so that it is the
//! same whichever thread draws it.

use super::mass::Mass;
use super::tally::Tally;
use super::time::Time;
use super::{Kind, Study};
use crate::numbers::draw::binomial;
use crate::numbers::special::ln_gamma;
use base::rng::Rng;

/// The stream of the replicas' draws.
const STREAM: u32 = 0x5343_414e;

/// Above so many draws for each cell, cells are drawn one after the other instead of cases.
const CROWDED: u64 = 8;

/// Where nobody looks: before the scanned steps.
const ELSEWHERE: u32 = u32::MAX;

/// How a replica is drawn.
pub enum Chance {
    /// Days are dealt anew to the cases of each stratum.
    Permute(Vec<Deck>),
    /// Cases fall where they are expected.
    Scatter(Scatter),
    /// Which of the points are cases is drawn anew.
    Choose(Points),
}

/// The cases of a stratum.
pub struct Deck {
    /// The place of each.
    places: Vec<u32>,
    /// The scanned step of each case that has one.
    steps: Vec<u32>,
}

pub struct Scatter {
    cases: u64,
    /// The chance of a case to fall into the scanned steps.
    scanned: f64,
    width: u32,
    /// Chances of places and of steps, or of cells alone.
    places: Alias,
    steps: Alias,
}

pub struct Points {
    /// Cell (or `ELSEWHERE`) and number of points.
    cells: Vec<(u32, u64)>,
    /// The place in `cells` of every point; empty where there are too many.
    points: Vec<u32>,
    /// So many are drawn.
    drawn: u64,
    /// Whether the controls are drawn, where they are fewer.
    controls: bool,
    /// So many points are drawn from.
    all: u64,
}

/// What a thread needs of its own: decks to shuffle.
pub struct Hand {
    decks: Vec<Vec<u32>>,
    moved: Vec<u32>,
    chosen: Vec<u64>,
}

impl Chance {
    pub fn new(study: &Study, time: &Time, mass: &Mass) -> Chance {
        match study.kind {
            Kind::Stp => Chance::Permute(decks(study, time)),
            Kind::Bernoulli => Chance::Choose(points(study, time)),
            Kind::Poisson => Chance::Scatter(scatter(study, time, mass)),
        }
    }

    pub fn hand(&self) -> Hand {
        let decks = match self {
            Chance::Permute(decks) => decks.iter().map(|deck| deck.places.clone()).collect(),
            Chance::Choose(points) => vec![points.points.clone()],
            Chance::Scatter(_) => Vec::new(),
        };
        Hand { decks, moved: Vec::new(), chosen: Vec::new() }
    }

    /// Draws one replica into `tally`.
    pub fn draw(&self, seed: u64, replica: u64, hand: &mut Hand, tally: &mut Tally) {
        let mut rng = Rng::of(seed, STREAM, replica);
        tally.clear();
        match self {
            Chance::Permute(decks) => {
                for (deck, places) in decks.iter().zip(&mut hand.decks) {
                    let steps = &deck.steps;
                    deal(&mut rng, places, steps.len(), &mut hand.moved, |nth, place| tally.add(place, steps[nth], 1));
                }
            }
            Chance::Scatter(scatter) => scatter.draw(&mut rng, tally),
            Chance::Choose(points) => points.draw(&mut rng, hand, tally),
        }
        tally.close();
    }
}

/// Draws so many of a deck without putting them back, and leaves the deck as it was.
fn deal(rng: &mut Rng, deck: &mut [u32], many: usize, moved: &mut Vec<u32>, mut take: impl FnMut(usize, u32)) {
    moved.clear();
    let all = deck.len() as u64;
    for nth in 0..many {
        let other = nth as u64 + rng.below(all - nth as u64);
        deck.swap(nth, other as usize);
        moved.push(other as u32);
        take(nth, deck[nth]);
    }
    for (nth, other) in moved.iter().enumerate().rev() {
        deck.swap(nth, *other as usize);
    }
}

fn decks(study: &Study, time: &Time) -> Vec<Deck> {
    let mut decks: Vec<Deck> = (0..study.strata).map(|_| Deck { places: Vec::new(), steps: Vec::new() }).collect();
    for count in &study.cases {
        let deck = &mut decks[count.stratum as usize];
        let many = count.count as usize;
        deck.places.extend(std::iter::repeat_n(count.place, many));
        if let Some(step) = time.among_scanned(count.day) {
            deck.steps.extend(std::iter::repeat_n(step as u32, many));
        }
    }
    decks
}

fn scatter(study: &Study, time: &Time, mass: &Mass) -> Scatter {
    let cases: u64 = study.cases.iter().map(|count| u64::from(count.count)).sum();
    let width = time.scanned;
    let (places, steps, scanned) = match mass {
        Mass::Product { weight, upto } => {
            let steps: Vec<f64> = upto.windows(2).map(|pair| pair[1] - pair[0]).collect();
            (weight.clone(), steps, upto[width])
        }
        Mass::Table { values, width: sums } => {
            let of_place = |place: &[f64]| -> Vec<f64> {
                if time.ending {
                    let before = |nth: usize| if nth == 0 { 0.0 } else { place[nth - 1] };
                    return (0..width).rev().map(|nth| place[nth] - before(nth)).collect();
                }
                place.windows(2).map(|pair| pair[1] - pair[0]).collect()
            };
            let cells: Vec<f64> = values.chunks(*sums).flat_map(of_place).collect();
            let all: f64 = cells.iter().sum();
            (cells, Vec::new(), all / (cases as f64).max(1.0))
        }
    };
    let scanned = if time.scanned == time.intervals { 1.0 } else { scanned.clamp(0.0, 1.0) };
    Scatter { cases, scanned, width: width as u32, places: Alias::new(places), steps: Alias::new(steps) }
}

impl Scatter {
    fn draw(&self, rng: &mut Rng, tally: &mut Tally) {
        let mut left = if self.scanned < 1.0 { binomial(rng, self.cases, self.scanned) } else { self.cases };
        let steps = self.steps.weights.len();
        let cells = self.places.weights.len() * steps.max(1);
        if left <= CROWDED * cells as u64 {
            for _ in 0..left {
                let place = self.places.draw(rng);
                let cell = if steps == 0 { place } else { place * self.width + self.steps.draw(rng) };
                tally.add_at(cell, 1);
            }
            return;
        }
        let mut rest = 1.0;
        for (place, weight) in self.places.weights.iter().enumerate() {
            let here = conditional(rng, left, *weight, &mut rest);
            left -= here;
            if steps == 0 {
                tally.add_at(place as u32, here as u32);
                continue;
            }
            let (mut here, mut rest) = (here, 1.0);
            for (step, weight) in self.steps.weights.iter().enumerate() {
                let count = conditional(rng, here, *weight, &mut rest);
                here -= count;
                tally.add_at(place as u32 * self.width + step as u32, count as u32);
            }
        }
    }
}

/// How many of those that are left fall here, where `share` of the `rest` of all chances lies; the rest shrinks by it.
fn conditional(rng: &mut Rng, left: u64, share: f64, rest: &mut f64) -> u64 {
    let chance = if *rest > 0.0 { (share / *rest).min(1.0) } else { 1.0 };
    *rest -= share;
    if left == 0 || share <= 0.0 { 0 } else { binomial(rng, left, chance) }
}

fn points(study: &Study, time: &Time) -> Points {
    let cases: u64 = study.cases.iter().map(|count| u64::from(count.count)).sum();
    let mut cells: Vec<(u32, u64)> = study
        .cases
        .iter()
        .chain(&study.controls)
        .map(|count| {
            let step = time.among_scanned(count.day);
            let cell = step.map_or(ELSEWHERE, |step| count.place * time.scanned as u32 + step as u32);
            (cell, u64::from(count.count))
        })
        .collect();
    cells.sort_unstable();
    cells.dedup_by(|next, before| {
        let same = next.0 == before.0;
        before.1 += if same { next.1 } else { 0 };
        same
    });
    let all: u64 = cells.iter().map(|(_, points)| points).sum();
    let controls = all - cases < cases;
    let drawn = if controls { all - cases } else { cases };
    let mut points = Vec::new();
    if drawn <= CROWDED * cells.len() as u64 {
        let nth = cells.iter().enumerate();
        points = nth.flat_map(|(nth, (_, many))| std::iter::repeat_n(nth as u32, *many as usize)).collect();
    }
    Points { cells, points, drawn, controls, all }
}

impl Points {
    fn draw(&self, rng: &mut Rng, hand: &mut Hand, tally: &mut Tally) {
        hand.chosen.clear();
        hand.chosen.resize(self.cells.len(), 0);
        if self.points.is_empty() {
            let (mut left, mut all) = (self.drawn, self.all);
            for (chosen, (_, points)) in hand.chosen.iter_mut().zip(&self.cells) {
                *chosen = hypergeometric(rng, all, *points, left);
                left -= *chosen;
                all -= points;
            }
        } else {
            let Hand { decks, moved, chosen } = hand;
            deal(rng, &mut decks[0], self.drawn as usize, moved, |_, cell| chosen[cell as usize] += 1);
        }
        for (chosen, (cell, points)) in hand.chosen.iter().zip(&self.cells) {
            if *cell != ELSEWHERE {
                let cases = if self.controls { points - chosen } else { *chosen };
                tally.add_at(*cell, cases as u32);
            }
        }
    }
}

/// How many of `drawn` out of `all` are among the `marked`: a walk from the likeliest number outwards.
fn hypergeometric(rng: &mut Rng, all: u64, marked: u64, drawn: u64) -> u64 {
    let least = (marked + drawn).saturating_sub(all);
    let most = marked.min(drawn);
    if least == most {
        return least;
    }
    let (n, k, d) = (all as f64, marked as f64, drawn as f64);
    let top = (((k + 1.0) * (d + 1.0) / (n + 2.0)).floor() as u64).clamp(least, most);
    let ways = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    let x = top as f64;
    let at_top = (ways(k, x) + ways(n - k, d - x) - ways(n, d)).exp();
    let mut left = rng.unit() - at_top;
    let (mut down, mut up) = (top, top);
    let (mut p_down, mut p_up) = (at_top, at_top);
    while left >= 0.0 && (down > least || up < most) {
        if up < most {
            let x = up as f64;
            p_up *= (k - x) * (d - x) / ((x + 1.0) * (n - k - d + x + 1.0));
            up += 1;
            left -= p_up;
            if left < 0.0 {
                return up;
            }
        }
        if down > least {
            let x = down as f64;
            p_down *= x * (n - k - d + x) / ((k - x + 1.0) * (d - x + 1.0));
            down -= 1;
            left -= p_down;
            if left < 0.0 {
                return down;
            }
        }
    }
    top
}

/// Draws from a table of chances in one step (Walker 1977, Vose 1991).
struct Alias {
    /// Chances that add up to one.
    weights: Vec<f64>,
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl Alias {
    fn new(mut weights: Vec<f64>) -> Alias {
        let all: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight = if all > 0.0 { *weight / all } else { 0.0 });
        let many = weights.len();
        let mut keep: Vec<f64> = weights.iter().map(|weight| weight * many as f64).collect();
        let mut other: Vec<u32> = (0..many as u32).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) = (0..many as u32).partition(|nth| keep[*nth as usize] < 1.0);
        while let (Some(little), Some(much)) = (small.last().copied(), large.last().copied()) {
            small.pop();
            other[little as usize] = much;
            keep[much as usize] = keep[much as usize] - 1.0 + keep[little as usize];
            if keep[much as usize] < 1.0 {
                large.pop();
                small.push(much);
            }
        }
        // What rounding leaves over keeps all of its own chance, unless it has none.
        let likeliest = (0..many).max_by(|a, b| weights[*a].total_cmp(&weights[*b])).unwrap_or(0);
        for nth in small.into_iter().chain(large) {
            let none = weights[nth as usize] <= 0.0;
            keep[nth as usize] = if none { 0.0 } else { 1.0 };
            other[nth as usize] = if none { likeliest as u32 } else { nth };
        }
        Alias { weights, keep, other }
    }

    #[inline]
    fn draw(&self, rng: &mut Rng) -> u32 {
        let product = u128::from(rng.u64()) * self.weights.len() as u128;
        let nth = (product >> 64) as usize;
        let at = (product as u64 >> 11) as f64 / (1_u64 << 53) as f64;
        if at < self.keep[nth] { nth as u32 } else { self.other[nth] }
    }
}
