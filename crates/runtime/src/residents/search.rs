//! Finding residents: a search of registrations, shown as residents.
//!
//! A resident with several matching registrations is shown once, at the one with the least id, whichever page it is on.

use super::query::{Groups, attempts, is_id};
use super::row::{Row, Rows, of_patient, of_person, type_named};
use base::zone::Zone;
use base::{Cx, Error, Kind, Result};
use fhir::Resource;
use fhir::search::{Criterion, Handling, Match, Search, Test, parse_search};
use store::{SearchPage, Store};

/// Characters of what is typed.
const TEXT_CHARS_MAX: usize = 100;
pub const COUNT_DEFAULT: usize = 20;
pub const COUNT_MAX: usize = 100;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// A name or a part of one, pinyin, initials, a number, a birth date, an id; empty for everybody.
    pub text: String,
    /// Registrations looked at for one page; residents may be fewer.
    pub count: Option<usize>,
    /// `Found::next` of the page before.
    pub page: Option<String>,
}

/// A page of residents.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub rows: Vec<Row>,
    pub next: Option<String>,
    /// Told where it is known: when everything is on this page.
    pub total: Option<u64>,
}

/// `zone` is the one that the record's dates are read in.
pub fn search(cx: &Cx, store: &Store, zone: &Zone, query: &Query) -> Result<Found> {
    if query.text.chars().count() > TEXT_CHARS_MAX {
        return Err(Error::invalid(format!("a search for residents has at most {TEXT_CHARS_MAX} characters")));
    }
    let attempts = attempts(&query.text, zone.date_of(cx.now()));
    let (first, page) = match &query.page {
        None => (0, None),
        Some(token) => read_token(token, attempts.len())?,
    };
    if page.is_none()
        && let Some(row) = by_id(cx, store, query.text.trim())?
    {
        return Ok(Found { rows: vec![row], next: None, total: Some(1) });
    }
    let count = query.count.unwrap_or(COUNT_DEFAULT).clamp(1, COUNT_MAX);
    for (nth, groups) in attempts.iter().enumerate().skip(first) {
        let mut search = search_of(cx, groups, zone)?;
        (search.count, search.page) = (Some(count), page.clone());
        let found = store.search(cx, &search)?;
        let last = page.is_some() || nth + 1 == attempts.len();
        if last || !found.matches.is_empty() {
            return show(cx, store, &search, found, nth, zone);
        }
    }
    Ok(Found { total: Some(0), ..Found::default() })
}

/// The resident or registration with exactly this id, where there is one in sight.
fn by_id(cx: &Cx, store: &Store, text: &str) -> Result<Option<Row>> {
    if !is_id(text) {
        return Ok(None);
    }
    for row in [of_person(cx, store, text), of_patient(cx, store, text)] {
        match row {
            Ok(row) => return Ok(Some(row)),
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn show(cx: &Cx, store: &Store, search: &Search, page: SearchPage, nth: usize, zone: &Zone) -> Result<Found> {
    let mut rows = Rows::new(cx, store);
    let mut found = Vec::with_capacity(page.matches.len());
    for stored in page.matches {
        let Some(person) = store.persons_of(&stored.id)?.into_iter().next() else {
            found.push(rows.row(None, vec![(stored.resource()?, stored)])?);
            continue;
        };
        let registrations = rows.registrations(&store.registrations_of(&person)?)?;
        let matches = |patient: &Resource, id: &str| id == stored.id || holds(patient, &search.criteria, zone);
        let matching = registrations.iter().filter(|(patient, at)| matches(patient, &at.id));
        if matching.map(|(_, at)| &at.id).min() == Some(&stored.id) {
            found.push(rows.row(Some(person), registrations)?);
        }
    }
    let next = page.next.map(|token| format!("{nth}.{token}"));
    let total = (search.page.is_none() && next.is_none()).then_some(found.len() as u64);
    Ok(Found { rows: found, next, total })
}

/// Whether a registration meets the criteria that `search_of` makes.
fn holds(patient: &Resource, criteria: &[Criterion], zone: &Zone) -> bool {
    criteria.iter().all(|criterion| match &criterion.test {
        Test::Any(matches) => matches.iter().any(|test| fhir::matches(patient, test, zone)),
        _ => false,
    })
}

fn search_of(cx: &Cx, groups: &Groups, zone: &Zone) -> Result<Search> {
    let patient = type_named("Patient")?;
    let mut search = parse_search(patient, &[], Handling::Strict, zone, "", cx.now())?;
    for group in groups {
        let mut any: Vec<Match> = Vec::new();
        for (param, value) in group {
            let params = [((*param).to_owned(), escaped(value))];
            for criterion in parse_search(patient, &params, Handling::Strict, zone, "", cx.now())?.criteria {
                match criterion.test {
                    Test::Any(matches) => any.extend(matches),
                    _ => return Err(Error::fault(format!("`{param}` is no plain criterion"))),
                }
            }
        }
        search.criteria.push(Criterion { param: "q".to_owned(), test: Test::Any(any) });
    }
    Ok(search)
}

/// What is typed is taken as it is: `,` `$` `|` and `\` separate nothing.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, ',' | '$' | '|' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn read_token(token: &str, attempts: usize) -> Result<(usize, Option<String>)> {
    let parts = token.split_once('.').and_then(|(nth, rest)| Some((nth.parse::<usize>().ok()?, rest)));
    match parts {
        Some((nth, rest)) if nth < attempts => Ok((nth, Some(rest.to_owned()))),
        _ => Err(Error::invalid("`page` is not the `next` of an answer to this search; start again without it")),
    }
}
