//! `jingluo demo`

use super::temporary::Temporary;
use super::{absolute, settings_of};
use crate::args::{Args, Flag, Form};
use crate::demo::{self, RESIDENTS_MAX};
use crate::house::House;
use crate::{log, say, serve};
use city::settings::RESIDENTS_MIN;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const FORM: Form = Form {
    name: "demo",
    usage: "[--residents N] [--listen ADDR:PORT] [--data DIR] [--examples DIR]",
    text: "Runs a demonstration: a synthetic city that lives, the official FHIR examples, accounts with a known password.\n\
           运行演示：会继续“生活”的虚构城市、官方示例、公开密码的演示账号。",
    flags: &[
        Flag { name: "--residents", value: Some("N"), text: "how many synthetic residents (20,000)" },
        Flag { name: "--listen", value: Some("ADDR:PORT"), text: "where to listen (127.0.0.1:8080)" },
        Flag { name: "--data", value: Some("DIR"), text: "keep the data here; otherwise it is thrown away at the end" },
        Flag { name: "--examples", value: Some("DIR"), text: "the npm package hl7.fhir.r4.examples 4.0.1, unpacked" },
        Flag { name: "--tls-cert", value: Some("FILE"), text: "certificate chain in PEM form" },
        Flag { name: "--tls-key", value: Some("FILE"), text: "private key in PEM form" },
        Flag { name: "--plain", value: None, text: "any address without TLS" },
        Flag { name: "--set", value: Some("NAME=VALUE"), text: "any setting; `jingluo admin settings` lists them" },
    ],
    takes_words: false,
};

/// Where `make demo` lays the examples.
const EXAMPLES: &str = "examples/node_modules/hl7.fhir.r4.examples";

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let residents = args.number("--residents", &FORM)?;
    if residents.is_some_and(|residents| !(RESIDENTS_MIN..=RESIDENTS_MAX).contains(&residents)) {
        return Err(FORM.wrong(format!("`--residents` is from {RESIDENTS_MIN} to {RESIDENTS_MAX}")).into());
    }
    let examples = examples(&args)?;
    // What nobody has named goes when the demonstration ends.
    let temporary = args.value("--data").is_none().then(|| Temporary::new("jingluo-demo")).transpose()?;
    let dir = match (&temporary, args.value("--data")) {
        (Some(temporary), _) => temporary.path().to_owned(),
        (None, dir) => absolute(dir.unwrap_or_default())?,
    };
    let mut settings = settings_of(&args, &FORM, Some(&dir))?;
    // What is thrown away at the end need not outlive a power cut.
    settings.store_sync &= temporary.is_none();
    let _log = log::start(&settings)?;
    // The folder is prepared first: its store has to be opened on the time of its city.
    let house = House::open(&dir, settings.clone(), true)?;
    demo::begin(&house, residents)?;
    house.close()?;
    drop(house);
    let ready = serve::prepare(&dir, settings)?;
    demo::wake(&ready.house)?;
    tell(ready.house.base_url(), examples.as_deref());
    serve::serve(ready, demo::accounts(), move |house, stop| {
        if let Err(error) = demo::fill(house, examples.as_deref(), stop) {
            tracing::error!(reason = format!("{error:#}"), "the demonstration stands still");
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn tell(address: String, examples: Option<&Path>) {
    let names: Vec<String> = demo::accounts().into_iter().map(|account| account.name).collect();
    say::line(&format!("Demonstration 演示: {address} (Ctrl-C ends it 按 Ctrl-C 结束)"));
    say::line(&format!("Accounts 账号: {}; password 密码: {}", names.join(", "), demo::PASSWORD));
    if examples.is_none() {
        say::line(
            "The official examples are not there: `make demo` brings them, or name their folder with --examples.",
        );
    }
}

/// The folder of the official examples: the named one, or where `make demo` lays it.
fn examples(args: &Args) -> anyhow::Result<Option<PathBuf>> {
    if let Some(named) = args.value("--examples") {
        let path = absolute(named)?;
        anyhow::ensure!(path.is_dir(), "there is no folder `{named}`");
        return Ok(Some(path));
    }
    let usual = absolute(EXAMPLES)?;
    Ok(usual.is_dir().then_some(usual))
}
