//! Searches: from the parameters of a query string to a `Search`, which is plain data.
//!
//! <https://hl7.org/fhir/R4/search.html>

mod chain;
mod composite;
mod criterion;
mod filter;
mod include;
pub mod model;
mod near;
mod number;
mod parse;
mod reading;
mod special;
mod text;
mod values;

pub use crate::date::{Period, parse_date};
pub use model::{
    Circle, Composite, Criterion, DateTest, Include, Match, NamePart, NumberTest, Prefix, Search, Sort, SortBy,
    Summary, Terms, Test, TextHow, Total, UriHow, ValueTest, WordsOf,
};
pub use parse::{Handling, parse_search, parse_search_with};
