//! Dependencies run one way, and only one room knows each outside thing.

use crate::sources::{crates, root, rust_sources};

/// What each crate may build on; engines stand beside, on base.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("base", &[]),
    ("fhir", &["base"]),
    ("identity", &["base"]),
    ("terminology", &["base", "fhir"]),
    ("access", &["base", "fhir"]),
    ("store", &["base", "fhir", "access"]),
    ("runtime", &["base", "fhir", "identity", "terminology", "access", "store"]),
    ("programs", &["base", "fhir", "identity", "access", "store", "runtime"]),
    ("web", &["base", "fhir", "identity", "access", "store", "runtime", "programs"]),
    ("city", &["base", "identity"]),
    ("signals", &["base"]),
    ("fuzz", &["base"]),
    ("app", &["base", "fhir", "identity", "access", "store", "runtime", "programs", "web", "city", "signals"]),
];

fn manifest(crate_name: &str) -> String {
    std::fs::read_to_string(root().join("crates").join(crate_name).join("Cargo.toml")).unwrap()
}

/// Names under `[dependencies]`.
fn dependencies(crate_name: &str) -> Vec<String> {
    let text = manifest(crate_name);
    let body = text.split("[dependencies]").nth(1).unwrap_or("");
    let body = body.split("\n[").next().unwrap_or("");
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or("").to_owned();
    body.lines().map(name).filter(|name| !name.is_empty() && !name.starts_with('#')).collect()
}

#[test]
fn every_crate_is_in_the_list_and_uses_only_what_is_below() {
    let known: Vec<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    for name in crates() {
        assert!(known.contains(&name.as_str()), "add crate `{name}` to the list of directions");
    }
    for (name, allowed) in MAY_USE {
        for used in dependencies(name) {
            let ours = known.contains(&used.as_str());
            assert!(!ours || allowed.contains(&used.as_str()), "`{name}` must not use `{used}`");
        }
    }
}

#[test]
fn only_the_edge_knows_http_and_only_the_store_knows_sql() {
    for name in crates() {
        for used in dependencies(&name) {
            let http = ["axum", "hyper", "hyper-util", "tower-http", "http"].contains(&used.as_str());
            assert!(!http || ["web", "app"].contains(&name.as_str()), "`{name}` uses `{used}`");
            let sql = ["rusqlite", "tokio-postgres"].contains(&used.as_str());
            assert!(!sql || name == "store", "`{name}` uses `{used}`");
        }
        if name == "store" {
            continue;
        }
        for (file, text) in rust_sources(&name) {
            for sql in ["SELECT ", "INSERT INTO ", "DELETE FROM "] {
                assert!(!text.contains(sql), "{file} holds SQL");
            }
        }
    }
}

#[test]
fn only_app_reads_the_environment_and_only_base_the_clock() {
    for name in crates() {
        for (file, text) in rust_sources(&name) {
            let environment = text.contains("env::var") || text.contains("env::args");
            assert!(!environment || name == "app", "{file} reads the environment");
            let clock = text.contains("SystemTime::now") || text.contains("Instant::now()");
            assert!(!clock || file.ends_with("base/src/clock.rs"), "{file} reads the clock");
            let dice = text.contains("/dev/urandom") || text.contains("rand::") || text.contains("OsRng");
            assert!(!dice || file.ends_with("base/src/dice.rs"), "{file} takes randomness");
        }
    }
}

#[test]
fn nothing_above_the_store_knows_its_engine() {
    for name in ["runtime", "web", "app"] {
        for (file, text) in rust_sources(name) {
            assert!(!text.to_lowercase().contains("sqlite"), "{file} names a storage engine");
        }
    }
}
