//! `jingluo check`

use super::interrupt::stop_flag;
use super::{data_folder, settings_of};
use crate::args::{Args, Flag, Form};
use crate::owner::{Ask, ask};
use crate::say;
use std::process::ExitCode;

const FORM: Form = Form {
    name: "check",
    usage: "[rebuild SPACE] --data DIR",
    text: "Checks a data folder: the database, the feed, the index against the resources, the audit trail.\n\
           `rebuild SPACE` counts anew what programs keep from the feed, such as `overview.visits`.\n\
           检查数据目录是否完好；rebuild 从变更流重新统计。",
    flags: &[Flag { name: "--data", value: Some("DIR"), text: "the data folder; it may be served meanwhile" }],
    takes_words: true,
};

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    match args.words.as_slice() {
        [] => look(&args),
        [word, space] if word == "rebuild" => rebuild(&args, space),
        [word] if word == "rebuild" => Err(FORM.wrong("name the space, such as `overview.visits`".to_owned()).into()),
        [other, ..] => {
            Err(FORM.wrong(format!("`{other}` is not expected here; leave it out, or `rebuild SPACE`")).into())
        }
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
