//! Which clusters are told, and what of them.

use super::near::Map;
use super::replicas::Replicas;
use super::search::{Best, Search};
use super::tally::Tally;
use super::{Analysis, Cluster, Options, Secondary, Study};

/// The best cylinder of every centre that has one, the most likely first. Equal ones stand in the order of their centres.
pub fn of_centres(search: &Search, study: &Study) -> Vec<Best> {
    let mut tally = Tally::new(study.places.len(), search.time.scanned);
    for count in &study.cases {
        if let Some(step) = search.time.among_scanned(count.day) {
            tally.add(count.place, step as u32, count.count);
        }
    }
    tally.close();
    let mut room = search.room();
    let mut all: Vec<Best> = (0..search.circles.centres.len())
        .map(|centre| {
            let mut best = Best::none();
            search.around(centre, &tally, &mut room, &mut best);
            best
        })
        .filter(|best| best.llr > 0.0)
        .collect();
    // Sums of the same masses in another order differ in the last digits, which must not decide.
    all.sort_by_key(|best| (std::cmp::Reverse((best.llr * 1e9).round() as i64), best.centre));
    all
}

/// Those of them that the setting `secondary` lets stand beside the more likely ones.
pub fn told(all: &[Best], search: &Search, map: &Map, options: &Options) -> Vec<Cluster> {
    let mut taken = vec![false; map.len()];
    let mut clusters = Vec::new();
    for best in all {
        let centre = search.circles.centres[best.centre];
        if options.secondary != Secondary::Every && taken[centre as usize] {
            continue;
        }
        let outermost = search.circles.place[best.step] & !super::near::TOGETHER;
        let (members, radius) = map.members(centre, outermost);
        if options.secondary == Secondary::NoOverlap && members.iter().any(|place| taken[*place as usize]) {
            continue;
        }
        members.iter().for_each(|place| taken[*place as usize] = true);
        let count = f64::from(best.cases);
        clusters.push(Cluster {
            centre,
            radius,
            members,
            days: search.time.window(best.from, best.to),
            observed: u64::from(best.cases),
            expected: search.ratio.expected(best.mass),
            relative_risk: search.ratio.relative_risk(count, best.mass),
            llr: best.llr,
            high: best.high,
            p: None,
            p_gumbel: None,
            recurrence_days: None,
            recurrence_days_gumbel: None,
        });
    }
    clusters
}

/// Puts the p-values in, and drops what is not worth telling.
pub fn weigh(clusters: &mut Vec<Cluster>, replicas: &Replicas, options: &Options) {
    let prospective = options.analysis == Analysis::Prospective;
    let recurrence = |p: Option<f64>| p.filter(|p| prospective && *p > 0.0).map(|p| options.every_days / p);
    for (nth, cluster) in clusters.iter_mut().enumerate() {
        cluster.p = replicas.p(cluster.llr, nth == 0);
        cluster.p_gumbel = replicas.p_gumbel(cluster.llr);
        cluster.recurrence_days = recurrence(cluster.p);
        cluster.recurrence_days_gumbel = recurrence(cluster.p_gumbel);
    }
    let mut nth = 0;
    clusters.retain(|cluster| {
        nth += 1;
        nth == 1 || cluster.p.is_none_or(|p| p < options.list_p_below)
    });
}
