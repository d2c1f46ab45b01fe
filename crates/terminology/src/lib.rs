//! Code systems and value sets as the stored resources say them: which codes a value set holds, what lies below and
//! above a code. Pure: the caller finds the resources. What is not known is an error, never a guess.

mod code_system;
mod codes;
mod filter;
mod value_set;

pub use code_system::CodeSystem;
pub use codes::Codes;
pub use filter::Filter;
pub use value_set::expand;

use base::Result;
use fhir::Resource;

/// A resource that terminology needs; the newest where no version is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    ValueSet { url: &'a str, version: Option<&'a str> },
    CodeSystem { url: &'a str, version: Option<&'a str> },
}

/// How the caller finds a resource; none where there is none.
pub type Find<'a> = dyn FnMut(Wanted<'_>) -> Result<Option<Resource>> + 'a;

/// A canonical reference in its parts: `http://example.org/vs|2` is the URL and the version 2.
pub fn canonical(text: &str) -> (&str, Option<&str>) {
    match text.split_once('|') {
        Some((url, version)) => (url, Some(version).filter(|version| !version.is_empty())),
        None => (text, None),
    }
}
