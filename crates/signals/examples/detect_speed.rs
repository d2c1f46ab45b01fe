//! How many points a second each method judges on one core:
//! `cargo run --release -p signals --example detect_speed [METHOD …]`.
//! Series are Poisson counts around a seasonal mean, ten years of weeks; the last five years are judged.

use base::clock::Stopwatch;
use base::rng::Rng;
use signals::numbers::draw;
use signals::{Given, Series, Step, detect};

const WEEKS: usize = 520;
/// Weekly methods that look back by years, so that each point costs a fit.
const METHODS: &[&str] = &[
    "farrington",
    "farrington-flexible",
    "lr-cusum",
    "glr-cusum",
    "nb-regression",
    "serfling",
    "mem",
    "ears-c1",
    "ears-c2",
    "ears-c3",
];

fn series(index: u64) -> Series {
    let mut rng = Rng::of(6, 1, index);
    let level = 1.0 + 0.4 * (index % 8) as f64;
    let counts = (0..WEEKS).map(|week| {
        let season = 0.6 * (std::f64::consts::TAU * week as f64 / 52.0).sin();
        draw::negative_binomial(&mut rng, (level + season).exp(), 8.0) as f64
    });
    Series::new(Step::Week, base::zone::day_named("2016-01-04"), counts.collect())
}

/// The processor time that this thread has had, so that others on the machine do not count;
/// NaN where the system does not say.
fn processor_seconds() -> f64 {
    let nanos = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = nanos.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanos.unwrap_or(f64::NAN) / 1e9
}

#[expect(clippy::print_stdout, reason = "an example prints what it has measured")]
fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = if asked.is_empty() { METHODS.to_vec() } else { asked.iter().map(String::as_str).collect() };
    let many: Vec<Series> = (0..64).map(series).collect();
    for name in names {
        let Ok(method) = detect::method(name) else {
            println!("{name}: there is no such method");
            continue;
        };
        let (_, detector) = method.detector(&Given::default()).expect("defaults that fit together");
        let (watch, busy) = (Stopwatch::start(), processor_seconds());
        let (mut judged, mut alarms, mut out) = (0_usize, 0_usize, Vec::new());
        while watch.elapsed().as_secs_f64() < 2.0 {
            for series in &many {
                out.clear();
                detector.judge(series, WEEKS / 2 + 20..WEEKS, &mut out);
                judged += out.len();
                alarms += out.iter().filter(|verdict| verdict.alarm()).count();
            }
        }
        let wall = judged as f64 / watch.elapsed().as_secs_f64();
        let core = judged as f64 / (processor_seconds() - busy);
        println!(
            "{name}: {core:.0} points a second of processor time, {wall:.0} by the clock ({judged} points, {alarms} alarms)"
        );
    }
}
