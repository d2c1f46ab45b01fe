//! Search parameters of one's own: which SearchParameters the record holds and how they stand, taking them into use and
//! out of it, and the thread that builds their indexes.
//!
//! A SearchParameter is stored like any resource, whatever it says. It is searched by only after an administrator has
//! taken it into use and its index is whole. What is in use is the definition of that moment: a later change of the
//! resource is shown and waits for the administrator, too. One that is deleted or no longer active goes out of use at once.

use base::{Cx, Error, Result, StopFlag, Stopwatch};
use fhir::Resource;
use fhir::custom::Definition;
use fhir::definitions::{TypeId, r4};
use fhir::search::{Criterion, Match, Search, Test, ValueTest};
use std::collections::BTreeMap;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::{BuildState, BuildStep, BuildView, ParameterState, Store};

/// SearchParameters of the record that are listed.
pub const LISTED_MAX: usize = 1_000;
/// How long the idle thread waits for the feed before it looks for work and at its stop flag.
const IDLE: Duration = Duration::from_millis(300);
/// How long it waits for writes that are under way, at most between two slices, and after a failure.
const SOON: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(200);
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// How a SearchParameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It could be used; an administrator has to take it into use.
    Waiting,
    /// In use; its index is so many percent built, and it cannot be searched by yet.
    Building(u32),
    Ready,
    /// Searched by as before, while the index of its new definition is so far.
    Changing(u32),
    /// It cannot be used; `reason` says why.
    Refused,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Building(_) => "building",
            State::Ready => "ready",
            State::Changing(_) => "changing",
            State::Refused => "refused",
        }
    }

    pub const fn percent(self) -> Option<u32> {
        match self {
            State::Building(percent) | State::Changing(percent) => Some(percent),
            State::Waiting | State::Ready | State::Refused => None,
        }
    }
}

/// An active SearchParameter of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub url: String,
    pub code: String,
    pub kind: String,
    pub bases: Vec<String>,
    pub expression: String,
    pub state: State,
    /// Why it cannot be used.
    pub reason: Option<String>,
    /// It says something else than what is in use.
    pub changed: bool,
}

/// The active SearchParameters of the record that are not R4's own, by code, and the index paths that are custom or not
/// whole.
pub fn list(cx: &Cx, store: &Store) -> Result<(Vec<Row>, Vec<BuildView>)> {
    access::may_see_parameters(cx)?;
    let mut search = active()?;
    search.count = Some(LISTED_MAX);
    let in_use: BTreeMap<String, _> =
        store.parameters().into_iter().map(|view| (view.parameter.id.clone(), view)).collect();
    let mut rows = Vec::new();
    for stored in store.search(&Cx { stop: cx.stop.clone(), ..Cx::platform() }, &search)?.matches {
        let resource = stored.resource()?;
        if !is_standard(&resource) {
            rows.push(row(store, &stored.id, &resource, in_use.get(&stored.id)));
        }
    }
    rows.sort_by(|one, other| (&one.code, &one.id).cmp(&(&other.code, &other.id)));
    Ok((rows, store.builds()?))
}

/// Takes a SearchParameter into use as it is now: its index is built from here on.
pub fn take(cx: &Cx, store: &Store, id: &str) -> Result<()> {
    access::may_define_parameters(cx)?;
    let found = store.read(&Cx::platform(), search_parameter()?, id)?.filter(|stored| stored.op != store::Op::Delete);
    let stored = found.ok_or_else(|| Error::not_found(format!("there is no `SearchParameter/{id}`")))?;
    let resource = stored.resource()?;
    if !is_active(&resource) {
        return Err(Error::unsupported(format!("`SearchParameter/{id}` is not active; set its status to `active`")));
    }
    let definition = Definition::of(&resource).map_err(|error| named(id, &error))?;
    store.parameter_use(id, definition).map_err(|error| named(id, &error))?;
    tracing::info!(id, account = cx.who.account, "a search parameter was taken into use");
    Ok(())
}

/// Takes a parameter out of use, at once. What was not in use stays so.
pub fn retire(cx: &Cx, store: &Store, id: &str) -> Result<()> {
    access::may_define_parameters(cx)?;
    if store.parameter_retire(id)? {
        tracing::info!(id, account = cx.who.account, "a search parameter was taken out of use");
    }
    Ok(())
}

fn named(id: &str, error: &Error) -> Error {
    Error::new(error.kind, format!("`SearchParameter/{id}` cannot be used: {}", error.text()))
}

/// Takes out of use what the record no longer holds as active.
pub fn settle(store: &Store) -> Result<()> {
    for view in store.parameters() {
        let id = &view.parameter.id;
        let stored = store.read(&Cx::platform(), search_parameter()?, id)?;
        let active = match stored.filter(|stored| stored.op != store::Op::Delete) {
            Some(stored) => is_active(&stored.resource()?),
            None => false,
        };
        if !active && store.parameter_retire(id)? {
            tracing::info!(id, "a search parameter is no longer active and was taken out of use");
        }
    }
    Ok(())
}

