use base::rng::Rng;
use proptest::prelude::*;
use signals::numbers::draw;
use signals::tree::{Case, Edge, Lags, Model, Pair, Parameters, arborescence, score};
use signals::{Given, files};
use std::collections::HashMap;

fn given(lines: &str) -> Given {
    Given::read(lines).unwrap()
}

fn model(lags: Lags, groups: usize) -> Model {
    Model {
        lags,
        observed: 1.0,
        generations_max: 1,
        mutation: 1e-4,
        genome: 10_000.0,
        estimate: true,
        start: Parameters { imported: 0.1, epsilon: 0.7, lambda: 0.05, shared: vec![0.4; groups], distance_km: 1.0 },
    }
}

#[test]
fn a_gamma_interval_keeps_its_mean_over_days() {
    for (mean, sd) in [(2.6, 1.5), (11.7, 2.5), (1.7, 0.9), (5.0, 4.0)] {
        let lags = Lags::gamma(mean, sd).unwrap();
        let sum: f64 = lags.weights.iter().sum();
        let of_days: f64 = lags.weights.iter().enumerate().map(|(lag, weight)| lag as f64 * weight).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        // The triangle adds no mean: the hours of both days are open alike, but for what it cuts off below nought.
        assert!((of_days - mean).abs() < 0.02, "{mean} {of_days}");
        let twice = lags.over(2);
        let of_two: f64 = twice.weights.iter().enumerate().map(|(lag, weight)| lag as f64 * weight).sum();
        assert!((of_two - 2.0 * of_days).abs() < 1e-9);
    }
    assert!(Lags::given(0, vec![0.5, 0.4]).is_err());
    assert_eq!(Lags::given(-1, vec![0.25, 0.75]).unwrap().over(2).at(-2), 0.0625);
}

#[test]
fn weights_are_those_of_the_formula() {
    // Two cases two days apart, serial interval surely two days: ρ·N/T = 0.1·2/3 against 0.9·1.
    let cases = [Case { onset: 0, ..Case::default() }, Case { onset: 2, ..Case::default() }];
    let mut fixed = model(Lags::given(2, vec![1.0]).unwrap(), 0);
    fixed.estimate = false;
    let scored = score(&cases, &HashMap::new(), &fixed).unwrap();
    let wanted = 0.9 / (0.9 + 0.1 * 2.0 / 3.0);
    assert!((scored.candidates[1][0].probability - wanted).abs() < 1e-12);
    assert_eq!((scored.tree[0].infector, scored.tree[1].infector), (None, Some(0)));
    assert!((scored.infected[0] - wanted).abs() < 1e-12);
    // No contact where contacts are known: (1 − ε)/(1 − λ) of it.
    let pairs = HashMap::from([((0, 1), Pair { contact: Some(false), ..Pair::default() })]);
    let scored = score(&cases, &pairs, &fixed).unwrap();
    let weight = 0.9 * 0.3 / 0.95;
    let found = scored.candidates[1].iter().find(|one| one.infector == Some(0)).unwrap();
    assert!((found.probability - weight / (weight + 0.2 / 3.0)).abs() < 1e-12);
}

#[test]
fn one_between_and_genomes_weigh_as_in_the_formula() {
    let cases = [Case { onset: 0, ..Case::default() }, Case { onset: 4, ..Case::default() }];
    let mut fixed = model(Lags::given(2, vec![1.0]).unwrap(), 0);
    (fixed.estimate, fixed.observed, fixed.generations_max) = (false, 0.6, 2);
    let scored = score(&cases, &HashMap::new(), &fixed).unwrap();
    let weight = 0.9 * 0.6 * 0.4;
    let found = scored.candidates[1].iter().find(|one| one.infector == Some(0)).unwrap();
    assert_eq!(found.kappa, 2);
    assert!((found.probability - weight / (weight + 0.1 * 2.0 / 5.0)).abs() < 1e-12);
    let pairs = HashMap::from([((0, 1), Pair { genetic: Some(2.0), ..Pair::default() })]);
    let scored = score(&cases, &pairs, &fixed).unwrap();
    // The mean distance of all pairs is 2, which is two generations of one mutation: no ratio at κ = 2.
    let again = scored.candidates[1].iter().find(|one| one.infector == Some(0)).unwrap();
    assert!((again.probability - found.probability).abs() < 1e-12);
}

/// A made outbreak: cases, infectors, contacts.
type Made = (Vec<Case>, Vec<Option<usize>>, HashMap<(u32, u32), Pair>);

