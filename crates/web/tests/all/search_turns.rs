//! Many searches at once: nobody waits for another's expensive ones, and what nobody waits for any more ends.

use crate::harness::{Client, Server, found};
use base::limits::SEARCHES_WAITING_OF_ONE_MAX;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Patients whose searches by a part of their name look at every one of them.
fn crowd(system: &Client, count: usize) {
    for block in 0..count.div_ceil(1_000) {
        let entries: Vec<_> = (0..1_000.min(count - block * 1_000))
            .map(|nth| {
                let text = format!("{} {}", "x".repeat(200), block * 1_000 + nth);
                json!({"resource": {"resourceType": "Patient", "name": [{"text": text}], "address": [{"text": text}]},
                    "request": {"method": "POST", "url": "Patient"}})
            })
            .collect();
        system.post("", &json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})).expect(200);
    }
}

/// Looks at every patient and finds none.
const LONG: &str = "/Patient?address:contains=zz&name:contains=zz";

/// Asks without waiting for the answer.
fn ask(server: &Server, client: &Client, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let token = client.token();
    let head =
        format!("GET /fhir{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn status(mut stream: TcpStream) -> u16 {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_cheap_search_does_not_wait_for_anothers_expensive_ones() {
    let server = Server::start();
    let (system, other) = (server.system(), server.user("other", base::Role::Integration, None));
    crowd(&system, 4_000);
    system.keep(&json!({"resourceType": "Patient", "id": "one", "identifier": [{"system": "urn:i", "value": "1"}]}));
    // Once, so that it is known to be long.
    let watch = base::Stopwatch::start();
    system.get(LONG).expect(200);
    let long = watch.elapsed();
    let waiting: Vec<TcpStream> = (0..60).map(|_| ask(&server, &system, LONG)).collect();
    std::thread::sleep(Duration::from_millis(20));
    let watch = base::Stopwatch::start();
    for _ in 0..5 {
        let cheap = other.get("/Patient?identifier=urn:i|1").expect(200);
        assert_eq!(found(&cheap, "match").len(), 1);
    }
    let cheap = watch.elapsed() / 5;
    assert!(cheap < long * 10, "a cheap search took {cheap:?}, an expensive one {long:?}");
    let busy = waiting.into_iter().map(status).filter(|status| *status == 503).count();
    assert_eq!(busy, 0, "sixty may wait");
}

#[test]
fn one_account_may_have_so_many_searches_waiting() {
    let server = Server::start();
    let system = server.system();
    crowd(&system, 2_000);
    system.get(LONG).expect(200);
    let waiting: Vec<TcpStream> = (0..SEARCHES_WAITING_OF_ONE_MAX + 40).map(|_| ask(&server, &system, LONG)).collect();
    let answers: Vec<u16> = waiting.into_iter().map(status).collect();
    assert!(answers.iter().all(|status| matches!(status, 200 | 503)), "{answers:?}");
    assert!(answers.iter().filter(|status| **status == 200).count() >= SEARCHES_WAITING_OF_ONE_MAX);
}

#[test]
fn who_leaves_ends_the_search() {
    let server = Server::start();
    let (system, other) = (server.system(), server.user("other", base::Role::Integration, None));
    crowd(&system, 6_000);
    let watch = base::Stopwatch::start();
    system.get(LONG).expect(200);
    let long = watch.elapsed();
    // Everybody asks and goes.
    for _ in 0..60 {
        drop(ask(&server, &system, LONG));
    }
    let watch = base::Stopwatch::start();
    other.get(LONG).expect(200);
    let after = watch.elapsed();
    assert!(after < long * 12 + Duration::from_millis(500), "it took {after:?} after sixty had left, {long:?} alone");
}

#[test]
fn a_very_long_question_is_answered() {
    let server = Server::start();
    let system = server.system();
    system.keep(&json!({"resourceType": "Patient", "id": "last"}));
    let mut ids: Vec<String> = (0..9_000).map(|nth| format!("x{nth}")).collect();
    ids.push("last".to_owned());
    // Addresses have up to 64 KiB.
    let answer = system.get(&format!("/Patient?_id={}", ids.join(","))).expect(200);
    assert_eq!(found(&answer, "match").len(), 1);
    let answer = system.form("/Patient/_search", &format!("_id={}", ids.join(","))).expect(200);
    assert_eq!(found(&answer, "match").len(), 1);
    ids.extend((0..2_000).map(|nth| format!("more-{nth}")));
    system.form("/Patient/_search", &format!("_id={}", ids.join(","))).refused(413, "too-costly", "_id");
}
