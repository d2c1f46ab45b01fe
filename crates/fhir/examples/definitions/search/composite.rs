//! Composite parameters: where they are looked for, and where each of their parts is read under there.

use super::compile::{self, Place};
use super::expression::{self, Step};
use crate::package::{items, text};
use fhir::definitions::Structure;
use serde_json::Value;
use std::fmt::Write;

#[derive(Default)]
pub struct Composite {
    /// JSON names from the resource, one list a root.
    roots: Vec<Vec<String>>,
    parts: Vec<Part>,
}

struct Part {
    url: String,
    expression: String,
    code: String,
    /// The root (none: the resource) and the place as seen from the resource.
    places: Vec<(Option<usize>, Place)>,
}

impl Composite {
    /// Nothing for a parameter that is no composite.
    pub fn read<'a>(
        structure: &Structure,
        base: &str,
        param: &Value,
        by_url: &dyn Fn(&str) -> Option<&'a Value>,
    ) -> Result<Composite, String> {
        let mut composite = Composite::default();
        if text(param, "type") != "composite" {
            return Ok(composite);
        }
        let mut roots = expression::parse(text(param, "expression"))?;
        roots.retain(|steps| steps.first() == Some(&Step::Name(base.to_owned())));
        composite.roots = roots.iter().map(|steps| names(steps)).collect::<Result<_, String>>()?;
        let parts = items(param, "component");
        for part in parts {
            let (url, expression) = (text(part, "definition"), text(part, "expression"));
            // R4 has the two definitions of `DocumentReference.relationship` the wrong way round, so that of another
            // part is taken where the stated one reads nothing.
            let stated = std::iter::once(url).chain(parts.iter().map(|part| text(part, "definition")));
            let mut found = None;
            for url in stated {
                let other = by_url(url).ok_or_else(|| format!("there is no parameter `{url}`"))?;
                let places = part_places(structure, (base, text(other, "type")), &roots, expression)?;
                if !places.is_empty() {
                    found = Some(Part {
                        url: url.to_owned(),
                        expression: expression.to_owned(),
                        code: text(other, "code").to_owned(),
                        places,
                    });
                    break;
                }
            }
            composite.parts.push(found.ok_or_else(|| format!("`{expression}` reads nothing"))?);
        }
        Ok(composite)
    }

    /// `number` gives the index path of a place.
    pub fn write(&self, number: &dyn Fn(&Place) -> usize, out: &mut String) {
        for root in &self.roots {
            let _ = writeln!(out, "R\t{}", root.join("."));
        }
        for part in &self.parts {
            let programs: Vec<String> = part
                .places
                .iter()
                .map(|(root, place)| {
                    let (letter, names) = place.program.split_once(' ').unwrap_or((&place.program, ""));
                    let above = root.map_or(0, |nth| self.roots[nth].len());
                    let names: Vec<&str> = names.split(' ').skip(above).collect();
                    let root = root.map_or("^".to_owned(), |nth| nth.to_string());
                    format!("{root} {} {letter} {}", number(place), names.join("."))
                })
                .collect();
            let _ = writeln!(out, "X\t{}\t{}\t{}\t{}", part.url, part.expression, part.code, programs.join(";"));
        }
    }
}

/// What a part's expression reads under each root.
fn part_places(
    structure: &Structure,
    (base, kind): (&str, &str),
    roots: &[Vec<Step>],
    expression: &str,
) -> Result<Vec<(Option<usize>, Place)>, String> {
    let resource = [vec![Step::Name(base.to_owned())]];
    let (relative, of_resource) = match expression.strip_prefix("%resource.") {
        Some(rest) => (rest, true),
        None => (expression, false),
    };
    let from = if of_resource { &resource[..] } else { roots };
    let mut places = Vec::new();
    for (nth, root) in from.iter().enumerate() {
        for steps in expression::parse(relative)? {
            let steps: Vec<Step> = root.iter().cloned().chain(steps).collect();
            let found = compile::places(structure, base, kind, &steps)?;
            places.extend(found.into_iter().map(|place| ((!of_resource).then_some(nth), place)));
        }
    }
    Ok(places)
}

/// The names after the type's own; a root is no choice and has no condition.
fn names(steps: &[Step]) -> Result<Vec<String>, String> {
    let name = |step: &Step| match step {
        Step::Name(name) => Ok(name.clone()),
        other => Err(format!("a composite under `{other:?}` cannot be read")),
    };
    steps.iter().skip(1).map(name).collect()
}
