//! Index paths besides the whole standard ones: those of custom search parameters, and any whose index is being built or
//! dropped. What is kept on the disk are two small tables; what is in memory (`Indexes`) is made from them and replaced as
//! a whole.
//!
//! From the moment a path is being built every write carries its rows, so the job only has to bring the resources that
//! were there before. It may do so beside writers, because a version that has been replaced is left out: what replaced
//! it was indexed when it was written. A path that is not needed any more gets no new rows, and the job removes the old.

mod job;
mod parameters;

pub use job::{BuildStep, Candidate, Slice};
pub use parameters::{BuildState, BuildView, Parameter, ParameterState, ParameterView};

use base::{Error, Result};
use fhir::custom::{Custom, Definition, Percent, entry, register};
use fhir::definitions::{IndexKind, PathId, TypeId, r4};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

/// Search parameters of one's own in one store, and index paths they may need.
pub const PARAMETERS_MAX: usize = 256;
pub const PATHS_MAX: usize = 1_024;
/// Numbers of custom paths begin here; below stand those of the definitions.
pub const CUSTOM_NUMBER_MIN: i64 = 1 << 20;

/// A path that is custom or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    pub number: i64,
    pub type_: TypeId,
    pub kind: IndexKind,
    /// What a custom path reads; empty for a standard one.
    pub programs: String,
    pub state: BuildState,
    /// The feed position up to which the type's resources have been looked at.
    pub cursor: u64,
    /// Resources done, of those that were there at the beginning.
    pub done: u64,
    pub total: u64,
}

/// What a custom path is known by.
pub type PathKey = (TypeId, IndexKind, String);

/// What has to change in the table of builds for the parameters there are.
#[derive(Debug, Default)]
pub struct Changes {
    pub add: Vec<PathKey>,
    pub drop: Vec<i64>,
}

/// The index paths of a store besides the whole standard ones, at one moment.
#[derive(Default)]
pub struct Indexes {
    pub custom: Custom,
    pub builds: Vec<Build>,
    pub parameters: Vec<Parameter>,
    numbers: HashMap<PathId, i64>,
    /// Custom paths whose rows every write carries, by type.
    written: HashMap<TypeId, Vec<PathId>>,
    /// Paths being built, standard ones too, by type.
    unfinished: HashMap<TypeId, Vec<PathId>>,
    percents: HashMap<i64, Percent>,
}

impl Indexes {
    /// `standard` gives the number of each standard path. Numbers in percent go on from `before`.
    pub fn of(
        standard: &[(i64, u16)],
        parameters: Vec<Parameter>,
        builds: Vec<Build>,
        before: &Indexes,
    ) -> Result<Indexes> {
        let mut indexes = Indexes { parameters, ..Indexes::default() };
        for build in builds {
            indexes.add(standard, &build, before)?;
            indexes.builds.push(build);
        }
        for parameter in &indexes.parameters {
            let Ok(now) = parameter.now.as_ref().map_or(Ok(Vec::new()), Definition::params) else { continue };
            for (type_, param) in &now {
                indexes.custom.add_ready(*type_, param);
            }
            let Ok(next) = parameter.next.as_ref().map_or(Ok(Vec::new()), Definition::params) else { continue };
            for (type_, param) in next {
                if now.iter().any(|(of, _)| *of == type_) {
                    continue;
                }
                let numbers = param.paths.iter().filter_map(|path| indexes.numbers.get(&path.path));
                let percent = numbers.filter_map(|number| indexes.percents.get(number)).min_by_key(|one| one.get());
                indexes.custom.add_building(type_, param, &percent.cloned().unwrap_or_default());
            }
        }
        Ok(indexes)
    }

    fn add(&mut self, standard: &[(i64, u16)], build: &Build, before: &Indexes) -> Result<()> {
        if build.state == BuildState::Dropping {
            return Ok(());
        }
        let path = match build.number < CUSTOM_NUMBER_MIN {
            true => standard.iter().position(|(number, _)| *number == build.number).map(|nth| r4().paths()[nth].id),
            false => Some(register(build.type_, build.kind, &build.programs)?),
        };
        // A path that this program does not know any more.
        let Some(path) = path else { return Ok(()) };
        if build.number >= CUSTOM_NUMBER_MIN {
            self.numbers.insert(path, build.number);
            self.written.entry(build.type_).or_default().push(path);
        }
        if build.state == BuildState::Building {
            let percent = before.percents.get(&build.number).cloned().unwrap_or_default();
            percent.set(build.done, build.total);
            self.custom.add_unfinished(path, &percent);
            self.unfinished.entry(build.type_).or_default().push(path);
            self.percents.insert(build.number, percent);
        }
        Ok(())
    }

