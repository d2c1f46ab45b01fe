//! How long a question about the rules takes: `cargo run --release -p runtime --example rules_speed`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement stops at the first surprise and prints")]

use base::zone::{Zone, day_named};
use base::{Cx, Stopwatch};
use runtime::program::{Env, Kept, Words};
use runtime::record::Site;
use runtime::rules::{self, Place, RuleColumn, RuleTable, Seeds, ValueKind};
use std::fmt::Write as _;
use std::time::Duration;
use store::{Batch, Expect, Options, Put, Store, Write};

const ITEMS: usize = 1_500;
const ASKS: u32 = 1_000_000;
const COMMITS: u32 = 2_000;

static COLUMNS: [RuleColumn; 3] = [
    column("item", ValueKind::Text, true),
    column("state", ValueKind::Text, true),
    column("hours", ValueKind::Integer, false),
];

const fn column(key: &'static str, kind: ValueKind, is_key: bool) -> RuleColumn {
    RuleColumn { key, title: Words { zh: key, en: key }, kind, required: true, is_key, unit: None }
}

fn main() {
    let table = table();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Options { sync: false, ..Options::default() }).unwrap();
    let watch = Stopwatch::start();
    let laid = rules::lay(&Cx::platform(), &store, &[table], Seeds::Everywhere).unwrap();
    println!("{} rules laid in {:.2} s", laid.added, watch.elapsed().as_secs_f64());
    let site = Site { base_url: String::new(), zone: Zone::default() };
    let env = Env { store, site, kept: Kept::default() };
    let watch = Stopwatch::start();
    rules::of(&env, &[table]).unwrap();
    println!("read from the record in {:.1} ms", watch.elapsed().as_secs_f64() * 1e3);
    ask(&env, table);
    follow(&env, table);
}

/// A table with three rows an item.
fn table() -> &'static RuleTable {
    let mut seed = String::from("scope,from,source,item,state,hours\n");
    for item in 0..ITEMS {
        for scope in ["nation", "city", "district:339901"] {
            writeln!(seed, "{scope},2026-01-01,x,item{item},outpatient,{}", item + 1).unwrap();
        }
    }
    let seeds: &'static [&'static str] = vec![&*seed.leak()].leak();
    Box::leak(Box::new(RuleTable {
        name: "speed.window",
        title: Words { zh: "", en: "" },
        about: Words { zh: "", en: "" },
        columns: &COLUMNS,
        seeds,
        demo_seeds: &[],
        check: |_| Ok(()),
        dry_run: None,
    }))
}

/// Questions while nothing is committed.
fn ask(env: &Env, table: &'static RuleTable) {
    let place = Place { district: Some("339901".to_owned()), institution: Some("h1".to_owned()) };
    let day = day_named("2026-06-01").unwrap();
    let items: Vec<String> = (0..ITEMS).map(|item| format!("item{item}")).collect();
    let mut found = 0;
    let watch = Stopwatch::start();
    for nth in 0..ASKS as usize {
        let rules = rules::of(env, &[table]).unwrap();
        let table = rules.table("speed.window").unwrap();
        found += u32::from(table.find(day, &place, &[&items[nth % ITEMS], "outpatient"]).is_some());
    }
    let each = watch.elapsed() / ASKS;
    assert_eq!(found, ASKS);
    println!("a question while nothing is committed: {each:?}");
}

/// The first question after each commit of something else.
fn follow(env: &Env, table: &'static RuleTable) {
    let mut spent = Duration::ZERO;
    for nth in 0..COMMITS {
        let json = format!(r#"{{"resourceType":"Location","id":"l{nth}","name":"x"}}"#);
        let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap();
        let put = Put { id: format!("l{nth}"), resource, expect: Expect::Any, source: None };
        env.store.write(&Cx::platform(), Batch { writes: vec![Write::Put(put)], ..Batch::default() }).unwrap();
        let watch = Stopwatch::start();
        rules::of(env, &[table]).unwrap();
        spent += watch.elapsed();
    }
    println!("the first question after a commit: {:?}", spent / COMMITS);
}
