//! `jingluo engine signals VERB`: reads the files and hands them to the engine, which knows their formats.

mod answers;
mod verbs;

use crate::args::{Args, Form, Usage};
use crate::say;
use std::process::ExitCode;
use verbs::VERBS;

/// One thing that the engine does.
pub struct Verb {
    form: Form,
    /// What is printed.
    answer: fn(&Args, &Form) -> anyhow::Result<String>,
}

/// Options whose value is a file.
const FILES: &[&str] = &["--settings", "--si", "--gi", "--shedding", "--rules"];

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let mut words = words.into_iter();
    let name = words.next().unwrap_or_default();
    if ["", "help", "--help", "-h"].contains(&name.as_str()) {
        say::text(&help());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(verb) = VERBS.iter().find(|verb| short(verb) == name) else {
        let text = format!("signals has no verb `{name}`; `jingluo engine signals --help` lists them");
        return Err(Usage(text).into());
    };
    let Some(args) = verb.form.read(words.collect())? else { return Ok(ExitCode::SUCCESS) };
    let named = args.words.iter().map(String::as_str).chain(FILES.iter().filter_map(|flag| args.value(flag)));
    if named.filter(|path| *path == "-").count() > 1 {
        return Err(verb.form.wrong("`-` is given twice; only one file can be standard input".to_owned()).into());
    }
    say::text(&(verb.answer)(&args, &verb.form)?);
    Ok(ExitCode::SUCCESS)
}

fn short(verb: &Verb) -> &'static str {
    verb.form.name.rsplit(' ').next().unwrap_or_default()
}

fn help() -> String {
    let mut text = "The engine that notices outbreaks (docs/signals.md).\n监测预警方法引擎。\n\n".to_owned();
    for verb in VERBS {
        let first = verb.form.text.lines().next().unwrap_or_default();
        text.push_str(&format!("  {:<12} {first}\n", short(verb)));
    }
    text + "\nA file may be `-` for standard input. `jingluo engine signals VERB --help` tells the options of a verb.\n"
}
