//! The flat tree: nodes in the order of the text, each with the place of the node after its whole content.

use super::scan::unescape;
use std::borrow::Cow;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    /// A string with escape sequences.
    EscapedString,
    Number,
    True,
    False,
    Null,
}

/// One value. Offsets are bytes of the tree's text; a string's lie inside its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub start: u32,
    pub end: u32,
    /// The node that follows this value and all within it.
    pub next: u32,
    pub key_start: u32,
    /// 0 for items of an array and the root. The empty name is read as length 0 too: no FHIR member has it.
    pub key_len: u16,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// The document, then the member names that were written with escape sequences, decoded.
    pub text: String,
    /// Bytes of the document.
    pub len: u32,
    pub nodes: Vec<Node>,
}

impl Tree {
    pub fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    pub fn key(&self, at: u32) -> &str {
        let node = self.node(at);
        let start = node.key_start as usize;
        &self.text[start..start + usize::from(node.key_len)]
    }

    /// The value as written, with the quotes of a string.
    pub fn raw(&self, at: u32) -> &str {
        let node = self.node(at);
        let quotes = usize::from(node.kind.is_string());
        &self.text[node.start as usize - quotes..node.end as usize + quotes]
    }

    /// What is between the quotes of a string, or the digits of a number, as written.
    pub fn inner(&self, at: u32) -> &str {
        let node = self.node(at);
        &self.text[node.start as usize..node.end as usize]
    }

    pub fn string(&self, at: u32) -> Option<Cow<'_, str>> {
        match self.node(at).kind {
            Kind::String => Some(Cow::Borrowed(self.inner(at))),
            Kind::EscapedString => Some(Cow::Owned(unescape(self.inner(at)))),
            _ => None,
        }
    }

    /// The values directly within an object or array.
    pub fn children(&self, at: u32) -> Children<'_> {
        let node = self.node(at);
        let within = matches!(node.kind, Kind::Object | Kind::Array);
        Children { tree: self, at: at + 1, end: if within { node.next } else { at + 1 } }
    }

    pub fn member(&self, at: u32, name: &str) -> Option<u32> {
        if self.node(at).kind != Kind::Object {
            return None;
        }
        self.children(at).find(|child| self.key(*child) == name)
    }

    /// One value of this tree as a tree of its own.
    pub fn cut(&self, at: u32) -> Tree {
        let first = self.node(at);
        let quotes = u32::from(first.kind.is_string());
        let text_shift = first.start - quotes;
        let len = first.end + quotes - text_shift;
        let within = &self.nodes[at as usize..first.next as usize];
        // Names that were escaped stand behind the document, in the order of their nodes.
        let mut escaped = within.iter().skip(1).filter(|node| node.key_start >= self.len);
        let names_start = escaped.next().map_or(self.text.len(), |node| node.key_start as usize);
        let last = escaped.next_back().or(within.iter().skip(1).find(|node| node.key_start as usize == names_start));
        let names_end = last.map_or(names_start, |node| node.key_start as usize + usize::from(node.key_len));
        let text = [self.raw(at), &self.text[names_start..names_end]].concat();
        let shifted = |node: &Node| Node {
            start: node.start - text_shift,
            end: node.end - text_shift,
            next: node.next - at,
            key_start: if node.key_start < self.len {
                node.key_start.saturating_sub(text_shift)
            } else {
                node.key_start - names_start as u32 + len
            },
            ..*node
        };
        let mut nodes: Vec<Node> = Vec::with_capacity(within.len());
        nodes.push(Node { key_start: text_shift, key_len: 0, ..*first });
        nodes.extend_from_slice(&within[1..]);
        for node in &mut nodes {
            *node = shifted(node);
        }
        Tree { text, len, nodes }
    }
}

impl Kind {
    pub fn is_string(self) -> bool {
        matches!(self, Kind::String | Kind::EscapedString)
    }

    /// How a message calls such a value.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Object => "an object",
            Kind::Array => "an array",
            Kind::String | Kind::EscapedString => "a string",
            Kind::Number => "a number",
            Kind::True | Kind::False => "a boolean",
            Kind::Null => "null",
        }
    }
}

pub(crate) struct Children<'a> {
    tree: &'a Tree,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at >= self.end {
            return None;
        }
        let at = self.at;
        self.at = self.tree.node(at).next;
        Some(at)
    }
}
