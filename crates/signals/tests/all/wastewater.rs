//! From samples of wastewater to Rt: against what was put in, and with hostile input.

use proptest::prelude::*;
use signals::wastewater::{deconvolve, loess};
use signals::{Given, files};
use std::fmt::Write;

fn run(samples: &str, given: &Given) -> base::Result<String> {
    let none = files::Distributions::<&[u8]> { shedding: None, generation: None };
    files::wastewater(samples.as_bytes(), "S", none, given, false)
}

fn given() -> Given {
    Given::default().with("shedding_mean", "6").with("shedding_sd", "3").with("gi_mean", "5").with("gi_sd", "2")
}

fn column(printed: &str, name: &str) -> Vec<Option<f64>> {
    let nth = printed.lines().next().unwrap().split(',').position(|column| column == name).unwrap();
    printed.lines().skip(1).map(|row| row.split(',').nth(nth).unwrap().parse().ok()).collect()
}

/// Infections that grow by 5 % a day, shed and sampled: Rt is 1/M(−r) of the generation interval.
fn growing() -> String {
    let mut samples = "date,concentration,flow,pmmov\n".to_owned();
    for day in (0..80).step_by(2) {
        // Rain dilutes every fifth sample to a third; flow and PMMoV show it.
        let dilution = if day % 5 == 0 { 3.0 } else { 1.0 };
        let level = 1e4 * (0.05 * f64::from(day)).exp();
        let date = base::zone::day_text(20_000 + day);
        let _ = writeln!(samples, "{date},{},{},{}", level / dilution, 1e5 * dilution, 2e6 / dilution);
    }
    samples
}

#[test]
fn a_steady_growth_comes_back_as_its_reproduction_number() {
    let right = signals::intervals::Interval::gamma(5.0, 2.0).unwrap().reproduction(0.05);
    for normalise in ["flow", "pmmov"] {
        let printed = run(&growing(), &given().with("normalise", normalise).with("scale", "10000")).unwrap();
        assert!(printed.starts_with("t,date,concentration,normalised,smoothed,infections,rt_mean,"), "{printed}");
        let rt: Vec<f64> = column(&printed, "rt_mean").into_iter().flatten().collect();
        assert!(rt.len() > 40, "{printed}");
        for value in &rt[25..] {
            assert!((value / right - 1.0).abs() < 0.03, "{normalise}: {value} {right}");
        }
    }
    let raw = run(&growing(), &given().with("normalise", "none").with("scale", "10000")).unwrap();
    let smoothed = |printed: &str| column(printed, "smoothed").into_iter().flatten().collect::<Vec<f64>>();
    let whole = run(&growing(), &given().with("normalise", "flow")).unwrap();
    let rough =
        |values: &[f64]| values.windows(3).map(|v| (v[0].ln() - 2.0 * v[1].ln() + v[2].ln()).abs()).sum::<f64>();
    assert!(rough(&smoothed(&raw)) > 2.0 * rough(&smoothed(&whole)), "normalising takes the rain out");
}

#[test]
fn deconvolution_finds_the_wave_again() {
    let shedding = [0.05, 0.15, 0.3, 0.25, 0.15, 0.1];
    let wave = |day: i32| 1000.0 * (-f64::from(day - 30).powi(2) / 60.0).exp() + 5.0;
    let signal: Vec<f64> =
        (0..60).map(|t| shedding.iter().zip(0..).map(|(s, k)| s * wave(t - k)).sum::<f64>()).collect();
    let (infections, shares) = deconvolve(&signal, &shedding, 9);
    assert_eq!(infections.len(), 65);
    let top = (0..65).max_by(|a, b| infections[*a].total_cmp(&infections[*b])).unwrap();
    assert!((top as i32 - 35).abs() <= 1, "the wave is highest on day 30: {top}");
    assert!((infections[35] / 1005.0 - 1.0).abs() < 0.05, "{}", infections[35]);
    assert!((shares[20] - 1.0).abs() < 1e-12 && shares[64] < 0.06);
    // Each round keeps the whole where everything shed is seen.
    let one_day = deconvolve(&signal, &[1.0], 3).0;
    assert!(one_day.iter().zip(&signal).all(|(a, b)| (a - b).abs() < 1e-9));
}

#[test]
fn loess_keeps_a_straight_line() {
    let samples: Vec<(usize, f64)> =
        [0, 2, 3, 7, 9, 14, 15, 21].iter().map(|day| (*day, 3.0 + 0.5 * *day as f64)).collect();
    for (day, value) in loess(&samples, 21, 14.0).iter().enumerate() {
        assert!((value - 3.0 - 0.5 * day as f64).abs() < 1e-9, "{day} {value}");
    }
}

