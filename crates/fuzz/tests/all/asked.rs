//! Searches, filters and page links against a small record: found or refused, never a fault; nobody is shown what is
//! not theirs; a total is as large as what is found.

use crate::record::{NOW, Record};
use crate::run::fuzz;
use crate::search::{shape, words};
use base::{Cx, Error, Kind, Result};
use fhir::r4;
use fhir::search::Handling;
use fuzz::{Target, corpus};
use runtime::record::{Asked, Place, Scope, ask, encode, parse_query, place, search};
use store::SearchPage;

#[test]
fn searches() {
    let record = Record::new();
    let take = |input: &[u8]| asked(&record, &String::from_utf8_lossy(input));
    let mut all = corpus(include_str!("../../corpus/search.txt"));
    all.extend(corpus(include_str!("../../corpus/place.txt")));
    fuzz(Target { name: "searches", corpus: all, words: words(), take: Box::new(take) }, 1_500);
}

#[test]
fn filters() {
    let record = Record::new();
    let take = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let (type_name, filter) = text.split_once(": ").unwrap_or(("Observation", &text));
        let mut query = format!("{type_name}?_filter=");
        encode(filter, &mut query);
        asked(&record, &query)
    };
    let corpus = corpus(include_str!("../../corpus/filter.txt"));
    fuzz(Target { name: "filters", corpus, words: words(), take: Box::new(take) }, 1_500);
}

/// Links that were made, and what may be made of them.
#[test]
fn page_links() {
    let record = Record::new();
    let mut links = Vec::new();
    for query in include_str!("../../corpus/paged.txt").lines() {
        let page = find(&record, &record.all, query).unwrap().1;
        for next in page.next.iter().chain(&page.last) {
            let mut link = format!("{query}&_page=");
            encode(next, &mut link);
            let back = find(&record, &record.all, &link).unwrap().1.previous;
            links.push(link.into_bytes());
            if let Some(back) = back {
                let mut link = format!("{query}&_page=");
                encode(&back, &mut link);
                links.push(link.into_bytes());
            }
        }
    }
    assert!(links.len() > 30, "{} links", links.len());
    let words = [
        "~",
        "~p0~",
        "~c~",
        "~s~",
        "~t~",
        "~u~",
        "m",
        "i0",
        "r0000000000000000",
        "t7a7178",
        "_",
        "-",
        "ffffffffffffffff",
    ];
    let words = words.map(str::to_owned).to_vec();
    let take = |input: &[u8]| asked(&record, &String::from_utf8_lossy(input));
    fuzz(Target { name: "pages", corpus: links, words, take: Box::new(take) }, 2_000);
}

/// Asks as everybody; the answer is that of who sees all.
fn asked(record: &Record, text: &str) -> String {
    for cx in [&record.clinician, &record.resident, &record.officer] {
        match shown(record, cx, text) {
            Err(error) => never_a_fault(&error),
            Ok(bundle) => {
                let other = bundle.split("\"fullUrl\":\"").skip(1).find(|url| is_anothers(url));
                assert!(other.is_none(), "{} is shown {other:.200?}", cx.who.role.name());
            }
        }
    }
    match find(record, &record.all, text) {
        Err(error) => {
            never_a_fault(&error);
            error.to_string()
        }
        Ok((asked, page)) => {
            counted(record, &asked, &page);
            let searches = asked.searches.iter().map(|search| &search.criteria).collect::<Vec<_>>();
            format!("{} {}", page.matches.is_empty(), shape(&format!("{:.2000?}", searches.first())))
        }
    }
}

fn is_anothers(url: &str) -> bool {
    url.split('/').nth(5).is_some_and(|id| id.starts_with("zqx"))
}

fn never_a_fault(error: &Error) {
    assert!(!matches!(error.kind, Kind::Fault | Kind::Busy), "{}: {error}", error.kind.name());
}

/// The total is the number of what is found, where all of it fits on a page.
fn counted(record: &Record, asked: &Asked, page: &SearchPage) {
    let first = asked.first();
    if page.next.is_some()
        || first.page.is_some()
        || first.count == Some(0)
        || first.summary == fhir::search::Summary::Count
    {
        return;
    }
    let mut searches = asked.searches.clone();
    searches.iter_mut().for_each(|search| (search.count, search.explain) = (Some(0), false));
    match record.store.search_each(&record.all, &searches) {
        Ok(counted) => assert_eq!(counted.total, Some(page.matches.len() as u64), "the total"),
        Err(error) => assert_eq!(error.kind, Kind::TooCostly, "{error}"),
    }
}

fn shown(record: &Record, cx: &Cx, text: &str) -> Result<String> {
    let asked = read(record, cx, text)?;
    Ok(String::from_utf8(search(cx, &record.store, &record.site, &asked)?).unwrap())
}

fn find(record: &Record, cx: &Cx, text: &str) -> Result<(Asked, SearchPage)> {
    let asked = read(record, cx, text)?;
    let page = record.store.search_each(cx, &asked.searches)?;
    Ok((asked, page))
}

/// `Type?query`, `?query` of all types, `Patient/1/Type?query` of a compartment.
fn read(record: &Record, cx: &Cx, text: &str) -> Result<Asked> {
    assert_eq!(cx.now(), NOW);
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let scope = match place(&format!("/{path}")) {
        Ok(Place::Type(type_)) => Scope::Type(type_),
        Ok(Place::Compartment(type_, id, of)) => Scope::Compartment { type_, id: id.into_owned(), of },
        Ok(Place::System) => Scope::System,
        _ => Scope::Type(r4().type_named("Observation").unwrap()),
    };
    let handling = if query.len().is_multiple_of(2) { Handling::Strict } else { Handling::Lenient };
    ask(cx, &record.store, &record.site, scope, &parse_query(query)?, handling)
}
