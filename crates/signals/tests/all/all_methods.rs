//! What holds for every method: a value a day is the batch, later points and the zero of time change nothing, gaps and
//! hostile series are said, and no bytes panic.

use base::rng::Rng;
use proptest::prelude::*;
use signals::detect::many::{Asked, Job, many};
use signals::detect::{self, Detector, METHODS, Method, Silent, Verdict};
use signals::{Given, Series, Step, files};

fn detector(method: &Method) -> Box<dyn Detector> {
    method.detector(&Given::default()).unwrap().1
}

/// Settings that take a method's other paths.
fn variants(method: &Method) -> Vec<Given> {
    let mut all = vec![Given::default()];
    for setting in method.settings {
        let other = match (setting.key, setting.range) {
            ("holidays", _) => Some("leave-out"),
            ("festival", _) => Some("align"),
            (_, signals::settings::Range::Flag) => Some(if setting.default == "yes" { "no" } else { "yes" }),
            ("form", _) => Some("cdc"),
            ("transform", _) => Some("anscombe"),
            ("season", signals::settings::Range::OneOf(choices)) if choices.contains(&"wave") => Some("wave"),
            ("window", signals::settings::Range::Whole(..)) => Some("5"),
            ("per", _) => Some("1000"),
            _ => None,
        };
        all.extend(other.map(|value| Given::default().with(setting.key, value)));
    }
    all
}

fn counts() -> impl Strategy<Value = Vec<f64>> {
    let count = |high: u32| prop_oneof![12 => (0..=high).prop_map(f64::from), 1 => Just(f64::NAN), 2 => Just(0.0)];
    prop_oneof![
        prop::collection::vec(count(12), 1..420),
        prop::collection::vec(count(1), 1..420),
        prop::collection::vec(count(400), 1..120),
        prop::collection::vec(Just(0.0), 1..60),
        prop::collection::vec(Just(f64::NAN), 1..30),
    ]
}

fn same(a: &[Verdict], b: &[Verdict], what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len(), "{}", what);
    for (one, other) in a.iter().zip(b) {
        // NaN is not itself: compared as written.
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"), "{}", what);
    }
    Ok(())
}

