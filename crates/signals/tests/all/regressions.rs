//! What holds for all regression methods, whatever series and settings may come.

use proptest::prelude::*;
use signals::detect::{self, Detector, Verdict};
use signals::{Given, Series, Setting, Step};
use std::ops::Range;

const MINE: [&str; 7] =
    ["farrington", "farrington-flexible", "lr-cusum", "glr-cusum", "nb-regression", "serfling", "mem"];

fn detector(name: &str, settings: &[(&str, &str)]) -> Box<dyn Detector> {
    let given = settings.iter().fold(Given::default(), |given, (key, value)| given.with(key, value));
    detect::method(name).unwrap().detector(&given).unwrap().1
}

/// Finite numbers only, at the point that was asked for, and nothing without a reason or a bound.
fn sound(name: &str, variant: &str, verdicts: &[Verdict], range: Range<usize>) {
    assert_eq!(verdicts.len(), range.len());
    for (verdict, at) in verdicts.iter().zip(range) {
        let what = format!("{name} {variant}: {verdict:?}");
        assert_eq!(verdict.at, at);
        let numbers = [verdict.expected, verdict.upper, verdict.statistic, verdict.p];
        assert!(numbers.iter().flatten().all(|number| number.is_finite()), "{what}");
        assert!(verdict.p.is_none_or(|p| (0.0..=1.0).contains(&p)), "{what}");
        match verdict.silent {
            Some(_) => assert!(!verdict.alarm(), "{what}"),
            // A fall has no upper bound.
            None => assert!(verdict.expected.is_some() && (verdict.upper.is_some() || variant == "down"), "{what}"),
        }
    }
}

/// Values of a setting other than its default.
fn others(setting: &Setting) -> Vec<(&'static str, &'static str)> {
    use signals::settings::Range::{Flag, OneOf};
    let choices: &[&'static str] = match setting.range {
        Flag => &["yes", "no"],
        OneOf(choices) => choices,
        _ => match setting.key {
            "alpha" => &["0.5", "0.000001"],
            "years" | "seasons_least" => &["1"],
            "levels" | "harmonics" => &["1", "5"],
            "half_width" | "past_left_out" => &["0"],
            "window" => &["0", "1"],
            "mean" => &["0.001", "1e9"],
            "coefficients" => &["900", "-900"],
            _ => &[],
        },
    };
    choices.iter().map(|choice| (setting.key, *choice)).filter(|(_, choice)| *choice != setting.default).collect()
}

