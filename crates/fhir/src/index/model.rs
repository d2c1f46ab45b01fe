//! What a resource is found by: the values that `extract` takes from it, one an index row.

use crate::definitions::{PathId, TypeId};
use base::Millis;

/// All that the store needs to know of a resource besides its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extract {
    /// The values, without repetition, in the order of their paths.
    pub values: Vec<IndexValue>,
    /// The main date of a clinical resource (effective, period, recorded …; the start where it is a period).
    pub main_date: Option<Millis>,
    /// The patients in whose compartment the resource lies, the owner first: `subject`, `patient`, then the
    /// compartment's parameters in their order. For a Person its linked registrations in order.
    pub patients: Vec<Target>,
    /// The institution of a Patient (`managingOrganization`), where it is a local reference.
    pub organization: Option<Target>,
    /// It has more than `INDEX_VALUES_MAX` values; those beyond are not in `values`.
    pub cut: bool,
}

/// One value under one index path.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexValue {
    pub path: PathId,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A coded value; `system` is empty where there is none. `texts` are the folded display and concept text.
    /// A concept with a text and no coding has an empty `system` and `code`.
    Token {
        system: String,
        code: String,
        texts: Vec<String>,
    },
    /// A value that is nearly unique: Identifier, ContactPoint (its system is `phone`, `email` …).
    Identifier {
        system: String,
        value: String,
    },
    Reference(Target),
    /// Folded by `fold` and cut to `INDEX_TEXT_BYTES_MAX`.
    Text(String),
    /// The half-open period [start, end) that the value covers at its precision; an open side is `Millis::MIN`/`MAX`.
    Date {
        start: Millis,
        end: Millis,
    },
    /// `low` = `high` for a number; a Range has two.
    Number {
        low: f64,
        high: f64,
    },
    /// `system` and `code` are the coded unit, `unit` the printed one; each may be empty.
    Quantity {
        low: f64,
        high: f64,
        system: String,
        code: String,
        unit: String,
    },
    /// A uri, url or canonical (its version after `|` kept apart).
    Uri {
        uri: String,
        version: String,
    },
}

/// What a reference points at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A resource of this server: `Patient/23`, with or without `/_history/n`.
    Local { type_: TypeId, id: String },
    /// An absolute URL elsewhere, a `urn:`, or a canonical without its version.
    Url(String),
}
