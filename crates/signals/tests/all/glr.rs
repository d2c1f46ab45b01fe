//! LR and GLR CUSUM: the values that R's own test asserts, a direct search for the greatest ratio, and one point a day.

use proptest::prelude::*;
use signals::detect::{self, Detector, Silent, Verdict};
use signals::{Given, Series, Step};

/// 120 counts that give the values of R's test of algo.glrnb (mean exp(1.5 + 0.6 cos ωt + 0.6 sin ωt), ω = 2π/52,
/// α = 0.2, threshold 5); recovered from them.
const COUNTS: [u32; 120] = [
    11, 0, 10, 16, 19, 25, 7, 11, 11, 2, 13, 8, 13, 12, 6, 11, 10, 4, 2, 0, 3, 3, 1, 0, 2, 2, 1, 2, 0, 3, 0, 1, 2, 1,
    3, 4, 0, 1, 0, 7, 1, 5, 1, 2, 4, 0, 0, 7, 8, 9, 13, 8, 1, 10, 11, 14, 9, 6, 10, 15, 5, 0, 0, 0, 26, 3, 1, 8, 7, 2,
    5, 8, 2, 2, 7, 0, 3, 0, 1, 0, 0, 0, 0, 0, 2, 2, 5, 5, 3, 1, 0, 2, 5, 1, 4, 2, 9, 4, 5, 2, 5, 10, 21, 6, 13, 14, 19,
    22, 17, 7, 11, 13, 17, 22, 12, 13, 12, 10, 4, 3,
];

fn series() -> Series {
    Series::new(Step::Week, None, COUNTS.iter().map(|count| f64::from(*count)).collect())
}

fn detector(name: &str, settings: &[(&str, &str)]) -> Box<dyn Detector> {
    let given = settings.iter().fold(Given::default(), |given, (key, value)| given.with(key, value));
    detect::method(name).unwrap().detector(&given).unwrap().1
}

fn judged(name: &str, settings: &[(&str, &str)], series: &Series) -> Vec<Verdict> {
    detect::one(&*detector(name, settings), series, 0..series.len())
}

fn mean(t: usize) -> f64 {
    let angle = std::f64::consts::TAU * t as f64 / 52.0;
    (1.5 + 0.6 * angle.cos() + 0.6 * angle.sin()).exp()
}

const IN_CONTROL: [(&str, &str); 2] = [("coefficients", "1.5, 0.6, 0.6"), ("dispersion", "0.2")];

/// Σ z(κ) of the points from `first` on.
fn ratio(counts: &[u32], first: usize, alpha: f64, kappa: f64) -> f64 {
    let part = |at: usize| {
        let (x, mean) = (f64::from(counts[at]), mean(at + 1));
        if alpha == 0.0 {
            return kappa * x + (1.0 - kappa.exp()) * mean;
        }
        kappa * x + (x + 1.0 / alpha) * ((1.0 + alpha * mean) / (1.0 + alpha * mean * kappa.exp())).ln()
    };
    (first..counts.len()).map(part).sum()
}

#[test]
fn glr_gives_the_values_of_rs_own_test() {
    for window in ["0", "104"] {
        let mut settings = IN_CONTROL.to_vec();
        settings.push(("window", window));
        let verdicts = judged("glr-cusum", &settings, &series());
        let first = [0.093_366_4, 0.0, 0.001_387_989, 0.439_228_2, 1.239_898, 2.983_766];
        for (verdict, wanted) in verdicts.iter().zip(first) {
            assert!((verdict.statistic.unwrap() - wanted).abs() < 1e-6 * wanted.max(1.0), "{verdict:?}, not {wanted}");
        }
        assert!((verdicts[113].statistic.unwrap() - 5.522_696).abs() < 1e-6, "{:?}", verdicts[113]);
        let alarms: Vec<usize> =
            verdicts.iter().filter(|verdict| verdict.alarm()).map(|verdict| verdict.at + 1).collect();
        assert_eq!(alarms, [114], "window {window}");
        // From `upper` on it alarms, below it does not.
        for verdict in &verdicts {
            assert_eq!(verdict.alarm(), verdict.observed >= verdict.upper.unwrap() - 1e-6, "{verdict:?}");
        }
    }
}

