//! A search as data: parsed from a query string, carried out by the store, also as a guard of a batch.

use crate::definitions::{PathId, TypeId};
use crate::index::Target;
use base::{Issue, Millis};

/// One search of one resource type.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub type_: TypeId,
    /// All of them must hold.
    pub criteria: Vec<Criterion>,
    pub sort: Vec<Sort>,
    /// `_count`; none means the default. 0 is the same as `_summary=count`.
    pub count: Option<usize>,
    pub includes: Vec<Include>,
    pub summary: Summary,
    /// `_elements`, empty for all.
    pub elements: Vec<String>,
    pub total: Total,
    /// The opaque text of a page link.
    pub page: Option<String>,
    /// The parameters as carried out, for the self link, in their order.
    pub as_run: Vec<(String, String)>,
    /// What was ignored under `handling=lenient`.
    pub warnings: Vec<Issue>,
    /// `_explain=true`: tell how the search was run and what it cost.
    pub explain: bool,
}

impl Search {
    /// A plain search of a type by criteria.
    pub fn of(type_: TypeId, criteria: Vec<Criterion>) -> Search {
        Search {
            type_,
            criteria,
            sort: Vec::new(),
            count: None,
            includes: Vec::new(),
            summary: Summary::False,
            elements: Vec::new(),
            total: Total::None,
            page: None,
            as_run: Vec::new(),
            warnings: Vec::new(),
            explain: false,
        }
    }
}

/// One parameter of the search, or one part of it that must hold by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// As the caller wrote it, such as `birthdate` or `subject:Patient.name`; for messages.
    pub param: String,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// At least one of these matches.
    Any(Vec<Match>),
    /// None of these matches (`:not`).
    None(Vec<Match>),
    /// No value (`true`) or some value (`false`) under any of the paths.
    Missing {
        paths: Vec<PathId>,
        missing: bool,
    },
    /// Values that must hold together in one place of the resource.
    Composite(Composite),
    /// A reference under one of the paths points at a resource of `type_` that meets `inner`.
    Chain {
        paths: Vec<PathId>,
        type_: TypeId,
        inner: Vec<Criterion>,
    },
    /// `_has`: a resource of `type_` that meets `inner` refers to this one under one of its `paths`.
    Has {
        type_: TypeId,
        paths: Vec<PathId>,
        inner: Vec<Criterion>,
    },
    /// `_id`, one of these.
    Id(Vec<String>),
    /// `_lastUpdated`; one of these holds.
    LastUpdated(Vec<DateTest>),
    /// In the compartment of any registration linked to one of these Persons (`resident=`).
    Resident(Vec<String>),
    /// `_list`: an entry of one of these Lists (ids).
    List(Vec<String>),
    /// `_text`, `_content`: one of these alternatives, of which every folded word is in the text.
    Words {
        of: WordsOf,
        any: Vec<Vec<String>>,
    },
    /// `near`: one of these circles holds the position.
    Near(Vec<Circle>),
    /// `:in`, `:not-in` and the hierarchical `:above`, `:below` of tokens: to be replaced by what stored terminology says
    /// (`runtime`) before the store sees it.
    Terms {
        paths: Vec<PathId>,
        any: Vec<Terms>,
        not: bool,
    },
    /// `:below`, `:above` of references: points at a `type_` that is one of `ids`, or hangs below (above) one of them along
    /// `parents`, the reference paths by which a `type_` names what it is part of.
    Hierarchy {
        paths: Vec<PathId>,
        type_: TypeId,
        ids: Vec<String>,
        parents: Vec<PathId>,
        above: bool,
    },
    /// Of `_filter`, of chains that can mean several types, and of parameters that mean several things at once. An empty
    /// `All` always holds, an empty `Either` never.
    All(Vec<Test>),
    Either(Vec<Test>),
    Not(Box<Test>),
}

/// A composite parameter: alternatives, each a value for every part.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    pub type_: TypeId,
    /// The parameter's name, by which `index::composite_matches` finds where its parts stand.
    pub name: &'static str,
    /// Alternative → part → matches, one of which must hold. The paths are those of the whole resource, so an index gives
    /// candidates; whether the parts stand together only the body tells.
    pub any: Vec<Vec<Vec<Match>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordsOf {
    /// `_text`: the narrative.
    Narrative,
    /// `_content`: every string of the resource.
    Everything,
}

