//! `jingluo import`

use super::interrupt::{INTERRUPTED, stop_flag};
use super::{absolute, data_folder, settings_of};
use crate::args::{Args, Flag, Form};
use crate::owner::{Ask, Told, ask};
use crate::say::{self, Status};
use anyhow::Context;
use base::Stopwatch;
use serde_json::Value;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

const FORM: Form = Form {
    name: "import",
    usage: "--data DIR PATH… [--bundles keep] [--again] [--report FILE.json]",
    text: "Brings FHIR files into the record: NDJSON, Bundles, single resources, folders, gzip; `-` is standard input.\n\
           A stopped import continues when the same command is given again.\n\
           把 FHIR 文件导入平台；中断后重复同一命令即可继续。",
    flags: &[
        Flag { name: "--data", value: Some("DIR"), text: "the data folder; it may be served meanwhile" },
        Flag { name: "--bundles", value: Some("keep"), text: "store every Bundle as it is" },
        Flag { name: "--again", value: None, text: "start over instead of continuing" },
        Flag { name: "--report", value: Some("FILE.json"), text: "write what was stored and refused" },
        Flag { name: "--set", value: Some("NAME=VALUE"), text: "any setting; `jingluo admin settings` lists them" },
    ],
    takes_words: true,
};

/// Refusals shown after an import.
const REFUSALS_SHOWN_MAX: usize = 10;

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let dir = data_folder(&args, &FORM)?;
    let settings = settings_of(&args, &FORM, Some(&dir))?;
    let paths = paths(&args)?;
    let keep_bundles = match args.value("--bundles") {
        None => false,
        Some("keep") => true,
        Some(other) => {
            return Err(FORM.wrong(format!("`--bundles` is `keep` or left out; `{other}` is neither")).into());
        }
    };
    let stop = stop_flag()?;
    let wanted = Ask::Import { paths, keep_bundles, again: args.has("--again") };
    let report = with_line(|told| ask(&dir, &settings, true, &wanted, &stop, told))?;
    if let Some(file) = args.value("--report") {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text).with_context(|| format!("the report `{file}` cannot be written"))?;
    }
    tell(&report, args.value("--report"));
    Ok(if report["finished"] == Value::Bool(false) { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// Shows a line of progress while an import runs.
pub fn with_line(run: impl FnOnce(&(dyn Fn(Told) + Sync)) -> anyhow::Result<Value>) -> anyhow::Result<Value> {
    let line = Mutex::new(Line::new());
    let told = |told: Told| {
        if let Ok(mut line) = line.lock() {
            line.show(&told);
        }
    };
    let report = run(&told);
    if let Ok(line) = line.lock() {
        line.status.end();
    }
    report
}

/// The paths as the owner opens them.
fn paths(args: &Args) -> anyhow::Result<Vec<(String, String)>> {
    let mut paths = Vec::new();
    for word in &args.words {
        if word == "-" {
            paths.push((word.clone(), word.clone()));
            continue;
        }
        let path = absolute(word)?;
        anyhow::ensure!(path.exists(), "there is no file or folder `{word}`");
        let path = path.into_os_string().into_string().ok().with_context(|| format!("`{word}` is no UTF-8"))?;
        paths.push((word.clone(), path));
    }
    if paths.is_empty() {
        return Err(FORM.wrong("name at least one file or folder, or `-` for standard input".to_owned()).into());
    }
    Ok(paths)
}

/// What was done, in a few lines.
pub fn tell(report: &Value, file: Option<&str>) {
    let count = |name: &str| report[name].as_u64().unwrap_or_default();
    let done =
        if report["finished"] == Value::Bool(false) { "Stopped; the same command continues. So far" } else { "Done:" };
    say::line(&format!(
        "{done} {} resources read, {} stored, {} unchanged, {} refused, {:.1} s.",
        count("read"),
        count("stored"),
        count("unchanged"),
        count("refused"),
        report["seconds"].as_f64().unwrap_or_default(),
    ));
    let refusals = report["refusals"].as_array().map(Vec::as_slice).unwrap_or_default();
    for refusal in refusals.iter().take(REFUSALS_SHOWN_MAX) {
        let text = |name: &str| refusal[name].as_str().unwrap_or_default();
        say::line(&format!("  refused: {}, line {}: {}", text("file"), refusal["line"], text("reason")));
    }
    if refusals.len() > REFUSALS_SHOWN_MAX {
        let where_ = file.map_or("`--report FILE.json` lists all".to_owned(), |file| format!("all are in `{file}`"));
        say::line(&format!("  … and {} more; {where_}", refusals.len() - REFUSALS_SHOWN_MAX));
    }
}

/// The line of progress: drawn often on a terminal, a line now and then elsewhere.
struct Line {
    status: Status,
    started: Stopwatch,
    shown: Option<Stopwatch>,
    /// Read and bytes when this run began to count.
    before: Option<(u64, u64)>,
}

impl Line {
    fn new() -> Line {
        let status = Status::new();
        // Elsewhere than on a terminal a short import says only how it ended.
        let shown = (!status.on_terminal()).then(Stopwatch::start);
        Line { status, started: Stopwatch::start(), shown, before: None }
    }

    fn show(&mut self, told: &Told) {
        let Told::Progress { read, stored, unchanged, refused, bytes, bytes_total, continued_after } = told else {
            return;
        };
        let pause = if self.status.on_terminal() { Duration::from_millis(200) } else { Duration::from_secs(10) };
        if self.shown.is_some_and(|shown| shown.elapsed() < pause) {
            return;
        }
        self.shown = Some(Stopwatch::start());
        let (_, bytes_before) =
            *self.before.get_or_insert((*continued_after, if *continued_after > 0 { *bytes } else { 0 }));
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = (read - continued_after.min(read)) as f64 / seconds;
        let mut text = format!("{read} read, {stored} stored, {unchanged} unchanged, {refused} refused, {rate:.0}/s");
        if let Some(total) = bytes_total.filter(|total| *total > 0) {
            let done = bytes.saturating_sub(bytes_before);
            text.push_str(&format!(", {:.0} %", 100.0 * *bytes as f64 / total as f64));
            if done > 0 {
                let left = (total.saturating_sub(*bytes)) as f64 * seconds / done as f64;
                text.push_str(&format!(", {} left", time(left)));
            }
        }
        self.status.show(&text);
    }
}

fn time(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3600, seconds / 60 % 60),
    }
}
