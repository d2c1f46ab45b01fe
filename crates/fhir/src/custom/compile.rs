//! From the steps of an expression to the places in JSON that it reads, as programs of `index::plan`.

use super::expression::{Step, parse};
use crate::definitions::{ElementDef, IndexKind, ParamKind, Primitive, TypeId, ValueType, r4};

/// What one parameter reads in resources of one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reads {
    pub kind: IndexKind,
    /// Form letter and JSON names, as the table of the definitions has them; sorted.
    pub programs: Vec<String>,
    /// Only references to this type.
    pub target: Option<TypeId>,
    /// Only contact points of this system.
    pub system: Option<String>,
    /// The form by which names with Han characters are spelled, or nothing.
    pub spelled: &'static str,
    /// What a reference here may point at; empty means anything.
    pub targets: Vec<TypeId>,
}

/// The types whose names are found by pinyin.
const PINYIN_TYPES: [&str; 4] = ["Patient", "Person", "Practitioner", "RelatedPerson"];
const NAME_PARTS: [&str; 5] = ["text", "family", "given", "prefix", "suffix"];
const ADDRESS_PARTS: [&str; 7] = ["text", "line", "city", "district", "state", "postalCode", "country"];

/// Where a path has got to.
#[derive(Clone, Debug)]
struct Cursor {
    /// JSON names with their filters.
    words: Vec<String>,
    type_: &'static str,
    /// It is one of several types that the element may have and the expression did not say which.
    choice: bool,
    targets: Vec<TypeId>,
    system_of_codes: Option<&'static str>,
    target: Option<TypeId>,
    /// From `telecom.where(system = 'phone')`; a filter as soon as something stands behind it.
    system: Option<String>,
    /// Several elements may stand here, of different ones above: the first of them cannot be told by its place.
    spread: bool,
    /// The element repeats.
    many: bool,
    exists: bool,
    not_false: bool,
}

/// What `expression` reads in a resource of type `base` under a parameter of `kind`, alternatives of one kind together;
/// or a sentence that says why it cannot be used.
pub fn compile(base: TypeId, kind: ParamKind, expression: &str) -> Result<Vec<Reads>, String> {
    let base_name = r4().type_name(base);
    let mut all: Vec<Reads> = Vec::new();
    let mut ends: Vec<&str> = Vec::new();
    for steps in parse(expression)? {
        for cursor in walk(base_name, &steps)? {
            ends.push(cursor.type_);
            let mut found = Vec::new();
            cursor.leaf(base_name, kind, &mut found)?;
            found.into_iter().for_each(|reads| add(&mut all, reads));
        }
    }
    if all.is_empty() {
        ends.dedup();
        let (kind, ends) = (kind.name(), ends.join(", "));
        return Err(match ends.is_empty() {
            true => format!("it reads nothing in `{base_name}`"),
            false => format!("in `{base_name}` it ends at {ends}, which a parameter of type {kind} does not search"),
        });
    }
    for reads in &mut all {
        reads.programs.sort_unstable();
        reads.programs.dedup();
    }
    Ok(all)
}

impl Reads {
    /// Search values of contact points are written like phone numbers, those of identifiers are not.
    fn is_contact(&self) -> bool {
        self.programs.iter().any(|program| program.starts_with("k "))
    }
}

/// Puts what is read alike together.
fn add(all: &mut Vec<Reads>, reads: Reads) {
    let alike = |other: &&mut Reads| {
        (other.kind, other.target, &other.system, other.spelled, other.is_contact())
            == (reads.kind, reads.target, &reads.system, reads.spelled, reads.is_contact())
    };
    match all.iter_mut().find(alike) {
        Some(same) => {
            same.programs.extend(reads.programs);
            // A place that may point at anything widens the whole to anything.
            if same.targets.is_empty() || reads.targets.is_empty() {
                same.targets.clear();
            } else {
                same.targets.extend(reads.targets);
                same.targets.sort_unstable();
                same.targets.dedup();
            }
        }
        None => all.push(reads),
    }
}

/// Where the steps lead; nowhere if they are about another type.
fn walk(base: &'static str, steps: &[Step]) -> Result<Vec<Cursor>, String> {
    let mut cursors = vec![Cursor::root(base)];
    for (nth, step) in steps.iter().enumerate() {
        if let (0, Step::Name(name)) = (nth, step)
            && name.starts_with(|first: char| first.is_ascii_uppercase())
        {
            if name != base && name != "Resource" && name != "DomainResource" {
                return match r4().type_named(name) {
                    Some(_) => Ok(Vec::new()),
                    None => Err(format!("there is no type `{name}`")),
                };
            }
            continue;
        }
        let mut next = Vec::new();
        for cursor in cursors {
            advance(cursor, step, &mut next)?;
        }
        cursors = next;
    }
    if steps.len() == 1 && cursors.iter().any(|cursor| cursor.words.is_empty()) {
        return Err("it names no element".to_owned());
    }
    Ok(cursors)
}

