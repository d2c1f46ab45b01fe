//! Imports and live updates over the API.

use crate::api_session::api;
use crate::harness::{Client, Server};
use base::Role;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LINES: &[u8] =
    b"{\"resourceType\":\"Patient\",\"id\":\"p1\"}\n{\"resourceType\":\"Patient\",\"id\":\"p2\"}\n{\"no\":1}\n";

fn send(server: &Server, client: &Client, query: &str, body: &[u8]) -> crate::harness::Reply {
    let url = format!("http://{}/api/imports?{query}", server.address);
    client.send("POST", &url, &[("Content-Type", "application/octet-stream")], Some(body))
}

fn ended(server: &Server, client: &Client, id: &str) -> Value {
    for _ in 0..1_000 {
        let import = api(server, client, "GET", &format!("/imports/{id}"), &[], None).expect(200);
        if import["state"] != "running" {
            return import;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("the import has not ended");
}

#[test]
fn a_file_is_sent_imported_and_reported() {
    let server = Server::start();
    let system = server.system();
    let id = send(&server, &system, "name=patients.ndjson", LINES).expect(202)["id"].as_str().unwrap().to_owned();
    let import = ended(&server, &system, &id);
    assert_eq!((&import["state"], &import["name"]), (&json!("done"), &json!("patients.ndjson")));
    assert_eq!((&import["read"], &import["stored"], &import["refused"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(import["by_type"], json!([{"type": "Patient", "stored": 2}]));
    assert_eq!((&import["refusals"][0]["line"], &import["seconds_left"]), (&json!(3), &Value::Null));
    assert!(import["started"].as_str().unwrap().ends_with('Z') && import["finished"].is_string());
    system.get("/Patient/p2").expect(200);
    let list = api(&server, &system, "GET", "/imports", &[], None).expect(200);
    assert_eq!(list["imports"], json!([import]));
    api(&server, &system, "DELETE", &format!("/imports/{id}"), &[], None).expect(204);
    api(&server, &system, "GET", "/imports/none", &[], None).refused(404, "not-found", "none");
}

#[test]
fn what_cannot_be_imported_is_refused_and_leaves_room() {
    let server = Server::start();
    let system = server.system();
    for _ in 0..3 {
        send(&server, &system, "name=a.json", b"").refused(400, "invalid", "empty");
        send(&server, &system, "name=a.json", &vec![b' '; 20 << 20]).refused(413, "too-costly", "bytes");
    }
    send(&server, &system, "name=a.json&bundles=drop", b"{}").refused(400, "invalid", "keep");
    send(&server, &system, "nam=a.json", b"{}").refused(400, "invalid", "`nam`");
    send(&server, &server.nobody(), "name=a.json", b"{}").refused(401, "login", "sign in");
    let clinician = server.user("wang", Role::Clinician, Some("east"));
    send(&server, &clinician, "name=a.json", b"{}").refused(403, "forbidden", "clinician");
    api(&server, &clinician, "GET", "/imports", &[], None).refused(403, "forbidden", "clinician");
}

/// An open stream of events.
pub struct Stream {
    socket: TcpStream,
    read: String,
}

impl Stream {
    pub fn open(server: &Server, token: &str, more: &str) -> Stream {
        let mut socket = TcpStream::connect(server.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let asked = format!("GET /api/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{more}\r\n");
        socket.write_all(asked.as_bytes()).unwrap();
        Stream { socket, read: String::new() }
    }

    /// Reads on until the text has come.
    #[track_caller]
    pub fn until(&mut self, text: &str) {
        let mut part = [0; 4096];
        while !self.read.contains(text) {
            let length = self.socket.read(&mut part).unwrap();
            assert!(length > 0, "the stream ended with {}", self.read);
            self.read.push_str(&String::from_utf8_lossy(&part[..length]));
        }
    }
}

#[test]
fn the_live_stream_tells_changes_and_imports_and_resumes() {
    let server = Server::start();
    let system = server.system();
    let mut stream = Stream::open(&server, system.token(), "");
    stream.until("content-type: text/event-stream");
    stream.until("event: feed\nid: ");
    let id = send(&server, &system, "name=patients.ndjson", LINES).expect(202)["id"].as_str().unwrap().to_owned();
    stream.until(&format!("event: import\ndata: {{\"id\":\"{id}\""));
    ended(&server, &system, &id);
    stream.until("\"state\":\"done\"");
    stream.until("\"Patient\":");
    let position = server.store.position();
    stream.until(&format!("id: {position}\n"));
    system.put("/Patient/p3", &json!({"resourceType": "Patient", "id": "p3"})).expect(201);
    system.put("/Location/l1", &json!({"resourceType": "Location", "id": "l1"})).expect(201);
    stream.until("\"Location\":1");
    let mut resumed = Stream::open(&server, system.token(), &format!("Last-Event-ID: {position}\r\n"));
    resumed.until("\"changes\":{\"Location\":1,\"Patient\":1}");
    // A clinician is told that something happened, not what.
    let clinician = server.user("wang", Role::Clinician, Some("east"));
    let mut narrow = Stream::open(&server, clinician.token(), &format!("Last-Event-ID: {position}\r\n"));
    narrow.until("\"changes\":{}");
    let mut nobody = Stream::open(&server, "jingluo_wrong", "");
    nobody.until("401 Unauthorized");
}
