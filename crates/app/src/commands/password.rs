//! Reads a new password from standard input, so that it stands in no list of processes and in no shell history.

use anyhow::{Context, bail};
use std::io::{BufRead, IsTerminal, stdin};
use std::process::{Command, Stdio};

pub fn read() -> anyhow::Result<String> {
    let hidden = stdin().is_terminal() && echo("-echo");
    if stdin().is_terminal() {
        eprint!("New password: ");
    }
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line);
    if hidden {
        echo("echo");
        eprintln!();
    }
    read.context("the password cannot be read from standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("no password came on standard input");
    }
    Ok(password.to_owned())
}

/// Switches the terminal's echo; false where that does not work, and then the password is seen while it is typed.
fn echo(how: &str) -> bool {
    Command::new("stty")
        .arg(how)
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|ended| ended.success())
}
