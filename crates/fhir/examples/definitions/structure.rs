//! Types, bindings, reference targets and shapes, as `src/definitions/load.rs` reads them.

use crate::package::{Package, items, text, unversioned};
use crate::valuesets;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Extensions by which a primitive tells its FHIR type where `code` says only System.String.
const FHIR_TYPE: &str = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
const SIMPLE_QUANTITY: &str = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity";

pub fn write(package: &Package, out: &mut String) -> Result<(), String> {
    let types = resource_types(package);
    if types.len() != 146 {
        return Err(format!("expected 146 resource types, found {}", types.len()));
    }
    for name in &types {
        line(out, format_args!("T\t{name}"));
    }
    let mut tables =
        Tables { package, types: &types, bindings: BTreeMap::new(), groups: BTreeMap::new(), all: String::new() };
    tables.number_bindings()?;
    tables.number_groups();
    for (url, codes) in &tables.bindings {
        line(out, format_args!("B\t{url}\t{}", codes.1));
    }
    for names in tables.groups.keys() {
        line(out, format_args!("G\t{names}"));
    }
    let extension = &package.structures["Extension"]["snapshot"]["element"];
    let value =
        extension.as_array().into_iter().flatten().find(|element| text(element, "path") == "Extension.value[x]");
    tables.all = value.map(|value| tables.types_text(value)).ok_or("an extension has no value")?;
    for (name, structure) in &package.structures {
        tables.write_structure(name, structure, out)?;
    }
    Ok(())
}

fn resource_types(package: &Package) -> Vec<String> {
    let concrete =
        |structure: &Value| text(structure, "kind") == "resource" && structure["abstract"] == Value::Bool(false);
    package.structures.iter().filter(|(_, structure)| concrete(structure)).map(|(name, _)| name.clone()).collect()
}

struct Tables<'a> {
    package: &'a Package,
    types: &'a [String],
    /// Value set → (number, codes as written); numbered in the order of the URLs.
    bindings: BTreeMap<String, (usize, String)>,
    /// Names of target types → number.
    groups: BTreeMap<String, usize>,
    /// What an extension's value may be, written `*` elsewhere.
    all: String,
}

