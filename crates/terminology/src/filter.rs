//! A filter of a value set, answered from a stored code system.
//! <https://hl7.org/fhir/R4/valueset-filter-operator.html>

use crate::code_system::{CodeSystem, Concept};
use base::{Error, Result};
use fhir::Element;
use regex_lite::{Regex, RegexBuilder};

/// Characters of a pattern, and bytes that it may become; matching takes time by the length of the text alone.
const PATTERN_CHARS_MAX: usize = 500;
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// `property op value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub property: String,
    pub op: String,
    pub value: String,
}

impl Filter {
    pub fn of(element: Element<'_>) -> Filter {
        let text = |path: &str| element.text_at(path).unwrap_or_default().into_owned();
        Filter { property: text("property"), op: text("op"), value: text("value") }
    }

    /// The codes of the system that pass.
    pub fn codes<'a>(&self, system: &'a CodeSystem) -> Result<Vec<&'a str>> {
        let on_code = matches!(self.property.as_str(), "concept" | "code");
        match self.op.as_str() {
            "is-a" if on_code => system.below(&self.value),
            "descendent-of" if on_code => {
                Ok(system.below(&self.value)?.into_iter().filter(|code| *code != self.value).collect())
            }
            "generalizes" if on_code => system.above(&self.value),
            "is-not-a" if on_code => {
                let below: std::collections::HashSet<&str> = system.below(&self.value)?.into_iter().collect();
                Ok(system.all()?.filter(|code| !below.contains(code)).collect())
            }
            "=" => self.pick(system, &|value| value == self.value),
            "in" => self.pick(system, &|value| self.values().any(|one| one == value)),
            "not-in" => {
                self.pick_where(system, &|values| !values.iter().any(|value| self.values().any(|v| v == *value)))
            }
            "exists" => {
                let wanted = self.value == "true";
                self.pick_where(system, &|values| values.is_empty() != wanted)
            }
            "regex" => {
                let pattern = self.pattern()?;
                self.pick(system, &|value| pattern.is_match(value))
            }
            _ => Err(Error::unsupported(format!(
                "the filter `{} {} {}` on the CodeSystem `{}` is not carried out; list the codes in the value set, or give \
                 it an expansion",
                self.property, self.op, self.value, system.url
            ))),
        }
    }

    fn values(&self) -> impl Iterator<Item = &str> {
        self.value.split(',').map(str::trim)
    }

    /// Concepts of which some value of the property passes.
    fn pick<'a>(&self, system: &'a CodeSystem, passes: &dyn Fn(&str) -> bool) -> Result<Vec<&'a str>> {
        self.pick_where(system, &|values| values.iter().any(|value| passes(value)))
    }

    fn pick_where<'a>(&self, system: &'a CodeSystem, passes: &dyn Fn(&[&str]) -> bool) -> Result<Vec<&'a str>> {
        system.whole()?;
        let kept = system.concepts.iter().filter(|concept| passes(&self.of_concept(system, concept)));
        Ok(kept.map(|concept| concept.code.as_str()).collect())
    }

    /// The values that a concept has of the filter's property.
    fn of_concept<'a>(&self, system: &'a CodeSystem, concept: &'a Concept) -> Vec<&'a str> {
        let codes = |nths: &'a [usize]| nths.iter().map(|&nth| system.concepts[nth].code.as_str()).collect();
        match self.property.as_str() {
            "concept" | "code" => vec![concept.code.as_str()],
            "display" => concept.display.iter().map(String::as_str).collect(),
            "parent" => codes(&concept.parents),
            "child" => codes(&concept.children),
            name => {
                let own = concept.properties.iter().filter(|(code, _)| code == name);
                own.map(|(_, value)| value.as_str()).collect()
            }
        }
    }

    /// The pattern holds for the whole value.
    fn pattern(&self) -> Result<Regex> {
        let wrong = |why: String| Error::invalid(format!("the filter's pattern `{}` is not taken: {why}", self.value));
        if self.value.chars().count() > PATTERN_CHARS_MAX {
            return Err(wrong(format!("it has more than {PATTERN_CHARS_MAX} characters")));
        }
        let whole = format!("^(?:{})$", self.value);
        RegexBuilder::new(&whole).size_limit(PATTERN_BYTES_MAX).build().map_err(|error| wrong(error.to_string()))
    }
}
