//! What a run came to: a line to read, and one to keep for the table.

use std::io::Write as _;
use std::time::Duration;

/// A request that was answered as it should be.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Since the start of the run.
    pub at_micros: u64,
    pub micros: u32,
}

#[derive(Debug, Default)]
pub struct Figures {
    pub done: Vec<Done>,
    /// Answers other than 200, and connections that broke.
    pub errors: u64,
    pub first_error: Option<String>,
}

impl Figures {
    pub fn add(&mut self, other: Figures) {
        self.done.extend(other.done);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }

    pub fn failed(&mut self, text: &str) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| text.chars().take(300).collect());
    }

    /// Says the figures and, where a file is named, keeps them there as a line of JSON under `name`.
    pub fn tell(
        mut self,
        name: &str,
        clients: usize,
        each: u64,
        took: Duration,
        keep: Option<&str>,
    ) -> anyhow::Result<()> {
        let (count, seconds) = (self.done.len(), took.as_secs_f64());
        let client_micros = processor_micros().map(|micros| rounded(micros / count.max(1) as f64));
        let rate = count as f64 / seconds;
        let tenths = self.tenths();
        let mut micros: Vec<u32> = self.done.iter().map(|one| one.micros).collect();
        micros.sort_unstable();
        let at = |share: f64| {
            let place = (micros.len() as f64 * share) as usize;
            f64::from(micros.get(place).copied().unwrap_or(0)) / 1_000.0
        };
        let (median, p95, p99) = (at(0.5), at(0.95), at(0.99));
        let errors = self.errors;
        crate::say::line(&format!(
            "{rate:.0} requests/s, {clients} clients, median {median:.2} ms, p95 {p95:.2} ms, p99 {p99:.2} ms, {count} requests{}{}",
            client_micros.map_or_else(String::new, |micros| format!(", client {micros} µs each")),
            if errors == 0 { String::new() } else { format!(", {errors} errors") }
        ));
        if let Some(error) = &self.first_error {
            crate::say::problem(&format!("the first of {errors} errors: {error}"));
        }
        if let Some(file) = keep {
            let line = serde_json::json!({
                "name": name, "clients": clients, "requests": count, "resources": count as u64 * each, "errors": errors,
                "seconds": rounded(seconds), "rate": rounded(rate), "median_ms": median, "p95_ms": p95, "p99_ms": p99,
                "tenths": tenths, "client_micros": client_micros,
            });
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
            writeln!(file, "{line}")?;
        }
        Ok(())
    }

    /// The rate over each tenth of the requests, in their order: shows how it falls as a store grows.
    fn tenths(&mut self) -> Vec<f64> {
        self.done.sort_unstable_by_key(|one| one.at_micros);
        let size = self.done.len() / 10;
        let mut from = 0;
        let mut rates = Vec::new();
        for tenth in self.done.chunks_exact(size.max(1)).take(10) {
            let Some(last) = tenth.last() else { continue };
            rates.push(rounded(tenth.len() as f64 * 1e6 / (last.at_micros - from).max(1) as f64));
            from = last.at_micros;
        }
        rates
    }
}

/// The processor time of this thread, which is all clients: Linux tells it in nanoseconds.
fn processor_micros() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e3)
}

fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