/// A place on the earth and a distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    pub latitude: f64,
    pub longitude: f64,
    pub metres: f64,
}

/// Codes that stored terminology knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Terms {
    /// Of this ValueSet: a canonical URL (with `|version`), or `ValueSet/id`.
    ValueSet(String),
    /// The code and what is below it in its CodeSystem.
    Below { system: String, code: String },
    /// The code and what is above it.
    Above { system: String, code: String },
}

/// One path compared with one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub path: PathId,
    pub test: ValueTest,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ValueTest {
    /// `system`: none = any, empty = without a system. `code`: none = any of the system.
    Token {
        system: Option<String>,
        code: Option<String>,
    },
    /// `:below` on a mime type: this one with any parameters, or any of this kind (`image`).
    MimeType(String),
    /// `:text`: display or text starts with this (folded), as a whole or at a word. Under a token path the index holds the
    /// texts; under the path of an identifier (the text of its type), a reference (its display) or a string only the
    /// body tells.
    TokenText(String),
    /// Also of a reference path, for the identifier in the reference (`subject:identifier`).
    Identifier {
        system: Option<String>,
        value: Option<String>,
    },
    /// `:of-type`: the value of an identifier whose `type` has this coding. The index tells the value, the body the type.
    IdentifierOfType {
        system: String,
        code: String,
        value: String,
    },
    /// Points at this target. A `Local` with an empty id asks for any target of its type (`patient:missing`).
    Reference(Target),
    /// A canonical reference with this version, or `below` it (`1` is above `1.2`). The index tells the uri, the body the
    /// version.
    Canonical {
        uri: String,
        version: String,
        below: bool,
    },
    /// Folded text.
    Text {
        how: TextHow,
        folded: String,
        original: String,
    },
    /// A family or given name in Han characters whose pinyin starts with this. Under a path of spelled names: its rows that
    /// start so are candidates, the body tells.
    Spelled {
        part: NamePart,
        start: String,
    },
    Date(DateTest),
    Number(NumberTest),
    /// `system` none = any; `code` is compared with the coded and, where `system` is none, the printed unit.
    Quantity {
        number: NumberTest,
        system: Option<String>,
        code: Option<String>,
    },
    Uri {
        how: UriHow,
        uri: String,
        version: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextHow {
    /// The folded value starts with the folded text.
    Starts,
    Contains,
    /// The folded value ends with the folded text.
    Ends,
    /// The folded value is the folded text.
    Equal,
    /// Equal to `original` with case and accents.
    Exact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePart {
    Family,
    Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriHow {
    Equal,
    /// `:below`: starts with it at a path border.
    Below,
    /// `:above`: it starts with the value.
    Above,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
}

/// A comparison with the period [start, end) that the search value covers at its precision. For a row [lo, hi):
/// eq: lo ≥ start and hi ≤ end · ne: not eq · gt: hi > end · ge: hi > start (what `gt` or `eq` finds, and what
/// overlaps) · lt: lo < start · le: lo < end · sa: lo ≥ end · eb: hi ≤ start · ap: overlaps, with `start` and `end`
/// already widened by the parser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateTest {
    pub prefix: Prefix,
    pub start: Millis,
    pub end: Millis,
}

/// A comparison with the number `value` whose written precision covers [low, high). For a row (lo, hi):
/// eq: lo ≥ low and hi < high · ne: not eq · gt: hi > value · lt: lo < value · ge, le alike with equality ·
/// sa: lo > value · eb: hi < value · ap: overlaps [low, high) as widened by the parser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberTest {
    pub prefix: Prefix,
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
    /// The parameter's name.
    pub param: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SortBy {
    Id,
    LastUpdated,
    /// The least (ascending) or greatest (descending) value under these paths.
    Paths(Vec<PathId>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Include {
    /// `_revinclude` rather than `_include`.
    pub reverse: bool,
    /// `:iterate`: also of what was included.
    pub iterate: bool,
    /// The type that holds the reference.
    pub source: TypeId,
    pub paths: Vec<PathId>,
    /// Only targets of this type. A reverse one without it (only with `iterate`) starts from all that is on the page.
    pub target: Option<TypeId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Summary {
    #[default]
    False,
    True,
    Text,
    Data,
    Count,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Total {
    #[default]
    None,
    Estimate,
    Accurate,
}
