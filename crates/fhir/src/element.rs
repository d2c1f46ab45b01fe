//! A value in a resource's tree, as programs read it.

use crate::json::{Kind, Tree};
use std::borrow::Cow;
use std::fmt;

/// A value: an object, an array or a primitive. Copies freely; it borrows the resource.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) at: u32,
}

impl<'a> Element<'a> {
    fn kind(self) -> Kind {
        self.tree.node(self.at).kind
    }

    fn of(self, at: u32) -> Element<'a> {
        Element { tree: self.tree, at }
    }

    /// The member `name` of an object, as JSON names it (`valueQuantity`).
    pub fn get(self, name: &str) -> Option<Element<'a>> {
        self.tree.member(self.at, name).map(|at| self.of(at))
    }

    /// All values at the end of a dotted path of JSON names, arrays opened on the way: `code.coding.code`.
    pub fn path(self, path: &str) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let mut found: Vec<Element<'a>> = self.items().collect();
        for name in path.split('.') {
            found = found.into_iter().filter_map(|element| element.get(name)).flat_map(Element::items).collect();
        }
        found.into_iter()
    }

    /// The first value at the end of a path, as text.
    pub fn text_at(self, path: &str) -> Option<Cow<'a, str>> {
        self.path(path).find_map(Element::str)
    }

    /// The items of an array; any other value yields itself.
    pub fn items(self) -> Items<'a> {
        let node = self.tree.node(self.at);
        match node.kind {
            Kind::Array => Items { tree: self.tree, at: self.at + 1, end: node.next },
            _ => Items { tree: self.tree, at: self.at, end: node.next },
        }
    }

    /// The members of an object in their order, with their JSON names.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Element<'a>)> + use<'a> {
        let object = self.is_object().then(|| self.tree.children(self.at));
        object.into_iter().flatten().map(move |at| (self.tree.key(at), self.of(at)))
    }

    /// The JSON name by which the object above holds it; empty for the root and for items of an array.
    pub fn name(self) -> &'a str {
        self.tree.key(self.at)
    }

    /// The text of a string; copied only where it was written with escape sequences.
    pub fn str(self) -> Option<Cow<'a, str>> {
        self.tree.string(self.at)
    }

    pub fn bool(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// The digits of a number as written.
    pub fn number_text(self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.tree.inner(self.at))
    }

    /// The value as written, white space and all.
    pub fn raw(self) -> &'a [u8] {
        self.tree.raw(self.at).as_bytes()
    }

    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    pub fn is_string(self) -> bool {
        self.kind().is_string()
    }

    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tree.raw(self.at))
    }
}

/// See `Element::items`.
pub struct Items<'a> {
    tree: &'a Tree,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        if self.at >= self.end {
            return None;
        }
        let element = Element { tree: self.tree, at: self.at };
        self.at = self.tree.node(self.at).next;
        Some(element)
    }
}
