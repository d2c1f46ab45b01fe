//! Counters of requests, and the text that Prometheus reads.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use crate::App;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What a request did, as metrics and logs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    Read,
    Vread,
    Create,
    Update,
    Delete,
    Search,
    Operation,
    History,
    Batch,
    Transaction,
    Capabilities,
    /// Cards asked for, over CDS Hooks or the plain operation.
    Cards,
    /// What became of cards.
    Feedback,
    /// Refused before it was known what it asks for.
    Unknown,
}

impl Interaction {
    const ALL: [Interaction; 14] = [
        Interaction::Read,
        Interaction::Vread,
        Interaction::Create,
        Interaction::Update,
        Interaction::Delete,
        Interaction::Search,
        Interaction::Operation,
        Interaction::History,
        Interaction::Batch,
        Interaction::Transaction,
        Interaction::Capabilities,
        Interaction::Cards,
        Interaction::Feedback,
        Interaction::Unknown,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Interaction::Read => "read",
            Interaction::Vread => "vread",
            Interaction::Create => "create",
            Interaction::Update => "update",
            Interaction::Delete => "delete",
            Interaction::Search => "search",
            Interaction::Operation => "operation",
            Interaction::History => "history",
            Interaction::Batch => "batch",
            Interaction::Transaction => "transaction",
            Interaction::Capabilities => "capabilities",
            Interaction::Cards => "cards",
            Interaction::Feedback => "feedback",
            Interaction::Unknown => "unknown",
        }
    }
}

/// Upper bounds of the latency buckets, in microseconds.
const BUCKET_MICROS: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// Counters of all requests; only ever added to.
#[derive(Default)]
pub struct Metrics {
    rows: [Row; Interaction::ALL.len()],
    pub cards: CardMetrics,
}

/// What became of questions for cards.
#[derive(Default)]
pub struct CardMetrics {
    /// Cards that were shown.
    pub shown: AtomicU64,
    /// Questions answered "not known": not ready in time, or met by an error.
    pub not_known: AtomicU64,
    /// Questions whose patient contradicted the record.
    pub other_identity: AtomicU64,
    /// Answers that were shown though the record could not take them.
    pub unrecorded: AtomicU64,
}

#[derive(Default)]
struct Row {
    /// By status class 1xx to 5xx.
    classes: [AtomicU64; 5],
    /// By latency; the last is everything slower.
    buckets: [AtomicU64; BUCKET_MICROS.len() + 1],
    micros: AtomicU64,
}

impl Metrics {
    pub fn count(&self, interaction: Interaction, status: u16, took: Duration) {
        let row = &self.rows[interaction as usize];
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        let bucket = BUCKET_MICROS.iter().position(|&bound| micros <= bound).unwrap_or(BUCKET_MICROS.len());
        row.classes[class].fetch_add(1, Relaxed);
        row.buckets[bucket].fetch_add(1, Relaxed);
        row.micros.fetch_add(micros, Relaxed);
    }
}

/// All counters of the app in the text form of Prometheus.
pub fn text(app: &App) -> String {
    let mut out = String::with_capacity(16 << 10);
    requests(&app.metrics, &mut out);
    latencies(&app.metrics, &mut out);
    cards(&app.metrics.cards, &mut out);
    store(app, &mut out);
    out
}

fn requests(metrics: &Metrics, out: &mut String) {
    out.push_str("# HELP jingluo_requests_total FHIR requests by interaction and class of status.\n");
    out.push_str("# TYPE jingluo_requests_total counter\n");
    for (interaction, row) in Interaction::ALL.iter().zip(&metrics.rows) {
        for (class, count) in (1..).zip(&row.classes) {
            let (name, count) = (interaction.name(), count.load(Relaxed));
            line(out, format_args!("jingluo_requests_total{{interaction=\"{name}\",status=\"{class}xx\"}} {count}"));
        }
    }
}

fn latencies(metrics: &Metrics, out: &mut String) {
    out.push_str("# HELP jingluo_request_seconds Time from the first byte of a FHIR request to its answer.\n");
    out.push_str("# TYPE jingluo_request_seconds histogram\n");
    for (interaction, row) in Interaction::ALL.iter().zip(&metrics.rows) {
        let name = interaction.name();
        let mut sum = 0;
        for (nth, count) in row.buckets.iter().enumerate() {
            sum += count.load(Relaxed);
            let bound = BUCKET_MICROS.get(nth).map_or("+Inf".to_owned(), |&micros| (micros as f64 / 1e6).to_string());
            line(out, format_args!("jingluo_request_seconds_bucket{{interaction=\"{name}\",le=\"{bound}\"}} {sum}"));
        }
        let seconds = row.micros.load(Relaxed) as f64 / 1e6;
        line(out, format_args!("jingluo_request_seconds_sum{{interaction=\"{name}\"}} {seconds}"));
        line(out, format_args!("jingluo_request_seconds_count{{interaction=\"{name}\"}} {sum}"));
    }
}

fn cards(cards: &CardMetrics, out: &mut String) {
    for (name, help, value) in [
        ("shown", "Cards that were shown.", &cards.shown),
        ("not_known", "Questions for cards answered `not known`.", &cards.not_known),
        ("other_identity", "Questions for cards whose patient contradicts the record.", &cards.other_identity),
        ("unrecorded", "Answers with cards that the record could not take.", &cards.unrecorded),
    ] {
        line(out, format_args!("# HELP jingluo_cards_{name}_total {help}\n# TYPE jingluo_cards_{name}_total counter"));
        line(out, format_args!("jingluo_cards_{name}_total {}", value.load(Relaxed)));
    }
}

fn store(app: &App, out: &mut String) {
    let stats = app.store.stats();
    for (name, kind, help, value) in [
        ("position", "counter", "Feed position of the last commit.", stats.position),
        ("commit_groups_total", "counter", "Commit groups; each is one sync of the disk.", stats.groups),
        ("batches_total", "counter", "Batches written.", stats.batches),
        ("failed_groups_total", "counter", "Commit groups that failed.", stats.failed_groups),
        ("audit_waiting", "gauge", "Reads whose audit row is not on disk yet.", stats.audit_waiting),
        ("file_bytes", "gauge", "Bytes of the database file.", stats.file_bytes),
        ("log_bytes", "gauge", "Bytes of the write-ahead log.", stats.log_bytes),
        ("free_bytes", "gauge", "Free bytes of the disk.", stats.free_bytes),
    ] {
        line(out, format_args!("# HELP jingluo_store_{name} {help}\n# TYPE jingluo_store_{name} {kind}"));
        line(out, format_args!("jingluo_store_{name} {value}"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments) {
    // Writing to a String does not fail.
    let _written = writeln!(out, "{text}");
}
