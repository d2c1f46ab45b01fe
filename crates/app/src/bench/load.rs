//! A simple closed-loop load of reads and searches: each client sends, waits for the whole answer, sends again.

use super::figures::{Done, Figures};
use super::http::{Connection, Place, in_time, on_one_thread};
use anyhow::{Context, bail};
use base::Stopwatch;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// So many answers that are no 200 end a client: the figures would be about something else.
const ERRORS_MAX: u64 = 100;
/// Every answer is checked for its status and its length; one in so many is read.
const LOOKED_AT_EVERY: usize = 1_000;
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
    let until = Duration::from_secs(load.seconds);
    let all = on_one_thread(in_time(until, async {
        let mut clients = JoinSet::new();
        for nth in 0..load.clients {
            clients.spawn(client(load.place.clone(), until, Arc::clone(&paths), nth * STRIDE, Arc::clone(&started)));
        }
        let mut all = Figures::default();
        while let Some(client) = clients.join_next().await {
            all.add(client??);
        }
        Ok(all)
    }))?;
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
    // The clock is read once an answer: its end is the begin of the next.
    let mut begun = whole.elapsed();
    while begun < until && figures.errors < ERRORS_MAX {
        let path = &paths[next % paths.len()];
        next += 1;
        let status = connection.get_unwatched(path).await?;
        let ended = whole.elapsed();
        let micros = u32::try_from((ended - begun).as_micros()).unwrap_or(u32::MAX);
        begun = ended;
        if status == 200 && connection.content().first() == Some(&b'{') {
            figures.done.push(Done { at_micros: ended.as_micros() as u64, micros });
            if next.is_multiple_of(LOOKED_AT_EVERY) {
                look_at(path, connection.content())?;
                begun = whole.elapsed();
            }
        } else {
            figures.failed(&format!("`{path}` is answered with {status}: {}", connection.text()));
        }
    }
    Ok(figures)
}

/// The answer is whole JSON and what was asked for: a resource is the one at the path.
fn look_at(path: &str, content: &[u8]) -> anyhow::Result<()> {
    let answer: Value =
        serde_json::from_slice(content).with_context(|| format!("`{path}` is answered with no JSON"))?;
    if let (Some(type_), Some(id)) = (answer["resourceType"].as_str(), answer["id"].as_str())
        && type_ != "Bundle"
        && !path.ends_with(&format!("/{type_}/{id}"))
    {
        bail!("`{path}` is answered with `{type_}/{id}`");
    }
    Ok(())
}
