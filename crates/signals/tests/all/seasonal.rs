//! Methods on seasons (negative binomial regression, Serfling, moving epidemic method) against an independent
//! implementation.

use signals::detect::{self, Detector, Silent, Verdict, mem};
use signals::{Given, Series, Settings, Step};

fn detector(name: &str, settings: &[(&str, &str)]) -> Box<dyn Detector> {
    let given = settings.iter().fold(Given::default(), |given, (key, value)| given.with(key, value));
    detect::method(name).unwrap().detector(&given).unwrap().1
}

fn judged(name: &str, settings: &[(&str, &str)], series: &Series, at: usize) -> Verdict {
    detect::one(&*detector(name, settings), series, at..at + 1).remove(0)
}

/// The drawn series of Farrington's tests: weeks from 2010-01-04.
fn drawn() -> Series {
    let lines = include_str!("../../given/farrington.csv").lines().skip(2);
    let counts = lines.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    Series::new(Step::Week, base::zone::day_named("2010-01-04"), counts)
}

fn near(got: Option<f64>, wanted: f64, tolerance: f64) {
    let got = got.unwrap();
    assert!((got - wanted).abs() <= tolerance * wanted.abs().max(1e-3), "{got} is not {wanted}");
}

/// Point; expected, upper and p of the negative binomial regression; the same of Serfling's (scipy, statsmodels).
const WANTED: [(usize, [f64; 3], [f64; 3]); 5] = [
    (150, [4.027_797_237, 12.0, 1.0], [4.978_168_331, 12.456_550_64, 0.865_154_020_9]),
    (220, [16.951_040_45, 41.0, 0.769_213_145_3], [15.340_170_32, 22.918_693_77, 0.767_640_638]),
    (262, [8.125_726_367, 20.0, 0.744_013_214_3], [12.125_789_7, 20.309_551_96, 0.891_704_132_2]),
    (302, [3.711_527_809, 10.0, 8.218_494_662e-6], [4.919_181_12, 10.657_479_45, 4.220_250_303e-9]),
    (329, [20.276_207_99, 48.0, 0.966_424_031_9], [14.773_978_2, 21.035_037_92, 0.988_917_619]),
];

#[test]
fn regressions_agree_with_an_independent_implementation() {
    let series = drawn();
    for (at, negative, serfling) in WANTED {
        for (name, [expected, upper, p]) in [("nb-regression", negative), ("serfling", serfling)] {
            let verdict = judged(name, &[], &series, at);
            near(verdict.expected, expected, 1e-7);
            near(verdict.upper, upper, 1e-7);
            near(verdict.p, p, 1e-6);
            assert_eq!(verdict.alarm(), verdict.observed > upper, "{name}");
        }
    }
}

#[test]
fn serfling_says_what_it_lacks() {
    let mut series = drawn();
    series.first = None;
    assert_eq!(judged("serfling", &[], &series, 300).silent, Some(Silent::NoDays));
    let all = judged("serfling", &[("months", "1,2,3,4,5,6,7,8,9,10,11,12")], &series, 300);
    assert!(all.silent.is_none(), "{all:?}");
    assert!(matches!(
        judged("serfling", &[], &drawn(), 60).silent,
        Some(Silent::ShortBaseline { have: 60, need: 104 })
    ));
    let same = Series::new(Step::Week, base::zone::day_named("2010-01-04"), vec![4.0; 300]);
    assert_eq!(judged("serfling", &[], &same, 299).silent, Some(Silent::NoSpread));
    assert!(detect::method("serfling").unwrap().detector(&Given::default().with("months", "1.5")).is_err());
}

/// Seven seasons from week 40 of 2014 and twenty weeks of an eighth.
fn seasons() -> Series {
    let lengths = [52, 53, 52, 52, 52, 52, 53, 20];
    let mut counts = Vec::new();
    for (season, weeks) in lengths.into_iter().enumerate() {
        let (s, height) = (season as f64, 60.0 + 25.0 * (season % 3) as f64);
        let peak = 14.0 + 2.0 * (season % 4) as f64;
        counts.extend((0..weeks).map(|week| {
            let j = f64::from(week);
            (10.0 + 3.0 * (1.7 * j + s).sin() + height * (-((j - peak) / 3.0).powi(2)).exp() + 0.5).floor()
        }));
    }
    Series::new(Step::Week, base::zone::day_named("2014-09-29"), counts)
}

#[test]
fn seasons_give_the_thresholds_of_an_independent_implementation() {
    let series = seasons();
    assert_eq!(mem::epidemic(&series.observed[..52], 2.8).unwrap().0, 11..18);
    assert_eq!(mem::epidemic(&series.observed[52..105], 2.8).unwrap().0, 13..20);
    assert_eq!(mem::epidemic(&[0.0; 20], 2.8), None);
    let settings = Settings::defaults(detect::method("mem").unwrap().settings);
    let thresholds = mem::Mem::of(&settings).unwrap().thresholds(&series, 370).unwrap();
    near(Some(thresholds.after), 20.175_049_678_7, 1e-11);
    near(Some(thresholds.medium), 72.255_233_067_6, 1e-11);
    near(Some(thresholds.high), 108.229_860_798, 1e-11);
    near(Some(thresholds.very_high), 129.391_820_159, 1e-11);
    let detector = detector("mem", &[]);
    let verdicts = detect::one(&*detector, &series, 366..386);
    near(verdicts[0].expected, 16.178_571_428_6, 1e-11);
    near(verdicts[0].upper, 24.708_506_575_1, 1e-11);
    let on: Vec<bool> = verdicts.iter().map(Verdict::alarm).collect();
    assert!(on[..16].iter().all(|on| !on) && on[16..].iter().all(|on| *on), "{on:?}");
    // After the begin the threshold is the one of the end; 25, 38 and 64 are low, 89 is medium.
    near(verdicts[18].upper, 20.175_049_678_7, 1e-11);
    let strength: Vec<f64> = verdicts[16..].iter().map(|verdict| verdict.statistic.unwrap()).collect();
    assert_eq!(strength, [1.0, 1.0, 1.0, 2.0]);
    let mut very = series.clone();
    very.observed[385] = 129.5;
    assert_eq!(judged("mem", &[], &very, 385).statistic, Some(4.0));
    very.observed[385] = 129.0;
    assert_eq!(judged("mem", &[], &very, 385).statistic, Some(3.0));
    assert!(matches!(judged("mem", &[], &series, 90).silent, Some(Silent::ShortBaseline { have: 1, need: 2 })));
    let nameless = Series { first: None, ..series };
    assert_eq!(judged("mem", &[], &nameless, 385).silent, Some(Silent::NoDays));
}

#[test]
fn holidays_are_no_baseline_where_they_are_left_out() {
    let first = base::zone::day_named("2020-01-01").unwrap();
    // Nobody comes on holidays; else 20 or 22 a day.
    let count = |at: i32| if base::calendar::is_off(first + at) { 0.0 } else { 20.0 + 2.0 * f64::from(at % 2) };
    let series = Series::new(Step::Day, Some(first), (0..800).map(count).collect());
    let upper = |settings: &[(&str, &str)]| judged("nb-regression", settings, &series, 700).upper.unwrap();
    assert!(upper(&[("holidays", "leave-out")]) < upper(&[]), "holidays widen the spread");
    let nameless = Series { first: None, ..series.clone() };
    let silent = judged("nb-regression", &[("holidays", "leave-out")], &nameless, 700).silent;
    assert_eq!(silent, Some(Silent::NoDays));
}
