//! A small HTTP/1.1 client: one request a connection, so that a test sees exactly what is sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}

pub struct Client {
    pub address: SocketAddr,
    pub token: Option<String>,
}

impl Client {
    /// Sends a request; an error if the server goes away.
    pub fn try_send(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(90)))?;
        exchange(&mut stream, &self.head(method, path, body.len()), body)
    }

    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.try_send(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"")
    }

    /// How many resources of a type there are.
    pub fn count(&self, type_: &str) -> u64 {
        let answer = self.get(&format!("/fhir/{type_}?_summary=count"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["total"].as_u64().unwrap()
    }

    pub fn head(&self, method: &str, path: &str, length: usize) -> String {
        let token = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{token}\
             Content-Type: application/fhir+json\r\nContent-Length: {length}\r\n\r\n"
        )
    }
}

/// Sends head and body and reads the answer to its end.
pub fn exchange(stream: &mut (impl Read + Write), head: &str, body: &[u8]) -> std::io::Result<Answer> {
    stream.write_all(head.as_bytes())?;
    // A server may answer before it has read all.
    let sent = stream.write_all(body).and_then(|()| stream.flush());
    let mut raw = Vec::new();
    let received = stream.read_to_end(&mut raw);
    let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") else {
        sent?;
        received?;
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut body = raw.split_off(end + 4);
    let lower = head.to_lowercase();
    if lower.contains("transfer-encoding: chunked") {
        body = joined(&body);
    } else if let Some(length) = lower.lines().find_map(|line| line.strip_prefix("content-length: ")) {
        let length: usize = length.trim().parse().unwrap();
        if body.len() < length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Answer { status, body })
}

/// The chunks of a chunked body joined.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(String::from_utf8_lossy(&rest[..line]).trim(), 16).unwrap_or(0);
        if length == 0 || rest.len() < line + 2 + length {
            break;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + length]);
        rest = &rest[(line + 4 + length).min(rest.len())..];
    }
    body
}
