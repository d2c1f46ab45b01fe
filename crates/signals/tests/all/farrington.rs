//! Farrington 1996 and flexible: R's stored results, the values that R's own tests assert, and an independent
//! implementation on a drawn series.

use crate::given;
use signals::detect::farrington::{Bounds, Farrington, Fitted, Power, delta_bounds};
use signals::detect::farrington_flexible::{quantile_bounds, reference_days};
use signals::detect::{self, Silent, Verdict};
use signals::numbers::dist::normal_quantile;
use signals::numbers::trend::outbreak_weights;
use signals::{Given, Series, Settings, Step};

/// Columns of a file as numbers, by name.
fn columns(text: &str, names: &[&str]) -> Vec<Vec<f64>> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let heading = rows.headers().unwrap().clone();
    let at: Vec<usize> = names.iter().map(|name| heading.iter().position(|known| known == *name).unwrap()).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for row in rows.records() {
        let row = row.unwrap();
        for (column, at) in columns.iter_mut().zip(&at) {
            column.push(row[*at].parse().unwrap());
        }
    }
    columns
}

fn judged_by(name: &str, settings: &[(&str, &str)], series: &Series, from: usize) -> Vec<Verdict> {
    let given = settings.iter().fold(Given::default(), |given, (key, value)| given.with(key, value));
    let (_, detector) = detect::method(name).unwrap().detector(&given).unwrap();
    detect::one(&*detector, series, from..series.len())
}

fn judged(given: &Given, series: &Series, range: std::ops::Range<usize>) -> Vec<Verdict> {
    let (_, detector) = detect::method("farrington").unwrap().detector(given).unwrap();
    detect::one(&*detector, series, range)
}

#[test]
fn r_stored_the_same_bounds_and_alarms() {
    let (Some(series), Some(golden)) =
        (given::surveillance("sim400_series.csv"), given::surveillance("sim400_golden_R.csv"))
    else {
        return;
    };
    let series = Series::new(Step::Week, None, columns(&series, &["observed"]).remove(0));
    for (alpha, bound, alarm) in [
        ("0.01", "farrington_a01_ub", "farrington_a01_alarm"),
        ("0.05", "farrington(3,0,5)_ub", "farrington(3,0,5)_alarm"),
    ] {
        let golden = columns(&golden, &[bound, alarm]);
        let verdicts = judged(&Given::default().with("alpha", alpha), &series, 299..400);
        assert_eq!(verdicts.len(), 101);
        let mut most: f64 = 0.0;
        for (nth, verdict) in verdicts.iter().enumerate() {
            let off = (verdict.upper.unwrap() - golden[0][nth]).abs();
            assert!(off < 1e-9, "alpha {alpha}, point {}: {:?}, R has {}", nth + 300, verdict, golden[0][nth]);
            assert_eq!(verdict.alarm(), golden[1][nth] == 1.0, "alpha {alpha}, point {}", nth + 300);
            most = most.max(off);
        }
        eprintln!("alpha {alpha}: bounds off by at most {most:e}");
    }
    let method = detect::method("farrington").unwrap();
    let settings = Settings::of(method.settings, &Given::default().with("alpha", "0.01")).unwrap();
    let trends = columns(&golden, &["farrington_a01_trend"]).remove(0);
    let detector = Farrington::of(&settings);
    for (nth, trend) in trends.iter().enumerate() {
        assert_eq!(detector.fitted(&series, nth + 299).unwrap().trend, *trend == 1.0, "trend at {}", nth + 300);
    }
}

#[test]
fn an_independent_implementation_agrees() {
    let text: String =
        include_str!("../../given/farrington.csv").lines().skip(1).map(|line| format!("{line}\n")).collect();
    let numbers = |name: &str| -> Vec<f64> {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let at = rows.headers().unwrap().iter().position(|known| known == name).unwrap();
        rows.records().map(|row| row.unwrap()[at].parse().unwrap_or(f64::NAN)).collect()
    };
    let first = base::zone::day_named("2010-01-04");
    let series = Series::new(Step::Week, first, numbers("count"));
    let muan = [("mode", "compat"), ("bound", "muan"), ("p_trend", "0.05")];
    let delta = [("mode", "compat"), ("bound", "delta"), ("p_trend", "0.05"), ("levels", "1"), ("past_left_out", "3")];
    let flexible = "farrington-flexible";
    for (name, settings, columns) in [
        ("farrington", &[][..], ["expected96", "upper96", ""]),
        (flexible, &[], ["expected", "upper", "score"]),
        (flexible, &muan, ["expected_muan", "upper_muan", "score_muan"]),
        (flexible, &delta, ["expected_delta", "upper_delta", "score_delta"]),
    ] {
        for verdict in judged_by(name, settings, &series, 270) {
            // Fewer than five cases in four weeks; only the expected value is compared.
            let few = matches!(verdict.silent, Some(Silent::FewCases { .. }));
            let got = [verdict.expected, verdict.upper, verdict.statistic];
            let got = &got[..if few { 1 } else { 3 }];
            for (got, column) in got.iter().zip(columns).filter(|(_, column)| !column.is_empty()) {
                let wanted = numbers(column)[verdict.at];
                let off = (got.unwrap() - wanted).abs();
                assert!(off < 1e-9 * wanted.abs().max(1.0), "{name} {column} at {}: {got:?}, not {wanted}", verdict.at);
            }
        }
    }
}

fn close(got: Bounds, wanted: [f64; 4]) {
    let got = [got.lower, got.upper, got.p, got.score];
    for (got, wanted) in got.iter().zip(wanted) {
        assert!((got - wanted).abs() < 6e-8, "{got} is not {wanted}");
    }
}

