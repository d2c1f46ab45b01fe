//! The official examples of R4 (npm `hl7.fhir.r4.examples`): every parameter under which one of them has a value finds it by
//! that value, written as a caller would write it. Skipped, and says so, where the package is not installed.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use base::zone::{Zone, instant_text};
use fhir::definitions::{Param, ParamKind};
use fhir::index::{Known, holds};
use fhir::search::{Handling, parse_search};
use fhir::{PathId, Resource, Target, Value, extract, parse_trusted, r4};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Values of one parameter that are searched for, so that the test takes seconds.
const OF_PARAM_MAX: usize = 6;
/// Examples of one type.
const OF_TYPE_MAX: usize = 150;
/// Larger ones are lists of codes, which tell nothing more of searching.
const BYTES_MAX: u64 = 200_000;

#[test]
fn every_parameter_finds_the_examples_by_their_values() {
    let Some(examples) = examples() else {
        eprintln!("SKIPPED: the official examples are not here; `make examples` fetches them");
        return;
    };
    let zone = Zone::default();
    let (mut of_type, mut of_param) = (BTreeMap::new(), BTreeMap::<(&str, &str), usize>::new());
    let (mut with_values, mut tried, mut together) = (BTreeSet::new(), 0, 0);
    for file in examples {
        let Ok(resource) = parse_trusted(std::fs::read(&file).unwrap()) else { continue };
        let type_count: &mut usize = of_type.entry(resource.type_name()).or_default();
        *type_count += 1;
        if *type_count > OF_TYPE_MAX {
            continue;
        }
        let found = extract(&resource, &zone);
        for param in r4().params_of(resource.type_id()) {
            let paths: BTreeMap<PathId, _> = param.paths.iter().map(|path| (path.path, path)).collect();
            for value in &found.values {
                let Some(path) = paths.get(&value.path) else { continue };
                let Some(text) = as_searched(param, &value.value, path.target, path.system) else { continue };
                let count = of_param.entry((resource.type_name(), param.name)).or_default();
                *count += 1;
                if *count <= OF_PARAM_MAX {
                    with_values.insert((resource.type_name(), param.name));
                    assert_found(&resource, param.name, &text, &file);
                }
            }
        }
        let (more, found) = composites(&resource, &file);
        (tried, together) = (tried + more, together + found);
    }
    println!("{} parameters found examples; {together} of {tried} composites", with_values.len());
    assert!(together * 10 > tried * 9, "{together} of {tried}");
    assert!(with_values.len() > 900, "{}", with_values.len());
}

fn examples() -> Option<Vec<PathBuf>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/node_modules/hl7.fhir.r4.examples");
    if !folder.join("package.json").exists() {
        return None;
    }
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let small = files.filter(|file| file.metadata().unwrap().len() <= BYTES_MAX);
    let mut files: Vec<PathBuf> =
        small.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    Some(files)
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if "\\,|$".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A search for exactly this value; none where the value is none that can be written.
fn as_searched(param: &Param, value: &Value, target: Option<fhir::TypeId>, system: Option<&str>) -> Option<String> {
    let instant = |at: base::Millis| (at != base::Millis::MIN && at != base::Millis::MAX).then(|| instant_text(at));
    Some(match value {
        Value::Token { code, .. } if code.is_empty() => return None,
        Value::Token { system, code, .. } => format!("{}|{}", escaped(system), escaped(code)),
        Value::Identifier { .. } if param.kind == ParamKind::Reference => return None,
        Value::Identifier { system: of, .. } if system.is_some_and(|system| system != of) => return None,
        Value::Identifier { value, .. } if value.is_empty() => return None,
        Value::Identifier { system: of, value } => match system {
            Some(_) => escaped(value),
            None => format!("{}|{}", escaped(of), escaped(value)),
        },
        Value::Reference(Target::Local { type_, id }) => {
            if target.is_some_and(|target| target != *type_) || !param.targets.contains(type_) {
                return None;
            }
            format!("{}/{id}", r4().type_name(*type_))
        }
        Value::Reference(Target::Url(url)) if url.contains(':') && target.is_none() => escaped(url),
        Value::Reference(Target::Url(_)) => return None,
        Value::Text(text) => escaped(text),
        Value::Date { start, end } => match (instant(*start), instant(*end)) {
            (Some(start), _) => format!("ge{start}"),
            (None, Some(end)) => format!("lt{end}"),
            (None, None) => return None,
        },
        Value::Number { low, high } => side(*low, *high),
        Value::Quantity { low, high, system, code, .. } => {
            format!("{}|{}|{}", side(*low, *high), escaped(system), escaped(code))
        }
        Value::Uri { uri, version } if version.is_empty() => escaped(uri),
        Value::Uri { uri, version } => format!("{}|{}", escaped(uri), escaped(version)),
    })
}

fn side(low: f64, high: f64) -> String {
    if low.is_finite() { format!("ge{low:e}") } else { format!("le{high:e}") }
}

fn is_found(resource: &Resource, name: &str, value: &str, file: &Path) -> bool {
    let params = [(name.to_owned(), value.to_owned())];
    let search = parse_search(resource.type_id(), &params, Handling::Strict, &Zone::default(), "", 0);
    let search = search.unwrap_or_else(|error| panic!("{name}={value}: {error} ({})", file.display()));
    let known = Known { zone: &Zone::default(), id: resource.id(), updated: None };
    search.criteria.iter().all(|criterion| holds(resource, &criterion.test, &known) == Some(true))
}

fn assert_found(resource: &Resource, name: &str, value: &str, file: &Path) {
    assert!(is_found(resource, name, value, file), "{name}={value} does not find {}", file.display());
    let there = is_found(resource, &format!("{name}:missing"), "false", file);
    assert!(there, "{name} is missing in {}", file.display());
}

/// Composites of all values that their parts have in the example: in most places some stand together. Counts those tried and
/// those that find it.
fn composites(resource: &Resource, file: &Path) -> (usize, usize) {
    let (mut tried, mut found) = (0, 0);
    for param in r4().params_of(resource.type_id()).iter().filter(|param| param.kind == ParamKind::Composite) {
        let mut all = vec![String::new()];
        for component in &param.components {
            let paths: Vec<PathId> = component.paths.iter().map(|path| path.path).collect();
            let other = r4().param(resource.type_id(), component.name).unwrap();
            let values = fhir::extract_paths(resource, &paths, &Zone::default());
            let texts = values.iter().take(8).filter_map(|value| as_searched(other, &value.value, None, None));
            let texts: Vec<String> = texts.collect();
            all = all.iter().flat_map(|start| texts.iter().map(move |text| format!("{start}${text}"))).collect();
        }
        if !all.is_empty() {
            let all: Vec<&str> = all.iter().map(|one| one.trim_start_matches('$')).collect();
            tried += 1;
            found += usize::from(is_found(resource, param.name, &all.join(","), file));
        }
    }
    (tried, found)
}