fn advance(mut cursor: Cursor, step: &Step, out: &mut Vec<Cursor>) -> Result<(), String> {
    match step {
        Step::Name(name) => cursor.settled().children(name, out)?,
        Step::As(type_) if cursor.type_.eq_ignore_ascii_case(type_) => out.push(Cursor { choice: false, ..cursor }),
        Step::As(_) => {}
        Step::PointsAt(name) => {
            let type_ = r4().type_named(name).ok_or_else(|| format!("there is no type `{name}`"))?;
            // A restriction that the element has anyway costs a check for nothing.
            cursor.target = Some(type_).filter(|_| cursor.targets != [type_]);
            out.push(cursor);
        }
        Step::Where(name, text) if cursor.type_ == "ContactPoint" && name == "system" => {
            cursor.system = Some(text.clone());
            out.push(cursor);
        }
        Step::Where(path, text) => {
            cursor.has_text(path)?;
            out.push(cursor.settled().filtered(&format!("[{path}={text}]"))?);
        }
        Step::Extended(url) => out.push(cursor.settled().filtered(&format!("[+{url}]"))?),
        Step::First if cursor.spread => {
            let words = cursor.words.join(".");
            return Err(format!(
                "the first of all `{words}` is not read; say at each list before it which one, as in `name[0].given[0]`"
            ));
        }
        Step::First => out.push(cursor.settled().filtered("[0]")?),
        Step::Extension(url) => {
            let mut extensions = Vec::new();
            cursor.settled().children("extension", &mut extensions)?;
            for extension in extensions {
                out.push(extension.filtered(&format!("[url={url}]"))?);
            }
        }
        Step::Exists | Step::ExistsNotFalse => {
            (cursor.exists, cursor.not_false) = (true, *step == Step::ExistsNotFalse);
            out.push(cursor.settled());
        }
    }
    Ok(())
}

impl Cursor {
    fn root(base: &'static str) -> Cursor {
        Cursor {
            words: Vec::new(),
            type_: base,
            choice: false,
            targets: Vec::new(),
            system_of_codes: None,
            target: None,
            system: None,
            spread: false,
            many: false,
            exists: false,
            not_false: false,
        }
    }

    /// The system of a contact point that is walked through is a filter like any other.
    fn settled(mut self) -> Cursor {
        if let (Some(system), Some(word)) = (self.system.take(), self.words.last_mut()) {
            word.push_str(&format!("[system={system}]"));
        }
        self
    }

    fn filtered(mut self, filter: &str) -> Result<Cursor, String> {
        let Some(word) = self.words.last_mut() else { return Err("a condition stands before any element".to_owned()) };
        if word.ends_with(']') {
            return Err(format!("`{word}` has two conditions on one element; one is read"));
        }
        word.push_str(filter);
        Ok(self)
    }

    fn children(&self, name: &str, out: &mut Vec<Cursor>) -> Result<(), String> {
        let element = r4().element(self.type_, name);
        let element = element.ok_or_else(|| self.no_element(name))?;
        let system_of_codes = one_system(element);
        for type_ in &element.types {
            let mut child = self.clone();
            child.words.push(type_.json.to_owned());
            child.type_ = type_.name;
            child.choice = element.types.len() > 1;
            child.spread = self.spread || (self.many && !self.words.last().is_some_and(|word| word.ends_with("[0]")));
            child.many = element.many;
            child.targets.clone_from(&type_.targets);
            child.system_of_codes = system_of_codes;
            out.push(child);
        }
        Ok(())
    }

    fn no_element(&self, name: &str) -> String {
        let shape = r4().shape_named(self.type_);
        // The JSON name of a choice is the mistake that is made most.
        if let Some((element, type_)) = shape.and_then(|shape| shape.member(name))
            && element.choice
        {
            return format!("`{}` has no element `{name}`; write `{} as {}`", self.type_, element.name, type_.name);
        }
        format!("`{}` has no element `{name}`", self.type_)
    }

