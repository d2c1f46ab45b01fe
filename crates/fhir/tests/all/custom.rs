//! Custom search parameters: what expressions compile to, and that resources are found by them.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use base::Kind;
use base::zone::Zone;
use fhir::custom::{Custom, Definition, Percent, compile, each_path};
use fhir::definitions::{Param, ParamKind, TypeId};
use fhir::search::{Handling, Match, Search, TextHow, ValueTest, parse_search_with};
use fhir::{Limits, Resource, extract_paths, matches, parse, r4};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The expressions of all standard parameters.
const EXPRESSIONS: &str = include_str!("../given/expressions.txt");
/// Parameters of one's own and what becomes of them.
const CUSTOM: &str = include_str!("../given/custom.txt");
const TABLE: &str = include_str!("../../data/r4.txt");

type Programs = BTreeSet<(String, String)>;

/// (kind, program) of each index path of a type, in the order of the table.
fn table() -> std::collections::BTreeMap<&'static str, Vec<Programs>> {
    let mut by_type = std::collections::BTreeMap::new();
    let mut name = "";
    for line in TABLE.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["A", type_] => name = type_,
            ["I", kind, _, programs] => {
                let programs = programs.split(';').map(|program| ((*kind).to_owned(), program.to_owned()));
                by_type.entry(name).or_insert_with(Vec::new).push(programs.collect::<Programs>());
            }
            _ => {}
        }
    }
    by_type
}

/// What a standard parameter reads, from the table.
fn programs_of(param: &Param, by_type: &std::collections::BTreeMap<&'static str, Vec<Programs>>) -> Programs {
    let mut all = Programs::new();
    for path in &param.paths {
        let path = r4().path(path.path);
        let common = by_type["Resource"].len();
        let nth = usize::from(path.ordinal);
        let programs = match nth < common {
            true => &by_type["Resource"][nth],
            false => &by_type[r4().type_name(path.type_)][nth - common],
        };
        all.extend(programs.iter().cloned());
    }
    all
}

