//! `given/search.txt`: a search (`Type?query`, not percent-encoded; a leading `lenient ` for lenient handling), then
//! what it was read as or the errors. `given/finds.txt`: a resource, then searches after `+` that find it and after
//! `-` that do not.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use base::zone::{Zone, instant_text};
use base::{Kind, Millis};
use fhir::definitions::{Component, Param, ParamKind};
use fhir::index::Known;
use fhir::search::{
    Criterion, DateTest, Handling, Match, NumberTest, Search, SortBy, Summary, Test, Total, ValueTest, parse_search,
};
use fhir::{Limits, PathId, Resource, Target, TypeId, parse, r4};
use proptest::prelude::*;
use std::fmt::Write;

const SEARCH: &str = include_str!("../given/search.txt");
const FINDS: &str = include_str!("../given/finds.txt");
/// 2026-11-21T00:00:00Z.
const NOW: Millis = 1_795_219_200_000;

fn read(input: &str) -> base::Result<Search> {
    let (handling, input) = match input.strip_prefix("lenient ") {
        Some(rest) => (Handling::Lenient, rest),
        None => (Handling::Strict, input),
    };
    let (type_name, query) = input.split_once('?').unwrap();
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let params: Vec<(String, String)> = query.split('&').filter(|text| !text.is_empty()).map(pair).collect();
    let type_ = r4().type_named(type_name).unwrap();
    parse_search(type_, &params, handling, &Zone::default(), "https://city.example/fhir/", NOW)
}

/// What may have been meant costs a comparison with every name there is, which thousands of unknown ones must not take.
#[test]
fn thousands_of_unknown_names_end_early() {
    let many: Vec<String> = (0..9_999).map(|nth| format!("zz{nth}=1")).collect();
    let error = read(&format!("Observation?{}", many.join("&"))).unwrap_err();
    assert_eq!((error.kind, error.issues.len()), (Kind::Unsupported, base::limits::ISSUES_MAX));
    let error = read(&format!("lenient Observation?{}", many.join("&"))).unwrap_err();
    assert_eq!(error.kind, Kind::TooCostly);
    let few = read(&format!("lenient Observation?{}", many[..40].join("&"))).unwrap();
    assert_eq!(few.warnings.len(), 40);
}

#[test]
fn searches_are_read() {
    crate::blocks::check("search.txt", SEARCH, &|input| match read(input) {
        Ok(search) => told(&search),
        Err(error) => {
            let mut out = String::new();
            for issue in &error.issues {
                let _ = writeln!(out, "{}\t{}\t{}", error.kind.name(), issue.at.as_deref().unwrap_or("-"), issue.text);
            }
            out
        }
    });
}

fn told(search: &Search) -> String {
    let mut out = String::new();
    for criterion in &search.criteria {
        let _ = writeln!(out, "{}", criterion_text(criterion));
    }
    for sort in &search.sort {
        let by = match &sort.by {
            SortBy::Paths(paths) => keys(paths),
            other => format!("{other:?}"),
        };
        let _ = writeln!(out, "sort{} {}: {by}", if sort.descending { " descending" } else { "" }, sort.param);
    }
    for include in &search.includes {
        let target = include.target.map_or("any", |type_| r4().type_name(type_));
        let how = if include.reverse { "revinclude" } else { "include" };
        let iterate = if include.iterate { " iterated" } else { "" };
        let _ = writeln!(out, "{how}{iterate} {} to {target}", keys(&include.paths));
    }
    if let Some(count) = search.count {
        let _ = writeln!(out, "count {count}");
    }
    if search.summary != Summary::False || search.total != Total::None {
        let _ = writeln!(out, "summary {:?}, total {:?}", search.summary, search.total);
    }
    if !search.elements.is_empty() {
        let _ = writeln!(out, "elements {:?}", search.elements);
    }
    if search.explain {
        out.push_str("explain\n");
    }
    if let Some(page) = &search.page {
        let _ = writeln!(out, "page {page}");
    }
    for warning in &search.warnings {
        let _ = writeln!(out, "{}\t{}", warning.severity.name(), warning.text);
    }
    let as_run: Vec<String> = search.as_run.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let _ = writeln!(out, "as run {}", as_run.join("&"));
    out
}

fn keys(paths: &[PathId]) -> String {
    paths.iter().map(|path| r4().path(*path).key).collect::<Vec<_>>().join(" ")
}

fn criterion_text(criterion: &Criterion) -> String {
    format!("{}: {}", criterion.param, test_text(&criterion.test))
}

