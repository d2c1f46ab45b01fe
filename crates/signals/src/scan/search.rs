//! The search for the highest ratio. Around one centre circles grow along the list of neighbours. Only where a place with
//! cases enters can the highest ratio rise, since everything else adds to what is expected alone; for low rates it is
//! just before such a place enters, and at the end of the list.

use super::Rates;
use super::mass::Mass;
use super::near::{Circles, TOGETHER};
use super::ratio::{Ladder, Ratio};
use super::tally::{NONE, Tally};
use super::time::Time;

/// What a scan goes through, the same for the data and all replicas.
pub struct Search<'a> {
    pub circles: &'a Circles,
    pub mass: &'a Mass,
    pub time: &'a Time,
    pub ratio: Ratio,
    ladder: Ladder,
    high: bool,
    low: bool,
    /// Of a product, the shares of the windows of the last 1, 2, … steps.
    pub shares: Vec<f64>,
    /// Distances from a day in steps, taken together as 0, 1, 2–3, 4–7, …
    reaches: Vec<(usize, usize)>,
}

/// The best cylinder so far.
#[derive(Clone, Copy, Debug)]
pub struct Best {
    pub llr: f64,
    row: usize,
    /// Which centre, and which step of the circles' list is the last one in the circle.
    pub centre: usize,
    pub step: usize,
    /// The window in scanned steps, its end excluded.
    pub from: usize,
    pub to: usize,
    pub cases: u32,
    pub mass: f64,
    pub high: bool,
}

impl Best {
    pub fn none() -> Best {
        Best { llr: 0.0, row: 0, centre: 0, step: 0, from: 0, to: 0, cases: 0, mass: 0.0, high: true }
    }
}

/// The sums of a growing circle.
pub struct Room {
    pub counts: Vec<u32>,
    masses: Vec<f64>,
}

/// A cylinder that may be the best.
struct Offer {
    centre: usize,
    step: usize,
    from: usize,
    to: usize,
    cases: u32,
    mass: f64,
    high: bool,
}

