//! The shapes of R4: which members an object may have, of which type, how often, bound to which codes.

use super::primitive::Primitive;
use std::collections::HashMap;

/// One of the 146 concrete resource types, numbered from 1 in alphabetical order. Stored on disk; never renumbered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TypeId(pub u16);

/// A place in `Definitions::paths()`. In memory only: the store keeps `IndexPath::key`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PathId(pub u16);

/// A place among the shapes. In memory only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ShapeId(pub u16);

/// A place among the required bindings. In memory only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BindingId(pub u16);

/// What kind of thing an object of a shape is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShapeKind {
    Resource,
    Datatype,
    /// A part of a resource or datatype with a name of its own only by its path, such as `Observation.component`.
    Part,
}

/// The members that one kind of JSON object may have, the inherited ones first.
#[derive(Debug)]
pub struct Shape {
    pub id: ShapeId,
    /// `Patient`, `Quantity`, or a path such as `Observation.component`.
    pub path: &'static str,
    pub kind: ShapeKind,
    pub elements: Vec<ElementDef>,
    /// JSON name → member; see `Shape::member`.
    pub(super) members: HashMap<&'static str, MemberDef, super::hash::NameHash>,
    /// A bit for each mandatory element; no shape has more than 128.
    pub(crate) mandatory: u128,
}

/// Where a JSON name leads: an element and, where it is a choice, which of its types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberDef {
    pub element: u16,
    pub type_: u16,
}

#[derive(Debug)]
pub struct ElementDef {
    /// As in FHIRPath: `value` where JSON has `valueQuantity`.
    pub name: &'static str,
    /// More than one type is possible and the JSON name carries the type.
    pub choice: bool,
    /// How many there must be at least.
    pub min: u8,
    /// It repeats, so JSON has an array.
    pub many: bool,
    /// Shown under `_summary=true`.
    pub summary: bool,
    /// It changes the meaning of the object that holds it.
    pub modifier: bool,
    pub types: Vec<ElementType>,
    /// The codes it must come from.
    pub binding: Option<BindingId>,
}

#[derive(Debug)]
pub struct ElementType {
    /// `code`, `Quantity`, `Reference`, `Resource`; for a part of the object its path, such as `Observation.component`.
    pub name: &'static str,
    /// The name in JSON: `valueQuantity`.
    pub json: &'static str,
    pub value: ValueType,
    /// For a Reference the types it may point at; empty means any.
    pub targets: Vec<TypeId>,
}

/// How a value is written in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    Primitive(Primitive),
    Object(ShapeId),
    /// Any resource, told by its `resourceType`.
    Resource,
}

/// The codes of a required binding.
#[derive(Debug)]
pub struct Binding {
    /// Canonical URL of the value set, without version.
    pub url: &'static str,
    /// (system, code), sorted; empty where the codes cannot be listed (media types, languages, units, SNOMED CT).
    pub codes: Vec<(&'static str, &'static str)>,
    /// The codes alone, sorted.
    pub(super) plain: Vec<&'static str>,
}

impl Shape {
    /// The element by its FHIRPath name (`value`, not `valueQuantity`).
    pub fn element(&self, name: &str) -> Option<&ElementDef> {
        self.elements.iter().find(|element| element.name == name)
    }

    /// The member by its JSON name (`valueQuantity`), without a leading underscore.
    pub fn member(&self, json: &str) -> Option<(&ElementDef, &ElementType)> {
        let member = self.member_def(json)?;
        let element = self.elements.get(usize::from(member.element))?;
        Some((element, element.types.get(usize::from(member.type_))?))
    }

    pub(crate) fn member_def(&self, json: &str) -> Option<MemberDef> {
        self.members.get(json).copied()
    }

    /// The JSON names of all members.
    pub fn json_names(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().flat_map(|element| &element.types).map(|type_| type_.json)
    }
}

impl ElementDef {
    pub fn mandatory(&self) -> bool {
        self.min > 0
    }
}

impl Binding {
    /// The codes cannot be listed, so every code is taken.
    pub fn open(&self) -> bool {
        self.codes.is_empty()
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.open() || self.plain.binary_search(&code).is_ok()
    }

    pub fn has(&self, system: &str, code: &str) -> bool {
        self.open() || self.codes.binary_search(&(system, code)).is_ok()
    }

    /// The codes alone, sorted and without repetition.
    pub fn plain_codes(&self) -> &[&'static str] {
        &self.plain
    }
}
