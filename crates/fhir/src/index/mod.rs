//! What a resource is found by: `extract` takes the values from it, `matches` holds it against one comparison.

mod extract;
mod matches;
pub mod model;
pub(crate) mod plan;
mod read;
mod target;

pub use extract::{extract, extract_paths};
pub use matches::{matches, matches_any, value_matches};
pub use model::{Extract, IndexValue, Target, Value};
pub(crate) use read::contact_text;
pub(crate) use target::is_id;
pub use target::reference_target;
