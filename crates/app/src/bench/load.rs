//! A simple closed-loop load of reads and searches: each client sends, waits for the whole answer, sends again.

use super::figures::{Done, Figures};
use super::http::{Connection, Place, on_one_thread};
use anyhow::{Context, bail};
use base::Stopwatch;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// So many answers that are no 200 end a client: the figures would be about something else.
const ERRORS_MAX: u64 = 100;
/// Clients begin at different places of the list.
const STRIDE: usize = 7_919;

pub struct Load<'a> {
    pub place: Place,
    pub clients: usize,
    pub seconds: u64,
    pub name: &'a str,
    pub keep: Option<&'a str>,
}

pub fn run(load: &Load<'_>, paths_file: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(paths_file).with_context(|| format!("`{paths_file}` cannot be read"))?;
    let paths: Arc<[String]> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if paths.is_empty() {
        bail!("`{paths_file}` holds no paths");
    }
    let started = Arc::new(Stopwatch::start());
    let all = on_one_thread(async {
        let mut clients = JoinSet::new();
        for nth in 0..load.clients {
            let until = Duration::from_secs(load.seconds);
            clients.spawn(client(load.place.clone(), until, Arc::clone(&paths), nth * STRIDE, Arc::clone(&started)));
        }
        let mut all = Figures::default();
        while let Some(client) = clients.join_next().await {
            all.add(client??);
        }
        Ok(all)
    })?;
    let took = started.elapsed();
    if let (Some(error), true) = (&all.first_error, all.done.is_empty()) {
        bail!("nothing was answered: {error}");
    }
    all.tell(load.name, load.clients, 1, took, load.keep)
}

async fn client(
    place: Place,
    until: Duration,
    paths: Arc<[String]>,
    mut next: usize,
    whole: Arc<Stopwatch>,
) -> anyhow::Result<Figures> {
    let mut connection = Connection::open(&place).await?;
    let mut figures = Figures::default();
    while whole.elapsed() < until && figures.errors < ERRORS_MAX {
        let path = &paths[next % paths.len()];
        next += 1;
        let one = Stopwatch::start();
        let status = connection.get(path).await?;
        let micros = u32::try_from(one.elapsed().as_micros()).unwrap_or(u32::MAX);
        if status == 200 {
            figures.done.push(Done { at_micros: whole.elapsed().as_micros() as u64, micros });
        } else {
            figures.failed(&format!("`{path}` is answered with {status}: {}", connection.text()));
        }
    }
    Ok(figures)
}
