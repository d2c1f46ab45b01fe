//! EARS, RKI, Bayes and CDC against the reference values of R's surveillance; charts against their own formulas.

use crate::given::surveillance;
use proptest::prelude::*;
use signals::detect::window::{Windows, direct};
use signals::detect::{self, Silent, Verdict};
use signals::{Given, Series, Step, files};

fn judge(method: &str, given: &Given, series: &Series, range: std::ops::Range<usize>) -> Vec<Verdict> {
    let (_, detector) = detect::method(method).unwrap().detector(given).unwrap();
    detect::one(&*detector, series, range)
}

fn near(got: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((got - wanted).abs() <= tolerance, "{what}: {got} is not {wanted}");
}

fn alarms(verdicts: &[Verdict], first: usize) -> Vec<usize> {
    verdicts.iter().filter(|verdict| verdict.alarm()).map(|verdict| verdict.at - first + 1).collect()
}

/// Salmonella Newport in Germany, ISO weeks of 2011 (surveillance's own test and vignette).
#[test]
fn ears_finds_the_sprouts_of_2011() {
    let Some(csv) = surveillance("salmNewport_germany.csv") else { return };
    let wanted = files::Wanted { whole: true, step: None, step_else: Step::Week };
    let series = files::series(csv.as_bytes(), "salmNewport", wanted).unwrap().series;
    let first = usize::try_from((base::calendar::day(2011, 1, 3) - series.first.unwrap()) / 7).unwrap();
    let exact = |given: Given| given.with("least_spread", "0");
    for (method, given, uppers, weeks) in [
        (
            "ears-c1",
            Given::default().with("alpha", "0.05"),
            &[3.278854, 3.278854, 3.436517, 3.855617][..],
            &[31, 35, 43, 44, 45, 46][..],
        ),
        ("ears-c2", Given::default(), &[7.100564, 5.160740, 4.653683], &[31, 44, 45, 46, 47]),
        ("ears-c3", Given::default(), &[3.963187, 2.095290, 4.864298], &[32, 45, 46, 47, 48, 49]),
    ] {
        for given in [exact(given.clone()), given] {
            let verdicts = judge(method, &given, &series, first..first + 52);
            for (verdict, wanted) in verdicts.iter().zip(uppers) {
                near(verdict.upper.unwrap(), *wanted, 5e-7, method);
            }
            assert_eq!(alarms(&verdicts, first), weeks, "{method}");
        }
    }
}

/// All 101 points of R's stored results.
#[test]
fn rki_bayes_and_cdc_are_rs_on_all_points_of_sim400() {
    let (Some(csv), Some(golden)) = (surveillance("sim400_series.csv"), surveillance("sim400_golden_R.csv")) else {
        return;
    };
    let wanted = files::Wanted { whole: true, step: None, step_else: Step::Week };
    let series = files::series(csv.as_bytes(), "sim400", wanted).unwrap().series;
    let heading: Vec<String> = split(golden.lines().next().unwrap());
    let rows: Vec<Vec<f64>> =
        golden.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    assert_eq!(rows.len(), 101);
    for (method, given, column) in [
        ("rki1", Given::default(), "rki(6,6,0)"),
        ("rki2", Given::default(), "rki(6,6,1)"),
        ("rki3", Given::default(), "rki(4,0,2)"),
        ("bayes1", Given::default(), "bayes(6,6,0)"),
        ("bayes2", Given::default(), "bayes(6,6,1)"),
        ("bayes3", Given::default(), "bayes(4,0,2)"),
        ("cdc", Given::default().with("alpha", "0.05"), "cdc(4*,0,5)"),
        ("cdc", Given::default().with("alpha", "0.01"), "cdc_a01"),
    ] {
        let place = |end: &str| heading.iter().position(|name| *name == format!("{column}{end}")).unwrap();
        let (upper, alarm) = (place("_ub"), place("_alarm"));
        let verdicts = judge(method, &given, &series, 299..400);
        for (verdict, row) in verdicts.iter().zip(&rows) {
            assert_eq!(verdict.at + 1, row[0] as usize);
            near(verdict.upper.unwrap(), row[upper], 1e-9, &format!("{method} at {}", row[0]));
            assert_eq!(verdict.alarm(), row[alarm] == 1.0, "{method} at {}", row[0]);
        }
    }
}

/// Cells of a heading in which commas stand within quotes.
fn split(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for sign in line.chars() {
        match sign {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            sign => cells.last_mut().unwrap().push(sign),
        }
    }
    cells
}

