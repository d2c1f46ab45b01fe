//! Workloads (a) and (b): transactions of invented patients, sent by a number of clients as fast as they are answered.

use super::figures::{Done, Figures};
use super::http::{Connection, Place, on_one_thread};
use super::made::{Kind, Managed, transaction};
use anyhow::{Context, bail};
use base::Stopwatch;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// A transaction that fails is sent again so often; each time is counted as an error.
const TRIES_MAX: u32 = 20;

pub struct Write<'a> {
    pub job: Job,
    pub clients: usize,
    /// Where the ids are added that the server gave.
    pub ids: Option<&'a str>,
    pub name: &'a str,
    pub keep: Option<&'a str>,
}

/// What every client does.
#[derive(Clone, Debug)]
pub struct Job {
    pub place: Place,
    pub kind: Kind,
    /// The first patient, and how many.
    pub from: u64,
    pub count: u64,
    pub managed: Managed,
    /// No transaction is begun after it.
    pub time_max: Duration,
    pub wants_ids: bool,
}

/// The ids of a patient and of its first Observation.
struct Given {
    nth: u64,
    patient: String,
    observation: String,
}

pub fn run(write: &Write<'_>) -> anyhow::Result<()> {
    let next = Arc::new(AtomicU64::new(write.job.from));
    let started = Arc::new(Stopwatch::start());
    let (all, mut ids) = on_one_thread(async {
        let mut clients = JoinSet::new();
        for _ in 0..write.clients {
            clients.spawn(client(write.job.clone(), Arc::clone(&next), Arc::clone(&started)));
        }
        let (mut all, mut ids) = (Figures::default(), Vec::new());
        while let Some(client) = clients.join_next().await {
            let (figures, given) = client??;
            all.add(figures);
            ids.extend(given);
        }
        Ok((all, ids))
    })?;
    let took = started.elapsed();
    if let Some(file) = write.ids {
        ids.sort_unstable_by_key(|given| given.nth);
        let mut out = String::new();
        for Given { nth, patient, observation } in ids {
            out.push_str(&format!("{nth} {patient} {observation}\n"));
        }
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        file.write_all(out.as_bytes())?;
    }
    all.tell(write.name, write.clients, write.job.kind.resources(), took, write.keep)
}

async fn client(job: Job, next: Arc<AtomicU64>, whole: Arc<Stopwatch>) -> anyhow::Result<(Figures, Vec<Given>)> {
    let mut connection = Connection::open(&job.place).await?;
    let (mut figures, mut given, mut bundle) = (Figures::default(), Vec::new(), Vec::new());
    while whole.elapsed() < job.time_max {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= job.from + job.count {
            break;
        }
        transaction(&mut bundle, job.kind, nth, job.managed);
        for tries in 1.. {
            let one = Stopwatch::start();
            let status = connection.post(&bundle).await;
            let micros = u32::try_from(one.elapsed().as_micros()).unwrap_or(u32::MAX);
            match status {
                Ok(200) => {
                    figures.done.push(Done { at_micros: whole.elapsed().as_micros() as u64, micros });
                    break;
                }
                Ok(status) => figures.failed(&format!("{status}: {}", connection.text())),
                Err(error) => {
                    figures.failed(&format!("{error:#}"));
                    connection = Connection::open(&job.place).await?;
                }
            }
            if tries == TRIES_MAX {
                bail!("transaction {nth} failed {tries} times: {}", figures.first_error.unwrap_or_default());
            }
        }
        if job.wants_ids {
            given.push(ids(nth, connection.text()).with_context(|| format!("transaction {nth} tells no ids"))?);
        }
    }
    Ok((figures, given))
}

/// The ids in the answer to a transaction, from its locations.
fn ids(nth: u64, answer: &str) -> Option<Given> {
    let mut given = Given { nth, patient: String::new(), observation: String::new() };
    for location in answer.split(r#""location":""#).skip(1) {
        let path = location.split('"').next()?.split("/_history/").next()?;
        let mut parts = path.rsplit('/');
        let (id, kind) = (parts.next()?, parts.next()?);
        match kind {
            "Patient" => given.patient = id.to_owned(),
            "Observation" => {
                given.observation = id.to_owned();
                break;
            }
            _ => {}
        }
    }
    (!given.patient.is_empty() && !given.observation.is_empty()).then_some(given)
}
