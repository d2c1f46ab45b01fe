//! `$everything`: a Patient or an Encounter, what lies in its compartment, and what that refers to, within sight.
//! <https://hl7.org/fhir/R4/patient-operation-everything.html>
//!
//! Whole in one Bundle unless `_count` asks for pages. What is referred to comes with the page that refers to it.

use super::ask::{bind, lies_in};
use super::operate::refused;
use super::search::{page, searchset};
use super::show::{gone, read};
use super::{Asked, Scope, Site, local_url, shortened};
use base::limits::{EVERYTHING_ENTRIES_MAX, INCLUDES_MAX, PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use base::{Cx, Error, Issue, Millis, Result};
use fhir::search::{Criterion, DateTest, Handling, Match, Prefix, Search, Test, ValueTest};
use fhir::{Period, Target, TypeId, parse_date, r4, reference_target, references_in};
use std::collections::{BTreeMap, HashSet};
use store::{Op, SearchPage, Store, Stored};

/// What is followed one step further: a role tells who and where.
const FOLLOWED: &str = "PractitionerRole";

/// What an `$everything` asks for.
#[derive(Default)]
struct Request {
    start: Option<Period>,
    end: Option<Period>,
    since: Option<Millis>,
    /// None for all.
    types: Option<Vec<TypeId>>,
    count: Option<usize>,
    page: Option<String>,
    as_run: Vec<(String, String)>,
    warnings: Vec<Issue>,
}

/// Carries the operation out on one resource, or on all of its type, and gives the page as JSON.
pub fn everything(
    cx: &Cx,
    store: &Store,
    site: &Site,
    (type_, id): (TypeId, Option<&str>),
    params: &[(String, String)],
    handling: Handling,
) -> Result<Vec<u8>> {
    let request = Request::parse(params, handling, site)?;
    if let Some(id) = id {
        let there = read(cx, store, type_, id)?;
        if there.op == Op::Delete {
            return Err(gone(&there));
        }
    }
    let mut asked = request.asked(type_, id)?;
    let whole = id.is_some() && request.count.is_none() && request.page.is_none();
    let mut page = match whole {
        true => {
            leave_out_absent(store, &mut asked)?;
            all(cx, store, &mut asked)?
        }
        false => page(cx, store, &asked.searches)?,
    };
    if whole {
        page.total = Some(page.matches.len() as u64);
    }
    Following { cx, store, of: type_, types: request.types.as_deref() }.add(&mut page)?;
    searchset(&page, &asked, site)
}

/// Most types of a compartment are not in a record at all. (A page link counts the types, so pages keep them all.)
fn leave_out_absent(store: &Store, asked: &mut Asked) -> Result<()> {
    let there: HashSet<TypeId> = store.counts(&Cx::platform())?.into_iter().map(|(type_, _)| type_).collect();
    let first = asked.first().type_;
    asked.searches.retain(|search| search.type_ == first || there.contains(&search.type_));
    Ok(())
}

/// Every page as one.
fn all(cx: &Cx, store: &Store, asked: &mut Asked) -> Result<SearchPage> {
    let mut whole = SearchPage::default();
    loop {
        let next = page(cx, store, &asked.searches)?;
        whole.matches.extend(next.matches);
        if whole.matches.len() > EVERYTHING_ENTRIES_MAX {
            return Err(Error::too_costly(format!(
                "there are more than `{EVERYTHING_ENTRIES_MAX}` resources; ask for pages with `_count`, or narrow it with \
                 `_type`, `start` or `_since`"
            )));
        }
        let more = next.next.is_some();
        asked.searches.iter_mut().for_each(|search| search.page.clone_from(&next.next));
        if !more {
            return Ok(whole);
        }
    }
}

impl Request {
    fn parse(params: &[(String, String)], handling: Handling, site: &Site) -> Result<Request> {
        let mut request = Request::default();
        for (name, value) in params {
            let date = || {
                let wrong = || Error::invalid(shortened(format!("`{name}={value}` is no date such as `2026-11-21`")));
                parse_date(value, &site.zone).ok_or_else(wrong)
            };
            match name.as_str() {
                "start" => request.start = Some(date()?),
                "end" => request.end = Some(date()?),
                "_since" => request.since = Some(date()?.start),
                "_type" => request.types.get_or_insert_default().extend(types(value)?),
                "_count" => request.count = Some(count(value)?),
                "_page" => {
                    request.page = Some(value.clone());
                    continue;
                }
                _ => {
                    let known = "`start`, `end`, `_since`, `_type` and `_count`";
                    request.warnings.push(refused("everything", known, name, handling)?);
                    continue;
                }
            }
            request.as_run.push((name.clone(), value.clone()));
        }
        Ok(request)
    }

    /// One search for each type, the owner's own first.
    fn asked(&self, owner: TypeId, id: Option<&str>) -> Result<Asked> {
        let name = r4().type_name(owner);
        let path = match id {
            Some(id) => format!("/{}/$everything", local_url(owner, id)),
            None => format!("/{name}/$everything"),
        };
        let inside = r4().types().filter(|&type_| type_ != owner && !r4().compartment_params(name, type_).is_empty());
        let wanted = |type_: &TypeId| self.types.as_ref().is_none_or(|types| types.contains(type_));
        let types: Vec<TypeId> = std::iter::once(owner).chain(inside).filter(wanted).collect();
        if types.is_empty() {
            return Err(Error::invalid(format!(
                "`_type` names no type that lies in the compartment of a `{name}`; what these refer to comes with them"
            )));
        }
        let mut searches: Vec<Search> = types.iter().map(|&type_| self.search(owner, id, type_)).collect();
        searches.iter_mut().for_each(|search| bind(search, &path));
        searches[0].warnings.clone_from(&self.warnings);
        Ok(Asked { scope: Scope::Operation(path), searches })
    }

    fn search(&self, owner: TypeId, id: Option<&str>, type_: TypeId) -> Search {
        let mut criteria = Vec::new();
        match id {
            Some(id) if type_ == owner => {
                criteria.push(Criterion { param: "_id".to_owned(), test: Test::Id(vec![id.to_owned()]) });
            }
            Some(id) => criteria.push(lies_in(owner, id, type_)),
            None if type_ == owner => {}
            // An empty id: in the compartment of any.
            None => criteria.push(lies_in(owner, "", type_)),
        }
        if let Some(start) = self.start {
            criteria.extend(dated("start", type_, DateTest { prefix: Prefix::Ge, start: start.start, end: start.end }));
        }
        if let Some(end) = self.end {
            criteria.extend(dated("end", type_, DateTest { prefix: Prefix::Le, start: end.start, end: end.end }));
        }
        if let Some(since) = self.since {
            let test = DateTest { prefix: Prefix::Ge, start: since, end: since + 1 };
            criteria.push(Criterion { param: "_since".to_owned(), test: Test::LastUpdated(vec![test]) });
        }
        let mut search = Search::of(type_, criteria);
        let whole = id.is_some() && self.count.is_none();
        search.count = Some(self.count.unwrap_or(if whole { PAGE_ENTRIES_MAX } else { PAGE_ENTRIES_DEFAULT }));
        search.page.clone_from(&self.page);
        search.as_run.clone_from(&self.as_run);
        search
    }
}

/// That the date of care lies on this side of a date; what has none is in.
fn dated(param: &str, type_: TypeId, test: DateTest) -> Option<Criterion> {
    let path = r4().main_date_path(type_)?;
    let within = Test::Any(vec![Match { path, test: ValueTest::Date(test) }]);
    let without = Test::Missing { paths: vec![path], missing: true };
    Some(Criterion { param: param.to_owned(), test: Test::Either(vec![within, without]) })
}

fn types(list: &str) -> Result<Vec<TypeId>> {
    let named = |name: &str| {
        let wrong = || Error::invalid(shortened(format!("`_type`: there is no resource type `{name}`")));
        r4().type_named(name).ok_or_else(wrong)
    };
    list.split(',').map(named).collect()
}

fn count(text: &str) -> Result<usize> {
    let count = text.parse::<usize>().ok().filter(|&count| count > 0 && !text.starts_with('+'));
    let wrong = || Error::invalid("`_count` is a whole number from 1, such as `50`");
    Ok(count.ok_or_else(wrong)?.min(PAGE_ENTRIES_MAX))
}

/// Adds what the entries refer to: staff, institutions, places, drugs … A resource that lies in the compartment of a
/// patient is not followed: it comes by itself, or belongs to somebody else.
struct Following<'a> {
    cx: &'a Cx,
    store: &'a Store,
    /// The type that the operation is called on.
    of: TypeId,
    types: Option<&'a [TypeId]>,
}

