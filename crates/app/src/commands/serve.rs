//! `jingluo serve`

use super::{data_folder, settings_of};
use crate::args::{Flag, Form};
use crate::{log, serve};
use anyhow::bail;
use std::process::ExitCode;

const FORM: Form = Form {
    name: "serve",
    usage: "--data DIR [--listen ADDR:PORT] [--tls-cert FILE --tls-key FILE] [--plain]",
    text: "Runs the server on a data folder, which is made if it does not exist.\n在一个数据目录上启动服务。",
    flags: &[
        Flag { name: "--data", value: Some("DIR"), text: "the data folder" },
        Flag { name: "--listen", value: Some("ADDR:PORT"), text: "where to listen (127.0.0.1:8080)" },
        Flag { name: "--tls-cert", value: Some("FILE"), text: "certificate chain in PEM form" },
        Flag { name: "--tls-key", value: Some("FILE"), text: "private key in PEM form" },
        Flag { name: "--plain", value: None, text: "any address without TLS: only behind a proxy that speaks TLS" },
        Flag { name: "--set", value: Some("NAME=VALUE"), text: "any setting; `jingluo admin settings` lists them" },
    ],
    takes_words: false,
};

pub fn run(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = FORM.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let dir = data_folder(&args, &FORM)?;
    let settings = settings_of(&args, &FORM, Some(&dir))?;
    let _log = log::start(&settings)?;
    let ready = serve::prepare(&dir, settings)?;
    if ready.house.demo_made()?.is_some() {
        ready.house.close()?;
        bail!(
            "`{}` was made by `jingluo demo` and has accounts whose passwords everybody knows; run `jingluo demo --data \
             {0}`, or serve another folder",
            dir.display()
        );
    }
    serve::serve(ready, Vec::new(), |_, _| {})?;
    Ok(ExitCode::SUCCESS)
}
