//! What a rule table is, and a row of it.

use crate::program::{Said, Words};
use base::Millis;
use std::collections::BTreeMap;

/// A table of rules that a program brings.
pub struct RuleTable {
    /// `program.noun`, such as `recognition.window`; never changed.
    pub name: &'static str,
    pub title: Words,
    pub about: Words,
    pub columns: &'static [RuleColumn],
    /// The shipped rows, CSV: the columns `scope`, `from`, `to`, `applies_by`, `source`, `sure`, then those of the table.
    pub seeds: &'static [&'static str],
    /// What the columns' kinds cannot say.
    pub check: fn(&Row) -> Result<(), Said>,
}

pub struct RuleColumn {
    pub key: &'static str,
    pub title: Words,
    pub kind: ValueKind,
    pub required: bool,
    /// Rows of the same key stand for each other; one of them holds on a day at a place.
    pub is_key: bool,
    pub unit: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    /// One of these.
    Code(&'static [&'static str]),
    /// Texts parted by `;`.
    Texts,
    Integer,
    Flag,
    /// `2026-11-22`
    Date,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Text(String),
    Texts(Vec<String>),
    Integer(i64),
    Flag(bool),
    /// Days since 1970-01-01.
    Date(i32),
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Id of the `Library`.
    pub id: String,
    /// Counts the changes of this row.
    pub version: u32,
    pub scope: Scope,
    /// First and last local day on which it holds, as days since 1970-01-01.
    pub from: i32,
    pub to: Option<i32>,
    pub recorded: Millis,
    pub applies_by: AppliesBy,
    pub source: String,
    pub sure: Sure,
    /// Came with the program; a local row outranks it.
    pub shipped: bool,
    pub values: BTreeMap<String, Value>,
}

/// Where a rule holds. The narrowest one that fits outranks the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Nation,
    City,
    /// Code of the district.
    District(String),
    /// Id of the Organization.
    Institution(String),
}

/// The day that decides which row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesBy {
    Event,
    Decision,
    Birth,
}

/// How sure the row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    Yes,
    Unsure,
    /// Set by the city or an institution for itself.
    Local,
}

/// Where a rule is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub district: Option<String>,
    pub institution: Option<String>,
}

impl Row {
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.values.get(column) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn texts(&self, column: &str) -> &[String] {
        match self.values.get(column) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub fn integer(&self, column: &str) -> Option<i64> {
        match self.values.get(column) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// False where it is left out.
    pub fn flag(&self, column: &str) -> bool {
        matches!(self.values.get(column), Some(Value::Flag(true)))
    }

    /// What an explanation names: the row and its version.
    pub fn name(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }
}