fn made(seed: u64, size: usize) -> Made {
    let mut rng = Rng::of(seed, 1, 1);
    let mut cases = vec![Case { onset: 100, groups: vec![Some(0)], place: None }];
    let mut exact = vec![100.5];
    let mut by = vec![None];
    let mut pairs = HashMap::new();
    while cases.len() < size {
        let recent = cases.len().saturating_sub(8);
        let infector = recent + rng.below((cases.len() - recent) as u64) as usize;
        let at = exact[infector] + draw::gamma(&mut rng, 9.0, 3.0 / 9.0);
        let household = if rng.chance(0.6) { cases[infector].groups[0] } else { Some(cases.len() as u32) };
        let nth = cases.len() as u32;
        exact.push(at);
        cases.push(Case { onset: at.floor() as i32, groups: vec![household], place: None });
        by.push(Some(infector));
        if rng.chance(0.8) {
            pairs.insert((infector as u32, nth), Pair { contact: Some(true), ..Pair::default() });
        }
    }
    for one in 0..size as u32 {
        for other in one + 1..size as u32 {
            if rng.chance(0.01) {
                pairs.entry((one, other)).or_insert(Pair { contact: Some(true), ..Pair::default() });
            }
        }
    }
    (cases, by, pairs)
}

fn right(seed: u64, use_contacts: bool, use_groups: bool) -> f64 {
    let (mut cases, by, pairs) = made(seed, 80);
    if !use_groups {
        cases.iter_mut().for_each(|case| case.groups.clear());
    }
    let groups = usize::from(use_groups);
    let pairs = if use_contacts { pairs } else { HashMap::new() };
    let scored = score(&cases, &pairs, &model(Lags::gamma(3.0, 1.0).unwrap(), groups)).unwrap();
    let right = scored.tree.iter().zip(&by).filter(|(choice, by)| choice.infector == **by).count();
    right as f64 / by.len() as f64
}

#[test]
fn contacts_and_households_find_more_infectors_than_times_alone() {
    let mean = |contacts, groups| (0..10).map(|seed| right(seed, contacts, groups)).sum::<f64>() / 10.0;
    let (times, with_groups, with_both) = (mean(false, false), mean(false, true), mean(true, true));
    assert!(times > 0.1, "{times}");
    assert!(with_groups > times + 0.1, "{times} {with_groups}");
    assert!(with_both > with_groups + 0.1 && with_both > 0.75, "{with_groups} {with_both}");
}

#[test]
fn what_is_estimated_is_what_the_outbreak_was_made_with() {
    let found: Vec<Parameters> = (0..8)
        .map(|seed| {
            let (cases, _, pairs) = made(seed, 150);
            score(&cases, &pairs, &model(Lags::gamma(3.0, 1.0).unwrap(), 1)).unwrap().parameters
        })
        .collect();
    let mean = |of: fn(&Parameters) -> f64| found.iter().map(of).sum::<f64>() / found.len() as f64;
    assert!((mean(|found| found.epsilon) - 0.8).abs() < 0.08, "{found:?}");
    assert!((mean(|found| found.shared[0]) - 0.6).abs() < 0.08, "{found:?}");
    assert!(mean(|found| found.imported) < 0.09, "{found:?}");
}

#[test]
fn the_heaviest_tree_breaks_circles() {
    let edge = |from, to, weight| Edge { from, to, weight };
    // 1 and 2 would best infect each other; the root must enter through one of them.
    let edges = [edge(0, 1, -5.0), edge(0, 2, -9.0), edge(1, 2, -1.0), edge(2, 1, -1.0), edge(2, 3, -1.0)];
    assert_eq!(arborescence(4, 0, &edges), [None, Some(0), Some(2), Some(4)]);
}

#[test]
fn a_file_prints_a_tree_and_how_right_it_is() {
    let cases = "case,onset,household,by\n\
                 a,2026-03-01,1,imported\nb,2026-03-04,1,a\nc,2026-03-07,2,b\nd,2026-03-07,1,b\n";
    let contacts = "a,b\na,b\nb,c\nb,d\n";
    let lines = given("si_mean = 3\nsi_sd = 1\n");
    let run = |json| files::tree(cases.as_bytes(), "c.csv", Some((&mut contacts.as_bytes(), "k.csv")), &lines, json);
    let printed = run(false).unwrap();
    assert!(printed.starts_with("case,onset,infector,support,kappa,imported,r,likeliest,likeliest_p,by,correct\n"));
    let infectors: Vec<&str> = printed.lines().skip(1).map(|row| row.split(',').nth(2).unwrap()).collect();
    assert_eq!(infectors, ["imported", "a", "b", "b"]);
    let json: serde_json::Value = serde_json::from_str(&run(true).unwrap()).unwrap();
    assert_eq!(json["accuracy"]["right"], 4);
}

