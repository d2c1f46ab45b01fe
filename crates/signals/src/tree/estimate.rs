//! What tells a pair of infector and infected from any two cases, and its estimation.

use super::model::{Case, Pair, Parameters};
use std::collections::HashMap;

/// Estimated shares stay this far from 0 and 1, so that one round never rules out what the next may find.
const EDGE: f64 = 0.005;
const EARTH_KM: f64 = 6_371.0;
/// Distances below this are one address.
const NEAR_KM: f64 = 0.01;
/// Cases that the share of imports as it was set counts for.
const PRIOR_CASES: f64 = 10.0;
/// Pairs from which the background is taken at most.
const SAMPLE_MAX: usize = 20_000;

/// What is known of a pair, as the model uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub contact: Option<bool>,
    /// For each way of grouping; none where one of the two has no group.
    pub shared: Vec<Option<bool>>,
    pub distance_km: Option<f64>,
    pub genetic: Option<f64>,
}

/// How pairs are that have nothing to do with each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Background {
    /// Share of pairs with a contact; none where no contacts are given.
    pub contact: Option<f64>,
    /// Share of pairs in one group, for each way of grouping.
    pub shared: Vec<f64>,
    /// Distances of pairs, a sample.
    pub distances: Vec<f64>,
    /// Mean genetic distance.
    pub genetic: Option<f64>,
    /// Ways of grouping.
    pub groupings: usize,
}

impl Known {
    pub fn of(one: &Case, other: &Case, pair: Pair, back: &Background) -> Known {
        let shared = |nth: usize| {
            let group = |case: &Case| case.groups.get(nth).copied().flatten();
            Some(group(one)? == group(other)?)
        };
        let contact = pair.contact.or(back.contact.map(|_| false));
        Known {
            contact,
            shared: (0..back.groupings).map(shared).collect(),
            distance_km: pair.distance_km.or_else(|| Some(kilometres(one.place?, other.place?))),
            genetic: pair.genetic,
        }
    }

    /// How much oftener such a pair is met κ generations apart than at random.
    pub fn ratio(&self, parameters: &Parameters, back: &Background, kappa: usize, kernels: &[f64]) -> f64 {
        let far = self.distance_km.filter(|_| !back.distances.is_empty()).map_or(1.0, |distance| {
            (-distance / (parameters.distance_km * kappa as f64)).exp() / kernels[kappa - 1].max(1e-300)
        });
        if kappa > 1 {
            return far;
        }
        let odds = |has: bool, of_pairs: f64, of_all: f64| {
            if has { of_pairs / of_all.max(EDGE / 1e3) } else { (1.0 - of_pairs) / (1.0 - of_all).max(EDGE / 1e3) }
        };
        let contact = self.contact.map_or(1.0, |has| odds(has, parameters.epsilon, parameters.lambda));
        let groups: f64 = (self.shared.iter().zip(&parameters.shared).zip(&back.shared))
            .map(|((shared, of_pairs), of_all)| shared.map_or(1.0, |shared| odds(shared, *of_pairs, *of_all)))
            .product();
        far * contact * groups
    }
}

/// The mean of the distance kernel over all pairs, by κ − 1.
pub fn kernels(parameters: &Parameters, back: &Background, generations_max: usize) -> Vec<f64> {
    let mean = |kappa: usize| {
        let scale = parameters.distance_km * kappa as f64;
        let sum: f64 = back.distances.iter().map(|distance| (-distance / scale).exp()).sum();
        sum / back.distances.len().max(1) as f64
    };
    (1..=generations_max.max(1)).map(mean).collect()
}

/// The distance of two places on the globe, in kilometres (haversine).
pub fn kilometres(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (north, east) = ((other.0 - one.0).to_radians(), (other.1 - one.1).to_radians());
    let half = (north / 2.0).sin().powi(2)
        + one.0.to_radians().cos() * other.0.to_radians().cos() * (east / 2.0).sin().powi(2);
    2.0 * EARTH_KM * half.clamp(0.0, 1.0).sqrt().asin()
}

