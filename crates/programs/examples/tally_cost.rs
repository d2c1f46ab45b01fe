//! What the tallies of the overview add to the cost of a write: imports the same file with and without the reaction,
//! side by side, and tells the medians. `cargo run --release -p programs --example tally_cost -- FILE.ndjson DIR [RUNS]`

#![allow(clippy::print_stdout, reason = "a measurement prints")]

use base::{Cx, Stopwatch};
use programs::overview::REACTION;
use runtime::import::{self, ImportOptions, Source};
use runtime::reactions::{Runner, catch_up};
use std::path::Path;
use std::time::Duration;
use store::{Options, Store};

/// How a file is brought in.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Alone,
    /// The reaction runs beside, as in a server; over when it has counted all.
    Beside,
    /// The reaction runs afterwards, as in a command without a server.
    After,
}

/// Seconds by the clock and of the processors.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    processors: f64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, dir, rest @ ..] = words.as_slice() else {
        eprintln!("name the NDJSON file, an empty folder to work in, and perhaps the number of runs (3)");
        std::process::exit(2);
    };
    let runs = rest.first().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let mut costs: [Vec<Cost>; 3] = Default::default();
    for _ in 0..runs {
        for (way, costs) in [Way::Alone, Way::Beside, Way::After].into_iter().zip(&mut costs) {
            costs.push(bring_in(Path::new(file), &Path::new(dir).join("run"), way));
        }
    }
    let [alone, beside, after] = costs.map(|costs| median(&costs));
    println!("alone:  {:.2} s, {:.2} s of the processors", alone.wall, alone.processors);
    for (name, cost) in [("beside", beside), ("after", after)] {
        let more = |with: f64, without: f64| 100.0 * (with / without - 1.0);
        println!(
            "{name}: {:.2} s ({:+.1} %), {:.2} s of the processors ({:+.1} %)",
            cost.wall,
            more(cost.wall, alone.wall),
            cost.processors,
            more(cost.processors, alone.processors)
        );
    }
}

fn bring_in(file: &Path, dir: &Path, way: Way) -> Cost {
    let _ = std::fs::remove_dir_all(dir);
    let store = Store::open(dir, Options::default()).expect("the folder can be used");
    let (watch, before) = (Stopwatch::start(), processors());
    let runner = (way == Way::Beside)
        .then(|| Runner::start(store.clone(), Cx::platform(), vec![&REACTION]).expect("a thread can be started"));
    let options = ImportOptions { workers: 2, ..ImportOptions::default() };
    let source = Source::path(file);
    let report = import::run(&Cx::platform(), &store, vec![source], &options, &|_, _| {}).expect("the import ends");
    assert!(report.refusals.is_empty(), "all is taken");
    while way == Way::Beside && store.cursor(REACTION.name).expect("the store answers") < store.position() {
        std::thread::sleep(Duration::from_millis(2));
    }
    if way == Way::After {
        catch_up(&Cx::platform(), &store, &[&REACTION]).expect("the reaction runs");
    }
    let cost = Cost { wall: watch.elapsed().as_secs_f64(), processors: processors() - before };
    if let Some(runner) = runner {
        runner.stop();
    }
    store.close().expect("the store closes");
    let _ = std::fs::remove_dir_all(dir);
    println!("  {:.2} s, {:.2} s of the processors, {} resources", cost.wall, cost.processors, report.progress.stored);
    cost
}

fn median(costs: &[Cost]) -> Cost {
    let of = |read: fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(read).collect();
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    };
    Cost { wall: of(|cost| cost.wall), processors: of(|cost| cost.processors) }
}

/// Seconds that the processors have worked for this process (user and system; Linux counts in hundredths).
fn processors() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
