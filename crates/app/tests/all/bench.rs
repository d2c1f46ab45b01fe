//! The side-by-side measurements (bench/README.md): two servers are sent the same and answer the same.

use crate::jingluo::{Server, fails, ok};
use tempfile::TempDir;

const WORKLOADS: [&str; 5] = ["read", "code", "birth", "dated", "chained"];

struct Side {
    dir: TempDir,
    server: Server,
}

impl Side {
    fn start() -> Side {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(&dir.path().join("data"));
        Side { dir, server }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn url(&self) -> String {
        format!("http://{}/fhir", self.server.client.address)
    }

    fn token(&self) -> &str {
        self.server.client.token.as_deref().unwrap()
    }

    fn write(&self, bundle: &str, first: &str, count: &str) -> String {
        let (url, ids, keep) = (self.url(), self.path("ids"), self.path("figures"));
        ok(&[
            "bench",
            "write",
            "--url",
            &url,
            "--token",
            self.token(),
            "--bundle",
            bundle,
            "--first",
            first,
            "--count",
            count,
            "--clients",
            "3",
            "--ids",
            &ids,
            "--keep",
            &keep,
        ])
    }

    fn paths(&self, workload: &str) -> String {
        let (ids, out) = (self.path("ids"), self.path(workload));
        ok(&["bench", "paths", "--workload", workload, "--ids", &ids, "--count", "20", "--out", &out]);
        out
    }
}

fn same(one: &Side, other: &Side, workload: &str) -> Vec<String> {
    let words = [
        "bench",
        "same",
        "--url",
        &one.url(),
        "--token",
        one.token(),
        "--paths",
        &one.paths(workload),
        "--other",
        &other.url(),
        "--other-token",
        other.token(),
        "--other-paths",
        &other.paths(workload),
    ];
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[test]
fn two_servers_are_sent_the_same_and_answer_the_same() {
    let (one, other) = (Side::start(), Side::start());
    for side in [&one, &other] {
        let said = side.write("patient", "0", "12");
        assert!(said.contains("12 requests") && !said.contains("errors"), "{said}");
        side.write("pair", "1000", "30");
    }
    for workload in WORKLOADS {
        let said = ok(&words(&same(&one, &other, workload)));
        assert!(said.starts_with("20 answers are the same at both"), "{said}");
        let loaded = ok(&[
            "bench",
            "load",
            "--url",
            &one.url(),
            "--token",
            one.token(),
            "--paths",
            &one.path(workload),
            "--clients",
            "2",
            "--seconds",
            "1",
        ]);
        assert!(loaded.contains("requests/s, 2 clients") && !loaded.contains("errors"), "{loaded}");
    }
    let kept = std::fs::read_to_string(one.path("figures")).unwrap();
    let figures: serde_json::Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    assert_eq!((figures["requests"].as_u64(), figures["resources"].as_u64()), (Some(12), Some(12 * 61)));

    // One patient more at one of them is seen.
    one.write("patient", "500", "1");
    let said = fails(&words(&same(&one, &other, "birth")));
    assert!(said.contains("the answers differ") && said.contains("only the first has MRN00000500"), "{said}");
}

#[test]
fn doctors_ask_and_many_are_offered_what_is_known() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (data, questions, tokens, figures) = (path("data"), path("questions"), path("tokens"), path("figures"));
    let city = ["--residents", "800", "--days", "60"];
    ok(&[&["city", "--only", "results", "--data", &data], city.as_slice()].concat());
    let said = ok(&[&["bench", "questions", "--count", "500", "--out", &questions], city.as_slice()].concat());
    assert!(said.contains("questions of"), "{said}");
    let asked = std::fs::read_to_string(&questions).unwrap();
    let mut hospitals: Vec<&str> = asked.lines().map(|line| line.split('"').nth(3).unwrap()).collect();
    hospitals.sort_unstable();
    hospitals.dedup();
    let token = |hospital: &&str| {
        let said = ok(&["admin", "token", "--data", &data, "--role", "clinician", "--scope", hospital]);
        format!("{hospital} {}\n", said.lines().last().unwrap())
    };
    std::fs::write(&tokens, hospitals.iter().map(token).collect::<String>()).unwrap();
    let server = Server::start(place.path().join("data").as_path());
    let url = format!("http://{}", server.client.address);
    let ask = |more: &[&str]| {
        let ask = ["bench", "recognition", "--url", &url, "--paths", &questions, "--tokens", &tokens, "--seconds", "1"];
        ok(&[ask.as_slice(), more].concat())
    };
    let said = ask(&["--clients", "2"]);
    let percent: f64 = said.split_once("answers ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
    assert!((25.0..90.0).contains(&percent) && !said.contains("errors"), "{said}");
    let writer = server.client.token.as_deref().unwrap();
    let said = ask(&["--rate", "20", "--stream", "50", "--token", writer, "--name", "open", "--keep", &figures]);
    assert!(!said.contains("errors"), "{said}");
    let kept = std::fs::read_to_string(&figures).unwrap();
    assert!(
        ["open", "open offers", "open stream"].iter().all(|name| kept.contains(&format!("\"name\":\"{name}\""))),
        "{kept}"
    );
}
