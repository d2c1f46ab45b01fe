//! The index paths and parameters that stores of this process use beside the standard ones. They are kept for the life of
//! the process, because a `PathId` is a plain number that searches and index values carry; so their number is bounded.

use super::{CUSTOM_PATHS_MAX, full};
use crate::definitions::{IndexKind, IndexPath, Param, PathId, TypeId, r4};
use crate::index::plan::Plan;
use base::Result;
use std::collections::HashSet;
use std::sync::{LazyLock, PoisonError, RwLock};

/// A path beside those of the definitions, with the walk that finds its values.
#[derive(Debug)]
pub struct Entry {
    pub path: IndexPath,
    pub(crate) plan: Plan,
    /// What the path is known by, together with type and kind.
    pub programs: &'static str,
}

#[derive(Default)]
struct Registry {
    entries: Vec<&'static Entry>,
    params: Vec<&'static Param>,
    texts: HashSet<&'static str>,
}

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(RwLock::default);

/// The sign between the programs of a path.
const BETWEEN: char = ';';

/// The path of these programs (`q component valueQuantity;R …`); the same for the same type, kind and programs.
///
/// # Errors
/// `TooCostly` when the process has made `CUSTOM_PATHS_MAX` of them.
pub fn register(type_: TypeId, kind: IndexKind, programs: &str) -> Result<PathId> {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    let same =
        |entry: &&&'static Entry| entry.path.type_ == type_ && entry.path.kind == kind && entry.programs == programs;
    if let Some(entry) = registry.entries.iter().find(same) {
        return Ok(entry.path.id);
    }
    if registry.entries.len() >= CUSTOM_PATHS_MAX {
        return Err(full());
    }
    let first = r4().paths().len();
    let id = PathId(u16::try_from(first + registry.entries.len()).map_err(|_| full())?);
    let programs: &'static str = Box::leak(programs.to_owned().into_boxed_str());
    let key: &'static str = Box::leak(key(type_, programs).into_boxed_str());
    let mut plan = Plan::default();
    for program in programs.split(BETWEEN) {
        plan.add(id, program).ok_or_else(|| base::Error::fault(format!("the program `{program}` cannot be read")))?;
    }
    plan.finish();
    let path = IndexPath { id, type_, key, kind, ordinal: IndexPath::NO_BIT };
    registry.entries.push(Box::leak(Box::new(Entry { path, plan, programs })));
    Ok(id)
}

/// A path beside those of the definitions; none for a standard one.
pub fn entry(id: PathId) -> Option<&'static Entry> {
    let nth = usize::from(id.0).checked_sub(r4().paths().len())?;
    REGISTRY.read().unwrap_or_else(PoisonError::into_inner).entries.get(nth).copied()
}

/// Keeps a parameter; the same one for equal ones.
pub fn keep(param: Param) -> Result<&'static Param> {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = registry.params.iter().find(|kept| ***kept == param) {
        return Ok(kept);
    }
    if registry.params.len() >= CUSTOM_PATHS_MAX {
        return Err(full());
    }
    let kept: &'static Param = Box::leak(Box::new(param));
    registry.params.push(kept);
    Ok(kept)
}

/// Keeps a text, for what a parameter is named.
pub fn keep_text(text: &str) -> &'static str {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = registry.texts.get(text) {
        return kept;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    registry.texts.insert(kept);
    kept
}

/// Such as `Patient.extension[url=…].valueString`.
fn key(type_: TypeId, programs: &str) -> String {
    let words = programs.split(BETWEEN).filter_map(|program| program.split_once(' '));
    let words: Vec<String> = words.map(|(_, words)| words.replace(' ', ".")).collect();
    let spelled = match programs.split(' ').next() {
        Some("y") => "#pinyin",
        Some("z") => "#parts",
        _ => "",
    };
    format!("{}.{}{spelled}", r4().type_name(type_), words.join("|"))
}
