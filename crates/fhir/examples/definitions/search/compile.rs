//! From the steps of an expression to the places in JSON that it reads.

use super::expression::Step;
use fhir::definitions::{ElementDef, Structure};

/// A place in JSON under a parameter of some kind.
#[derive(Clone, Debug)]
pub struct Place {
    /// The index kind's name.
    pub kind: &'static str,
    /// FHIRPath-like; places with the same key and kind are alternatives of one choice.
    pub key: String,
    /// Form letter and JSON names, as the table has it.
    pub program: String,
    /// From `where(resolve() is T)`.
    pub target: Option<String>,
    /// From `telecom.where(system='phone')`.
    pub system: Option<String>,
    /// What a reference here may point at; empty means any.
    pub targets: Vec<String>,
}

/// The types whose names are found by pinyin.
const PINYIN_TYPES: [&str; 4] = ["Patient", "Person", "Practitioner", "RelatedPerson"];
/// What the extensions with a search parameter hold; all fifty types would make a path for each part of an address.
const EXTENSION_TYPES: [&str; 5] = ["string", "CodeableConcept", "Coding", "Identifier", "Reference"];
const NAME_PARTS: [&str; 5] = ["text", "family", "given", "prefix", "suffix"];
const ADDRESS_PARTS: [&str; 7] = ["text", "line", "city", "district", "state", "postalCode", "country"];

#[derive(Clone, Debug)]
struct Cursor {
    /// JSON names with their filters.
    words: Vec<String>,
    /// The last name as in FHIRPath (`value` where JSON has `valueQuantity`).
    last: String,
    type_: String,
    targets: Vec<String>,
    system_of_codes: Option<String>,
    target: Option<String>,
    system: Option<String>,
    exists: bool,
}

/// What `steps` reads in a resource of type `base` under a parameter of `kind`; none if they are about another type.
pub fn places(structure: &Structure, base: &str, kind: &str, steps: &[Step]) -> Result<Vec<Place>, String> {
    let mut cursors = vec![Cursor::root(base)];
    for (nth, step) in steps.iter().enumerate() {
        if let (0, Step::Name(name)) = (nth, step)
            && name.starts_with(|first: char| first.is_ascii_uppercase())
        {
            if name != base {
                return Ok(Vec::new());
            }
            continue;
        }
        cursors = advance(structure, cursors, step)?;
    }
    let mut out = Vec::new();
    for cursor in cursors {
        if cursor.type_ == "Extension" {
            for value in children(structure, &cursor, "value")? {
                if EXTENSION_TYPES.contains(&value.type_.as_str()) {
                    value.leaf(base, kind, &mut out);
                }
            }
        } else {
            cursor.leaf(base, kind, &mut out);
        }
    }
    Ok(out)
}

fn advance(structure: &Structure, cursors: Vec<Cursor>, step: &Step) -> Result<Vec<Cursor>, String> {
    let mut out = Vec::new();
    for mut cursor in cursors {
        match step {
            Step::Name(name) => out.extend(children(structure, &cursor, name)?),
            Step::As(type_) if cursor.type_.eq_ignore_ascii_case(type_) => out.push(cursor),
            Step::As(_) => {}
            Step::PointsAt(type_) => {
                // A restriction that the element has anyway costs a check for nothing.
                cursor.target = Some(type_.clone()).filter(|_| cursor.targets != [type_.clone()]);
                out.push(cursor);
            }
            Step::Where(name, text) if cursor.type_ == "ContactPoint" && name == "system" => {
                cursor.system = Some(text.clone());
                out.push(cursor);
            }
            Step::Where(name, text) => out.push(cursor.filtered(&format!("[{name}={text}]"))),
            Step::Extended(url) => out.push(cursor.filtered(&format!("[+{url}]"))),
            Step::First => out.push(cursor.filtered("[0]")),
            Step::Extension(url) => {
                let filter = format!("[url={url}]");
                out.extend(
                    children(structure, &cursor, "extension")?.into_iter().map(|cursor| cursor.filtered(&filter)),
                );
            }
            Step::ExistsNotFalse => {
                cursor.exists = true;
                out.push(cursor);
            }
        }
    }
    Ok(out)
}

fn children(structure: &Structure, cursor: &Cursor, name: &str) -> Result<Vec<Cursor>, String> {
    let missing = || format!("`{}` has no element `{name}`", cursor.type_);
    let element = structure.element(&cursor.type_, name).ok_or_else(missing)?;
    let system_of_codes = one_system(structure, element);
    let child = |type_: &fhir::definitions::ElementType| {
        let mut child = cursor.clone();
        child.words.push(type_.json.to_string());
        child.last = name.to_owned();
        child.type_ = type_.name.to_owned();
        child.targets = type_.targets.iter().map(|target| structure.type_name(*target).to_owned()).collect();
        child.system_of_codes.clone_from(&system_of_codes);
        child
    };
    Ok(element.types.iter().map(child).collect())
}

