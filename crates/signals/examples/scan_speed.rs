//! How long a scan takes: a city of 6,000 places on 80 × 80 km, dense in the middle, cases in a space-time permutation,
//! 999 replicas. `cargo run --release -p signals --example scan_speed [ROUNDS] [WORD]`, with a word only
//! the lines that hold it.

use base::clock::Stopwatch;
use base::rng::Rng;
use signals::Given;
use signals::scan::{Coordinates, Count, Found, Kind, Options, Persons, Place, Study, scan};

const PLACES: u32 = 6_000;

#[expect(clippy::print_stdout, reason = "an example prints what it measures")]
fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3);
    let word = std::env::args().nth(2).unwrap_or_default();
    let daily = "radius_max = 5\ndays_max = 7\n";
    let back = "radius_max = 5\ndays_max = 7\nanalysis = retrospective\n";
    let circles = "analysis = spatial\n";
    let lines: [(&str, Kind, u32, i32, &str); 9] = [
        ("stp, 1-7 days ending today, study of 30 days", Kind::Stp, 500, 30, daily),
        ("stp, 1-7 days ending today, study of 30 days", Kind::Stp, 5_000, 30, daily),
        ("stp, 1-7 days ending today, study of 365 days", Kind::Stp, 500, 365, daily),
        ("stp, 1-7 days ending today, study of 365 days", Kind::Stp, 5_000, 365, daily),
        ("stp, every 1-7 days of 30", Kind::Stp, 500, 30, back),
        ("stp, every 1-7 days of 30", Kind::Stp, 5_000, 30, back),
        ("poisson, 1-7 days ending today, study of 365 days", Kind::Poisson, 5_000, 365, daily),
        ("bernoulli, circles of half the city, as many controls", Kind::Bernoulli, 5_000, 30, circles),
        ("poisson, circles of half the city", Kind::Poisson, 10_000_000, 30, circles),
    ];
    println!(
        "| scan | cases | steps of circles | seconds (median of {rounds}) | p of the first |\n|---|---|---|---|---|"
    );
    for (name, kind, cases, days, settings) in lines.into_iter().filter(|line| line.0.contains(&word)) {
        let study = city(kind, cases, days);
        let options = Options::given(&Given::read(settings).expect("settings"), kind, true).expect("options");
        let mut found: Option<Found> = None;
        let mut seconds: Vec<f64> = (0..rounds)
            .map(|_| {
                let watch = Stopwatch::start();
                found = Some(scan(&study, &options).expect("a scan"));
                watch.elapsed().as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        let found = found.expect("a round");
        let p = found.clusters.first().and_then(|cluster| cluster.p).unwrap_or(f64::NAN);
        println!("| {name} | {cases} | {} | {:.2} | {p:.3} |", found.circles, seconds[seconds.len() / 2]);
    }
}

/// Half of the places within 12 km of the middle, the rest anywhere; a place's cases follow its size.
fn city(kind: Kind, cases: u32, days: i32) -> Study {
    let mut rng = Rng::of(1, 1, 0);
    let places: Vec<Place> = (0..PLACES)
        .map(|nth| {
            let at = if nth.is_multiple_of(2) {
                [40.0 + 6.0 * rng.normal(), 40.0 + 6.0 * rng.normal()]
            } else {
                [80.0 * rng.unit(), 80.0 * rng.unit()]
            };
            Place { name: format!("{nth:05}"), at }
        })
        .collect();
    let size: Vec<f64> = places.iter().map(|_| rng.lognormal(4_000.0, 0.6).round()).collect();
    let cumulative = base::rng::cumulative(size.iter().copied());
    let counts = |rng: &mut Rng, many: u32| -> Vec<Count> {
        let each = (many / 200_000).max(1);
        let one = |rng: &mut Rng| Count {
            place: rng.weighted(&cumulative) as u32,
            day: rng.between(0, i64::from(days) - 1) as i32,
            stratum: 0,
            count: each,
        };
        (0..many / each).map(|_| one(rng)).collect()
    };
    let cases = counts(&mut rng, cases);
    let controls = if kind == Kind::Bernoulli { cases.clone() } else { Vec::new() };
    let controls = controls.into_iter().map(|count| Count { place: (count.place * 7 + 3) % PLACES, ..count }).collect();
    let of_kind = size.iter().zip(0..).filter(|_| kind == Kind::Poisson);
    Study {
        kind,
        coordinates: Coordinates::Plane,
        strata: 1,
        cases,
        controls,
        population: of_kind.map(|(size, place)| Persons { place, stratum: 0, day: None, persons: *size }).collect(),
        days: Some((0, days - 1)),
        places,
    }
}
