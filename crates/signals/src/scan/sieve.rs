//! The search for replicas, of which only the highest ratio is wanted: a sieve that keeps the counts of all windows of a
//! circle side by side and lets through only what can be above the highest ratio so far. What comes through is looked at
//! exactly, so that the answer is the one of `search`.
//!
//! How many cases a window must have to come through depends on the circle's weight alone; weights are taken together in
//! classes, each with the least one's counts.

use super::near::TOGETHER;
use super::ratio::Ratio;
use super::search::{Best, Room, Search};
use super::tally::Tally;
use std::sync::OnceLock;

/// Steps of the highest ratio so far, for each of which there is a table of counts.
pub const STEP: f64 = 0.125;
pub const ROWS: usize = 320;
/// Classes of weight that a table of several lanes may have.
const CLASSES_MAX: u64 = 8_000;
/// The same for one lane.
const CLASSES_OF_ONE_MAX: u64 = 60_000;

/// How the highest ratio of a replica is found.
pub trait Sift: Sync {
    type Room: Send;
    fn room(&self) -> Self::Room;
    fn highest(&self, tally: &Tally, room: &mut Self::Room) -> f64;
}

impl Sift for Search<'_> {
    type Room = Room;

    fn room(&self) -> Room {
        Search::room(self)
    }

    fn highest(&self, tally: &Tally, room: &mut Room) -> f64 {
        self.best(tally, room).llr
    }
}

/// A count in a lane; it stops at its end instead of turning over.
pub trait Lane: Copy + Send + Sync + PartialOrd {
    const NONE: Self;
    const MOST: Self;
    fn of(count: u32) -> Self;
    fn plus(self, other: Self) -> Self;
    /// The count, if it is surely not more.
    fn exact(self) -> Option<u32>;
}

impl Lane for u8 {
    const NONE: u8 = 0;
    const MOST: u8 = u8::MAX;

    fn of(count: u32) -> u8 {
        u8::try_from(count).unwrap_or(u8::MAX)
    }

    #[inline(always)]
    fn plus(self, other: u8) -> u8 {
        self.saturating_add(other)
    }

    fn exact(self) -> Option<u32> {
        None
    }
}

impl Lane for u32 {
    const NONE: u32 = 0;
    const MOST: u32 = u32::MAX;

    fn of(count: u32) -> u32 {
        count
    }

    /// All cases together are far below the end.
    #[inline(always)]
    fn plus(self, other: u32) -> u32 {
        self.wrapping_add(other)
    }

    fn exact(self) -> Option<u32> {
        Some(self)
    }
}

/// For windows that end on the last day: lane 0 holds the last step, lane 1 the last two, …
pub struct Sieve<'a, T, const N: usize> {
    search: &'a Search<'a>,
    /// For every step of the circles: which of the places with mass, and the circle's class of weight.
    steps: Vec<(u32, u16)>,
    /// Which of the places with mass a place is.
    nth_of: Vec<u32>,
    classes: Classes,
    rows: Vec<OnceLock<Vec<[T; N]>>>,
}

/// The sums of a thread.
pub struct Lanes<T, const N: usize> {
    room: Room,
    of_place: Vec<[T; N]>,
}

/// Classes of weight: whole numbers where all weights are, otherwise the leading bits of the number.
pub struct Classes {
    whole: bool,
    shift: u32,
    first: u64,
    pub count: usize,
}

impl Classes {
    /// At most so many classes, and one.
    pub fn new(weights: &[f64], most: u64) -> Classes {
        let highest = weights.iter().copied().fold(0.0, f64::max);
        if highest <= most as f64 && weights.iter().all(|weight| weight.fract() == 0.0) {
            return Classes { whole: true, shift: 0, first: 0, count: highest as usize + 1 };
        }
        // As fine as ten doublings allow; smaller weights than those share a class.
        let shift = 52 - (most / 10).max(1).ilog2();
        let key = |weight: f64| weight.max(0.0).to_bits() >> shift;
        let lowest = weights.iter().copied().fold(f64::INFINITY, f64::min).min(highest);
        let first = key(lowest).max(key(highest).saturating_sub(most));
        Classes { whole: false, shift, first, count: (key(highest) - first) as usize + 1 }
    }

