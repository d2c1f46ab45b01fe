//! A day of a city: 16 districts and 220 streets, 60 diseases, 8 strata, most of them sparse. Prints how long the
//! detectors take and how much memory at most.
//!
//! `cargo run --release -p signals --example city_day [-- threads]`
//!
//! Each series has five years and half a year of days and is judged today by EARS C2, ESSENCE's switch and the moving
//! percentile; its weeks are judged by the flexible Farrington method. The time holds the making of the series.

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use base::Stopwatch;
use base::calendar::day;
use base::rng::Rng;
use signals::detect::many::{Asked, Job, many};
use signals::detect::{Detector, Level, method};
use signals::{Given, Series, Step};

const AREAS: u64 = 16 + 220;
const DISEASES: u64 = 60;
const STRATA: u64 = 8;
const WEEKS: usize = 287;

fn main() -> base::Result<()> {
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2);
    let count = AREAS * DISEASES * STRATA;
    println!("{count} series of {} days, {threads} threads", WEEKS * 7);
    let detector = |name: &str| method(name)?.detector(&Given::default()).map(|(_, detector)| detector);
    let (_, percentile) = method("percentile")?.detector(&Given::default().with("percentile", "90"))?;
    let daily = [detector("ears-c2")?, detector("essence-switch")?, percentile];
    let weekly = [detector("farrington-flexible")?];
    let watch = Stopwatch::start();
    let made: usize = (0..count).map(|nth| days_of(nth).len()).sum();
    println!("making the series alone, on one thread: {:.2} s ({made} points)", watch.elapsed().as_secs_f64());
    for active_days in [7, 0] {
        run(threads, active_days, count, &daily, &weekly);
    }
    println!("peak memory: {} MB", peak_memory_mb());
    Ok(())
}

fn run(threads: usize, active_days: usize, count: u64, daily: &[Box<dyn Detector>], weekly: &[Box<dyn Detector>]) {
    let (watch, used) = (Stopwatch::start(), processor_seconds());
    let (mut judged, mut verdicts, mut alarms) = (0_u64, 0_usize, 0_usize);
    let asked = Asked { threads, active_days, last: 1 };
    // The same series by days and by weeks stand beside each other in the feed.
    let feed = (0..count).flat_map(|nth| [(nth, Step::Day), (nth, Step::Week)]);
    let make = |(nth, step): (u64, Step)| {
        let days = days_of(nth);
        let (series, detectors) = match step {
            Step::Day => (days, daily),
            Step::Week => (weeks_of(&days), weekly),
        };
        Job { key: nth, series, detectors: detectors.iter().map(|detector| &**detector).collect() }
    };
    many(asked, feed, make, |found| {
        let Some(lists) = found.verdicts else { return };
        judged += 1;
        let all = lists.iter().flatten();
        verdicts += all.clone().count();
        alarms += all.filter(|verdict| verdict.level == Level::Alarm).count();
    });
    let which =
        if active_days == 0 { "all series".to_owned() } else { format!("a case in the last {active_days} days") };
    let seconds = watch.elapsed().as_secs_f64();
    let used = processor_seconds() - used;
    println!(
        "{which}: {seconds:.2} s, {used:.2} s of processor time; {judged} judged, {verdicts} verdicts, {alarms} alarms"
    );
}

/// The days of one series: cases come by chance, more in its season; few series have more than one case a day.
fn days_of(nth: u64) -> Series {
    let mut rng = Rng::of(6, 900, nth);
    let first = day(2026, 11, 22) - i32::try_from(WEEKS * 7).unwrap_or_default() + 1;
    let mut counts = vec![0.0; WEEKS * 7];
    let district = nth % AREAS < 16;
    let rate = rng.lognormal(if district { 0.04 } else { 0.004 }, 1.8).min(40.0);
    let peak = rng.unit() * 365.0;
    let mut at = rng.exponential(1.0 / (2.0 * rate));
    while at < counts.len() as f64 {
        let season = 0.5 + 0.5 * ((at - peak) / 365.25 * std::f64::consts::TAU).cos();
        if rng.chance(season) {
            counts[at as usize] += 1.0;
        }
        at += rng.exponential(1.0 / (2.0 * rate));
    }
    Series::new(Step::Day, Some(first), counts)
}

fn weeks_of(days: &Series) -> Series {
    let weeks = days.observed.chunks(7).map(|week| week.iter().sum()).collect();
    Series::new(Step::Week, days.first, weeks)
}

/// What this process has taken of the processors so far, as Linux tells in hundredths; on a busy machine this is what
/// the time would be without the others, on one core. 0 elsewhere.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that this process has held so far, as Linux tells; 0 elsewhere.
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}
