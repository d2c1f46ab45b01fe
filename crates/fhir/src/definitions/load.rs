//! Reads the structure half of the table: resource types, required bindings, reference targets, shapes.
//!
//! One line a thing, tab separated, the first field says what:
//! - `T name`: a resource type; the n-th line is `TypeId(n)`.
//! - `B url system code code … | system code …`: a required binding; without systems its codes cannot be listed.
//! - `G name name …`: a list of types that references may point at; `Reference@n` names the n-th.
//! - `S path parent kind`: a shape; kind `R`esource, `D`atatype or `P`art. Its `E` lines follow, without inherited ones.
//! - `E name min..max flags types binding`: an element; flags `s`ummary and `m`odifier, types separated by blanks,
//!   `*` for all types of an extension's value, `Quantity/SimpleQuantity` for a type with a narrower shape.

use super::hash::NameHash;
use super::model::{
    Binding, BindingId, ElementDef, ElementType, MemberDef, Shape, ShapeId, ShapeKind, TypeId, ValueType,
};
use super::primitive::Primitive;
use std::collections::HashMap;

/// Types, shapes and bindings.
#[derive(Debug)]
pub struct Structure {
    types: Vec<&'static str>,
    shapes: Vec<Shape>,
    bindings: Vec<Binding>,
    type_ids: HashMap<&'static str, TypeId, NameHash>,
    shape_ids: HashMap<&'static str, ShapeId, NameHash>,
    /// The shape of each type, by its number less one.
    type_shapes: Vec<ShapeId>,
}

impl Structure {
    /// # Panics
    /// If the table is broken; a test reads the committed one.
    pub fn load(table: &'static str) -> Structure {
        let lines = Lines::read(table);
        let type_ids: HashMap<_, _, NameHash> =
            lines.types.iter().enumerate().map(|(nth, name)| (*name, TypeId(number(nth + 1)))).collect();
        let shape_ids: HashMap<_, _, NameHash> =
            lines.shapes.iter().enumerate().map(|(nth, shape)| (shape.path, ShapeId(number(nth)))).collect();
        let groups: Vec<Vec<TypeId>> = lines.groups.iter().map(|names| known_types(names, &type_ids)).collect();
        let reading = Reading { lines: &lines, shape_ids: &shape_ids, groups: &groups };
        let shapes = (0..lines.shapes.len()).map(|nth| reading.shape(nth)).collect();
        let type_shapes = lines
            .types
            .iter()
            .map(|name| *shape_ids.get(name).unwrap_or_else(|| panic!("the table has no shape `{name}`")))
            .collect();
        let bindings = lines.bindings.iter().map(|line| binding(line)).collect();
        Structure { types: lines.types, shapes, bindings, type_ids, shape_ids, type_shapes }
    }

    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.type_ids.get(name).copied()
    }

    /// The type's name. An id that this table did not give has none and reads as empty.
    pub fn type_name(&self, type_: TypeId) -> &'static str {
        self.types.get(usize::from(type_.0).wrapping_sub(1)).copied().unwrap_or_default()
    }

    pub fn types(&self) -> impl Iterator<Item = TypeId> {
        (0..self.types.len()).map(|nth| TypeId(number(nth + 1)))
    }

    /// # Panics
    /// For a number that is no resource type's.
    pub fn shape_of(&self, type_: TypeId) -> &Shape {
        self.shape(self.type_shapes[usize::from(type_.0) - 1])
    }

    pub fn shape_named(&self, path: &str) -> Option<&Shape> {
        self.shape_ids.get(path).map(|id| self.shape(*id))
    }

    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[usize::from(id.0)]
    }

    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    pub fn element(&self, path: &str, child: &str) -> Option<&ElementDef> {
        self.shape_named(path)?.element(child)
    }

    pub fn binding(&self, id: BindingId) -> &Binding {
        &self.bindings[usize::from(id.0)]
    }

    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }
}

/// The table's lines, sorted by what they are.
#[derive(Default)]
struct Lines {
    types: Vec<&'static str>,
    bindings: Vec<&'static str>,
    groups: Vec<&'static str>,
    shapes: Vec<ShapeLines>,
}

struct ShapeLines {
    path: &'static str,
    parent: &'static str,
    kind: ShapeKind,
    elements: Vec<&'static str>,
}

impl Lines {
    fn read(table: &'static str) -> Lines {
        let mut lines = Lines::default();
        for line in table.lines() {
            let Some((what, rest)) = line.split_once('\t') else { continue };
            match what {
                "T" => lines.types.push(rest),
                "B" => lines.bindings.push(rest),
                "G" => lines.groups.push(rest),
                "S" => lines.shapes.push(ShapeLines::read(rest)),
                "E" => lines.shapes.last_mut().expect("an element follows its shape").elements.push(rest),
                _ => panic!("the table has the strange line `{line}`"),
            }
        }
        lines
    }
}

impl ShapeLines {
    fn read(line: &'static str) -> ShapeLines {
        let mut fields = line.split('\t');
        let path = fields.next().unwrap_or_default();
        let parent = fields.next().unwrap_or_default();
        let kind = match fields.next() {
            Some("R") => ShapeKind::Resource,
            Some("D") => ShapeKind::Datatype,
            _ => ShapeKind::Part,
        };
        ShapeLines { path, parent, kind, elements: Vec::new() }
    }
}

