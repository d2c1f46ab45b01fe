//! How many evaluations of EARS C1, C2 and C3 one core does in a second.
//!
//! `cargo run --release -p signals --example ears_speed`

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use base::Stopwatch;
use base::rng::Rng;
use signals::detect::method;
use signals::{Given, Series, Step};

const POINTS: usize = 2_000;
const ROUNDS: usize = 2_000;

fn main() -> base::Result<()> {
    let mut rng = Rng::of(6, 901, 0);
    let counts = (0..POINTS).map(|_| f64::from(rng.poisson(3.0))).collect();
    let series = Series::new(Step::Day, Some(20_000), counts);
    for name in ["ears-c1", "ears-c2", "ears-c3", "cusum", "rki1", "essence-ewma", "essence-regression"] {
        let (_, detector) = method(name)?.detector(&Given::default())?;
        let rounds = if name.starts_with("ears") { ROUNDS } else { ROUNDS / 100 };
        let (mut out, mut alarms) = (Vec::with_capacity(POINTS), 0);
        let from = if name == "rki1" || name.starts_with("ears") { 14 } else { 100 };
        let watch = Stopwatch::start();
        for _ in 0..rounds {
            out.clear();
            detector.judge(&series, from..POINTS, &mut out);
            alarms += out.iter().filter(|verdict| verdict.alarm()).count();
        }
        let seconds = watch.elapsed().as_secs_f64();
        let evaluations = (rounds * (POINTS - from)) as f64;
        println!("{name}: {:.2} million evaluations a second ({alarms} alarms)", evaluations / seconds / 1e6);
    }
    Ok(())
}
