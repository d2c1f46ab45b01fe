use crate::given::surveillance;
use proptest::prelude::*;
use signals::detect::{self, METHODS, Verdict};
use signals::evaluate::{Measures, PLAN, Plan, Report, Tally, as_known_on, backtest, bootstrap, simulate, wilson};
use signals::{Given, Series, Settings, Step, files};

fn given(lines: &str) -> Given {
    Given::read(lines).unwrap()
}

fn plan(lines: &str) -> Plan {
    Plan::of(&Settings::of(PLAN, &given(lines)).unwrap())
}

fn evaluate(text: &str, lines: &str) -> base::Result<String> {
    files::evaluate(Some((&mut text.as_bytes(), "s.csv")), &given(lines), false)
}

#[test]
fn wilson_is_as_published() {
    // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
    for (hits, of, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let found = wilson(hits, of);
        assert!((found.low.unwrap() - low).abs() < 5e-5, "{found:?}");
        assert!((found.high.unwrap() - high).abs() < 5e-5, "{found:?}");
    }
    assert_eq!(wilson(0, 0).value, None);
    assert_eq!(wilson(9, 9).high, Some(1.0));
}

#[test]
fn the_bootstrap_holds_the_ratio_and_needs_two_series() {
    let parts: Vec<(f64, f64)> = (0..40).map(|nth| (f64::from(nth % 5), 2.0)).collect();
    let found = bootstrap(&parts, 2_000, 7);
    assert_eq!(found.value, Some(1.0));
    // The deviation of a mean of 40 of 0..4, halved, is about 0.112.
    assert!((found.low.unwrap() - 0.78).abs() < 0.05 && (found.high.unwrap() - 1.22).abs() < 0.05, "{found:?}");
    assert_eq!(bootstrap(&parts[..1], 100, 7).low, None);
    assert_eq!(bootstrap(&parts, 100, 7), bootstrap(&parts, 100, 7));
}

fn verdicts(from: usize, alarms: &[u8]) -> Vec<Verdict> {
    let one = |(nth, alarm): (usize, &u8)| {
        let mut verdict = Verdict::silent(from + nth, 0.0, detect::Silent::Gap);
        if *alarm < 2 {
            verdict.silent = None;
        }
        if *alarm == 1 {
            verdict.level = detect::Level::Alarm;
        }
        verdict
    };
    alarms.iter().enumerate().map(one).collect()
}

#[test]
fn a_tally_counts_points_outbreaks_and_delays() {
    let mut series = Series::new(Step::Week, None, vec![0.0; 12]);
    series.state = [0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0].map(|state| state == 1).to_vec();
    // 2: not judged. The first outbreak is found at its third point, the second not, the third by grace only.
    let found = verdicts(1, &[1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1]);
    let tally = Tally::of(&series, 1..12, &found, 0);
    assert_eq!((tally.hits, tally.misses, tally.false_alarms, tally.quiet, tally.silent), (1, 5, 2, 2, 1));
    assert_eq!((tally.outbreaks, tally.delays.as_slice()), (3, &[2.0][..]));
    // mlag: 2, 20 and 2, for the alarm after the end of the third is within twenty points of its beginning.
    assert!((tally.mlag - 8.0).abs() < 1e-12, "{}", tally.mlag);
    assert!((tally.free_weeks - 4.0).abs() < 1e-12);
    assert_eq!(Tally::of(&series, 1..12, &found, 1).delays, [2.0, 2.0]);
    let measures = Measures::of(&[tally.clone(), tally], 100, 1);
    assert_eq!(measures.sensitivity.value, Some(2.0 / 6.0));
    assert_eq!(measures.ppv.value, Some(2.0 / 6.0));
    assert_eq!(measures.npv.value, Some(4.0 / 14.0));
    assert_eq!(measures.false_alarms.value, Some(50.0));
    assert_eq!(measures.delay.value, Some(2.0));
}

#[test]
fn a_made_baseline_has_the_mean_and_the_spread_that_were_asked_for() {
    let plan = plan("points = 20000\nseason = 0\noutbreaks = 0\nbaseline = 8\ndispersion = 3\n");
    let series = simulate(&plan, 0);
    let mean = series.observed.iter().sum::<f64>() / 20_000.0;
    let variance = series.observed.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 20_000.0;
    assert!((mean - 8.0).abs() < 0.15, "{mean}");
    assert!((variance / mean - 3.0).abs() < 0.15, "{}", variance / mean);
    assert!(!series.state.contains(&true));
}

