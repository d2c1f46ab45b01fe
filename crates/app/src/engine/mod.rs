//! `jingluo engine`: the engines by themselves, on files. Nothing of a record is read or written.

mod signals;

use crate::args::Usage;
use crate::say;
use std::process::ExitCode;

const HELP: &str = "\
Runs an engine on files; no record is read or written.
单独运行方法引擎，只读取文件。

Usage: jingluo engine ENGINE VERB [OPTIONS] FILE…

  signals   detectors, scan statistics, nowcasts, transmission   (监测预警)

`jingluo engine signals --help` lists its verbs.
";

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let mut words = words.into_iter();
    match words.next().as_deref() {
        Some("signals") => signals::run(words.collect()),
        None | Some("help" | "--help" | "-h") => {
            say::text(HELP);
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(Usage(format!("there is no engine `{other}`; `jingluo engine --help` lists them")).into()),
    }
}
