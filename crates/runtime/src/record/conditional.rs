//! Conditions written as a search: which resource does `identifier=…` mean?
//! <https://hl7.org/fhir/R4/http.html#ccreate>

use super::{Site, ask};
use base::limits::PAGE_ENTRIES_MAX;
use base::{Cx, Error, Issue, Kind, Result, Severity};
use fhir::search::{Handling, Search, Summary, Total};
use fhir::{TypeId, r4};
use store::{Found, Guard, Store, Stored};

/// What a condition found.
pub enum Matches {
    None,
    One(Box<Stored>),
}

/// A condition as a search of its criteria alone.
pub fn condition(cx: &Cx, store: &Store, site: &Site, type_: TypeId, query: &str) -> Result<Search> {
    let params = super::parse_query(query)?;
    let mut search = ask::parse(cx, store, type_, &params, Handling::Strict, site)?;
    if search.criteria.is_empty() {
        return Err(Error::precondition(
            "the condition holds no search criterion, so it would mean every resource; name one such as `identifier`",
        ));
    }
    (search.count, search.summary, search.total, search.page) = (Some(2), Summary::False, Total::None, None);
    search.explain = false;
    search.sort.clear();
    search.includes.clear();
    search.elements.clear();
    Ok(search)
}

/// Carries a condition out: none or one match, and the search to guard the batch with. Several are an error.
pub fn find(cx: &Cx, store: &Store, site: &Site, type_: TypeId, query: &str) -> Result<(Search, Matches)> {
    let search = condition(cx, store, site, type_, query)?;
    let mut found = store.search(cx, &search)?.matches;
    match (found.len(), found.pop()) {
        (0, _) => Ok((search, Matches::None)),
        (1, Some(stored)) => Ok((search, Matches::One(Box::new(stored)))),
        _ => Err(several(type_)),
    }
}

/// The ids of resources that meet a condition, but for those that are left out; two where there are more.
pub fn find_but(cx: &Cx, store: &Store, mut search: Search, left_out: &dyn Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut found = Vec::new();
    loop {
        let page = store.search(cx, &search)?;
        found.extend(page.matches.into_iter().map(|stored| stored.id).filter(|id| !left_out(id)));
        if found.len() > 1 || page.next.is_none() {
            found.truncate(2);
            return Ok(found);
        }
        // A page full of what is left out: seldom, so the first page is small and the others are not.
        (search.page, search.count) = (page.next, Some(PAGE_ENTRIES_MAX));
    }
}

/// The batch holds only while the condition finds nothing.
pub fn finds_nothing(search: Search) -> Guard {
    Guard::Finds { search: Box::new(search), expect: Found::Nothing }
}

/// The batch holds only while the condition finds this resource alone.
pub fn finds_only(search: Search, id: &str) -> Guard {
    Guard::Finds { search: Box::new(search), expect: Found::Only { id: id.to_owned() } }
}

/// The error for a condition that means more than one.
pub fn several(type_: TypeId) -> Error {
    let text = format!(
        "more than one `{}` meets the condition; add a criterion so that it means exactly one",
        r4().type_name(type_)
    );
    let issue = Issue { severity: Severity::Error, code: "multiple-matches", text, at: None };
    Error { kind: Kind::Precondition, issues: vec![issue] }
}