#[test]
fn limits_of_detection_gaps_and_errors() {
    let mut samples = "t,concentration\n1,9000\n".to_owned();
    for day in 30..60 {
        let _ = writeln!(samples, "{day},{}", if day == 40 { "<500".to_owned() } else { "2000".to_owned() });
    }
    let printed = run(&samples, &given()).unwrap();
    assert!(printed.contains("\n40,0,250,") && printed.lines().nth(40).unwrap().ends_with(",below-lod"), "{printed}");
    let smoothed = column(&printed, "smoothed");
    assert!(smoothed[..29].iter().all(Option::is_none) && smoothed[29].is_some(), "what is before a long gap is left");
    let left = run(&samples, &given().with("below_lod", "leave-out")).unwrap();
    assert!(left.contains("\n40,0,,2000,"), "{left}");
    let infections = column(&left, "infections");
    assert!(infections[50].is_some() && infections.last().unwrap().is_none(), "the last days are not shed yet");
    for (samples, part) in [
        ("t,concentration\n1,-5\n", "S: row 2, column `concentration`: `-5` is negative"),
        ("t,concentration\n1,<x\n", "S: row 2, column `concentration`: `<x` is no limit"),
        ("t,concentration\n1,5\n1,6\n", "S: row 3, column `t`: `1` stands there twice"),
        ("t,concentration\n1,5\n2,6\n", "S: 2 samples without a gap"),
        ("t,x\n1,5\n", "S: row 1: there is no column `concentration`"),
        ("t,concentration\n", "S: there are no samples"),
    ] {
        let text = run(samples, &given()).unwrap_err().text().to_owned();
        assert!(text.starts_with(part), "{text}");
    }
    let none = run(&samples, &Given::default()).unwrap_err();
    assert!(none.text().contains("shedding"), "{none:?}");
    let flow = run(&samples, &given().with("normalise", "flow")).unwrap_err();
    assert!(flow.text().contains("no such column"), "{flow:?}");
    let files = files::Distributions { shedding: Some((&b"0.2 0.5 0.2"[..], "F".to_owned())), generation: None };
    let text = files::wastewater(samples.as_bytes(), "S", files, &Given::default(), false).unwrap_err();
    assert!(text.text().contains("add up"), "{text:?}");
}

#[test]
fn a_quiet_season_is_an_answer() {
    let noted = |text: &str| text.lines().skip(1).filter(|line| line.ends_with(",nothing-found")).count();
    let zeros = run("t,concentration\n1,0\n2,0\n3,0\n4,0\n6,0\n", &given()).unwrap();
    assert!(zeros.lines().nth(1).unwrap().starts_with("1,0,0,0,,,"), "{zeros}");
    assert_eq!((noted(&zeros), zeros.lines().count()), (6, 7), "{zeros}");
    let below = "t,concentration\n1,<5\n2,<5\n3,<5\n4,<5\n";
    for way in ["zero", "leave-out"] {
        assert_eq!(noted(&run(below, &given().with("below_lod", way)).unwrap()), 4, "{way}");
    }
}

proptest! {
    /// Another unit and another day change no Rt.
    #[test]
    fn unit_and_time_fall_out(values in prop::collection::vec(1_u32..10_000, 25..40), unit in 1e-3..1e6_f64, shift in 0_i32..500) {
        let text = |unit: f64, first: i32| values.iter().zip(first..).fold("t,concentration\n".to_owned(), |mut text, (value, t)| {
            let _ = writeln!(text, "{t},{}", f64::from(*value) * unit);
            text
        });
        let (one, other) = (run(&text(1.0, 1), &given()).unwrap(), run(&text(unit, shift), &given()).unwrap());
        for (one, other) in column(&one, "rt_mean").into_iter().zip(column(&other, "rt_mean")) {
            match (one, other) {
                (Some(one), Some(other)) => prop_assert!((one - other).abs() < 1e-6 * one.max(1.0), "{one} {other}"),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }

    #[test]
    fn hostile_files_are_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        values in prop::collection::vec("[<0-9.e+-]{0,6}", 0..30),
        weights in "[0-9., \n]{0,30}",
    ) {
        let none = files::Distributions::<&[u8]> { shedding: None, generation: None };
        let _ = files::wastewater(&bytes[..], "a", none, &given(), false);
        let text = values.iter().zip(1..).fold("t,concentration,flow\n".to_owned(), |mut text, (value, t)| {
            let _ = writeln!(text, "{t},{value},{value}");
            text
        });
        let _ = run(&text, &given());
        let _ = run(&text, &given().with("normalise", "none").with("below_lod", "zero").with("gap_max", "3"));
        let both = files::Distributions {
            shedding: Some((weights.as_bytes(), "s".to_owned())),
            generation: Some((weights.as_bytes(), "g".to_owned())),
        };
        let _ = files::wastewater(text.as_bytes(), "a", both, &Given::default(), true);
    }
}
