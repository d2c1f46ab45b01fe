//! The binary as a process.

use crate::http::Client;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const START_SECONDS_MAX: u64 = 60;

/// A call of the binary, without the caller's settings and, unless it is about durability, without fsync.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jingluo"));
    for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("JINGLUO_")) {
        command.env_remove(key);
    }
    command.env("JINGLUO_STORE_SYNC", "no").env("JINGLUO_LOG_LEVEL", "warn").args(args);
    command
}

pub fn run(args: &[&str]) -> Output {
    command(args).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that must succeed; its standard output.
pub fn ok(args: &[&str]) -> String {
    let output = run(args);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{args:?}: {}{said}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that must fail; its standard error.
pub fn fails(args: &[&str]) -> String {
    let output = run(args);
    assert!(!output.status.success(), "{args:?} did not fail");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn with_input(args: &[&str], input: &[u8]) -> Output {
    let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Imports paths; the report.
pub fn import(data: &Path, paths: &[&Path], more: &[&str]) -> serde_json::Value {
    let report = tempfile::NamedTempFile::new().unwrap();
    let mut args = vec!["import", "--data", data.to_str().unwrap(), "--report", report.path().to_str().unwrap()];
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    args.extend(more);
    ok(&args);
    serde_json::from_slice(&std::fs::read(report.path()).unwrap()).unwrap()
}

/// (read, stored, unchanged, refused) of a report.
pub fn counts(report: &serde_json::Value) -> (u64, u64, u64, u64) {
    let count = |name: &str| report[name].as_u64().unwrap();
    (count("read"), count("stored"), count("unchanged"), count("refused"))
}

pub struct Server {
    pub child: Child,
    pub client: Client,
    ended: bool,
}

impl Server {
    /// Serves a folder on a free port, with a token of role `integration`.
    pub fn start(data: &Path) -> Server {
        Server::start_with(data, &mut command(&[]))
    }

    /// The same with more environment or arguments behind `serve --data DIR --listen …`.
    pub fn start_with(data: &Path, command: &mut Command) -> Server {
        let mut server = Server::start_without(data, command);
        let token = ok(&["admin", "token", "--data", data.to_str().unwrap(), "--role", "integration"]);
        server.client.token = Some(token.lines().last().unwrap().to_owned());
        server
    }

    /// The same without a token.
    pub fn start_without(data: &Path, command: &mut Command) -> Server {
        let mut whole = Command::new(env!("CARGO_BIN_EXE_jingluo"));
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => whole.env(key, value),
                None => whole.env_remove(key),
            };
        }
        whole.args(["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]).args(command.get_args());
        Server::spawn(&mut whole)
    }

    /// Starts a command that ends up serving, and waits until it says where.
    pub fn spawn(command: &mut Command) -> Server {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("Jingluo listens on ") {
                    let _ = sender.send(address.split("//").nth(1).unwrap().to_owned());
                }
            }
        });
        let address = lines.recv_timeout(Duration::from_secs(START_SECONDS_MAX)).expect("the server starts");
        let address: SocketAddr = address.parse().unwrap();
        Server { child, client: Client { address, token: None }, ended: false }
    }

    pub fn signal(&self, signal: &str) {
        signal_to(self.child.id(), signal);
    }

    /// kill -9
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.ended = true;
    }

    /// SIGTERM, and the orderly end.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        let status = self.child.wait().unwrap();
        self.ended = true;
        status
    }

    /// Waits for the end of a server that was told to stop.
    pub fn stop_waited(mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        self.ended = true;
        status
    }

    /// The most memory that the process has held, in MiB.
    pub fn memory_mib(&self) -> u64 {
        memory_mib(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

pub fn signal_to(process: u32, signal: &str) {
    let sent = Command::new("kill").args([format!("-{signal}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

pub fn memory_mib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("0 0");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
