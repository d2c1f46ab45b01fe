//! `jingluo engine`: the engines on files.

use crate::jingluo::{fails, ok, run};
use std::path::Path;

fn written(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_series_is_judged_point_by_point() {
    let dir = tempfile::tempdir().unwrap();
    let series = written(dir.path(), "series.csv", "t,observed\n1,0\n2,1\n3,4\n");
    let settings = written(dir.path(), "settings", "least = 2 # cases\n");
    let printed = ok(&["engine", "signals", "detect", "--method", "threshold", "--settings", &settings, &series]);
    let mut lines = printed.lines();
    assert!(lines.next().unwrap().starts_with("t,observed,expected,upper,statistic,alarm"), "{printed}");
    let alarms: Vec<&str> = lines.map(|line| line.split(',').nth(5).unwrap()).collect();
    assert_eq!(alarms, ["0", "0", "1"], "{printed}");
    let json = ok(&["engine", "signals", "detect", "--method", "threshold", "--json", &series]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
}

#[test]
fn methods_name_their_settings() {
    let printed = ok(&["engine", "signals", "methods"]);
    assert!(printed.contains("threshold") && printed.contains("least"), "{printed}");
}

#[test]
fn what_is_wrong_is_named_with_its_row_and_nothing_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let series = written(dir.path(), "series.csv", "t,observed\n1,0\n2,-1\n");
    let said = fails(&["engine", "signals", "detect", "--method", "threshold", &series]);
    assert!(said.contains("row 3") && said.contains("observed"), "{said}");
    for wrong in [
        &["engine", "signals", "detect", &series][..],
        &["engine", "signals", "detect", "--method", "threshold"],
        &["engine", "signals", "guess"],
        &["engine", "music"],
    ] {
        let said = fails(wrong);
        assert!(said.contains("--help") || said.contains("missing") || said.contains("give"), "{said}");
    }
}

#[test]
fn a_wrong_call_ends_with_two() {
    for wrong in [
        &["engine", "signals", "detect", "--method", "farington", "series.csv"][..],
        &["engine", "signals", "detect", "--method", "threshold", "--settings", "-", "-"],
        &["engine", "signals", "rt", "--si", "-", "-"],
        &["engine", "signals", "scan", "--kind", "squares", "-", "geo.csv"],
        &["engine", "signals", "scan", "--kind", "stp", "-", "-"],
    ] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_cluster_in_space_and_time_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let geo = written(
        dir.path(),
        "geo.csv",
        "place,lat,long\na,31.00,121.00\nb,31.01,121.00\nc,31.50,121.50\nd,31.60,121.60\n",
    );
    let mut cases = "place,cases,date\n".to_owned();
    for day in 1..=28 {
        cases.push_str(&format!("{},1,2026-02-{day:02}\n", ["c", "d"][day % 2]));
    }
    cases.push_str("a,1,2026-01-28\na,4,2026-02-28\nb,1,2026-02-03\nb,4,2026-02-28\n");
    let cases = written(dir.path(), "cases.csv", &cases);
    let printed = ok(&["engine", "signals", "scan", "--kind", "stp", &cases, &geo]);
    let first = printed.lines().nth(1).unwrap_or_default();
    assert!(first.contains("a b") || first.contains("b a"), "{printed}");
    let said = fails(&["engine", "signals", "scan", "--kind", "poisson", &cases, &geo]);
    assert!(said.contains("population"), "{said}");
}

#[test]
fn the_reproduction_number_of_the_school_flu_of_2009() {
    let dir = tempfile::tempdir().unwrap();
    let counts = [1, 1, 0, 2, 5, 3, 3, 3, 6, 2, 5, 9, 13, 12, 13, 11, 12, 6, 6, 6, 3, 1, 0, 2, 0, 0, 0, 0, 2, 0, 2, 0];
    let rows: String = counts.iter().enumerate().map(|(nth, count)| format!("{},{count}\n", nth + 1)).collect();
    let counts = written(dir.path(), "counts.csv", &format!("t,observed\n{rows}"));
    let interval = [0.0, 0.233, 0.359, 0.198, 0.103, 0.053, 0.027, 0.014, 0.007, 0.003, 0.002, 0.001];
    let rows: String = interval.iter().enumerate().map(|(day, w)| format!("{day},{w}\n")).collect();
    let interval = written(dir.path(), "interval.csv", &format!("k,w\n{rows}"));
    let printed = ok(&["engine", "signals", "rt", "--si", &interval, &counts]);
    assert!(printed.contains("1.735608"), "{printed}");
    let said = fails(&["engine", "signals", "rt", &counts]);
    assert!(said.contains("--si"), "{said}");
}

#[test]
fn methods_are_compared_on_made_series() {
    let dir = tempfile::tempdir().unwrap();
    let settings = written(dir.path(), "settings", "series = 3\npoints = 60\nmethods = threshold\nbootstrap = 10\n");
    let printed = ok(&["engine", "signals", "evaluate", "--settings", &settings]);
    assert!(printed.contains("\nthreshold,3,45,0,"), "{printed}");
}

#[test]
fn the_infector_is_in_the_same_household() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "case,onset,household\na,2026-03-01,1\nb,2026-03-01,2\nc,2026-03-04,1\nd,2026-03-04,2\n";
    let cases = written(dir.path(), "cases.csv", rows);
    let printed = ok(&["engine", "signals", "tree", "--si-mean", "3", "--si-sd", "1", &cases]);
    assert!(printed.contains("\nc,2026-03-04,a,") && printed.contains("\nd,2026-03-04,b,"), "{printed}");
    let said = fails(&["engine", "signals", "tree", &cases]);
    assert!(said.contains("serial interval"), "{said}");
}