#[test]
fn made_outbreaks_have_the_size_and_the_length_that_were_asked_for() {
    let lines =
        "points = 3650\nmade-step = day\nbaseline = 0\noutbreaks = 2\nsize_unit = cases\nsize = 30\nseason = 0\n";
    for (shape, longest) in [("point-source", 120), ("propagated", 240)] {
        let plan = plan(&format!("{lines}shape = {shape}\n"));
        let all: Vec<Series> = (0..40).map(|nth| simulate(&plan, nth)).collect();
        let cases: f64 = all.iter().flat_map(|series| &series.observed).sum();
        // 40 × 10 years × 2 × 30, a little less at the ends.
        assert!((cases / 24_000.0 - 1.0).abs() < 0.08, "{shape}: {cases}");
        for series in &all {
            let outside = series.observed.iter().zip(&series.state).filter(|(count, state)| **count > 0.0 && !**state);
            assert_eq!(outside.count(), 0);
            let runs = series.state.split(|state| !state).filter(|run| !run.is_empty());
            assert!(runs.map(<[bool]>::len).max().unwrap() <= longest);
        }
    }
}

#[test]
fn the_vignette_is_as_the_series_of_the_package() {
    // Höhle's series of 400 points has 17 in an outbreak; its chain (p 0.99, r 0.5) has 2 % of them.
    let plan = plan("kind = vignette\npoints = 400\n");
    let all: Vec<Series> = (0..400).map(|nth| simulate(&plan, nth)).collect();
    let on = all.iter().flat_map(|series| &series.state).filter(|state| **state).count() as f64 / 160_000.0;
    assert!((on - 0.0196).abs() < 0.003, "{on}");
    let of = |wanted: bool| {
        let counts = all.iter().flat_map(|series| series.observed.iter().zip(&series.state));
        let chosen: Vec<f64> = counts.filter(|(_, state)| **state == wanted).map(|(count, _)| *count).collect();
        chosen.iter().sum::<f64>() / chosen.len() as f64
    };
    // K stands in the exponent: exp(1.7) times as many.
    assert!((of(true) / of(false) / 1.7_f64.exp() - 1.0).abs() < 0.1);
}

#[test]
fn the_same_plan_makes_the_same_series() {
    let plan = plan("seed = 9\n");
    assert_eq!(simulate(&plan, 3), simulate(&plan, 3));
    assert_ne!(simulate(&plan, 3), simulate(&plan, 4));
}

#[test]
fn every_method_is_measured_on_made_series() {
    let lines = "series = 6\npoints = 330\njudged = 40\nbootstrap = 50\n";
    let printed = files::evaluate(None, &given(lines), false).unwrap();
    let heading = "method,series,points,silent,outbreaks,detected,sensitivity,sensitivity_low,sensitivity_high";
    assert!(printed.starts_with(heading), "{printed}");
    assert_eq!(printed.lines().count(), METHODS.len() + 1);
    let json = files::evaluate(None, &given(lines), true).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["methods"][0]["found"]["specificity"]["value"].is_number(), "{json}");
    assert_eq!(printed, files::evaluate(None, &given(lines), false).unwrap());
}

#[test]
fn a_file_of_series_is_measured_and_settings_are_compared() {
    let mut text = "series,t,observed,state\n".to_owned();
    for t in 1..=40 {
        let state = u8::from((30..33).contains(&t));
        text += &format!("a,{t},{},{state}\nb,{t},{},{state}\n", 1 + 5 * state, 1 + 2 * state);
    }
    let lines = "methods = threshold, threshold@high\nthreshold.least = 3\nhigh.least = 6\njudged = 20\n";
    let printed = evaluate(&text, lines).unwrap();
    let rows: Vec<Vec<&str>> = printed.lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows[1][..7], ["threshold", "2", "40", "0", "2", "2", "1.0000"]);
    assert_eq!(rows[2][..7], ["high", "2", "40", "0", "2", "1", "0.5000"]);
    // Nothing was raised wrongly.
    let column = rows[0].iter().position(|name| *name == "false_alarms").unwrap();
    assert_eq!(rows[1][column], "0.0000");
}

#[test]
fn what_is_wrong_is_said() {
    let text = |result: base::Result<String>| result.unwrap_err().text().to_owned();
    assert!(text(evaluate("t,observed\n1,2\n", "")).contains("`state`"));
    assert!(text(evaluate("t,observed,state\n1,2,0\n", "methods = ears-c9\n")).contains("no method `ears-c9`"));
    assert!(text(evaluate("t,observed,state\n1,2,0\n", "threshold.leest = 3\n")).contains("line 1"));
    assert!(text(evaluate("t,observed,state\n1,2,0\n", "nothing = 3\n")).contains("no setting `nothing`"));
    assert!(text(evaluate("t,observed,state\n1,x,0\n", "")).contains("row 2, column `observed`"));
    assert!(text(evaluate("onset,report\n2026-01-02,2026-01-01\n", "")).contains("row 2, column `report`"));
    assert!(text(evaluate("onset,report\n", "")).contains("no row"));
    assert!(
        text(evaluate("t,observed,state\n1,2,0\n", "simulate = yes\nseries = 100000\npoints = 100000\n"))
            .contains("fewer")
    );
}

