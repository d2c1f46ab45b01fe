//! The reproduction number in time, against stored results of EpiEstim (its test snapshot `estimate_R`, examples 1 to 4).

use proptest::prelude::*;
use signals::intervals::{Gamma, Interval};
use signals::{Given, files, rt};
use std::fmt::Write;

/// Influenza A(H1N1) in a school, Pennsylvania 2009 (EpiEstim, `Flu2009`).
const FLU: [u32; 32] =
    [1, 1, 0, 2, 5, 3, 3, 3, 6, 2, 5, 9, 13, 12, 13, 11, 12, 6, 6, 6, 3, 1, 0, 2, 0, 0, 0, 0, 2, 0, 2, 0];
const FLU_SI: &str = "0,.233,.359,.198,.103,.053,.027,.014,.007,.003,.002,.001";

/// All cases and the imported ones of EpiEstim's example 2.
const ALL: [u32; 27] = [1, 3, 1, 1, 3, 4, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const IMPORTED: [u32; 27] = [1, 1, 1, 1, 2, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn flu() -> String {
    FLU.iter().enumerate().fold("t,I\n".to_owned(), |mut text, (at, cases)| {
        let _ = writeln!(text, "{},{cases}", at + 1);
        text
    })
}

fn run(counts: &str, si: Option<&str>, given: &Given) -> base::Result<String> {
    files::rt(counts.as_bytes(), "COUNTS", si.map(|si| (si.as_bytes(), "SI")), given, false)
}

/// Every printed digit of every number that the rows of `expected` have.
fn same_digits(printed: &str, expected: &str) {
    let cells = |line: &str| -> Vec<String> { line.split(',').map(str::to_owned).collect() };
    let (heading, wanted) = (cells(printed.lines().next().unwrap()), cells(expected.lines().next().unwrap()));
    assert_eq!(printed.lines().count(), expected.lines().count());
    for (found, right) in printed.lines().zip(expected.lines()).skip(1) {
        let (found, right) = (cells(found), cells(right));
        for (column, right) in wanted.iter().zip(&right) {
            let found: f64 = found[heading.iter().position(|name| name == column).unwrap()].parse().unwrap();
            let digits = right.split('.').nth(1).map_or(0, str::len);
            assert_eq!(&format!("{found:.digits$}"), right, "{column} of {found:?} in {right}");
        }
    }
}

#[test]
fn flu_2009_with_the_given_interval_to_every_printed_digit() {
    let printed = run(&flu(), Some(FLU_SI), &Given::default()).unwrap();
    assert!(printed.starts_with("t_start,t_end,mean,sd,q2.5,median,q97.5,"), "{printed}");
    same_digits(&printed, include_str!("../../given/rt_flu2009.csv"));
}

#[test]
fn flu_2009_with_a_gamma_interval_to_every_printed_digit() {
    let given = Given::default().with("si_mean", "2.6").with("si_sd", "1.5");
    same_digits(&run(&flu(), None, &given).unwrap(), include_str!("../../given/rt_flu2009_gamma.csv"));
}

#[test]
fn imported_cases_infect_and_are_not_infected_here() {
    let mut counts = "date,observed,imported\n".to_owned();
    for (at, (all, imported)) in ALL.iter().zip(IMPORTED).enumerate() {
        let _ = writeln!(counts, "2026-01-{:02},{all},{imported}", at + 1);
    }
    let given = Given::default().with("si_mean", "2.6").with("si_sd", "1.5");
    let printed = run(&counts, None, &given).unwrap();
    same_digits(&printed, include_str!("../../given/rt_imported.csv"));
    assert!(printed.lines().nth(1).unwrap().starts_with("2,8,2026-01-02,2026-01-08,0.64"), "{printed}");
}

/// Example 4 draws 100 pairs and 100 values of each posterior; here the mixture is exact, so only the pairs differ.
#[test]
fn an_uncertain_interval_widens_the_estimate() {
    let mut given = Given::default().with("si_mean", "2.6").with("si_sd", "1.5").with("pairs", "2000");
    for (key, value) in [
        ("si_mean_sd", "1"),
        ("si_mean_min", "1"),
        ("si_mean_max", "4.2"),
        ("si_sd_sd", "0.5"),
        ("si_sd_min", "0.5"),
        ("si_sd_max", "2.5"),
    ] {
        given = given.with(key, value);
    }
    let printed = run(&flu(), None, &given).unwrap();
    let row = |nth: usize| -> Vec<f64> {
        printed.lines().nth(nth).unwrap().split(',').take(7).map(|cell| cell.parse().unwrap()).collect()
    };
    for (nth, expected) in [
        (2, [1.8321097, 0.5153371, 1.02631534, 1.7556111, 3.0390217]),
        (6, [1.6578168, 0.3096693, 1.12730374, 1.6315923, 2.3422591]),
        (14, [0.8292920, 0.1120904, 0.62228842, 0.8237088, 1.0636335]),
    ] {
        for (found, expected) in row(nth)[2..].iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 0.12, "row {nth}: {found} for {expected}");
        }
    }
    let sample = run(&flu(), Some("mean,sd\n2.6,1.5\n2.6,1.5\n"), &Given::default()).unwrap();
    let one = run(&flu(), None, &Given::default().with("si_mean", "2.6").with("si_sd", "1.5")).unwrap();
    assert_eq!(sample, one, "a sample of equal pairs is that pair");
}

