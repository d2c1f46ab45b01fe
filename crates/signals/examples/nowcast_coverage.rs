//! How often the 90 % intervals of nowcasts hold the truth: by simulation, and on a line list given as argument.
//!
//! `cargo run --release -p signals --example nowcast_coverage [LINELIST.csv]`

#[path = "../tests/all/reporting.rs"]
mod reporting;

use signals::nowcast::{Method, Options, Prior, Scores, Weekdays};
use signals::{Given, files};

fn main() {
    let base = Options {
        method: Method::ReverseHazard,
        window: 0,
        past_min: 20.0,
        weekdays: Weekdays::Auto,
        prior: Prior::Recent,
        draws: 500,
        seed: 1,
        history: 60,
    };
    say("simulation,method,prior,weekdays,nowcasts,coverage_50,coverage_90,coverage_95,wis,wis_naive,without");
    for (name, world) in reporting::WORLDS {
        for (method, prior, weekdays) in [
            (Method::ReverseHazard, Prior::Recent, Weekdays::Auto),
            (Method::ReverseHazard, Prior::Recent, Weekdays::No),
            (Method::ReverseHazard, Prior::Flat, Weekdays::Auto),
            (Method::ChainLadder, Prior::Flat, Weekdays::Auto),
        ] {
            let scores = reporting::simulated(world, 100, &Options { method, prior, weekdays, ..base });
            row(&format!("{name},{method:?},{prior:?},{weekdays:?}"), &scores);
        }
    }
    if let Some(path) = std::env::args().nth(1) {
        for (method, prior, past_min) in [
            ("reverse-hazard", "recent", "20"),
            ("reverse-hazard", "recent", "40"),
            ("reverse-hazard", "flat", "20"),
            ("chain-ladder", "recent", "20"),
        ] {
            let given = Given::default().with("back", "50").with("method", method).with("prior", prior);
            let file = std::fs::File::open(&path).expect("the line list opens");
            let text = files::nowcast(file, &path, &given.with("past_min", past_min), false).expect("a line list");
            say(&format!("line list, {method}, {prior}, past_min = {past_min}\n{text}"));
        }
    }
}

fn row(what: &str, scores: &Scores) {
    let all = scores.all();
    let n = all.nowcasts as f64;
    let share = |count: usize| count as f64 / n;
    let (c50, c90, c95) = (share(all.within_50), share(all.within_90), share(all.within_95));
    let (wis, naive) = (all.interval_score / n, all.naive_score / n);
    say(&format!("{what},{n},{c50:.3},{c90:.3},{c95:.3},{wis:.2},{naive:.2},{}", scores.without));
}

#[expect(clippy::print_stdout, reason = "this prints figures")]
fn say(text: &str) {
    println!("{text}");
}