#[test]
fn ears_by_hand() {
    let counts = vec![1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 9.0, 2.0, 8.0, 8.0, 8.0];
    let series = Series::new(Step::Day, None, counts);
    let c1 = judge("ears-c1", &Given::default(), &series, 0..8);
    assert_eq!(c1[6].silent, Some(Silent::ShortBaseline { have: 6, need: 7 }));
    // Mean 2, deviation √(4/6), z 3.0902323.
    near(c1[7].upper.unwrap(), 2.0 + 3.090_232_306_167_813 * (4.0_f64 / 6.0).sqrt(), 1e-12, "C1");
    near(c1[7].p.unwrap(), 5.0e-18, 5e-18, "p");
    assert!(c1[7].alarm());
    let c2 = judge("ears-c2", &Given::default(), &series, 9..10);
    near(c2[0].expected.unwrap(), 2.0, 1e-12, "the two days before are not in C2's baseline");
    let cdc = judge("ears-c3", &Given::default().with("form", "cdc"), &series, 11..12);
    let excess = |at: usize| {
        let window = direct(&series.observed[at - 9..at - 2]);
        ((series.observed[at] - window.mean) / window.deviation - 1.0).max(0.0)
    };
    near(cdc[0].statistic.unwrap(), excess(9) + excess(10) + excess(11), 1e-12, "CDC's C3");
    assert!(cdc[0].alarm());
}

#[test]
fn a_baseline_without_spread_and_gaps_are_said() {
    let mut series = Series::new(Step::Day, None, vec![0.0; 20]);
    let none = Given::default().with("least_spread", "0");
    assert_eq!(judge("ears-c1", &none, &series, 10..11)[0].silent, Some(Silent::NoSpread));
    assert!(judge("ears-c1", &Given::default(), &series, 10..11)[0].silent.is_none());
    series.observed[10] = f64::NAN;
    assert_eq!(judge("ears-c1", &none, &series, 10..11)[0].silent, Some(Silent::Gap));
    for at in [4, 5, 6, 7] {
        series.observed[at] = f64::NAN;
    }
    let said = judge("ears-c1", &Given::default(), &series, 11..12)[0].silent;
    assert_eq!(said, Some(Silent::ShortBaseline { have: 2, need: 4 }));
}

#[test]
fn rki_beyond_twenty_takes_two_deviations() {
    let series = Series::new(Step::Week, None, vec![20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 33.0]);
    let verdict = &judge("rki1", &Given::default(), &series, 6..7)[0];
    near(verdict.upper.unwrap(), 25.0 + 2.0 * 14.0_f64.sqrt(), 1e-12, "mean 25, variance 14");
    assert!(verdict.alarm());
}

/// Each upper bound is the least whole count that alarms, for each way to standardise.
#[test]
fn cusum_alarms_from_its_upper_bound_on() {
    for transform in ["standard", "rossi", "anscombe", "negative-binomial"] {
        for (mean, sum_of) in [(0.3, 0.0), (2.0, 3.0), (7.5, 9.0), (120.0, 123.0)] {
            let given = Given::default().with("transform", transform).with("mean", &mean.to_string());
            let given = given.with("dispersion", "0.2");
            let upper = {
                let series = Series::new(Step::Week, None, vec![sum_of, 0.0]);
                judge("cusum", &given, &series, 0..2)[1].upper.unwrap()
            };
            let alarm = |count: f64| {
                let series = Series::new(Step::Week, None, vec![sum_of, count]);
                judge("cusum", &given, &series, 0..2)[1].alarm()
            };
            assert!(alarm(upper), "{transform} {mean}: {upper}");
            assert!(upper == 0.0 || !alarm(upper - 1.0), "{transform} {mean}: {upper}");
        }
    }
}

