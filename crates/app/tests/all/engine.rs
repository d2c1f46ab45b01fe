//! `jingluo engine`: the engines on files.

use crate::jingluo::{fails, ok};
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
