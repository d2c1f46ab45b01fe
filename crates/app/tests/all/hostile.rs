//! Bad input over HTTP: a clear error, bounded memory, nothing else disturbed.

use crate::jingluo::{Server, command};
use crate::samples::patient;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tempfile::tempdir;

const MEMORY_MIB_MAX: u64 = 400;

#[test]
fn large_deep_and_malformed_bodies_are_refused() {
    let data = tempdir().unwrap();
    let server = Server::start(data.path());
    let client = &server.client;
    let huge = vec![b' '; 200 << 20];
    let answer = client.send("POST", "/fhir/Patient", &huge);
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert_eq!(answer.json()["resourceType"], "OperationOutcome");
    drop(huge);
    for (body, status) in [
        (format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), 400),
        (
            format!(
                "{{\"resourceType\":\"Patient\",\"extension\":{}{}}}",
                "[{\"extension\":".repeat(10_000),
                "}]".repeat(10_000)
            ),
            400,
        ),
        ("{\"resourceType\":\"Patient\",\"gender\":\"".to_owned(), 400),
        ("\u{0}\u{1}".to_owned(), 400),
        (String::new(), 400),
        ("{\"resourceType\":\"Patient\",\"resourceType\":\"Patient\"}".to_owned(), 400),
    ] {
        let answer = client.send("POST", "/fhir/Patient", body.as_bytes());
        assert_eq!(answer.status, status, "{} for {}", answer.text(), &body[..body.len().min(60)]);
        assert_eq!(answer.json()["resourceType"], "OperationOutcome");
    }
    let entry = "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/x\"}},";
    let million =
        format!("{{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{}{{}}]}}", entry.repeat(1_000_000));
    let answer = client.send("POST", "/fhir", million.as_bytes());
    assert!(matches!(answer.status, 400 | 413), "{}", answer.text());
    drop(million);
    assert_eq!(client.send("PUT", "/fhir/Patient/good", patient("good").to_string().as_bytes()).status, 201);
    let memory = server.memory_mib();
    assert!(memory < MEMORY_MIB_MAX, "{memory} MiB");
}

#[test]
fn slow_and_silent_clients_are_cut_off() {
    let data = tempdir().unwrap();
    let mut short = command(&["--set", "header_seconds_max=1", "--set", "idle_seconds_max=5"]);
    let server = Server::start_with(data.path(), &mut short);
    // A head that never ends; nothing at all; and meanwhile others are served.
    let mut slow = TcpStream::connect(server.client.address).unwrap();
    slow.write_all(b"GET /fhir/Patient HTTP/1.1\r\nHost: x\r\nX: ").unwrap();
    let mut silent = TcpStream::connect(server.client.address).unwrap();
    let begun = Instant::now();
    assert_eq!(server.client.get("/healthz").status, 200);
    for (stream, seconds) in [(&mut slow, 5), (&mut silent, 12)] {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(begun.elapsed() < Duration::from_secs(seconds), "{:?}", begun.elapsed());
    }
}

#[test]
fn what_is_no_http_is_no_trouble() {
    let data = tempdir().unwrap();
    let server = Server::start(data.path());
    for noise in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"\r\n\r\n\r\n", b"GET", &[0xff; 1_000], &b"A".repeat(200_000)]
    {
        let mut stream = TcpStream::connect(server.client.address).unwrap();
        let _ = stream.write_all(noise);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    for path in [
        "/fhir/Patient?name=%",
        "/fhir/Patient?%ff=%fe",
        "/fhir/../../etc/passwd",
        "/fhir/Patient/..%2f..%2f",
        "/fhir/Patient?_sort=--",
    ] {
        let status = server.client.get(path).status;
        assert!((400..500).contains(&status), "{status} for {path}");
    }
    assert_eq!(server.client.get("/healthz").status, 200);
}
