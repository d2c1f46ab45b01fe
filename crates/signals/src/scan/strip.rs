//! The sieve of `sieve` for windows anywhere in the study, up to 16 steps long: a circle's cases by step lie in a strip of
//! bytes, and the windows that contain a step are added up side by side, the one that begins earliest in the first lane.
//!
//! Of lengths 5 and 6, 7 and 8, 9 to 12, 13 to 16 only the longest is added up; it must have as many cases as the shortest
//! of them needs. How many are needed depends on the circle's weight and on the step.

use super::mass::Mass;
use super::near::TOGETHER;
use super::search::{Best, Room, Search};
use super::sieve::{Classes, ROWS, STEP, Sift, enough};
use super::tally::{NONE, Tally};
use std::sync::OnceLock;

const LANES: usize = 16;
/// Groups of lengths, the longest of each.
const LONGEST: [usize; GROUPS] = [1, 2, 3, 4, 6, 8, 12, 16];
const GROUPS: usize = 8;
/// Numbers that a table of counts may have.
const TABLE_MAX: usize = 1_000_000;
const CLASSES_MAX: usize = 2_000;

pub struct Strip<'a> {
    search: &'a Search<'a>,
    /// The circle's class of weight for every step of the circles.
    class: Vec<u16>,
    classes: Classes,
    /// The length that is added up in each group, 0 for none.
    lengths: [usize; GROUPS],
    groups: usize,
    /// All bits of the lanes whose window of that length contains the step. What the others hold has been looked at when
    /// it changed.
    inside: [[u8; LANES]; GROUPS],
    /// For every step of time the least share of a window that contains it, of the shortest length of each group.
    shares: Vec<[f64; GROUPS]>,
    /// By class and step of time.
    rows: Vec<OnceLock<Vec<[u8; GROUPS]>>>,
}

/// The sums of a thread.
pub struct Bytes {
    room: Room,
    strip: Vec<u8>,
}

impl<'a> Strip<'a> {
    /// None where windows end on the last day, can be too long, or have masses of their own at every place.
    pub fn new(search: &'a Search<'a>) -> Option<Strip<'a>> {
        let Mass::Product { upto, .. } = search.mass else { return None };
        let time = search.time;
        let most = (TABLE_MAX / time.scanned).min(CLASSES_MAX);
        if time.ending || time.len_max > LANES || !search.only_high() || most < 100 {
            return None;
        }
        let mut lengths = [0; GROUPS];
        let mut groups = 0;
        let mut inside = [[0; LANES]; GROUPS];
        let mut shares = vec![[f64::INFINITY; GROUPS]; time.scanned];
        for (group, length) in lengths.iter_mut().enumerate() {
            let shortest = if group == 0 { 1 } else { LONGEST[group - 1] + 1 };
            if shortest > time.len_max {
                break;
            }
            groups = group + 1;
            *length = LONGEST[group].min(time.len_max);
            inside[group][time.len_max - *length..time.len_max].fill(u8::MAX);
            for from in 0..(time.scanned + 1).saturating_sub(shortest) {
                let share = upto[from + shortest] - upto[from];
                for of_step in &mut shares[from..from + shortest] {
                    of_step[group] = of_step[group].min(share);
                }
            }
        }
        let classes = Classes::new(&search.circles.weight, most as u64);
        let class = search.circles.weight.iter().map(|weight| classes.of(*weight)).collect();
        let rows = (0..ROWS).map(|_| OnceLock::new()).collect();
        Some(Strip { search, class, classes, lengths, groups, inside, shares, rows })
    }

    /// The counts to come through.
    fn row(&self, llr: f64) -> &[[u8; GROUPS]] {
        let nth = ((llr / STEP) as usize).min(ROWS - 1);
        self.rows[nth].get_or_init(|| {
            let steps = self.shares.len();
            let mut row = vec![[u8::MAX; GROUPS]; self.classes.count * steps];
            for (step, shares) in self.shares.iter().enumerate() {
                for (group, share) in shares.iter().enumerate().filter(|(_, share)| share.is_finite()) {
                    let mut least = self.search.cases_min().max(1);
                    for class in 0..self.classes.count {
                        let m = self.classes.least(class) * share;
                        least = enough(self.search, m, nth as f64 * STEP, least);
                        row[class * steps + step][group] = u8::try_from(least).unwrap_or(u8::MAX);
                        if least >= u32::from(u8::MAX) {
                            break;
                        }
                    }
                }
            }
            row
        })
    }

    /// Whether a window that contains the step may have enough cases.
    #[inline]
    fn comes(&self, strip: &[u8], step: usize, needed: &[u8; GROUPS]) -> bool {
        let longest = self.search.time.len_max;
        // Byte 16 of the strip is step 0; the first lane begins as early as a window can that contains the step.
        let first = LANES + step + 1 - longest;
        let mut sums = [0_u8; LANES];
        let mut added = 0;
        let mut comes = false;
        for ((length, inside), needed) in self.lengths[..self.groups].iter().zip(&self.inside).zip(needed) {
            while added < *length {
                let here: &[u8; LANES] = strip[first + added..].first_chunk().unwrap_or(&[0; LANES]);
                for lane in 0..LANES {
                    sums[lane] = sums[lane].saturating_add(here[lane]);
                }
                added += 1;
            }
            let mut any = false;
            for lane in 0..LANES {
                any |= sums[lane] & inside[lane] >= *needed;
            }
            comes |= any;
        }
        comes
    }

    #[cold]
    #[inline(never)]
    fn exact(&self, at: (usize, usize), step: usize, tally: &Tally, bytes: &mut Bytes, best: &mut Best) {
        let Bytes { room, strip } = bytes;
        let (centre, at) = at;
        let steps = &strip[LANES..LANES + self.search.time.scanned];
        if steps.contains(&u8::MAX) {
            let start = self.search.circles.start[centre];
            self.search.count_again(start..at + 1, tally, room);
        } else {
            let mut sum = 0;
            for (count, upto) in steps.iter().zip(&mut room.counts[1..]) {
                sum += u32::from(*count);
                *upto = sum;
            }
        }
        self.search.containing(true, centre, at, step, room, best);
    }
}

impl Sift for Strip<'_> {
    type Room = Bytes;

    fn room(&self) -> Bytes {
        Bytes { room: self.search.room(), strip: vec![0; self.search.time.scanned + 3 * LANES] }
    }

    fn highest(&self, tally: &Tally, bytes: &mut Bytes) -> f64 {
        let circles = self.search.circles;
        let steps = self.search.time.scanned;
        let mut best = Best::none();
        let mut row = self.row(0.0);
        for centre in 0..circles.centres.len() {
            bytes.strip.fill(0);
            let end = circles.start[centre + 1];
            let mut at = circles.start[centre];
            while at < end {
                let first = at;
                while circles.place[at] & TOGETHER != 0 {
                    at += 1;
                }
                let group = || {
                    let places = circles.place[first..=at].iter().map(|word| (word & !TOGETHER) as usize);
                    places.filter(|place| tally.latest[*place] != NONE).flat_map(|place| tally.items(place))
                };
                for item in group() {
                    let byte = &mut bytes.strip[LANES + item.step as usize];
                    *byte = byte.saturating_add(u8::try_from(item.count).unwrap_or(u8::MAX));
                }
                for item in group() {
                    let step = item.step as usize;
                    if self.comes(&bytes.strip, step, &row[self.class[at] as usize * steps + step]) {
                        self.exact((centre, at), step, tally, bytes, &mut best);
                        row = self.row(best.llr);
                    }
                }
                at += 1;
            }
        }
        best.llr
    }
}
