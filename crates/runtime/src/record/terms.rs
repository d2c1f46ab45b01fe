//! `:in`, `:not-in`, `:above` and `:below` on codes: what stored terminology says becomes plain codes before the store
//! searches.
//! <https://hl7.org/fhir/R4/search.html#token>

use super::outcome::shortened;
use super::{is_id, local_url};
use base::limits::OR_VALUES_MAX;
use base::{Cx, Error, Result};
use fhir::definitions::IndexKind;
use fhir::search::{Criterion, Match, Search, Terms, Test, UriHow, ValueTest};
use fhir::{PathId, Resource, TypeId, r4};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use store::{Op, Store, Stored};
use terminology::{CodeSystem, Codes, Wanted, canonical};

/// Versions of one canonical URL that are looked at to find the newest.
const VERSIONS_MAX: usize = 50;

/// Replaces what has to be asked of terminology, however deep it stands.
pub fn resolve(cx: &Cx, store: &Store, criteria: &mut [Criterion]) -> Result<()> {
    for Criterion { param, test } in criteria {
        resolve_test(cx, store, param, test)?;
    }
    Ok(())
}

fn resolve_test(cx: &Cx, store: &Store, param: &str, test: &mut Test) -> Result<()> {
    match test {
        Test::Terms { paths, any, not } => {
            let lookup = Lookup { cx, store };
            let mut codes = Codes::default();
            for terms in any {
                let found =
                    lookup.codes(terms).map_err(|error| Error { issues: placed(error.issues, param), ..error })?;
                codes.join(found);
            }
            let matches = matches(paths, &codes, param)?;
            *test = if *not { Test::None(matches) } else { Test::Any(matches) };
            Ok(())
        }
        Test::Chain { inner, .. } | Test::Has { inner, .. } => resolve(cx, store, inner),
        Test::All(tests) | Test::Either(tests) => {
            tests.iter_mut().try_for_each(|test| resolve_test(cx, store, param, test))
        }
        Test::Not(test) => resolve_test(cx, store, param, test),
        _ => Ok(()),
    }
}

fn placed(mut issues: Vec<base::Issue>, param: &str) -> Vec<base::Issue> {
    for issue in &mut issues {
        issue.at = Some(shortened(format!("http.{param}")));
        issue.text = shortened(std::mem::take(&mut issue.text));
    }
    issues
}

/// Each code under each path.
fn matches(paths: &[PathId], codes: &Codes, param: &str) -> Result<Vec<Match>> {
    let count = (codes.codes.len() + codes.systems.len()) * paths.len();
    if count > OR_VALUES_MAX {
        return Err(Error::too_costly(shortened(format!(
            "`{param}` means `{count}` codes; one list may have at most `{OR_VALUES_MAX}`, use a narrower set"
        ))));
    }
    let whole = codes.systems.iter().map(|system| (system, None));
    let single = codes.codes.iter().map(|(system, code)| (system, Some(code)));
    let all: Vec<(&String, Option<&String>)> = whole.chain(single).collect();
    let under = |path: &PathId| {
        let (path, kind) = (*path, r4().path(*path).kind);
        all.iter().map(move |&(system, code)| {
            let (system, code) = (Some(system.clone()), code.cloned());
            let test = match kind {
                IndexKind::Identifier => ValueTest::Identifier { system, value: code },
                _ => ValueTest::Token { system, code },
            };
            Match { path, test }
        })
    };
    Ok(paths.iter().flat_map(under).collect())
}

struct Lookup<'a> {
    cx: &'a Cx,
    store: &'a Store,
}

impl Lookup<'_> {
    fn codes(&self, terms: &Terms) -> Result<Codes> {
        match terms {
            Terms::ValueSet(name) => self.value_set(name),
            Terms::Below { system, code } => {
                let stored = self.system(system, code, "below")?;
                Ok(listed(system, stored.below(code)?))
            }
            Terms::Above { system, code } => {
                let stored = self.system(system, code, "above")?;
                Ok(listed(system, stored.above(code)?))
            }
        }
    }

    /// By canonical URL, or by the id on this server.
    fn value_set(&self, name: &str) -> Result<Codes> {
        let mut find = |wanted: Wanted<'_>| self.find(wanted);
        let id = name.strip_prefix("ValueSet/").or_else(|| (!name.contains([':', '/'])).then_some(name));
        let Some(id) = id.filter(|id| is_id(id)) else { return terminology::expand(name, &mut find) };
        let type_ = type_named("ValueSet")?;
        let stored = self.store.read(self.cx, type_, id)?.filter(|stored| stored.op != Op::Delete);
        let stored = stored.ok_or_else(|| {
            let text =
                format!("there is no `{}`; name a ValueSet by its URL or by `ValueSet/id`", local_url(type_, id));
            Error::invalid(text)
        })?;
        Codes::of_value_set(&stored.resource()?, &mut find)
    }

    fn system(&self, url: &str, code: &str, way: &str) -> Result<CodeSystem> {
        let (plain, version) = canonical(url);
        let found = self.find(Wanted::CodeSystem { url: plain, version })?;
        found.map(|resource| CodeSystem::of(&resource)).ok_or_else(|| {
            Error::invalid(format!(
                "there is no CodeSystem `{url}` in this record, so what is {way} `{code}` is not known; store it, or name \
                 the codes"
            ))
        })
    }

    fn find(&self, wanted: Wanted<'_>) -> Result<Option<Resource>> {
        let (name, url, version) = match wanted {
            Wanted::ValueSet { url, version } => ("ValueSet", url, version),
            Wanted::CodeSystem { url, version } => ("CodeSystem", url, version),
        };
        let type_ = type_named(name)?;
        let Some(param) = r4().param(type_, "url") else { return Ok(None) };
        let test = ValueTest::Uri { how: UriHow::Equal, uri: url.to_owned(), version: None };
        let any = param.paths.iter().map(|path| Match { path: path.path, test: test.clone() }).collect();
        let criterion = Criterion { param: "url".to_owned(), test: Test::Any(any) };
        let mut search = Search::of(type_, vec![criterion]);
        search.count = Some(VERSIONS_MAX);
        let mut best: Option<(Rank, Resource)> = None;
        for stored in self.store.search(self.cx, &search)?.matches {
            let resource = stored.resource()?;
            let rank = Rank::of(&stored, &resource);
            let named = version.is_none_or(|version| rank.version == version);
            if named && best.as_ref().is_none_or(|(least, _)| rank.cmp(least) == Ordering::Greater) {
                best = Some((rank, resource));
            }
        }
        Ok(best.map(|(_, resource)| resource))
    }
}

/// Which of several versions is meant where none is named: an active one, of the highest version, the last written.
struct Rank {
    active: bool,
    version: String,
    position: u64,
}

impl Rank {
    fn of(stored: &Stored, resource: &Resource) -> Rank {
        let text = |path: &str| resource.root().text_at(path).unwrap_or_default().into_owned();
        Rank { active: text("status") == "active", version: text("version"), position: stored.position }
    }

    fn cmp(&self, other: &Rank) -> Ordering {
        let numbers = |text: &str| -> Vec<u64> {
            text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
        };
        let versions = numbers(&self.version).cmp(&numbers(&other.version));
        self.active.cmp(&other.active).then(versions).then(self.position.cmp(&other.position))
    }
}

fn listed(system: &str, codes: Vec<&str>) -> Codes {
    let codes: BTreeSet<_> = codes.into_iter().map(|code| (system.to_owned(), code.to_owned())).collect();
    Codes { codes, ..Codes::default() }
}

fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| Error::fault(format!("the definitions hold no type `{name}`")))
}
