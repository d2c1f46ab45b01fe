//! Imports started through the API: an upload into a temporary file, at most two at work, the last fifty remembered.

mod beside;
mod upload;
mod view;

pub use upload::Upload;
pub use view::{ImportState, ImportView};

use crate::import::{self, ImportOptions, Progress, Refusal, Report, Source};
use crate::live::Live;
use base::{Cx, Error, Purpose, Result, StopFlag, Stopwatch, hex};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use store::{Batch, ShelfOp, Store};

/// Uploads and imports at once; more are answered `busy`.
pub const RUNNING_MAX: usize = 2;
/// Imports remembered after their end.
pub const HISTORY_MAX: usize = 50;
/// Where the history lies on the `row` shelf.
const SPACE: &str = "imports";

/// Settings of the imports through the API.
#[derive(Clone, Debug)]
pub struct ImportSettings {
    /// The folder for uploads; what an earlier process left there is removed.
    pub folder: PathBuf,
    /// Bytes of one upload.
    pub upload_bytes_max: u64,
    /// How files are imported: zone, base URL, workers.
    pub options: ImportOptions,
}

#[derive(Clone)]
pub struct Imports(Arc<Inner>);

struct Inner {
    store: Store,
    live: Live,
    settings: ImportSettings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Uploads and imports that hold one of the places.
    places_taken: usize,
    /// Newest first, the running ones included.
    jobs: Vec<Job>,
    stopped: bool,
}

struct Job {
    view: ImportView,
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
}

impl Imports {
    /// Reads the history; an import that was running when its process ended is shown as stopped.
    pub fn new(store: Store, live: Live, settings: ImportSettings) -> Result<Imports> {
        upload::clear(&settings.folder)?;
        let mut jobs = Vec::new();
        for row in store.row_list(SPACE, ("", ""), HISTORY_MAX * 2)? {
            let Some(mut view) = ImportView::read(&row.doc) else { continue };
            if view.state == ImportState::Running {
                view.state = ImportState::Stopped;
                view.message =
                    Some("the server ended before the import did; send the file again to complete it".into());
            }
            jobs.push(Job { view, stop: StopFlag::default(), thread: None });
        }
        jobs.sort_by(|one, other| other.view.started.cmp(&one.view.started));
        let state = Mutex::new(State { jobs, ..State::default() });
        Ok(Imports(Arc::new(Inner { store, live, settings, state })))
    }

    /// Takes a place and opens the temporary file that the upload is written to.
    pub fn begin(&self, cx: &Cx, name: &str, keep_bundles: bool) -> Result<Upload> {
        access::may_write(cx)?;
        self.0.store.ready()?;
        self.take_place()?;
        Upload::open(self.clone(), &new_id(cx), name, keep_bundles).inspect_err(|_| self.give_place())
    }

    /// All imports that are remembered, newest first.
    pub fn list(&self, cx: &Cx) -> Result<Vec<ImportView>> {
        access::may_write(cx)?;
        Ok(self.state().jobs.iter().map(|job| job.view.clone()).collect())
    }

    pub fn one(&self, cx: &Cx, id: &str) -> Result<ImportView> {
        access::may_write(cx)?;
        self.state().job(id).map(|job| job.view.clone())
    }

    /// Asks an import to end; what is stored stays. Stopping one that has ended changes nothing.
    pub fn stop_one(&self, cx: &Cx, id: &str) -> Result<ImportView> {
        access::may_write(cx)?;
        let mut state = self.state();
        let job = state.job(id)?;
        job.stop.raise();
        Ok(job.view.clone())
    }

