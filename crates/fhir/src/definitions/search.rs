//! The search parameters of R4, what they read, and the Patient compartment.
//!
//! The search half of the table, one line a thing, tab separated, the first field says what:
//! - `A type`: the lines that follow are of this resource type; those of `Resource` hold for every type.
//! - `I kind key programs`: an index path; `#n` below is the n-th of its type. A program is a form letter
//!   (`index/plan.rs`) and the JSON names to walk, separated by blanks; programs are separated by `;`.
//! - `P name kind url targets paths`: a parameter. A path is `n`, `n>Patient` (only references to a Patient) or
//!   `n~phone` (only contact points of this system). Targets `*` are all types.
//! - `R names`: where the composite parameter before it is looked for: JSON names separated by dots, none for the resource.
//! - `X url expression name programs`: a component of it, the parameter `name`. A program is `r n letter names`: under the
//!   r-th `R` line (`^`: under the resource) it reads what the index path `n` reads in the whole resource. Separated by `;`.
//! - `C n n …`: the paths by which the type lies in the Patient compartment, the owner first.
//! - `K Encounter name name …`: the parameters by which the type lies in a compartment of R4.
//! - `M n n …`: where its main date stands, the best first.

use super::Definitions;
use super::load::Structure;
use super::model::{PathId, TypeId};
use crate::index::plan::{Form, Plan, form};

/// What the rows of an index path hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum IndexKind {
    Token,
    Identifier,
    Reference,
    Text,
    Date,
    Number,
    Quantity,
    Uri,
}

/// A place in resources of one type that is indexed once, however many parameters read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexPath {
    pub id: PathId,
    pub type_: TypeId,
    /// Such as `Observation.code`; unique together with type and kind, and stable between releases.
    pub key: &'static str,
    pub kind: IndexKind,
    /// The position among the paths of its type; `NO_BIT` for a custom one.
    pub ordinal: u16,
}

impl IndexPath {
    /// The ordinal of a path that has no bit in the rows of resources.
    pub const NO_BIT: u16 = u16::MAX;
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParamKind {
    Number,
    Date,
    String,
    Token,
    Reference,
    Composite,
    Quantity,
    Uri,
    Special,
}

/// A standard search parameter of one resource type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    /// None for `_id`, `_lastUpdated` and what is not supported.
    pub paths: Vec<ParamPath>,
    /// For a reference the types it can point at.
    pub targets: Vec<TypeId>,
    /// Canonical URL of its SearchParameter.
    pub url: &'static str,
    /// The parts of a composite.
    pub components: Vec<Component>,
    /// Where a composite is looked for.
    pub(crate) roots: Vec<&'static str>,
}

/// An index path as one parameter reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParamPath {
    pub path: PathId,
    /// Only references to this type.
    pub target: Option<TypeId>,
    /// Only contact points of this system, such as `phone`.
    pub system: Option<&'static str>,
}

/// A part of a composite parameter: another parameter and where it is read, relative to the composite's expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Component {
    /// Canonical URL of the other parameter.
    pub url: &'static str,
    pub expression: &'static str,
    /// The other parameter's name.
    pub name: &'static str,
    /// The paths of the whole resource that hold what the part reads, and perhaps more.
    pub paths: Vec<ParamPath>,
    pub(crate) programs: Vec<PartProgram>,
}

/// One way in which a part of a composite is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PartProgram {
    /// The place in `Param::roots` under which it is read; none for the resource itself.
    pub root: Option<usize>,
    pub path: PathId,
    pub form: Form,
    /// JSON names separated by dots.
    pub names: &'static str,
}

/// Parameters that are read without an index path of their own.
const WITHOUT_PATHS: [&str; 6] = ["_id", "_lastUpdated", "_text", "_content", "_filter", "near"];

impl Param {
    /// False for those that this server does not carry out (`_query`).
    pub fn supported(&self) -> bool {
        !self.paths.is_empty() || !self.components.is_empty() || WITHOUT_PATHS.contains(&self.name)
    }