/// Shares and distances among all pairs. Groups are counted exactly; distances of many cases are sampled evenly.
pub fn background(cases: &[Case], pairs: &HashMap<(u32, u32), Pair>) -> Background {
    let groupings = cases.iter().map(|case| case.groups.len()).max().unwrap_or_default();
    let of_two = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let shared = |nth: usize| {
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        let groups = cases.iter().filter_map(|case| case.groups.get(nth).copied().flatten());
        groups.for_each(|group| *sizes.entry(group).or_default() += 1);
        let (inside, all) = (sizes.values().map(|size| of_two(*size)).sum::<f64>(), of_two(sizes.values().sum()));
        if all > 0.0 { (inside / all).clamp(1e-6, 1.0 - 1e-6) } else { 0.5 }
    };
    let contacts = pairs.values().filter(|pair| pair.contact.is_some()).count();
    let with = pairs.values().filter(|pair| pair.contact == Some(true)).count();
    let contact = (contacts > 0).then(|| (with as f64 / of_two(cases.len()).max(1.0)).clamp(1e-6, 1.0 - 1e-6));
    let genetic: Vec<f64> = sorted(pairs).filter_map(|(_, pair)| pair.genetic).collect();
    let mut distances: Vec<f64> = sorted(pairs).filter_map(|(_, pair)| pair.distance_km).collect();
    let step = of_two(cases.len()) as usize / SAMPLE_MAX + 1;
    let mut nth: usize = 0;
    for (at, case) in cases.iter().enumerate() {
        let Some(place) = case.place else { continue };
        for other in cases[at + 1..].iter().filter_map(|other| other.place) {
            nth += 1;
            if nth.is_multiple_of(step) {
                distances.push(kilometres(place, other));
            }
        }
    }
    Background {
        contact,
        shared: (0..groupings).map(shared).collect(),
        distances,
        genetic: (!genetic.is_empty()).then(|| (genetic.iter().sum::<f64>() / genetic.len() as f64).max(0.1)),
        groupings,
    }
}

/// Pairs in their order, so that sums do not depend on how a map is laid out.
fn sorted(pairs: &HashMap<(u32, u32), Pair>) -> impl Iterator<Item = (&(u32, u32), &Pair)> {
    let mut all: Vec<(&(u32, u32), &Pair)> = pairs.iter().collect();
    all.sort_by_key(|(key, _)| **key);
    all.into_iter()
}

/// The parameters under which what is known of the pairs is likeliest, pairs weighed as the posterior has them: each is
/// (what is known, chance of a direct infection, chance of an infection at all). `start` is what was set.
pub fn renewed(start: &Parameters, back: &Background, cases: usize, pairs: &[(&Known, f64, f64)]) -> Parameters {
    // A share with half a case added to each side, so that few pairs say little.
    let share = |of: &dyn Fn(&Known) -> Option<bool>| {
        let (mut has, mut all) = (0.5, 1.0);
        for (known, direct, _) in pairs {
            if let Some(one) = of(known) {
                all += direct;
                has += if one { *direct } else { 0.0 };
            }
        }
        f64::clamp(has / all, EDGE, 1.0 - EDGE)
    };
    let all: f64 = pairs.iter().map(|(_, _, any)| any).sum();
    // Times alone fit many imports as well as few: what was set weighs as so many cases.
    let imports = cases as f64 - all + PRIOR_CASES * start.imported;
    let imported = imports / (cases as f64 + PRIOR_CASES);
    let (mut far, mut weight) = (0.0, 0.0);
    for (known, direct, _) in pairs {
        if let Some(distance) = known.distance_km {
            far += direct * distance;
            weight += direct;
        }
    }
    // Over the plane, the mean distance of the kernel exp(−d/D) is 2D.
    let distance_km = if weight > 0.0 { (far / weight / 2.0).max(NEAR_KM) } else { start.distance_km };
    Parameters {
        imported: imported.clamp(0.5 / (cases.max(1) as f64), 0.95),
        epsilon: if back.contact.is_some() { share(&|known| known.contact) } else { start.epsilon },
        lambda: start.lambda,
        shared: (0..back.groupings).map(|nth| share(&|known| known.shared.get(nth).copied().flatten())).collect(),
        distance_km,
    }
}

impl Parameters {
    /// The largest change of a share, and of the distance in its own size.
    pub fn distance(&self, other: &Parameters) -> f64 {
        let shares = self.shared.iter().zip(&other.shared).map(|(one, other)| (one - other).abs());
        let change = (self.imported - other.imported).abs().max((self.epsilon - other.epsilon).abs());
        let far = (self.distance_km / other.distance_km - 1.0).abs();
        shares.fold(change.max(far), f64::max)
    }
}
