//! Imports that the command line or the demonstration runs in the server's process: the console shows them like its own.

use super::{ImportView, Imports, Job, new_id};
use crate::import::{ImportOptions, Progress, Refusal, Report, Source};
use base::{Cx, Result};

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
        let id = new_id(cx);
        let view = ImportView::new(&id, name, None, cx.now());
        self.remember(cx, Job { view, stop: cx.stop.clone(), thread: None })?;
        self.run(cx, &id, sources, options, observer)
    }
}
