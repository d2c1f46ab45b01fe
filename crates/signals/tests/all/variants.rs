//! Advantages of variants: against logistic regression, against what was simulated, and with hostile input.

use base::rng::Rng;
use proptest::prelude::*;
use signals::numbers::draw;
use signals::numbers::glm::{self, Family, Model};
use signals::variants::{Aliases, Samples, fit};
use signals::{Given, files};
use std::fmt::Write;

fn samples(counts: &[Vec<f64>], step: f64) -> Samples {
    let variants = (0..counts[0].len()).map(|v| format!("V{v}")).collect();
    let times = (0..counts.len()).map(|at| at as f64 * step).collect();
    Samples { variants, times, counts: counts.to_vec() }
}

/// Two variants without a prior are a logistic regression.
#[test]
fn two_variants_are_a_logistic_regression() {
    let counts = [[90.0, 10.0], [80.0, 25.0], [60.0, 41.0], [33.0, 70.0], [12.0, 95.0]];
    let rows: Vec<Vec<f64>> = counts.iter().map(|row| row.to_vec()).collect();
    let found = fit(&samples(&rows, 7.0), Some("V0"), 0.0, 0.95).unwrap();
    let x: Vec<f64> = (0..5).flat_map(|at| [1.0, f64::from(at) * 7.0]).collect();
    let totals: Vec<f64> = counts.iter().map(|row| row.iter().sum()).collect();
    let y: Vec<f64> = counts.iter().zip(&totals).map(|(row, total)| row[1] / total).collect();
    let model = Model { columns: 2, x: &x, y: &y, weights: &totals, offset: &[], family: Family::Binomial };
    let known = glm::fit(&model).unwrap();
    let delta = found.variants[1].advantage.unwrap();
    assert!((delta.value - known.coefficients[1]).abs() < 1e-9, "{delta:?} {:?}", known.coefficients);
    let reach = 3.182_446_305_284_263 * known.error(1) * known.dispersion().max(1.0).sqrt();
    assert!((delta.upper - delta.value - reach).abs() < 1e-7, "{delta:?} {reach}");
    let share = &found.shares(14.0)[1];
    assert!((share.share.value - known.fitted[2]).abs() < 1e-9);
    let (linear, error) = known.predict(&[1.0, 14.0]);
    let high = 1.0 / (1.0 + (-(linear + 3.182_446_305_284_263 * known.dispersion().max(1.0).sqrt() * error)).exp());
    assert!((share.share.upper - high).abs() < 1e-7);
}

/// Counts that are exactly as the model says give back what they were made with, whatever the reference.
#[test]
fn exact_shares_give_the_advantages_back() {
    let rows: Vec<Vec<f64>> = (0..8)
        .map(|at| {
            let t = f64::from(at) * 7.0 - 20.0;
            let parts = [1.0, (0.05 * t - 1.0).exp(), (-0.08 * t - 0.5).exp()];
            parts.iter().map(|part| 1000.0 * part / parts.iter().sum::<f64>()).collect()
        })
        .collect();
    let found = fit(&samples(&rows, 7.0), Some("V0"), 0.0, 0.95).unwrap();
    for (v, right) in [(1, 0.05), (2, -0.08)] {
        assert!((found.variants[v].advantage.unwrap().value - right).abs() < 1e-9);
    }
    assert!(found.variants[0].advantage.is_none() && (found.dispersion - 1.0).abs() < 1e-12);
    let other = fit(&samples(&rows, 7.0), Some("V1"), 0.0, 0.95).unwrap();
    assert!((other.variants[2].advantage.unwrap().value + 0.13).abs() < 1e-9);
    let rt = found.variants[1].relative_rt(5.0).unwrap().value;
    assert!((rt - 0.25_f64.exp()).abs() < 1e-8);
    assert!((found.variants[1].doubling().0.unwrap() - std::f64::consts::LN_2 / 0.05).abs() < 1e-6);
    for (one, two) in found.shares(60.0).iter().zip([0, 1, 2]) {
        assert_eq!(one.variant, format!("V{two}"));
    }
    assert!((found.shares(60.0).iter().map(|share| share.share.value).sum::<f64>() - 1.0).abs() < 1e-12);
}

