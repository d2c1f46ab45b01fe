//! The references of a resource: reading them all, and writing them anew in a transaction.

use crate::definitions::{Primitive, ShapeId, ValueType, r4};
use crate::index::{Target, reference_target};
use crate::json::{Kind, Tree, write_string};
use crate::resource::Resource;
use std::borrow::Cow;

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
    /// Rewrites every `Reference.reference`, contained resources' too, every uri, url, oid, uuid or canonical that
    /// begins with `urn:`, and every absolute `<a href>` and `<img src>` of a narrative, for which `new` gives another
    /// text. <https://hl7.org/fhir/R4/http.html#trules>
    pub fn with_references(&self, new: &mut dyn FnMut(&str) -> Option<String>) -> Resource {
        let rewritten = self.with_links(&mut |link, text| match link {
            Link::Uri if !text.starts_with("urn:") => None,
            Link::Narrative => with_addresses(text, new),
            Link::Reference | Link::Uri => new(text),
        });
        rewritten.unwrap_or_else(|| self.clone())
    }

    /// The same with relative references where they are absolute ones to `base_url`, which has no slash at its end;
    /// none where there is nothing to rewrite. Only where the text may hold such a reference is it looked for.
    pub fn with_local_references(&self, base_url: &str) -> Option<Resource> {
        // A JSON writer may have escaped the slashes, or any letter.
        let may_hold = |part| self.tree.text.contains(part);
        if base_url.is_empty() || ![base_url, "\\/", "\\u00"].into_iter().any(may_hold) {
            return None;
        }
        self.with_links(&mut |link, text| {
            let local = text.strip_prefix(base_url)?.strip_prefix('/')?;
            let is_local = link == Link::Reference && matches!(reference_target(local), Target::Local { .. });
            is_local.then(|| local.to_owned())
        })
    }

    /// Rewrites the links for which `new` gives another text; none where there are none.
    fn with_links(&self, new: &mut dyn FnMut(Link, &str) -> Option<String>) -> Option<Resource> {
        let mut out = Vec::new();
        let mut copied = 0;
        visit_links(self, &mut |link, at| {
            let Some(other) = self.tree.string(at).and_then(|text| new(link, &text)) else { return };
            let node = self.tree.node(at);
            if copied == 0 {
                out.reserve(self.tree.len as usize + 256);
            }
            out.extend_from_slice(&self.tree.text.as_bytes()[copied..node.start as usize - 1]);
            write_string(&other, &mut out);
            copied = node.end as usize + 1;
        });
        if copied == 0 {
            return None;
        }
        out.extend_from_slice(&self.tree.text.as_bytes()[copied..self.tree.len as usize]);
        Some(self.rewritten(out))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Reference,
    Uri,
    /// The XHTML of a narrative, which holds links of its own.
    Narrative,
}

/// Calls `visit` with every string that is a reference, a uri of some kind or a narrative, in the order of the text.
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
                ValueType::Primitive(Primitive::Xhtml) => Some(Link::Narrative),
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

/// A narrative whose addresses are written anew, as whole values; none where `new` knows none of them. Only absolute
/// addresses are asked for: a relative one is a place in the page.
fn with_addresses(xhtml: &str, new: &mut dyn FnMut(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = xhtml[at..].find('<') {
        at += found;
        let rest = &xhtml[at..];
        at += match (rest.strip_prefix("<!--"), rest.strip_prefix("<![CDATA[")) {
            (Some(comment), _) => comment.find("-->")? + "<!---->".len(),
            (_, Some(data)) => data.find("]]>")? + "<![CDATA[]]>".len(),
            (None, None) => tag_bytes(rest, &mut |from, value| {
                let address = unescaped(value);
                if let Some(other) = is_absolute(&address).then(|| new(&address)).flatten() {
                    out.push_str(&xhtml[copied..at + from]);
                    escape(&other, &mut out);
                    copied = at + from + value.len();
                }
            }),
        };
    }
    (copied > 0).then(|| out + &xhtml[copied..])
}

/// Reads the tag that `text` begins with and gives its length; calls `visit` with place and value of each `<a href>` and
/// `<img src>`. What is not well-formed ends the tag: validation has said so where it matters.
fn tag_bytes(text: &str, visit: &mut dyn FnMut(usize, &str)) -> usize {
    let name_end = text[1..].find(|letter: char| !letter.is_ascii_alphanumeric()).map_or(text.len(), |end| 1 + end);
    let wanted = match &text[1..name_end] {
        "a" => "href",
        "img" => "src",
        _ => "",
    };
    let mut at = name_end;
    loop {
        // Values may hold `>`, so attributes are read one by one.
        let rest = &text[at..];
        let Some(stop) = rest.find(['>', '=', '<']).filter(|stop| rest[*stop..].starts_with('=')) else {
            return at + rest.find(['>', '<']).unwrap_or(rest.len());
        };
        let name = rest[..stop].trim_ascii();
        let value = rest[stop + 1..].trim_ascii_start();
        let start = text.len() - value.len() + 1;
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let Some(len) = quote.and_then(|quote| value[1..].find(quote)) else { return text.len() };
        if !wanted.is_empty() && name == wanted {
            visit(start, &text[start..start + len]);
        }
        at = start + len + 1;
    }
}

/// Whether an address begins with a scheme, such as `urn:` or `https:`.
fn is_absolute(address: &str) -> bool {
    let in_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    address.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(in_scheme))
}

/// The five named characters of XML are read; an address with another reference is taken as it is.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Cow::Owned(named.into_iter().fold(value.to_owned(), |text, (name, letter)| text.replace(name, letter)))
}

fn escape(address: &str, out: &mut String) {
    for letter in address.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
}
