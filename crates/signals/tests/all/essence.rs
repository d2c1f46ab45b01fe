//! ESSENCE's detectors against an independent least-squares fit (numpy), holidays, and the moving percentile.

use base::calendar::day;
use signals::detect::percentile::disease_rows;
use signals::detect::{self, Level, Silent, Verdict};
use signals::{Given, Series, Step};

fn judge(method: &str, given: &Given, series: &Series, range: std::ops::Range<usize>) -> Vec<Verdict> {
    let (_, detector) = detect::method(method).unwrap().detector(given).unwrap();
    detect::one(&*detector, series, range)
}

fn near(got: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((got - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{what}: {got} is not {wanted}");
}

/// Sixty days from a Monday, with thirty cases more on the fifty-first.
fn sixty_days() -> Series {
    let count = |at: i32| {
        let week = if at % 7 < 5 { 14 } else { 4 };
        f64::from((7 * at * at + 3 * at) % 11 + week + at / 6 + if at == 50 { 30 } else { 0 })
    };
    Series::new(Step::Day, Some(day(2026, 1, 5)), (0..60).map(count).collect())
}

#[test]
fn the_regression_is_numpys() {
    let series = sixty_days();
    let verdicts = judge("essence-regression", &Given::default().with("filter", "no"), &series, 0..60);
    for (at, expected, statistic, p) in [
        (13, 11.500000000000, -2.913024937366, 0.969077651999),
        (20, 10.657894736842, -0.831191288938, 0.787366499094),
        (35, 24.071428571429, -0.908016372054, 0.812659301953),
        (50, 25.571428571429, 7.181423042223, 0.000000296195),
        (59, 32.892857142857, -0.800936065436, 0.783709403281),
    ] {
        let verdict = &verdicts[at];
        near(verdict.expected.unwrap(), expected, 1e-11, "expected");
        near(verdict.statistic.unwrap(), statistic, 1e-11, "statistic");
        near(verdict.p.unwrap(), p, 1e-10, "p");
    }
    assert_eq!(verdicts[12].silent, Some(Silent::ShortBaseline { have: 10, need: 11 }));
    assert_eq!(verdicts[50].level, Level::Alarm);
    assert!(verdicts[50].observed > verdicts[50].upper.unwrap());
}

#[test]
fn the_moving_averages_are_those_of_an_independent_program() {
    let series = sixty_days();
    let verdicts = judge("essence-ewma", &Given::default(), &series, 0..60);
    for (at, expected, statistic, p) in [
        (9, 15.428571428571, 0.472772750248, 0.326541399251),
        (20, 16.833333333333, -1.125770131819, 0.862047271476),
        (35, 17.821428571429, 0.356671177080, 0.362055179974),
        (50, 20.178571428571, 6.050381022198, 0.000000926410),
        // The averages go on from the bound, not from the peak.
        (51, 20.464285714286, 1.897899427154, 0.034224713399),
        (59, 22.928571428571, 0.660963990721, 0.257118106728),
    ] {
        let verdict = &verdicts[at];
        near(verdict.expected.unwrap(), expected, 1e-11, "expected");
        near(verdict.statistic.unwrap(), statistic, 1e-11, "statistic");
        near(verdict.p.unwrap(), p, 1e-10, "p");
    }
    assert_eq!(verdicts[8].silent, Some(Silent::ShortBaseline { have: 6, need: 7 }));
    assert_eq!((verdicts[50].level, verdicts[51].level), (Level::Alarm, Level::Warning));
    // The upper bound is where the verdict turns.
    let mut moved = series.clone();
    for (more, level) in [(1e-6, Level::Alarm), (-1e-6, Level::Warning)] {
        moved.observed[50] = verdicts[50].upper.unwrap() + more;
        assert_eq!(judge("essence-ewma", &Given::default(), &moved, 50..51)[0].level, level);
    }
}

#[test]
fn the_switch_takes_the_regression_where_it_explains_enough() {
    let series = sixty_days();
    let of =
        |method: &str, at: usize| judge(method, &Given::default().with("alpha", "0.01"), &series, at..at + 1).remove(0);
    // Adjusted R² is 0.602 on day 50 and 0.359 on day 59.
    assert_eq!(of("essence-switch", 50), of("essence-regression", 50));
    assert_eq!(of("essence-switch", 59), of("essence-ewma", 59));
}

#[test]
fn alarms_below_the_weeks_mean_are_dropped() {
    // Sundays are quiet; a Sunday of 12 is much for a Sunday, yet below the week's mean.
    let count = |at: i32| if at % 7 == 6 { f64::from(2 + at / 7 % 2) } else { f64::from(20 + at % 3) };
    let mut series = Series::new(Step::Day, Some(day(2026, 3, 2)), (0..63).map(count).collect());
    series.observed[62] = 12.0;
    let filtered = judge("essence-regression", &Given::default(), &series, 62..63);
    assert_eq!(filtered[0].level, Level::Alarm, "it is above the mean of the last seven Sundays");
    // A Wednesday below the week's mean.
    let mut midweek = series.clone();
    for at in (2..60).step_by(7) {
        midweek.observed[at] = 2.0;
    }
    midweek.observed[58] = 12.0;
    assert_eq!(judge("essence-regression", &Given::default(), &midweek, 58..59)[0].level, Level::Quiet);
    let unfiltered = Given::default().with("filter", "no");
    assert_eq!(judge("essence-regression", &unfiltered, &midweek, 58..59)[0].level, Level::Alarm);
}

#[test]
fn holidays_are_left_out_or_a_class() {
    // Two months to the end of the May holiday of 2026; on the holiday few come.
    let first = day(2026, 3, 30);
    let count = |at: i32| match base::calendar::is_off(first + at) {
        true => 3.0,
        false => f64::from(20 + at % 4),
    };
    let series = Series::new(Step::Day, Some(first), (0..50).map(count).collect());
    let at = usize::try_from(day(2026, 5, 12) - first).unwrap();
    let expected = |method: &str, holidays: &str| {
        judge(method, &Given::default().with("holidays", holidays), &series, at..at + 1)[0].expected.unwrap()
    };
    assert!(expected("essence-regression", "ignore") < 18.0);
    for holidays in ["leave-out", "own-class"] {
        let expected = expected("essence-regression", holidays);
        assert!((18.0..25.0).contains(&expected), "{holidays}: {expected}");
    }
    assert!(expected("essence-ewma", "ignore") < 19.0 && expected("essence-ewma", "leave-out") > 20.0);
    // A holiday that is a class is compared with holidays.
    let may_day = usize::try_from(day(2026, 5, 5) - first).unwrap();
    let own = Given::default().with("holidays", "own-class").with("guard", "0");
    let verdict = &judge("essence-regression", &own, &series, may_day..may_day + 1)[0];
    assert!(verdict.expected.unwrap() < 6.0, "{verdict:?}");
    let undated = Series { first: None, ..series };
    for method in ["essence-regression", "ears-c1", "essence-ewma"] {
        let given = Given::default().with("holidays", "leave-out");
        assert_eq!(judge(method, &given, &undated, at..at + 1)[0].silent, Some(Silent::NoDays), "{method}");
    }
}

#[test]
fn the_moving_percentile_is_the_spreadsheets() {
    // Five years of 1, 2, 3, 4, 5 cases a week in turn: the 25 values are five of each.
    let counts: Vec<f64> = (0..=272).map(|at| f64::from(at % 5 + 1)).collect();
    let series = Series::new(Step::Week, None, counts);
    let judged = |percentile: &str, now: f64, from: &str| {
        let mut series = series.clone();
        series.observed[272] = now;
        let given = Given::default().with("percentile", percentile).with("alarm_from", from);
        judge("percentile", &given, &series, 272..273).remove(0)
    };
    let verdict = judged("50", 3.0, "above");
    assert_eq!((verdict.upper, verdict.expected, verdict.alarm()), (Some(3.0), Some(3.0), false));
    assert!(judged("50", 3.0, "at").alarm() && judged("50", 4.0, "above").alarm());
    // Type 7: P75 lies at 18 of 24, the 19th value; P80 at 19.2 between the 20th and the 21st.
    assert_eq!(judged("75", 0.0, "above").upper, Some(4.0));
    near(judged("80", 0.0, "above").upper.unwrap(), 4.2, 1e-12, "P80");
    assert!(!judged("0", 0.0, "at").alarm(), "no signal without a case");
    let short = judge("percentile", &Given::default(), &series, 261..262);
    assert!(matches!(short[0].silent, Some(Silent::ShortBaseline { .. })));
}

#[test]
fn daily_percentiles_compare_weeks_of_the_same_date() {
    let (first, last) = (day(2020, 1, 1), day(2026, 2, 28));
    let mut series = Series::new(Step::Day, Some(first), vec![0.0; usize::try_from(last - first + 1).unwrap()]);
    let at = series.len() - 1;
    for (year, cases) in [(2025, 5.0), (2024, 4.0), (2023, 3.0), (2022, 2.0), (2021, 1.0)] {
        series.observed[usize::try_from(day(year, 2, 28) - first).unwrap()] = cases;
    }
    series.observed[at - 6] = 1.0;
    // A case is in the sum that ends on its day and in none of the others, which end whole weeks from it; 20 of 25 are 0.
    let given = Given::default().with("percentile", "100");
    let verdict = &judge("percentile", &given, &series, at..at + 1)[0];
    assert_eq!((verdict.upper, verdict.statistic, verdict.expected), (Some(5.0), Some(1.0), Some(0.0)));
    let by_disease = |disease: &str, scheme: &str| {
        let given = Given::default().with("disease", disease).with("scheme", scheme);
        judge("percentile", &given, &series, at..at + 1)[0].upper.unwrap()
    };
    // P90 of 20 × 0, 1, 2, 3, 4, 5 lies at 21.6.
    near(by_disease("measles", "cidars-2011"), 2.6, 1e-12, "P90");
    near(by_disease("麻疹", "cidars-2011"), 2.6, 1e-12, "by its Chinese name");
    near(by_disease("hand-foot-mouth", "songjiang"), 0.0, 1e-12, "P75");
}

#[test]
fn percentiles_of_diseases_are_dated_and_say_how_sure_they_are() {
    let lines = include_str!("../../data/percentiles.csv").lines().count();
    assert_eq!(disease_rows().count(), lines - 1, "every row is read");
    for row in disease_rows() {
        assert!((0.0..=100.0).contains(&row.percentile) && !row.source.is_empty(), "{row:?}");
        assert!(["yes", "unsure", "local"].contains(&row.sure), "{row:?}");
        let same = disease_rows().filter(|other| (other.scheme, other.disease) == (row.scheme, row.disease));
        assert_eq!(same.count(), 1, "{row:?}");
    }
}

/// Clinics are empty in the week of the festival: only an aligned baseline knows when that was last year.
#[test]
fn weeks_can_be_aligned_to_the_spring_festival() {
    let first = day(2019, 1, 7);
    let count = |at: i32| {
        let near = base::calendar::from_spring_festival(first + 7 * at + 3).unwrap_or(99);
        if (-7..=7).contains(&near) { 0.0 } else { 10.0 }
    };
    let weeks = (day(2026, 6, 1) - first) / 7;
    let series = Series::new(Step::Week, Some(first), (0..weeks).map(count).collect());
    // The week of the festival of 2026 (17 February); in 2025 it was in the last week of January.
    let at = usize::try_from((day(2026, 2, 16) - first) / 7).unwrap();
    assert_eq!(series.observed[at], 0.0);
    for method in ["rki3", "percentile", "cdc"] {
        let given = Given::default().with("festival", "align");
        let given = if method == "rki3" { given.with("half_width", "0") } else { given };
        let given = if method == "percentile" { given.with("weeks", "0") } else { given };
        let given = if method == "cdc" { given.with("blocks", "0") } else { given };
        let aligned = judge(method, &given, &series, at..at + 1)[0].expected;
        let plain = judge(method, &given.with("festival", "ignore"), &series, at..at + 1)[0].expected;
        match method {
            // Three of four weeks are ordinary ones.
            "cdc" => assert_eq!(
                judge(method, &Given::default().with("festival", "align"), &series, at..at + 1)[0].silent,
                None
            ),
            _ => assert_eq!((aligned, plain), (Some(0.0), Some(10.0)), "{method}"),
        }
    }
    let undated = Series { first: None, ..series };
    let given = Given::default().with("festival", "align");
    assert_eq!(judge("rki2", &given, &undated, at..at + 1)[0].silent, Some(Silent::NoDays));
}