#[test]
fn what_is_wrong_is_said() {
    let wrong = |cases: &str, contacts: Option<&str>, lines: &str| {
        let mut bytes = contacts.unwrap_or_default().as_bytes();
        let contacts = contacts.map(|_| (&mut bytes as &mut dyn std::io::Read, "k.csv"));
        files::tree(cases.as_bytes(), "c.csv", contacts, &given(lines), false).unwrap_err().text().to_owned()
    };
    let si = "si_mean = 3\nsi_sd = 1\n";
    let one = "case,onset\na,2026-01-01\n";
    assert!(wrong(one, None, "").contains("serial interval"));
    assert!(wrong(one, None, "si = 0.5, 0.2\n").contains("not to one"));
    assert!(wrong("case,onset\na,2026-01-01\na,2026-01-02\n", None, si).contains("row 3, column `case`"));
    assert!(wrong("case,onset,lat,long\na,2026-01-01,99,0\n", None, si).contains("row 2, column `lat`"));
    assert!(wrong(one, Some("a,b\na,x\n"), si).contains("row 2, column `b`"));
    assert!(wrong("case,onset\n", None, si).contains("no row"));
    let two = "case,onset\na,2026-01-01\nb,2026-01-03\n";
    assert!(wrong(two, Some("a,b,genetic\na,b,1.5\n"), si).contains("row 2, column `genetic`: `1.5` is not whole"));
    let itself = "case,onset,by\na,2026-01-01,\nb,2026-01-03,b\n";
    assert!(wrong(itself, None, si).contains("row 3, column `by`: `b` is the case itself"));
    let unknown = "case,onset,infector\na,2026-01-01,z\nb,2026-01-03,a\n";
    assert!(wrong(unknown, None, si).contains("row 2, column `infector`: `z` is no case of the list"));
}

proptest! {
    /// Probabilities sum to one, the tree hangs together, and the order of the list does not matter.
    #[test]
    fn posteriors_sum_to_one_and_no_case_descends_from_itself(
        onsets in proptest::collection::vec(0_i32..12, 1..25),
        first in -2_i32..2,
        weights in proptest::collection::vec(0.05_f64..1.0, 1..6),
        generations in 1_usize..3,
    ) {
        let sum: f64 = weights.iter().sum();
        let lags = Lags::given(first, weights.iter().map(|weight| weight / sum).collect()).unwrap();
        let cases: Vec<Case> = onsets
            .iter()
            .enumerate()
            .map(|(nth, onset)| Case { onset: *onset, groups: vec![Some(nth as u32 % 3)], place: None })
            .collect();
        let mut model = model(lags, 1);
        (model.generations_max, model.observed) = (generations, 0.7);
        let scored = score(&cases, &HashMap::new(), &model).unwrap();
        for (nth, candidates) in scored.candidates.iter().enumerate() {
            let sum: f64 = candidates.iter().map(|one| one.probability).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
            let mut at = nth;
            for _ in 0..=cases.len() {
                match scored.tree[at].infector {
                    Some(infector) => at = infector,
                    None => break,
                }
            }
            prop_assert!(scored.tree[at].infector.is_none(), "a circle at {nth}");
        }
        let turned: Vec<Case> = cases.iter().rev().cloned().collect();
        let again = score(&turned, &HashMap::new(), &model).unwrap();
        for (one, other) in scored.infected.iter().zip(again.infected.iter().rev()) {
            prop_assert!((one - other).abs() < 1e-6);
        }
    }

    /// No tree is heavier: every way of choosing one edge a node, tried on small graphs.
    #[test]
    fn no_other_tree_is_heavier(weights in proptest::collection::vec(-9_i32..0, 16)) {
        let nodes = 4;
        let mut edges = Vec::new();
        for from in 0..nodes {
            for to in 1..nodes {
                if from != to {
                    edges.push(Edge { from, to, weight: f64::from(weights[from * nodes + to]) });
                }
            }
        }
        let found: f64 = arborescence(nodes, 0, &edges).iter().flatten().map(|edge| edges[*edge].weight).sum();
        let mut best = f64::NEG_INFINITY;
        for choice in 0..64_usize {
            let parents = [choice % 4, choice / 4 % 4, choice / 16];
            let reaches = |mut at: usize| {
                for _ in 0..nodes {
                    if at == 0 {
                        return true;
                    }
                    at = parents[at - 1];
                }
                false
            };
            if (1..nodes).all(|to| parents[to - 1] != to && reaches(to)) {
                best = best.max((1..nodes).map(|to| f64::from(weights[parents[to - 1] * nodes + to])).sum());
            }
        }
        prop_assert!((found - best).abs() < 1e-9, "{} {}", found, best);
    }

    #[test]
    fn no_bytes_are_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        rows in proptest::collection::vec("[a-f],(2026-01-[0-2][1-9]|9999-12-31|0001-01-01|x),[0-9.-]{0,4},[0-9]{1,2},[ab]?\n", 0..12),
        contacts in proptest::collection::vec("[a-f],[a-f],[01x]?,[0-9.]{0,3}\n", 0..6),
    ) {
        let lines = given("si_mean = 3\nsi_sd = 2\nlambda = 0.02\n");
        let _ = files::tree(&bytes[..], "c.csv", Some((&mut &bytes[..], "k.csv")), &lines, true);
        let cases = format!("case,onset,lat,long,household\n{}", rows.concat());
        let contacts = format!("a,b,contact,genetic\n{}", contacts.concat());
        let _ = files::tree(cases.as_bytes(), "c.csv", Some((&mut contacts.as_bytes(), "k.csv")), &lines, false);
    }
}
