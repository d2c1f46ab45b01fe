//! Which places are near which: circles around every place, growing by what is next, equal distances together.

use super::{Coordinates, Options, Study};
use base::{Error, Result};

/// Steps of circles that a study may have: each takes 12 bytes.
pub const STEPS_MAX: usize = 40_000_000;

/// The mean radius of the earth in kilometres (IUGG).
const EARTH_KM: f64 = 6_371.008_8;

/// In a circle's list: the next place is as far away and enters with this one.
pub const TOGETHER: u32 = 1 << 31;

/// The circles. Places without mass (no cases in a permutation, no population) change nothing and are not listed.
pub struct Circles {
    /// The place around which each list is drawn, the first of several at one spot.
    pub centres: Vec<u32>,
    /// Where each list begins, and the end of the last.
    pub start: Vec<usize>,
    /// Places in order of distance, with the mark `TOGETHER`.
    pub place: Vec<u32>,
    /// What the places up to here weigh together.
    pub weight: Vec<f64>,
}

/// Places as points in space, where a straight line orders distances as the great circle does.
pub struct Map {
    points: Vec<[f64; 3]>,
    sphere: bool,
}

impl Map {
    pub fn new(study: &Study) -> Map {
        let sphere = study.coordinates == Coordinates::Sphere;
        let point = |at: [f64; 2]| {
            if !sphere {
                return [at[0], at[1], 0.0];
            }
            let (lat, long) = (at[0].to_radians(), at[1].to_radians());
            [lat.cos() * long.cos(), lat.cos() * long.sin(), lat.sin()]
        };
        Map { points: study.places.iter().map(|place| point(place.at)).collect(), sphere }
    }

    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// The straight line between two places.
    #[inline]
    fn line(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.points[a], self.points[b]);
        let (x, y, z) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
        (x * x + y * y + z * z).sqrt()
    }

    /// The distance that belongs to a straight line, in kilometres or the unit of x and y.
    fn distance(&self, line: f64) -> f64 {
        if self.sphere { 2.0 * EARTH_KM * (line / 2.0).min(1.0).asin() } else { line }
    }

    /// The straight line of a distance.
    fn line_of(&self, distance: f64) -> f64 {
        if self.sphere { 2.0 * (distance / EARTH_KM / 2.0).min(std::f64::consts::FRAC_PI_2).sin() } else { distance }
    }

    /// Up to which line two places are equally far away: beyond what rounding does, below what a map knows.
    fn equal_to(&self, line: f64) -> f64 {
        line * (1.0 + 1e-9) + if self.sphere { 1e-12 } else { 0.0 }
    }

    /// Brings the nearest first, those of equal distance in the order of their names, which is that of the places.
    fn order(&self, near: &mut [(f64, u32)]) {
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut at = 0;
        while at < near.len() {
            let end = self.together(near, at);
            near[at..end].sort_unstable_by_key(|(_, place)| *place);
            at = end;
        }
    }

    /// Where those end that are as far away as the one at `at`.
    fn together(&self, near: &[(f64, u32)], at: usize) -> usize {
        let farthest = self.equal_to(near[at].0);
        at + near[at..].iter().take_while(|(line, _)| *line <= farthest).count()
    }

    /// The places as near to a centre as `outermost`, the nearest first, and how far that is.
    pub fn members(&self, centre: u32, outermost: u32) -> (Vec<u32>, f64) {
        let centre = centre as usize;
        let edge = self.line(centre, outermost as usize);
        let most = self.equal_to(edge);
        let lines = (0..self.points.len()).map(|place| (self.line(centre, place), place as u32));
        let mut near: Vec<(f64, u32)> = lines.filter(|(line, _)| *line <= most).collect();
        self.order(&mut near);
        (near.into_iter().map(|(_, place)| place).collect(), self.distance(edge))
    }
}

/// What the circles of a scan are made of.
pub struct Ground<'a> {
    pub map: &'a Map,
    pub options: &'a Options,
    /// Whether a place has mass.
    pub has_mass: &'a [bool],
    /// What a place adds to a circle's weight.
    pub weight: &'a [f64],
    /// Its share of all that are at risk.
    pub share: &'a [f64],
}

