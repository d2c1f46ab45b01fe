//! The demonstration: it fills itself, its clock is paced and paused, and the city lives.

use crate::http::Client;
use crate::jingluo::{Server, command, fails, ok};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::{TempDir, tempdir};

const RESIDENTS: &str = "300";
const SECONDS_MAX: u64 = 180;

/// A demonstration of a small city without the examples.
fn demo(data: &Path) -> Server {
    demo_of(data, RESIDENTS)
}

pub fn demo_of(data: &Path, residents: &str) -> Server {
    let empty = data.with_file_name("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let (dir, examples) = (data.to_str().unwrap(), empty.to_str().unwrap());
    let args = ["demo", "--residents", residents, "--data", dir, "--listen", "127.0.0.1:0", "--examples", examples];
    let mut server = Server::spawn(&mut command(&args));
    let token = ok(&["admin", "token", "--data", dir, "--role", "integration"]);
    server.client.token = Some(token.lines().last().unwrap().to_owned());
    server
}

#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(SECONDS_MAX), "it never came that {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub fn clock(client: &Client) -> Value {
    client.get("/api/demo/clock").json()
}

pub fn steer(client: &Client, wanted: &Value) -> Value {
    let head = client.head("PUT", "/api/demo/clock", wanted.to_string().len());
    let head = head.replace("application/fhir+json", "application/json");
    let mut stream = std::net::TcpStream::connect(client.address).unwrap();
    crate::http::exchange(&mut stream, &head, wanted.to_string().as_bytes()).unwrap().json()
}

/// Whether the history has come in and the first morning has begun.
pub fn lives(client: &Client) -> bool {
    clock(client)["paused"] == false
}

/// What has arrived since the history came in: versions that are dated by the first day of the city.
fn arrived(client: &Client, day: &str) -> u64 {
    let counts = ["Encounter", "Observation", "Condition"].map(|type_| {
        let found = client.get(&format!("/fhir/{type_}?_lastUpdated=ge{day}&_summary=count"));
        found.json()["total"].as_u64().unwrap()
    });
    counts.iter().sum()
}

pub fn folder() -> TempDir {
    tempdir().unwrap()
}

#[test]
fn the_demonstration_fills_itself_and_is_not_served_as_the_real_thing() {
    let place = folder();
    let data = place.path().join("demo");
    let begun = Instant::now();
    let server = demo(&data);
    let platform = server.client.get("/api/platform").json();
    let accounts = platform["demo_accounts"].as_array().unwrap();
    for role in ["integration", "officer", "clinician", "resident", "admin"] {
        assert!(accounts.iter().any(|account| account["role"] == role), "{platform}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    until("the resident may sign in", || {
        ok(&["admin", "account", "list", "--data", data.to_str().unwrap()]).contains("resident")
    });
    until("the city lives", || lives(&server.client));
    let residents: u64 = RESIDENTS.parse().unwrap();
    assert!(server.client.count("Patient") >= residents);
    assert!(crate::rules::of_the_city(&server.client) > 100, "the demonstration has the rules of its city");
    let all: u64 = ["Observation", "Encounter", "Condition", "Immunization", "Patient", "EpisodeOfCare"]
        .iter()
        .map(|type_| server.client.count(type_))
        .sum();
    assert!(all >= 20 * residents, "{all}");
    assert!(server.stop().success());
    let error = fails(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert!(error.contains("jingluo demo"), "{error}");
    // And a real folder does not become a demonstration.
    let real = folder();
    ok(&["admin", "token", "--data", real.path().to_str().unwrap(), "--role", "integration"]);
    let error = fails(&["demo", "--data", real.path().to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert!(error.contains("real data"), "{error}");
}

#[test]
fn the_city_lives_at_its_pace_and_a_kept_one_goes_on_where_it_was() {
    let place = folder();
    let data = place.path().join("demo");
    let server = demo(&data);
    until("the city lives", || lives(&server.client));
    steer(&server.client, &json!({"paused": true}));
    let stood = clock(&server.client);
    let day = stood["now"].as_str().unwrap().to_owned();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(clock(&server.client), stood);
    let before = arrived(&server.client, &day);
    steer(&server.client, &json!({"paused": false, "pace": 3600}));
    until("data arrive", || arrived(&server.client, &day) > before + 5);
    let stood = steer(&server.client, &json!({"paused": true}));
    assert!(stood["now"].as_str().unwrap() > day.as_str());
    std::thread::sleep(Duration::from_millis(500));
    let lived = arrived(&server.client, &day);
    assert!(server.stop().success());
    // It goes on as it was left: paused, at this instant, with what had arrived.
    let server = demo(&data);
    assert_eq!(clock(&server.client)["now"], stood["now"]);
    until("it is prepared", || clock(&server.client)["pace"] == 3600);
    assert_eq!(clock(&server.client)["paused"], true);
    assert_eq!(arrived(&server.client, &day), lived);
    // Killed while it runs, it has lost no arrival and repeats none.
    steer(&server.client, &json!({"paused": false}));
    until("more data arrive", || arrived(&server.client, &day) > lived + 5);
    server.kill();
    let server = demo(&data);
    assert!(clock(&server.client)["now"].as_str() >= stood["now"].as_str());
    until("the city lives again", || lives(&server.client));
    let error = fails(&["demo", "--residents", "301", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert!(error.contains("in use") || error.contains("300 residents"), "{error}");
    assert!(ok(&["check", "--data", data.to_str().unwrap()]).contains("No problem"));
}