#[test]
fn bounds_are_those_of_rs_own_tests() {
    let z = normal_quantile(0.95);
    close(delta_bounds(Power::None, 5.0, 0.2, 1.0, z, 8.0), [1.307_312_8, 8.692_687_2, 0.090_724_6, 0.812_416_5]);
    close(delta_bounds(Power::Half, 5.0, 0.2, 1.0, z, 8.0), [1.989_109_7, 9.374_484_2, 0.118_998_6, 0.685_795_1]);
    close(delta_bounds(Power::TwoThirds, 5.0, 0.2, 1.0, z, 8.0), [1.808_447_7, 9.115_482_5, 0.109_472_7, 0.728_954_6]);
    let fitted = |dispersion| Fitted { linear: 5_f64.ln(), linear_error: 2_f64.ln(), dispersion, trend: false };
    let quantile = |dispersion, muan| quantile_bounds(&fitted(dispersion), muan, 0.05, 11.0, true);
    close(quantile(1.5, true), [8.0, 24.0, 0.859_779_7, 0.419_398_2]);
    close(quantile(1.0, true), [9.0, 22.0, 0.909_309_9, 0.460_534_7]);
    close(quantile(1.5, false), [1.0, 10.0, 0.037_636_57, 1.119_181_53]);
    close(quantile(1.0, false), [2.0, 9.0, 0.013_695_27, 1.270_615_41]);
    let clean = quantile_bounds(&fitted(1.5), false, 0.05, 11.0, false);
    assert!((clean.score - 6.0 / 5.0).abs() < 1e-12);
}

#[test]
fn days_of_reference_and_weights_are_those_of_rs_own_tests() {
    let day = |text| base::zone::day_named(text).unwrap();
    let wanted = [day("2012-06-07"), day("2011-06-09"), day("2010-06-03")];
    assert_eq!(reference_days(day("2013-06-06"), 3), wanted);
    let mut residuals = [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0];
    outbreak_weights(&mut residuals, 0.0);
    for (nth, weight) in residuals.iter().enumerate() {
        assert!((weight - if nth < 5 { 1.6 } else { 0.4 }).abs() < 1e-12);
    }
}

#[test]
fn a_short_baseline_and_gaps_are_said() {
    for name in ["farrington", "farrington-flexible"] {
        let short = judged_by(name, &[], &Series::new(Step::Week, None, vec![3.0; 200]), 0);
        assert!(short.iter().all(|verdict| matches!(verdict.silent, Some(Silent::ShortBaseline { .. }))));
        let mut counts = vec![6.0; 330];
        let whole = judged_by(name, &[], &Series::new(Step::Week, None, counts.clone()), 329);
        assert!(whole[0].silent.is_none() && (whole[0].expected.unwrap() - 6.0).abs() < 1e-6, "{whole:?}");
        for at in (0..300).step_by(7) {
            counts[at] = f64::NAN;
        }
        let gaps = judged_by(name, &[], &Series::new(Step::Week, None, counts.clone()), 329);
        assert!(gaps[0].silent.is_none(), "{gaps:?}");
        counts[..310].fill(f64::NAN);
        let blind = judged_by(name, &[], &Series::new(Step::Week, None, counts.clone()), 329);
        assert!(matches!(blind[0].silent, Some(Silent::ShortBaseline { have: 0, .. })), "{blind:?}");
        counts[329] = f64::NAN;
        let gap = judged_by(name, &[], &Series::new(Step::Week, None, counts), 329);
        assert_eq!(gap[0].silent, Some(Silent::Gap));
    }
}

#[test]
fn rnssp_asks_for_more_than_five_cases_in_five_weeks() {
    let mut counts = vec![0.0; 330];
    counts[325..330].copy_from_slice(&[1.0, 0.0, 0.0, 0.0, 4.0]);
    let rnssp = [("years", "4"), ("alert", "rnssp")];
    let at = |settings: &[(&str, &str)], counts: &[f64]| {
        judged_by("farrington-flexible", settings, &Series::new(Step::Week, None, counts.to_vec()), 329).remove(0)
    };
    assert_eq!(at(&rnssp, &counts).silent, Some(Silent::FewCases { have: 5, need: 6 }));
    assert_eq!(at(&[], &counts).silent, Some(Silent::FewCases { have: 4, need: 5 }));
    counts[325] = 2.0;
    assert!(at(&rnssp, &counts).alarm());
}

#[test]
fn weeks_near_the_spring_festival_are_compared_with_weeks_near_it() {
    let first = base::zone::day_named("2012-01-02").unwrap();
    // Twice as many cases come from the second to the fourth week after the festival.
    let after = |at: i32| base::calendar::from_spring_festival(first + 7 * at + 3);
    let count = |at: i32| if after(at).is_some_and(|days| (7..28).contains(&days)) { 40.0 } else { 20.0 };
    let series = Series::new(Step::Week, Some(first), (0..480).map(count).collect());
    let plain = [("half_width", "0"), ("trend", "no")];
    let align = [("half_width", "0"), ("trend", "no"), ("festival", "align")];
    for name in ["farrington", "farrington-flexible"] {
        for at in (380..480).filter(|at| after(*at).is_some_and(|days| (14..21).contains(&days))) {
            let at = usize::try_from(at).unwrap();
            let until = Series { observed: series.observed[..=at].to_vec(), ..series.clone() };
            let expected = |settings| judged_by(name, settings, &until, at)[0].expected.unwrap();
            assert!((expected(&align[..]) - 40.0).abs() < 1e-6, "{name}");
            assert!(expected(&plain[..]) < 37.0, "{name}");
        }
    }
    let nameless = Series { first: None, ..series };
    assert_eq!(judged_by("farrington", &align, &nameless, 479)[0].silent, Some(Silent::NoDays));
}
