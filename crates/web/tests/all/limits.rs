//! Large, packed, slow and hostile requests.

use crate::harness::{Client, Server};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Sends a request line and headers by hand; the body is the caller's.
fn open(server: &Server, client: &Client, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let token = client.token();
    let head = format!(
        "POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/fhir+json\r\n{headers}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn status_and_rest(mut stream: TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

#[test]
fn packed_bodies_are_read_within_the_bound() {
    let server = Server::start();
    let system = server.system();
    let gzip = [("Content-Encoding", "gzip")];
    let body = packed(br#"{"resourceType":"Patient","gender":"female"}"#);
    system.send("POST", "/Patient", &gzip, Some(&body)).expect(201);
    system.send("POST", "/Patient", &gzip, Some(b"no gzip at all")).refused(400, "invalid", "gzip");
    system.send("POST", "/Patient", &gzip, Some(&body[..body.len() / 2])).refused(400, "invalid", "gzip");
    system.send("POST", "/Patient", &[("Content-Encoding", "br")], Some(&body)).refused(415, "not-supported", "gzip");
    // 100 MB of blanks in 100 KB.
    let bomb = packed(&vec![b' '; 100 << 20]);
    system.send("POST", "/Patient", &gzip, Some(&bomb)).refused(413, "too-costly", "larger");
}

#[test]
fn two_hundred_megabytes_are_refused_and_disturb_nobody() {
    let server = Server::start();
    let system = server.system();
    system.put("/Patient/p", &json!({"resourceType": "Patient", "id": "p"})).expect(201);
    let chunk = vec![b' '; 1 << 20];
    for (headers, chunked) in
        [("Content-Length: 209715200\r\nConnection: close", false), ("Transfer-Encoding: chunked", true)]
    {
        let mut stream = open(&server, &system, headers);
        for _ in 0..200 {
            if chunked {
                stream.write_all(b"100000\r\n").unwrap();
            }
            stream.write_all(&chunk).unwrap();
            if chunked {
                stream.write_all(b"\r\n").unwrap();
            }
        }
        if chunked {
            stream.write_all(b"0\r\n\r\n").unwrap();
        }
        system.get("/Patient/p").expect(200);
        let (status, text) = status_and_rest(stream);
        assert_eq!(status, 413, "{text}");
        assert!(text.contains("too-costly"), "{text}");
    }
}

#[test]
fn announced_bodies_that_do_not_come_hold_no_place() {
    let server = Server::start();
    let system = server.system();
    let silent: Vec<TcpStream> = (0..200)
        .map(|nth| {
            let packed = if nth % 2 == 0 { "" } else { "Content-Encoding: gzip\r\n" };
            let mut stream = open(&server, &system, &format!("{packed}Content-Length: 1000000"));
            stream.write_all(b"{").unwrap();
            stream
        })
        .collect();
    let watch = base::Stopwatch::start();
    system.post("/Patient", &json!({"resourceType": "Patient"})).expect(201);
    // Longer than what is read without a place.
    let family = "x".repeat(200_000);
    system.post("/Patient", &json!({"resourceType": "Patient", "name": [{"family": family}]})).expect(201);
    assert!(watch.elapsed().as_secs() < 5, "{:?}", watch.elapsed());
    drop(silent);
}

#[test]
fn a_body_of_any_length_arrives_whole() {
    let server = Server::start();
    let system = server.system();
    for (length, names) in [(1, 1), (16 << 10, 1), ((16 << 10) + 1, 1), (1 << 20, 1), (1 << 20, 3)] {
        let name = json!({"family": "x".repeat(length)});
        let body = json!({"resourceType": "Patient", "name": vec![name; names]}).to_string();
        for headers in [&[][..], &[("Content-Encoding", "gzip")][..]] {
            let sent = if headers.is_empty() { body.clone().into_bytes() } else { packed(body.as_bytes()) };
            let made = system.send("POST", "/Patient", headers, Some(&sent)).expect(201);
            assert_eq!(made["name"].as_array().unwrap().len(), names);
            assert_eq!(made["name"][names - 1]["family"].as_str().unwrap().len(), length);
        }
    }
}

#[test]
fn a_body_that_breaks_off_is_no_resource() {
    let server = Server::start();
    let system = server.system();
    let mut stream = open(&server, &system, "Content-Length: 100");
    stream.write_all(br#"{"resourceType":"Patient"}"#).unwrap();
    drop(stream);
    assert_eq!(system.get("/Patient?_summary=count").expect(200)["total"], 0);
}

#[test]
fn hostile_input_is_an_error_and_not_a_fault() {
    let server = Server::start();
    let system = server.system();
    let deep = format!("{{\"resourceType\":\"Patient\"{}", ",\"extension\":[{\"url\":\"x\"".repeat(10_000));
    let long = "x".repeat(100_000);
    let text = format!(r#"{{"resourceType":"Patient","{long}":1}}"#);
    for body in [deep.as_bytes(), text.as_bytes(), b"\xff\xfe", b"\0", b"nul", b"1e999"] {
        let reply = system.send("POST", "/Patient", &[], Some(body));
        assert!((400..500).contains(&reply.status), "{reply:?}");
        assert!(reply.body.len() < 20_000, "messages stay short");
    }
    for query in [
        "_count=99999999999999999999",
        "_count=-1",
        "name=%00",
        "name=%27%20OR%201%3D1",
        "_sort=%27",
        "_page=..",
        "_page=AAAA",
        "identifier=%7C",
        "birthdate=2020-99-99",
        "_elements=%22",
        "gender=%25",
        "_lastUpdated=zz",
        "_include=*",
        "_include=%3A%3A%3A",
        "name:exact=%F0%9F%92%A9",
        "organization.name=",
    ] {
        let status = system.get(&format!("/Patient?{query}")).status;
        assert!((200..500).contains(&status), "{query}: {status}");
    }
    let many: String = (0..200).map(|nth| format!("name=a{nth}&")).collect();
    assert!((400..500).contains(&system.get(&format!("/Patient?{many}")).status));
    let path = "/Patient/".to_owned() + &"x".repeat(5_000);
    assert_eq!(system.get(&path).status, 404);
}

#[test]
fn a_bundle_of_too_many_entries_is_refused() {
    let server = Server::start();
    let system = server.system();
    let entry = r#"{"request":{"method":"GET","url":"Patient/1"}}"#;
    let mut body = String::from(r#"{"resourceType":"Bundle","type":"batch","entry":["#);
    for nth in 0..base::limits::BUNDLE_ENTRIES_MAX + 1 {
        if nth > 0 {
            body.push(',');
        }
        body.push_str(entry);
    }
    body.push_str("]}");
    let reply = system.send("POST", "", &[], Some(body.as_bytes()));
    reply.refused(413, "too-costly", "entries");
}

#[test]
fn the_process_tells_how_it_is() {
    let server = Server::start();
    let system = server.system();
    let at = |path: &str| system.get(&format!("http://{}{path}", server.address));
    assert_eq!(at("/healthz").status, 200);
    assert_eq!(at("/readyz").status, 200);
    system.get("/Patient/nobody");
    let text = at("/metrics").body;
    assert!(text.contains("jingluo_requests_total{interaction=\"read\",status=\"4xx\"} 1"), "{text}");
    assert!(text.contains("jingluo_request_seconds_bucket{interaction=\"read\",le=\"+Inf\"} 1"), "{text}");
    assert!(text.contains("jingluo_store_"), "{text}");
}
