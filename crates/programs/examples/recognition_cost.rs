//! What following the feed costs mutual recognition: reports, their persons and results are written into an empty record,
//! then each of its reactions looks at all of them. `cargo run -p programs --example recognition_cost -- FOLDER [REPORTS]`

#![allow(clippy::print_stdout, reason = "a measurement prints")]

use base::{Cx, clock::Stopwatch};
use fhir::Limits;
use runtime::reactions::catch_up;
use runtime::rules::Seeds;
use std::path::Path;
use store::{Batch, Expect, Options, Put, Store, Write};

/// Registrations of a person, and reports of a registration.
const REGISTRATIONS: usize = 3;
const REPORTS_EACH: usize = 8;
const BATCH: usize = 500;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = words.first() else {
        eprintln!("name an empty folder to work in, and perhaps the number of reports (100000)");
        std::process::exit(2);
    };
    let reports: usize = words.get(1).and_then(|reports| reports.parse().ok()).unwrap_or(100_000);
    let folder = Path::new(folder).join("recognition-cost");
    let _ = std::fs::remove_dir_all(&folder);
    let store = Store::open(&folder, Options { sync: false, ..Options::default() }).expect("the folder can be used");
    let cx = Cx::platform();
    runtime::rules::lay(&cx, &store, &programs::rule_tables(), Seeds::Demonstration).expect("the rules are laid");
    let written = fill(&cx, &store, reports);
    println!("{written} resources, {reports} of them reports");
    for reaction in programs::reactions() {
        if !reaction.name.starts_with("recognition") {
            continue;
        }
        let watch = Stopwatch::start();
        catch_up(&cx, &store, &[reaction]).expect("the reaction runs");
        let seconds = watch.elapsed().as_secs_f64();
        println!("{:24} {seconds:6.2} s, {:8.0} resources/s", reaction.name, written as f64 / seconds);
    }
    store.close().expect("the store closes");
    let _ = std::fs::remove_dir_all(&folder);
}

/// Institutions, registrations with their persons, and reports with a result each, an eighth of them repeats.
fn fill(cx: &Cx, store: &Store, reports: usize) -> usize {
    let patients = reports.div_ceil(REPORTS_EACH);
    let institution = |nth: usize| format!("h{}", nth % 40);
    let mut batch: Vec<(String, String)> = Vec::new();
    let mut written = 0;
    let mut put = |id: String, json: String, last: bool| {
        if !id.is_empty() {
            batch.push((id, json));
        }
        if batch.len() >= BATCH || last {
            written += batch.len();
            let writes = batch.drain(..).map(|(id, json)| {
                let resource = fhir::parse(json.as_bytes(), &Limits::default()).expect("it is a resource");
                Write::Put(Put { id, resource, expect: Expect::Any, source: None })
            });
            let writes = writes.collect();
            store.write(cx, Batch { writes, ..Batch::default() }).expect("it is written");
        }
    };
    for nth in 0..40 {
        let id = institution(nth);
        put(id.clone(), format!(r#"{{"resourceType":"Organization","id":"{id}","name":"{id}"}}"#), false);
    }
    for nth in 0..patients {
        let organization = institution(nth);
        let json = format!(
            r#"{{"resourceType":"Patient","id":"p{nth}","managingOrganization":{{"reference":"Organization/{organization}"}}}}"#
        );
        put(format!("p{nth}"), json, false);
        if nth % REGISTRATIONS == REGISTRATIONS - 1 {
            let link = |nth: usize| format!(r#"{{"target":{{"reference":"Patient/p{nth}"}},"assurance":"level3"}}"#);
            let links: Vec<String> = (nth + 1 - REGISTRATIONS..=nth).map(link).collect();
            let json = format!(r#"{{"resourceType":"Person","id":"person{nth}","link":[{}]}}"#, links.join(","));
            put(format!("person{nth}"), json, false);
        }
    }
    const CODES: [&str; 4] = ["58410-2", "1988-5", "24627-2", "33959-8"];
    for nth in 0..reports {
        let (patient, round) = (nth % patients, nth / patients);
        let (code, institution) = (CODES[round % 4], institution(patient));
        let at = base::zone::instant_text(1_772_294_400_000 + (round as i64 * 31 + (nth % 20) as i64) * 3_600_000);
        let shared = format!(
            r#""meta":{{"source":"urn:jingluo:institution:{institution}"}},"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}},{{"system":"urn:jingluo:local:{institution}","code":"K{code}","display":"项目"}}]}},"subject":{{"reference":"Patient/p{patient}"}},"effectiveDateTime":"{at}","issued":"{at}","performer":[{{"reference":"Organization/{institution}"}}]"#
        );
        let json = format!(
            r#"{{"resourceType":"Observation","id":"o{nth}",{shared},"valueQuantity":{{"value":5.{},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}}}"#,
            nth % 10
        );
        put(format!("o{nth}"), json, false);
        let json = format!(
            r#"{{"resourceType":"DiagnosticReport","id":"r{nth}",{shared},"result":[{{"reference":"Observation/o{nth}"}}]}}"#
        );
        put(format!("r{nth}"), json, false);
    }
    put(String::new(), String::new(), true);
    written
}