    /// A condition compares a text, so its path must lead to one.
    fn has_text(&self, path: &str) -> Result<(), String> {
        let mut at = self.type_;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let element = r4().element(at, name).filter(|element| !element.choice);
            let element = element.ok_or_else(|| format!("a condition cannot read `{name}` of `{at}`"))?;
            let Some(type_) = element.types.first() else { return Err(format!("`{at}.{name}` has no type")) };
            match (type_.value, names.peek()) {
                (ValueType::Primitive(primitive), None) if is_text(primitive) => return Ok(()),
                (ValueType::Object(_), Some(_)) => at = type_.name,
                _ => return Err(format!("a condition compares texts, and `{path}` of `{}` is none", self.type_)),
            }
        }
        Err(format!("a condition compares texts, and `{path}` of `{}` is none", self.type_))
    }

    fn leaf(&self, base: &'static str, kind: ParamKind, out: &mut Vec<Reads>) -> Result<(), String> {
        if self.exists {
            if kind != ParamKind::Token {
                return Err("`exists()` makes true or false, which only a parameter of type token searches".to_owned());
            }
            let form = if self.not_false && self.type_ == "boolean" { "b" } else { "D" };
            let mut reads = self.reads(IndexKind::Token, form);
            reads.programs.push("F".to_owned());
            out.push(reads);
            return Ok(());
        }
        match (kind, self.type_) {
            (_, "Extension") => {
                let mut values = Vec::new();
                self.children("value", &mut values)?;
                for value in values {
                    value.leaf(base, kind, out)?;
                }
            }
            // One of fifty types that a value may have: the expression must say that it means a name or an address.
            (ParamKind::String, "HumanName" | "Address") if self.choice => {}
            (ParamKind::String, "HumanName") => {
                out.extend(NAME_PARTS.iter().map(|part| self.part(part)));
                if PINYIN_TYPES.contains(&base) {
                    for form in ["y", "z"] {
                        out.push(Reads { spelled: form, ..self.reads(IndexKind::Text, form) });
                    }
                }
            }
            (ParamKind::String, "Address") => out.extend(ADDRESS_PARTS.iter().map(|part| self.part(part))),
            (ParamKind::Token, "code") => {
                let form = self.system_of_codes.map_or("s".to_owned(), |system| format!("c={system}"));
                out.push(self.reads(IndexKind::Token, &form));
            }
            (kind, type_) => out.extend(form(kind, type_).map(|(kind, form)| self.reads(kind, form))),
        }
        Ok(())
    }

    fn part(&self, part: &str) -> Reads {
        let mut reads = self.reads(IndexKind::Text, "x");
        reads.programs.iter_mut().for_each(|program| *program = format!("{program} {part}"));
        reads
    }

    fn reads(&self, kind: IndexKind, form: &str) -> Reads {
        // Only contact points are told apart by the index row; of all else the system is a filter.
        let (system, words) = match kind {
            IndexKind::Identifier => (self.system.clone(), self.words.join(" ")),
            _ => (None, self.clone().settled().words.join(" ")),
        };
        Reads {
            kind,
            programs: vec![format!("{form} {words}")],
            target: self.target,
            system,
            spelled: "",
            targets: self.targets.clone(),
        }
    }
}

fn is_text(primitive: Primitive) -> bool {
    use Primitive::{Boolean, Decimal, Integer, PositiveInt, UnsignedInt, Xhtml};
    !matches!(primitive, Boolean | Decimal | Integer | PositiveInt | UnsignedInt | Xhtml)
}

/// The code system of a required binding that has only one.
fn one_system(element: &ElementDef) -> Option<&'static str> {
    let codes = &r4().binding(element.binding?).codes;
    let (system, _) = codes.first()?;
    codes.iter().all(|(other, _)| other == system).then_some(*system)
}

/// Index kind and form letter of an element of `type_` under a parameter of `kind`; none where it is not searched.
fn form(kind: ParamKind, type_: &str) -> Option<(IndexKind, &'static str)> {
    Some(match (kind, type_) {
        (ParamKind::Token, "CodeableConcept") => (IndexKind::Token, "T"),
        (ParamKind::Token, "Coding") => (IndexKind::Token, "G"),
        (ParamKind::Token, "boolean") => (IndexKind::Token, "b"),
        (ParamKind::Token, "string" | "id" | "uri" | "oid" | "uuid" | "canonical") => (IndexKind::Token, "s"),
        (ParamKind::Token, "Identifier") => (IndexKind::Identifier, "i"),
        (ParamKind::Token, "ContactPoint") => (IndexKind::Identifier, "k"),
        (ParamKind::Reference, "Reference") => (IndexKind::Reference, "r"),
        (ParamKind::Reference, "canonical" | "uri" | "url") => (IndexKind::Reference, "a"),
        (ParamKind::Reference, "Resource") => (IndexKind::Reference, "n"),
        (ParamKind::String, "string" | "markdown") => (IndexKind::Text, "x"),
        (ParamKind::Date, "date" | "dateTime" | "instant") => (IndexKind::Date, "d"),
        (ParamKind::Date, "Period") => (IndexKind::Date, "p"),
        (ParamKind::Date, "Timing") => (IndexKind::Date, "t"),
        (ParamKind::Number, "integer" | "decimal" | "positiveInt" | "unsignedInt") => (IndexKind::Number, "m"),
        (ParamKind::Number, "Range") => (IndexKind::Number, "w"),
        (ParamKind::Quantity, "Quantity" | "Age" | "Duration" | "Count" | "Distance") => (IndexKind::Quantity, "q"),
        (ParamKind::Quantity, "Money") => (IndexKind::Quantity, "o"),
        (ParamKind::Quantity, "Range") => (IndexKind::Quantity, "R"),
        (ParamKind::Quantity, "SampledData") => (IndexKind::Quantity, "O"),
        (ParamKind::Uri, "uri" | "url" | "oid" | "uuid") => (IndexKind::Uri, "u"),
        (ParamKind::Uri, "canonical") => (IndexKind::Uri, "v"),
        _ => return None,
    })
}