    pub fn of(&self, weight: f64) -> u16 {
        if self.whole {
            return weight as u16;
        }
        ((weight.max(0.0).to_bits() >> self.shift).max(self.first) - self.first) as u16
    }

    /// The least weight of a class; the lowest class may hold anything below the next.
    pub fn least(&self, class: usize) -> f64 {
        match (self.whole, class) {
            (true, _) => class as f64,
            (false, 0) => 0.0,
            (false, _) => f64::from_bits((self.first + class as u64) << self.shift),
        }
    }
}

/// The places of the circles, numbered anew without those that are in none.
fn numbered(search: &Search, places: usize) -> Vec<u32> {
    let mut nth_of = vec![u32::MAX; places];
    for word in &search.circles.place {
        nth_of[(word & !TOGETHER) as usize] = 0;
    }
    nth_of.iter_mut().filter(|nth| **nth == 0).zip(0..).for_each(|(nth, count)| *nth = count);
    nth_of
}

/// The least number of cases, from `from`, with which the ratio where the mass is `m` comes to `wanted`.
pub fn enough(search: &Search, m: f64, wanted: f64, from: u32) -> u32 {
    // Nothing is known of a class that begins at nought.
    if m <= 0.0 {
        return from;
    }
    let most = search.cases_most();
    let comes = |count: u32| {
        let count = f64::from(count);
        // Of points no more can be cases than there are; a class may reach up to circles that have them.
        let m = if matches!(search.ratio, Ratio::Bernoulli { .. }) { m.max(count) } else { m };
        count > search.ratio.expected(m) && search.ratio.ln(count, m) >= wanted * (1.0 - 1e-12)
    };
    let (mut low, mut high) = (from, from);
    let mut stride = 1;
    while high < most && !comes(high) {
        low = high + 1;
        high = high.saturating_add(stride).min(most);
        stride *= 2;
    }
    if !comes(high) {
        return u32::MAX;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if comes(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

impl<'a, T: Lane, const N: usize> Sieve<'a, T, N> {
    /// For a search whose masses are a product and whose windows end on the last day.
    pub fn new(search: &'a Search<'a>, places: usize) -> Sieve<'a, T, N> {
        let nth_of = numbered(search, places);
        let circles = search.circles;
        let classes = Classes::new(&circles.weight, if N == 1 { CLASSES_OF_ONE_MAX } else { CLASSES_MAX });
        let never = classes.count as u16;
        let step = |(word, weight): (&u32, &f64)| {
            let class = if word & TOGETHER == 0 { classes.of(*weight) } else { never };
            (nth_of[(word & !TOGETHER) as usize], class)
        };
        let steps = circles.place.iter().zip(&circles.weight).map(step).collect();
        Sieve { search, steps, nth_of, classes, rows: (0..ROWS).map(|_| OnceLock::new()).collect() }
    }

    /// The counts to come through, by class.
    fn row(&self, llr: f64) -> &[[T; N]] {
        let nth = ((llr / STEP) as usize).min(ROWS - 1);
        self.rows[nth].get_or_init(|| {
            let mut rows = vec![[T::MOST; N]; self.classes.count + 1];
            for lane in self.search.time.len_min - 1..self.search.time.scanned {
                let mut least = self.search.cases_min().max(1);
                for (class, row) in rows.iter_mut().take(self.classes.count).enumerate() {
                    let m = self.classes.least(class) * self.search.shares[lane];
                    least = enough(self.search, m, nth as f64 * STEP, least);
                    row[lane] = T::of(least);
                    if least == u32::MAX {
                        break;
                    }
                }
            }
            rows
        })
    }

    /// Looks at a circle exactly.
    #[cold]
    #[inline(never)]
    fn exact(&self, at: (usize, usize), sums: &[T; N], tally: &Tally, room: &mut Room, best: &mut Best) {
        let (centre, at) = at;
        let circles = self.search.circles;
        if circles.place[at] & TOGETHER != 0 {
            return;
        }
        if sums[0].exact().is_some() {
            for (count, lane) in room.counts.iter_mut().zip(sums) {
                *count = lane.exact().unwrap_or(0);
            }
        } else {
            self.search.count_again(circles.start[centre]..at + 1, tally, room);
        }
        self.search.ending(true, centre, at, 0, room, best);
    }
}

impl<T: Lane, const N: usize> Sift for Sieve<'_, T, N> {
    type Room = Lanes<T, N>;

    fn room(&self) -> Lanes<T, N> {
        let count = self.nth_of.iter().filter(|nth| **nth != u32::MAX).count();
        Lanes { room: self.search.room(), of_place: vec![[T::NONE; N]; count] }
    }

    fn highest(&self, tally: &Tally, lanes: &mut Lanes<T, N>) -> f64 {
        let Lanes { room, of_place } = lanes;
        of_place.fill([T::NONE; N]);
        let last = self.search.time.scanned - 1;
        for (place, step, count) in tally.cells() {
            let Some(of_place) = of_place.get_mut(self.nth_of[place as usize] as usize) else { continue };
            let count = T::of(count);
            of_place[last - step as usize..=last].iter_mut().for_each(|lane| *lane = lane.plus(count));
        }
        let circles = self.search.circles;
        let mut best = Best::none();
        let mut row = self.row(0.0);
        for centre in 0..circles.centres.len() {
            let mut sums = [T::NONE; N];
            let start = circles.start[centre];
            for (nth, (place, class)) in self.steps[start..circles.start[centre + 1]].iter().enumerate() {
                let of_place = &of_place[*place as usize];
                let needed = &row[*class as usize];
                let mut comes = false;
                for lane in 0..N {
                    sums[lane] = sums[lane].plus(of_place[lane]);
                    comes |= sums[lane] >= needed[lane];
                }
                if comes {
                    // A copy, so that the sums themselves may stay in registers.
                    let reached = sums;
                    self.exact((centre, start + nth), &reached, tally, room, &mut best);
                    row = self.row(best.llr);
                }
            }
        }
        best.llr
    }
}

/// For a single window and the ratio of Poisson, where counts can be large: c ↦ ratio lies below a parabola.
pub struct Parabola<'a>(pub &'a Search<'a>);

impl Sift for Parabola<'_> {
    /// Counts by place.
    type Room = Vec<f64>;

    fn room(&self) -> Vec<f64> {
        Vec::new()
    }

    fn highest(&self, tally: &Tally, counts: &mut Vec<f64>) -> f64 {
        let circles = self.0.circles;
        let all = f64::from(self.0.cases_most());
        let least = f64::from(self.0.cases_min());
        let share = self.0.shares[0];
        counts.clear();
        counts.resize(tally.latest.len(), 0.0);
        tally.cells().for_each(|(place, _, count)| counts[place as usize] = f64::from(count));
        let (mut best, mut twice) = (0.0, 0.0);
        for span in circles.start.windows(2) {
            let mut cases = 0.0;
            for (word, weight) in circles.place[span[0]..span[1]].iter().zip(&circles.weight[span[0]..span[1]]) {
                let m = weight * share;
                cases += counts[(word & !TOGETHER) as usize];
                let over = cases - m;
                // Beyond the middle the curve is steepest at the count, and the parabola of the mass no bound.
                let comes = over * over * all >= twice * m * (all - m) || cases + m > all;
                if over > 0.0 && comes && word & TOGETHER == 0 && cases >= least {
                    let llr = self.0.ratio.ln(cases, m);
                    if llr > best {
                        best = llr;
                        twice = 2.0 * llr * (1.0 - 1e-9);
                    }
                }
            }
        }
        best
    }
}
