//! Writers for the fault tests: batches that can be told apart, and what must be true of a store after a fault.

use crate::harness::{put, search};
use base::Cx;
use fhir::definitions::r4;
use std::collections::{HashMap, HashSet};
use store::{Batch, Done, Expect, Op, ShelfOp, Store};

/// Resources of one batch.
pub const PARTS: usize = 4;

/// A batch that was answered with yes.
#[derive(Clone, Debug)]
pub struct Acked {
    pub tag: String,
    /// (type, id, version) of its parts.
    pub parts: Vec<(String, String, u32)>,
}

/// The batch of a tag: a new Patient, two Observations of it with codes of their own, the writer's own Basic, a row, a
/// count and a tally.
pub fn batch(store: &Store, writer: &str, nth: usize) -> Batch {
    let tag = format!("{writer}.{nth}");
    let type_ = |name| r4().type_named(name).unwrap();
    let patient = match nth % 3 {
        0 => format!("p.{tag}"),
        _ => store.new_id(type_("Patient"), None).unwrap(),
    };
    let observation = store.new_id(type_("Observation"), Some(&patient)).unwrap();
    let identifier = |part: &str| format!(r#""identifier":[{{"system":"urn:tag","value":"{tag}/{part}"}}]"#);
    let observed = |id: &str, part: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}",{},"status":"final","code":{{"coding":[{{"system":"urn:c","code":"{tag}","display":"d {}"}},{{"code":"shared-{}"}}]}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"2026-01-{:02}","valueQuantity":{{"value":{nth},"unit":"u{}"}}}}"#,
            identifier(part),
            nth % 5,
            nth % 7,
            nth % 28 + 1,
            nth % 11
        )
    };
    let padding = "张伟".repeat(nth % 60);
    let resources = [
        format!(
            r#"{{"resourceType":"Patient","id":"{patient}",{},"name":[{{"family":"f{nth}","text":"x{padding}"}}]}}"#,
            identifier("0")
        ),
        observed(&observation, "1"),
        observed(&format!("o.{tag}"), "2"),
        format!(r#"{{"resourceType":"Basic","id":"w.{writer}",{},"code":{{"text":"{nth}"}}}}"#, identifier("3")),
    ];
    let expect = |at: usize| if at == 3 { Expect::Any } else { Expect::Absent };
    let writes = resources.iter().enumerate().map(|(at, json)| put(json, expect(at)).unwrap()).collect();
    let shelves = vec![
        ShelfOp::Row { space: "batch".into(), key: tag.clone(), sort: String::new(), doc: Some(vec![1]) },
        ShelfOp::Count { space: "load".into(), key: "batches".into(), add: 1, min: 0, max: i64::MAX },
        ShelfOp::Tally { space: "load".into(), key: writer.into(), day: 1, add: 1 },
    ];
    Batch { writes, shelves, ..Batch::default() }
}

pub fn acked(writer: &str, nth: usize, done: &Done) -> Acked {
    let part =
        |written: &store::Written| (r4().type_name(written.type_).to_owned(), written.id.clone(), written.version);
    Acked { tag: format!("{writer}.{nth}"), parts: done.written.iter().map(part).collect() }
}

/// Writes until a batch fails; gives what was acknowledged.
pub fn write_until_failure(store: &Store, writer: &str, from: usize) -> Vec<Acked> {
    let mut all = Vec::new();
    for nth in from.. {
        match store.write(&Cx::platform(), batch(store, writer, nth)) {
            Ok(done) => all.push(acked(writer, nth, &done)),
            Err(_) => break,
        }
    }
    all
}

/// What must hold after any fault: every acknowledged batch is there whole, no batch is there in part, the feed has no
/// gap, no id was given twice, index, history and audit are sound. Gives the number of batches that are there.
pub fn verify(store: &Store, acked: &[Acked]) -> usize {
    let cx = Cx::platform();
    let report = store.check(&mut |_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    let there = walk_feed(store);
    for one in acked {
        let found = there.get(&one.tag);
        assert_eq!(found.map(Vec::len), Some(PARTS), "the acknowledged batch {} is there whole", one.tag);
        for (type_, id, version) in &one.parts {
            let read = store.read_version(&cx, r4().type_named(type_).unwrap(), id, *version).unwrap();
            let read = read.unwrap_or_else(|| panic!("{type_}/{id} version {version} of batch {}", one.tag));
            let mut json = Vec::new();
            read.json(&mut json).unwrap();
            let tag = format!("\"{}/", one.tag);
            assert!(String::from_utf8(json).unwrap().contains(&tag), "{type_}/{id} is of batch {}", one.tag);
        }
    }
    for (tag, positions) in &there {
        assert_eq!(positions.len(), PARTS, "half a batch: {tag}");
        assert!(positions.windows(2).all(|pair| pair[1] == pair[0] + 1), "batch {tag} is torn apart");
        assert!(store.row_read("batch", tag).unwrap().is_some(), "the row of batch {tag}");
    }
    assert_eq!(store.counter_read("load", "batches").unwrap(), there.len() as i64);
    for tag in there.keys().take(5) {
        let page = store.search(&cx, &search(&format!("Observation?code=urn:c|{tag}")).unwrap()).unwrap();
        assert_eq!(page.matches.len(), 2, "the new code of batch {tag} finds its two");
    }
    there.len()
}

/// The positions of each batch in the feed.
fn walk_feed(store: &Store) -> HashMap<String, Vec<u64>> {
    let mut there: HashMap<String, Vec<u64>> = HashMap::new();
    let mut created = HashSet::new();
    let mut versions: HashMap<(u16, String), u32> = HashMap::new();
    let mut position = 0;
    loop {
        let entries = store.feed(&Cx::platform(), position, 500).unwrap();
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            position += 1;
            assert_eq!(entry.position, position, "the feed has no gap");
            let key = (entry.type_.0, entry.id.clone());
            if entry.op == Op::Create {
                assert!(created.insert(key.clone()), "the id {} was given twice", entry.id);
            }
            let version = versions.entry(key).or_default();
            *version += 1;
            assert_eq!(entry.version, *version, "the versions of {} have no gap", entry.id);
            let mut json = Vec::new();
            entry.json(&mut json).unwrap();
            let json = String::from_utf8(json).unwrap();
            if let Some((_, rest)) = json.split_once(r#""system":"urn:tag","value":""#) {
                let tag = rest.split_once('/').unwrap().0.to_owned();
                there.entry(tag).or_default().push(position);
            }
        }
    }
    assert_eq!(store.position(), position);
    there
}

/// How often a fault test repeats; more with `JINGLUO_FAULT_ROUNDS`.
#[expect(clippy::disallowed_methods, reason = "the number of rounds of a test is asked of its caller")]
pub fn rounds(default: u64) -> u64 {
    std::env::var("JINGLUO_FAULT_ROUNDS").map_or(default, |rounds| rounds.parse().unwrap())
}
