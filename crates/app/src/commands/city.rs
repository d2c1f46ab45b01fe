//! `jingluo city`

use super::interrupt::{INTERRUPTED, stop_flag};
use super::{absolute, settings_of};
use crate::args::{Args, Flag, Form};
use crate::generate::{DAYS_DEFAULT, SEED_DEFAULT, Text, Wish, folder, pipe};
use crate::owner::{Ask, ask};
use crate::say;
use base::zone::Zone;
use base::{Clock, StopFlag, Stopwatch};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

const FORM: Form = Form {
    name: "city",
    usage: "--residents N [--seed S] [--days D] (--out DIR | --out - | --data DIR) [OPTIONS]",
    text: "Makes an invented city whose truth is known: places, residents, visits, outbreaks. The same options make the\n\
           same bytes. An interrupted run goes on when the same command is given again.\n\
           生成一座虚构城市（机构、居民、就诊、疫情），真实情况另存；同样的参数得到同样的数据。",
    flags: &[
        Flag { name: "--residents", value: Some("N"), text: "how many residents, 100 to 30,000,000" },
        Flag { name: "--seed", value: Some("S"), text: "which of the cities (1)" },
        Flag { name: "--days", value: Some("D"), text: "days of history (365)" },
        Flag { name: "--end", value: Some("DATE"), text: "the day after the last of history (today)" },
        Flag { name: "--only", value: Some("PART"), text: "registrations, surveillance, results or booking alone" },
        Flag { name: "--errors", value: Some("FILE|hard"), text: "rates of clerical errors: a file, or the hard ones" },
        Flag { name: "--settings", value: Some("FILE"), text: "numbers of places and other rates (docs/city.md)" },
        Flag {
            name: "--outbreak",
            value: Some("KIND[@DAY]"),
            text: "switches an outbreak on, beginning on that day; may be repeated",
        },
        Flag { name: "--out", value: Some("DIR"), text: "write files into a new folder; `-` writes NDJSON to a pipe" },
        Flag { name: "--data", value: Some("DIR"), text: "bring it into a data folder; it may be served meanwhile" },
        Flag { name: "--truth", value: Some("DIR"), text: "with --data or `--out -`: write the truth here" },
        Flag { name: "--set", value: Some("NAME=VALUE"), text: "with --data: any setting" },
    ],
    takes_words: false,
};

const STOPPED: &str = "Stopped; the same command goes on.";

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let truth = args.value("--truth").map(absolute).transpose()?;
    let out = args.value("--out").filter(|out| *out != "-").map(absolute).transpose()?;
    let mut wish = wish(&args)?;
    let finished = match (args.value("--out"), args.value("--data"), out) {
        (Some("-"), None, _) => {
            wish.settings()?;
            pipe::write(&wish, truth.as_deref(), &stop_flag()?)?
        }
        (Some(_), None, Some(dir)) => {
            if truth.is_some() {
                return Err(wrong("`--truth` goes with `--data` or `--out -`; a folder has its truth in `truth/`"));
            }
            if args.value("--end").is_none() {
                wish.end = folder::end_of(&dir)?.unwrap_or(wish.end);
            }
            into_folder(&wish, &dir, &stop_flag()?)?
        }
        (None, Some(data), _) => into_record(&args, &wish, &absolute(data)?, truth.as_deref(), &stop_flag()?)?,
        (None, None, _) => {
            return Err(wrong("say where the city goes: `--out DIR`, `--out -` or `--data DIR`"));
        }
        _ => return Err(wrong("give one of `--out` and `--data`")),
    };
    Ok(if finished { ExitCode::SUCCESS } else { ExitCode::from(INTERRUPTED) })
}

fn wrong(text: &str) -> anyhow::Error {
    FORM.wrong(text.to_owned()).into()
}

/// The city's day.
pub fn today() -> String {
    let (year, month, day) = Zone::default().date_of(Clock::System.now());
    format!("{year:04}-{month:02}-{day:02}")
}

/// What the flags ask for.
fn wish(args: &Args) -> anyhow::Result<Wish> {
    let residents = args.number("--residents", &FORM)?;
    let residents = residents.ok_or_else(|| FORM.wrong("`--residents` is missing".to_owned()))?;
    // Only a file of settings may tell what a flag leaves open: else the same city would be asked for in two ways.
    let open = args.value("--settings").is_some();
    let seed = args.number("--seed", &FORM)?;
    let days = args.number("--days", &FORM)?;
    Ok(Wish {
        residents,
        seed: if open { seed } else { seed.or(Some(SEED_DEFAULT)) },
        days: if open { days } else { days.or(Some(DAYS_DEFAULT)) },
        end: args.value("--end").map_or_else(today, str::to_owned),
        only: args.value("--only").map(str::to_owned),
        errors: args.value("--errors").map(Text::of_errors).transpose()?,
        settings: args.value("--settings").map(|file| Text::read("--settings", file)).transpose()?,
        outbreaks: args.values("--outbreak").into_iter().map(str::to_owned).collect(),
    })
}

fn into_folder(wish: &Wish, dir: &Path, stop: &StopFlag) -> anyhow::Result<bool> {
    let watch = Stopwatch::start();
    let made = folder::make(wish, dir, stop)?;
    let (seconds, shown) = (watch.elapsed().as_secs_f64(), dir.display());
    if made.was_complete {
        say::line(&format!("`{shown}` is complete: {} resources. Nothing was changed.", made.resources));
    } else {
        let before = match made.continued_after {
            0 => String::new(),
            blocks => format!(" after {blocks} of {} blocks of an earlier run", made.blocks),
        };
        say::line(&format!(
            "{} resources, {} MiB in `{shown}`, {seconds:.1} s{before}; history ends on {}.",
            made.resources,
            made.bytes >> 20,
            wish.end
        ));
    }
    if !made.finished {
        say::problem(STOPPED);
    }
    Ok(made.finished)
}

fn into_record(args: &Args, wish: &Wish, dir: &Path, truth: Option<&Path>, stop: &StopFlag) -> anyhow::Result<bool> {
    let settings = settings_of(args, &FORM, Some(dir))?;
    // What is wrong with the wish is told before a folder is made or a server asked.
    wish.settings()?;
    if let Some(truth) = truth
        && !pipe::write_truth(wish, truth, stop)?
    {
        return Ok(false);
    }
    let report =
        super::import::with_line(|told| ask(dir, &settings, true, &Ask::City { wish: wish.clone() }, stop, told))?;
    super::import::tell(&report, None);
    Ok(report["finished"] != Value::Bool(false))
}