fn row(store: &Store, id: &str, resource: &Resource, in_use: Option<&store::ParameterView>) -> Row {
    let text = |name: &str| resource.root().text_at(name).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let definition = Definition::of(resource);
    let fits = || definition.clone().and_then(|definition| store.parameter_fits(id, &definition));
    let (state, reason) = match in_use.map(|view| view.state) {
        Some(ParameterState::Building(percent)) => (State::Building(percent), None),
        Some(ParameterState::Ready) => (State::Ready, None),
        Some(ParameterState::Changing(percent)) => (State::Changing(percent), None),
        Some(ParameterState::Refused) | None => match fits() {
            Ok(()) => (State::Waiting, None),
            Err(error) => (State::Refused, Some(error.text().to_owned())),
        },
    };
    let wanted = in_use.and_then(|view| view.parameter.next.as_ref().or(view.parameter.now.as_ref()));
    Row {
        id: id.to_owned(),
        url: text("url"),
        code: text("code"),
        kind: text("type"),
        bases: resource.root().path("base").filter_map(fhir::Element::str).map(std::borrow::Cow::into_owned).collect(),
        expression: text("expression"),
        state,
        reason,
        changed: in_use.is_some() && definition.ok().as_ref() != wanted,
    }
}

fn search_parameter() -> Result<TypeId> {
    r4().type_named("SearchParameter").ok_or_else(|| Error::fault("the definitions hold no type `SearchParameter`"))
}

fn is_active(resource: &Resource) -> bool {
    resource.root().text_at("status").as_deref() == Some("active")
}

/// R4's own parameters can stand in the record, too; they are searched by without them.
fn is_standard(resource: &Resource) -> bool {
    let (Some(url), Some(code)) = (resource.root().text_at("url"), resource.root().text_at("code")) else {
        return false;
    };
    let of = |base: &str| r4().type_named(base).or_else(|| r4().types().next());
    let mut bases = resource.root().path("base").filter_map(fhir::Element::str);
    bases.any(|base| of(&base).and_then(|type_| r4().param(type_, &code)).is_some_and(|param| param.url == url))
}

fn active() -> Result<Search> {
    let type_ = search_parameter()?;
    let param = r4().param(type_, "status").ok_or_else(|| Error::fault("the definitions hold no `status`"))?;
    let test = ValueTest::Token { system: None, code: Some("active".to_owned()) };
    let any = param.paths.iter().map(|path| Match { path: path.path, test: test.clone() }).collect();
    Ok(Search::of(type_, vec![Criterion { param: "status".to_owned(), test: Test::Any(any) }]))
}

/// The thread that builds and drops indexes while a server runs.
pub struct Indexing {
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
}

impl Indexing {
    /// `cx` is the platform's own, with its own stop flag.
    pub fn start(store: Store, cx: Cx) -> Result<Indexing> {
        let stop = cx.stop.clone();
        let thread = thread::Builder::new().name("indexing".into()).spawn(move || run(&cx, &store));
        let thread = thread.map_err(|_| Error::fault("the thread that builds indexes could not be started"))?;
        Ok(Indexing { stop, thread: Some(thread) })
    }

    /// Ends after the slice at hand; the next start goes on from there.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.raise();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the thread that builds indexes ended in a panic");
            }
        }
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.end();
    }
}

/// Builds and drops all there is to build and to drop; for work without a server. `tell` gets resources done and in all.
pub fn finish(cx: &Cx, store: &Store, tell: &mut dyn FnMut(u64, u64)) -> Result<()> {
    settle(store)?;
    loop {
        match store.build_step(cx)? {
            BuildStep::Idle => return Ok(()),
            BuildStep::Waiting => thread::sleep(SOON),
            BuildStep::Worked(_) => {
                let (done, total) = progress(&store.builds()?);
                tell(done, total);
            }
        }
    }
}

/// Resources looked at and in all, of what is being built.
pub fn progress(builds: &[BuildView]) -> (u64, u64) {
    let building = builds.iter().filter(|build| build.state == BuildState::Building);
    building.fold((0, 0), |(done, total), build| (done + build.done.min(build.total), total + build.total))
}

fn run(cx: &Cx, store: &Store) {
    let mut seen = None;
    let mut told = BTreeMap::new();
    while !cx.stop.is_raised() {
        let watch = Stopwatch::start();
        match step(cx, store, &mut seen) {
            Ok(BuildStep::Idle) => {
                tell(store, &mut told);
                store.wait_past(seen.unwrap_or(0), IDLE);
                // It need not wake up for each commit of a busy record.
                thread::park_timeout(SOON);
            }
            Ok(BuildStep::Waiting) => thread::park_timeout(SOON),
            // Others have the writer and the disk at least half of the time.
            Ok(BuildStep::Worked(_)) => {
                tell(store, &mut told);
                thread::park_timeout(watch.elapsed().min(PAUSE_MAX));
            }
            Err(_) if cx.stop.is_raised() => {}
            Err(error) => {
                tracing::warn!(
                    kind = error.kind.name(),
                    error = error.text(),
                    "building an index waits and tries again"
                );
                thread::park_timeout(AFTER_FAILURE);
            }
        }
    }
}

fn step(cx: &Cx, store: &Store, seen: &mut Option<u64>) -> Result<BuildStep> {
    let now = store.position();
    let type_ = search_parameter()?;
    let touched = match *seen {
        Some(before) if before == now => false,
        Some(before) => store.changes(before, now)?.iter().any(|(changed, _)| *changed == type_),
        None => true,
    };
    if touched {
        settle(store)?;
    }
    *seen = Some(now);
    store.build_step(cx)
}

/// A line in the log at the beginning and at the end of each parameter's build.
fn tell(store: &Store, told: &mut BTreeMap<String, bool>) {
    let views = store.parameters();
    for view in &views {
        let (id, whole) = (&view.parameter.id, view.state == ParameterState::Ready);
        if told.insert(id.clone(), whole) != Some(whole) {
            let state = if whole { "whole" } else { "being built" };
            tracing::info!(id, state, "the index of a search parameter");
        }
    }
    told.retain(|id, _| views.iter().any(|view| view.parameter.id == *id));
}
