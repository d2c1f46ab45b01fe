//! Rules for whole objects that the tables do not hold.

use super::walk::Walk;
use crate::definitions::{Shape, ShapeKind};

impl Walk<'_> {
    /// `ele-1`: an element has a value or children besides its id. `ext-1`: an extension has either a value or
    /// extensions. `members` is how many members the object has.
    pub fn special(&mut self, at: u32, shape: &'static Shape, members: usize) {
        // What stands beside a primitive (`Element`) has its value there; `Walk::beside` looks.
        let owner = shape.kind != ShapeKind::Resource && shape.path != "Element";
        if members == 1 && owner {
            self.only_id(at);
        }
        if shape.path == "Extension" {
            let names = || self.tree.children(at).map(|child| self.tree.key(child));
            let value = names().any(|name| name.starts_with("value") || name.starts_with("_value"));
            let nested = names().any(|name| name == "extension");
            if value && nested {
                self.found.report("structure", || {
                    "an extension has either a value or extensions within it; leave one of them out".to_owned()
                });
            } else if !value && !nested {
                self.found
                    .report("required", || "an extension needs a `value[x]` member or extensions within it".to_owned());
            }
        }
    }

    pub fn only_id(&mut self, at: u32) {
        let mut names = self.tree.children(at).map(|child| self.tree.key(child));
        if names.next() == Some("id") && names.next().is_none() {
            self.found
                .report("structure", || "the object has only an `id`; give it content or leave it out".to_owned());
        }
    }
}
