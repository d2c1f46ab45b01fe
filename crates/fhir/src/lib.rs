//! FHIR R4 4.0.1 as data: definitions, parsing and validation from bytes, references, bundles, index values, searches.
//! Pure: no store, no clock, no HTTP.

pub mod definitions;
pub mod index;
pub mod search;

pub use definitions::{Definitions, PathId, TypeId, r4};
