//! The package's definitions in memory, by canonical URL.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

pub struct Package {
    /// Structure definitions by name, sorted.
    pub structures: BTreeMap<String, Value>,
    pub value_sets: BTreeMap<String, Value>,
    pub code_systems: BTreeMap<String, Value>,
}

impl Package {
    pub fn read(folder: &Path) -> Result<Package, String> {
        let mut package =
            Package { structures: BTreeMap::new(), value_sets: BTreeMap::new(), code_systems: BTreeMap::new() };
        let listing =
            std::fs::read_dir(folder).map_err(|error| format!("cannot read `{}`: {error}", folder.display()))?;
        for file in listing {
            let path = file.map_err(|error| error.to_string())?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with("StructureDefinition-") {
                package.add_structure(read_json(&path)?);
            } else if name.starts_with("ValueSet-") {
                add(&mut package.value_sets, read_json(&path)?);
            } else if name.starts_with("CodeSystem-") {
                add(&mut package.code_systems, read_json(&path)?);
            }
        }
        Ok(package)
    }

    /// Base types only: a profile narrows one of them and is no type of its own. `SimpleQuantity` is the exception,
    /// because base resources name it as the form of their quantities.
    fn add_structure(&mut self, structure: Value) {
        let name = text(&structure, "name").to_owned();
        let base = matches!(text(&structure, "kind"), "resource" | "complex-type");
        let own = base && text(&structure, "derivation") != "constraint" && text(&structure, "type") == name;
        if own || name == "SimpleQuantity" {
            self.structures.insert(name, structure);
        }
    }
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The items of an array member, none where it is missing.
pub fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A canonical without its version.
pub fn unversioned(canonical: &str) -> &str {
    canonical.split('|').next().unwrap_or_default()
}

fn add(by_url: &mut BTreeMap<String, Value>, resource: Value) {
    let url = text(&resource, "url").to_owned();
    by_url.insert(url, resource);
}

fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("`{}` is no JSON: {error}", path.display()))
}
