//! Measurements: makes input and load for the benchmarks of `bench/README.md`. It starts no server of its own.

mod copies;
mod load;
mod visits;

use crate::args::{Flag, Form};
use std::process::ExitCode;

const FORM: Form = Form {
    name: "bench",
    usage: "copies --from DIR --count N --out FILE | visits --from FILE --days D --out FILE | load --url URL --token T --paths FILE [--clients C] [--seconds S]",
    text: "Makes input and load for measurements (bench/README.md).\n性能测量用的数据与负载。",
    flags: &[
        Flag {
            name: "--from",
            value: Some("DIR"),
            text: "copies: the official examples; visits: a city's residents.ndjson",
        },
        Flag { name: "--days", value: Some("D"), text: "visits: days up to now (80)" },
        Flag { name: "--count", value: Some("N"), text: "copies: resources to write" },
        Flag { name: "--out", value: Some("FILE"), text: "copies, visits: the NDJSON file to write" },
        Flag { name: "--url", value: Some("URL"), text: "load: a plain http address such as http://127.0.0.1:8080" },
        Flag { name: "--token", value: Some("TOKEN"), text: "load: the bearer token" },
        Flag { name: "--paths", value: Some("FILE"), text: "load: paths to get, one a line, such as /fhir/Patient/1" },
        Flag { name: "--clients", value: Some("C"), text: "load: connections at once (16)" },
        Flag { name: "--seconds", value: Some("S"), text: "load: how long (10)" },
    ],
    takes_words: true,
};

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    match args.words.as_slice() {
        [part] if part == "copies" => {
            let count = args.number("--count", &FORM)?.unwrap_or(100_000);
            copies::run(args.needed("--from", &FORM)?, count, args.needed("--out", &FORM)?)?;
        }
        [part] if part == "visits" => {
            let days = args.number("--days", &FORM)?.unwrap_or(80).max(1);
            visits::run(args.needed("--from", &FORM)?, days, args.needed("--out", &FORM)?)?;
        }
        [part] if part == "load" => {
            let load = load::Load {
                url: args.needed("--url", &FORM)?.to_owned(),
                token: args.needed("--token", &FORM)?.to_owned(),
                clients: args.number("--clients", &FORM)?.unwrap_or(16),
                seconds: args.number("--seconds", &FORM)?.unwrap_or(10),
            };
            load::run(&load, args.needed("--paths", &FORM)?)?;
        }
        _ => return Err(FORM.wrong("name what to do: copies, visits or load".to_owned()).into()),
    }
    Ok(ExitCode::SUCCESS)
}