/// 95 % intervals of simulated samples, plain and overdispersed.
#[test]
fn intervals_hold_the_advantage() {
    for (name, size, floor) in [("multinomial", f64::INFINITY, 0.90), ("overdispersed", 60.0, 0.88)] {
        let (mut within, mut all) = (0, 0);
        for run in 0..200 {
            let mut rng = Rng::of(11, 5, run);
            let rows: Vec<Vec<f64>> = (0..10)
                .map(|at| {
                    let t = f64::from(at) * 7.0;
                    let mut parts = [1.0, (0.06 * t - 3.0).exp(), (0.02 * t - 2.0).exp()];
                    if size.is_finite() {
                        let sum: f64 = parts.iter().sum();
                        parts.iter_mut().for_each(|part| *part = draw::gamma(&mut rng, size * *part / sum, 1.0));
                    }
                    let mut out = [0; 3];
                    draw::multinomial(&mut rng, 300, &parts, &mut out);
                    out.iter().map(|count| *count as f64).collect()
                })
                .collect();
            let found = fit(&samples(&rows, 7.0), Some("V0"), 0.5, 0.95).unwrap();
            for (v, right) in [(1, 0.06), (2, 0.02)] {
                let delta = found.variants[v].advantage.unwrap();
                within += usize::from(delta.lower <= right && right <= delta.upper);
                all += 1;
            }
        }
        let coverage = f64::from(u32::try_from(within).unwrap()) / f64::from(all);
        eprintln!("{name}: {coverage:.3} of {all} advantages within the 95 % interval");
        assert!((floor..=0.99).contains(&coverage), "{name}: {coverage}");
    }
}

#[test]
fn zeros_and_few_weeks_stay_finite() {
    let rows = vec![vec![50.0, 0.0, 0.0, 0.0], vec![50.0, 0.0, 1.0, 0.0], vec![40.0, 0.0, 0.0, 9.0]];
    let found = fit(&samples(&rows, 7.0), None, 0.5, 0.95).unwrap();
    assert_eq!(found.reference, "V0");
    assert!(found.variants[1].advantage.is_none(), "never seen");
    let last = found.variants[3].advantage.unwrap();
    assert!(last.value > 0.0 && last.value < 2.0 && last.upper.is_finite(), "{last:?}");
    let two = fit(&samples(&rows[1..], 7.0), None, 0.5, 0.95).unwrap();
    assert!(two.variants[3].advantage.unwrap().upper.is_finite());
    assert!(fit(&samples(&rows[..1], 7.0), None, 0.5, 0.95).is_err());
    assert!(
        fit(&samples(&rows[..2].iter().map(|row| row[..2].to_vec()).collect::<Vec<_>>(), 7.0), None, 0.5, 0.95)
            .is_err()
    );
}

#[test]
fn lineages_roll_up_by_their_aliases() {
    let pairs: Vec<(String, String)> =
        [("A", ""), ("B", ""), ("BA", "B.1.1.529"), ("BN", "BA.2.75.5"), ("XBB", ""), ("JN", "BA.2.86.1")]
            .iter()
            .map(|(alias, name)| ((*alias).to_owned(), (*name).to_owned()))
            .collect();
    let aliases = Aliases::of(&pairs).unwrap();
    let groups: Vec<String> = ["BA.2", "BA.2.86", "XBB", "B.1"].iter().map(|name| (*name).to_owned()).collect();
    for (name, group) in [
        ("BA.2", "BA.2"),
        ("BN.1.3", "BA.2"),
        ("JN.1", "BA.2.86"),
        ("BA.20", "B.1"),
        ("XBB.1.5", "XBB"),
        ("B.1.617.2", "B.1"),
        ("A.2", "Other"),
        ("jn.1.4", "BA.2.86"),
    ] {
        assert_eq!(aliases.group(name, &groups).unwrap(), group, "{name}");
    }
    let circle = [("A".to_owned(), "B.1".to_owned()), ("B".to_owned(), "A.1".to_owned())];
    assert_eq!(Aliases::of(&circle).unwrap_err().0, 0);
}

