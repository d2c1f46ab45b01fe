//! `jingluo check`

use super::interrupt::stop_flag;
use super::temporary::Temporary;
use super::{absolute, data_folder, settings_of};
use crate::args::{Args, Flag, Form};
use crate::check::recognition as offers;
use crate::check::signals as surveillance;
use crate::generate::{DAYS_DEFAULT, SEED_DEFAULT, Text, Wish};
use crate::house::House;
use crate::owner::{Ask, ask};
use crate::say;
use anyhow::{Context, anyhow};
use std::process::ExitCode;

const FORM: Form = Form {
    name: "check",
    usage: "[rebuild SPACE] --data DIR | recognition (--residents N | --data DIR --truth DIR) | signals [OPTIONS]",
    text: "Checks a data folder: the database, the feed, the index against the resources, the audit trail.\n\
           `rebuild SPACE` counts anew what programs keep from the feed, such as `overview.visits`.\n\
           `recognition` asks about every order of a synthetic city and holds the offers against its truth.\n\
           `signals` measures detectors, scan, clusters and trees on the outbreaks of a synthetic city.\n\
           检查数据目录是否完好；rebuild 从变更流重新统计；recognition 对照真值核对互认提示；signals 评价预警方法。",
    flags: &[
        Flag {
            name: "--data",
            value: Some("DIR"),
            text: "the data folder; it may be served meanwhile, but for `recognition`",
        },
        Flag { name: "--residents", value: Some("N"), text: "a city of so many, made for it (signals: 40000)" },
        Flag { name: "--seed", value: Some("S"), text: "which of the cities (1)" },
        Flag { name: "--days", value: Some("D"), text: "days of history (365; signals: 2400)" },
        Flag { name: "--end", value: Some("DATE"), text: "the day after the last of history (today)" },
        Flag { name: "--each", value: Some("N"), text: "signals: outbreaks of each local kind (6)" },
        Flag { name: "--all", value: None, text: "signals: every stream by itself too" },
        Flag {
            name: "--errors",
            value: Some("FILE|hard"),
            text: "recognition: rates of clerical errors (docs/city.md)",
        },
        Flag { name: "--truth", value: Some("DIR"), text: "recognition: the truth of the city in the data folder" },
        Flag { name: "--json", value: Some("FILE"), text: "writes all figures there" },
    ],
    takes_words: true,
};

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    match args.words.as_slice() {
        [] => look(&args),
        [word, space] if word == "rebuild" => rebuild(&args, space),
        [word] if word == "recognition" => recognition(&args),
        [word] if word == "signals" => signals(&args),
        [word] if word == "rebuild" => Err(FORM.wrong("name the space, such as `overview.visits`".to_owned()).into()),
        [other, ..] => Err(FORM
            .wrong(format!(
                "`{other}` is not expected here; leave it out, or `rebuild SPACE`, `recognition` or `signals`"
            ))
            .into()),
    }
}

fn look(args: &Args) -> anyhow::Result<ExitCode> {
    let dir = data_folder(args, &FORM)?;
    let settings = settings_of(args, &FORM, Some(&dir))?;
    let found = ask(&dir, &settings, false, &Ask::Check, &stop_flag()?, &super::admin::part_shown())?;
    let problems = found["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    for problem in problems {
        say::line(&format!("  problem: {}", problem.as_str().unwrap_or_default()));
    }
    if problems.is_empty() {
        say::line(&format!("No problem found in {} resources in {} versions.", found["resources"], found["versions"]));
        return Ok(ExitCode::SUCCESS);
    }
    say::line(&format!(
        "{} problems found. Restore the last good backup, or ask for help with this list.",
        problems.len()
    ));
    Ok(ExitCode::FAILURE)
}

fn rebuild(args: &Args, space: &str) -> anyhow::Result<ExitCode> {
    let dir = data_folder(args, &FORM)?;
    let settings = settings_of(args, &FORM, Some(&dir))?;
    let wanted = Ask::Rebuild { space: space.to_owned() };
    let done = ask(&dir, &settings, false, &wanted, &stop_flag()?, &super::admin::part_shown())?;
    let spaces = done["spaces"].as_array().map_or(0, Vec::len);
    say::line(&format!("{spaces} spaces are counted anew from {} versions.", done["counted"]));
    Ok(ExitCode::SUCCESS)
}

fn recognition(args: &Args) -> anyhow::Result<ExitCode> {
    let stop = stop_flag()?;
    let tally = match (args.number("--residents", &FORM)?, args.value("--data"), args.value("--truth")) {
        (Some(residents), None, None) => {
            let place = Temporary::new("jingluo-check")?;
            offers::of_city(&wish(args, residents, DAYS_DEFAULT)?, place.path(), &stop)?
        }
        (None, Some(_), Some(truth)) => {
            let dir = data_folder(args, &FORM)?;
            let house = House::open(&dir, settings_of(args, &FORM, Some(&dir))?, false)?;
            let tally = match house.holds_city()? {
                true => offers::of_record(&house, &absolute(truth)?, &stop),
                false => Err(anyhow!(
                    "`{0}` has no rules of the city, so nothing could be offered; `jingluo admin rules demonstration \
                     --data {0}` lays them",
                    dir.display()
                )),
            };
            house.close()?;
            tally?
        }
        _ => {
            let text = "`recognition` takes `--residents N`, or `--data DIR --truth DIR`";
            return Err(FORM.wrong(text.to_owned()).into());
        }
    };
    if let Some(file) = args.value("--json") {
        let text = serde_json::to_string_pretty(&tally)?;
        std::fs::write(file, text).with_context(|| format!("`{file}` cannot be written"))?;
    }
    tally.tell();
    if tally.is_right() {
        return Ok(ExitCode::SUCCESS);
    }
    tally.faults.iter().for_each(|fault| say::problem(fault));
    Ok(ExitCode::FAILURE)
}

/// Days of a city in which detectors have six years to look back on and one to be judged by, less some weeks.
const SIGNALS_DAYS: u32 = 2_400;
const SIGNALS_RESIDENTS: u64 = 40_000;
const SIGNALS_EACH: u32 = 6;

fn signals(args: &Args) -> anyhow::Result<ExitCode> {
    let residents = args.number("--residents", &FORM)?.unwrap_or(SIGNALS_RESIDENTS);
    let wish = wish(args, residents, SIGNALS_DAYS)?;
    let asked = surveillance::Asked { each: args.number("--each", &FORM)?.unwrap_or(SIGNALS_EACH), draws: 1_000 };
    let tables = surveillance::of_city(&wish, &asked, &stop_flag()?)?;
    if let Some(file) = args.value("--json") {
        let text = serde_json::to_string_pretty(&tables)?;
        std::fs::write(file, text).with_context(|| format!("`{file}` cannot be written"))?;
    }
    tables.tell(args.has("--all"));
    Ok(ExitCode::SUCCESS)
}

fn wish(args: &Args, residents: u64, days: u32) -> anyhow::Result<Wish> {
    Ok(Wish {
        residents,
        seed: args.number("--seed", &FORM)?.or(Some(SEED_DEFAULT)),
        days: args.number("--days", &FORM)?.or(Some(days)),
        end: args.value("--end").map_or_else(super::city::today, str::to_owned),
        only: None,
        errors: args.value("--errors").map(Text::of_errors).transpose()?,
        settings: None,
        outbreaks: Vec::new(),
    })
}
