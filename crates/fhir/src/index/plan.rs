//! What `extract` walks: the index paths of one type as one tree of JSON names, compiled when the table is loaded.

use crate::definitions::PathId;

/// How a value is written in JSON and what it becomes; the letter stands in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `T`: CodeableConcept → Token.
    Concept,
    /// `G`: Coding → Token.
    Coding,
    /// `c=system`: code → Token, with the one system of its required binding.
    Code(&'static str),
    /// `s`: string, id or uri → Token.
    Plain,
    /// `b`: boolean → Token.
    Flag,
    /// `D`: something that is there → Token `true`.
    Present,
    /// `i` → Identifier.
    Identifier,
    /// `k`: ContactPoint → Identifier.
    Contact,
    /// `r`: Reference → Reference.
    Reference,
    /// `a`: canonical or uri → Reference.
    Link,
    /// `n`: a nested resource → Reference to it.
    Nested,
    /// `x`: string or markdown → Text.
    Text,
    /// `y`: HumanName with Han characters → Text.
    Pinyin,
    /// `z`: the same → Text of its parts.
    NameParts,
    /// `d`: date, dateTime or instant → Date.
    Date,
    /// `p` → Date.
    Period,
    /// `t` → Date for each event and for the bounds.
    Timing,
    /// `m`: integer or decimal → Number.
    Number,
    /// `w`: Range → Number.
    NumberRange,
    /// `q`: Quantity, Age, Duration … → Quantity.
    Quantity,
    /// `o`: Money → Quantity.
    Money,
    /// `R`: Range → Quantity.
    Range,
    /// `O`: SampledData → Quantity of its origin.
    Sampled,
    /// `u`: uri or url → Uri.
    Uri,
    /// `v`: canonical → Uri.
    Canonical,
}

/// Which of the items of a member count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filter {
    All,
    First,
    /// Objects in which this member has this text.
    Where(&'static str, &'static str),
    /// Objects with an extension of this url.
    Extended(&'static str),
}

#[derive(Debug, Default)]
pub struct Plan {
    /// The first is the resource itself.
    pub nodes: Vec<Node>,
    /// A path that says `false` where nothing else stands under it (`Patient.deceased`).
    pub false_unless_any: Option<PathId>,
}

#[derive(Debug, Default)]
pub struct Node {
    /// Sorted by name.
    pub edges: Vec<Edge>,
    pub leaves: Vec<Leaf>,
}

#[derive(Debug)]
pub struct Edge {
    pub name: &'static str,
    pub filter: Filter,
    pub node: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    pub path: PathId,
    pub form: Form,
}

impl Plan {
    /// Adds a program, such as `q component valueQuantity`; none if it cannot be read.
    pub fn add(&mut self, path: PathId, program: &'static str) -> Option<()> {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        if program == "F" {
            self.false_unless_any = Some(path);
            return Some(());
        }
        let mut words = program.split(' ');
        let form = form(words.next()?)?;
        let mut at = 0;
        for word in words {
            let (name, filter) = step(word)?;
            at = self.child(at, name, filter);
        }
        self.nodes[at].leaves.push(Leaf { path, form });
        Some(())
    }

    /// Call it after the last `add`.
    pub fn finish(&mut self) {
        for node in &mut self.nodes {
            node.edges.sort_by_key(|edge| edge.name);
        }
    }

    /// The forms that a path's values are written in.
    pub fn forms(&self, path: PathId) -> impl Iterator<Item = Form> {
        self.nodes.iter().flat_map(|node| &node.leaves).filter(move |leaf| leaf.path == path).map(|leaf| leaf.form)
    }

    fn child(&mut self, at: usize, name: &'static str, filter: Filter) -> usize {
        if let Some(edge) = self.nodes[at].edges.iter().find(|edge| edge.name == name && edge.filter == filter) {
            return edge.node;
        }
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        self.nodes[at].edges.push(Edge { name, filter, node });
        node
    }
}

impl Node {
    /// The edges of a JSON name: mostly one, several where they filter.
    pub fn edges_named(&self, name: &str) -> &[Edge] {
        let from = self.edges.partition_point(|edge| edge.name < name);
        let count = self.edges[from..].iter().take_while(|edge| edge.name == name).count();
        &self.edges[from..from + count]
    }
}

/// `component`, `entry[0]`, `relatedArtifact[type=successor]`, `item[+url]`.
fn step(word: &'static str) -> Option<(&'static str, Filter)> {
    let Some((name, rest)) = word.split_once('[') else { return Some((word, Filter::All)) };
    let inner = rest.strip_suffix(']')?;
    if inner == "0" {
        return Some((name, Filter::First));
    }
    if let Some(url) = inner.strip_prefix('+') {
        return Some((name, Filter::Extended(url)));
    }
    let (member, text) = inner.split_once('=')?;
    Some((name, Filter::Where(member, text)))
}

/// The form of a letter of the table.
pub(crate) fn form(letter: &'static str) -> Option<Form> {
    if let Some(system) = letter.strip_prefix("c=") {
        return Some(Form::Code(system));
    }
    Some(match letter {
        "T" => Form::Concept,
        "G" => Form::Coding,
        "s" => Form::Plain,
        "b" => Form::Flag,
        "D" => Form::Present,
        "i" => Form::Identifier,
        "k" => Form::Contact,
        "r" => Form::Reference,
        "a" => Form::Link,
        "n" => Form::Nested,
        "x" => Form::Text,
        "y" => Form::Pinyin,
        "z" => Form::NameParts,
        "d" => Form::Date,
        "p" => Form::Period,
        "t" => Form::Timing,
        "m" => Form::Number,
        "w" => Form::NumberRange,
        "q" => Form::Quantity,
        "o" => Form::Money,
        "R" => Form::Range,
        "O" => Form::Sampled,
        "u" => Form::Uri,
        "v" => Form::Canonical,
        _ => return None,
    })
}
