//! What chance does in scans: p-values and what they are made of.

use base::rng::Rng;
use signals::Given;
use signals::scan::{Coordinates, Count, Found, Kind, Options, Persons, Place, Study, replica, scan};

fn study(kind: Kind, seed: u64, sum: u32, extra: &[Count]) -> Study {
    let mut rng = Rng::of(seed, 10, 0);
    let places: Vec<Place> =
        (0..25).map(|nth| Place { name: format!("{nth:02}"), at: [9.0 * rng.unit(), 9.0 * rng.unit()] }).collect();
    let mut count = |_| Count { place: rng.below(25) as u32, day: rng.below(20) as i32, stratum: 0, count: 1 };
    let mut cases: Vec<Count> = (0..sum).map(&mut count).collect();
    let controls = if kind == Kind::Bernoulli { (0..sum * 2).map(&mut count).collect() } else { Vec::new() };
    cases.extend(extra);
    let persons = |place| Persons { place, stratum: 0, day: None, persons: 100.0 };
    let population = (0..25).filter(|_| kind == Kind::Poisson).map(persons).collect();
    let days = Some((0, 19));
    Study { kind, coordinates: Coordinates::Plane, places, strata: 1, cases, controls, population, days }
}

fn run(study: &Study, settings: &str) -> Found {
    let options = Options::given(&Given::read(settings).unwrap(), study.kind, true).unwrap();
    scan(study, &options).unwrap()
}

/// Where there is nothing to find, the first cluster's ratio stands anywhere among the replicas' with equal chance, equal
/// ones in an order that is drawn: each tenth within four deviations of the binomial. The p that is told counts equal
/// ones as reached, and is never smaller than that.
#[test]
fn p_is_even_where_there_is_nothing() {
    for (kind, analysis) in [
        (Kind::Stp, "prospective"),
        (Kind::Stp, "retrospective"),
        (Kind::Bernoulli, "retrospective"),
        (Kind::Poisson, "spatial"),
    ] {
        let settings =
            format!("analysis = {analysis}\nreplicas = 19\ndays_max = 4\nlist_p_below = 2\nthreads = 1\nseed = ");
        let studies = 150;
        let mut rng = Rng::of(1, 12, 0);
        let mut tenths = [0; 10];
        let mut told = 0;
        for seed in 0..studies {
            let found = run(&study(kind, seed, 90, &[]), &format!("{settings}{seed}"));
            let first = &found.clusters[0];
            let above = found.maxima.iter().filter(|max| **max > first.llr + 1e-9).count() as u64;
            let equal = found.maxima.iter().filter(|max| (**max - first.llr).abs() <= 1e-9).count() as u64;
            tenths[(above + rng.below(equal + 1)) as usize / 2] += 1;
            told += usize::from(first.p.unwrap() <= 0.1);
            assert_eq!(first.p.unwrap(), (above + equal + 1) as f64 / 20.0);
        }
        assert!(tenths.iter().all(|tenth| (1..=29).contains(tenth)), "{kind:?} {analysis}: {tenths:?}");
        assert!(told <= 29 && told <= tenths[0], "{kind:?} {analysis}: {told}");
    }
}

#[test]
fn an_outbreak_is_found_and_gumbel_goes_below_the_replicas() {
    let outbreak: Vec<Count> = (0..16).map(|nth| Count { place: 3, day: 17 + nth % 3, stratum: 0, count: 1 }).collect();
    let found = run(&study(Kind::Stp, 1, 200, &outbreak), "days_max = 5\nreplicas = 199");
    let first = &found.clusters[0];
    assert!(first.members.contains(&3) && first.observed >= 16);
    assert_eq!(first.p, Some(1.0 / 200.0));
    assert_eq!(first.recurrence_days, Some(200.0));
    let mean = found.maxima.iter().sum::<f64>() / 199.0;
    let variance = found.maxima.iter().map(|max| (max - mean).powi(2)).sum::<f64>() / 198.0;
    let scale = variance.sqrt() * 6.0_f64.sqrt() / std::f64::consts::PI;
    let location = mean - 0.577_215_664_901_532_9 * scale;
    let p = 1.0 - (-(-(first.llr - location) / scale).exp()).exp();
    assert!((first.p_gumbel.unwrap() / p - 1.0).abs() < 1e-3 && p < 1e-4, "{p}");
    assert!(first.recurrence_days_gumbel.unwrap() > 1e4);
}

/// One more case inside brings the first cluster's ratio up, and its own count.
#[test]
fn a_case_more_never_lowers_its_cluster() {
    for seed in 0..60 {
        let kind = [Kind::Poisson, Kind::Stp, Kind::Bernoulli][seed as usize % 3];
        let settings = "days_max = 4\nreplicas = 0\nsecondary = every\nlist_p_below = 2";
        let before = run(&study(kind, seed, 60, &[]), settings);
        let first = before.clusters[0].clone();
        let (_, last) = first.days.unwrap();
        let more = [Count { place: first.members[0], day: last, stratum: 0, count: 1 }];
        let after = run(&study(kind, seed, 60, &more), settings);
        let same = after.clusters.iter().find(|other| other.members == first.members && other.days == first.days);
        assert!(same.is_none_or(|same| same.observed == first.observed + 1));
        assert!(kind != Kind::Poisson || after.clusters[0].llr > first.llr);
        assert!(after.clusters.iter().any(|other| other.observed > first.observed));
    }
}

#[test]
fn replicas_keep_what_chance_keeps() {
    let given = Given::read("analysis = retrospective").unwrap();
    for kind in [Kind::Stp, Kind::Bernoulli, Kind::Poisson] {
        let study = study(kind, 3, 80, &[Count { place: 1, day: 2, stratum: 0, count: 30 }]);
        let options = Options::given(&given, kind, true).unwrap();
        let of = |cells: &[Count], by: &dyn Fn(&Count) -> usize, many: usize| {
            let mut sums = vec![0; many];
            cells.iter().for_each(|count| sums[by(count)] += count.count);
            sums
        };
        let place = |count: &Count| count.place as usize;
        let day = |count: &Count| count.day as usize;
        let both: Vec<Count> = study.cases.iter().chain(&study.controls).copied().collect();
        for nth in 0..5 {
            let cells = replica(&study, &options, nth).unwrap();
            assert_eq!(cells, replica(&study, &options, nth).unwrap());
            assert_eq!(cells.iter().map(|count| count.count).sum::<u32>(), 110);
            if kind == Kind::Stp {
                assert_eq!(of(&cells, &place, 25), of(&study.cases, &place, 25));
                assert_eq!(of(&cells, &day, 20), of(&study.cases, &day, 20));
            }
            if kind == Kind::Bernoulli {
                let cell = |count: &Count| count.place as usize * 20 + count.day as usize;
                let points = of(&both, &cell, 500);
                assert!(of(&cells, &cell, 500).iter().zip(points).all(|(cases, points)| *cases <= points));
            }
        }
        assert_ne!(replica(&study, &options, 0).unwrap(), replica(&study, &options, 1).unwrap());
    }
}
