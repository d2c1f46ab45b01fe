//! Which codes a value set holds: what its definition says, or an expansion that stands in it.
//! <https://hl7.org/fhir/R4/valueset.html#compositions>

use crate::{CodeSystem, Codes, Filter, Find, Wanted, canonical};
use base::{Error, Kind, Result};
use fhir::{Element, Resource, r4};

/// Value sets inside value sets.
const NESTED_MAX: usize = 16;

/// The codes of a value set, by its canonical URL. It is looked for in the record, then among those that R4 requires.
pub fn expand(canonical_url: &str, find: &mut Find<'_>) -> Result<Codes> {
    Expanding { find, above: Vec::new() }.named(canonical_url)
}

impl Codes {
    /// The codes of a stored value set.
    pub fn of_value_set(resource: &Resource, find: &mut Find<'_>) -> Result<Codes> {
        Expanding { find, above: Vec::new() }.resource(resource)
    }
}

struct Expanding<'a, 'b> {
    find: &'a mut Find<'b>,
    /// The value sets that hold the one at work.
    above: Vec<String>,
}

impl Expanding<'_, '_> {
    fn named(&mut self, text: &str) -> Result<Codes> {
        let (url, version) = canonical(text);
        if let Some(resource) = (self.find)(Wanted::ValueSet { url, version })? {
            return self.resource(&resource);
        }
        required(url).ok_or_else(|| {
            Error::invalid(format!(
                "there is no ValueSet `{text}` in this record, nor is it one whose codes R4 lists; store it, or name the \
                 codes"
            ))
        })?
    }

    fn resource(&mut self, resource: &Resource) -> Result<Codes> {
        let root = resource.root();
        let name =
            root.text_at("url").map_or_else(|| format!("ValueSet/{}", resource.id().unwrap_or("")), String::from);
        if self.above.contains(&name) {
            return Err(Error::invalid(format!("the value set `{name}` holds itself; correct one of the two")));
        }
        if self.above.len() >= NESTED_MAX {
            return Err(Error::too_costly(format!(
                "the value set `{name}` lies more than {NESTED_MAX} value sets deep"
            )));
        }
        let Some(compose) = root.get("compose") else { return expansion(root, &name) };
        self.above.push(name.clone());
        let composed = self.compose(compose, &name);
        self.above.pop();
        match composed {
            // What the definition does not tell, a whole expansion may.
            Err(error) if error.kind == Kind::Unsupported && root.get("expansion").is_some() => {
                expansion(root, &name).map_err(|_| error)
            }
            composed => composed,
        }
    }

    fn compose(&mut self, compose: Element<'_>, name: &str) -> Result<Codes> {
        let mut codes = Codes::default();
        for part in compose.path("include") {
            codes.join(self.part(part, name)?);
        }
        let mut left_out = Codes::default();
        for part in compose.path("exclude") {
            left_out.join(self.part(part, name)?);
        }
        for system in codes.to_list(&left_out) {
            let listed = self.system(&system, None, name)?;
            codes.systems.remove(&system);
            for code in listed.all()? {
                codes.add(&system, code, name)?;
            }
        }
        codes.remove(&left_out);
        Ok(codes)
    }

    /// One `include` or `exclude`: what all of its conditions hold for.
    fn part(&mut self, part: Element<'_>, name: &str) -> Result<Codes> {
        let mut codes = match part.text_at("system") {
            Some(system) => Some(self.of_system(part, &system, name)?),
            None => None,
        };
        for nested in part.path("valueSet").filter_map(Element::str) {
            let nested = self.named(&nested)?;
            codes = Some(match codes {
                Some(codes) => codes.common(&nested),
                None => nested,
            });
        }
        Ok(codes.unwrap_or_default())
    }

    fn of_system(&mut self, part: Element<'_>, system: &str, name: &str) -> Result<Codes> {
        let mut codes = Codes::default();
        if part.get("concept").is_some() {
            for code in part.path("concept.code").filter_map(Element::str) {
                codes.add(system, &code, name)?;
            }
            return Ok(codes);
        }
        let filters: Vec<Filter> = part.path("filter").map(Filter::of).collect();
        if filters.is_empty() {
            codes.systems.insert(system.to_owned());
            return Ok(codes);
        }
        let version = part.text_at("version");
        let stored = self.system(system, version.as_deref(), name)?;
        for (nth, filter) in filters.iter().enumerate() {
            let mut passing = Codes::default();
            for code in filter.codes(&stored)? {
                passing.add(system, code, name)?;
            }
            codes = if nth == 0 { passing } else { codes.common(&passing) };
        }
        Ok(codes)
    }

    fn system(&mut self, url: &str, version: Option<&str>, set: &str) -> Result<CodeSystem> {
        let found = (self.find)(Wanted::CodeSystem { url, version })?;
        found.map(|resource| CodeSystem::of(&resource)).ok_or_else(|| {
            Error::unsupported(format!(
                "the value set `{set}` needs the CodeSystem `{url}`, which is not in this record; store it, or list the \
                 codes in the value set"
            ))
        })
    }
}

/// The codes of an expansion that stands in the value set, if all of it does.
fn expansion(root: Element<'_>, name: &str) -> Result<Codes> {
    let Some(expansion) = root.get("expansion") else {
        return Err(Error::unsupported(format!("the value set `{name}` has neither a definition nor an expansion")));
    };
    let mut codes = Codes::default();
    let mut counted = 0;
    for contained in expansion.path("contains") {
        contains(contained, &mut codes, &mut counted, name)?;
    }
    let total = expansion.get("total").and_then(Element::number_text).and_then(|text| text.parse::<usize>().ok());
    if total.is_some_and(|total| total > counted)
        || expansion.get("offset").is_some_and(|at| at.number_text() != Some("0"))
    {
        return Err(Error::unsupported(format!(
            "the expansion in the value set `{name}` is a part of it only; store it whole, or with a definition"
        )));
    }
    Ok(codes)
}

fn contains(element: Element<'_>, codes: &mut Codes, counted: &mut usize, name: &str) -> Result<()> {
    *counted += 1;
    let is_abstract = element.get("abstract").and_then(Element::bool) == Some(true);
    if let (Some(code), false) = (element.text_at("code"), is_abstract) {
        codes.add(&element.text_at("system").unwrap_or_default(), &code, name)?;
    }
    for nested in element.path("contains") {
        contains(nested, codes, counted, name)?;
    }
    Ok(())
}

/// A value set that R4 requires somewhere; an error where its codes cannot be listed.
fn required(url: &str) -> Option<Result<Codes>> {
    let binding = r4().structure.bindings().iter().find(|binding| binding.url == url)?;
    if binding.codes.is_empty() {
        return Some(Err(Error::unsupported(format!(
            "the codes of the value set `{url}` cannot be listed; store the ValueSet with its codes, or name them"
        ))));
    }
    let codes = binding.codes.iter().map(|(system, code)| ((*system).to_owned(), (*code).to_owned())).collect();
    Some(Ok(Codes { codes, ..Codes::default() }))
}
