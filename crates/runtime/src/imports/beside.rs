//! Imports that the command line or the demonstration runs in the server's process: the console shows them like its own.

use super::{ImportView, Imports, Job, new_id};
use crate::import::{self, ImportOptions, Progress, Refusal, Report, Source};
use base::{Cx, Result, Stopwatch};
use store::Store;

impl Imports {
    /// Runs an import on this thread, shown under `name`. It takes no place among the uploads.
    pub fn beside(
        &self,
        cx: &Cx,
        name: &str,
        sources: Vec<Source>,
        options: &ImportOptions,
        observer: &dyn Fn(&Progress, &[Refusal]),
    ) -> Result<Report> {
        let (id, watch, store) = (new_id(cx), Stopwatch::start(), self.store());
        let view = ImportView::new(&id, name, 0, cx.now());
        self.remember(cx, Job { view, stop: cx.stop.clone(), thread: None })?;
        let shown = |progress: &Progress, refusals: &[Refusal]| {
            self.change(&id, |view| {
                view.bytes_total = progress.bytes_total.unwrap_or(progress.bytes);
                view.advance(progress, refusals, watch.elapsed());
            });
            observer(progress, refusals);
        };
        let outcome = import::run(cx, &store, sources, options, &shown);
        if let Some(view) = self.change(&id, |view| view.end(outcome.as_ref(), watch.elapsed(), cx.now())) {
            self.keep(cx, &[&view], &[]);
        }
        outcome
    }

    fn store(&self) -> Store {
        self.0.store.clone()
    }
}