#[test]
fn a_file_gives_advantages_and_shares() {
    let mut text = "date,lineage,count\n".to_owned();
    for (day, old, new) in [(1, 90, 10), (8, 75, 30), (15, 50, 55), (22, 20, 80)] {
        let _ = writeln!(text, "2026-01-{day:02},BA.2,{old}\n2026-01-{day:02},JN.1,{new}");
        let _ = writeln!(text, "2026-01-{day:02},JN.1.4,{}", new / 2);
    }
    let aliases = "alias,name\nBA,B.1.1.529\nJN,BA.2.86.1\n";
    let given = Given::default().with("groups", "BA.2,BA.2.86").with("reference", "BA.2").with("tg", "5");
    let run = |text: &str, given: &Given, json: bool| {
        files::variants(text.as_bytes(), "C", Some((aliases.as_bytes(), "A")), given, json)
    };
    let printed = run(&text, &given, false).unwrap();
    assert!(printed.starts_with("variant,advantage,lower,upper,relative_rt,"), "{printed}");
    assert!(printed.contains("\nBA.2,,,,") && printed.contains("\nBA.2.86,0.1"), "{printed}");
    let shares = run(&text, &given.clone().with("print", "shares").with("ahead", "7"), false).unwrap();
    assert!(shares.contains("2026-01-01,BA.2.86,0.1") && shares.contains("\n2026-01-29,"), "{shares}");
    assert!(run(&text, &given, true).unwrap().contains("\"relative_rt\""));
    for (text, part) in [
        ("date,lineage,count\n2026-01-01,BA.2,-1\n", "C: row 2, column `count`: `-1` is negative"),
        ("date,lineage,count\n2026-01-01,,1\n", "C: row 2, column `lineage`: `` is empty"),
        ("date,lineage,count\nyesterday,BA.2,1\n", "C: row 2, column `date`: `yesterday` is no day"),
        ("date,lineage,count\n", "C: "),
        ("date,lineage,count\n2026-01-01,BA.2,1\n", "C: "),
    ] {
        let text = run(text, &given, false).unwrap_err().text().to_owned();
        assert!(text.starts_with(part), "{text}");
    }
    let error = files::variants(text.as_bytes(), "C", Some((&b"alias,name\nA,B.1\nB,A.1\n"[..], "A")), &given, false);
    assert!(error.unwrap_err().text().starts_with("A: row 2: the alias `A` leads back to itself"));
}

proptest! {
    /// Moved in time the advantages are the same; more samples of the same shares as well.
    #[test]
    fn time_and_scale_fall_out(
        rows in prop::collection::vec(prop::collection::vec(1_u32..200, 3), 3..12),
        shift in -500.0..500.0_f64,
    ) {
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|n| f64::from(*n)).collect()).collect();
        let one = samples(&rows, 7.0);
        let mut moved = one.clone();
        moved.times.iter_mut().for_each(|time| *time += shift);
        let many: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|n| n * 50.0).collect()).collect();
        let of = |samples: &Samples| -> Vec<f64> {
            let found = fit(samples, Some("V0"), 0.0, 0.95).unwrap();
            found.variants[1..].iter().map(|one| one.advantage.unwrap().value).collect()
        };
        let (one, moved, many) = (of(&one), of(&moved), of(&samples(&many, 7.0)));
        for nth in 0..2 {
            prop_assert!((one[nth] - moved[nth]).abs() < 1e-8 && (one[nth] - many[nth]).abs() < 1e-8);
        }
    }

    #[test]
    fn hostile_files_are_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        rows in prop::collection::vec(("[0-9-]{0,6}", "[A-C.1]{0,4}", "[0-9.e+-]{0,6}"), 0..30),
        pairs in prop::collection::vec(("[A-C]{0,2}", "[A-C.1]{0,4}"), 0..5),
    ) {
        let given = Given::default().with("groups", "A,B.1").with("print", "shares");
        let _ = files::variants(&bytes[..], "a", Some((&bytes[..], "b")), &given, false);
        let mut text = "t,variant,count\n".to_owned();
        rows.iter().for_each(|(t, name, n)| { let _ = writeln!(text, "{t},{name},{n}"); });
        let mut aliases = "alias,name\n".to_owned();
        pairs.iter().for_each(|(alias, name)| { let _ = writeln!(aliases, "{alias},{name}"); });
        let _ = files::variants(text.as_bytes(), "a", Some((aliases.as_bytes(), "b")), &given, false);
        let _ = files::variants(text.as_bytes(), "a", None::<(&[u8], &str)>, &Given::default(), true);
    }

    /// Whatever the counts, with the prior there is an answer and shares add up to one.
    #[test]
    fn any_counts_have_an_answer(rows in prop::collection::vec(prop::collection::vec(0_u32..50, 4), 2..10)) {
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|n| f64::from(*n)).collect()).collect();
        if let Ok(found) = fit(&samples(&rows, 7.0), None, 0.5, 0.95) {
            let shares = found.shares(100.0);
            prop_assert!((shares.iter().map(|share| share.share.value).sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(shares.iter().all(|one| one.share.lower <= one.share.value + 1e-9 && one.share.value <= one.share.upper + 1e-9));
        } else {
            let seen = |v: usize| rows.iter().any(|row| row[v] > 0.0);
            let times = rows.iter().filter(|row| row.iter().sum::<f64>() > 0.0).count();
            prop_assert!((0..4).filter(|v| seen(*v)).count() < 2 || times < 2, "refused without reason: {rows:?}");
        }
    }
}
