//! Carries a search out and shows the page as a searchset Bundle.
//! <https://hl7.org/fhir/R4/http.html#search>

use super::{Asked, Site, json};
use base::{Cx, Issue, Result, Severity};
use fhir::search::{Search, Summary};
use fhir::{TypeId, r4};
use store::{SearchPage, Store, Stored};

/// Carries the search out and gives the page as JSON.
pub fn search(cx: &Cx, store: &Store, site: &Site, asked: &Asked) -> Result<Vec<u8>> {
    let page = page(cx, store, &asked.searches)?;
    searchset(&page, asked, site)
}

/// A page of one search, or of several as one.
pub fn page(cx: &Cx, store: &Store, searches: &[Search]) -> Result<SearchPage> {
    match searches {
        [one] => store.search(cx, one),
        several => store.search_each(cx, several),
    }
}

/// A page as a Bundle of type searchset.
pub fn searchset(page: &SearchPage, asked: &Asked, site: &Site) -> Result<Vec<u8>> {
    let search = asked.first();
    let mut out = Vec::with_capacity(512 + 1024 * (page.matches.len() + page.included.len()));
    json::raw(&mut out, r#"{"resourceType":"Bundle","type":"searchset""#);
    if let Some(total) = page.total.filter(|_| !page.total_hidden) {
        json::raw(&mut out, &format!(r#","total":{total}"#));
    }
    links(page, asked, site, &mut out);
    let mut entries = Entries { out: &mut out, first: true };
    for stored in &page.matches {
        entries.resource(stored, "match", search, site)?;
    }
    for stored in &page.included {
        entries.resource(stored, "include", search, site)?;
    }
    let mut issues = search.warnings.clone();
    if page.total_hidden {
        issues.push(hidden());
    }
    issues.extend(page.explain.iter().map(|line| explained(line)));
    if !issues.is_empty() {
        entries.outcome(&issues);
    }
    entries.end();
    out.push(b'}');
    Ok(out)
}

struct Entries<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Entries<'_> {
    fn begin(&mut self) {
        json::raw(self.out, if self.first { r#","entry":["# } else { "," });
        self.first = false;
    }

    fn resource(&mut self, stored: &Stored, mode: &str, search: &Search, site: &Site) -> Result<()> {
        self.begin();
        json::raw(self.out, r#"{"fullUrl":""#);
        full_url(site, stored.type_, &stored.id, self.out);
        json::raw(self.out, r#"","resource":"#);
        shown(stored, search.summary, &search.elements, self.out)?;
        json::raw(self.out, r#","search":{"mode":""#);
        json::raw(self.out, mode);
        json::raw(self.out, r#""}}"#);
        Ok(())
    }

    fn outcome(&mut self, issues: &[Issue]) {
        self.begin();
        json::raw(self.out, r#"{"resource":"#);
        super::outcome(issues, self.out);
        json::raw(self.out, r#","search":{"mode":"outcome"}}"#);
    }

    fn end(&mut self) {
        if !self.first {
            self.out.push(b']');
        }
    }
}

/// Appends a resource as `_summary` and `_elements` ask for it.
pub fn shown(stored: &Stored, summary: Summary, elements: &[String], out: &mut Vec<u8>) -> Result<()> {
    if elements.is_empty() && matches!(summary, Summary::False | Summary::Count) {
        return stored.json(out);
    }
    out.extend_from_slice(&fhir::summarize(&stored.resource()?, summary, elements));
    Ok(())
}

/// Appends the absolute URL of a resource.
pub fn full_url(site: &Site, type_: TypeId, id: &str, out: &mut Vec<u8>) {
    for part in [&site.base_url, "/", r4().type_name(type_), "/", id] {
        json::raw(out, part);
    }
}

fn links(page: &SearchPage, asked: &Asked, site: &Site, out: &mut Vec<u8>) {
    let mut url = format!("{}{}", site.base_url, asked.scope.path());
    let mut glue = '?';
    for (name, value) in asked.as_run() {
        add(&mut url, &mut glue, name, value);
    }
    let at = |page: &Option<String>| page.as_deref().map(|page| with(&url, glue, page));
    json::raw(out, r#","link":["#);
    let this = at(&asked.first().page);
    link("self", this.as_deref().unwrap_or(&url), out);
    // A page knows how to come back to the first one; a search that shows no entries has no pages.
    if this.is_some() || page.next.is_some() {
        more("first", &url, out);
    }
    for (relation, page) in [("previous", &page.previous), ("next", &page.next), ("last", &page.last)] {
        if let Some(url) = at(page) {
            more(relation, &url, out);
        }
    }
    out.push(b']');
}

fn more(relation: &str, url: &str, out: &mut Vec<u8>) {
    out.push(b',');
    link(relation, url, out);
}

fn with(url: &str, mut glue: char, page: &str) -> String {
    let mut url = url.to_owned();
    if page.is_empty() {
        return url;
    }
    add(&mut url, &mut glue, "_page", page);
    url
}

/// Appends one parameter to a URL.
pub fn add(url: &mut String, glue: &mut char, name: &str, value: &str) {
    url.push(*glue);
    *glue = '&';
    super::encode(name, url);
    url.push('=');
    super::encode(value, url);
}

/// Appends one link of a Bundle.
pub fn link(relation: &str, url: &str, out: &mut Vec<u8>) {
    json::raw(out, r#"{"relation":""#);
    json::raw(out, relation);
    json::raw(out, r#"","url":"#);
    json::string(out, url);
    out.push(b'}');
}

fn hidden() -> Issue {
    let text = "the total is under five and is not shown, so that nobody can be recognised from it".to_owned();
    Issue { severity: Severity::Information, code: "suppressed", text, at: None }
}

/// A line of what `_explain` tells.
fn explained(line: &str) -> Issue {
    Issue { severity: Severity::Information, code: "informational", text: line.to_owned(), at: None }
}
