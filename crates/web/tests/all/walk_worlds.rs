//! Worlds that differ only in what a narrow reader does not see, and how a request is sent to one.

use crate::harness::{Client, Reply, Server};
use base::{Clock, Cx, Dice, Role};
use fhir::custom::Definition;
use serde_json::{Value, json};
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{BuildStep, Options};

/// What every resource of somebody else carries, in ids, names, codes, dates and numbers.
pub const MARKS: [&str; 4] = ["zqx", "1931-07", "98765.4", "19312223334"];
/// What the reader's own resources carry.
pub const OWN: &str = "own1";

/// Who is really there; in place of the others stands as much that nobody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peopled {
    Everybody,
    OwnOnly,
    Nobody,
}

pub struct World {
    pub server: Server,
    clock: Clock,
}

/// One line of the table of requests.
#[derive(Clone, Debug)]
pub struct Line {
    pub expect: String,
    pub method: String,
    pub path: String,
    pub body: Option<String>,
}

impl World {
    pub fn new(peopled: Peopled) -> World {
        let clock = Clock::fixed(1_780_000_000_000);
        let options = Options { clock: clock.clone(), dice: Dice::seeded(41), ..Options::default() };
        let world = World { server: Server::with(options), clock };
        let system = world.server.system();
        let writes = writes();
        world.send(&system, "PUT", "List/reserve", Some(&reserve(&writes)));
        for (nth, write) in writes.iter().enumerate() {
            let real = match peopled {
                Peopled::Everybody => true,
                Peopled::OwnOnly => write.whose != Whose::Other,
                Peopled::Nobody => write.whose == Whose::Open,
            };
            let (place, body) = if real { (write.place.clone(), write.body.clone()) } else { write.filler(nth) };
            let method = if body.is_some() { "PUT" } else { "DELETE" };
            world.send(&system, method, &place, body.as_ref());
        }
        let cx = Cx { clock: world.clock.clone(), ..Cx::platform() };
        world.build_index(&cx);
        runtime::reactions::catch_up(&cx, &world.server.store, &programs::reactions()).unwrap();
        world
    }

    /// Takes the search parameter of the record into use.
    fn build_index(&self, cx: &Cx) {
        let store = &self.server.store;
        let parameter = fhir::r4().type_named("SearchParameter").unwrap();
        let stored = store.read(cx, parameter, "ward").unwrap().unwrap().resource().unwrap();
        store.parameter_use("ward", Definition::of(&stored).unwrap()).unwrap();
        while store.build_step(cx).unwrap() != BuildStep::Idle {}
    }

    /// Each write has an instant of its own.
    fn send(&self, system: &Client, method: &str, place: &str, body: Option<&Value>) {
        if let Clock::Set(hand) = &self.clock {
            hand.fetch_add(1_000, Ordering::Relaxed);
        }
        let bytes = body.map(Value::to_string);
        let reply = system.send(method, &format!("/{place}"), &[], bytes.as_deref().map(str::as_bytes));
        assert!(matches!(reply.status, 200 | 201 | 204), "{method} {place}: {reply:?}");
    }

    pub fn reader(&self, role: Role) -> Client {
        let scope = match role {
            Role::Clinician => Some("east"),
            Role::Resident => Some("own1-person"),
            Role::Officer => Some("district"),
            Role::Integration | Role::Admin => None,
        };
        self.server.user(role.name(), role, scope)
    }

    /// The answers to a line, and to the links in them, without what tells the worlds apart by its nature.
    pub fn answers(&self, client: &Client, line: &Line) -> Vec<Answer> {
        const FOLLOWED_MAX: usize = 60;
        if line.path.starts_with("/api/audit") {
            self.settle();
        }
        let first = self.ask(client, &line.method, &encoded(&line.path), line.body.as_deref());
        let mut known: Vec<String> = Vec::new();
        let mut answers = vec![first];
        let mut at = 0;
        while at < answers.len() && answers.len() < FOLLOWED_MAX {
            for link in answers[at].links() {
                if !known.contains(&link) {
                    answers.push(self.ask(client, "GET", &link, None));
                    known.push(link);
                }
            }
            at += 1;
        }
        answers
    }

    /// Waits until every access so far is in the audit.
    fn settle(&self) {
        while self.server.store.stats().audit_waiting > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.server.store.ready().unwrap();
    }

    /// What a stream of live updates says while somebody else's resource changes.
    pub fn live(&self, client: &Client, system: &Client) -> String {
        let mut stream = TcpStream::connect(self.server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let ask = format!("GET /api/live HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {}\r\n\r\n", client.token());
        stream.write_all(ask.as_bytes()).unwrap();
        let (mut told, mut part) = (String::new(), [0; 4096]);
        while !told.contains("event: feed") {
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "the stream ended: {told}");
            told.push_str(&String::from_utf8_lossy(&part[..count]));
            if told.contains("retry: ") {
                let body = json!({"resourceType": "Patient", "id": "zqx-live"});
                self.send(system, "PUT", "Patient/zqx-live", Some(&body));
                self.send(system, "DELETE", "Patient/zqx-live", None);
            }
        }
        told
    }

    fn ask(&self, client: &Client, method: &str, path: &str, body: Option<&str>) -> Answer {
        let url = format!("http://{}{path}", self.server.address);
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let reply = match body {
            Some(body) if path.ends_with("_search") => client.send(method, &url, &form, Some(encoded(body).as_bytes())),
            body => client.send(method, &url, &[], body.map(str::as_bytes)),
        };
        Answer::of(&reply, &self.server.address.to_string())
    }
}

