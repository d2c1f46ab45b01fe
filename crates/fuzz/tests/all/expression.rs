//! Expressions of custom search parameters: read or refused with a sentence, and what is read finds values in any resource.

use crate::run::fuzz;
use fhir::custom::{EXPRESSION_CHARS_MAX, compile, register};
use fhir::definitions::ParamKind;
use fhir::{Limits, Resource, extract_paths, parse, r4};
use fuzz::{Target, corpus};

/// Paths that one run makes; they live as long as the process.
const PATHS_MAX: usize = 1_000;

const KINDS: [ParamKind; 7] = [
    ParamKind::String,
    ParamKind::Token,
    ParamKind::Reference,
    ParamKind::Date,
    ParamKind::Number,
    ParamKind::Quantity,
    ParamKind::Uri,
];

#[test]
fn expressions() {
    let zone = base::zone::Zone::default();
    let lines = corpus(include_str!("../../corpus/json.txt"));
    let resources: Vec<Resource> = lines.iter().filter_map(|line| parse(line, &Limits::default()).ok()).collect();
    assert!(resources.len() > 4);
    let mut paths = 0;
    let take = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let (base, expression) = text.split_once(": ").unwrap_or(("Patient", &text));
        // A definition refuses longer ones before they are read.
        if expression.chars().count() > EXPRESSION_CHARS_MAX {
            return "too long".to_owned();
        }
        let Some(base) = r4().type_named(base) else { return "no type".to_owned() };
        let mut ways = String::new();
        for kind in KINDS {
            match compile(base, kind, expression) {
                Err(why) => {
                    assert!(why.len() < 4 * EXPRESSION_CHARS_MAX + 1_000, "a sentence of {} bytes", why.len());
                    ways.push_str(&why);
                }
                Ok(reads) if paths < PATHS_MAX => {
                    paths += reads.len();
                    for read in reads {
                        let path = register(base, read.kind, &read.programs.join(";")).unwrap();
                        ways.push_str(&format!("{:?} {}", read.kind, read.programs.len()));
                        for resource in resources.iter().filter(|resource| resource.type_id() == base) {
                            ways.push_str(&extract_paths(resource, &[path], &zone).len().to_string());
                        }
                    }
                }
                Ok(reads) => ways.push_str(&format!("{:?}", reads.len())),
            }
        }
        ways.truncate(ways.floor_char_boundary(400));
        ways
    };
    let corpus = corpus(include_str!("../../corpus/expression.txt"));
    fuzz(Target { name: "expressions", corpus, words: words(), take: Box::new(take) }, 8_000);
}

fn words() -> Vec<String> {
    let words = [
        ".where(",
        ".exists()",
        ".ofType(",
        ".as(",
        " as ",
        ".first()",
        ".resolve()",
        ".extension('http://x')",
        ".value",
        " | ",
        "%resource",
        "$this",
        ".not()",
        " = ",
        " and ",
        "is Patient",
        "system='phone'",
        "name",
        "Patient",
        "Observation",
        "Resource",
        "DomainResource",
        "component",
        "valueQuantity",
        "(",
        ")",
        "'",
        "''",
        "`",
        "{}",
        "[0]",
        ".contained",
        ".children()",
        ".repeat(item)",
        "item",
        ".all(true)",
        ".select(",
        "@2026",
        "1.5",
        "-",
    ];
    words.map(str::to_owned).to_vec()
}
