//! `_filter`: tests joined by `and`, `or` and `not`.
//!
//! <https://hl7.org/fhir/R4/search_filter.html>

use super::model::Test;
use super::parse::Context;
use crate::definitions::TypeId;
use base::{Error, Result};

pub(super) fn filter(_: &Context<'_>, _: TypeId, _: &str, _: usize) -> Result<Test> {
    Err(Error::unsupported("the parameter `_filter` is not supported; leave it out"))
}
