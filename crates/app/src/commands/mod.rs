//! The subcommands: each reads its words, asks the owner of the data folder, and tells what came of it.

pub mod admin;
pub mod check;
pub mod city;
pub mod demo;
pub mod import;
pub mod interrupt;
mod password;
mod restore;
pub mod serve;
mod temporary;

use crate::args::{Args, Form, Usage};
use crate::settings::{self, Settings};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// The settings for a command: the folder's file, the environment, the command line.
pub fn settings_of(args: &Args, form: &Form, dir: Option<&Path>) -> anyhow::Result<Settings> {
    let mut given = Vec::new();
    for (flag, name) in [("--listen", "listen"), ("--tls-cert", "tls_cert"), ("--tls-key", "tls_key")] {
        if let Some(value) = args.value(flag) {
            given.push((name, value));
        }
    }
    if args.has("--plain") {
        given.push(("plain", "yes"));
    }
    for pair in args.values("--set") {
        let pair = pair.split_once('=');
        given.push(pair.ok_or_else(|| form.wrong("`--set` takes NAME=VALUE".to_owned()))?);
    }
    settings::load(dir, &given)
}

/// The data folder that a command needs, as an absolute path.
pub fn data_folder(args: &Args, form: &Form) -> anyhow::Result<PathBuf> {
    absolute(args.needed("--data", form)?)
}

pub fn absolute(path: &str) -> anyhow::Result<PathBuf> {
    if path.is_empty() {
        return Err(Usage("an empty path names nothing".to_owned()).into());
    }
    std::path::absolute(path).with_context(|| format!("`{path}` is no path"))
}