    /// Its values stand under index paths: it can be sorted by, and asked whether it is missing.
    pub fn has_paths(&self) -> bool {
        !self.paths.is_empty()
    }
}

impl IndexKind {
    pub const fn name(self) -> &'static str {
        match self {
            IndexKind::Token => "token",
            IndexKind::Identifier => "identifier",
            IndexKind::Reference => "reference",
            IndexKind::Text => "text",
            IndexKind::Date => "date",
            IndexKind::Number => "number",
            IndexKind::Quantity => "quantity",
            IndexKind::Uri => "uri",
        }
    }

    pub fn named(name: &str) -> Option<IndexKind> {
        use IndexKind::{Date, Identifier, Number, Quantity, Reference, Text, Token, Uri};
        [Token, Identifier, Reference, Text, Date, Number, Quantity, Uri].into_iter().find(|kind| kind.name() == name)
    }
}

impl ParamKind {
    /// As SearchParameter.type and the CapabilityStatement name it.
    pub const fn name(self) -> &'static str {
        match self {
            ParamKind::Number => "number",
            ParamKind::Date => "date",
            ParamKind::String => "string",
            ParamKind::Token => "token",
            ParamKind::Reference => "reference",
            ParamKind::Composite => "composite",
            ParamKind::Quantity => "quantity",
            ParamKind::Uri => "uri",
            ParamKind::Special => "special",
        }
    }

    pub fn named(name: &str) -> Option<ParamKind> {
        use ParamKind::{Composite, Date, Number, Quantity, Reference, Special, String, Token, Uri};
        let all = [Number, Date, String, Token, Reference, Composite, Quantity, Uri, Special];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

/// The search half of the definitions. A type's things stand at its number less one.
#[derive(Debug)]
pub struct SearchTables {
    paths: Vec<IndexPath>,
    types: Vec<TypeTables>,
}

#[derive(Debug, Default)]
struct TypeTables {
    paths: Vec<PathId>,
    /// Sorted by name.
    params: Vec<Param>,
    compartment: Vec<PathId>,
    /// Of each compartment the names of its parameters.
    compartments: Vec<(&'static str, Vec<&'static str>)>,
    main_dates: Vec<PathId>,
    plan: Plan,
}

impl Definitions {
    /// Every standard index path; a `PathId` is a place in it, or beyond its end one of `custom`.
    pub fn paths(&self) -> &[IndexPath] {
        &self.search.paths
    }

    /// # Panics
    /// For a number that was never given.
    pub fn path(&self, path: PathId) -> &IndexPath {
        match self.search.paths.get(usize::from(path.0)) {
            Some(path) => path,
            None => &crate::custom::entry(path).expect("every custom path is registered").path,
        }
    }

    pub fn is_standard(&self, path: PathId) -> bool {
        usize::from(path.0) < self.search.paths.len()
    }

    /// The forms that a path's values are written in.
    pub(crate) fn forms(&self, path: PathId) -> Vec<Form> {
        match crate::custom::entry(path) {
            Some(entry) => entry.plan.forms(path).collect(),
            None => self.plan(self.path(path).type_).forms(path).collect(),
        }
    }

    /// The index paths of a type; the position is the `ordinal`.
    pub fn paths_of(&self, type_: TypeId) -> &[PathId] {
        &self.search.of(type_).paths
    }

    /// The path of a type by its key and kind, as a store keeps it.
    pub fn path_keyed(&self, type_: TypeId, key: &str, kind: IndexKind) -> Option<PathId> {
        let named = |path: &&PathId| self.path(**path).key == key && self.path(**path).kind == kind;
        self.paths_of(type_).iter().find(named).copied()
    }

    pub fn param(&self, type_: TypeId, name: &str) -> Option<&Param> {
        let params = self.params_of(type_);
        params.binary_search_by(|param| param.name.cmp(name)).ok().map(|at| &params[at])
    }

    /// The parameters of a type sorted by name, with those of every resource (`_profile`, `_tag` …).
    pub fn params_of(&self, type_: TypeId) -> &[Param] {
        &self.search.of(type_).params
    }

    /// The Patient type itself too.
    pub fn in_patient_compartment(&self, type_: TypeId) -> bool {
        !self.compartment_paths(type_).is_empty()
    }

    /// The reference paths by which a type lies in the Patient compartment: `subject`, `patient`, then the
    /// compartment's parameters in their order. Only references to a Patient count.
    pub fn compartment_paths(&self, type_: TypeId) -> &[PathId] {
        &self.search.of(type_).compartment
    }

    /// The names of the parameters by which a type lies in a compartment (`Device`, `Encounter`, `Patient`,
    /// `Practitioner`, `RelatedPerson`); `{def}` is the resource itself.
    pub fn compartment_params(&self, compartment: &str, type_: TypeId) -> &[&'static str] {
        let found = self.search.of(type_).compartments.iter().find(|(name, _)| *name == compartment);
        found.map_or(&[], |(_, params)| params)
    }

    /// Where the main date of a clinical type stands.
    pub fn main_date_path(&self, type_: TypeId) -> Option<PathId> {
        self.main_date_paths(type_).first().copied()
    }

    /// The main date's place and the ones to look at when it is empty.
    pub(crate) fn main_date_paths(&self, type_: TypeId) -> &[PathId] {
        &self.search.of(type_).main_dates
    }

    pub(crate) fn plan(&self, type_: TypeId) -> &Plan {
        &self.search.of(type_).plan
    }
}

impl SearchTables {
    /// # Panics
    /// If the table is broken; a test reads the committed one.
    pub fn load(text: &'static str, structure: &Structure) -> SearchTables {
        let mut blocks: Vec<Block> = Vec::new();
        for line in text.lines() {
            let (what, rest) = line.split_once('\t').unwrap_or_else(|| strange(line));
            match what {
                "A" => blocks.push(Block { type_: rest, lines: Vec::new() }),
                _ => blocks.last_mut().unwrap_or_else(|| strange(line)).lines.push((what, rest)),
            }
        }
        let empty = Block { type_: "", lines: Vec::new() };
        let common = blocks.iter().find(|block| block.type_ == "Resource").unwrap_or(&empty);
        let mut tables = SearchTables { paths: Vec::new(), types: Vec::new() };
        for type_ in structure.types() {
            let name = structure.type_name(type_);
            let own = blocks.iter().find(|block| block.type_ == name).unwrap_or(&empty);
            let mut reading = Reading { structure, type_, paths: &mut tables.paths, out: TypeTables::default() };
            reading.block(common);
            reading.block(own);
            let mut read = reading.out;
            read.params.sort_by_key(|param| param.name);
            read.plan.finish();
            tables.types.push(read);
        }
        tables
    }

    fn of(&self, type_: TypeId) -> &TypeTables {
        &self.types[usize::from(type_.0) - 1]
    }
}

struct Block {
    type_: &'static str,
    lines: Vec<(&'static str, &'static str)>,
}

struct Reading<'a> {
    structure: &'a Structure,
    type_: TypeId,
    paths: &'a mut Vec<IndexPath>,
    out: TypeTables,
}

