//! A code system: its concepts, and what lies below and above each.
//! <https://hl7.org/fhir/R4/codesystem.html>

use base::{Error, Result};
use fhir::{Element, Resource};
use std::collections::HashMap;

pub struct CodeSystem {
    pub url: String,
    /// `complete`, `fragment`, `example`, `not-present`, `supplement`
    content: String,
    /// `is-a`, `grouped-by`, `part-of`, `classified-with`, or empty
    hierarchy: String,
    pub(crate) concepts: Vec<Concept>,
    by_code: HashMap<String, usize>,
}

pub(crate) struct Concept {
    pub code: String,
    pub display: Option<String>,
    pub parents: Vec<usize>,
    pub children: Vec<usize>,
    /// Code and value, as text.
    pub properties: Vec<(String, String)>,
}

/// The URIs of the properties that name parents and children, whatever the property's code is.
const PARENT: &str = "http://hl7.org/fhir/concept-properties#parent";
const CHILD: &str = "http://hl7.org/fhir/concept-properties#child";

impl CodeSystem {
    /// Reads a resource of type CodeSystem.
    pub fn of(resource: &Resource) -> CodeSystem {
        let root = resource.root();
        let text = |path: &str| root.text_at(path).unwrap_or_default().into_owned();
        let mut system = CodeSystem {
            url: text("url"),
            content: text("content"),
            hierarchy: text("hierarchyMeaning"),
            concepts: Vec::new(),
            by_code: HashMap::new(),
        };
        for concept in root.path("concept") {
            system.read(concept, None);
        }
        system.link(&named(root, "parent", PARENT), &named(root, "child", CHILD));
        system
    }

    /// Adds a concept and those nested in it. Nesting is bounded by the depth of JSON that is taken.
    fn read(&mut self, element: Element<'_>, parent: Option<usize>) {
        let Some(code) = element.text_at("code") else { return };
        let nth = self.concepts.len();
        self.by_code.insert(code.to_string(), nth);
        self.concepts.push(Concept {
            code: code.into_owned(),
            display: element.text_at("display").map(|text| text.into_owned()),
            parents: parent.into_iter().collect(),
            children: Vec::new(),
            properties: element.path("property").filter_map(property).collect(),
        });
        if let Some(parent) = parent {
            self.concepts[parent].children.push(nth);
        }
        for nested in element.path("concept") {
            self.read(nested, Some(nth));
        }
    }

    /// Parents and children that are named by properties.
    fn link(&mut self, parent: &str, child: &str) {
        let mut pairs = Vec::new();
        for (nth, concept) in self.concepts.iter().enumerate() {
            for (name, value) in &concept.properties {
                let other = self.by_code.get(value).copied();
                match other {
                    Some(other) if name == parent => pairs.push((other, nth)),
                    Some(other) if name == child => pairs.push((nth, other)),
                    _ => {}
                }
            }
        }
        for (upper, lower) in pairs {
            if upper != lower && !self.concepts[upper].children.contains(&lower) {
                self.concepts[upper].children.push(lower);
                self.concepts[lower].parents.push(upper);
            }
        }
    }

    /// The code and every code below it.
    pub fn below(&self, code: &str) -> Result<Vec<&str>> {
        self.reach(code, |concept| &concept.children)
    }

    /// The code and every code above it.
    pub fn above(&self, code: &str) -> Result<Vec<&str>> {
        self.reach(code, |concept| &concept.parents)
    }

    /// Every code.
    pub fn all(&self) -> Result<impl Iterator<Item = &str>> {
        self.whole()?;
        Ok(self.concepts.iter().map(|concept| concept.code.as_str()))
    }

    fn reach(&self, code: &str, next: impl Fn(&Concept) -> &Vec<usize>) -> Result<Vec<&str>> {
        self.is_hierarchy()?;
        let mut seen = vec![false; self.concepts.len()];
        let mut found = vec![self.nth(code)?];
        seen[found[0]] = true;
        let mut at = 0;
        while let Some(&nth) = found.get(at) {
            at += 1;
            for &other in next(&self.concepts[nth]) {
                if !seen[other] {
                    seen[other] = true;
                    found.push(other);
                }
            }
        }
        Ok(found.into_iter().map(|nth| self.concepts[nth].code.as_str()).collect())
    }

    pub(crate) fn nth(&self, code: &str) -> Result<usize> {
        self.by_code.get(code).copied().ok_or_else(|| {
            Error::invalid(format!("the CodeSystem `{}` has no code `{code}`; correct the code", self.url))
        })
    }

    /// An error unless the resource holds every concept of the system.
    pub(crate) fn whole(&self) -> Result<()> {
        match self.content.as_str() {
            "complete" => Ok(()),
            content => Err(Error::unsupported(format!(
                "the stored CodeSystem `{}` is `{content}`, so which codes it has cannot be told; store it complete, or \
                 name the codes",
                self.url
            ))),
        }
    }

    /// An error unless the order of the concepts means that one is a kind of the other.
    pub(crate) fn is_hierarchy(&self) -> Result<()> {
        self.whole()?;
        match self.hierarchy.as_str() {
            "" | "is-a" | "classified-with" => Ok(()),
            other => Err(Error::unsupported(format!(
                "in the CodeSystem `{}` a concept below another is not a kind of it (`hierarchyMeaning` is `{other}`), so \
                 above and below mean nothing; name the codes",
                self.url
            ))),
        }
    }
}

/// The code of the property with this meaning.
fn named(root: Element<'_>, usual: &str, uri: &str) -> String {
    let mut properties = root.path("property");
    let found = properties.find(|property| property.text_at("uri").is_some_and(|is| is == uri));
    found.and_then(|property| property.text_at("code")).map_or(usual.to_owned(), |code| code.into_owned())
}

/// Code and value of a property, whatever type the value has.
fn property(element: Element<'_>) -> Option<(String, String)> {
    let code = element.text_at("code")?.into_owned();
    let (_, value) = element.members().find(|(name, _)| name.starts_with("value"))?;
    let text = match value.is_object() {
        true => value.text_at("code")?.into_owned(),
        false => match (value.str(), value.bool()) {
            (Some(text), _) => text.into_owned(),
            (None, Some(truth)) => truth.to_string(),
            (None, None) => value.number_text()?.to_owned(),
        },
    };
    Some((code, text))
}
