//! FHIR R4 4.0.1 as data: definitions, parsing and validation from bytes, references, bundles, index values, searches.
//! Pure: no store, no clock, no HTTP.

mod bundle;
pub mod custom;
mod date;
pub mod definitions;
mod element;
mod fold;
pub mod index;
mod json;
mod pinyin;
mod references;
mod resource;
pub mod search;
mod summary;
mod validate;

pub use bundle::{BundleView, EntryView};
pub use date::{Period, parse_date};
pub use definitions::{Definitions, PathId, TypeId, r4};
pub use element::{Element, Items};
pub use fold::{fold, is_han, starts_a_word};
pub use index::{Extract, IndexValue, Target, Value, extract, extract_paths, matches, reference_target};
pub use json::{Limits, write_string};
pub use pinyin::{name_keys, name_spellings};
pub use references::references_in;
pub use resource::{Body, Resource, parse, parse_trusted, render};
pub use summary::summarize;
