//! A simple closed-loop load of reads and searches: each client sends, waits for the whole answer, sends again.

use super::figures::{Done, Figures};
use super::http::{Connection, Place};
use anyhow::{Context, bail};
use base::Stopwatch;
use std::time::Duration;

/// So many answers that are no 200 end a client: the figures would be about something else.
const ERRORS_MAX: u64 = 100;

pub struct Load<'a> {
    pub place: Place,
    pub clients: usize,
    pub seconds: u64,
    pub name: &'a str,
    pub keep: Option<&'a str>,
}

pub fn run(load: &Load<'_>, paths_file: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(paths_file).with_context(|| format!("`{paths_file}` cannot be read"))?;
    let paths: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    if paths.is_empty() {
        bail!("`{paths_file}` holds no paths");
    }
    let started = Stopwatch::start();
    let clients: Vec<anyhow::Result<Figures>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..load.clients)
            .map(|nth| {
                let (paths, started) = (&paths, &started);
                scope.spawn(move || client(load, paths, nth, started))
            })
            .collect();
        runs.into_iter().map(|run| run.join().map_err(|_| anyhow::anyhow!("a client failed"))?).collect()
    });
    let took = started.elapsed();
    let mut all = Figures::default();
    for client in clients {
        all.add(client?);
    }
    if let (Some(error), true) = (&all.first_error, all.done.is_empty()) {
        bail!("nothing was answered: {error}");
    }
    all.tell(load.name, load.clients, 1, took, load.keep)
}

fn client(load: &Load<'_>, paths: &[&str], nth: usize, whole: &Stopwatch) -> anyhow::Result<Figures> {
    let mut connection = Connection::open(&load.place)?;
    let until = Duration::from_secs(load.seconds);
    let mut figures = Figures::default();
    let mut next = nth * 7_919;
    while whole.elapsed() < until && figures.errors < ERRORS_MAX {
        let path = paths[next % paths.len()];
        next += 1;
        let one = Stopwatch::start();
        let status = connection.get(path)?;
        let micros = u32::try_from(one.elapsed().as_micros()).unwrap_or(u32::MAX);
        if status == 200 {
            figures.done.push(Done { at_micros: whole.elapsed().as_micros() as u64, micros });
        } else {
            figures.failed(&format!("`{path}` is answered with {status}: {}", connection.text()));
        }
    }
    Ok(figures)
}
