//! The references of a resource: reading them all, and writing them anew in a transaction.

use crate::definitions::{Primitive, ShapeId, ValueType, r4};
use crate::json::{Kind, Tree, write_string};
use crate::resource::Resource;

/// Every `Reference.reference` in the resource and in what it contains, in the order of the text.
pub fn references_in(resource: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    visit_links(resource, &mut |link, at| {
        if link == Link::Reference {
            found.extend(resource.tree.string(at).map(|text| text.into_owned()));
        }
    });
    found
}

impl Resource {
    /// Rewrites every `Reference.reference`, contained resources' too, and every uri, url, oid, uuid or canonical
    /// that begins with `urn:`, for which `new` gives another text. Links in narrative stay as they are.
    pub fn with_references(&self, new: &mut dyn FnMut(&str) -> Option<String>) -> Resource {
        let mut out = Vec::with_capacity(self.tree.len as usize + 256);
        let mut copied = 0;
        visit_links(self, &mut |link, at| {
            let Some(text) = self.tree.string(at) else { return };
            if link == Link::Uri && !text.starts_with("urn:") {
                return;
            }
            if let Some(other) = new(&text) {
                let node = self.tree.node(at);
                out.extend_from_slice(&self.tree.text.as_bytes()[copied..node.start as usize - 1]);
                write_string(&other, &mut out);
                copied = node.end as usize + 1;
            }
        });
        if copied == 0 {
            return self.clone();
        }
        out.extend_from_slice(&self.tree.text.as_bytes()[copied..self.tree.len as usize]);
        self.rewritten(out)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Reference,
    Uri,
}

/// Calls `visit` with every string that is a reference or a uri of some kind, in the order of the text.
fn visit_links(resource: &Resource, visit: &mut dyn FnMut(Link, u32)) {
    let mut visitor = Visitor { tree: &resource.tree, visit };
    visitor.resource(0);
}

struct Visitor<'a> {
    tree: &'a Tree,
    visit: &'a mut dyn FnMut(Link, u32),
}

impl Visitor<'_> {
    fn object(&mut self, at: u32, shape: ShapeId) {
        let tree = self.tree;
        let shape = r4().shape(shape);
        for child in tree.children(at) {
            let name = tree.key(child);
            if let Some(primitive) = name.strip_prefix('_') {
                // The `id` and `extension` beside a primitive.
                if shape.member(primitive).is_some() {
                    self.beside(child);
                }
                continue;
            }
            let Some((_, type_)) = shape.member(name) else { continue };
            let value = type_.value;
            let link = match value {
                ValueType::Primitive(Primitive::String) if shape.path == "Reference" && name == "reference" => {
                    Some(Link::Reference)
                }
                ValueType::Primitive(primitive) if is_uri(primitive) => Some(Link::Uri),
                ValueType::Primitive(_) => continue,
                _ => None,
            };
            self.each(child, value, link);
        }
    }

    fn each(&mut self, at: u32, value: ValueType, link: Option<Link>) {
        let tree = self.tree;
        if tree.node(at).kind == Kind::Array {
            for item in tree.children(at) {
                self.each(item, value, link);
            }
            return;
        }
        match (value, link) {
            (_, Some(link)) => (self.visit)(link, at),
            (ValueType::Object(shape), _) => self.object(at, shape),
            (ValueType::Resource, _) => self.resource(at),
            _ => {}
        }
    }

    fn resource(&mut self, at: u32) {
        let tree = self.tree;
        let name = tree.member(at, "resourceType").and_then(|at| tree.string(at));
        if let Some(type_) = name.and_then(|name| r4().type_named(&name)) {
            self.object(at, r4().shape_of(type_).id);
        }
    }

    fn beside(&mut self, at: u32) {
        if let Some(element) = r4().shape_named("Element") {
            self.each(at, ValueType::Object(element.id), None);
        }
    }
}

fn is_uri(primitive: Primitive) -> bool {
    matches!(primitive, Primitive::Uri | Primitive::Url | Primitive::Oid | Primitive::Uuid | Primitive::Canonical)
}
