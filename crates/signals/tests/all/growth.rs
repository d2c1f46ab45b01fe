//! Growth rates, doubling times and the reproduction numbers that belong to them.

use proptest::prelude::*;
use signals::growth::{Growth, Note, Scatter, growth};
use signals::intervals::Interval;
use signals::{Given, files};

#[test]
fn an_exact_exponential_is_found() {
    let cases: Vec<f64> = (0..20).map(|t| 10.0 * (0.1 * f64::from(t)).exp()).collect();
    for scatter in [Scatter::QuasiPoisson, Scatter::NegativeBinomial] {
        let found = growth(&cases, None, scatter, 0.95).unwrap();
        assert!((found.rate - 0.1).abs() < 1e-9, "{found:?}");
        assert!((Growth::doubling(found.rate).unwrap() - 6.931_471_805_599_453).abs() < 1e-6);
        assert!(found.lower < 0.1 && found.upper > 0.1);
    }
    let generation = Interval::given(vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
    let found = growth(&cases, None, Scatter::QuasiPoisson, 0.95).unwrap();
    let [r, low, high] = found.reproduction(&generation);
    assert!((r - 0.5_f64.exp()).abs() < 1e-8 && low < r && r < high);
}

/// Weekday levels do not disturb the rate where they are fitted.
#[test]
fn weekday_levels_are_taken_out() {
    let level = [1.0, 1.1, 0.9, 1.0, 1.2, 0.5, 0.4];
    let cases: Vec<f64> = (0..28).map(|t| 100.0 * (-0.05 * t as f64).exp() * level[t % 7]).collect();
    let with = growth(&cases, Some(0), Scatter::QuasiPoisson, 0.95).unwrap();
    assert!((with.rate + 0.05).abs() < 1e-9, "{with:?}");
    let without = growth(&cases, None, Scatter::QuasiPoisson, 0.95).unwrap();
    assert!(without.scatter > 3.0 && with.scatter == 1.0, "{without:?}");
}

/// Poisson regression of 1, 2, 4, 8 on t: the score equations are met by 2^t itself; se by hand from Σμ = 15, Σtμ = 34,
/// Σt²μ = 90: 1/√(90 − 34²/15).
#[test]
fn the_standard_error_by_hand() {
    let found = growth(&[1.0, 2.0, 4.0, 8.0], None, Scatter::QuasiPoisson, 0.95).unwrap();
    let error = 1.0 / (90.0 - 34.0_f64.powi(2) / 15.0).sqrt();
    // t of 2 degrees of freedom at 97.5 %.
    assert!((found.rate - std::f64::consts::LN_2).abs() < 1e-9);
    assert!((found.upper - found.rate - 4.302_652_729_749_464 * error).abs() < 1e-7, "{found:?}");
}

#[test]
fn what_cannot_be_said_is_said() {
    let quasi = |cases: &[f64]| growth(cases, None, Scatter::QuasiPoisson, 0.95);
    assert_eq!(quasi(&[1.0, 2.0, 3.0]), Err(Note::ShortPast));
    assert_eq!(quasi(&[0.0; 10]), Err(Note::FewCases));
    assert_eq!(quasi(&[0.0, 0.0, 0.0, 0.0, 0.0, 7.0]), Err(Note::FewCases));
    let flat = quasi(&[5.0, 4.0, 6.0, 5.0, 5.0, 4.0, 6.0]).unwrap();
    assert_eq!(flat.doubling_bounds(), (None, None), "{flat:?}");
    let still = quasi(&[7.0; 14]).unwrap();
    assert_eq!((Growth::doubling(still.rate), Growth::doubling(-1e-17)), (None, None), "{still:?}");
    let gaps = quasi(&[1.0, f64::NAN, 4.0, 8.0, f64::NAN, 32.0]).unwrap();
    assert!((gaps.rate - std::f64::consts::LN_2).abs() < 1e-9 && gaps.days == 4);
}

#[test]
fn a_file_gives_windows() {
    let text = "date,count\n2026-01-01,10\n2026-01-02,12\n2026-01-04,17\n2026-01-05,\n2026-01-06,24\n2026-01-07,30\n";
    let given = Given::default().with("window", "0").with("gi_mean", "5").with("gi_sd", "2");
    let run =
        |text: &str, given: &Given, json: bool| files::growth(text.as_bytes(), "C", None::<(&[u8], &str)>, given, json);
    let printed = run(text, &given, false).unwrap();
    assert!(printed.starts_with("t_start,t_end,date_start,date_end,rate,lower,upper,doubling,"), "{printed}");
    assert!(printed.lines().nth(1).unwrap().starts_with("1,7,2026-01-01,2026-01-07,0.1"), "{printed}");
    let json: serde_json::Value = serde_json::from_str(&run(text, &given, true).unwrap()).unwrap();
    assert!(json["windows"][0]["reproduction"]["r"].as_f64().unwrap() > 1.5);
    for (text, part) in [
        ("date,count\n2026-01-01,-1\n", "C: row 2, column `count`: `-1` is negative"),
        ("date,count\n2026-01-01,x\n", "C: row 2, column `count`: `x` is no number"),
        ("t,count\n1,1.5\n2,1.5x\n", "C: row 3, column `count`: `1.5x` is no number"),
        ("date,count\n2026-01-02,1\n2026-01-01,1\n", "C: row 3, column `date`: `2026-01-01` comes after"),
    ] {
        let text = run(text, &given, false).unwrap_err().text().to_owned();
        assert!(text.starts_with(part), "{text}");
    }
}

proptest! {
    /// Moved in time and many times over, the rate is the same.
    #[test]
    fn scale_and_time_fall_out(cases in prop::collection::vec(1_u32..500, 6..30), times in 2_u32..100) {
        let one: Vec<f64> = cases.iter().map(|count| f64::from(*count)).collect();
        let many: Vec<f64> = one.iter().map(|count| count * f64::from(times)).collect();
        let rate = |cases: &[f64]| growth(cases, None, Scatter::QuasiPoisson, 0.95).unwrap().rate;
        prop_assert!((rate(&one) - rate(&many)).abs() < 1e-7);
        let mut later = vec![f64::NAN; 5];
        later.extend(&one);
        prop_assert!((rate(&one) - rate(&later)).abs() < 1e-7);
        let back: Vec<f64> = one.iter().rev().copied().collect();
        prop_assert!((rate(&one) + rate(&back)).abs() < 1e-7);
    }

    #[test]
    fn hostile_files_are_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        rows in prop::collection::vec(("[0-9]{0,3}", "[0-9.e+-]{0,6}"), 0..20),
        family in prop::sample::select(vec!["quasi-poisson", "negative-binomial"]),
    ) {
        let given = Given::default().with("window", "5").with("family", family).with("gi_mean", "4").with("gi_sd", "2");
        let _ = files::growth(&bytes[..], "a", Some((&bytes[..], "b")), &given, false);
        let mut text = "t,count\n".to_owned();
        for (nth, (_, count)) in rows.iter().enumerate() {
            text.push_str(&format!("{nth},{count}\n"));
        }
        let _ = files::growth(text.as_bytes(), "a", None::<(&[u8], &str)>, &given, true);
        let _ = files::growth(text.as_bytes(), "a", None::<(&[u8], &str)>, &given.with("weekdays", "yes").with("window", "0"), false);
    }
}
