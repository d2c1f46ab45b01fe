//! Measurements: makes input and load for the benchmarks of `bench/README.md`. It starts no server of its own.

mod copies;
mod figures;
mod http;
mod load;
mod made;
mod paths;
mod questions;
mod recognition;
mod same;
mod visits;
mod write;

use crate::args::{Args, Flag, Form};
use crate::commands::city::today;
use crate::generate::{DAYS_DEFAULT, SEED_DEFAULT, Wish};
use http::Place;
use made::{Kind, Managed};
use std::process::ExitCode;
use std::time::Duration;

const FORM: Form = Form {
    name: "bench",
    usage: "copies|visits|write|paths|load|same|questions|recognition OPTIONS",
    text: "Makes input and load for measurements (bench/README.md).\n性能测量用的数据与负载。

  copies  NDJSON of many copies of the official examples: --from --count --out
  visits  NDJSON of lean visits for a made city: --from --days --out
  write   sends transactions of invented patients: --url --token --bundle --count [--first --clients --seconds --ids]
  paths   reads and searches for what was written: --workload --ids --count --out
  load    gets paths as fast as they are answered: --url --token --paths [--clients --seconds]
  same    asks two servers and compares: --url --token --paths --other --other-token --other-paths [--count]
  questions    orders in a city, about what is known: --residents --count --out [--seed --days --end --hospitals]
  recognition  asks them over CDS Hooks: --url --paths --tokens [--clients --seconds --rate --stream --token]",
    flags: &[
        Flag {
            name: "--from",
            value: Some("DIR"),
            text: "copies: the official examples; visits: a city's residents.ndjson",
        },
        Flag { name: "--days", value: Some("D"), text: "visits: days up to now (80)" },
        Flag { name: "--count", value: Some("N"), text: "resources, transactions, paths or answers" },
        Flag { name: "--out", value: Some("FILE"), text: "the file to write" },
        Flag { name: "--url", value: Some("URL"), text: "a plain http address such as http://127.0.0.1:8080/fhir" },
        Flag { name: "--token", value: Some("TOKEN"), text: "the bearer token; none where none is needed" },
        Flag { name: "--bundle", value: Some("KIND"), text: "write: `pair` (2 resources) or `patient` (61)" },
        Flag { name: "--first", value: Some("N"), text: "write: the number of the first patient (0)" },
        Flag { name: "--ids", value: Some("FILE"), text: "write: adds the ids that were given; paths: reads them" },
        Flag {
            name: "--managed",
            value: Some("N/OF"),
            text: "N of so many patients are one Organization's; paths: only they are asked for",
        },
        Flag {
            name: "--workload",
            value: Some("NAME"),
            text: "paths: read, code, birth[-narrow], dated[-narrow] or chained",
        },
        Flag { name: "--paths", value: Some("FILE"), text: "paths to get, one a line, such as /Patient/1" },
        Flag { name: "--clients", value: Some("C"), text: "connections at once (16; write: 8)" },
        Flag { name: "--seconds", value: Some("S"), text: "load: how long (10); write: at most (3600)" },
        Flag { name: "--other", value: Some("URL"), text: "same: the second server" },
        Flag { name: "--other-token", value: Some("TOKEN"), text: "same: the token for the second" },
        Flag { name: "--other-paths", value: Some("FILE"), text: "same: the paths for the second" },
        Flag { name: "--residents", value: Some("N"), text: "questions: the city's residents" },
        Flag { name: "--seed", value: Some("S"), text: "questions: which of the cities (1)" },
        Flag { name: "--end", value: Some("DATE"), text: "questions: the day after the last of its history (today)" },
        Flag { name: "--hospitals", value: Some("N"), text: "questions: how many hospitals ask (16)" },
        Flag { name: "--tokens", value: Some("FILE"), text: "recognition: lines of institution and token" },
        Flag { name: "--rate", value: Some("N"), text: "recognition: questions a second, whatever is answered" },
        Flag { name: "--stream", value: Some("N"), text: "recognition: results a second that stream in (0)" },
        Flag { name: "--name", value: Some("NAME"), text: "write, load: what the run is called in --keep" },
        Flag { name: "--keep", value: Some("FILE"), text: "write, load: adds the figures as a line of JSON" },
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
        [part] if part == "write" => write::run(&write_of(&args)?)?,
        [part] if part == "paths" => {
            let count = args.number("--count", &FORM)?.unwrap_or(10_000);
            let (workload, ids) = (args.needed("--workload", &FORM)?, args.needed("--ids", &FORM)?);
            paths::run(workload, ids, count, managed(&args)?, args.needed("--out", &FORM)?)?;
        }
        [part] if part == "load" => {
            let load = load::Load {
                place: place(&args, "--url", "--token")?,
                clients: args.number("--clients", &FORM)?.unwrap_or(16),
                seconds: args.number("--seconds", &FORM)?.unwrap_or(10),
                name: args.value("--name").unwrap_or("load"),
                keep: args.value("--keep"),
            };
            load::run(&load, args.needed("--paths", &FORM)?)?;
        }
        [part] if part == "same" => {
            let (one, other) = (place(&args, "--url", "--token")?, place(&args, "--other", "--other-token")?);
            let (paths, others) = (args.needed("--paths", &FORM)?, args.needed("--other-paths", &FORM)?);
            same::run((&one, paths), (&other, others), args.number("--count", &FORM)?.unwrap_or(100))?;
        }
        [part] if part == "questions" => questions::run(&questions_of(&args)?)?,
        [part] if part == "recognition" => {
            recognition::run(&recognition::Ask {
                url: args.needed("--url", &FORM)?,
                questions: args.needed("--paths", &FORM)?,
                tokens: args.needed("--tokens", &FORM)?,
                writer: args.value("--token").unwrap_or_default(),
                clients: args.number("--clients", &FORM)?.unwrap_or(16),
                seconds: args.number("--seconds", &FORM)?.unwrap_or(10),
                rate: args.number("--rate", &FORM)?.filter(|rate| *rate > 0),
                stream: args.number("--stream", &FORM)?.unwrap_or(0),
                name: args.value("--name").unwrap_or("recognition"),
                keep: args.value("--keep"),
            })?;
        }
        _ => {
            let text = "name what to do: copies, visits, write, paths, load, same, questions or recognition";
            return Err(FORM.wrong(text.to_owned()).into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn place(args: &Args, url: &'static str, token: &'static str) -> anyhow::Result<Place> {
    Place::of(args.needed(url, &FORM)?, args.value(token).unwrap_or_default())
}

fn questions_of(args: &Args) -> anyhow::Result<questions::Questions<'_>> {
    let residents = args.number("--residents", &FORM)?;
    Ok(questions::Questions {
        wish: Wish {
            residents: residents.ok_or_else(|| FORM.wrong("`--residents` is missing".to_owned()))?,
            seed: args.number("--seed", &FORM)?.or(Some(SEED_DEFAULT)),
            days: args.number("--days", &FORM)?.or(Some(DAYS_DEFAULT)),
            end: args.value("--end").map_or_else(today, str::to_owned),
            only: Some("results".to_owned()),
            errors: None,
            settings: None,
            outbreaks: Vec::new(),
        },
        hospitals: args.number("--hospitals", &FORM)?.unwrap_or(16),
        count: args.number("--count", &FORM)?.unwrap_or(20_000),
        out: args.needed("--out", &FORM)?,
    })
}

fn write_of(args: &Args) -> anyhow::Result<write::Write<'_>> {
    let job = write::Job {
        place: place(args, "--url", "--token")?,
        kind: match args.needed("--bundle", &FORM)? {
            "pair" => Kind::Pair,
            "patient" => Kind::Patient,
            other => return Err(FORM.wrong(format!("`--bundle` is `pair` or `patient`; `{other}` is neither")).into()),
        },
        from: args.number("--first", &FORM)?.unwrap_or(0),
        count: args.number("--count", &FORM)?.unwrap_or(1_000),
        managed: managed(args)?,
        time_max: Duration::from_secs(args.number("--seconds", &FORM)?.unwrap_or(3_600)),
        wants_ids: args.has("--ids"),
    };
    Ok(write::Write {
        job,
        clients: args.number("--clients", &FORM)?.unwrap_or(8),
        ids: args.value("--ids"),
        name: args.value("--name").unwrap_or("write"),
        keep: args.value("--keep"),
    })
}

/// `N/OF`; none are managed where it is not given.
fn managed(args: &Args) -> anyhow::Result<Managed> {
    let Some(text) = args.value("--managed") else { return Ok(Managed::default()) };
    let parts = text.split_once('/').and_then(|(count, of)| Some((count.parse().ok()?, of.parse().ok()?)));
    let (count, of) =
        parts.ok_or_else(|| FORM.wrong(format!("`--managed` is two numbers such as `50/1000`; `{text}` is not")))?;
    Ok(Managed { count, of })
}