#[test]
fn glr_is_the_greatest_ratio_of_a_direct_search() {
    for (alpha, family) in [(0.2, "nb"), (0.0, "poisson")] {
        for (direction, sign) in [("up", 1.0), ("down", -1.0)] {
            let settings =
                [IN_CONTROL[0], IN_CONTROL[1], ("family", family), ("direction", direction), ("threshold", "1000")];
            let verdicts = judged("glr-cusum", &settings, &series());
            for at in [0, 5, 30, 63, 70] {
                let counts = &COUNTS[..=at];
                let mut best: f64 = 0.0;
                for first in 0..=at {
                    let fine = (0..=800).map(|step| f64::from(step) * 0.004);
                    let grid = fine.chain((32..=400).map(|step| f64::from(step) * 0.1));
                    let grid = grid.map(|kappa| ratio(counts, first, alpha, sign * kappa));
                    best = grid.fold(best, f64::max);
                }
                let got = verdicts[at].statistic.unwrap();
                assert!(got >= best - 1e-9 && got < best + 5e-3, "{family} {direction} at {at}: {got}, found {best}");
            }
        }
    }
}

#[test]
fn lr_adds_up_the_ratio_of_a_known_change() {
    let settings = [IN_CONTROL[0], IN_CONTROL[1], ("kappa", "0.4"), ("threshold", "3")];
    let verdicts = judged("lr-cusum", &settings, &series());
    let mut sum: f64 = 0.0;
    for (at, verdict) in verdicts.iter().enumerate() {
        sum = (sum + ratio(&COUNTS[..=at], at, 0.2, 0.4)).max(0.0);
        assert!((verdict.statistic.unwrap() - sum).abs() < 1e-9, "at {at}: {verdict:?}, not {sum}");
        assert_eq!(verdict.alarm(), sum > 3.0);
        assert_eq!(verdict.alarm(), verdict.observed > verdict.upper.unwrap());
        assert!((verdict.expected.unwrap() - mean(at + 1)).abs() < 1e-9);
        if sum > 3.0 {
            sum = 0.0;
        }
    }
    assert!(verdicts.iter().any(Verdict::alarm));
    let head = [("mean", "4"), ("family", "poisson"), ("head_start", "0.5"), ("kappa", "0.5")];
    let first = judged("lr-cusum", &head, &series())[0].statistic.unwrap();
    assert!((first - (2.5 + 11.0 * 0.5 - 4.0 * (0.5_f64.exp() - 1.0))).abs() < 1e-9, "{first}");
}

#[test]
fn the_mean_is_fitted_to_the_past() {
    let counts: Vec<f64> = (1..=260).map(|t| mean(t).round()).collect();
    let series = Series::new(Step::Week, None, counts);
    for name in ["lr-cusum", "glr-cusum"] {
        let verdicts = detect::one(&*detector(name, &[]), &series, 208..260);
        for verdict in &verdicts {
            assert!((verdict.expected.unwrap() / mean(verdict.at + 1) - 1.0).abs() < 0.1, "{verdict:?}");
            assert!(!verdict.alarm());
        }
        let short = detect::one(&*detector(name, &[]), &series, 30..40);
        assert!(short.iter().all(|verdict| verdict.silent == Some(Silent::ShortBaseline { have: 30, need: 52 })));
    }
}

#[test]
fn contradictions_are_refused() {
    let refused = |settings: &[(&str, &str)]| {
        let given = settings.iter().fold(Given::default(), |given, (key, value)| given.with(key, value));
        detect::method("lr-cusum").unwrap().detector(&given).is_err()
    };
    assert!(refused(&[("mean", "3"), ("coefficients", "1")]));
    assert!(refused(&[("coefficients", "1, 2")]));
    assert!(!refused(&[("coefficients", "1, 2"), ("trend", "yes")]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_value_a_day_says_the_same(
        counts in prop::collection::vec(prop_oneof![8 => (0_u32..30).prop_map(f64::from), 1 => Just(f64::NAN), 1 => Just(1e9)], 70..120),
        name in prop::sample::select(vec!["lr-cusum", "glr-cusum"]),
        family in prop::sample::select(vec!["nb", "poisson"]),
    ) {
        let series = Series::new(Step::Week, None, counts);
        let detector = detector(name, &[("family", family)]);
        let whole = detect::one(&*detector, &series, 60..series.len());
        let past = Series::new(Step::Week, None, series.observed[..60].to_vec());
        let mut kept = detect::begin(&*detector, &past).unwrap();
        for verdict in whole {
            let added = detect::add(&*detector, &mut kept, series.observed[verdict.at], None);
            prop_assert_eq!(format!("{added:?}"), format!("{verdict:?}"));
        }
    }
}
