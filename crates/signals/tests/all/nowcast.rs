//! Nowcasts: the shares by hand, what is refused, and how often intervals hold the truth.

use crate::given::surveillance;
use crate::reporting::{self, World};
use proptest::prelude::*;
use signals::nowcast::{self, Method, Options, Prior, QUANTILES, Triangle, Weekdays, weighted_interval_score};
use signals::{Given, files};
use std::fmt::Write;

const OPTIONS: Options = Options {
    method: Method::ReverseHazard,
    window: 0,
    past_min: 1.0,
    weekdays: Weekdays::No,
    prior: Prior::Flat,
    draws: 400,
    seed: 1,
    history: 60,
};

fn run(reports: &str, given: &Given) -> base::Result<String> {
    files::nowcast(reports.as_bytes(), "REPORTS", given, false)
}

/// Five days and delays to 2: ĝ_1 = (4+3+5+4)/(10+9+11+9) over days 0–3, ĝ_2 = (2+1+2)/(12+10+13) over days 0–2.
#[test]
fn reverse_hazards_by_hand() {
    let rows =
        [vec![6.0, 4.0, 2.0], vec![6.0, 3.0, 1.0], vec![6.0, 5.0, 2.0], vec![5.0, 4.0, 0.0], vec![7.0, 0.0, 0.0]];
    let triangle = Triangle::of(0, &rows);
    let (g1, g2) = (16.0 / 39.0, 5.0 / 35.0);
    for method in [Method::ReverseHazard, Method::ChainLadder] {
        let made = nowcast::nowcast(&triangle.now(), &Options { method, ..OPTIONS });
        let expected: Vec<f64> = made.days.iter().map(|day| day.expected.unwrap()).collect();
        let right = [12.0, 10.0, 13.0, 9.0 / (1.0 - g2), 7.0 / ((1.0 - g1) * (1.0 - g2))];
        for (found, right) in expected.iter().zip(right) {
            assert!((found - right).abs() < 1e-12, "{found} {right}");
        }
        assert_eq!(made.days[2].quantile(0.025), Some(13.0), "a day whose reports are in is known");
    }
    // Over the last two days only, nothing tells of the delay of two days.
    let short = nowcast::nowcast(&triangle.now(), &Options { window: 2, ..OPTIONS });
    assert_eq!(short.days[4].note, Some(nowcast::Note::ShortPast));
    assert_eq!((short.days[4].expected, short.days[4].quantiles), (None, None));
}

/// The mean of the whole under a flat prior is (c + 1 − F)/F where hazards are as good as known.
#[test]
fn draws_have_the_known_mean() {
    let mut rows = vec![vec![50_000.0, 30_000.0, 20_000.0]; 40];
    rows.push(vec![51.0, 30.0]);
    rows.push(vec![49.0]);
    let triangle = Triangle::of(0, &rows);
    let made = nowcast::nowcast(&triangle.now(), &Options { draws: 20_000, ..OPTIONS });
    let last = &made.days[41];
    assert!((last.share.unwrap() - 0.5).abs() < 1e-3);
    // Size 50 and mean 50: deviation 10.
    let (low, median, high) = (last.quantile(0.05).unwrap(), last.quantile(0.5).unwrap(), last.quantile(0.95).unwrap());
    assert!((median - 98.5).abs() <= 1.5 && (low - 83.0).abs() <= 2.0 && (high - 116.0).abs() <= 2.0, "{last:?}");
}

#[test]
fn a_line_list_counts_and_other_names_are_one() {
    let mut list = "dHosp,dReport\n".to_owned();
    let mut counts = "onset,delay,n\n".to_owned();
    let first = base::zone::day_named("2026-02-01").unwrap();
    for day in first..first + 28 {
        let onset = base::zone::day_text(day);
        for delay in 0..4 {
            let n = 1 + (day + delay) % 3;
            let _ = writeln!(counts, "{onset},{delay},{n}");
            for _ in 0..n {
                let _ = writeln!(list, "{onset},{}", base::zone::day_text(day + delay));
            }
        }
    }
    let given = Given::default().with("delay_max", "3").with("as_of", "2026-02-20").with("past_min", "5");
    let (list, counts) = (run(&list, &given).unwrap(), run(&counts, &given).unwrap());
    assert!(counts.starts_with("onset,observed,expected,median,q2.5,q5,q25,q75,q95,q97.5,share,note\n2026-02-01,"));
    assert_eq!(counts.lines().count(), 21, "as of the 20th, later reports are not known: {counts}");
    assert!(counts.contains("columns taken: onset delay n"), "{counts}");
    assert_eq!(list, counts.replace("onset delay n", "dhosp dreport"));
}

