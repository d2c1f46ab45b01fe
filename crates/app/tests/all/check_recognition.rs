//! `jingluo check recognition`: the offers are those that the truth of a city calls for.

use crate::jingluo::{fails, ok, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

const CITY: [&str; 8] = ["--residents", "500", "--seed", "3", "--days", "180", "--end", "2026-11-01"];

/// The figures of a check that may fail, and whether it did not.
fn check(place: &Path, args: &[&str]) -> (Value, bool) {
    let json = place.join("figures.json");
    let args = [&["check", "recognition", "--json", json.to_str().unwrap()], args].concat();
    let output = run(&args);
    assert!(json.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    (serde_json::from_slice(&fs::read(json).unwrap()).unwrap(), output.status.success())
}

fn orders(counts: &Value) -> u64 {
    match counts.get("orders") {
        Some(orders) => orders.as_u64().unwrap(),
        None => counts.as_object().unwrap().values().map(orders).sum(),
    }
}

#[test]
fn every_avoidable_repeat_is_offered_and_nothing_else() {
    let place = tempdir().unwrap();
    let (figures, right) = check(place.path(), &CITY);
    assert!(right, "{figures:#}");
    let avoidable = orders(&figures["avoidable"]) + orders(&figures["avoidable_own"]);
    let (offered, missed) = (orders(&figures["offered"]), orders(&figures["missed"]));
    assert_eq!(avoidable, offered + missed);
    assert!(figures["orders"].as_u64().unwrap() > 500 && offered > 30, "{figures:#}");
    // What is missed is missed for a few causes that no rule can do anything about.
    let known = ["identity", "not-arrived", "unknown-code"];
    assert!(figures["missed"].as_object().unwrap().keys().all(|cause| known.contains(&cause.as_str())), "{figures:#}");
    assert_eq!((orders(&figures["needless"]), &figures["of_others"]), (0, &Value::from(0)));
    assert!(figures["offered"]["fen"].as_i64().unwrap() > 0);
}

#[test]
fn a_record_is_checked_against_its_truth_and_a_wrong_truth_is_noticed() {
    let place = tempdir().unwrap();
    let (data, truth) = (place.path().join("data"), place.path().join("truth"));
    let (data_arg, truth_arg) = (data.to_str().unwrap(), truth.to_str().unwrap());
    ok(&[&["city", "--data", data_arg, "--truth", truth_arg], CITY.as_slice()].concat());
    let (figures, right) = check(place.path(), &["--data", data_arg, "--truth", truth_arg]);
    assert!(right && orders(&figures["offered"]) > 30, "{figures:#}");
    ok(&["admin", "rules", "shipped", "--data", data_arg]);
    let said = fails(&["check", "recognition", "--data", data_arg, "--truth", truth_arg]);
    assert!(said.contains("admin rules demonstration"), "{said}");
    ok(&["admin", "rules", "demonstration", "--data", data_arg]);
    let path = truth.join("repeats.csv");
    let rows = fs::read_to_string(&path).unwrap();
    fs::write(&path, rows.replace(",yes,,", ",no,emergency,")).unwrap();
    let (figures, right) = check(place.path(), &["--data", data_arg, "--truth", truth_arg]);
    assert!(!right && orders(&figures["needless"]["emergency"]) > 30, "{figures:#}");
    fs::write(&path, rows.replace(",fen\n", "\n")).unwrap();
    let said = fails(&["check", "recognition", "--data", data_arg, "--truth", truth_arg]);
    assert!(said.contains("of another version"), "{said}");
    assert!(fails(&["check", "recognition"]).contains("--residents N"));
}