fn test_text(test: &Test) -> String {
    let all = |matches: &[Match]| matches.iter().map(match_text).collect::<Vec<_>>().join(" or ");
    let tests = |tests: &[Test], word: &str| tests.iter().map(test_text).collect::<Vec<_>>().join(word);
    let inside = |inner: &[Criterion]| inner.iter().map(criterion_text).collect::<Vec<_>>().join("; ");
    match test {
        Test::Any(matches) => all(matches),
        Test::None(matches) => format!("none of {}", all(matches)),
        Test::Missing { paths, missing } => format!("missing {missing} {}", keys(paths)),
        Test::Composite(composite) => {
            let parts = |parts: &Vec<Vec<Match>>| parts.iter().map(|part| all(part)).collect::<Vec<_>>().join(" with ");
            format!("{} {{{}}}", composite.name, composite.any.iter().map(parts).collect::<Vec<_>>().join(", or "))
        }
        Test::Chain { paths, type_, inner } => {
            format!("{} to {} with {{{}}}", keys(paths), r4().type_name(*type_), inside(inner))
        }
        Test::Has { type_, paths, inner } => {
            format!("{} by {} with {{{}}}", r4().type_name(*type_), keys(paths), inside(inner))
        }
        Test::Id(ids) => format!("id {ids:?}"),
        Test::LastUpdated(tests) => tests.iter().map(date_text).collect::<Vec<_>>().join(" or "),
        Test::Resident(ids) => format!("resident {ids:?}"),
        Test::List(ids) => format!("list {ids:?}"),
        Test::Words { of, any } => format!("words of {of:?} {any:?}"),
        Test::Near(circles) => format!("near {circles:?}"),
        Test::Terms { paths, any, not } => format!("{}{} {any:?}", if *not { "not " } else { "" }, keys(paths)),
        Test::Hierarchy { paths, type_, ids, parents, above } => {
            let way = if *above { "above" } else { "below" };
            format!("{} {way} {} {ids:?} by {}", keys(paths), r4().type_name(*type_), keys(parents))
        }
        Test::All(all) => format!("({})", tests(all, " AND ")),
        Test::Either(any) => format!("({})", tests(any, " OR ")),
        Test::Not(inner) => format!("NOT {}", test_text(inner)),
    }
}

fn match_text(wanted: &Match) -> String {
    let test = match &wanted.test {
        ValueTest::Token { system, code } => format!("token {system:?} {code:?}"),
        ValueTest::MimeType(wanted) => format!("mime type {wanted:?}"),
        ValueTest::TokenText(text) => format!("text {text:?}"),
        ValueTest::Identifier { system, value } => format!("identifier {system:?} {value:?}"),
        ValueTest::Reference(Target::Local { type_, id }) => format!("{}/{id}", r4().type_name(*type_)),
        ValueTest::Reference(Target::Url(url)) => format!("<{url}>"),
        ValueTest::Canonical { uri, version, below } => format!("<{uri}> version {version} {below}"),
        ValueTest::IdentifierOfType { system, code, value } => format!("of type {system}|{code} {value}"),
        ValueTest::Text { how, folded, original } => format!("{how:?} {folded:?} ({original})"),
        ValueTest::Spelled { part, start } => format!("spelled {part:?} {start:?}"),
        ValueTest::Date(test) => date_text(test),
        ValueTest::Number(test) => number_text(test),
        ValueTest::Quantity { number, system, code } => format!("{} {system:?} {code:?}", number_text(number)),
        ValueTest::Uri { how, uri, version } => format!("{how:?} {uri} {version:?}"),
    };
    format!("[{} {test}]", r4().path(wanted.path).key)
}

fn date_text(test: &DateTest) -> String {
    format!("{:?} {} to {}", test.prefix, instant_text(test.start), instant_text(test.end))
}

fn number_text(test: &NumberTest) -> String {
    format!("{:?} {} in {} to {}", test.prefix, test.value, test.low, test.high)
}

