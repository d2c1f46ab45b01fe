//! One function a verb: opens the files of the call and hands them to the engine.

use crate::args::{Args, Form};
use anyhow::Context;
use signals::{Given, files};
use std::fs::File;
use std::io::{BufReader, Read};

/// A file that is read from its beginning; `-` is standard input.
fn open(path: &str) -> anyhow::Result<Box<dyn Read>> {
    if path == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("`{path}` cannot be read"))?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// The files of the call: `least` of them, `most` at the most; `named` says what they are.
fn given_files<'a>(
    args: &'a Args,
    form: &Form,
    least: usize,
    most: usize,
    named: &str,
) -> anyhow::Result<&'a [String]> {
    let count = args.words.len();
    if count < least || count > most {
        return Err(form.wrong(format!("give {named}; {count} files were given")).into());
    }
    Ok(&args.words)
}

fn settings(args: &Args) -> anyhow::Result<Given> {
    let Some(path) = args.value("--settings") else { return Ok(Given::default()) };
    let mut text = String::new();
    open(path)?.read_to_string(&mut text).with_context(|| format!("`{path}` cannot be read"))?;
    Ok(Given::read_named(&text, path)?)
}

pub fn detect(args: &Args, form: &Form) -> anyhow::Result<String> {
    let method = args.needed("--method", form)?;
    signals::detect::method(method).map_err(|error| form.wrong(error.to_string()))?;
    let [path] = given_files(args, form, 1, 1, "one file SERIES.csv")? else { unreachable!("one file") };
    Ok(files::detect(open(path)?, path, method, &settings(args)?, args.has("--json"))?)
}

pub fn units(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file CASES.csv")? else { unreachable!("one file") };
    let rules = args.value("--rules").map(|rules| Ok::<_, anyhow::Error>(files::unit_rules(open(rules)?, rules)?));
    Ok(files::units(open(path)?, path, rules.transpose()?.as_deref(), args.has("--json"))?)
}

pub fn scan(args: &Args, form: &Form) -> anyhow::Result<String> {
    let kind = args.needed("--kind", form)?;
    let paths =
        given_files(args, form, 2, 3, "CASES.csv, GEO.csv and, where the kind needs it, POP.csv or CONTROLS.csv")?;
    let wrong = match (kind, paths.len()) {
        ("stp", 2) | ("poisson" | "bernoulli", 3) => None,
        ("stp", _) => Some("a space-time permutation compares cases with cases; leave the third file out".to_owned()),
        ("poisson", _) => Some("poisson needs a third file with the population".to_owned()),
        ("bernoulli", _) => Some("bernoulli needs a third file with the controls".to_owned()),
        _ => Some(format!("there is no kind of scan `{kind}`; there are: poisson, bernoulli, stp")),
    };
    if let Some(text) = wrong {
        return Err(form.wrong(text).into());
    }
    let names: Vec<&str> = paths.iter().map(String::as_str).collect();
    let third = paths.get(2).map(|path| open(path)).transpose()?;
    let given = settings(args)?;
    Ok(files::scan(kind, open(names[0])?, open(names[1])?, third, &names, &given, args.has("--json"))?)
}

pub fn rt(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file COUNTS.csv")? else { unreachable!("one file") };
    let given = overlaid(args, SI)?;
    let interval = beside(args, "--si")?;
    Ok(files::rt(open(path)?, path, interval, &given, args.has("--json"))?)
}

/// The settings of the file, overlaid with the flags that stand for one: `--si-mean` for `si_mean`.
fn overlaid(args: &Args, flags: &[&str]) -> anyhow::Result<Given> {
    let mut given = settings(args)?;
    for flag in flags {
        if let Some(value) = args.value(flag) {
            given = given.with(&flag.trim_start_matches('-').replace('-', "_"), value);
        }
    }
    Ok(given)
}

/// The file of a flag, opened, and its name.
fn beside<'a>(args: &'a Args, flag: &str) -> anyhow::Result<Option<(Box<dyn Read>, &'a str)>> {
    args.value(flag).map(|path| open(path).map(|file| (file, path))).transpose()
}

const SI: &[&str] = &["--si-mean", "--si-sd"];
const GI: &[&str] = &["--gi-mean", "--gi-sd"];

pub fn nowcast(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file ONSET_REPORT.csv")? else { unreachable!("one file") };
    Ok(files::nowcast(open(path)?, path, &overlaid(args, &["--as-of", "--back"])?, args.has("--json"))?)
}

pub fn growth(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file COUNTS.csv")? else { unreachable!("one file") };
    Ok(files::growth(open(path)?, path, beside(args, "--gi")?, &overlaid(args, GI)?, args.has("--json"))?)
}

pub fn interval(args: &Args, _: &Form) -> anyhow::Result<String> {
    Ok(files::interval(&settings(args)?, args.has("--json"))?)
}

pub fn variants(args: &Args, form: &Form) -> anyhow::Result<String> {
    let paths = given_files(args, form, 1, 2, "COUNTS.csv and, where there are any, ALIASES.csv")?;
    let aliases = paths.get(1).map(|path| open(path).map(|file| (file, path.as_str()))).transpose()?;
    Ok(files::variants(open(&paths[0])?, &paths[0], aliases, &settings(args)?, args.has("--json"))?)
}

pub fn wastewater(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file SAMPLES.csv")? else { unreachable!("one file") };
    let named = |flag| Ok::<_, anyhow::Error>(beside(args, flag)?.map(|(file, path)| (file, path.to_owned())));
    let distributions = files::Distributions { shedding: named("--shedding")?, generation: named("--gi")? };
    Ok(files::wastewater(open(path)?, path, distributions, &overlaid(args, GI)?, args.has("--json"))?)
}

pub fn evaluate(args: &Args, form: &Form) -> anyhow::Result<String> {
    let paths = given_files(args, form, 0, 1, "one file SERIES.csv, or none for made series")?;
    let mut file = paths.first().map(|path| open(path)).transpose()?;
    let file = file.as_mut().zip(paths.first()).map(|(file, path)| (&mut **file as &mut dyn Read, path.as_str()));
    Ok(files::evaluate(file, &settings(args)?, args.has("--json"))?)
}

pub fn tree(args: &Args, form: &Form) -> anyhow::Result<String> {
    let paths = given_files(args, form, 1, 2, "CASES.csv and, where there are any, CONTACTS.csv")?;
    let mut contacts = paths.get(1).map(|path| open(path)).transpose()?;
    let contacts =
        contacts.as_mut().zip(paths.get(1)).map(|(file, path)| (&mut **file as &mut dyn Read, path.as_str()));
    Ok(files::tree(open(&paths[0])?, &paths[0], contacts, &overlaid(args, SI)?, args.has("--json"))?)
}
