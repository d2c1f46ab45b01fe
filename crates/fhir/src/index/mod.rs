//! What a resource is found by: `extract` takes the values from it, `matches` holds it against one comparison.

mod composite;
mod extract;
mod holds;
mod matches;
pub mod model;
mod near;
pub(crate) mod plan;
mod read;
mod target;
mod words;

pub use composite::composite_matches;
pub use extract::{extract, extract_paths};
pub use holds::{Known, holds};
pub use matches::{matches, matches_any, value_matches};
pub use model::{Extract, IndexValue, Target, Value};
pub use near::{near_matches, position};
pub(crate) use read::contact_text;
pub(crate) use target::is_id;
pub use target::reference_target;
pub use words::{words_match, words_text};
