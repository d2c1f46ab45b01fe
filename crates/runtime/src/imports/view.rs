//! How an import stands, as the API shows it and the history keeps it.

use crate::import::{Progress, Refusal, Report};
use base::zone::instant_text;
use base::{Error, Millis};
use fhir::{TypeId, r4};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Refusals shown of one import.
pub const REFUSALS_SHOWN_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    Running,
    Done,
    Stopped,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportView {
    pub id: String,
    /// The name of the file at the client.
    pub name: String,
    pub state: ImportState,
    /// Instants as FHIR writes them; the text sorts by time.
    pub started: String,
    pub finished: Option<String>,
    pub bytes: u64,
    /// None while nobody knows it (standard input).
    pub bytes_total: Option<u64>,
    pub read: u64,
    pub stored: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// Resources read a second.
    pub rate: f64,
    pub seconds_left: Option<u64>,
    /// Why it ended early or failed.
    pub message: Option<String>,
    /// The first ones.
    pub refusals: Vec<Refusal>,
    pub by_type: Vec<TypeCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCount {
    #[serde(rename = "type")]
    pub type_: String,
    pub stored: u64,
}

impl ImportView {
    pub fn new(id: &str, name: &str, bytes_total: Option<u64>, started: Millis) -> ImportView {
        ImportView {
            id: id.to_owned(),
            name: name.to_owned(),
            state: ImportState::Running,
            started: instant_text(started),
            finished: None,
            bytes: 0,
            bytes_total,
            read: 0,
            stored: 0,
            unchanged: 0,
            refused: 0,
            rate: 0.0,
            seconds_left: None,
            message: None,
            refusals: Vec::new(),
            by_type: Vec::new(),
        }
    }

    /// Takes over how far the import is, and the refusals that are new.
    pub fn advance(&mut self, progress: &Progress, refusals: &[Refusal], elapsed: Duration) {
        self.count(progress, elapsed);
        let room = REFUSALS_SHOWN_MAX.saturating_sub(self.refusals.len());
        self.refusals.extend(refusals.iter().take(room).cloned());
    }

    pub fn end(&mut self, outcome: Result<&Report, &Error>, elapsed: Duration, now: Millis) {
        (self.finished, self.seconds_left) = (Some(instant_text(now)), None);
        match outcome {
            Ok(report) => {
                self.count(&report.progress, elapsed);
                self.seconds_left = None;
                self.refusals = report.refusals.iter().take(REFUSALS_SHOWN_MAX).cloned().collect();
                self.state = if report.finished { ImportState::Done } else { ImportState::Stopped };
                self.message = (!report.finished).then(|| "stopped; what is stored stays".to_owned());
            }
            Err(error) => {
                self.state = ImportState::Failed;
                self.message = Some(error.text().to_owned());
            }
        }
    }

    /// As the history keeps it.
    pub fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// None for a row of another version of the platform.
    pub fn read(doc: &[u8]) -> Option<ImportView> {
        serde_json::from_slice(doc).ok()
    }

    fn count(&mut self, progress: &Progress, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64().max(0.001);
        self.bytes = progress.bytes;
        self.bytes_total = progress.bytes_total.or(self.bytes_total);
        (self.read, self.stored) = (progress.read, progress.stored);
        (self.unchanged, self.refused) = (progress.unchanged, progress.refused);
        self.rate = (progress.read as f64 / seconds).round();
        let left = self.bytes_total.map(|total| total.saturating_sub(self.bytes)).filter(|_| self.bytes > 0);
        self.seconds_left = left.map(|left| (left as f64 * seconds / self.bytes as f64).ceil() as u64);
        let count = |(type_, stored): (&TypeId, &u64)| {
            let type_ = r4().type_name(*type_).to_owned();
            TypeCount { type_, stored: *stored }
        };
        self.by_type = progress.by_type.iter().map(count).collect();
    }
}