#[test]
fn what_is_wrong_is_named_with_its_row() {
    let given = Given::default().with("today", "2026-02-10");
    for (reports, part) in [
        ("onset,report\n2026-02-02,2026-02-01\n", "REPORTS: row 2, column `report`: `2026-02-01` is before `onset`"),
        ("onset,report\n2026-02-12,2026-02-13\n", "REPORTS: row 2, column `onset`: `2026-02-12` is after `today`"),
        ("onset,report\n2026-02-02,2026-02-11\n", "REPORTS: row 2, column `report`: `2026-02-11` is after `today`"),
        ("onset,report\n2026-02-02,\n", "REPORTS: row 2, column `report`: `` is no day"),
        ("onset,delay,n\n2026-02-02,-1,3\n", "REPORTS: row 2, column `delay`: `-1` is negative"),
        ("onset,delay,n\n2026-02-02,1,-3\n", "REPORTS: row 2, column `n`: `-3` is negative"),
        ("onset,delay,n\n2026-02-02,1,0.5\n", "REPORTS: row 2, column `n`: `0.5` is not whole"),
        ("onset,delay,n\n2026-02-02,20,1\n", "REPORTS: row 2, column `delay`: `20` is after `today`"),
        ("onset\n2026-02-02\n", "REPORTS: row 1: there is no column `report`"),
        ("onset,report\n", "REPORTS: there is no case"),
    ] {
        let text = run(reports, &given).unwrap_err().text().to_owned();
        assert!(text.starts_with(part), "{text}");
    }
    let early = Given::default().with("as_of", "2026-01-01");
    assert!(run("onset,report\n2026-02-02,2026-02-03\n", &early).unwrap_err().text().contains("nothing was known"));
}

#[test]
fn weekday_reporting_is_seen_and_helps() {
    let world = reporting::WORLDS.iter().find(|(name, _)| *name == "weekend").unwrap().1;
    let triangle = reporting::triangle(world, 3);
    let auto = Options { weekdays: Weekdays::Auto, past_min: 20.0, ..OPTIONS };
    assert!(nowcast::nowcast(&triangle.now(), &auto).weekdays);
    let plain = reporting::triangle(World { weekend: 1.0, ..world }, 3);
    assert!(!nowcast::nowcast(&plain.now(), &auto).weekdays);
    let (with, without) = (
        reporting::simulated(world, 8, &auto).all(),
        reporting::simulated(world, 8, &Options { weekdays: Weekdays::No, ..auto }).all(),
    );
    assert!(with.interval_score < without.interval_score, "{with:?} {without:?}");
}

/// Target 90 ± 5 %; the example `nowcast_coverage` prints all worlds.
#[test]
fn ninety_percent_intervals_hold_the_truth_as_often_as_they_say() {
    let options = Options { prior: Prior::Recent, weekdays: Weekdays::Auto, past_min: 20.0, draws: 200, ..OPTIONS };
    for name in ["plain", "weekend", "slow"] {
        let world = reporting::WORLDS.iter().find(|(known, _)| *known == name).unwrap().1;
        for method in [Method::ReverseHazard, Method::ChainLadder] {
            let runs = if method == Method::ChainLadder { 10 } else { 30 };
            let all = reporting::simulated(world, runs, &Options { method, ..options }).all();
            let (coverage, nowcasts) = (all.coverage_90(), all.nowcasts);
            eprintln!("{name}, {method:?}: {coverage:.3} of {nowcasts} within the 90 % interval");
            assert!((0.84..=0.96).contains(&coverage), "{name} {method:?}: {coverage}");
            assert!(all.interval_score < 0.5 * all.naive_score, "{name} {method:?}: {all:?}");
        }
    }
}

