//! `jingluo engine signals VERB`: reads the files and hands them to the engine, which knows their formats.

use crate::args::{Args, Flag, Form, Usage};
use crate::say;
use anyhow::Context;
use signals::{Given, files};
use std::fs::File;
use std::io::{BufReader, Read};
use std::process::ExitCode;

/// One thing that the engine does.
struct Verb {
    form: Form,
    /// What is printed.
    answer: fn(&Args, &Form) -> anyhow::Result<String>,
}

const JSON: Flag = Flag { name: "--json", value: None, text: "JSON for machines instead of CSV" };
const SETTINGS: Flag = Flag {
    name: "--settings",
    value: Some("FILE"),
    text: "lines `name = value`; `jingluo engine signals methods` lists the names",
};

static VERBS: &[Verb] = &[
    Verb {
        form: Form {
            name: "engine signals methods",
            usage: "[--json]",
            text: "Lists the methods and their settings, each with unit, default and source.\n列出方法及其参数、单位、默认值与出处。",
            flags: &[JSON],
            takes_words: false,
        },
        answer: |args, _| Ok(files::methods(args.has("--json"))),
    },
    Verb {
        form: Form {
            name: "engine signals detect",
            usage: "--method METHOD [--settings FILE] SERIES.csv",
            text: "Judges each point of a series: columns `t` or `date`, `observed` or `count`.\n逐点判断一条序列是否异常升高。",
            flags: &[
                Flag { name: "--method", value: Some("METHOD"), text: "a name of `jingluo engine signals methods`" },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: detect,
    },
    Verb {
        form: Form {
            name: "engine signals scan",
            usage: "--kind KIND [--settings FILE] CASES.csv GEO.csv [POP.csv|CONTROLS.csv]",
            text: "Finds clusters in space and time (Kulldorff's scan statistics).\n时空扫描统计，找出病例聚集的地点与时段。",
            flags: &[
                Flag {
                    name: "--kind",
                    value: Some("KIND"),
                    text: "poisson, bernoulli or stp (space-time permutation)",
                },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: scan,
    },
    Verb {
        form: Form {
            name: "engine signals rt",
            usage: "(--si FILE | --si-mean M --si-sd S) [--settings FILE] COUNTS.csv",
            text: "The reproduction number in time (Cori 2013) from daily counts.\n由每日发病数估计实时再生数。",
            flags: &[
                Flag {
                    name: "--si",
                    value: Some("FILE"),
                    text: "the serial interval: columns `k`, `w`, or bare numbers",
                },
                Flag { name: "--si-mean", value: Some("M"), text: "its mean in days" },
                Flag { name: "--si-sd", value: Some("S"), text: "its standard deviation in days" },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: rt,
    },
    Verb {
        form: Form {
            name: "engine signals units",
            usage: "[--rules FILE] CASES.csv",
            text: "Finds clusters of cases in a class, kitchen, site or village by dated thresholds.\n按带生效日期的阈值发现班级、食堂、工地、村居等单位的聚集。",
            flags: &[
                Flag {
                    name: "--rules",
                    value: Some("FILE"),
                    text: "other thresholds than those that come with it (CSV)",
                },
                JSON,
            ],
            takes_words: true,
        },
        answer: units,
    },
    Verb {
        form: Form {
            name: "engine signals evaluate",
            usage: "[--settings FILE] [SERIES.csv]",
            text: "How good each method is on series with a known `state`, or on made ones; for a line list of `onset` and\n\
                   `report`, alarms on the day against alarms in hindsight.\n\
                   用已知真值或模拟序列评价各方法；个案清单则比较当日与事后报警。",
            flags: &[SETTINGS, JSON],
            takes_words: true,
        },
        answer: evaluate,
    },
    Verb {
        form: Form {
            name: "engine signals tree",
            usage: "(--si-mean M --si-sd S | --settings FILE) CASES.csv [CONTACTS.csv]",
            text: "Who most likely infected whom, from onsets, groups, contacts and distances.\n\
                   由发病时间、同组、接触与距离推断最可能的传播链。",
            flags: &[
                Flag { name: "--si-mean", value: Some("M"), text: "mean of the serial interval in days" },
                Flag { name: "--si-sd", value: Some("S"), text: "its standard deviation in days" },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: tree,
    },
];

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
    Given::read(&text).with_context(|| path.to_owned())
}

fn detect(args: &Args, form: &Form) -> anyhow::Result<String> {
    let method = args.needed("--method", form)?;
    let [path] = given_files(args, form, 1, 1, "one file SERIES.csv")? else { unreachable!("one file") };
    Ok(files::detect(open(path)?, path, method, &settings(args)?, args.has("--json"))?)
}

fn units(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file CASES.csv")? else { unreachable!("one file") };
    let rules = args.value("--rules").map(|rules| Ok::<_, anyhow::Error>(files::unit_rules(open(rules)?, rules)?));
    Ok(files::units(open(path)?, path, rules.transpose()?.as_deref(), args.has("--json"))?)
}

fn scan(args: &Args, form: &Form) -> anyhow::Result<String> {
    let kind = args.needed("--kind", form)?;
    let paths =
        given_files(args, form, 2, 3, "CASES.csv, GEO.csv and, where the kind needs it, POP.csv or CONTROLS.csv")?;
    let names: Vec<&str> = paths.iter().map(String::as_str).collect();
    let third = paths.get(2).map(|path| open(path)).transpose()?;
    let given = settings(args)?;
    Ok(files::scan(kind, open(names[0])?, open(names[1])?, third, &names, &given, args.has("--json"))?)
}

fn rt(args: &Args, form: &Form) -> anyhow::Result<String> {
    let [path] = given_files(args, form, 1, 1, "one file COUNTS.csv")? else { unreachable!("one file") };
    let given = with_interval(args)?;
    let interval = args.value("--si").map(|si| open(si).map(|file| (file, si))).transpose()?;
    Ok(files::rt(open(path)?, path, interval, &given, args.has("--json"))?)
}

/// The settings, with the serial interval of the flags.
fn with_interval(args: &Args) -> anyhow::Result<Given> {
    let mut given = settings(args)?;
    for (flag, key) in [("--si-mean", "si_mean"), ("--si-sd", "si_sd")] {
        if let Some(value) = args.value(flag) {
            given = given.with(key, value);
        }
    }
    Ok(given)
}

fn evaluate(args: &Args, form: &Form) -> anyhow::Result<String> {
    let paths = given_files(args, form, 0, 1, "one file SERIES.csv, or none for made series")?;
    let mut file = paths.first().map(|path| open(path)).transpose()?;
    let file = file.as_mut().zip(paths.first()).map(|(file, path)| (&mut **file as &mut dyn Read, path.as_str()));
    Ok(files::evaluate(file, &settings(args)?, args.has("--json"))?)
}

fn tree(args: &Args, form: &Form) -> anyhow::Result<String> {
    let paths = given_files(args, form, 1, 2, "CASES.csv and, where there are any, CONTACTS.csv")?;
    let mut contacts = paths.get(1).map(|path| open(path)).transpose()?;
    let contacts = contacts.as_mut().zip(paths.get(1)).map(|(file, path)| (&mut **file as &mut dyn Read, path.as_str()));
    Ok(files::tree(open(&paths[0])?, &paths[0], contacts, &with_interval(args)?, args.has("--json"))?)
}
