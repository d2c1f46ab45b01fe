//! The city time of a demonstration: shown, paced and paused by its accounts; the record lives on it, sessions do not.

use crate::api_imports::Stream;
use crate::api_session::api;
use crate::harness::{Client, Server};
use base::{Clock, Course, Paced, Role};
use serde_json::{Value, json};
use std::sync::Arc;

/// 2040-02-03T04:05:06.000Z: a time that the machine does not have.
const NOW: i64 = 2_211_854_706_000;

fn demo() -> (Server, Arc<Paced>) {
    let paced = Arc::new(Paced::new(Course { now: NOW, pace: 60, paused: true, until: NOW + 86_400_000 }));
    (Server::on(Clock::Paced(paced.clone())), paced)
}

fn clock(server: &Server, who: &Client) -> Value {
    api(server, who, "GET", "/demo/clock", &[], None).expect(200)
}

#[test]
fn city_time_is_shown_and_steered_by_any_account() {
    let (server, paced) = demo();
    let resident = server.user("resident", Role::Resident, Some("nobody"));
    let expected = json!({
        "now": "2040-02-03T04:05:06.000Z", "pace": 60, "paused": true, "until": "2040-02-04T04:05:06.000Z",
    });
    assert_eq!(clock(&server, &resident), expected);
    let steer = |body: Value| api(&server, &resident, "PUT", "/demo/clock", &[], Some(&body));
    let changed = steer(json!({"pace": 3600})).expect(200);
    assert_eq!((&changed["pace"], &changed["paused"]), (&json!(3600), &json!(true)));
    steer(json!({"paused": false})).expect(200);
    assert!(!paced.course().paused);
    for (body, part) in [
        (json!({"pace": 0}), "1 to 3600"),
        (json!({"pace": 3601}), "`3601`"),
        (json!({"pace": 1.5}), "not what this operation takes"),
        (json!({"speed": 2}), "not what this operation takes"),
    ] {
        steer(body).refused(400, "invalid", part);
    }
    assert_eq!(paced.course().pace, 3600);
    assert_eq!(api(&server, &server.nobody(), "GET", "/demo/clock", &[], None).status, 401);
}

#[test]
fn elsewhere_there_is_no_such_clock() {
    let server = Server::start();
    let system = server.system();
    assert_eq!(api(&server, &system, "GET", "/demo/clock", &[], None).status, 404);
    assert_eq!(api(&server, &system, "PUT", "/demo/clock", &[], Some(&json!({"pace": 2}))).status, 404);
}

#[test]
fn the_record_is_dated_by_city_time_and_sessions_are_not() {
    let (server, paced) = demo();
    let system = server.system();
    let patient = json!({"resourceType": "Patient", "id": "p"});
    let stored = system.put("/Patient/p", &patient).expect(201);
    assert_eq!(stored["meta"]["lastUpdated"], "2040-02-03T04:05:06.000Z");
    // A whole day of the city passes at once: no token ends and no request is late.
    paced.move_to(NOW + 86_000_000);
    let stored = system.put("/Patient/q", &json!({"resourceType": "Patient", "id": "q"})).expect(201);
    assert_eq!(stored["meta"]["lastUpdated"], "2040-02-04T03:58:26.000Z");
    assert_eq!(
        system.get("/Patient?_lastUpdated=gt2040-02-03T12:00:00Z").expect(200)["entry"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn open_pages_learn_of_a_change() {
    let (server, _) = demo();
    let officer = server.user("officer", Role::Officer, Some("district"));
    let mut stream = Stream::open(&server, officer.token(), "");
    stream.until("text/event-stream");
    api(&server, &officer, "PUT", "/demo/clock", &[], Some(&json!({"pace": 120}))).expect(200);
    stream.until("event: clock\ndata: {\"now\":\"2040-02-03T04:05:06.000Z\",\"pace\":120,\"paused\":true");
}