#[test]
fn a_back_test_knows_only_what_was_known() {
    let day = 20_000;
    // Five fall ill on day 10; two are known at once, three after two days.
    let mut reports: Vec<Report> =
        (0..5).map(|nth| Report { onset: day + 10, known: day + 10 + if nth < 2 { 0 } else { 2 } }).collect();
    reports.push(Report { onset: day, known: day });
    assert_eq!(as_known_on(&reports, day, Step::Day, day + 10).observed[10], 2.0);
    assert_eq!(as_known_on(&reports, day, Step::Day, day + 12).observed[10], 5.0);
    let lines = given("least = 4\n");
    let (_, detector) = detect::method("threshold").unwrap().detector(&lines).unwrap();
    let then = backtest(&*detector, &reports, day, Step::Day, 5..13, 0);
    assert_eq!((then.points, then.both, then.only_then, then.only_now), (8, 0, 0, 1));
    let later = backtest(&*detector, &reports, day, Step::Day, 5..13, 2);
    assert_eq!((later.points, later.both, later.only_then, later.only_now), (8, 1, 0, 0));
}

#[test]
fn every_point_of_a_back_test_is_the_series_as_known_then() {
    let mut rng = base::rng::Rng::of(5, 1, 1);
    let mut reports: Vec<Report> = (0..300)
        .map(|_| {
            let onset = 19_000 + rng.below(90) as i32;
            Report { onset, known: onset + rng.below(9) as i32 }
        })
        .collect();
    reports.sort_unstable();
    for method in METHODS.iter().filter(|method| method.steps.contains(&Step::Day)) {
        let (_, detector) = method.detector(&Given::default()).unwrap();
        for lag in [0, 3] {
            let found = backtest(&*detector, &reports, 19_000, Step::Day, 60..80, lag);
            for (at, then, _) in found.alarms {
                let known = as_known_on(&reports, 19_000, Step::Day, 19_000 + (at + lag) as i32);
                let past = Series::new(Step::Day, Some(19_000), vec![0.0; 60]);
                let carries = detector.reach().is_none() || detector.begin(&past).is_some();
                let from = if carries { 60 } else { at };
                let verdict = detect::one(&*detector, &known, from..at + 1).pop().unwrap();
                let judged = matches!(verdict.silent, None | Some(detect::Silent::FewCases { .. }));
                assert_eq!(then, judged.then(|| verdict.alarm()), "{} {at}", method.name);
            }
        }
    }
}

#[test]
fn the_line_list_of_the_shared_data_is_tested() {
    let Some(text) = surveillance("husO104Hosp.csv") else { return };
    let printed = evaluate(&text, "methods = threshold\nthreshold.least = 20\n").unwrap();
    let row = printed.lines().nth(1).unwrap();
    let cells: Vec<u32> = row.split(',').skip(1).take(5).map(|cell| cell.parse().unwrap()).collect();
    // On the day next to nothing is known of those who fall ill on it.
    assert!(cells[2] < cells[4], "{row}");
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = files::evaluate(Some((&mut &bytes[..], "s.csv")), &Given::default(), true);
    }

    #[test]
    fn no_rows_are_a_panic(
        rows in proptest::collection::vec("[ab]?,(1|2|3|4|-1|x|9999999999),[0-9.]{0,3},[01x]?\n", 0..20),
        list in proptest::collection::vec("(2026-0[1-4]-[0-2][0-9]|0001-01-01|9999-12-31|-),2026-0[1-4]-1[0-9]\n", 0..9),
    ) {
        let text = format!("series,t,observed,state\n{}", rows.concat());
        let _ = evaluate(&text, "methods = threshold\n");
        let _ = evaluate(&format!("onset,report\n{}", list.concat()), "methods = threshold\n");
    }

    /// More alarms never lower the share of outbreaks that are found, nor raise the specificity.
    #[test]
    fn an_alarm_more_finds_no_less(
        state in proptest::collection::vec(any::<bool>(), 30),
        alarms in proptest::collection::vec(0_u8..2, 30),
        at in 0_usize..30,
    ) {
        let mut series = Series::new(Step::Day, None, vec![0.0; 30]);
        series.state = state;
        let before = Tally::of(&series, 0..30, &verdicts(0, &alarms), 2);
        let mut more = alarms.clone();
        more[at] = 1;
        let after = Tally::of(&series, 0..30, &verdicts(0, &more), 2);
        prop_assert!(after.delays.len() >= before.delays.len());
        prop_assert!(after.mlag <= before.mlag);
        prop_assert!(after.quiet <= before.quiet && after.hits >= before.hits);
        prop_assert_eq!(after.hits + after.misses + after.false_alarms + after.quiet, 30);
    }
}