#[test]
fn searches_find_what_they_should() {
    let mut count = 0;
    for block in FINDS.split("\n\n") {
        let mut lines = block.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let Some(input) = lines.next() else { continue };
        let resource = parse(input.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error}: {input}"));
        for line in lines {
            let (should, query) = line.split_once(' ').unwrap();
            let search =
                read(&format!("{}?{query}", resource.type_name())).unwrap_or_else(|error| panic!("{query}: {error}"));
            let found = search.criteria.iter().all(|criterion| holds(&resource, criterion));
            assert_eq!(found, should == "+", "{query} on {input}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

fn holds(resource: &Resource, criterion: &Criterion) -> bool {
    let zone = Zone::default();
    let known = Known { zone: &zone, id: resource.id(), updated: Some(NOW) };
    fhir::index::holds(resource, &criterion.test, &known)
        .unwrap_or_else(|| panic!("`{:?}` is a matter of the store", criterion.test))
}

/// A value that a parameter takes.
fn value_for(type_: TypeId, param: &Param) -> String {
    match (param.name, param.kind) {
        ("near", _) => "31.2|121.5".to_owned(),
        ("_filter", _) => "_id eq a".to_owned(),
        (_, ParamKind::Number) => "ge1.5".to_owned(),
        (_, ParamKind::Date) => "sa2020-01".to_owned(),
        (_, ParamKind::String | ParamKind::Special) => "张 wei".to_owned(),
        (_, ParamKind::Token) => "true".to_owned(),
        (_, ParamKind::Reference) => "23".to_owned(),
        (_, ParamKind::Quantity) => "lt5.4|http://unitsofmeasure.org|mg".to_owned(),
        (_, ParamKind::Uri) => "http://example.org/a|1".to_owned(),
        (_, ParamKind::Composite) => {
            let part = |component: &Component| value_for(type_, r4().param(type_, component.name).unwrap());
            param.components.iter().map(part).collect::<Vec<_>>().join("$")
        }
    }
}

#[test]
fn every_parameter_is_read_or_refused_by_name() {
    let (mut supported, mut refused, mut composites) = (0, 0, 0);
    for type_ in r4().types() {
        for param in r4().params_of(type_) {
            let search = one(type_, param.name, &value_for(type_, param));
            if !param.supported() {
                refused += 1;
                let error = search.unwrap_err();
                assert_eq!((error.kind, param.name), (Kind::Unsupported, "_query"));
                assert!(error.text().contains(&format!("`{}`", param.name)), "{}", error.text());
                continue;
            }
            supported += 1;
            assert_eq!(search.map(|search| search.criteria.len()), Ok(1), "{} of {type_:?}", param.name);
            let sorted = one(type_, "_sort", param.name);
            if param.has_paths() {
                one(type_, &format!("{}:missing", param.name), "true").unwrap();
                sorted.unwrap();
            } else if !matches!(param.name, "_id" | "_lastUpdated") {
                assert_eq!(sorted.unwrap_err().kind, Kind::Unsupported);
            }
            let composite = param.kind == ParamKind::Composite;
            assert_eq!(param.components.len() >= 2, composite, "{}", param.name);
            composites += usize::from(composite);
        }
    }
    // `_query` of every type is refused.
    assert_eq!((supported, refused, composites), (3_020, 146, 72));
}

fn one(type_: TypeId, name: &str, value: &str) -> base::Result<Search> {
    let params = [(name.to_owned(), value.to_owned())];
    parse_search(type_, &params, Handling::Strict, &Zone::default(), "", NOW)
}

#[test]
fn limits_hold() {
    let patient = r4().type_named("Patient").unwrap();
    let many = vec!["a"; 10_001].join(",");
    assert_eq!(one(patient, "family", &many).unwrap_err().kind, Kind::TooCostly);
    assert!(one(patient, "family", &many[2..]).is_ok());
    let params = vec![("family".to_owned(), "a".to_owned()); 65];
    let error = parse_search(patient, &params, Handling::Strict, &Zone::default(), "", NOW).unwrap_err();
    assert_eq!(error.kind, Kind::TooCostly);
    // A plain id may mean any of 146 types here.
    let provenance = r4().type_named("Provenance").unwrap();
    assert_eq!(one(provenance, "target", &many[2..]).unwrap_err().kind, Kind::TooCostly);
    let hostile = "`\n".repeat(500_000);
    for (name, value) in [
        (hostile.as_str(), "a"),
        ("birthdate", hostile.as_str()),
        ("_sort", hostile.as_str()),
        ("_filter", hostile.as_str()),
        ("_text", hostile.as_str()),
        ("_has:Observation:patient:code", "\\,|$"),
    ] {
        let text = one(patient, name, value).map_or_else(|error| error.text().to_owned(), |_| String::new());
        assert!(text.len() < 500, "{}", text.len());
    }
}

#[test]
fn chains_filters_and_texts_are_bounded() {
    let (patient, provenance) = (r4().type_named("Patient").unwrap(), r4().type_named("Provenance").unwrap());
    let too_costly = |type_, name: &str, value: &str| {
        let error = one(type_, name, value).unwrap_err();
        assert_eq!(error.kind, Kind::TooCostly, "{}", error.text());
    };
    // Each link may mean any type that has the next, so the ways would grow by powers.
    too_costly(provenance, "target.subject.subject.subject.subject._id", "1");
    too_costly(provenance, "target.focus.focus._id", "1");
    let link = "general-practitioner:Practitioner._has:Patient:general-practitioner:";
    assert!(one(patient, &format!("{}_id", link.repeat(4)), "1").is_ok());
    too_costly(patient, &format!("{}_id", link.repeat(5)), "1");
    too_costly(patient, &format!("{}_id", "_has:Patient:link:".repeat(100_000)), "1");
    let nested = |depth: usize| format!("{}active eq true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(one(patient, "_filter", &nested(32)).is_ok());
    too_costly(patient, "_filter", &nested(33));
    too_costly(patient, "_filter", &nested(200_000));
    too_costly(patient, "_filter", &"link[".repeat(100_000));
    too_costly(patient, "_filter", &format!("{}_id eq 1", "link.".repeat(100_000)));
    let tests = |count: usize| vec!["active eq true"; count].join(" and ");
    assert!(one(patient, "_filter", &tests(256)).is_ok());
    too_costly(patient, "_filter", &tests(257));
    let words = |pairs: usize| vec!["(a or b)"; pairs].join(" ");
    assert!(one(patient, "_text", &words(6)).is_ok());
    too_costly(patient, "_text", &words(7));
    too_costly(patient, "_content", &"(".repeat(100_000));
    too_costly(patient, "_content", &vec!["a"; 65].join(","));
    let rules = vec![("_include".to_owned(), "Patient:organization".to_owned()); 201];
    let error = parse_search(patient, &rules, Handling::Strict, &Zone::default(), "", NOW).unwrap_err();
    assert_eq!(error.kind, Kind::TooCostly);
}

/// Names that lead deep into the parser, in any order.
const NAMES: &str =
    "(subject|patient|:Patient|:|\\.|_has:|Observation|performer|code|name|_filter|_id|resident|near|:in|x){1,12}";
const FILTERS: &str =
    "((name|code|date|subject|active| eq | ne |co|sw|\"|\\\\|a|2020| and | or |not|\\(|\\)|\\[|\\]|\\.| |张)){0,14}";

proptest! {
    #[test]
    fn any_text_is_a_search_or_an_error(name in "[a-z_:.A-Z]{1,20}", value in "\\PC{0,40}") {
        let _ = one(r4().type_named("Observation").unwrap(), &name, &value);
    }

    #[test]
    fn any_chain_is_read_or_refused(name in NAMES, value in "[0-9a-z,|$]{1,9}") {
        let _ = one(r4().type_named("Observation").unwrap(), &name, &value);
    }

    #[test]
    fn any_filter_is_read_or_refused(filter in FILTERS) {
        let _ = one(r4().type_named("Observation").unwrap(), "_filter", &filter);
        let _ = one(r4().type_named("Patient").unwrap(), "_text", &filter);
    }

    #[test]
    fn any_value_is_read_or_refused(nth in 0_usize..200, value in "[0-9a-z,|$\\\\.:/eE+-]{0,30}", modifier in 0_usize..14) {
        const MODIFIERS: [&str; 14] = [
            "", ":exact", ":contains", ":missing", ":not", ":text", ":in", ":not-in", ":above", ":below", ":of-type",
            ":identifier", ":Patient", ":iterate",
        ];
        for name in ["Observation", "Location", "PlanDefinition", "MolecularSequence"] {
            let type_ = r4().type_named(name).unwrap();
            let params = r4().params_of(type_);
            let name = format!("{}{}", params[nth % params.len()].name, MODIFIERS[modifier]);
            let _ = one(type_, &name, &value);
        }
    }

    #[test]
    fn escaped_values_come_back(code in "[^\\p{C}]{1,20}") {
        let escaped: String = code.chars().flat_map(|letter| {
            "\\,|$".contains(letter).then_some('\\').into_iter().chain([letter])
        }).collect();
        let observation = r4().type_named("Observation").unwrap();
        let search = one(observation, "code-value-string", &format!("{escaped}$a,s|{escaped}$b")).unwrap();
        let Test::Composite(composite) = &search.criteria[0].test else { panic!("{search:?}") };
        for (alternative, system) in composite.any.iter().zip([None, Some("s".to_owned())]) {
            prop_assert_eq!(&alternative[0][0].test, &ValueTest::Token { system, code: Some(code.clone()) });
        }
    }
}