/// The code system of a required binding that has only one.
fn one_system(structure: &Structure, element: &ElementDef) -> Option<String> {
    let codes = &structure.binding(element.binding?).codes;
    let (system, _) = codes.first()?;
    codes.iter().all(|(other, _)| other == system).then(|| (*system).to_owned())
}

impl Cursor {
    fn root(base: &str) -> Cursor {
        Cursor {
            words: Vec::new(),
            last: String::new(),
            type_: base.to_owned(),
            targets: Vec::new(),
            system_of_codes: None,
            target: None,
            system: None,
            exists: false,
        }
    }

    fn filtered(mut self, filter: &str) -> Cursor {
        self.last.push_str(filter);
        if let Some(word) = self.words.last_mut() {
            word.push_str(filter);
        }
        self
    }

    fn leaf(&self, base: &str, kind: &str, out: &mut Vec<Place>) {
        if self.exists {
            let form = if self.type_ == "boolean" { "b" } else { "D" };
            out.push(self.place(base, "token", form));
            out.push(Place { program: "F".to_owned(), ..self.place(base, "token", form) });
            return;
        }
        match (kind, self.type_.as_str()) {
            ("string", "HumanName") => {
                out.extend(NAME_PARTS.iter().map(|part| self.part(base, part)));
                if PINYIN_TYPES.contains(&base) {
                    for (form, mark) in [("y", "#pinyin"), ("z", "#parts")] {
                        let mut place = self.place(base, "text", form);
                        place.key.push_str(mark);
                        out.push(place);
                    }
                }
            }
            ("string", "Address") => out.extend(ADDRESS_PARTS.iter().map(|part| self.part(base, part))),
            ("token", "code") => {
                let form = self.system_of_codes.as_ref().map_or("s".to_owned(), |system| format!("c={system}"));
                out.push(self.place(base, "token", &form));
            }
            (kind, type_) => out.extend(form(kind, type_).map(|(kind, form)| self.place(base, kind, form))),
        }
    }

    fn part(&self, base: &str, part: &str) -> Place {
        let mut place = self.place(base, "text", "x");
        place.key = format!("{}.{part}", place.key);
        place.program = format!("{} {part}", place.program);
        place
    }

    fn place(&self, base: &str, kind: &'static str, form: &str) -> Place {
        let above = self.words.len().saturating_sub(1);
        let mut names: Vec<&str> = vec![base];
        names.extend(self.words[..above].iter().map(String::as_str));
        names.push(&self.last);
        Place {
            kind,
            key: names.join("."),
            program: format!("{form} {}", self.words.join(" ")),
            target: self.target.clone(),
            system: self.system.clone(),
            targets: self.targets.clone(),
        }
    }
}

/// Index kind and form letter of an element of `type_` under a parameter of `kind`; none where it is not searched,
/// such as the string among the dates of `Procedure.performed`.
fn form(kind: &str, type_: &str) -> Option<(&'static str, &'static str)> {
    Some(match (kind, type_) {
        ("token", "CodeableConcept") => ("token", "T"),
        ("token", "Coding") => ("token", "G"),
        ("token", "boolean") => ("token", "b"),
        ("token", "string" | "id" | "uri" | "oid" | "uuid" | "canonical") => ("token", "s"),
        ("token", "Identifier") => ("identifier", "i"),
        ("token", "ContactPoint") => ("identifier", "k"),
        ("reference", "Reference") => ("reference", "r"),
        ("reference", "canonical" | "uri" | "url") => ("reference", "a"),
        ("reference", "Resource") => ("reference", "n"),
        ("string", "string" | "markdown") => ("text", "x"),
        ("date", "date" | "dateTime" | "instant") => ("date", "d"),
        ("date", "Period") => ("date", "p"),
        ("date", "Timing") => ("date", "t"),
        ("number", "integer" | "decimal" | "positiveInt" | "unsignedInt") => ("number", "m"),
        ("number", "Range") => ("number", "w"),
        ("quantity", "Quantity" | "Age" | "Duration" | "Count" | "Distance") => ("quantity", "q"),
        ("quantity", "Money") => ("quantity", "o"),
        ("quantity", "Range") => ("quantity", "R"),
        ("quantity", "SampledData") => ("quantity", "O"),
        ("uri", "uri" | "url" | "oid" | "uuid") => ("uri", "u"),
        ("uri", "canonical") => ("uri", "v"),
        _ => return None,
    })
}