fn one_by_one(method: &Method, detector: &dyn Detector, series: &Series, from: usize) -> Option<Vec<Verdict>> {
    let past = Series {
        observed: series.observed[..from].to_vec(),
        population: series.population.get(..from).unwrap_or_default().to_vec(),
        ..series.clone()
    };
    let mut kept = detect::begin(detector, &past)?;
    // What is kept survives being stored, gaps and last digits too.
    let stored: detect::Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    assert_eq!(format!("{stored:?}"), format!("{kept:?}"), "{}", method.name);
    kept = stored;
    let population = |at: usize| series.population.get(at).copied();
    Some((from..series.len()).map(|at| detect::add(detector, &mut kept, series.observed[at], population(at))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_value_a_day_is_the_batch(observed in counts(), part in 0.0..1.0_f64, dated: bool, peopled: bool) {
        for method in METHODS {
            for step in method.steps {
                for given in variants(method) {
                    // Some settings exclude each other.
                    let Ok((_, detector)) = method.detector(&given) else { continue };
                    let mut series = Series::new(*step, dated.then_some(18_267), observed.clone());
                    if peopled {
                        series.population = (0..observed.len()).map(|at| 1_000.0 + at as f64).collect();
                    }
                    let from = (part * observed.len() as f64) as usize;
                    let batch = detect::one(&*detector, &series, from..series.len());
                    prop_assert_eq!(batch.len(), series.len() - from, "{}", method.name);
                    if let Some(added) = one_by_one(method, &*detector, &series, from) {
                        same(&added, &batch, &format!("{} {given:?}", method.name))?;
                    }
                }
            }
        }
    }

    /// What comes later changes no verdict, and neither does when the series is judged in two parts by a method that
    /// looks back only so far.
    #[test]
    fn later_points_change_nothing(observed in counts(), part in 0.0..1.0_f64) {
        for method in METHODS {
            let detector = detector(method);
            let series = Series::new(method.steps[0], Some(18_267), observed.clone());
            let middle = (part * observed.len() as f64) as usize;
            let whole = detect::one(&*detector, &series, 0..series.len());
            let cut = Series::new(series.step, series.first, observed[..middle].to_vec());
            same(&detect::one(&*detector, &cut, 0..middle), &whole[..middle], method.name)?;
            if detector.reach().is_some() && detector.begin(&cut).is_none() {
                same(&detect::one(&*detector, &series, middle..series.len()), &whole[middle..], method.name)?;
            }
        }
    }

    /// Moved by whole weeks, or without days where none are needed, the verdicts are the same.
    #[test]
    fn the_zero_of_time_does_not_matter(observed in counts(), weeks in 1..500_i32) {
        for method in METHODS {
            let detector = detector(method);
            // Methods by calendar date see other dates; those without look at distances alone.
            if ["percentile", "farrington-flexible", "serfling", "mem"].contains(&method.name) {
                continue;
            }
            let at = |first: i32| {
                let series = Series::new(method.steps[0], Some(first), observed.clone());
                detect::one(&*detector, &series, 0..observed.len())
            };
            let (here, there) = (at(18_267), at(18_267 + 7 * weeks));
            for (one, other) in here.iter().zip(&there) {
                prop_assert_eq!(one.level, other.level, "{}", method.name);
                let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                    (Some(a), Some(b)) => a == b || (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0),
                    (a, b) => a.is_none() && b.is_none(),
                };
                prop_assert!(near(one.upper, other.upper) && near(one.statistic, other.statistic), "{}", method.name);
            }
        }
    }

    /// Methods on means and deviations measure alike in any unit.
    #[test]
    fn scaled_counts_have_scaled_bounds(observed in counts(), factor in 2..9_u32) {
        let factor = f64::from(factor);
        for (name, given, deviations) in [
            ("ears-c1", Given::default().with("least_spread", "0"), true),
            ("ears-c2", Given::default().with("least_spread", "0"), true),
            ("ears-c3", Given::default().with("least_spread", "0").with("form", "cdc"), true),
            ("shewhart", Given::default(), true),
            ("ewma", Given::default(), true),
            ("cdc", Given::default(), false),
            ("percentile", Given::default(), false),
        ] {
            let (_, detector) = detect::method(name).unwrap().detector(&given).unwrap();
            let from = observed.len() / 2;
            let at = |factor: f64| {
                let counts = observed.iter().map(|count| count * factor).collect();
                detect::one(&*detector, &Series::new(Step::Week, None, counts), from..observed.len())
            };
            for (one, other) in at(1.0).iter().zip(&at(factor)) {
                prop_assert_eq!(one.silent, other.silent, "{}", name);
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
                if let (Some(upper), Some(scaled)) = (one.upper, other.upper) {
                    prop_assert!(near(upper * factor, scaled), "{}: {} {}", name, upper, scaled);
                }
                if let (Some(statistic), Some(scaled)) = (one.statistic, other.statistic) {
                    let wanted = if deviations { statistic } else { statistic * factor };
                    prop_assert!(near(wanted, scaled), "{}: {} {}", name, statistic, scaled);
                }
            }
        }
    }

    /// A gap is said and never alarms; every verdict is finite or silent; p is a probability.
    #[test]
    fn gaps_and_hostile_series_are_said(observed in counts(), large: bool) {
        for method in METHODS {
            for step in method.steps {
                let detector = detector(method);
                let counts: Vec<f64> = observed.iter().map(|count| if large { count * 1e7 } else { *count }).collect();
                for first in [None, Some(18_267), Some(-700_000), Some(2_900_000)] {
                    let series = Series::new(*step, first, counts.clone());
                    for verdict in detect::one(&*detector, &series, 0..series.len()) {
                        let name = method.name;
                        if verdict.observed.is_nan() {
                            prop_assert_eq!(verdict.silent, Some(Silent::Gap), "{}", name);
                        }
                        prop_assert!(verdict.silent.is_none() || !verdict.alarm(), "{}: a silent alarm", name);
                        for number in [verdict.expected, verdict.upper, verdict.statistic].into_iter().flatten() {
                            prop_assert!(number.is_finite(), "{}: {:?}", name, verdict);
                        }
                        prop_assert!(verdict.p.is_none_or(|p| (0.0..=1.0).contains(&p)), "{}: {:?}", name, verdict);
                    }
                }
            }
        }
    }

    /// In parallel, streamed: the same as one after the other, in the order of the feed.
    #[test]
    fn many_are_as_one(all in prop::collection::vec(counts(), 1..9), threads in 1..5_usize, active in 0..9_usize) {
        let detectors = [detector(detect::method("ears-c2").unwrap()), detector(detect::method("rki1").unwrap())];
        // More than a chunk, so that several workers have some.
        let feed = || (0..300).map(|nth| (nth, Series::new(Step::Day, Some(18_267), all[nth % all.len()].clone())));
        let mut found = Vec::new();
        let make = |(key, series): (usize, Series)| {
            Job { key, series, detectors: detectors.iter().map(|detector| &**detector).collect() }
        };
        many(Asked { threads, active_days: active, last: 2 }, feed(), make, |judged| found.push(judged));
        prop_assert_eq!(found.len(), 300);
        for ((nth, series), judged) in feed().zip(&found) {
            prop_assert_eq!(nth, judged.key);
            let lately = series.observed[series.len().saturating_sub(active)..].iter().any(|count| *count > 0.0);
            let expected = (active == 0 || lately).then(|| {
                let range = series.len().saturating_sub(2)..series.len();
                detectors.iter().map(|detector| detect::one(&**detector, &series, range.clone())).collect::<Vec<_>>()
            });
            prop_assert_eq!(format!("{:?}", judged.verdicts), format!("{expected:?}"));
        }
    }
}

/// Changed files of every kind, by every method: an answer or an error, never a panic, never a silent alarm.
#[test]
fn no_bytes_are_a_panic() {
    let weekly: String = (0..320).map(|at| format!("{},{}\n", at + 1, (at * 7 + at / 9) % 11)).collect();
    let daily: String =
        (0..90).map(|at| format!("{},{},5000,0\n", base::zone::day_text(20_000 + at), (at * 5) % 13)).collect();
    let corpus = [
        format!("t,observed\n{weekly}"),
        format!("date,count,population,state\n{daily}"),
        "date,count\n2026-01-05,1\n2026-01-12,\n2026-02-02,3\n".to_owned(),
        "t,observed\n1,1e308\n2,1e308\n3,1e308\n4,1e308\n5,1e308\n6,1e308\n7,1e308\n8,1e308\n9,1e308\n".to_owned(),
    ];
    let words =
        ["date", "t", "observed", "\n", ",", "2026-01-05", "9999-12-31", "1e300", "-1", "NaN", "0.5", "\"", "张"];
    let mut answers = std::collections::HashSet::new();
    for nth in 0..2_500_u64 {
        let mut rng = Rng::of(6, 902, nth);
        let mut input = rng.pick(&corpus).clone().into_bytes();
        for _ in 0..rng.below(5) {
            change(&mut rng, &mut input, &words);
        }
        let method = rng.pick(METHODS);
        let given = if rng.chance(0.3) { Given::default().with("from", "4") } else { Given::default() };
        answers.insert(match files::detect(&input[..], "x.csv", method.name, &given, rng.chance(0.5)) {
            Ok(text) => {
                let silent = |line: &str| line.contains(",1,,alarm,") && line.contains("baseline");
                assert!(!text.lines().any(silent), "{}: a silent alarm", method.name);
                method.name.to_owned()
            }
            Err(error) => error.text().chars().filter(|sign| !sign.is_ascii_digit()).take(40).collect(),
        });
    }
    assert!(answers.len() > METHODS.len() + 8, "the input reaches far: {answers:#?}");
}

/// Changes input in one place: a byte, a piece lost or doubled, a word put in, the end cut off.
fn change(rng: &mut Rng, input: &mut Vec<u8>, words: &[&str]) {
    let at = rng.below(input.len() as u64 + 1) as usize;
    let end = (at + rng.below(20) as usize).min(input.len());
    match rng.below(6) {
        0 if at < input.len() => input[at] = rng.below(256) as u8,
        1 => drop(input.splice(at..end, [])),
        2 => {
            let part = input[at..end].to_vec();
            drop(input.splice(at..at, part));
        }
        3 | 4 => drop(input.splice(at..end, rng.pick(words).bytes())),
        _ => input.truncate(at.max(input.len() / 2)),
    }
}
