//! Taking the values from a resource: one walk along the plan of its type.

use super::model::{Extract, IndexValue, Target, Value};
use super::plan::{Filter, Leaf, Plan};
use super::read::read;
use crate::custom;
use crate::definitions::{Definitions, IndexKind, PathId, TypeId, r4};
use crate::element::Element;
use crate::resource::Resource;
use base::limits::INDEX_VALUES_MAX;
use base::zone::Zone;
use std::cmp::Ordering;

/// All that the resource is found by. `zone` gives dates without an offset their place in time.
pub fn extract(resource: &Resource, zone: &Zone) -> Extract {
    let definitions = r4();
    let type_ = resource.type_id();
    let mut values = Vec::with_capacity(32);
    let whole = collect(definitions.plan(type_), resource, &|_| true, zone, &mut values);
    let mut out = Extract {
        main_date: main_date(definitions, type_, &values),
        patients: patients(definitions, resource, &values),
        organization: organization(definitions, type_, &values),
        cut: !whole,
        values,
    };
    settle(&mut out.values);
    out
}

/// The values under some paths of the resource's type only, standard and custom ones.
pub fn extract_paths(resource: &Resource, paths: &[PathId], zone: &Zone) -> Vec<IndexValue> {
    let mut values = Vec::new();
    for plan in plans(resource.type_id(), paths.iter().copied()) {
        collect(plan, resource, &|path| paths.contains(&path), zone, &mut values);
    }
    settle(&mut values);
    values
}

/// The plans that find the values under some paths in resources of a type: the type's own, and one for each custom path.
pub(super) fn plans(type_: TypeId, paths: impl Iterator<Item = PathId>) -> Vec<&'static Plan> {
    let (mut plans, mut seen) = (Vec::new(), Vec::new());
    for path in paths {
        let (plan, of) = match custom::entry(path) {
            Some(entry) => (&entry.plan, entry.path.type_),
            None => (r4().plan(type_), type_),
        };
        // A plan is known by its first path; the type's own is wanted once.
        let key = (!r4().is_standard(path)).then_some(path);
        if of == type_ && !seen.contains(&key) {
            seen.push(key);
            plans.push(plan);
        }
    }
    plans
}

/// Calls `visit` with every element that stands at a leaf of a plan, in the order of the text.
pub(super) fn walk<'a>(plan: &'static Plan, resource: &'a Resource, visit: &mut dyn FnMut(&'static Leaf, Element<'a>)) {
    let mut walk = Walk { plan, visit };
    if !walk.plan.nodes.is_empty() {
        walk.node(0, resource.root());
    }
}

struct Walk<'a, 'v> {
    plan: &'static Plan,
    visit: &'v mut dyn FnMut(&'static Leaf, Element<'a>),
}

impl<'a> Walk<'a, '_> {
    fn node(&mut self, at: usize, element: Element<'a>) {
        let node = &self.plan.nodes[at];
        for leaf in &node.leaves {
            (self.visit)(leaf, element);
        }
        if node.edges.is_empty() {
            return;
        }
        for (name, member) in element.members() {
            for edge in node.edges_named(name) {
                match edge.filter {
                    Filter::All => member.items().for_each(|item| self.node(edge.node, item)),
                    filter => {
                        let items = member.items().enumerate();
                        let wanted = items.filter(|(nth, item)| passes(filter, *nth, *item));
                        wanted.for_each(|(_, item)| self.node(edge.node, item));
                    }
                }
            }
        }
    }
}

fn passes(filter: Filter, nth: usize, item: Element<'_>) -> bool {
    let has = |element: Element<'_>, name, text| element.get(name).and_then(Element::str).is_some_and(|is| is == text);
    match filter {
        Filter::All => true,
        Filter::First => nth == 0,
        Filter::Where(name, text) if name.contains('.') => {
            item.path(name).any(|found| found.str().is_some_and(|is| is == text))
        }
        Filter::Where(name, text) => has(item, name, text),
        Filter::Extended(url) => item.path("extension").any(|extension| has(extension, "url", url)),
    }
}