#[test]
fn what_is_wrong_is_named_with_its_row() {
    let flu = flu();
    let refused = |counts: &str, si: &str| run(counts, Some(si), &Given::default()).unwrap_err().text().to_owned();
    for (si, part) in [
        ("k,w\n0,0\n1,0.5\n2,0.4\n", "SI: rows 2 to 4: the weights add up to 0.9; they must add up to 1"),
        ("k,w\n0,0\n1,-0.5\n2,1.5\n", "SI: row 3, column `w`: `-0.5` is negative"),
        ("k,w\n0,0.1\n1,0.9\n", "SI: row 2, column `w`: `0.1` is the weight of day 0"),
        ("0\n0.5\n-0.5\n1\n", "SI: row 3: `-0.5` is no weight"),
        ("0.2 0.8", "SI: row 1: `0.2` is the weight of day 0"),
        ("k,w\n1,0.5\n1,0.5\n", "SI: row 3, column `k`: `1` stands there twice"),
        ("k,w\n1,NaN\n", "SI: row 2, column `w`: `NaN` is no number"),
        ("mean,sd\n0.5,1\n", "SI: row 2: an interval of mean 0.5"),
    ] {
        let text = refused(&flu, si);
        assert!(text.starts_with(part), "{text}");
    }
    for (counts, part) in [
        ("t,I\n1,1\n2,-1\n", "COUNTS: row 3, column `i`: `-1` is negative"),
        ("t,I\n1,1\n2,1.5\n", "COUNTS: row 3, column `i`: `1.5` is not whole"),
        ("t,I\n1,1\n2,\n", "COUNTS: row 3, column `i`: `` is no number"),
        ("t,I\n1,1\n1,2\n", "COUNTS: row 3, column `t`: `1` stands there twice"),
        ("date,I\n2026-01-02,1\n2026-01-01,2\n", "COUNTS: row 3, column `date`: `2026-01-01` comes after a later one"),
        ("date,I\n2026-01-02,1\n2026-01-04,2\n", "COUNTS: row 3, column `date`: `2026-01-04` does not follow"),
        ("t,I,imported\n1,1,0\n2,1,2\n", "COUNTS: row 3, column `imported`: `2` is more than all"),
        ("t,I\n-9223372036854775808,1\n9223372036854775807,1\n", "COUNTS: row 2, column `t`:"),
        ("t,I\n1,1\n2,1e300\n", "COUNTS: row 3, column `i`: `1e300` is more than"),
        ("date,I\n1800-01-01,1\n2200-12-31,2\n", "COUNTS: row 3, column `date`:"),
        ("a,b\n1,2\n", "COUNTS: row 1: there is no column `t` or `date`"),
        ("t,I\n1,1\n", "COUNTS: 1 days; a window of 7"),
    ] {
        let text = refused(counts, FLU_SI);
        assert!(text.starts_with(part), "{text}");
    }
    let none = run(&flu, None, &Given::default()).unwrap_err();
    assert!(none.text().contains("--si-mean"), "{none:?}");
}

