//! Query strings: read or refused, and what is read says the same again when it is written as a link.

use crate::run::fuzz;
use fhir::search::{Handling, parse_search};
use fhir::{TypeId, r4};
use fuzz::{Target, corpus};
use runtime::record::{encode, parse_query};

pub const NOW: i64 = 1_780_000_000_000;
const BASE: &str = "http://localhost/fhir";

#[test]
fn search_strings() {
    let zone = base::zone::Zone::default();
    let take = move |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let (type_, query) = split(&text);
        let params = match parse_query(query) {
            Ok(params) => params,
            Err(error) => return error.to_string(),
        };
        let parse = |handling, params: &[(String, String)]| parse_search(type_, params, handling, &zone, BASE, NOW);
        let strict = parse(Handling::Strict, &params);
        let search = match parse(Handling::Lenient, &params) {
            Err(error) => {
                assert!(strict.is_err(), "lenient refuses what strict takes: {error}");
                assert!(error.issues.len() <= base::limits::ISSUES_MAX);
                return error.to_string();
            }
            Ok(search) => search,
        };
        let mut link = String::new();
        for (name, value) in &search.as_run {
            link.push('&');
            encode(name, &mut link);
            link.push('=');
            encode(value, &mut link);
        }
        let again = parse(Handling::Strict, &parse_query(&link).unwrap());
        let again = again.unwrap_or_else(|error| panic!("the link {link} is refused: {error}"));
        assert_eq!((&again.criteria, &again.sort, &again.includes), (&search.criteria, &search.sort, &search.includes));
        assert_eq!((again.count, again.total, again.summary), (search.count, search.total, search.summary));
        shape(&format!("{:?}", search.criteria))
    };
    let corpus = corpus(include_str!("../../corpus/search.txt"));
    fuzz(Target { name: "search", corpus, words: words(), take: Box::new(take) }, 30_000);
}

/// `Type?query`; without a type that there is, that of Observation.
pub fn split(text: &str) -> (TypeId, &str) {
    let (name, query) = text.split_once('?').unwrap_or(("", text));
    (r4().type_named(name).or(r4().type_named("Observation")).unwrap(), query)
}

/// What a search is made of, without the values in it.
pub fn shape(debug: &str) -> String {
    let mut out = String::new();
    for (nth, part) in debug.split('"').enumerate() {
        if nth % 2 == 0 {
            out.push_str(part);
        }
    }
    out.truncate(out.floor_char_boundary(300));
    out
}

/// Names of parameters and types, and what may follow a name.
pub fn words() -> Vec<String> {
    let r4 = r4();
    let mut words: Vec<String> = Vec::new();
    for type_ in r4.types() {
        words.push(r4.type_name(type_).to_owned());
        words.extend(r4.params_of(type_).iter().map(|param| param.name.to_owned()));
    }
    words.sort();
    words.dedup();
    for text in [
        ":exact",
        ":contains",
        ":missing=true",
        ":missing=false",
        ":not",
        ":text",
        ":in",
        ":not-in",
        ":above",
        ":below",
        ":of-type",
        ":identifier",
        ":Patient",
        ":Observation.",
        ":iterate",
        "_has:",
        "_has:Observation:subject:",
        "_filter=",
        "_sort=-",
        "_count=",
        "_include=",
        "_revinclude=",
        "_summary=count",
        "_elements=",
        "_total=accurate",
        "_list=",
        "_type=",
        "_text=",
        "_content=",
        "_explain=true",
        "_lastUpdated=",
        "_id=",
        "_tag=",
        "_profile=",
        "_security=",
        "_source=",
        "near=",
        "resident=",
        "eq",
        "ne",
        "gt",
        "lt",
        "ge",
        "le",
        "sa",
        "eb",
        "ap",
        "ge2026",
        "http://loinc.org|",
        "||g",
        "%2C",
        "%7C",
        "%24",
        "Patient/1",
        "subject.",
        "patient.",
        ".name=",
        "and ",
        " or ",
        "not (",
        " eq ",
        " co ",
        " sw ",
        " pr true",
        "[code eq x]",
    ] {
        words.push(text.to_owned());
    }
    words
}