impl Tables<'_> {
    fn elements(&self) -> impl Iterator<Item = &Value> {
        self.package.structures.values().flat_map(|structure| items(&structure["snapshot"], "element"))
    }

    fn number_bindings(&mut self) -> Result<(), String> {
        let urls: BTreeSet<String> = self.elements().filter_map(bound_to).map(str::to_owned).collect();
        for (nth, url) in urls.into_iter().enumerate() {
            let codes = valuesets::expand(self.package, &url).unwrap_or_default();
            if codes.iter().any(|(system, code)| format!("{system}{code}").contains([' ', '\t'])) {
                return Err(format!("the codes of `{url}` hold blanks, which the table cannot"));
            }
            let mut text = String::new();
            let mut system_before = "";
            for (system, code) in &codes {
                if system != system_before {
                    let border = if text.is_empty() { "" } else { " | " };
                    let _ = write!(text, "{border}{system}");
                    system_before = system;
                }
                let _ = write!(text, " {code}");
            }
            self.bindings.insert(url, (nth, text));
        }
        Ok(())
    }

    fn number_groups(&mut self) {
        let types = self.elements().flat_map(|element| items(element, "type"));
        let groups: BTreeSet<String> = types.filter_map(|type_| self.targets(type_)).collect();
        self.groups = groups.into_iter().enumerate().map(|(nth, names)| (names, nth)).collect();
    }

    /// The resource types that a reference may point at; none for any. `Resource` stands for any.
    fn targets(&self, type_: &Value) -> Option<String> {
        if text(type_, "code") != "Reference" {
            return None;
        }
        let mut names = BTreeSet::new();
        for profile in items(type_, "targetProfile") {
            let name = profile.as_str()?.rsplit('/').next()?;
            if !self.types.iter().any(|known| known == name) {
                return None;
            }
            names.insert(name);
        }
        (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(" "))
    }

    fn write_structure(&self, name: &str, structure: &Value, out: &mut String) -> Result<(), String> {
        let elements = items(&structure["snapshot"], "element");
        let narrowed = name == "SimpleQuantity";
        let base = if narrowed { "Element" } else { last_part(text(structure, "baseDefinition")) };
        let kind = if text(structure, "kind") == "resource" { "R" } else { "D" };
        let root = elements.first().map(|element| text(element, "path")).ok_or("a structure without elements")?;
        line(out, format_args!("S\t{name}\t{base}\t{kind}"));
        self.write_children(elements, root, out)?;
        for element in &elements[1..] {
            let path = text(element, "path");
            if has_children(elements, path) {
                let parent = items(element, "type").first().map_or("BackboneElement", |type_| text(type_, "code"));
                line(out, format_args!("S\t{path}\t{parent}\tP"));
                self.write_children(elements, path, out)?;
            }
        }
        Ok(())
    }

    fn write_children(&self, elements: &[Value], parent: &str, out: &mut String) -> Result<(), String> {
        for element in elements.iter().filter(|element| parent_of(text(element, "path")) == Some(parent)) {
            let path = text(element, "path");
            let base = text(&element["base"], "path");
            if base != path || text(element, "max") == "0" {
                continue;
            }
            let name = path.rsplit('.').next().unwrap_or_default();
            let max = text(element, "max");
            let min = element["min"].as_u64().ok_or_else(|| format!("`{path}` has no min"))?;
            let types = if let Some(reference) = element["contentReference"].as_str() {
                reference.trim_start_matches('#').to_owned()
            } else if has_children(elements, path) {
                path.to_owned()
            } else {
                self.types_text(element)
            };
            let types = if !self.all.is_empty() && types == self.all && parent != "Extension" { "*" } else { &types };
            let flag = |name: &str, letter| if element[name] == Value::Bool(true) { letter } else { "" };
            let flags = format!("{}{}", flag("isSummary", "s"), flag("isModifier", "m"));
            let binding = bound_to(element).and_then(|url| self.bindings.get(url)).map(|(nth, _)| nth.to_string());
            let text = format!("E\t{name}\t{min}..{max}\t{flags}\t{types}\t{}", binding.unwrap_or_default());
            line(out, format_args!("{}", text.trim_end_matches('\t')));
        }
        Ok(())
    }

    fn types_text(&self, element: &Value) -> String {
        let types = items(element, "type").iter().map(|type_| {
            let code = text(type_, "code");
            if let Some(group) = self.targets(type_).and_then(|names| self.groups.get(&names).copied()) {
                return format!("{code}@{group}");
            }
            let simple = items(type_, "profile").iter().any(|profile| profile.as_str() == Some(SIMPLE_QUANTITY));
            match (code, simple) {
                ("Quantity", true) => "Quantity/SimpleQuantity".to_owned(),
                (code, _) if code.starts_with("http") => system_type(element, type_).to_owned(),
                _ => code.to_owned(),
            }
        });
        types.collect::<Vec<_>>().join(" ")
    }
}

/// The FHIR type of what is a plain string in FHIRPath. R4 says `string` for a resource's id, which is an `id`.
fn system_type<'a>(element: &Value, type_: &'a Value) -> &'a str {
    if text(element, "path") == "Resource.id" {
        return "id";
    }
    let told = items(type_, "extension").iter().find(|extension| text(extension, "url") == FHIR_TYPE);
    told.map_or("string", |extension| text(extension, "valueUrl"))
}

/// The value set of a required binding on a coded element.
fn bound_to(element: &Value) -> Option<&str> {
    let binding = &element["binding"];
    let coded = |type_: &Value| matches!(text(type_, "code"), "code" | "Coding" | "CodeableConcept");
    let required = text(binding, "strength") == "required" && items(element, "type").iter().any(coded);
    required.then(|| unversioned(text(binding, "valueSet")))
}

fn parent_of(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(parent, _)| parent)
}

fn has_children(elements: &[Value], path: &str) -> bool {
    elements.iter().any(|element| parent_of(text(element, "path")) == Some(path))
}

fn last_part(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{text}");
}