#[test]
fn standard_expressions_compile_to_the_programs_of_the_table() {
    let by_type = table();
    let mut compared = 0;
    for line in EXPRESSIONS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [code, kind, bases, expression] = fields.as_slice() else { panic!("{line}") };
        let kind = ParamKind::named(kind).unwrap();
        for base in bases.split(' ') {
            let types: Vec<TypeId> = r4().type_named(base).map_or_else(|| r4().types().collect(), |type_| vec![type_]);
            for type_ in types {
                let Some(param) = r4().param(type_, code).filter(|param| param.has_paths()) else { continue };
                let reads = compile(type_, kind, expression).unwrap_or_else(|why| panic!("{line}: {why}"));
                let mut found = Programs::new();
                for one in &reads {
                    found.extend(one.programs.iter().map(|program| (one.kind.name().to_owned(), program.clone())));
                }
                let wanted = programs_of(param, &by_type);
                let of_extension = expression.contains(".extension(");
                assert!(
                    found == wanted || (of_extension && found.is_superset(&wanted)),
                    "{line}: {found:?} {wanted:?}"
                );
                let narrowed: BTreeSet<_> = reads.iter().map(|one| (one.target, one.system.as_deref())).collect();
                let wanted: BTreeSet<_> = param.paths.iter().map(|path| (path.target, path.system)).collect();
                // Of a nested resource only the parameter says which type it is.
                if !wanted.iter().any(|(target, _)| target.is_some()) || *code != "composition" && *code != "message" {
                    assert_eq!(narrowed, wanted, "{line}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 1_500, "{compared}");
}

fn search_parameter(text: &str) -> Resource {
    let fields: Vec<&str> = text.split(" / ").collect();
    let [code, kind, bases, expression] = fields.as_slice() else { panic!("{text}") };
    let json = serde_json::json!({
        "resourceType": "SearchParameter", "url": format!("http://city.example/{code}"), "name": "N", "status": "active",
        "description": "d", "code": code, "base": bases.split(' ').collect::<Vec<_>>(), "type": kind,
        "expression": expression,
    });
    parse(json.to_string().as_bytes(), &Limits::default()).unwrap()
}

#[test]
fn parameters_become_paths_or_say_why_not() {
    crate::blocks::check("custom.txt", CUSTOM, &|input| {
        let resource = search_parameter(input);
        let mut out = String::new();
        match Definition::of(&resource).and_then(|definition| Ok((definition.params()?, definition))) {
            Err(error) => writeln!(out, "{}", error.text()).unwrap(),
            Ok((params, definition)) => {
                assert_eq!(Definition::from_text(&definition.to_text()).as_ref(), Some(&definition));
                for (type_, param) in params {
                    told(&mut out, type_, param);
                }
            }
        }
        out
    });
}

fn told(out: &mut String, type_: TypeId, param: &Param) {
    for path in &param.paths {
        let entry = fhir::custom::entry(path.path).unwrap();
        assert_eq!((entry.path.type_, r4().path(path.path)), (type_, &entry.path));
        let target = path.target.map(|target| format!(">{}", r4().type_name(target))).unwrap_or_default();
        let system = path.system.map(|system| format!("~{system}")).unwrap_or_default();
        let _ = writeln!(out, "{}\t{}{target}{system}", entry.path.kind.name(), entry.programs);
    }
    if param.kind == ParamKind::Reference {
        let targets: Vec<&str> = param.targets.iter().map(|type_| r4().type_name(*type_)).collect();
        let targets = if targets.len() > 8 { format!("{} types", targets.len()) } else { targets.join(" ") };
        let _ = writeln!(out, "points at\t{targets}");
    }
}

#[test]
fn resources_are_found_by_custom_paths() {
    let patient = r#"{"resourceType":"Patient","id":"p","extension":[
        {"url":"http://city.example/ward","valueString":"Östliche Station"},{"url":"http://city.example/other","valueString":"x"}],
        "identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"7"},{"type":{"coding":[{"code":"SS"}]},"value":"8"}]}"#;
    let patient = parse(patient.as_bytes(), &Limits::default()).unwrap();
    let zone = Zone::default();
    let of = |text: &str| Definition::of(&search_parameter(text)).unwrap().params().unwrap()[0].1;
    let ward = of("ward / string / Patient / Patient.extension('http://city.example/ward').value");
    let number = of("mr / token / Patient / Patient.identifier.where(type.coding.code = 'MR')");
    let gone = of("gone / token / Patient / Patient.deceased.exists()");
    let text = |folded: &str| {
        let test = ValueTest::Text { how: TextHow::Starts, folded: folded.into(), original: folded.into() };
        Match { path: ward.paths[0].path, test }
    };
    assert!(matches(&patient, &text("ostliche"), &zone));
    assert!(!matches(&patient, &text("x"), &zone));
    let values = extract_paths(&patient, &[number.paths[0].path], &zone);
    assert_eq!(values.len(), 1, "{values:?}");
    let flag = |code: &str| {
        let test = ValueTest::Token { system: None, code: Some(code.into()) };
        Match { path: gone.paths[0].path, test }
    };
    assert!(matches(&patient, &flag("false"), &zone));
    assert!(!matches(&patient, &flag("true"), &zone));
    // The definition of another type finds nothing here.
    let other = of("ward / string / Person / Person.extension('http://city.example/ward').value");
    assert!(extract_paths(&patient, &[other.paths[0].path], &zone).is_empty());
    // Standard and custom paths together.
    let mut paths = vec![ward.paths[0].path, number.paths[0].path];
    paths.extend(r4().param(patient.type_id(), "identifier").unwrap().paths.iter().map(|path| path.path));
    assert_eq!(extract_paths(&patient, &paths, &zone).len(), 4);
}

fn searched(custom: &Custom, type_name: &str, params: &[(&str, &str)]) -> base::Result<Search> {
    let params: Vec<_> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let type_ = r4().type_named(type_name).unwrap();
    parse_search_with(custom, type_, &params, Handling::Strict, &Zone::default(), "", 0)
}

#[test]
fn custom_parameters_are_searched_like_standard_ones() {
    let mut custom = Custom::default();
    let mut add = |text: &str| {
        for (type_, param) in Definition::of(&search_parameter(text)).unwrap().params().unwrap() {
            custom.add_ready(type_, param);
        }
    };
    add("ward / string / Patient / Patient.extension('http://city.example/ward').value as string");
    add("born-at / reference / Patient / Patient.extension('http://city.example/born').value as Reference");
    let custom = custom;
    let type_ = |name| r4().type_named(name).unwrap();
    let path = |name| custom.param(type_("Patient"), name).unwrap().unwrap().paths[0].path;
    for (of, params) in [
        ("Patient", ("ward", "east")),
        ("Patient", ("ward:exact", "East")),
        ("Patient", ("ward:missing", "true")),
        ("Patient", ("_sort", "-ward")),
        ("Observation", ("subject:Patient.ward", "east")),
        ("Organization", ("_has:Patient:organization:ward", "east")),
    ] {
        let search = searched(&custom, of, &[params]).unwrap_or_else(|error| panic!("{params:?}: {error}"));
        let mut read = Vec::new();
        each_path(&search, &mut |_, path| read.push(path));
        assert!(read.contains(&path("ward")), "{of} {params:?}");
        assert!(custom.allows(&search).is_ok());
        // A store that does not keep the path does not answer.
        assert_eq!(Custom::default().allows(&search).unwrap_err().kind, Kind::Busy);
    }
    let included = searched(&custom, "Patient", &[("_include", "Patient:born-at"), ("_include", "Patient:*")]).unwrap();
    assert!(included.includes.iter().all(|rule| rule.paths.contains(&path("born-at"))), "{:?}", included.includes);
    let chained = searched(&custom, "Patient", &[("born-at:Location.name", "north")]).unwrap();
    assert_eq!(chained.criteria.len(), 1);
    assert_eq!(searched(&Custom::default(), "Patient", &[("ward", "x")]).unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn what_is_being_built_is_refused_with_how_far_it_is() {
    let mut custom = Custom::default();
    let percent = Percent::default();
    percent.set(43, 100);
    let ward = "ward / string / Patient / Patient.extension('http://city.example/ward').value as string";
    for (type_, param) in Definition::of(&search_parameter(ward)).unwrap().params().unwrap() {
        custom.add_building(type_, param, &percent);
    }
    let birthdate = r4().param(r4().type_named("Patient").unwrap(), "birthdate").unwrap().paths[0].path;
    custom.add_unfinished(birthdate, &percent);
    for params in [("ward", "x"), ("_sort", "ward"), ("birthdate", "2001"), ("birthdate:missing", "true")] {
        let error = searched(&custom, "Patient", &[params]).unwrap_err();
        assert_eq!(error.kind, Kind::Busy, "{params:?}");
        assert!(error.text().contains("43 %"), "{error}");
    }
    let unaware = searched(&Custom::default(), "Observation", &[("subject:Patient.birthdate", "2001")]).unwrap();
    assert_eq!(custom.allows(&unaware).unwrap_err().kind, Kind::Busy);
    assert!(searched(&custom, "Patient", &[("gender", "male")]).is_ok());
}