/// The outbreak of 2011 went back day by day: 90 ± 5 % of what became known was within the interval.
#[test]
fn the_outbreak_of_2011_as_it_was_known_each_day() {
    let Some(list) = surveillance("husO104Hosp.csv") else { return };
    let given = Given::default().with("back", "50").with("draws", "400");
    let printed = run(&list, &given).unwrap();
    eprintln!("{printed}");
    let all: Vec<f64> = printed.lines().last().unwrap().split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
    assert!(all[0] > 300.0 && (0.85..=0.95).contains(&all[2]), "{all:?}");
    let today = run(&list, &Given::default().with("as_of", "2011-06-02")).unwrap();
    assert!(today.contains("columns taken: dhosp dreport"), "{today}");
}

#[test]
fn the_weighted_interval_score_is_the_error_where_nothing_is_open() {
    assert!((weighted_interval_score(&[3.0; QUANTILES.len()], 5.0) - 2.0).abs() < 1e-12);
    let wide = [0.0, 1.0, 3.0, 5.0, 7.0, 9.0, 10.0];
    // Half widths by α/2 and the median's error: (0 + 0.025·10 + 0.05·8 + 0.25·4) · 2 / 7.
    assert!((weighted_interval_score(&wide, 5.0) - 2.0 * (0.25 + 0.4 + 1.0) / 7.0).abs() < 1e-12);
}

proptest! {
    /// A list moved in time gives the same numbers; where weekdays do not count, by any number of days.
    #[test]
    fn moved_in_time_is_the_same(shift in 0_i32..400, seed in 0_u64..50) {
        let world = reporting::WORLDS[1].1;
        let moved = |first: i32| {
            let mut triangle = reporting::triangle(world, seed);
            triangle.first = first;
            triangle
        };
        let options = Options { draws: 20, ..OPTIONS };
        let (one, other) = (moved(0), moved(shift));
        let (one, other) = (nowcast::nowcast(&one.now(), &options), nowcast::nowcast(&other.now(), &options));
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }

    /// Ten times the cases are ten times the expectation.
    #[test]
    fn scaled_cases_scale_the_expectation(seed in 0_u64..50, times in 2_u32..20) {
        let triangle = reporting::triangle(reporting::WORLDS[0].1, seed);
        let known = triangle.now();
        let rows: Vec<Vec<f64>> = (0..triangle.days())
            .map(|day| (0..=triangle.delay_max()).map(|d| known.at(day, d) * f64::from(times)).collect())
            .collect();
        let options = Options { draws: 20, ..OPTIONS };
        let more = Triangle::of(0, &rows);
        let (one, more) = (nowcast::nowcast(&known, &options), nowcast::nowcast(&more.now(), &options));
        for (one, more) in one.days.iter().zip(&more.days) {
            let (one, more) = (one.expected.unwrap(), more.expected.unwrap());
            prop_assert!((one * f64::from(times) - more).abs() < 1e-9 * more.max(1.0));
        }
    }

    /// What is known never exceeds what is expected, and intervals are in order.
    #[test]
    fn nothing_known_is_taken_back(rows in prop::collection::vec(prop::collection::vec(0_u32..9, 6), 1..40)) {
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|n| f64::from(*n)).collect()).collect();
        let triangle = Triangle::of(0, &rows);
        for (method, prior) in [(Method::ReverseHazard, Prior::Recent), (Method::ReverseHazard, Prior::Flat), (Method::ChainLadder, Prior::Flat)] {
            let made = nowcast::nowcast(&triangle.now(), &Options { method, prior, draws: 30, ..OPTIONS });
            for day in made.days {
                prop_assert!(day.expected.is_none_or(|expected| expected >= day.observed - 1e-9));
                if let Some(quantiles) = day.quantiles {
                    prop_assert!(quantiles[0] >= day.observed && quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
                }
            }
        }
    }

    #[test]
    fn hostile_files_are_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        rows in prop::collection::vec(("[0-9-]{0,10}", "[0-9-]{0,10}", "[0-9.e-]{0,5}"), 0..20),
    ) {
        let given = Given::default().with("draws", "100");
        let _ = files::nowcast(&bytes[..], "a", &given, false);
        for heading in ["onset,report,n", "onset,delay,n"] {
            let mut text = format!("{heading}\n");
            rows.iter().for_each(|(a, b, c)| { let _ = writeln!(text, "{a},{b},{c}"); });
            let _ = files::nowcast(text.as_bytes(), "a", &given, true);
        }
    }
}
