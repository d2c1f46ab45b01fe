//! What a rule table is, and a row of it.

use super::table::Rules;
use crate::program::{Env, Said, Words};
use base::zone::day_text;
use base::{Cx, Millis, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Between the cells of a key; a cell never holds it.
const KEY_BREAK: char = '\u{1f}';

/// A table of rules that a program brings.
pub struct RuleTable {
    /// `program.noun`, such as `recognition.window`; never changed.
    pub name: &'static str,
    pub title: Words,
    pub about: Words,
    pub columns: &'static [RuleColumn],
    /// The shipped rows, CSV: the columns `scope`, `from`, `to`, `applies_by`, `source`, `sure`, then those of the table.
    pub seeds: &'static [&'static str],
    /// What the demonstration city has set for itself, in the same form. No real deployment gets these rows.
    pub demo_seeds: &'static [&'static str],
    /// What the columns' kinds cannot say.
    pub check: fn(&Row) -> std::result::Result<(), Said>,
    /// What a change would have done, for whoever decides about it; none where only the rules themselves tell.
    pub dry_run: Option<DryRun>,
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
    /// It says that nothing holds: from here on there is no rule of this key, whatever a wider scope or the program says.
    pub lifted: bool,
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

/// The days that a row may go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub event: i32,
    pub decision: i32,
    /// Without it no row that goes by the birth holds.
    pub birth: Option<i32>,
}

/// What a program can tell about a change.
pub type DryRun = fn(&Cx, &Env, &Trial) -> Result<Found>;

/// The rules without a change and with it, for a dry run. Both stand still: on whatever day they are asked for, they
/// answer as on `day`, so that decisions of the past can be made again as if the change had held then.
pub struct Trial {
    pub before: Arc<Rules>,
    pub after: Arc<Rules>,
    /// The rows that would be put or taken back.
    pub rows: Vec<Row>,
    /// The first day on which all of the change holds.
    pub day: i32,
    /// First and last local day of what is decided again.
    pub from: i32,
    pub to: i32,
}

/// What a dry run found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub figures: Vec<Figure>,
    /// Cases that would be decided otherwise, as many as fit a page.
    pub examples: Vec<Example>,
    /// What the reader has to know, such as that only a part was looked at.
    pub notes: Vec<Said>,
}

/// A count without and with the change.
#[derive(Clone, Debug)]
pub struct Figure {
    pub title: Words,
    pub before: i64,
    pub after: i64,
}

#[derive(Clone, Debug)]
pub struct Example {
    /// It comes in with the change; otherwise it goes.
    pub gained: bool,
    pub text: Said,
    /// What to open, such as `DiagnosticReport/12`; only where the reader may see it.
    pub resource: Option<String>,
}

impl Days {
    /// The same day for event and decision, and no birth.
    pub fn on(day: i32) -> Days {
        Days { event: day, decision: day, birth: None }
    }

    pub fn of(self, applies_by: AppliesBy) -> Option<i32> {
        match applies_by {
            AppliesBy::Event => Some(self.event),
            AppliesBy::Decision => Some(self.decision),
            AppliesBy::Birth => self.birth,
        }
    }
}

impl Scope {
    /// How wide it is: an institution 0, the nation 3.
    pub const fn width(&self) -> u8 {
        match self {
            Scope::Institution(_) => 0,
            Scope::District(_) => 1,
            Scope::City => 2,
            Scope::Nation => 3,
        }
    }

    pub const fn level(&self) -> &'static str {
        match self {
            Scope::Nation => "nation",
            Scope::City => "city",
            Scope::District(_) => "district",
            Scope::Institution(_) => "institution",
        }
    }

    /// Which district or institution.
    pub fn code(&self) -> Option<&str> {
        match self {
            Scope::Nation | Scope::City => None,
            Scope::District(code) | Scope::Institution(code) => Some(code),
        }
    }

    /// From its level and code; none where they do not go together.
    pub fn named(level: &str, code: Option<&str>) -> Option<Scope> {
        match (level, code.filter(|code| !code.is_empty())) {
            ("nation", None) => Some(Scope::Nation),
            ("city", None) => Some(Scope::City),
            ("district", Some(code)) => Some(Scope::District(code.to_owned())),
            ("institution", Some(id)) => Some(Scope::Institution(id.to_owned())),
            _ => None,
        }
    }

    /// Whether it reaches a place.
    pub fn holds_at(&self, place: &Place) -> bool {
        match self {
            Scope::Nation | Scope::City => true,
            Scope::District(code) => place.district.as_ref() == Some(code),
            Scope::Institution(id) => place.institution.as_ref() == Some(id),
        }
    }
}

impl fmt::Display for Scope {
    /// As a cell of a CSV file holds it: `city`, `district:339901`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{}:{code}", self.level()),
            None => f.write_str(self.level()),
        }
    }
}

impl AppliesBy {
    pub const ALL: [AppliesBy; 3] = [AppliesBy::Event, AppliesBy::Decision, AppliesBy::Birth];

    pub const fn name(self) -> &'static str {
        match self {
            AppliesBy::Event => "event",
            AppliesBy::Decision => "decision",
            AppliesBy::Birth => "birth",
        }
    }

    pub fn named(name: &str) -> Option<AppliesBy> {
        AppliesBy::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Sure {
    pub const ALL: [Sure; 3] = [Sure::Yes, Sure::Unsure, Sure::Local];

    pub const fn name(self) -> &'static str {
        match self {
            Sure::Yes => "yes",
            Sure::Unsure => "unsure",
            Sure::Local => "local",
        }
    }

    pub fn named(name: &str) -> Option<Sure> {
        Sure::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Value {
    /// As a cell of a CSV file holds it.
    pub fn cell(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Texts(texts) => texts.join(";"),
            Value::Integer(number) => number.to_string(),
            Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Value::Date(day) => day_text(*day),
        }
    }
}

impl RuleTable {
    pub fn column(&self, key: &str) -> Option<&'static RuleColumn> {
        self.columns.iter().find(|column| column.key == key)
    }

    pub fn key_columns(&self) -> impl Iterator<Item = &'static RuleColumn> {
        self.columns.iter().filter(|column| column.is_key)
    }

    /// What tells a row from the others: its values in the key columns.
    pub fn key_of(&self, row: &Row) -> String {
        key_of(self.key_columns().map(|column| row.values.get(column.key).map(Value::cell).unwrap_or_default()))
    }
}

/// A key from the cells of its columns.
pub(super) fn key_of(cells: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut key = String::with_capacity(32);
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            key.push(KEY_BREAK);
        }
        key.push_str(cell.as_ref());
    }
    key
}

impl Row {
    /// Whether the day that it goes by is one of its days.
    pub fn holds_on(&self, days: &Days) -> bool {
        days.of(self.applies_by).is_some_and(|day| self.from <= day && self.to.is_none_or(|to| day <= to))
    }

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