/// Appends the values under the wanted paths; false if there were more than `INDEX_VALUES_MAX`.
fn collect(
    plan: &'static Plan,
    resource: &Resource,
    wanted: &dyn Fn(PathId) -> bool,
    zone: &Zone,
    values: &mut Vec<IndexValue>,
) -> bool {
    let mut whole = true;
    walk(plan, resource, &mut |leaf, element| {
        if wanted(leaf.path) {
            read(leaf.form, element, zone, &mut |value| {
                if values.len() < INDEX_VALUES_MAX {
                    values.push(IndexValue { path: leaf.path, value });
                } else {
                    whole = false;
                }
            });
        }
    });
    if let Some(path) = plan.false_unless_any
        && wanted(path)
        && values.iter().all(|value| value.path != path)
    {
        values.push(IndexValue { path, value: unset() });
    }
    whole
}

/// What a path says that is `false` where nothing stands under it.
pub(super) fn unset() -> Value {
    Value::Token { system: String::new(), code: "false".to_owned(), texts: Vec::new() }
}

/// Sorted by path and without repetition.
fn settle(values: &mut Vec<IndexValue>) {
    values.sort_unstable_by(|one, other| one.path.cmp(&other.path).then_with(|| order(&one.value, &other.value)));
    values.dedup();
}

fn order(one: &Value, other: &Value) -> Ordering {
    use Value::{Date, Identifier, Number, Quantity, Reference, Text, Token, Uri};
    match (one, other) {
        (Token { system: s, code: c, texts: t }, Token { system, code, texts }) => {
            (s, c, t).cmp(&(system, code, texts))
        }
        (Identifier { system: s, value: v }, Identifier { system, value }) => (s, v).cmp(&(system, value)),
        (Reference(one), Reference(other)) => one.cmp(other),
        (Text(one), Text(other)) => one.cmp(other),
        (Date { start: s, end: e }, Date { start, end }) => (s, e).cmp(&(start, end)),
        (Number { low: l, high: h }, Number { low, high }) => l.total_cmp(low).then(h.total_cmp(high)),
        (Quantity { low: l, high: h, system: s, code: c, unit: u }, Quantity { low, high, system, code, unit }) => {
            let units = || (s, c, u).cmp(&(system, code, unit));
            l.total_cmp(low).then(h.total_cmp(high)).then_with(units)
        }
        (Uri { uri: u, version: v }, Uri { uri, version }) => (u, v).cmp(&(uri, version)),
        // One path holds values of one kind, but a reference may have an identifier, too.
        (Reference(_), Identifier { .. }) => Ordering::Less,
        (Identifier { .. }, Reference(_)) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// The first of the type's date places that has a value: its earliest start, or its end where it has no start.
fn main_date(definitions: &Definitions, type_: TypeId, values: &[IndexValue]) -> Option<base::Millis> {
    definitions.main_date_paths(type_).iter().find_map(|path| {
        let dates = values.iter().filter(|value| value.path == *path);
        let starts = dates.filter_map(|value| match value.value {
            Value::Date { start: base::Millis::MIN, end } => Some(end),
            Value::Date { start, .. } => Some(start),
            _ => None,
        });
        starts.min()
    })
}

/// A Patient is in its own compartment first, if its id is known yet; then in those of the patients it points at.
fn patients(definitions: &Definitions, resource: &Resource, values: &[IndexValue]) -> Vec<Target> {
    let mut patients = Vec::new();
    let Some(patient) = definitions.type_named("Patient") else { return patients };
    if resource.type_id() == patient {
        patients.extend(resource.id().map(|id| Target::Local { type_: patient, id: id.to_owned() }));
    }
    for path in definitions.compartment_paths(resource.type_id()) {
        for value in values.iter().filter(|value| value.path == *path) {
            if let Value::Reference(target @ Target::Local { type_, .. }) = &value.value
                && *type_ == patient
                && !patients.contains(target)
            {
                patients.push(target.clone());
            }
        }
    }
    patients
}

fn organization(definitions: &Definitions, type_: TypeId, values: &[IndexValue]) -> Option<Target> {
    if definitions.type_name(type_) != "Patient" {
        return None;
    }
    let path = definitions.path_keyed(type_, "Patient.managingOrganization", IndexKind::Reference)?;
    values.iter().filter(|value| value.path == path).find_map(|value| match &value.value {
        Value::Reference(target @ Target::Local { .. }) => Some(target.clone()),
        _ => None,
    })
}
