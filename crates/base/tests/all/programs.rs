//! Programs stand beside each other: only those that the list marks as shared are called by others, and these call none.

use crate::sources::{root, rust_sources};
use std::collections::{BTreeMap, BTreeSet};

/// The folders of `crates/programs/src`, each a program.
fn folders() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("crates/programs/src")).unwrap().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The sources of each program, put together.
fn sources() -> BTreeMap<String, String> {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in rust_sources("programs") {
        let inner = name.strip_prefix("crates/programs/src/").unwrap_or_default();
        if let Some((program, _)) = inner.split_once('/') {
            sources.entry(program.to_owned()).or_default().push_str(&text);
        }
    }
    sources
}

/// Whether a source names another program.
fn names(text: &str, other: &str) -> bool {
    let paths = [format!("crate::{other}::"), format!("crate::{other};"), format!("super::super::{other}::")];
    paths.iter().any(|path| text.contains(path))
}

#[test]
fn every_program_is_in_the_list() {
    let list = std::fs::read_to_string(root().join("crates/programs/src/lib.rs")).unwrap();
    for program in folders() {
        assert!(list.contains(&format!("&{program}::PROGRAM")), "`{program}` is missing in PROGRAMS");
    }
}

#[test]
fn programs_call_shared_ones_only_and_shared_ones_call_none() {
    let sources = sources();
    let is_shared = |program: &str| sources[program].contains("shared: true");
    assert!(sources.keys().any(|program| is_shared(program)), "the test reads the list");
    for (program, text) in &sources {
        for other in sources.keys().filter(|other| *other != program && names(text, other)) {
            assert!(is_shared(other), "`{program}` calls `{other}`, which is not shared");
            assert!(!is_shared(program), "`{program}` is shared and must not call `{other}`");
        }
    }
}

#[test]
fn a_program_keeps_its_method_free_of_the_record() {
    for (name, text) in rust_sources("programs").iter().filter(|(name, _)| name.ends_with("/rules.rs")) {
        for outside in ["store::", "Env", "runtime::record"] {
            assert!(!text.contains(outside), "{name} decides, and must not know `{outside}`");
        }
    }
}