impl Reading<'_> {
    fn block(&mut self, block: &Block) {
        // A block counts its paths from zero; those of `Resource` stand before the type's own.
        let base = self.out.paths.len();
        for (what, rest) in &block.lines {
            match *what {
                "I" => self.path(block.type_, rest),
                "P" => self.param(base, rest),
                "R" => self.last_param(rest).roots.push(rest),
                "X" => self.component(base, rest),
                "C" => self.out.compartment = self.path_list(base, rest),
                "K" => {
                    let (name, params) = rest.split_once('\t').unwrap_or_else(|| strange(rest));
                    self.out.compartments.push((name, words(params).collect()));
                }
                "M" => self.out.main_dates = self.path_list(base, rest),
                _ => strange(rest),
            }
        }
    }

    fn path(&mut self, block: &str, line: &'static str) {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_else(|| strange(line));
        let (kind, key, programs) = (next(), next(), next());
        let kind = IndexKind::named(kind).unwrap_or_else(|| strange(line));
        let id = PathId(u16::try_from(self.paths.len()).expect("there are fewer than 65,536 index paths"));
        let ordinal = u16::try_from(self.out.paths.len()).expect("a type has fewer than 65,536 index paths");
        // The few keys of every resource are told apart by the type's name; they live as long as the program.
        let key = match key.strip_prefix(block) {
            Some(rest) if block == "Resource" => {
                Box::leak(format!("{}{rest}", self.structure.type_name(self.type_)).into_boxed_str())
            }
            _ => key,
        };
        self.out.paths.push(id);
        self.paths.push(IndexPath { id, type_: self.type_, key, kind, ordinal });
        for program in programs.split(';') {
            self.out.plan.add(id, program).unwrap_or_else(|| strange(program));
        }
    }

    fn param(&mut self, base: usize, line: &'static str) {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_else(|| strange(line));
        let (name, kind, url, targets, paths) = (next(), next(), next(), next(), next());
        let targets = match targets {
            "*" => self.structure.types().collect(),
            names => names.split(' ').filter_map(|name| self.structure.type_named(name)).collect(),
        };
        self.out.params.push(Param {
            name,
            kind: ParamKind::named(kind).unwrap_or_else(|| strange(line)),
            paths: words(paths).map(|path| self.param_path(base, path)).collect(),
            targets,
            url,
            components: Vec::new(),
            roots: Vec::new(),
        });
    }

    fn param_path(&self, base: usize, text: &'static str) -> ParamPath {
        let (nth, system) = match text.split_once('~') {
            Some((nth, system)) => (nth, Some(system)),
            None => (text, None),
        };
        let (nth, target) = match nth.split_once('>') {
            Some((nth, type_)) => (nth, self.structure.type_named(type_)),
            None => (nth, None),
        };
        ParamPath { path: self.nth_path(base, nth), target, system }
    }

    fn component(&mut self, base: usize, line: &'static str) {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_else(|| strange(line));
        let (url, expression, name, programs) = (next(), next(), next(), next());
        let programs: Vec<PartProgram> = programs.split(';').map(|program| self.part_program(base, program)).collect();
        let mut paths: Vec<ParamPath> = Vec::new();
        for program in &programs {
            if paths.iter().all(|known| known.path != program.path) {
                paths.push(ParamPath { path: program.path, target: None, system: None });
            }
        }
        self.last_param(line).components.push(Component { url, expression, name, paths, programs });
    }

    fn part_program(&self, base: usize, text: &'static str) -> PartProgram {
        let mut words = text.split(' ');
        let mut next = || words.next().unwrap_or_else(|| strange(text));
        let (root, nth, letter, names) = (next(), next(), next(), next());
        let root = (root != "^").then(|| root.parse().unwrap_or_else(|_| strange(text)));
        let form = form(letter).unwrap_or_else(|| strange(text));
        PartProgram { root, path: self.nth_path(base, nth), form, names }
    }

    fn last_param(&mut self, line: &str) -> &mut Param {
        self.out.params.last_mut().unwrap_or_else(|| strange(line))
    }

    fn path_list(&self, base: usize, line: &'static str) -> Vec<PathId> {
        words(line).map(|nth| self.nth_path(base, nth)).collect()
    }

    fn nth_path(&self, base: usize, nth: &str) -> PathId {
        let nth: usize = nth.parse().unwrap_or_else(|_| strange(nth));
        *self.out.paths.get(base + nth).unwrap_or_else(|| strange("a path number"))
    }
}

fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(' ').filter(|word| !word.is_empty())
}

fn strange(line: &str) -> ! {
    panic!("the search half of the table has the strange line `{line}`")
}