    /// Ends every import and waits for it, for the end of the process.
    pub fn stop(&self) {
        let threads: Vec<JoinHandle<()>> = {
            let mut state = self.state();
            state.stopped = true;
            state.jobs.iter_mut().for_each(|job| job.stop.raise());
            state.jobs.iter_mut().filter_map(|job| job.thread.take()).collect()
        };
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("the thread of an import ended in a panic");
            }
        }
    }

    /// Starts the import of an uploaded file on a thread of its own.
    fn start(&self, cx: &Cx, view: ImportView, file: PathBuf, keep_bundles: bool) -> Result<ImportView> {
        let stop = StopFlag::default();
        let own_cx = Cx { purpose: Purpose::Operations, deadline: None, stop: stop.clone(), ..cx.clone() };
        let (imports, id) = (self.clone(), view.id.clone());
        self.remember(cx, Job { view: view.clone(), stop, thread: None })?;
        let work = move || {
            imports.carry(&own_cx, &id, &file, keep_bundles);
            upload::remove(&file);
            imports.give_place();
        };
        let thread = thread::Builder::new().name("import".into()).spawn(work);
        let thread = thread.map_err(|_| Error::fault("the thread of an import could not be started"))?;
        self.state().job(&view.id)?.thread = Some(thread);
        Ok(view)
    }

    fn carry(&self, cx: &Cx, id: &str, file: &Path, keep_bundles: bool) {
        let name = self.state().job(id).map(|job| job.view.name.clone()).unwrap_or_default();
        let options = ImportOptions { keep_bundles, resume: false, ..self.0.settings.options.clone() };
        let sources = vec![Source::named(name, file)];
        if let Err(error) = self.run(cx, id, sources, &options, &|_, _| {}) {
            tracing::warn!(kind = error.kind.name(), "an import failed");
        }
    }

    /// Carries an import out and keeps its state up to date, whatever becomes of it.
    fn run(
        &self,
        cx: &Cx,
        id: &str,
        sources: Vec<Source>,
        options: &ImportOptions,
        observer: &dyn Fn(&Progress, &[Refusal]),
    ) -> Result<Report> {
        let watch = Stopwatch::start();
        let both = |progress: &Progress, refusals: &[Refusal]| {
            self.change(id, |view| view.advance(progress, refusals, watch.elapsed()));
            observer(progress, refusals);
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| import::run(cx, &self.0.store, sources, options, &both)));
        let outcome = outcome.unwrap_or_else(|_| Err(Error::fault("the import ended by a defect of the platform")));
        if let Some(view) = self.change(id, |view| view.end(outcome.as_ref(), watch.elapsed(), cx.now())) {
            self.keep(cx, &[&view], &[]);
        }
        outcome
    }

    /// Changes the state of an import and tells the screens.
    fn change(&self, id: &str, change: impl FnOnce(&mut ImportView)) -> Option<ImportView> {
        let view = {
            let mut state = self.state();
            let job = state.job(id).ok()?;
            change(&mut job.view);
            job.view.clone()
        };
        self.0.live.tell(&view);
        Some(view)
    }

    /// Puts a new import in front and forgets the oldest ended ones.
    fn remember(&self, cx: &Cx, job: Job) -> Result<()> {
        let view = job.view.clone();
        let forgotten: Vec<ImportView> = {
            let mut state = self.state();
            if state.stopped {
                return Err(Error::busy("the server is stopping; send the file again later"));
            }
            state.jobs.insert(0, job);
            let keep = HISTORY_MAX.min(state.jobs.len());
            state.jobs.drain(keep..).map(|job| job.view).collect()
        };
        self.keep(cx, &[&view], &forgotten.iter().collect::<Vec<_>>());
        self.0.live.tell(&view);
        Ok(())
    }

    /// Writes the history. It is for people to look at: a failure is logged and the import goes on.
    fn keep(&self, cx: &Cx, kept: &[&ImportView], forgotten: &[&ImportView]) {
        let row = |view: &ImportView, doc| {
            let (space, key, sort) = (SPACE.to_owned(), view.id.clone(), view.started.clone());
            ShelfOp::Row { space, key, sort, doc }
        };
        let puts = kept.iter().map(|view| row(view, Some(view.written())));
        let drops = forgotten.iter().map(|view| row(view, None));
        let batch = Batch { shelves: puts.chain(drops).collect(), ..Batch::default() };
        if let Err(error) = self.0.store.write(cx, batch) {
            tracing::warn!(kind = error.kind.name(), error = error.text(), "the history of imports was not written");
        }
    }

    fn take_place(&self) -> Result<()> {
        let mut state = self.state();
        if state.stopped {
            return Err(Error::busy("the server is stopping; send the file again later"));
        }
        if state.places_taken >= RUNNING_MAX {
            return Err(Error::busy(format!(
                "{RUNNING_MAX} imports are running already; wait for one to end, or stop one"
            )));
        }
        state.places_taken += 1;
        Ok(())
    }

    fn give_place(&self) {
        let mut state = self.state();
        state.places_taken = state.places_taken.saturating_sub(1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn job(&mut self, id: &str) -> Result<&mut Job> {
        let found = self.jobs.iter_mut().find(|job| job.view.id == id);
        found.ok_or_else(|| Error::not_found(format!("there is no import `{id}`; see the list of imports")))
    }
}

fn new_id(cx: &Cx) -> String {
    let mut random = [0; 8];
    cx.dice.fill(&mut random);
    hex::encode(&random)
}
