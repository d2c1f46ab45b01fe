//! Structured logs on standard error, without personal data: names of accounts, ids of requests, counts.
//!
//! A line a request is written for every request, so lines gather for a moment and are written together; a warning or an
//! error, and what came before it, is written at once.

use crate::settings::Settings;
use anyhow::Context;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait, and how many bytes may.
const WAIT: Duration = Duration::from_millis(50);
const BYTES_MAX: usize = 256 << 10;

/// The log; what waits is written when it goes.
pub struct Log(Lines);

/// Lines on their way.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

/// Takes one line.
struct Line {
    lines: Lines,
    at_once: bool,
}

pub fn start(settings: &Settings) -> anyhow::Result<Log> {
    let filter =
        EnvFilter::try_new(&settings.log_level).with_context(|| format!("`{}` is no log level", settings.log_level))?;
    let lines = Lines::default();
    let shown = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines.clone()).with_ansi(false);
    let started = if settings.log_as_json {
        shown.json().flatten_event(true).try_init()
    } else {
        shown.with_target(false).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))?;
    let waiting = lines.clone();
    let writing = std::thread::Builder::new().name("log".to_owned());
    writing
        .spawn(move || {
            loop {
                std::thread::sleep(WAIT);
                waiting.write();
            }
        })
        .context("the log cannot be started")?;
    Ok(Log(lines))
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.write();
    }
}

impl Lines {
    /// Writes what waits. A log that nobody takes any more is no reason to stop.
    fn write(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.is_empty() {
            let _ = io::stderr().write_all(&waiting);
            waiting.clear();
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { lines: self.clone(), at_once: false }
    }

    fn make_writer_for(&'a self, of: &Metadata<'_>) -> Line {
        Line { lines: self.clone(), at_once: *of.level() <= Level::WARN }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let full = {
            let mut waiting = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend_from_slice(bytes);
            waiting.len() > BYTES_MAX
        };
        if self.at_once || full {
            self.lines.write();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