#[test]
fn who_is_not_reported_yet_is_added() {
    let dir = tempfile::tempdir().unwrap();
    let mut reports = "onset,report\n".to_owned();
    for day in 1..=28 {
        for delay in [0, 0, 1, 1, 2, 3] {
            if day + delay <= 28 {
                reports.push_str(&format!("2026-02-{day:02},2026-02-{:02}\n", day + delay));
            }
        }
    }
    let reports = written(dir.path(), "reports.csv", &reports);
    let printed = ok(&["engine", "signals", "nowcast", &reports]);
    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("2026-02-28"), "{printed}");
    let earlier = ok(&["engine", "signals", "nowcast", "--as-of", "2026-02-20", &reports]);
    assert!(earlier.lines().last().unwrap().starts_with("2026-02-20"), "{earlier}");
    let said = fails(&["engine", "signals", "nowcast", "--as-of", "yesterday", &reports]);
    assert!(said.contains("as_of") && said.contains("yesterday"), "{said}");
}

#[test]
fn growth_variants_and_wastewater_answer_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..28).map(|day| format!("{},{}\n", day + 1, (10.0 * 1.1_f64.powi(day)).round())).collect();
    let counts = written(dir.path(), "counts.csv", &format!("t,observed\n{rows}"));
    let printed = ok(&["engine", "signals", "growth", "--gi-mean", "4", "--gi-sd", "2", &counts]);
    assert!(printed.lines().count() > 1, "{printed}");
    let rows: String = (0..8)
        .map(|week| {
            format!("2026-03-{:02},A,{}\n2026-03-{:02},B,{}\n", week + 1, 100 - week * 10, week + 1, 5 + week * 10)
        })
        .collect();
    let variants = written(dir.path(), "variants.csv", &format!("date,variant,count\n{rows}"));
    let printed = ok(&["engine", "signals", "variants", &variants]);
    assert!(printed.contains('B'), "{printed}");
    let rows: String = (1..=28).map(|day| format!("2026-02-{day:02},{}\n", 1000 + day * 50)).collect();
    let samples = written(dir.path(), "samples.csv", &format!("date,concentration\n{rows}"));
    let shedding = written(dir.path(), "shedding", "shedding_mean = 8\nshedding_sd = 4\n");
    let gi = ["--gi-mean", "4", "--gi-sd", "2"];
    let printed = ok(&[&["engine", "signals", "wastewater", "--settings", &shedding], &gi[..], &[&samples]].concat());
    assert!(printed.lines().count() > 20, "{printed}");
    let settings = written(dir.path(), "settings", "mean = 4\nsd = 2\n");
    assert!(ok(&["engine", "signals", "interval", "--settings", &settings]).starts_with("k,w\n0,0\n1,0.0430490"));
}
