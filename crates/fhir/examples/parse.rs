//! Tells how long it takes to read searches: `cargo run --release -p fhir --example parse`.

use base::Stopwatch;
use base::zone::Zone;
use fhir::r4;
use fhir::search::{Handling, parse_search};

const ROUNDS: u32 = 20_000;

/// A type and its query, not percent-encoded.
const SEARCHES: [&str; 9] = [
    "Patient?identifier=http://hospital.example/mrn|12345",
    "Patient?name=zhangwei&birthdate=1990-05-05&gender=male",
    "Observation?patient=Patient/23&code=http://loinc.org|8480-6&_count=50",
    "Observation?code=http://loinc.org|8480-6&date=ge2026-01-01&date=lt2026-04-01&_sort=-date",
    "Observation?patient.identifier=http://hospital.example/mrn|12345",
    "Observation?subject.name=zhang",
    "Observation?combo-code-value-quantity=http://loinc.org|8480-6$gt140|http://unitsofmeasure.org|mm[Hg]",
    "Patient?_has:Observation:patient:code=8480-6&_has:Encounter:patient:date=ge2026",
    "Observation?_filter=code eq loinc|8480-6 and (value-quantity gt 140 or subject.name co \"pet\")",
];

fn main() {
    let zone = Zone::default();
    for search in SEARCHES {
        let (type_name, query) = search.split_once('?').unwrap_or((search, ""));
        let Some(type_) = r4().type_named(type_name) else { continue };
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let params: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let watch = Stopwatch::start();
        for _ in 0..ROUNDS {
            if let Err(error) = parse_search(type_, &params, Handling::Strict, &zone, "", 0) {
                eprintln!("{error}");
                return;
            }
        }
        let each = watch.elapsed() / ROUNDS;
        eprintln!("{:8.2} µs  {search}", each.as_nanos() as f64 / 1_000.0);
    }
}
