//! The sample client under `docs/cds-client` speaks to a real server, so that it does not rot.

use crate::cds::{City, city};
use serde_json::Value;
use std::process::Command;

/// Runs the sample for a patient and codes; what it prints.
fn run(city: &City, token: &str, patient: &str, codes: &[&str]) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cds-client/try.mjs");
    let base = format!("http://{}", city.server.address);
    let mut command = Command::new("node");
    command.args([folder, "--base", &base, "--token", token, "--patient", patient, "--system", "urn:local:near"]);
    codes.iter().for_each(|code| {
        command.args(["--code", code]);
    });
    let ended = command.output().expect("the sample client runs with Node, as the console's tests do");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_sample_client_asks_and_tells_what_became_of_the_cards() {
    let city = city();
    let said = run(&city, city.doctor.token(), "pn", &["cbc", "glu", "tsh", "pending"]);
    let expected = [
        "warning: 已有结果：cbc",
        "  accepted; delete ServiceRequest/draft-1",
        "warning: 已有结果：glu",
        "  overridden: 病情变化",
        "warning: 已有结果：tsh",
        "  closed",
        "info: 已有结果：pending",
        "  closed",
    ];
    assert_eq!(said, expected);
    let bundle = city.doctor.get("/DetectedIssue?patient=pn").expect(200);
    let entries = bundle["entry"].as_array().unwrap().iter();
    let coding = "/resource/mitigation/0/action/coding/0/code";
    let mut endings: Vec<&str> = entries.filter_map(|entry| entry.pointer(coding).and_then(Value::as_str)).collect();
    endings.sort_unstable();
    assert_eq!(endings, ["accepted", "dismissed", "dismissed", "overridden"]);
}

#[test]
fn the_sample_client_goes_on_whatever_happens() {
    let city = city();
    let unknown = run(&city, city.doctor.token(), "nobody", &["cbc"]);
    assert!(unknown[0].starts_with("not known: 412"), "{unknown:?}");
    let stranger = run(&city, "no such token", "pn", &["cbc"]);
    assert!(stranger[0].starts_with("not known: 401"), "{stranger:?}");
    let slow = run(&city, city.doctor.token(), "pn", &["slow"]);
    assert!(slow[0].starts_with("not known: 查询未能及时完成"), "{slow:?}");
}