struct Reading<'a> {
    lines: &'a Lines,
    shape_ids: &'a HashMap<&'static str, ShapeId, NameHash>,
    groups: &'a [Vec<TypeId>],
}

impl Reading<'_> {
    fn shape(&self, nth: usize) -> Shape {
        let lines = &self.lines.shapes[nth];
        let mut elements = Vec::new();
        self.elements(lines, &mut elements);
        let mut members = HashMap::with_capacity_and_hasher(elements.len() * 2, NameHash);
        for (element_nth, element) in elements.iter().enumerate() {
            for (type_nth, type_) in element.types.iter().enumerate() {
                let member = MemberDef { element: number(element_nth), type_: number(type_nth) };
                members.insert(type_.json, member);
            }
        }
        assert!(elements.len() <= 128, "`{}` has more elements than a mask has bits", lines.path);
        let bits = elements.iter().enumerate().map(|(nth, element)| u128::from(element.mandatory()) << nth);
        let mandatory = bits.fold(0, |mask, bit| mask | bit);
        Shape { id: ShapeId(number(nth)), path: lines.path, kind: lines.kind, elements, members, mandatory }
    }

    /// The elements of a shape, those of its parents first.
    fn elements(&self, lines: &ShapeLines, out: &mut Vec<ElementDef>) {
        if let Some(parent) = self.shape_ids.get(lines.parent) {
            self.elements(&self.lines.shapes[usize::from(parent.0)], out);
        }
        out.extend(lines.elements.iter().map(|line| self.element(line)));
    }

    fn element(&self, line: &'static str) -> ElementDef {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (name, count, flags, types, binding) = (next(), next(), next(), next(), next());
        let (min, max) = count.split_once("..").unwrap_or_else(|| panic!("the table has the strange line `{line}`"));
        let choice = name.ends_with("[x]");
        let name = name.trim_end_matches("[x]");
        ElementDef {
            name,
            choice,
            min: min.parse().unwrap_or_else(|_| panic!("the table has the strange line `{line}`")),
            many: max == "*",
            summary: flags.contains('s'),
            modifier: flags.contains('m'),
            types: self.types(name, choice, types),
            binding: binding.parse().ok().map(BindingId),
        }
    }

    fn types(&self, name: &'static str, choice: bool, types: &'static str) -> Vec<ElementType> {
        if types == "*" {
            let extension = self.shape_ids.get("Extension").expect("the table has the shape `Extension`");
            let lines = &self.lines.shapes[usize::from(extension.0)].elements;
            let line = lines.iter().find(|line| line.starts_with("value[x]\t")).expect("an extension has a value");
            let all = line.split('\t').nth(3).unwrap_or_default();
            return self.types(name, choice, all);
        }
        types.split(' ').map(|type_| self.type_(name, choice, type_)).collect()
    }

    fn type_(&self, name: &'static str, choice: bool, text: &'static str) -> ElementType {
        let (type_name, group) = text.split_once('@').unwrap_or((text, ""));
        let (type_name, shape) = type_name.split_once('/').unwrap_or((type_name, type_name));
        let value = if type_name == "Resource" {
            ValueType::Resource
        } else if let Some(primitive) = Primitive::named(type_name) {
            ValueType::Primitive(primitive)
        } else {
            let shape = self.shape_ids.get(shape).unwrap_or_else(|| panic!("the table has no shape `{shape}`"));
            ValueType::Object(*shape)
        };
        let targets = group.parse().ok().and_then(|nth: usize| self.groups.get(nth)).cloned().unwrap_or_default();
        ElementType { name: type_name, json: json_name(name, choice, type_name), value, targets }
    }
}

/// `value` and `Quantity` make `valueQuantity`. The definitions live as long as the program, so a made name may, too.
fn json_name(name: &'static str, choice: bool, type_name: &str) -> &'static str {
    if !choice {
        return name;
    }
    let mut json = String::with_capacity(name.len() + type_name.len());
    json.push_str(name);
    let mut letters = type_name.chars();
    json.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    json.push_str(letters.as_str());
    json.leak()
}

fn binding(line: &'static str) -> Binding {
    let (url, systems) = line.split_once('\t').unwrap_or((line, ""));
    let mut codes = Vec::new();
    for part in systems.split(" | ").filter(|part| !part.is_empty()) {
        let mut words = part.split(' ');
        let system = words.next().unwrap_or_default();
        codes.extend(words.map(|code| (system, code)));
    }
    codes.sort_unstable();
    let mut plain: Vec<&'static str> = codes.iter().map(|(_, code)| *code).collect();
    plain.sort_unstable();
    plain.dedup();
    Binding { url, codes, plain }
}

fn known_types(names: &'static str, type_ids: &HashMap<&'static str, TypeId, NameHash>) -> Vec<TypeId> {
    let known = |name| *type_ids.get(name).unwrap_or_else(|| panic!("the table has no type `{name}`"));
    names.split(' ').map(known).collect()
}

/// Places in the table are few thousand.
fn number(nth: usize) -> u16 {
    u16::try_from(nth).expect("the table has fewer than 65,536 things of a kind")
}
