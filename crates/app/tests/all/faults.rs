//! kill -9: no acknowledged write is lost, no half batch stays, the feed has no gaps. `JINGLUO_FAULT_ROUNDS` sets how often.

use crate::jingluo::{Server, command, counts, import, ok};
use crate::samples::{bundle, ndjson, observation, patient};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::tempdir;

const WRITERS: usize = 4;
const ROUNDS_DEFAULT: u64 = 20;

fn rounds() -> u64 {
    std::env::var("JINGLUO_FAULT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS_DEFAULT)
}

/// With fsync, as in production.
fn durable(args: &[&str]) -> Command {
    let mut command = command(args);
    command.env_remove("JINGLUO_STORE_SYNC");
    command
}

/// A different pause each round, without a clock or chance.
fn pause(round: u64) -> Duration {
    Duration::from_millis(60 + round * 7_919 % 340)
}

#[test]
fn killed_under_concurrent_writes() {
    let data = tempdir().unwrap();
    let token = ok(&["admin", "token", "--data", data.path().to_str().unwrap(), "--role", "integration"]);
    for round in 0..rounds() {
        let server = start(data.path(), &token);
        let acknowledged = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (client, acknowledged) = (&server.client, &acknowledged);
                scope.spawn(move || {
                    for number in 0.. {
                        let name = format!("r{round}w{writer}n{number}");
                        let sent = if writer % 2 == 0 {
                            client.try_send(
                                "PUT",
                                &format!("/fhir/Patient/{name}-a"),
                                patient(&format!("{name}-a")).to_string().as_bytes(),
                            )
                        } else {
                            client.try_send("POST", "/fhir", pair(&name).to_string().as_bytes())
                        };
                        match sent {
                            Ok(answer) if answer.status < 300 => {
                                acknowledged.lock().unwrap().push((name, writer % 2 == 1))
                            }
                            Ok(answer) => panic!("{}", answer.text()),
                            Err(_) => break,
                        }
                    }
                });
            }
            std::thread::sleep(pause(round));
            crate::jingluo::signal_to(server.child.id(), "KILL");
        });
        server.kill();
        verify(&start(data.path(), &token), &acknowledged.into_inner().unwrap(), round);
    }
    assert!(ok(&["check", "--data", data.path().to_str().unwrap()]).contains("No problem"));
}

/// Two resources that belong together.
fn pair(name: &str) -> serde_json::Value {
    let (one, two) = (format!("{name}-a"), format!("{name}-b"));
    bundle(
        "transaction",
        vec![
            json!({"resource": patient(&one), "request": {"method": "PUT", "url": format!("Patient/{one}")}}),
            json!({"resource": observation(&two, &one, 5), "request": {"method": "PUT", "url": format!("Observation/{two}")}}),
        ],
    )
}

fn start(data: &Path, token: &str) -> Server {
    let mut server = Server::start_without(data, &mut durable(&[]));
    server.client.token = token.lines().last().map(str::to_owned);
    server
}

fn verify(server: &Server, acknowledged: &[(String, bool)], round: u64) {
    for (name, is_pair) in acknowledged {
        let one = server.client.get(&format!("/fhir/Patient/{name}-a"));
        assert_eq!(one.status, 200, "round {round}: `{name}` was acknowledged and is lost");
        if *is_pair {
            let two = server.client.get(&format!("/fhir/Observation/{name}-b"));
            assert_eq!(two.status, 200, "round {round}: half of `{name}` is lost");
        }
    }
    // What was not acknowledged is there as a whole or not at all: each Observation has its Patient.
    for writer in (1..WRITERS).step_by(2) {
        let next = acknowledged.iter().filter(|(name, _)| name.starts_with(&format!("r{round}w{writer}n"))).count();
        let name = format!("r{round}w{writer}n{next}");
        let one = server.client.get(&format!("/fhir/Patient/{name}-a")).status;
        let two = server.client.get(&format!("/fhir/Observation/{name}-b")).status;
        assert_eq!(one, two, "round {round}: half of the batch `{name}` stayed");
    }
}

#[test]
fn killed_during_an_import_that_then_continues() {
    let (data, files) = (tempdir().unwrap(), tempdir().unwrap());
    let file = files.path().join("a.ndjson");
    let count = 30_000;
    fs::write(&file, ndjson(count)).unwrap();
    let dir = data.path().to_str().unwrap();
    for round in 0..rounds() {
        let args = ["import", "--data", dir, file.to_str().unwrap()];
        let mut child = durable(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(pause(round));
        let _ = child.kill();
        child.wait().unwrap();
        if round % 5 == 4 {
            assert!(ok(&["check", "--data", dir]).contains("No problem"));
        }
    }
    let report = import(data.path(), &[&file], &[]);
    let (read, stored, unchanged, refused) = counts(&report);
    assert_eq!((read, stored + unchanged, refused), (count as u64, count as u64, 0));
    let server = Server::start(data.path());
    assert_eq!(server.client.count("Patient"), count as u64);
    server.kill();
    assert!(ok(&["check", "--data", dir]).contains("No problem"));
    // And once more: all is there.
    assert_eq!(counts(&import(data.path(), &[&file], &[])).2, count as u64);
}
