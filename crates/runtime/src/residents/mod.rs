//! Residents: until the identity issue, the registrations with the same valid identity number are one `Person`.
//!
//! `reaction` keeps the Persons; `search` and `row` answer who is looked for, as rows over both.

mod agree;
mod query;
mod reaction;
mod registration;
mod row;
mod search;

pub use reaction::REACTION;
pub use registration::{Registration, local_id};
pub use row::{RegistrationRow, Row, of_patient, of_person};
pub use search::{Found, Query, search};

/// Marks the Persons that the platform makes from identity numbers; Persons from elsewhere are left alone.
pub const TAG_SYSTEM: &str = "urn:jingluo:person-by";
pub const TAG_CODE: &str = "identity-number";