#[test]
fn odd_series_are_judged_or_said_to_be_unfit() {
    let first = base::zone::day_named("2008-02-29");
    let step_up: Vec<f64> = (0..400).map(|at| if at < 395 { 0.0 } else { 1e9 }).collect();
    let spike: Vec<f64> = (0..400).map(|at| if at == 200 { 1e9 } else { f64::from(at % 3) }).collect();
    let growing: Vec<f64> = (0..400).map(|at| (f64::from(at) * 0.05).exp().floor()).collect();
    let falling: Vec<f64> = growing.iter().rev().copied().collect();
    let huge: Vec<f64> = (0..400).map(|at| 1e15 + f64::from(at) * 1e12).collect();
    let fraction: Vec<f64> = (0..400).map(|at| f64::from(at % 7) * 0.01).collect();
    let odd = [
        vec![],
        vec![5.0],
        vec![f64::NAN; 400],
        vec![0.0; 400],
        vec![1e9; 400],
        vec![3.0; 400],
        step_up,
        spike,
        growing,
        falling,
        huge,
        fraction,
    ];
    for name in MINE {
        for (step, first) in
            [(Step::Week, first), (Step::Week, None), (Step::Week, Some(i32::MAX / 2)), (Step::Day, first)]
        {
            for counts in &odd {
                let series = Series::new(step, first, counts.clone());
                let range = counts.len().saturating_sub(30)..counts.len();
                sound(name, "", &detect::one(&*detector(name, &[]), &series, range.clone()), range);
                let range = 0..counts.len().min(20);
                sound(name, "", &detect::one(&*detector(name, &[]), &series, range.clone()), range);
            }
        }
        let method = detect::method(name).unwrap();
        for (key, value) in method.settings.iter().flat_map(others) {
            // Some settings exclude each other.
            let Ok((_, detector)) = method.detector(&Given::default().with(key, value)) else { continue };
            for counts in &odd {
                let series = Series::new(Step::Week, first, counts.clone());
                let range = counts.len().saturating_sub(3)..counts.len();
                sound(name, value, &detect::one(&*detector, &series, range.clone()), range);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn whatever_lies_further_back_changes_nothing_and_a_value_a_day_says_the_same(
        recent in prop::collection::vec(prop_oneof![12 => (0_u32..40).prop_map(f64::from), 1 => Just(f64::NAN)], 640..680),
        name in prop::sample::select(vec!["farrington", "farrington-flexible", "nb-regression", "serfling"]),
    ) {
        let first = base::zone::day_named("2005-01-03").unwrap();
        let series = Series::new(Step::Week, Some(first), recent.clone());
        let detector = detector(name, &[("alpha", "0.1")]);
        let range = 630..recent.len();
        let whole = detect::one(&*detector, &series, range.clone());
        sound(name, "", &whole, range);
        // A hundred weeks more in front, which none of the methods reaches.
        let mut longer = vec![7.0; 100];
        longer.extend(&recent);
        let longer = Series::new(Step::Week, Some(first - 700), longer);
        let shifted = detect::one(&*detector, &longer, 730..longer.len());
        for (a, b) in whole.iter().zip(&shifted) {
            prop_assert_eq!(format!("{:?}", Verdict { at: 0, ..a.clone() }), format!("{:?}", Verdict { at: 0, ..b.clone() }));
        }
        let past = Series::new(Step::Week, Some(first), recent[..630].to_vec());
        let mut kept = detect::begin(&*detector, &past).unwrap();
        for verdict in whole {
            let added = detect::add(&*detector, &mut kept, series.observed[verdict.at], None);
            prop_assert_eq!(format!("{added:?}"), format!("{verdict:?}"));
        }
    }

    #[test]
    fn four_hundred_years_later_is_the_same_and_scaled_counts_are_scaled(
        counts in prop::collection::vec((1_u32..60).prop_map(f64::from), 420..440),
        factor in 2_u32..9,
    ) {
        let first = base::zone::day_named("2001-01-01").unwrap();
        let series = Series::new(Step::Week, Some(first), counts);
        let scale = f64::from(factor);
        for name in MINE {
            let range = 410..series.len();
            let now = detect::one(&*detector(name, &[]), &series, range.clone());
            // After 400 years the calendar repeats itself, weekdays and all.
            let later = Series { first: Some(first + 146_097), ..series.clone() };
            let then = detect::one(&*detector(name, &[]), &later, range.clone());
            for (a, b) in now.iter().zip(&then) {
                prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
            }
            if !["serfling", "mem"].contains(&name) {
                continue;
            }
            let more = Series { observed: series.observed.iter().map(|count| count * scale).collect(), ..series.clone() };
            let scaled = detect::one(&*detector(name, &[]), &more, range);
            for (a, b) in now.iter().zip(&scaled) {
                prop_assert_eq!(a.silent, b.silent);
                let down = |x: Option<f64>| x.map(|x| x / scale);
                for (x, y) in [(a.expected, down(b.expected)), (a.upper, down(b.upper)), (a.statistic, b.statistic), (a.p, b.p)] {
                    let same = match (x, y) {
                        (Some(x), Some(y)) => (x - y).abs() <= 1e-8 * x.abs().max(1.0),
                        (x, y) => x.is_none() && y.is_none(),
                    };
                    prop_assert!(same, "{}: {:?}, {:?}", name, a, b);
                }
            }
        }
    }
}