#[test]
fn windows_of_ones_own_and_json() {
    let given =
        Given::default().with("t_start", "2,10").with("t_end", "8,20").with("si_mean", "2.6").with("si_sd", "1.5");
    let text = files::rt(flu().as_bytes(), "COUNTS", None::<(&[u8], &str)>, &given, true).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["estimates"].as_array().unwrap().len(), 2);
    assert!((json["estimates"][0]["q2.5"].as_f64().unwrap() - 1.0287437).abs() < 1e-7);
    assert_eq!(json["settings"]["prior_mean"], "5");
    let outside = given.with("t_end", "8,40");
    assert!(run(&flu(), None, &outside).unwrap_err().text().contains("between 2 and 32"));
}

#[test]
fn too_early_and_without_infectors_is_said() {
    let long = Given::default().with("si_mean", "20").with("si_sd", "3").with("window", "3");
    let printed = run(&flu(), None, &long).unwrap();
    let first = printed.lines().nth(1).unwrap();
    assert!(first.starts_with("2,4,,,,,,") && first.ends_with(",too-early"), "{first}");
    let none = "t,I\n1,0\n2,0\n3,0\n4,2\n5,0\n";
    let given = Given::default().with("si_mean", "1.5").with("si_sd", "0.5").with("window", "2");
    let printed = run(none, None, &given).unwrap();
    let first = printed.lines().nth(1).unwrap();
    assert!(
        first.starts_with("2,3,,,,,,,,,,0,0,") && first.ends_with("no-infectors"),
        "no prior is told as R: {first}"
    );
}

proptest! {
    /// Adding a day changes no window before it; twice the cases keep R where the prior does not weigh.
    #[test]
    fn later_days_change_nothing_and_scale_falls_out(
        cases in prop::collection::vec(0_u32..200, 12..40),
        mean in 1.5..8.0_f64,
        sd in 0.5..4.0_f64,
    ) {
        let cases: Vec<f64> = cases.into_iter().map(f64::from).collect();
        let interval = [Interval::gamma(mean, sd).unwrap()];
        let windows: Vec<(usize, usize)> = (1..cases.len() - 7).map(|start| (start, start + 6)).collect();
        let prior = Gamma::of(5.0, 5.0).unwrap();
        let all = rt::estimate(&cases, &[], &interval, &windows, prior, 0.3).unwrap();
        let cut = cases.len() - 1;
        let before: Vec<(usize, usize)> = windows.iter().copied().filter(|(_, end)| *end < cut).collect();
        let early = rt::estimate(&cases[..cut], &[], &interval, &before, prior, 0.3).unwrap();
        prop_assert_eq!(format!("{:?}", &all[..early.len()]), format!("{early:?}"));
        let many: Vec<f64> = cases.iter().map(|count| count * 1e6).collect();
        let more: Vec<f64> = cases.iter().map(|count| count * 2e6).collect();
        let (many, more) = (
            rt::estimate(&many, &[], &interval, &windows, prior, 0.3).unwrap(),
            rt::estimate(&more, &[], &interval, &windows, prior, 0.3).unwrap(),
        );
        for (one, two) in many.iter().zip(&more) {
            let same = one.mean.is_nan() || (one.mean - two.mean).abs() < 1e-3 * (one.mean + 1.0) || one.infectivity < 1e3;
            prop_assert!(same, "{one:?} {two:?}");
            prop_assert!(one.mean.is_nan() || one.quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }

    #[test]
    fn hostile_files_are_refused_without_a_panic(
        counts in prop::collection::vec(any::<u8>(), 0..200),
        si in prop::collection::vec(any::<u8>(), 0..100),
        rows in prop::collection::vec(("[0-9.eE+-]{0,6}", "[0-9.eE+-]{0,8}"), 0..20),
    ) {
        let given = Given::default().with("window", "1");
        let _ = files::rt(&counts[..], "a", Some((&si[..], "b")), &given, false);
        let mut text = "t,I\n".to_owned();
        rows.iter().for_each(|(t, count)| { let _ = writeln!(text, "{t},{count}"); });
        let _ = run(&text, Some(FLU_SI), &given);
        let _ = run(&flu(), Some(&text.replace("t,I", "k,w")), &given);
        let _ = run(&flu(), Some(&text.replace("t,I", "mean,sd")), &given);
    }
}
