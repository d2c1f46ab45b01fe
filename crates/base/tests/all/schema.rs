//! Every unique key of the record holds `home`, so that it can be spread over machines by it.

use crate::sources::root;

/// Reference tables, the feed and the audit: the exceptions that the schema names.
const EXCEPT: [&str; 11] = [
    "setting",
    "dictionary",
    "path",
    "parameter",
    "build",
    "term",
    "term_text",
    "version",
    "audit",
    "account",
    "secret",
];
/// Columns that are `home`, or hold it in their low bits.
const HOLDS_HOME: [&str; 2] = ["home", "rid"];

#[test]
fn every_unique_key_holds_home() {
    let dir = root().join("crates/store/src/backend/sqlite/migrations");
    let mut seen = 0;
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for table in text.split("CREATE TABLE ").skip(1) {
            let table = table.split(';').next().unwrap();
            let name = table.split_whitespace().next().unwrap();
            if EXCEPT.contains(&name) {
                continue;
            }
            for key in keys(table) {
                seen += 1;
                let held = key.iter().any(|column| HOLDS_HOME.contains(&column.as_str()));
                // The outbox is numbered in the order of sending; its idempotency key holds home.
                assert!(held || (name == "outbox" && key == ["number"]), "the key {key:?} of `{name}` lacks home");
            }
        }
    }
    assert!(seen >= 15, "the test reads the schema");
}

fn keys(table: &str) -> Vec<Vec<String>> {
    let mut keys = Vec::new();
    for mark in ["PRIMARY KEY (", "UNIQUE ("] {
        for rest in table.split(mark).skip(1) {
            let columns = rest.split(')').next().unwrap();
            keys.push(columns.split(',').map(|column| column.trim().to_owned()).collect());
        }
    }
    if let Some(at) = table.find(" INTEGER PRIMARY KEY") {
        let column = table[..at].rsplit([' ', '(']).next().unwrap();
        keys.push(vec![column.to_owned()]);
    }
    keys
}
