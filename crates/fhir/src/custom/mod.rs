//! Search parameters that are not R4's own: what a SearchParameter resource must look like to be searched by, the index
//! paths it needs, and which of them a store has ready.

mod compile;
mod definition;
mod expression;
mod paths;
mod registry;

pub use compile::{Reads, compile};
pub use definition::Definition;
pub use paths::each_path;
pub use registry::{Entry, entry, register};

use crate::definitions::{Param, PathId, TypeId, r4};
use crate::search::Search;
use base::{Error, Kind, Result};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Index paths that a process makes for custom parameters; each costs about a kilobyte for as long as it lives.
pub const CUSTOM_PATHS_MAX: usize = 4_096;
/// Characters of the expression and of the code of a custom parameter.
pub const EXPRESSION_CHARS_MAX: usize = 2_000;
pub const NAME_CHARS_MAX: usize = 64;

/// How far an index is built, in percent; shared by all who ask while the number grows.
#[derive(Clone, Debug, Default)]
pub struct Percent(Arc<AtomicU32>);

impl Percent {
    pub fn set(&self, done: u64, total: u64) {
        let percent = (100 * done.min(total)).checked_div(total).unwrap_or(0).min(99);
        self.0.store(percent as u32, Ordering::Relaxed);
    }

    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a store can be searched by besides the standard parameters, and what it cannot be searched by yet.
#[derive(Clone, Debug, Default)]
pub struct Custom {
    /// Those whose index is whole.
    ready: BTreeMap<(TypeId, &'static str), &'static Param>,
    /// Those whose index is being built for the first time.
    building: BTreeMap<(TypeId, &'static str), Percent>,
    /// Index paths, standard ones too, that are not whole.
    unfinished: HashMap<PathId, Percent>,
    /// The custom paths that are whole.
    whole: HashSet<PathId>,
}

impl Custom {
    /// Adds a parameter whose paths are whole.
    pub fn add_ready(&mut self, type_: TypeId, param: &'static Param) {
        self.whole.extend(param.paths.iter().map(|path| path.path));
        self.ready.insert((type_, param.name), param);
    }

    /// Adds a parameter that cannot be searched by yet.
    pub fn add_building(&mut self, type_: TypeId, param: &'static Param, percent: &Percent) {
        self.building.insert((type_, param.name), percent.clone());
    }

    /// An index path, standard or custom, that is not whole.
    pub fn add_unfinished(&mut self, path: PathId, percent: &Percent) {
        self.unfinished.insert(path, percent.clone());
    }

    /// The parameter of a type: a standard one, or a custom one that is ready.
    ///
    /// # Errors
    /// `Busy` for one whose index is being built.
    pub fn param(&self, type_: TypeId, name: &str) -> Result<Option<&'static Param>> {
        let param = r4().param(type_, name).or_else(|| self.own(type_, name));
        if let Some(param) = param {
            self.whole(param.name, param.paths.iter().map(|path| path.path))?;
            return Ok(Some(param));
        }
        let key = self.building.iter().find(|((of, code), _)| *of == type_ && *code == name);
        match key {
            Some((_, percent)) => Err(unfinished(name, percent)),
            None => Ok(None),
        }
    }

    fn own(&self, type_: TypeId, name: &str) -> Option<&'static Param> {
        self.params_of(type_).find(|param| param.name == name)
    }

    /// The custom parameters of a type that can be searched by, by name.
    pub fn params_of(&self, type_: TypeId) -> impl Iterator<Item = &'static Param> + '_ {
        self.ready.range((type_, "")..).take_while(move |((of, _), _)| *of == type_).map(|(_, param)| *param)
    }

    /// Whether anything is searched otherwise than the definitions say.
    pub fn is_plain(&self) -> bool {
        self.ready.is_empty() && self.unfinished.is_empty()
    }

    /// Whether a search reads only index paths that are whole in this store.
    ///
    /// # Errors
    /// `Busy` where it reads one that is being built, or one that this store does not keep (any more).
    pub fn allows(&self, search: &Search) -> Result<()> {
        let mut refused = Ok(());
        let mut look = |name: &str, path: PathId| {
            if refused.is_ok() {
                refused = self.whole(name, std::iter::once(path)).and_then(|()| self.kept(name, path));
            }
        };
        each_path(search, &mut look);
        refused
    }

    fn whole(&self, name: &str, mut paths: impl Iterator<Item = PathId>) -> Result<()> {
        if self.unfinished.is_empty() {
            return Ok(());
        }
        match paths.find_map(|path| self.unfinished.get(&path)) {
            Some(percent) => Err(unfinished(name, percent)),
            None => Ok(()),
        }
    }

    fn kept(&self, name: &str, path: PathId) -> Result<()> {
        match r4().is_standard(path) || self.whole.contains(&path) {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Busy,
                format!("the search parameter `{name}` has just changed; send the search again"),
            )),
        }
    }
}

fn unfinished(name: &str, percent: &Percent) -> Error {
    Error::new(
        Kind::Busy,
        format!(
            "the index of the search parameter `{name}` is being built and {} % done, so it finds nothing yet; leave it \
             out or come back when it is whole",
            percent.get()
        ),
    )
}

pub(super) fn full() -> Error {
    Error::too_costly(format!(
        "{CUSTOM_PATHS_MAX} custom index paths have been made since the server started; restart it to make more"
    ))
}
