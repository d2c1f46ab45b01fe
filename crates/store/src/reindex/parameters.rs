//! Taking search parameters of one's own into use and out of it, and showing how they stand.

use super::{Changes, Indexes, PARAMETERS_MAX, changes, promote};
use crate::backend::Engine;
use crate::shared::Shared;
use crate::store::Store;
use base::{Error, Result};
use fhir::custom::Definition;
use fhir::definitions::{TypeId, r4};
use std::sync::Arc;

/// A search parameter in use, by the id of its SearchParameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub id: String,
    /// What is searched by; none while its first index is built.
    pub now: Option<Definition>,
    /// What will be, when its index is whole.
    pub next: Option<Definition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildState {
    Building,
    Whole,
    Dropping,
}

impl BuildState {
    pub const fn name(self) -> &'static str {
        match self {
            BuildState::Building => "building",
            BuildState::Whole => "whole",
            BuildState::Dropping => "dropping",
        }
    }

    pub(crate) const fn number(self) -> i64 {
        match self {
            BuildState::Building => 0,
            BuildState::Whole => 1,
            BuildState::Dropping => 2,
        }
    }

    pub(crate) const fn numbered(number: i64) -> BuildState {
        match number {
            0 => BuildState::Building,
            1 => BuildState::Whole,
            _ => BuildState::Dropping,
        }
    }
}

/// How a search parameter in use stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterState {
    /// It cannot be searched by yet; done so far in percent.
    Building(u32),
    Ready,
    /// It is searched by as before, while the index of its new definition is built.
    Changing(u32),
    /// Kept, but this program does not take its definition.
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterView {
    pub parameter: Parameter,
    pub state: ParameterState,
}

/// An index path that is custom or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildView {
    pub type_: TypeId,
    /// Such as `Patient.extension[url=…].valueString`.
    pub key: String,
    pub state: BuildState,
    pub done: u64,
    pub total: u64,
}

impl Store {
    /// What can be searched by besides the standard parameters, and what cannot yet; for `parse_search`.
    pub fn indexes(&self) -> Arc<Indexes> {
        self.shared.now.get()
    }

    /// Takes a definition into use: its index is built from now on, and searched by when it is whole. A parameter that is
    /// in use with another definition is searched by that until then. Who may do so is the caller's question.
    ///
    /// # Errors
    /// `Unsupported` for a definition that cannot be used, `Conflict` where another one has its name.
    pub fn parameter_use(&self, id: &str, definition: Definition) -> Result<()> {
        definition.params()?;
        let id = id.to_owned();
        self.change_parameters(move |parameters| {
            no_clash(parameters, &id, &definition)?;
            let at = parameters.iter().position(|parameter| parameter.id == id);
            let at = at.unwrap_or_else(|| {
                parameters.push(Parameter { id, now: None, next: None });
                parameters.len() - 1
            });
            if parameters.len() > PARAMETERS_MAX {
                return Err(Error::too_costly(format!(
                    "{PARAMETERS_MAX} custom search parameters are in use; retire one first"
                )));
            }
            let parameter = &mut parameters[at];
            parameter.next = (parameter.now.as_ref() != Some(&definition)).then_some(definition);
            Ok(())
        })
    }

    /// Whether a definition could be taken into use under this id.
    ///
    /// # Errors
    /// As `parameter_use`.
    pub fn parameter_fits(&self, id: &str, definition: &Definition) -> Result<()> {
        definition.params()?;
        no_clash(&self.indexes().parameters, id, definition)
    }

    /// Takes a parameter out of use, at once; its rows are removed later. False if it was not in use.
    pub fn parameter_retire(&self, id: &str) -> Result<bool> {
        if !self.indexes().parameters.iter().any(|parameter| parameter.id == id) {
            return Ok(false);
        }
        let id = id.to_owned();
        self.change_parameters(move |parameters| {
            parameters.retain(|parameter| parameter.id != id);
            Ok(())
        })?;
        Ok(true)
    }