impl<'a> Search<'a> {
    pub fn new(
        circles: &'a Circles,
        mass: &'a Mass,
        time: &'a Time,
        ratio: Ratio,
        rates: Rates,
        cases_min: u32,
    ) -> Search<'a> {
        let low = rates != Rates::High;
        let shares = match mass {
            Mass::Product { upto, .. } => {
                let last = upto.len() - 1;
                (0..last).map(|before| upto[last] - upto[last - 1 - before]).collect()
            }
            Mass::Table { .. } => Vec::new(),
        };
        let mut reaches = Vec::new();
        let mut from = 0;
        while from < time.len_max {
            let to = (from.max(1) * 2 - 1).max(from).min(time.len_max - 1);
            let to = if from == 0 { 0 } else { to };
            reaches.push((from, to));
            from = to + 1;
        }
        let ladder = Ladder::new(ratio, cases_min, low);
        Search { circles, mass, time, ratio, ladder, high: rates != Rates::Low, low, shares, reaches }
    }

    pub fn room(&self) -> Room {
        Room { counts: vec![0; self.time.scanned + 1], masses: vec![0.0; self.time.scanned + 1] }
    }

    /// Whether only more cases than expected are looked for.
    pub fn only_high(&self) -> bool {
        self.high && !self.low
    }

    pub fn cases_min(&self) -> u32 {
        self.ladder.cases_min
    }

    /// All cases of the study.
    pub fn cases_most(&self) -> u32 {
        match self.ratio {
            Ratio::Poisson { cases } | Ratio::Bernoulli { cases, .. } => cases as u32,
        }
    }

    /// How many cases are expected in the largest circle and the longest window, of masses that are a product.
    pub fn cases_most_expected(&self) -> Option<f64> {
        let Mass::Product { upto, .. } = self.mass else { return None };
        let share = upto.windows(self.time.len_max + 1).map(|span| span[self.time.len_max] - span[0]);
        let weight = self.circles.weight.iter().copied().fold(0.0, f64::max);
        Some(self.ratio.expected(weight * share.fold(0.0, f64::max)))
    }

    /// Counts the cases of a circle from the beginning: those of the steps `of` of its list.
    pub fn count_again(&self, of: std::ops::Range<usize>, tally: &Tally, room: &mut Room) {
        room.counts.fill(0);
        let steps = self.time.scanned;
        for place in self.circles.place[of].iter().map(|word| (word & !TOGETHER) as usize) {
            if tally.latest[place] == NONE {
                continue;
            }
            for item in tally.items(place) {
                let step = item.step as usize;
                let changed = if self.time.ending { steps - 1 - step..steps } else { step + 1..steps + 1 };
                room.counts[changed].iter_mut().for_each(|sum| *sum += item.count);
            }
        }
    }

    /// The highest ratio of all centres.
    pub fn best(&self, tally: &Tally, room: &mut Room) -> Best {
        let mut best = Best::none();
        for centre in 0..self.circles.centres.len() {
            self.around(centre, tally, room, &mut best);
        }
        best
    }

    /// Puts the best cylinder around a centre into `best`, if it is better.
    pub fn around(&self, centre: usize, tally: &Tally, room: &mut Room, best: &mut Best) {
        room.counts.fill(0);
        room.masses.fill(0.0);
        let (start, end) = (self.circles.start[centre], self.circles.start[centre + 1]);
        let mut at = start;
        while at < end {
            let (last, latest) = self.group(at, tally);
            if latest != NONE && self.low && at > start {
                self.few(centre, at, last, tally, room, best);
            }
            if let Mass::Table { values, width } = self.mass {
                for word in &self.circles.place[at..=last] {
                    let place = (word & !TOGETHER) as usize;
                    let of_place = &values[place * width..(place + 1) * width];
                    room.masses.iter_mut().zip(of_place).for_each(|(sum, mass)| *sum += mass);
                }
            }
            if latest != NONE {
                self.many(centre, at, last, tally, room, best);
            }
            at = last + 1;
        }
        if self.low && start < end {
            self.few_in_all(centre, end - 1, room, best);
        }
    }

    /// The last of those that enter together, and how long ago their latest case was.
    #[inline]
    fn group(&self, at: usize, tally: &Tally) -> (usize, u16) {
        let (mut last, mut latest) = (at, NONE);
        loop {
            let word = self.circles.place[last];
            latest = latest.min(tally.latest[(word & !TOGETHER) as usize]);
            if word & TOGETHER == 0 {
                return (last, latest);
            }
            last += 1;
        }
    }

    /// Adds the cases of those that enter, and looks at the windows that have changed.
    fn many(&self, centre: usize, at: usize, last: usize, tally: &Tally, room: &mut Room, best: &mut Best) {
        let group = &self.circles.place[at..=last];
        let items = || {
            group
                .iter()
                .map(|word| (word & !TOGETHER) as usize)
                .filter(|place| tally.latest[*place] != NONE)
                .flat_map(|place| tally.items(place))
        };
        let steps = self.time.scanned;
        if self.time.ending {
            let mut shortest = steps;
            for item in items() {
                let before = steps - 1 - item.step as usize;
                shortest = shortest.min(before);
                room.counts[before..steps].iter_mut().for_each(|sum| *sum += item.count);
            }
            if self.high {
                self.ending(true, centre, last, shortest, room, best);
            }
            return;
        }
        for item in items() {
            room.counts[item.step as usize + 1..].iter_mut().for_each(|sum| *sum += item.count);
        }
        if self.high {
            for item in items() {
                self.containing(true, centre, last, item.step as usize, room, best);
            }
        }
    }

    /// Looks at the windows that are about to change, as they are before those at `at` enter.
    fn few(&self, centre: usize, at: usize, last: usize, tally: &Tally, room: &Room, best: &mut Best) {
        for word in &self.circles.place[at..=last] {
            let place = (word & !TOGETHER) as usize;
            if tally.latest[place] == NONE {
                continue;
            }
            if self.time.ending {
                self.ending(false, centre, at - 1, tally.latest[place] as usize, room, best);
                continue;
            }
            for item in tally.items(place) {
                self.containing(false, centre, at - 1, item.step as usize, room, best);
            }
        }
    }

    /// Looks at every window of the largest circle for low rates.
    fn few_in_all(&self, centre: usize, step: usize, room: &Room, best: &mut Best) {
        if self.time.ending {
            self.ending(false, centre, step, 0, room, best);
            return;
        }
        for from in 0..self.time.scanned {
            let longest = (from + self.time.len_max).min(self.time.scanned);
            for to in from + self.time.len_min..=longest {
                self.window(false, centre, step, (from, to), room, best);
            }
        }
    }

    /// Windows of at least `shortest` steps before the last one.
    #[inline]
    pub fn ending(&self, high: bool, centre: usize, step: usize, shortest: usize, room: &Room, best: &mut Best) {
        let steps = self.time.scanned;
        let weight = self.circles.weight[step];
        let product = matches!(self.mass, Mass::Product { .. });
        for before in shortest.max(self.time.len_min - 1)..steps {
            let cases = room.counts[before];
            let mass = if product { weight * self.shares[before] } else { room.masses[before] };
            if self.may(high, best, cases, mass) {
                let (from, to) = (steps - 1 - before, steps);
                self.offer(&Offer { centre, step, from, to, cases, mass, high }, best);
            }
        }
    }

    /// Windows that contain a step. Neighbouring ones are looked at together: the cases of the widest and the mass of the
    /// narrowest bound them all.
    pub fn containing(&self, high: bool, centre: usize, step: usize, day: usize, room: &Room, best: &mut Best) {
        let steps = self.time.scanned;
        let longest = self.time.len_max;
        for (left, left_most) in &self.reaches {
            if *left > day {
                break;
            }
            let (from, from_least) = (day - left, day - (*left_most).min(day));
            for (right, right_most) in &self.reaches {
                let to = day + 1 + right;
                if left + right >= longest || to > steps {
                    break;
                }
                let to_most = (day + 1 + right_most).min(steps);
                let (wide, narrow) = ((from_least, to_most), (from, to));
                let (of_cases, of_mass) = if high { (wide, narrow) } else { (narrow, wide) };
                let cases = room.counts[of_cases.1] - room.counts[of_cases.0];
                let mass = self.mass_of(step, of_mass, room);
                if !self.may(high, best, cases, mass) {
                    continue;
                }
                for from in (from_least..=from).rev() {
                    for to in to..=to_most {
                        if (self.time.len_min..=longest).contains(&(to - from)) {
                            self.window(high, centre, step, (from, to), room, best);
                        }
                    }
                }
            }
        }
    }

    /// One window of steps, in a search that looks at all of them.
    fn window(&self, high: bool, centre: usize, step: usize, window: (usize, usize), room: &Room, best: &mut Best) {
        let (from, to) = window;
        let cases = room.counts[to] - room.counts[from];
        let mass = self.mass_of(step, window, room);
        if self.may(high, best, cases, mass) {
            self.offer(&Offer { centre, step, from, to, cases, mass, high }, best);
        }
    }

    #[inline]
    fn mass_of(&self, step: usize, (from, to): (usize, usize), room: &Room) -> f64 {
        match self.mass {
            Mass::Product { upto, .. } => self.circles.weight[step] * (upto[to] - upto[from]),
            Mass::Table { .. } => room.masses[to] - room.masses[from],
        }
    }

    #[inline]
    fn may(&self, high: bool, best: &Best, cases: u32, mass: f64) -> bool {
        if high {
            self.ladder.high(best.row, best.llr, cases, mass)
        } else {
            self.ladder.low(best.row, best.llr, cases, mass)
        }
    }

    #[cold]
    fn offer(&self, offer: &Offer, best: &mut Best) {
        let count = f64::from(offer.cases);
        let expected = self.ratio.expected(offer.mass);
        let wanted = if offer.high { count > expected } else { count < expected };
        let llr = self.ratio.ln(count, offer.mass);
        if wanted && llr > best.llr {
            let Offer { centre, step, from, to, cases, mass, high } = *offer;
            *best = Best { llr, row: self.ladder.row(llr), centre, step, from, to, cases, mass, high };
        }
    }
}