impl Following<'_> {
    fn add(&self, page: &mut SearchPage) -> Result<()> {
        let mut there: HashSet<(TypeId, String)> = page.matches.iter().map(|one| (one.type_, one.id.clone())).collect();
        let first = self.referred(&page.matches, &mut there)?;
        let roles: Vec<Stored> = first.iter().filter(|one| r4().type_name(one.type_) == FOLLOWED).cloned().collect();
        let second = self.referred(&roles, &mut there)?;
        let shown = |one: &Stored| self.types.is_none_or(|types| types.contains(&one.type_));
        page.included.extend(first.into_iter().chain(second).filter(shown));
        Ok(())
    }

    fn referred(&self, from: &[Stored], there: &mut HashSet<(TypeId, String)>) -> Result<Vec<Stored>> {
        let mut wanted: BTreeMap<TypeId, Vec<String>> = BTreeMap::new();
        for stored in from {
            self.cx.go_on()?;
            for reference in references_in(&stored.resource()?) {
                if let Target::Local { type_, id } = reference_target(&reference)
                    && self.follows(type_)
                    && there.insert((type_, id.clone()))
                {
                    wanted.entry(type_).or_default().push(id);
                }
            }
        }
        let mut found = Vec::new();
        for (type_, ids) in wanted {
            for ids in ids.chunks(PAGE_ENTRIES_MAX) {
                let criterion = Criterion { param: "_id".to_owned(), test: Test::Id(ids.to_vec()) };
                let mut search = Search::of(type_, vec![criterion]);
                search.count = Some(PAGE_ENTRIES_MAX);
                found.extend(self.store.search(self.cx, &search)?.matches);
                if found.len() > INCLUDES_MAX {
                    return Err(Error::too_costly(format!(
                        "the page refers to more than `{INCLUDES_MAX}` other resources; ask for smaller pages with `_count`"
                    )));
                }
            }
        }
        Ok(found)
    }

    fn follows(&self, type_: TypeId) -> bool {
        let name = r4().type_name(type_);
        let of_encounter = r4().type_name(self.of) == "Encounter";
        match name {
            "Patient" => of_encounter,
            "Person" => false,
            _ => !r4().in_patient_compartment(type_),
        }
    }
}
