//! Holds a tree against the R4 definitions in one walk and collects what is wrong.

mod coded;
mod dates;
mod extension;
mod issues;
mod near;
mod primitive;
mod walk;
mod xhtml;

use crate::definitions::TypeId;
use crate::json::Tree;
use base::Result;
use walk::Walk;

/// The type of the resource, or all that is wrong with it, up to `issues_max` issues.
pub(crate) fn validate(tree: &Tree, issues_max: usize) -> Result<TypeId> {
    let mut walk = Walk::new(tree, issues_max);
    let type_ = walk.root();
    walk.found.finish(type_)
}
