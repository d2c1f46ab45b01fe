//! The walk: each object against its shape, each member against its element.

use super::issues::{Issues, Step, shortened};
use super::near::nearest;
use super::primitive;
use crate::definitions::{
    Definitions, ElementDef, ElementType, MemberDef, Primitive, Shape, ShapeKind, TypeId, ValueType, r4,
};
use crate::json::{Kind, Tree};

pub(super) struct Walk<'a> {
    pub tree: &'a Tree,
    pub defs: &'static Definitions,
    pub found: Issues<'a>,
    /// The walk is inside a contained resource, which may contain no other.
    contained: bool,
}

/// What an object has shown so far.
#[derive(Default)]
struct Seen {
    /// A bit for each element with a value, and for each with an object beside its value (`_name`).
    values: u128,
    besides: u128,
    /// A bit for each element of which it has been told that it is given twice: once is enough.
    told: u128,
    resource_type: bool,
    members: usize,
}

impl<'a> Walk<'a> {
    pub fn new(tree: &'a Tree, issues_max: usize) -> Walk<'a> {
        Walk { tree, defs: r4(), found: Issues::new(issues_max), contained: false }
    }

    pub fn root(&mut self) -> Option<TypeId> {
        if self.kind(0) != Kind::Object {
            let words = self.kind(0).words();
            self.found.report("structure", || format!("a resource is a JSON object, but this is {words}"));
            return None;
        }
        let type_ = self.type_of(0)?;
        self.found.enter(Step::Member(self.defs.type_name(type_)));
        self.object(0, self.defs.shape_of(type_));
        self.found.leave();
        Some(type_)
    }

    pub fn kind(&self, at: u32) -> Kind {
        self.tree.node(at).kind
    }

    /// The type of the resource at `at`; tells what is wrong with its `resourceType`.
    fn type_of(&mut self, at: u32) -> Option<TypeId> {
        let tree = self.tree;
        let Some(member) = tree.member(at, "resourceType") else {
            self.found
                .report("structure", || "a resource needs the member `resourceType`, such as `Patient`".to_owned());
            return None;
        };
        let Some(name) = tree.string(member) else {
            self.found.report("structure", || "`resourceType` must be a string, such as `\"Patient\"`".to_owned());
            return None;
        };
        let type_ = self.defs.type_named(&name);
        if type_.is_none() {
            let defs = self.defs;
            self.found.report("structure", || {
                let near = nearest(&name, defs.types().map(|type_| defs.type_name(type_)));
                let hint = near.map_or_else(
                    || "use one of the 146 types of R4".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                format!("`{}` is no resource type of FHIR R4; {hint}", shortened(&name))
            });
        }
        type_
    }

    fn object(&mut self, at: u32, shape: &'static Shape) {
        if self.kind(at) != Kind::Object {
            let words = self.kind(at).words();
            let name = shape.path;
            self.found.report("structure", || format!("{words} stands where an object of type `{name}` must be"));
            return;
        }
        let tree = self.tree;
        let mut seen = Seen::default();
        for child in tree.children(at) {
            seen.members += 1;
            self.member(at, child, shape, &mut seen);
        }
        if seen.members == 0 {
            self.found.report("structure", || "the object is empty; give it members or leave it out".to_owned());
            return;
        }
        self.missing(shape, &seen);
        self.special(at, shape, seen.members);
    }

    fn member(&mut self, object: u32, child: u32, shape: &'static Shape, seen: &mut Seen) {
        let name = self.tree.key(child);
        if name == "resourceType" && shape.kind == ShapeKind::Resource {
            if seen.resource_type {
                self.twice(name, None);
            }
            seen.resource_type = true;
            return;
        }
        let (plain, beside) = match name.strip_prefix('_') {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        let Some((member, element, type_)) = known(shape, plain) else {
            self.unknown(shape, name);
            return;
        };
        let bit = 1_u128 << member.element;
        let again = if beside { seen.besides & bit != 0 } else { seen.values & bit != 0 };
        if again || (element.choice && (seen.values | seen.besides) & bit != 0) {
            // Looking for the other one takes time, so it is done once an element.
            let other = seen.told & bit == 0 && element.choice && self.other_choice(object, child, shape, member);
            if seen.told & bit == 0 && (again || other) {
                seen.told |= bit;
                self.twice(name, other.then_some(element.name));
            }
            if again || other {
                return;
            }
        }
        if beside {
            seen.besides |= bit;
        } else {
            seen.values |= bit;
        }
        self.found.enter(if element.choice {
            Step::Choice(element.name, type_.name)
        } else {
            Step::Member(element.name)
        });
        if beside {
            self.beside(object, child, shape, element, type_);
        } else {
            self.value(object, child, element, type_);
        }
        self.found.leave();
    }

    /// A member is there already, or one of another type where it is a choice.
    fn twice(&mut self, name: &'a str, choice: Option<&'static str>) {
        match choice {
            Some(choice) => self.found.report("structure", || {
                format!("only one of the `{choice}[x]` members may be given; keep one of them")
            }),
            None => self.found.report_at(Step::Member(name), "structure", || {
                format!("the member `{}` is given twice; keep one of them", shortened(name))
            }),
        }
    }

    /// A member before `child` is another type of the same choice.
    fn other_choice(&self, object: u32, child: u32, shape: &Shape, member: MemberDef) -> bool {
        self.tree.children(object).take_while(|other| *other < child).any(|other| {
            let name = self.tree.key(other);
            let other = shape.member_def(name.strip_prefix('_').unwrap_or(name));
            other.is_some_and(|other| other.element == member.element && other.type_ != member.type_)
        })
    }

    fn unknown(&mut self, shape: &'static Shape, name: &'a str) {
        self.found.report_at(Step::Member(name), "structure", || {
            let shown = shortened(name);
            if let Some(choice) = shape.element(name).filter(|element| element.choice) {
                let names: Vec<String> = choice.types.iter().take(3).map(|type_| format!("`{}`", type_.json)).collect();
                return format!("`{shown}` needs its type in its name; write {} or the like", names.join(", "));
            }
            match nearest(name, shape.json_names()) {
                Some(near) => format!("`{}` has no element `{shown}`; did you mean `{near}`?", shape.path),
                None => format!("`{}` has no element `{shown}`; leave it out or put it into an extension", shape.path),
            }
        });
    }

    /// Tells of mandatory elements that the object does not have.
    fn missing(&mut self, shape: &'static Shape, seen: &Seen) {
        let mut missing = shape.mandatory & !(seen.values | seen.besides);
        while missing != 0 {
            let nth = missing.trailing_zeros() as usize;
            missing &= missing - 1;
            let name = shape.elements[nth].name;
            self.found.report_at(Step::Member(name), "required", || {
                format!("`{}` needs the element `{name}`; add it", shape.path)
            });
        }
    }

    /// The value of a member: one, or an array where the element repeats.
    fn value(&mut self, object: u32, at: u32, element: &'static ElementDef, type_: &'static ElementType) {
        let kind = self.kind(at);
        if !element.many {
            if kind == Kind::Array {
                let name = type_.json;
                self.found
                    .report("structure", || format!("`{name}` does not repeat; write its value without an array"));
                return;
            }
            self.single(at, element, type_);
            return;
        }
        if kind != Kind::Array {
            let name = type_.json;
            self.found
                .report("structure", || format!("`{name}` repeats, so it must be an array; put the value into `[ ]`"));
            return;
        }
        let tree = self.tree;
        let mut count = 0;
        let mut besides = None;
        for (nth, item) in tree.children(at).enumerate() {
            count += 1;
            self.found.enter(Step::Item(nth));
            let padding = self.kind(item) == Kind::Null && matches!(type_.value, ValueType::Primitive(_));
            if padding {
                let besides: &Vec<u32> = besides.get_or_insert_with(|| self.besides(object, type_));
                self.padding(besides.get(nth).copied(), type_);
            } else {
                self.single(item, element, type_);
            }
            self.found.leave();
        }
        if count == 0 {
            self.found.report("structure", || "the array is empty; give it items or leave it out".to_owned());
        } else if count < usize::from(element.min) {
            let min = element.min;
            self.found.report("required", || format!("at least {min} items are needed, but there are {count}"));
        }
    }

    /// The items of the array beside a repeating primitive.
    fn besides(&self, object: u32, type_: &ElementType) -> Vec<u32> {
        let beside = self.tree.member(object, &format!("_{}", type_.json));
        beside.map(|at| self.tree.children(at).collect()).unwrap_or_default()
    }

    /// `null` in an array of primitives: the array beside it must hold the item's id or extensions.
    fn padding(&mut self, item: Option<u32>, type_: &ElementType) {
        if item.is_none_or(|item| self.kind(item) != Kind::Object) {
            let name = type_.json;
            self.found.report("structure", || {
                format!("`null` is allowed only where `_{name}` has an object at the same place; leave it out")
            });
        }
    }

    fn single(&mut self, at: u32, element: &'static ElementDef, type_: &'static ElementType) {
        match type_.value {
            ValueType::Primitive(primitive) => self.primitive(at, primitive, element),
            ValueType::Resource => self.resource(at, element),
            ValueType::Object(shape) => {
                self.object(at, self.defs.shape(shape));
                if !type_.targets.is_empty() {
                    self.target(at, &type_.targets);
                }
                if let Some(binding) = element.binding {
                    self.coded(at, type_.name, self.defs.binding(binding));
                }
            }
        }
    }

    fn primitive(&mut self, at: u32, primitive: Primitive, element: &'static ElementDef) {
        let kind = self.kind(at);
        if !primitive::fits_json(primitive, kind) {
            self.found.report("structure", || match kind {
                Kind::Null => "`null` is no value in FHIR; leave the element out".to_owned(),
                _ => format!("{} stands where {} must be", kind.words(), primitive::json_words(primitive)),
            });
            return;
        }
        let plain = kind != Kind::EscapedString;
        let escaped = if plain { None } else { self.tree.string(at) };
        let text = escaped.as_deref().unwrap_or_else(|| self.tree.inner(at));
        if text.is_empty() {
            self.found.report("value", || "the string is empty; leave the element out or give it a value".to_owned());
        } else if let Some(fault) = primitive::fault(primitive, text, plain) {
            let code = if primitive == Primitive::Xhtml { "structure" } else { "value" };
            self.found.report(code, || format!("`{}` {fault}", shortened(text)));
        } else if let Some(binding) = element.binding
            && !self.defs.binding(binding).has_code(text)
        {
            self.wrong_code(text, self.defs.binding(binding));
        }
    }

    /// The object beside a primitive (`_birthDate`), which holds its id and extensions; an array where it repeats.
    fn beside(
        &mut self,
        object: u32,
        at: u32,
        shape: &'static Shape,
        element: &'static ElementDef,
        type_: &'static ElementType,
    ) {
        let name = type_.json;
        let system_string = element.name == "id" || (shape.path == "Extension" && element.name == "url");
        if !matches!(type_.value, ValueType::Primitive(_)) || system_string {
            self.found.report("structure", || {
                format!("`{name}` can have no `_{name}` beside it; put the content into `{name}`")
            });
            return;
        }
        let Some(shape) = self.defs.shape_named("Element") else { return };
        if element.many != (self.kind(at) == Kind::Array) {
            let words = if element.many {
                "repeats, so it must be an array"
            } else {
                "does not repeat, so it must be one object"
            };
            self.found.report("structure", || format!("`_{name}` {words} like `{name}`"));
            return;
        }
        let tree = self.tree;
        if !element.many {
            self.object(at, shape);
            if tree.member(object, name).is_none() {
                self.only_id(at);
            }
            return;
        }
        let values: Option<Vec<u32>> = tree.member(object, name).map(|values| tree.children(values).collect());
        let mut count = 0;
        for (nth, item) in tree.children(at).enumerate() {
            count += 1;
            self.found.enter(Step::Item(nth));
            let value =
                values.as_ref().and_then(|values| values.get(nth)).filter(|value| self.kind(**value) != Kind::Null);
            if self.kind(item) != Kind::Null {
                self.object(item, shape);
                if value.is_none() {
                    self.only_id(item);
                }
            } else if value.is_none() {
                self.found.report("structure", || format!("neither `{name}` nor `_{name}` has a value at this place"));
            }
            self.found.leave();
        }
        if count == 0 || values.is_some_and(|values| values.len() != count) {
            self.found.report("structure", || {
                format!("`{name}` and `_{name}` must have the same number of items; fill up with `null`")
            });
        }
    }

    /// A resource within this one.
    fn resource(&mut self, at: u32, element: &'static ElementDef) {
        if self.kind(at) != Kind::Object {
            let words = self.kind(at).words();
            self.found.report("structure", || format!("{words} stands where a resource must be"));
            return;
        }
        let contained = element.name == "contained";
        if contained && self.contained {
            self.found.report("structure", || {
                "a contained resource may not contain others; move it to the outer `contained`".to_owned()
            });
            return;
        }
        let Some(type_) = self.type_of(at) else { return };
        let outside = self.contained;
        self.contained |= contained;
        self.object(at, self.defs.shape_of(type_));
        self.contained = outside;
    }
}

fn known(shape: &'static Shape, name: &str) -> Option<(MemberDef, &'static ElementDef, &'static ElementType)> {
    let member = shape.member_def(name)?;
    let element = shape.elements.get(usize::from(member.element))?;
    Some((member, element, element.types.get(usize::from(member.type_))?))
}