/// What came back, with the server's address left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

impl Answer {
    fn of(reply: &Reply, address: &str) -> Answer {
        let plain = |text: &str| text.replace(address, "HERE");
        Answer { status: reply.status, headers: plain(&reply.header_lines()), body: plain(&reply.body) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// Paths of the links of a Bundle but that to itself.
    fn links(&self) -> Vec<String> {
        let json = self.json();
        let links = json["link"].as_array().map(Vec::as_slice).unwrap_or_default();
        let others = links.iter().filter(|link| link["relation"] != "self");
        others.filter_map(|link| Some(link["url"].as_str()?.replace("http://HERE", ""))).collect()
    }

    /// Resources, rows or a document.
    pub fn shows_something(&self) -> bool {
        let json = self.json();
        let entries = json["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
        let shown = |entry: &Value| entry["search"]["mode"] != "outcome";
        let rows = json["rows"].as_array().is_some_and(|rows| !rows.is_empty());
        let single = self.status == 200 && !self.body.is_empty() && json["entry"].is_null() && json["rows"].is_null();
        let empty_bundle = json["resourceType"] == "Bundle" && json["entry"].is_null();
        entries.iter().any(shown) || rows || (single && !empty_bundle)
    }
}

/// Percent-encoded where a URL or a form needs it; `&`, `=` and what is encoded already stay.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-._~:/|,$@*()?&=%!'".contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out.replace('|', "%7C")
}

pub fn lines() -> Vec<Line> {
    let text = include_str!("../given/walk/requests.txt");
    let kept = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    kept.map(|line| {
        let (expect, rest) = line.split_once(' ').unwrap();
        let (method, rest) = rest.split_once(' ').unwrap();
        let (path, body) = match rest.split_once(' ') {
            Some((path, body)) if method == "POST" => (path, Some(body.to_owned())),
            _ => (rest, None),
        };
        Line { expect: expect.into(), method: method.into(), path: path.into(), body }
    })
    .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Open,
    Own,
    Other,
}

struct Write {
    whose: Whose,
    /// `Type/id`.
    place: String,
    /// None to delete it.
    body: Option<Value>,
}

impl Write {
    fn put(whose: Whose, text: &str) -> Write {
        let body: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let place = format!("{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
        Write { whose, place, body: Some(body) }
    }

    /// As much in the feed and in the tables, that none of the readers sees.
    fn filler(&self, nth: usize) -> (String, Option<Value>) {
        let text = json!({ "text": format!("filler {nth}") });
        if self.place.starts_with("Observation/moved-") {
            let id = self.place.split_once('/').unwrap().1;
            let body = json!({"resourceType": "Observation", "id": id, "status": "final", "code": text,
                "subject": {"reference": "Patient/absent"}});
            return (self.place.clone(), Some(body));
        }
        let place = filler_of(&self.place);
        let id = place.split_once('/').unwrap().1;
        let body = json!({"resourceType": "Basic", "id": id, "code": text});
        let body = self.body.is_some().then_some(body);
        (place, body)
    }
}

fn filler_of(place: &str) -> String {
    format!("Basic/{}", place.replace('/', "-"))
}

/// A list that nobody sees and that refers to everything which is in one of the worlds, so that a reference from what
/// somebody sees is not the first in one world and not in another.
fn reserve(writes: &[Write]) -> Value {
    let mut places: Vec<String> = vec!["Patient/absent".to_owned()];
    for write in writes.iter().filter(|write| write.whose != Whose::Open) {
        places.push(write.place.clone());
        places.push(filler_of(&write.place));
    }
    let items: Vec<Value> = places.iter().map(|place| json!({ "item": { "reference": place } })).collect();
    json!({"resourceType": "List", "id": "reserve", "status": "current", "mode": "working", "entry": items})
}

fn writes() -> Vec<Write> {
    let mut all: Vec<Write> =
        include_str!("../given/walk/open.ndjson").lines().map(|line| Write::put(Whose::Open, line)).collect();
    let person = include_str!("../given/walk/person.ndjson");
    let stranger = [
        ("{day}", "1931-07-23"),
        ("{n}", "98765.4"),
        ("{p}", "93"),
        ("{phone}", "19312223334"),
        ("{org}", "west"),
        ("{uid}", "1.2.1931.1"),
        ("{data}", "enF4MXBhcGVy"),
    ];
    let own = [
        ("{day}", "1985-03-07"),
        ("{n}", "5.5"),
        ("{p}", "25"),
        ("{phone}", "13800000000"),
        ("{org}", "ward"),
        ("{uid}", "1.2.3.4"),
        ("{data}", "b3duMXBhcGVy"),
    ];
    for (whose, name, values) in
        [(Whose::Other, "zqx1", stranger), (Whose::Own, OWN, own), (Whose::Other, "zqx2", stranger)]
    {
        for line in person.lines() {
            let named = line.replace("{m}", name);
            let text = values.iter().fold(named, |text, (place, value)| text.replace(place, value));
            all.push(Write::put(whose, &text));
        }
    }
    for line in include_str!("../given/walk/across.ndjson").lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        let whose = if kind.starts_with("own") { Whose::Own } else { Whose::Other };
        all.push(match kind.ends_with("-delete") {
            true => Write { whose, place: rest.to_owned(), body: None },
            false => Write::put(whose, rest),
        });
    }
    all
}