    /// The search parameters in use.
    pub fn parameters(&self) -> Vec<ParameterView> {
        let indexes = self.indexes();
        let view = |parameter: &Parameter| {
            let percent = || indexes.percent_of(parameter.next.as_ref());
            let state = match (&parameter.now, &parameter.next) {
                (Some(now), _) if now.params().is_err() => ParameterState::Refused,
                (Some(_), None) => ParameterState::Ready,
                (Some(_), Some(_)) => ParameterState::Changing(percent()),
                (None, Some(next)) if next.params().is_err() => ParameterState::Refused,
                (None, _) => ParameterState::Building(percent()),
            };
            ParameterView { parameter: parameter.clone(), state }
        };
        indexes.parameters.iter().map(view).collect()
    }

    /// The index paths that are custom or not whole.
    pub fn builds(&self) -> Result<Vec<BuildView>> {
        let (_, builds) = self.shared.backend.reading().indexes()?;
        let standard = |number: i64| {
            let nth = self.shared.standard_paths().iter().position(|(known, _)| *known == number);
            nth.map(|nth| r4().paths()[nth].key.to_owned())
        };
        let view = |build: super::Build| {
            let words = build.programs.split(';').filter_map(|program| program.split_once(' '));
            let words: Vec<String> = words.map(|(_, words)| words.replace(' ', ".")).collect();
            let key = format!("{}.{}", r4().type_name(build.type_), words.join("|"));
            let key = standard(build.number).unwrap_or(key);
            BuildView { type_: build.type_, key, state: build.state, done: build.done, total: build.total }
        };
        Ok(builds.into_iter().map(view).collect())
    }

    fn change_parameters(&self, edit: impl FnOnce(&mut Vec<Parameter>) -> Result<()> + Send + 'static) -> Result<()> {
        let shared = self.shared.clone();
        self.task(move |engine| shared.change_parameters(engine, edit))
    }
}

impl Shared {
    /// Changes the parameters on the disk, lays the builds for them, and searches by the result.
    pub(crate) fn change_parameters(
        &self,
        engine: &mut Engine,
        edit: impl FnOnce(&mut Vec<Parameter>) -> Result<()>,
    ) -> Result<()> {
        let (mut parameters, builds) = engine.indexes()?;
        edit(&mut parameters)?;
        promote(&mut parameters, &builds);
        let changes: Changes = changes(&parameters, &builds)?;
        let before = self.now.get();
        let mut made = None;
        engine.keep_indexes(&parameters, &changes, &mut |parameters, builds| {
            made = Some(Indexes::of(self.standard_paths(), parameters, builds, &before)?);
            Ok(())
        })?;
        if let Some(indexes) = made {
            self.now.replace(indexes);
        }
        Ok(())
    }
}

impl Indexes {
    /// How far the least advanced path of a definition is.
    fn percent_of(&self, definition: Option<&Definition>) -> u32 {
        let params = definition.and_then(|definition| definition.params().ok()).unwrap_or_default();
        let paths = params.iter().flat_map(|(_, param)| &param.paths);
        let percents = paths.filter_map(|path| self.percents.get(&self.number(path.path)?));
        percents.map(fhir::custom::Percent::get).min().unwrap_or(0)
    }
}

/// Another parameter in use has the same name at the same type.
fn no_clash(parameters: &[Parameter], id: &str, definition: &Definition) -> Result<()> {
    for other in parameters.iter().filter(|other| other.id != id) {
        for theirs in other.now.iter().chain(&other.next).filter(|theirs| theirs.code == definition.code) {
            if let Some(type_) = theirs.bases.iter().find(|type_| definition.bases.contains(type_)) {
                return Err(Error::conflict(format!(
                    "`{}` of {} is defined by `SearchParameter/{}` already; retire that one or choose another code",
                    definition.code,
                    r4().type_name(*type_),
                    other.id
                )));
            }
        }
    }
    Ok(())
}
