//! Mutual recognition in the demonstration: figures of the past weeks are there on the first morning, plausible and the same
//! each time, and the living city adds to them.

use crate::demo::{clock, demo_of, folder, lives, steer, until};
use crate::http::Client;
use serde_json::{Value, json};

const RESIDENTS: &str = "1200";
const STATISTICS: &str = "/api/programs/recognition/statistics";

/// Figures of all days before a day.
fn past(client: &Client, day: &str, by: &str) -> Value {
    client.get(&format!("{STATISTICS}?from={}&to={}&by={by}", days_before(day, 60), days_before(day, 1))).json()
}

fn days_before(day: &str, days: i32) -> String {
    base::zone::day_text(base::zone::day_named(day).unwrap() - days)
}

fn today(client: &Client) -> String {
    let now = clock(client)["now"].as_str().unwrap().to_owned();
    let at = fhir::parse_date(&now, &base::zone::Zone::default()).unwrap().start;
    base::zone::day_text(base::zone::Zone::default().day_and_minute(at).0)
}

fn figure(of: &Value, name: &str) -> f64 {
    of[name].as_f64().unwrap_or_else(|| panic!("no `{name}` in {of}"))
}

/// What does not depend on when it is asked.
fn figures(client: &Client, day: &str) -> Vec<Value> {
    const STANDING: [&str; 7] = ["shown", "opened", "accepted", "overridden", "unanswered", "saved_fen", "queries"];
    let of = |row: &Value| STANDING.iter().map(|name| row[*name].clone()).collect::<Vec<_>>();
    let by = |by: &str| {
        let found = past(client, day, by);
        let rows = found["rows"].as_array().unwrap().iter().map(|row| json!([row["key"], of(row)]));
        json!([of(&found["totals"]), rows.collect::<Vec<_>>()])
    };
    ["item", "hospital", "reason", "doctor", "day"].map(by).to_vec()
}

#[test]
fn the_past_has_been_asked_about_and_the_city_goes_on() {
    let place = folder();
    let data = place.path().join("demo");
    let server = demo_of(&data, RESIDENTS);
    let client = &server.client;
    until("the city lives", || lives(client));
    let day = today(client);
    until("the figures have followed", || past(client, &day, "item")["behind"].as_u64() == Some(0));
    let total = past(client, &day, "hospital")["totals"].clone();
    let (shown, accepted, overridden) =
        (figure(&total, "shown"), figure(&total, "accepted"), figure(&total, "overridden"));
    assert!(shown >= 30.0, "{total}");
    assert!((0.6..0.92).contains(&(accepted / shown)), "{total}");
    assert!(overridden > 0.0 && figure(&total, "unanswered") > 0.0 && figure(&total, "opened") > 0.0, "{total}");
    assert!(figure(&total, "saved_fen") > 0.0 && figure(&total, "queries") > shown, "{total}");
    // Who recognised has not examined again.
    let recognised = client.get("/api/programs/recognition/lists/alerts?outcome=accepted&count=5").json();
    assert!(recognised["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{recognised}");
    let revoked = client.get("/fhir/ServiceRequest?status=revoked&_summary=count").json();
    assert!(figure(&revoked, "total") >= accepted, "{revoked}");
    until("somebody is told of a correction", || {
        let notices = client.get("/api/programs/recognition/lists/notices").json();
        notices["rows"].as_array().is_some_and(|rows| !rows.is_empty())
    });
    let before = figures(client, &day);
    steer(client, &json!({"paused": false, "pace": 3600}));
    until("orders of today are asked about", || {
        let today = client.get(&format!("{STATISTICS}?from={day}&to={}", days_before(&day, -3))).json();
        today["totals"]["queries"].as_u64().is_some_and(|queries| queries > 20)
    });
    assert!(server.stop().success());

    let place = folder();
    let again = demo_of(&place.path().join("demo"), RESIDENTS);
    until("the city lives", || lives(&again.client));
    until("the figures have followed", || past(&again.client, &day, "item")["behind"].as_u64() == Some(0));
    let after = figures(&again.client, &day);
    assert_eq!(before, after);
}
