//! Extracts the index values of every resource in a folder, holds each value against the resource again, and tells
//! counts and time: `cargo run --release -p fhir --example extract -- FOLDER`.

use base::Stopwatch;
use base::zone::Zone;
use fhir::definitions::IndexKind;
use fhir::search::{DateTest, Match, NumberTest, Prefix, TextHow, UriHow, ValueTest};
use fhir::{IndexValue, Limits, PathId, Resource, Value, r4};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    match std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a folder".to_owned()).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Tally {
    resources: usize,
    values: usize,
    time: Duration,
}

fn run(folder: PathBuf) -> Result<(), String> {
    let watch = Stopwatch::start();
    let definitions = r4();
    eprintln!("definitions loaded in {:?}", watch.elapsed());
    let zone = Zone::default();
    let (mut by_type, mut refused, mut wrong) = (BTreeMap::<&str, Tally>::new(), 0, 0);
    let mut seen: BTreeSet<PathId> = BTreeSet::new();
    for file in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = file.map_err(|error| error.to_string())?.path();
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let resource = match fhir::parse(&bytes, &Limits::default()) {
            Ok(resource) => resource,
            Err(_) => {
                refused += 1;
                match fhir::parse_trusted(bytes) {
                    Ok(resource) => resource,
                    Err(_) => continue,
                }
            }
        };
        // The second time the caches are warm, as they are in a server.
        fhir::extract(&resource, &zone);
        let watch = Stopwatch::start();
        let extract = fhir::extract(&resource, &zone);
        let time = watch.elapsed();
        let tally = by_type.entry(resource.type_name()).or_default();
        tally.resources += 1;
        tally.values += extract.values.len();
        tally.time += time;
        seen.extend(extract.values.iter().map(|value| value.path));
        // Each check walks the resource, so those of the largest would take minutes.
        for value in extract.values.iter().take(200) {
            if !is_found(&resource, value, &zone) {
                wrong += 1;
                eprintln!("{}: {value:?} does not match itself", path.display());
            }
        }
    }
    let mut total = Tally::default();
    for (name, tally) in &by_type {
        print(name, tally);
        total.resources += tally.resources;
        total.values += tally.values;
        total.time += tally.time;
    }
    print("all", &total);
    eprintln!(
        "{} of {} paths have a value; {refused} files were refused; {wrong} values not found",
        seen.len(),
        definitions.paths().len()
    );
    if wrong > 0 { Err("some values are not found".to_owned()) } else { Ok(()) }
}

fn print(name: &str, tally: &Tally) {
    let each = tally.time.as_nanos() as f64 / 1_000.0 / tally.resources as f64;
    eprintln!("{name:40} {:6} resources {:8} values {each:10.2} µs each", tally.resources, tally.values);
}

/// A search for exactly this value finds the resource.
fn is_found(resource: &Resource, value: &IndexValue, zone: &Zone) -> bool {
    let number = |low, high| NumberTest { prefix: Prefix::Ap, value: low, low, high: f64::next_up(high) };
    let test = match value.value.clone() {
        Value::Token { system, code, .. } => ValueTest::Token { system: Some(system), code: Some(code) },
        Value::Identifier { system, value } => ValueTest::Identifier { system: Some(system), value: Some(value) },
        Value::Reference(target) => ValueTest::Reference(target),
        Value::Text(folded) => ValueTest::Text { how: TextHow::Starts, original: folded.clone(), folded },
        Value::Date { start, end } => ValueTest::Date(DateTest { prefix: Prefix::Eq, start, end }),
        Value::Number { low, high } => ValueTest::Number(number(low, high)),
        Value::Quantity { low, high, system, code, .. } => {
            ValueTest::Quantity { number: number(low, high), system: Some(system), code: Some(code) }
        }
        Value::Uri { uri, version } => ValueTest::Uri { how: UriHow::Equal, uri, version: Some(version) },
    };
    let (path_kind, kind) = (r4().path(value.path).kind, kind(&value.value));
    // A reference may name its target by an identifier.
    let kind_fits = path_kind == kind || (path_kind == IndexKind::Reference && kind == IndexKind::Identifier);
    kind_fits && fhir::matches(resource, &Match { path: value.path, test }, zone)
}

fn kind(value: &Value) -> IndexKind {
    match value {
        Value::Token { .. } => IndexKind::Token,
        Value::Identifier { .. } => IndexKind::Identifier,
        Value::Reference(_) => IndexKind::Reference,
        Value::Text(_) => IndexKind::Text,
        Value::Date { .. } => IndexKind::Date,
        Value::Number { .. } => IndexKind::Number,
        Value::Quantity { .. } => IndexKind::Quantity,
        Value::Uri { .. } => IndexKind::Uri,
    }
}