impl Circles {
    pub fn new(ground: &Ground, threads: usize) -> Result<Circles> {
        let centres = centres(ground.map);
        let chunk = centres.len().div_ceil(threads).max(1);
        let parts = std::thread::scope(|scope| {
            let parts: Vec<_> = centres.chunks(chunk).map(|part| scope.spawn(move || ground.lists(part))).collect();
            let join = |part: std::thread::ScopedJoinHandle<'_, _>| part.join().unwrap_or_else(|_| Err(too_many()));
            parts.into_iter().map(join).collect::<Result<Vec<Lists>>>()
        })?;
        let mut all = Circles { centres, start: vec![0], place: Vec::new(), weight: Vec::new() };
        let steps = parts.iter().map(|part| part.place.len()).sum();
        if steps > STEPS_MAX {
            return Err(too_many());
        }
        all.place.reserve_exact(steps);
        all.weight.reserve_exact(steps);
        for part in parts {
            let before = all.place.len();
            all.start.extend(part.ends.iter().map(|end| before + end));
            all.place.extend(part.place);
            all.weight.extend(part.weight);
        }
        Ok(all)
    }

    /// How many circles there are: ends of groups of equal distance.
    pub fn count(&self) -> usize {
        self.place.iter().filter(|word| **word & TOGETHER == 0).count()
    }
}

fn too_many() -> Error {
    Error::too_costly(format!(
        "the circles have more than {STEPS_MAX} steps; set `radius_max`, `neighbours_max` or a smaller `share_max`"
    ))
}

/// One centre for each spot on the map.
fn centres(map: &Map) -> Vec<u32> {
    let bits = |place: u32| map.points[place as usize].map(|axis| (axis + 0.0).to_bits());
    let mut centres: Vec<u32> = (0..map.points.len() as u32).collect();
    centres.sort_by_key(|place| (bits(*place), *place));
    centres.dedup_by_key(|place| bits(*place));
    centres.sort_unstable();
    centres
}

/// The lists of some centres.
#[derive(Default)]
struct Lists {
    ends: Vec<usize>,
    place: Vec<u32>,
    weight: Vec<f64>,
}

impl Ground<'_> {
    fn lists(&self, centres: &[u32]) -> Result<Lists> {
        let mut lists = Lists::default();
        let mut near: Vec<(f64, u32)> = Vec::new();
        let mut lines: Vec<f64> = Vec::new();
        let radius = self.options.radius_max.map_or(f64::INFINITY, |most| self.map.equal_to(self.map.line_of(most)));
        for centre in centres {
            let centre = *centre as usize;
            let most = radius.min(self.neighbour_line(centre, &mut lines));
            near.clear();
            for place in 0..self.map.points.len() {
                let line = self.map.line(centre, place);
                if line <= most && self.has_mass[place] {
                    near.push((line, place as u32));
                }
            }
            self.map.order(&mut near);
            self.grow(&near, &mut lists);
            if lists.place.len() > STEPS_MAX {
                return Err(too_many());
            }
        }
        Ok(lists)
    }

    /// Adds place after place, those of equal distance together, until the share is used up.
    fn grow(&self, near: &[(f64, u32)], lists: &mut Lists) {
        let (mut weight, mut share) = (0.0, 0.0);
        let mut at = 0;
        while at < near.len() {
            let end = self.map.together(near, at);
            share += near[at..end].iter().map(|(_, place)| self.share[*place as usize]).sum::<f64>();
            if share > self.options.share_max + 1e-9 {
                break;
            }
            for (nth, (_, place)) in near[at..end].iter().enumerate() {
                weight += self.weight[*place as usize];
                let together = if at + nth + 1 < end { TOGETHER } else { 0 };
                lists.place.push(*place | together);
                lists.weight.push(weight);
            }
            at = end;
        }
        lists.ends.push(lists.place.len());
    }

    /// The line up to which no more than the allowed neighbours lie; all places count, with mass or without.
    fn neighbour_line(&self, centre: usize, lines: &mut Vec<f64>) -> f64 {
        let Some(most) = self.options.neighbours_max.filter(|most| *most < self.map.points.len()) else {
            return f64::INFINITY;
        };
        lines.clear();
        lines.extend((0..self.map.points.len()).map(|place| self.map.line(centre, place)));
        // The first one too many: what is as far away as it enters with it, and stays out.
        let (nearer, first_out, _) = lines.select_nth_unstable_by(most, f64::total_cmp);
        let mut edge = *first_out;
        nearer.sort_unstable_by(|a, b| b.total_cmp(a));
        for line in nearer {
            if edge > self.map.equal_to(*line) {
                return *line;
            }
            edge = *line;
        }
        -1.0
    }
}
