//! A resource: its text, the tree over it, its type.

use crate::definitions::{TypeId, r4};
use crate::element::Element;
use crate::json::{Limits, Tree, minify, write_member_name, write_string};
use crate::validate::validate;
use base::zone::instant_text;
use base::{Error, Millis, Result};
use std::borrow::Cow;
use std::fmt;

/// One FHIR resource. It owns its text and is cheap to move.
#[derive(Clone)]
pub struct Resource {
    pub(crate) tree: Tree,
    type_: TypeId,
}

/// A resource without what the store keeps in columns (type, id, version, time).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The members of `meta` besides `versionId` and `lastUpdated`, without braces; may be empty.
    pub meta: Vec<u8>,
    /// The members besides `resourceType`, `id` and `meta`, each after a comma; may be empty.
    pub rest: Vec<u8>,
}

/// Reads one resource and holds it against the R4 definitions.
///
/// # Errors
/// `Invalid` with up to `issues_max` issues, each with its place in FHIRPath form (a broken JSON text: one issue that
/// names line and column); `TooCostly` where the input is larger than the limits.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Resource> {
    let tree = Tree::read(bytes, limits)?;
    let type_ = validate(&tree, limits.issues_max)?;
    Ok(Resource { tree, type_ })
}

/// Reads what the store wrote itself: the tree only, no validation.
///
/// # Errors
/// `Fault` where the bytes are not a resource after all.
pub fn parse_trusted(bytes: Vec<u8>) -> Result<Resource> {
    let text = String::from_utf8(bytes).map_err(|_| Error::fault("a stored resource is not UTF-8"))?;
    let tree = Tree::read_owned(text, &Limits::TRUSTED)
        .map_err(|error| Error::fault(format!("a stored resource cannot be read: {}", error.text())))?;
    let type_ = type_of(&tree, 0).ok_or_else(|| Error::fault("a stored value has no known `resourceType`"))?;
    Ok(Resource { tree, type_ })
}

fn type_of(tree: &Tree, at: u32) -> Option<TypeId> {
    let name = tree.string(tree.member(at, "resourceType")?)?;
    r4().type_named(&name)
}

impl Resource {
    pub fn type_id(&self) -> TypeId {
        self.type_
    }

    pub fn type_name(&self) -> &'static str {
        r4().type_name(self.type_)
    }

    pub fn id(&self) -> Option<&str> {
        let at = self.tree.member(0, "id")?;
        self.tree.node(at).kind.is_string().then(|| self.tree.inner(at))
    }

    /// `meta.versionId` as sent.
    pub fn version_id(&self) -> Option<&str> {
        let at = self.tree.member(self.tree.member(0, "meta")?, "versionId")?;
        self.tree.node(at).kind.is_string().then(|| self.tree.inner(at))
    }

    pub fn root(&self) -> Element<'_> {
        Element { tree: &self.tree, at: 0 }
    }

    /// Bytes of the text as it came.
    pub fn text_len(&self) -> usize {
        self.tree.len as usize
    }

    /// Splits off what the store keeps in columns; both parts without white space, order and numbers kept.
    pub fn body(&self) -> Body {
        let mut body = Body { meta: Vec::new(), rest: Vec::with_capacity(self.tree.len as usize) };
        for at in self.tree.children(0) {
            match self.tree.key(at) {
                "resourceType" | "id" => {}
                "meta" => self.write_meta(at, &mut body.meta),
                _ => {
                    body.rest.push(b',');
                    write_member_name(&self.tree, at, &mut body.rest);
                    minify(&self.tree, at, &mut body.rest);
                }
            }
        }
        body
    }

    fn write_meta(&self, meta: u32, out: &mut Vec<u8>) {
        for at in self.tree.children(meta) {
            if matches!(self.tree.key(at), "versionId" | "lastUpdated" | "_versionId" | "_lastUpdated") {
                continue;
            }
            if !out.is_empty() {
                out.push(b',');
            }
            write_member_name(&self.tree, at, out);
            minify(&self.tree, at, out);
        }
    }

    /// The whole resource without white space.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.tree.len as usize);
        minify(&self.tree, 0, &mut out);
        out
    }

    /// The same resource with another id, or with its first.
    pub fn with_id(self, id: &str) -> Resource {
        if self.id() == Some(id) {
            return self;
        }
        let mut quoted = Vec::with_capacity(id.len() + 2);
        write_string(id, &mut quoted);
        let mut out = Vec::with_capacity(self.tree.len as usize + id.len() + 8);
        out.extend_from_slice(b"{\"resourceType\":\"");
        out.extend_from_slice(self.type_name().as_bytes());
        out.extend_from_slice(b"\",\"id\":");
        out.extend_from_slice(&quoted);
        for at in self.tree.children(0) {
            if !matches!(self.tree.key(at), "resourceType" | "id") {
                out.push(b',');
                write_member_name(&self.tree, at, &mut out);
                minify(&self.tree, at, &mut out);
            }
        }
        out.push(b'}');
        self.rewritten(out)
    }

    /// A resource that stands within another one (`Bundle.entry.resource`, `contained`), as its own. Given another
    /// value, the result has no type (`TypeId(0)`).
    pub fn entry_resource(element: Element<'_>) -> Resource {
        let type_ = type_of(element.tree, element.at).unwrap_or(TypeId(0));
        Resource { tree: element.tree.cut(element.at), type_ }
    }

    /// A resource of the same type from a text that this crate has written.
    pub(crate) fn rewritten(&self, text: Vec<u8>) -> Resource {
        let text = String::from_utf8(text).expect("parts of a text between its tokens are UTF-8");
        let tree = Tree::read_owned(text, &Limits::TRUSTED).expect("a rewritten resource is JSON");
        Resource { tree, type_: self.type_ }
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tree.raw(0))
    }
}

impl PartialEq for Resource {
    /// The same but for white space.
    fn eq(&self, other: &Resource) -> bool {
        self.type_ == other.type_ && self.to_json() == other.to_json()
    }
}

/// Appends the JSON of a stored resource: what `Resource::body` split, with the columns put back.
pub fn render(type_name: &str, id: &str, version: u32, updated: Millis, meta: &[u8], rest: &[u8], out: &mut Vec<u8>) {
    out.reserve(rest.len() + meta.len() + 128);
    out.extend_from_slice(b"{\"resourceType\":\"");
    out.extend_from_slice(type_name.as_bytes());
    out.extend_from_slice(b"\",\"id\":\"");
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(b"\",\"meta\":{\"versionId\":\"");
    out.extend_from_slice(version.to_string().as_bytes());
    out.extend_from_slice(b"\",\"lastUpdated\":\"");
    out.extend_from_slice(instant_text(updated).as_bytes());
    out.push(b'"');
    if !meta.is_empty() {
        out.push(b',');
        out.extend_from_slice(meta);
    }
    out.push(b'}');
    out.extend_from_slice(rest);
    out.push(b'}');
}

/// The text of a member of the root, for messages and views.
pub(crate) fn member_text<'a>(element: Element<'a>, name: &str) -> Option<Cow<'a, str>> {
    element.get(name).and_then(Element::str)
}