    /// The number of a custom path that this store keeps.
    pub fn number(&self, path: PathId) -> Option<i64> {
        self.numbers.get(&path).copied()
    }

    /// Custom paths whose rows a write of this type carries.
    pub fn written(&self, type_: TypeId) -> &[PathId] {
        self.written.get(&type_).map_or(&[], Vec::as_slice)
    }

    /// Paths of this type that are being built.
    pub fn unfinished(&self, type_: TypeId) -> &[PathId] {
        self.unfinished.get(&type_).map_or(&[], Vec::as_slice)
    }

    /// The paths that these builds fill, in the same order.
    fn paths_of(&self, standard: &[(i64, u16)], numbers: &[i64]) -> Vec<PathId> {
        let path = |number: &i64| match *number < CUSTOM_NUMBER_MIN {
            true => standard.iter().position(|(known, _)| known == number).map(|nth| r4().paths()[nth].id),
            false => self.numbers.iter().find(|(_, known)| *known == number).map(|(path, _)| *path),
        };
        numbers.iter().filter_map(path).collect()
    }
}

/// What is searched by, and those versions of it that somebody still uses.
#[derive(Default)]
pub struct Now {
    indexes: RwLock<Arc<Indexes>>,
    /// Batches that were prepared with one of these may still be on their way to the disk.
    older: Mutex<Vec<Weak<Indexes>>>,
    /// Up to where a build has to look: what came later was indexed when it was written.
    until: Mutex<HashMap<i64, u64>>,
}

impl Now {
    pub fn get(&self) -> Arc<Indexes> {
        self.indexes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn replace(&self, indexes: Indexes) {
        let mut now = self.indexes.write().unwrap_or_else(PoisonError::into_inner);
        let older = std::mem::replace(&mut *now, Arc::new(indexes));
        self.older.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&older));
    }

    /// Whether everything that is under way knows what is searched by now.
    pub fn is_settled(&self) -> bool {
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        older.retain(|one| one.strong_count() > 0);
        older.is_empty()
    }

    /// Up to where these builds have to look; none if one of them has not begun in this process.
    fn until(&self, numbers: &[i64]) -> Option<u64> {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.iter().try_fold(0, |max, number| until.get(number).map(|one| max.max(*one)))
    }

    fn begin(&self, numbers: &[i64], until: u64) {
        let mut begun = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        for number in numbers {
            begun.entry(*number).or_insert(until);
        }
    }
}

/// What the table of builds lacks, and what it holds in vain.
pub fn changes(parameters: &[Parameter], builds: &[Build]) -> Result<Changes> {
    let mut needed: Vec<PathKey> = Vec::new();
    for definition in parameters.iter().flat_map(|parameter| parameter.now.iter().chain(&parameter.next)) {
        // A definition that a newer program does not take any more needs nothing.
        for (_, param) in definition.params().unwrap_or_default() {
            for path in param.paths.iter().filter_map(|path| entry(path.path)) {
                let key = (path.path.type_, path.path.kind, path.programs.to_owned());
                if !needed.contains(&key) {
                    needed.push(key);
                }
            }
        }
    }
    if needed.len() > PATHS_MAX {
        return Err(Error::too_costly(format!(
            "the custom search parameters would need more than {PATHS_MAX} index paths; name fewer types as their base"
        )));
    }
    let custom = || builds.iter().filter(|one| one.number >= CUSTOM_NUMBER_MIN && one.state != BuildState::Dropping);
    let is = |build: &Build, key: &PathKey| {
        (build.type_, build.kind, build.programs.as_str()) == (key.0, key.1, key.2.as_str())
    };
    let drop = custom().filter(|build| !needed.iter().any(|key| is(build, key))).map(|build| build.number).collect();
    needed.retain(|key| !custom().any(|build| is(build, key)));
    Ok(Changes { add: needed, drop })
}

/// Parameters whose new index is whole are searched by it from now on; true if there were any.
pub fn promote(parameters: &mut [Parameter], builds: &[Build]) -> bool {
    let whole = |path: PathId| {
        let Some(entry) = entry(path) else { return true };
        builds.iter().any(|build| {
            build.state == BuildState::Whole
                && (build.type_, build.kind, build.programs.as_str())
                    == (entry.path.type_, entry.path.kind, entry.programs)
        })
    };
    let mut any = false;
    for parameter in parameters {
        let Some(params) = parameter.next.as_ref().and_then(|next| next.params().ok()) else { continue };
        if params.iter().flat_map(|(_, param)| &param.paths).all(|path| whole(path.path)) {
            parameter.now = parameter.next.take();
            any = true;
        }
    }
    any
}