#[test]
fn cusum_by_hand() {
    let mut counts = vec![4.0; 10];
    counts.extend([8.0, 8.0, 4.0, f64::NAN, 9.0]);
    let series = Series::new(Step::Week, None, counts);
    let verdicts = judge("cusum", &Given::default(), &series, 10..15);
    // Mean 4: z of 8 is 2; each adds 0.96 to the sum; 4 takes 1.04 away.
    let sums: Vec<Option<f64>> = verdicts.iter().map(|verdict| verdict.statistic).collect();
    for (sum, wanted) in sums.iter().zip([Some(0.96), Some(1.92), Some(0.88), None, Some(0.88 + 2.5 - 1.04)]) {
        assert_eq!(sum.is_some(), wanted.is_some());
        near(sum.unwrap_or(0.0), wanted.unwrap_or(0.0), 1e-12, "S");
    }
    assert_eq!(verdicts[0].upper, Some((2.0_f64 * (2.26 + 1.04) + 4.0).ceil()));
    assert_eq!(verdicts.iter().map(Verdict::alarm).collect::<Vec<_>>(), [false, false, false, false, true]);
    let reset = judge("cusum", &Given::default().with("h", "0.9").with("reset", "yes"), &series, 10..13);
    assert_eq!(reset.iter().map(|verdict| verdict.statistic.unwrap() > 0.9).collect::<Vec<_>>(), [true, true, false]);
    let wave: Vec<f64> =
        (0..260).map(|at| 20.0 + (10.0 * (f64::from(at) / 52.0 * std::f64::consts::TAU).sin()).round()).collect();
    let waved =
        judge("cusum", &Given::default().with("season", "wave"), &Series::new(Step::Week, None, wave), 208..260);
    assert!(waved.iter().all(|verdict| !verdict.alarm() && (verdict.expected.unwrap() - verdict.observed).abs() < 3.0));
}

#[test]
fn charts_by_hand() {
    let mut counts = vec![3.0, 5.0, 4.0, 4.0, 3.0, 5.0, 4.0, 4.0];
    counts.extend([6.0, 7.0]);
    let series = Series::new(Step::Week, None, counts);
    let deviation = (4.0_f64 / 7.0).sqrt();
    let shewhart = judge("shewhart", &Given::default(), &series, 8..10);
    near(shewhart[0].upper.unwrap(), 4.0 + 3.0 * deviation, 1e-12, "Shewhart");
    assert_eq!(shewhart.iter().map(Verdict::alarm).collect::<Vec<_>>(), [false, true]);
    let poisson = judge("shewhart", &Given::default().with("spread", "poisson"), &series, 8..9);
    near(poisson[0].upper.unwrap(), 10.0, 1e-12, "Poisson");
    let ewma = judge("ewma", &Given::default(), &series, 8..10);
    near(ewma[0].statistic.unwrap(), 0.4 / (deviation * 0.2), 1e-12, "the first average has the deviation λσ");
    let second = (0.2_f64 / 1.8 * (1.0 - 0.8_f64.powi(4))).sqrt() * deviation;
    near(ewma[1].statistic.unwrap(), (0.2 * 7.0 + 0.8 * 4.4 - 4.0) / second, 1e-12, "the second");
    let short = judge("shewhart", &Given::default(), &series, 3..4);
    assert_eq!(short[0].silent, Some(Silent::ShortBaseline { have: 3, need: 8 }));
}

#[test]
fn bounds_of_settings_are_kept() {
    for (method, given) in [
        ("rki1", Given::default().with("half_width", "0")),
        ("rki3", Given::default().with("years", "0")),
        ("ears-c1", Given::default().with("least_known", "8")),
        ("essence-regression", Given::default().with("alpha", "0.1")),
        ("percentile", Given::default().with("disease", "no such thing")),
    ] {
        assert!(detect::method(method).unwrap().detector(&given).is_err(), "{method}");
    }
}

proptest! {
    /// The running sums of whole counts give the very bits of each window by itself.
    #[test]
    fn a_sliding_window_is_the_direct_one(
        counts in prop::collection::vec(prop_oneof![8 => (0..5_000_u32).prop_map(f64::from), 1 => Just(f64::NAN)], 0..80),
        length in 1..12_usize,
        guard in 0..4_usize,
        skip in 0..3_usize,
    ) {
        let mut windows = Windows::new(&counts, length, guard);
        for at in (0..counts.len()).filter(|at| skip == 0 || at % (skip + 1) != 1) {
            let Some(window) = windows.before(at) else { continue };
            let alone = direct(&counts[at - guard - length..at - guard]);
            prop_assert_eq!(window.known, alone.known);
            let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
            prop_assert!(same(window.mean, alone.mean) && same(window.deviation, alone.deviation));
            // And those of the textbook's two passes to the last digits.
            let known: Vec<f64> = counts[at - guard - length..at - guard].iter().copied().filter(|count| !count.is_nan()).collect();
            if known.len() > 1 {
                let deviation = signals::numbers::sample::deviation(&known);
                prop_assert!((window.deviation - deviation).abs() <= 1e-12 * deviation.max(1.0));
            }
        }
    }
}
