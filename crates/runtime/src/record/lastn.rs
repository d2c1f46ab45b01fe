//! Observation `$lastn`: the newest observations of each kind.
//! <https://hl7.org/fhir/R4/observation-operation-lastn.html>
//!
//! Two observations are of one kind if they share a coding (system and code), directly or through a third one; without
//! a coding, if they have the same text. Observations of the same instant as the last one shown are shown too.

use super::ask::bind;
use super::search::searchset;
use super::{Asked, Scope, Site, ask, shortened};
use base::limits::{LASTN_OBSERVATIONS_MAX, PAGE_ENTRIES_MAX};
use base::{Cx, Error, Millis, Result};
use fhir::search::{Handling, Summary};
use fhir::{Resource, TypeId, Value, extract_paths, parse_date, r4};
use std::collections::HashMap;
use store::{SearchPage, Store, Stored};

/// Parameters that name whose observations are meant.
const WHOSE: [&str; 3] = ["patient", "subject", "resident"];
/// Parameters of a page, which this answer is not.
const OF_PAGES: [&str; 8] =
    ["_count", "_page", "_sort", "_total", "_include", "_revinclude", "_include:iterate", "_revinclude:iterate"];

/// Carries the operation out and gives the observations as a searchset.
pub fn lastn(
    cx: &Cx,
    store: &Store,
    site: &Site,
    type_: TypeId,
    params: &[(String, String)],
    handling: Handling,
) -> Result<Vec<u8>> {
    let mut max = 1;
    let mut own = Vec::new();
    for (name, value) in params {
        match name.as_str() {
            "max" => max = number(value)?,
            _ if OF_PAGES.contains(&name.as_str()) => {
                let text = format!("`$lastn` shows all that it finds, each kind newest first; leave `{name}` out");
                return Err(Error::unsupported(text));
            }
            _ => own.push((name.clone(), value.clone())),
        }
    }
    let bare = |name: &str| name.split([':', '.']).next().unwrap_or_default().to_owned();
    if !own.iter().any(|(name, _)| WHOSE.contains(&bare(name).as_str())) {
        return Err(Error::invalid("`$lastn` needs a patient; name one with `patient` or `subject`"));
    }
    let mut search = ask::parse(cx, store, type_, &own, handling, site)?;
    if search.summary == Summary::Count {
        return Err(Error::unsupported("`$lastn` shows observations, not their number; leave `_summary=count` out"));
    }
    let path = format!("/{}/$lastn", r4().type_name(type_));
    search.as_run.splice(0..0, params.iter().filter(|(name, _)| name == "max").cloned());
    bind(&mut search, &path);
    search.count = Some(PAGE_ENTRIES_MAX);
    let mut asked = Asked { scope: Scope::Operation(path), searches: vec![search] };
    let found = observations(cx, store, site, &mut asked)?;
    let matches = newest(found, max);
    let page = SearchPage { total: Some(matches.len() as u64), matches, ..SearchPage::default() };
    searchset(&page, &asked, site)
}

fn number(text: &str) -> Result<usize> {
    let number = text.parse::<usize>().ok().filter(|&number| number > 0 && !text.starts_with('+'));
    number.ok_or_else(|| Error::invalid(shortened(format!("`max={text}` is no whole number from 1, such as `3`"))))
}

/// One observation with what tells its kind and its place in time.
struct Seen {
    stored: Stored,
    kinds: Vec<String>,
    at: Millis,
}

/// All observations that the search finds.
fn observations(cx: &Cx, store: &Store, site: &Site, asked: &mut Asked) -> Result<Vec<Seen>> {
    let mut found = Vec::new();
    let search = &mut asked.searches[0];
    loop {
        let page = store.search(cx, search)?;
        if found.len() + page.matches.len() > LASTN_OBSERVATIONS_MAX {
            return Err(Error::too_costly(format!(
                "there are more than `{LASTN_OBSERVATIONS_MAX}` observations to compare; narrow them by a code, a category \
                 or a date"
            )));
        }
        for stored in page.matches {
            let resource = stored.resource()?;
            found.push(Seen { at: time(&resource, site), kinds: kinds(&resource), stored });
        }
        search.page = page.next;
        if search.page.is_none() {
            return Ok(found);
        }
    }
}

/// When it was observed; without that, when it was issued. What has neither is the oldest.
fn time(resource: &Resource, site: &Site) -> Millis {
    let effective = r4().main_date_path(resource.type_id());
    let values = effective.map(|path| extract_paths(resource, &[path], &site.zone)).unwrap_or_default();
    let start = values.into_iter().find_map(|value| match value.value {
        Value::Date { start, .. } => Some(start),
        _ => None,
    });
    let issued = || Some(parse_date(&resource.root().text_at("issued")?, &site.zone)?.start);
    start.or_else(issued).unwrap_or(Millis::MIN)
}

/// The codings of the code, each as `system|code`; without one the text.
fn kinds(resource: &Resource) -> Vec<String> {
    let coding = |coding: fhir::Element<'_>| {
        Some(format!("{}|{}", coding.text_at("system").unwrap_or_default(), coding.text_at("code")?))
    };
    let mut kinds: Vec<String> = resource.root().path("code.coding").filter_map(coding).collect();
    if kinds.is_empty() {
        kinds.extend(resource.root().text_at("code.text").map(|text| fhir::fold(&text)));
    }
    kinds
}

/// The newest of each kind: kinds by their newest observation, observations newest first.
fn newest(mut found: Vec<Seen>, max: usize) -> Vec<Stored> {
    found.sort_by(|left, right| right.at.cmp(&left.at).then(right.stored.position.cmp(&left.stored.position)));
    let groups = groups(&found);
    let mut order: Vec<usize> = Vec::new();
    let mut members: HashMap<usize, Vec<Seen>> = HashMap::new();
    for (seen, group) in found.into_iter().zip(groups) {
        let kept = members.entry(group).or_insert_with(|| {
            order.push(group);
            Vec::new()
        });
        let last = kept.get(max - 1).map(|last| last.at);
        if last.is_none_or(|last| last == seen.at) {
            kept.push(seen);
        }
    }
    let kept = order.into_iter().filter_map(|group| members.remove(&group));
    kept.flatten().map(|seen| seen.stored).collect()
}

/// The group of each observation: the first observation of its kind.
fn groups(found: &[Seen]) -> Vec<usize> {
    fn top(above: &mut [usize], mut nth: usize) -> usize {
        while above[nth] != nth {
            above[nth] = above[above[nth]];
            nth = above[nth];
        }
        nth
    }
    let mut above: Vec<usize> = (0..found.len()).collect();
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    for (nth, seen) in found.iter().enumerate() {
        for kind in &seen.kinds {
            let other = *first_of.entry(kind).or_insert(nth);
            let (one, other) = (top(&mut above, nth), top(&mut above, other));
            above[one.max(other)] = one.min(other);
        }
    }
    (0..found.len()).map(|nth| top(&mut above, nth)).collect()
}
