//! `given/accepted.txt`: a resource a line. `given/refused.txt`: a resource, then the issues told of it, a line each
//! (code, place, sentence, tab separated), then a blank line. With UPDATE_GIVEN set the second file is written anew.

use fhir::{Limits, parse};
use std::fmt::Write;

const ACCEPTED: &str = include_str!("../given/accepted.txt");
const REFUSED: &str = include_str!("../given/refused.txt");

fn issues_of(input: &str) -> String {
    let Err(error) = parse(input.as_bytes(), &Limits::default()) else { return "accepted\n".to_owned() };
    let mut told = String::new();
    for issue in &error.issues {
        let _ = writeln!(told, "{}\t{}\t{}", issue.code, issue.at.as_deref().unwrap_or("-"), issue.text);
    }
    told
}

fn inputs(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn good_resources_are_accepted() {
    for input in inputs(ACCEPTED) {
        assert_eq!(issues_of(input), "accepted\n", "{input}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "asks whether to write the expectations anew")]
fn bad_resources_are_refused_with_place_and_way_out() {
    let mut now = String::new();
    for block in REFUSED.split("\n\n") {
        let block = block.trim_matches('\n');
        let (comments, block): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with('#'));
        let Some(input) = block.first() else { continue };
        for comment in comments {
            let _ = writeln!(now, "{comment}");
        }
        let _ = writeln!(now, "{input}\n{}", issues_of(input));
    }
    if std::env::var("UPDATE_GIVEN").is_ok() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/given/refused.txt"), &now).unwrap();
        return;
    }
    assert!(!now.contains("\naccepted\n"), "one of the bad resources is accepted");
    for (is, should) in now.lines().zip(REFUSED.lines()) {
        assert_eq!(is, should);
    }
    assert_eq!(now.trim_end().lines().count(), REFUSED.trim_end().lines().count());
}
