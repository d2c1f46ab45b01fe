//! Transactions and batches: carried out or refused, never a fault, and the record stays whole.

use crate::record::{Record, answer_of, people};
use crate::run::fuzz;
use base::Kind;
use fhir::Limits;
use fuzz::{Target, corpus};
use runtime::record::{Return, Sent, carry_out, carry_out_flawed, parse_bundle};

/// Bundles after which the record is looked over and a new one begun.
const BUNDLES_A_RECORD: usize = 2_000;

#[test]
fn transactions() {
    let mut record = Record::new();
    let mut taken = 0;
    let take = |input: &[u8]| {
        taken += 1;
        if taken % BUNDLES_A_RECORD == 0 {
            whole(&record);
            record = Record::new();
        }
        let Record { store, site, all, .. } = &record;
        let answer = parse_bundle(input, &Limits::default()).and_then(|sent| match sent {
            Sent::Valid(bundle) => carry_out(all, store, site, &bundle, Return::Representation),
            Sent::Flawed(bundle) => carry_out_flawed(all, store, site, &bundle, Return::Minimal),
        });
        match answer {
            Ok(answer) => {
                let entries: Vec<String> = answer.entries.iter().take(20).map(answer_of).collect();
                entries.iter().for_each(|entry| assert!(!entry.contains("was not answered"), "{entry}"));
                entries.join(" ")
            }
            Err(error) => {
                assert_ne!(error.kind, Kind::Fault, "{error}");
                error.to_string()
            }
        }
    };
    let mut all = corpus(include_str!("../../corpus/transaction.txt"));
    all.push(people().into_bytes());
    fuzz(Target { name: "transactions", corpus: all, words: words(), take: Box::new(take) }, 1_200);
    whole(&record);
}

fn whole(record: &Record) {
    let report = record.store.check(&mut |_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

fn words() -> Vec<String> {
    let words = [
        r#""type":"transaction""#,
        r#""type":"batch""#,
        r#""method":"POST""#,
        r#""method":"PUT""#,
        r#""method":"DELETE""#,
        r#""method":"GET""#,
        r#""method":"PATCH""#,
        r#""url":"Patient/own1""#,
        r#""url":"Patient?identifier=urn:own1|own1-number""#,
        r#""url":"Observation?subject=Patient/own1&_count=1""#,
        r#""url":"Patient/own1/_history/1""#,
        r#""ifNoneExist":"identifier=urn:new|1""#,
        r#""ifMatch":"W/\"1\"""#,
        r#""ifNoneMatch":"*""#,
        r#""fullUrl":"urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9""#,
        r#""reference":"urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9""#,
        r#""reference":"Patient?identifier=urn:new|1""#,
        r#""reference":"Patient/own1""#,
        "urn:uuid:",
        "http://localhost/fhir/",
    ];
    words.map(str::to_owned).to_vec()
}
