//! Files in `given/` of blocks: comments (`#`), an input line, the lines expected of it, a blank line.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::Write;

/// Holds what `tell` says of every input against the file. With UPDATE_GIVEN set it writes the file anew.
#[expect(clippy::disallowed_methods, reason = "asks whether to write the expectations anew")]
pub fn check(file: &str, text: &str, tell: &dyn Fn(&str) -> String) {
    let mut now = String::new();
    for block in text.split("\n\n") {
        let (comments, lines): (Vec<&str>, Vec<&str>) =
            block.trim_matches('\n').lines().partition(|line| line.starts_with('#'));
        for comment in comments {
            let _ = writeln!(now, "{comment}");
        }
        if let Some(input) = lines.first() {
            let _ = writeln!(now, "{input}\n{}", tell(input));
        }
    }
    if std::env::var("UPDATE_GIVEN").is_ok() {
        let path = format!("{}/tests/given/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, now.trim_end().to_owned() + "\n").unwrap();
        return;
    }
    for (nth, (is, should)) in now.lines().zip(text.lines()).enumerate() {
        assert_eq!(is, should, "{file}, line {}", nth + 1);
    }
    assert_eq!(now.trim_end().lines().count(), text.trim_end().lines().count(), "{file}");
}
