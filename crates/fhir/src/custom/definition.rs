//! What a SearchParameter resource says, as far as searching goes.

use super::compile::{Reads, compile};
use super::registry::{keep, keep_text, register};
use super::{EXPRESSION_CHARS_MAX, NAME_CHARS_MAX};
use crate::definitions::{Param, ParamKind, ParamPath, TypeId, r4};
use crate::resource::Resource;
use base::{Error, Result};

/// A search parameter as its author defined it. Two that are equal are searched alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    pub url: String,
    pub code: String,
    pub kind: ParamKind,
    /// Without repetition, in the order of their numbers.
    pub bases: Vec<TypeId>,
    /// For a reference the types it is stated to point at; empty means what its elements allow.
    pub targets: Vec<TypeId>,
    pub expression: String,
}

/// Between the fields of a definition as a store keeps it.
const BETWEEN: &str = "\n";

impl Definition {
    /// Reads a SearchParameter.
    ///
    /// # Errors
    /// `Unsupported` with a sentence that says why it cannot be searched by.
    pub fn of(resource: &Resource) -> Result<Definition> {
        let root = resource.root();
        let text = |name: &str| root.text_at(name).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let kind = text("type");
        let kind =
            ParamKind::named(&kind).ok_or_else(|| Error::unsupported(format!("its type `{kind}` is unknown")))?;
        let mut bases = Vec::new();
        for base in root.path("base").filter_map(crate::Element::str) {
            match (&*base, r4().type_named(&base)) {
                ("Resource" | "DomainResource", _) => bases.extend(r4().types()),
                (_, Some(type_)) => bases.push(type_),
                (other, None) => return Err(Error::unsupported(format!("its base `{other}` is no resource type"))),
            }
        }
        bases.sort_unstable();
        bases.dedup();
        let targets = root.path("target").filter_map(crate::Element::str);
        let targets = targets.filter_map(|name| r4().type_named(&name)).collect();
        let expression = text("expression").split_whitespace().collect::<Vec<&str>>().join(" ");
        let definition = Definition { url: text("url"), code: text("code"), kind, bases, targets, expression };
        definition.looks_right()?;
        Ok(definition)
    }

    fn looks_right(&self) -> Result<()> {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        let begins = self.code.starts_with(|first: char| first.is_ascii_alphabetic());
        if !begins || !self.code.chars().all(letters) || self.code.len() > NAME_CHARS_MAX {
            return Err(Error::unsupported(format!(
                "its code must begin with a letter and hold only letters, digits, `-` and `_`, at most {NAME_CHARS_MAX}"
            )));
        }
        if matches!(self.kind, ParamKind::Composite | ParamKind::Special) {
            return Err(Error::unsupported(format!(
                "a parameter of type {} cannot be built; define its parts as parameters of their own",
                self.kind.name()
            )));
        }
        if self.bases.is_empty() {
            return Err(Error::unsupported("it names no base; name the types it is for"));
        }
        if self.expression.is_empty() {
            return Err(Error::unsupported("it has no expression; write one in FHIRPath"));
        }
        if self.expression.len() > EXPRESSION_CHARS_MAX {
            return Err(Error::unsupported(format!("its expression has more than {EXPRESSION_CHARS_MAX} characters")));
        }
        Ok(())
    }

    /// The parameters that this makes, one a base, with their index paths.
    ///
    /// # Errors
    /// `Unsupported` where a standard parameter has the name or the expression is outside what is read.
    pub fn params(&self) -> Result<Vec<(TypeId, &'static Param)>> {
        let mut params = Vec::with_capacity(self.bases.len());
        for &type_ in &self.bases {
            let name = r4().type_name(type_);
            if self.code == "resident" || r4().param(type_, &self.code).is_some() {
                return Err(Error::unsupported(format!(
                    "`{name}` has a parameter `{}` already; give yours another code",
                    self.code
                )));
            }
            let reads = compile(type_, self.kind, &self.expression);
            let reads =
                reads.map_err(|why| Error::unsupported(format!("its expression `{}`: {why}", self.expression)))?;
            params.push((type_, self.param(type_, &reads)?));
        }
        Ok(params)
    }

    fn param(&self, type_: TypeId, reads: &[Reads]) -> Result<&'static Param> {
        let mut paths = Vec::with_capacity(reads.len());
        for one in reads {
            paths.push(ParamPath {
                path: register(type_, one.kind, &one.programs.join(";"))?,
                target: one.target,
                system: one.system.as_deref().map(keep_text),
            });
        }
        keep(Param {
            name: keep_text(&self.code),
            kind: self.kind,
            paths,
            targets: self.targets(reads),
            url: keep_text(&self.url),
            components: Vec::new(),
            roots: Vec::new(),
        })
    }

    /// What the elements allow, narrowed by what the parameter states.
    fn targets(&self, reads: &[Reads]) -> Vec<TypeId> {
        if self.kind != ParamKind::Reference {
            return Vec::new();
        }
        let allowed = |type_: &TypeId| {
            reads.iter().any(|one| match one.target {
                Some(target) => target == *type_,
                None => one.targets.is_empty() || one.targets.contains(type_),
            })
        };
        let stated = |type_: &TypeId| self.targets.is_empty() || self.targets.contains(type_);
        r4().types().filter(|type_| allowed(type_) && stated(type_)).collect()
    }

    /// As a store keeps it.
    pub fn to_text(&self) -> String {
        let names = |types: &[TypeId]| types.iter().map(|type_| r4().type_name(*type_)).collect::<Vec<_>>().join(" ");
        let fields =
            [&self.url, &self.code, self.kind.name(), &names(&self.bases), &names(&self.targets), &self.expression];
        fields.join(BETWEEN)
    }

    /// What `to_text` wrote; none for anything else.
    pub fn from_text(text: &str) -> Option<Definition> {
        let types = |names: &str| {
            let names = names.split(' ').filter(|name| !name.is_empty());
            names.map(|name| r4().type_named(name)).collect::<Option<Vec<TypeId>>>()
        };
        let fields: Vec<&str> = text.split(BETWEEN).collect();
        let [url, code, kind, bases, targets, expression] = fields.as_slice() else { return None };
        Some(Definition {
            url: (*url).to_owned(),
            code: (*code).to_owned(),
            kind: ParamKind::named(kind)?,
            bases: types(bases)?,
            targets: types(targets)?,
            expression: (*expression).to_owned(),
        })
    }
}
