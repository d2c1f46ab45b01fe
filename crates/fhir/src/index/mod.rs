//! What a resource is found by.

pub mod model;
pub(crate) mod plan;

pub use model::{Extract, IndexValue, Target, Value};
