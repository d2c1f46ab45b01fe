//! `jingluo check`

use super::interrupt::stop_flag;
use super::{data_folder, settings_of};
use crate::args::{Flag, Form};
use crate::owner::{Ask, ask};
use crate::say;
use std::process::ExitCode;

const FORM: Form = Form {
    name: "check",
    usage: "--data DIR",
    text: "Checks a data folder: the database, the feed, the index against the resources, the audit trail.\n\
           检查数据目录是否完好。",
    flags: &[Flag { name: "--data", value: Some("DIR"), text: "the data folder; it may be served meanwhile" }],
    takes_words: false,
};

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let dir = data_folder(&args, &FORM)?;
    let settings = settings_of(&args, &FORM, Some(&dir))?;
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
