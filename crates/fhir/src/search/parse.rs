//! The parameters of a search one by one: those of the result here, criteria in `criterion`.

use super::criterion::criterion;
use super::include::include;
use super::model::{Search, Sort, SortBy, Summary, Total};
use super::near::{did_you_mean, shown, unknown_param};
use crate::custom::Custom;
use crate::definitions::{Definitions, Param, TypeId, r4};
use base::limits::{CHAIN_WAYS_MAX, CRITERIA_MAX, ISSUES_MAX, PAGE_ENTRIES_MAX, SEARCH_MATCHES_MAX};
use base::zone::Zone;
use base::{Error, Issue, Kind, Millis, Result, Severity};
use std::cell::Cell;

/// What becomes of parameters that are unknown or not supported (`Prefer: handling=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// They are an error.
    #[default]
    Strict,
    /// They are left out, with a warning.
    Lenient,
}

/// What the parameters are read against.
pub(super) struct Context<'a> {
    pub definitions: &'static Definitions,
    /// Parameters of one's own, and what is not whole.
    pub custom: &'a Custom,
    pub zone: &'a Zone,
    /// This server's own base, without a slash at its end: references that begin with it are local.
    pub base_url: &'a str,
    pub now: Millis,
    /// Links of chains and comparisons so far, so that a short text cannot ask for endless work.
    ways: Cell<usize>,
    matches: Cell<usize>,
}

impl Context<'_> {
    /// A parameter of a type. Every look-up of the parser comes through here.
    pub(super) fn param(&self, type_: TypeId, name: &str) -> Result<Option<&'static Param>> {
        self.custom.param(type_, name)
    }

    /// One more type that a link of a chain can mean.
    pub(super) fn spend_way(&self) -> Result<()> {
        self.ways.set(self.ways.get() + 1);
        if self.ways.get() > CHAIN_WAYS_MAX {
            let text = "the chains of this search can mean too many types; name them, as in `subject:Patient.name`";
            return Err(Error::too_costly(text));
        }
        Ok(())
    }

    pub(super) fn spend_matches(&self, param: &str, count: usize) -> Result<()> {
        self.matches.set(self.matches.get() + count);
        if self.matches.get() > SEARCH_MATCHES_MAX {
            let text = format!(
                "with `{}` the search comes to more than {SEARCH_MATCHES_MAX} comparisons; give fewer values",
                shown(param)
            );
            return Err(Error::too_costly(text));
        }
        Ok(())
    }
}

/// `parse_search_with` for the standard parameters alone.
pub fn parse_search(
    type_: TypeId,
    params: &[(String, String)],
    handling: Handling,
    zone: &Zone,
    base_url: &str,
    now: Millis,
) -> Result<Search> {
    parse_search_with(&Custom::default(), type_, params, handling, zone, base_url, now)
}

/// Reads the decoded parameters of a search of `type_`. `custom` is what a store can be searched by besides, and `now` is
/// what `ap` measures the distance of a date from.
///
/// # Errors
/// `Invalid` for a malformed value, `TooCostly` for lists over a limit, and `Unsupported` for what is unknown or not
/// supported unless `handling` is lenient, `Busy` for a parameter whose index is being built; one issue for each bad
/// parameter, placed at `http.NAME`.
pub fn parse_search_with(
    custom: &Custom,
    type_: TypeId,
    params: &[(String, String)],
    handling: Handling,
    zone: &Zone,
    base_url: &str,
    now: Millis,
) -> Result<Search> {
    let (ways, matches) = (Cell::new(0), Cell::new(0));
    let (definitions, base_url) = (r4(), base_url.trim_end_matches('/'));
    let context = Context { definitions, custom, zone, base_url, now, ways, matches };
    let mut search = Search::of(type_, Vec::new());
    let mut failed: Option<Error> = None;
    for (name, value) in params {
        match param(&context, &mut search, name, value) {
            Ok(Some(as_run)) => search.as_run.push((name.clone(), as_run)),
            Ok(None) => {}
            Err(error) => {
                let issues = error.issues.into_iter().map(|issue| placed(issue, name));
                if handling == Handling::Lenient && error.kind == Kind::Unsupported {
                    search.warnings.extend(issues.map(|issue| Issue { severity: Severity::Warning, ..issue }));
                } else {
                    failed.get_or_insert(Error { kind: error.kind, issues: Vec::new() }).issues.extend(issues);
                }
                // What may have been meant costs more to find than to ask, so a query of thousands of unknown names
                // ends here.
                if failed.as_ref().is_some_and(|error| error.issues.len() >= ISSUES_MAX) {
                    break;
                }
                if search.warnings.len() > ISSUES_MAX {
                    return Err(Error::too_costly(format!(
                        "more than {ISSUES_MAX} parameters of the search are unknown; leave them out"
                    )));
                }
            }
        }
    }
    match failed {
        Some(mut error) => {
            error.issues.truncate(ISSUES_MAX);
            Err(error)
        }
        None => Ok(search),
    }
}

fn placed(issue: Issue, name: &str) -> Issue {
    Issue { at: Some(format!("http.{}", shown(name))), ..issue }
}

/// Adds one parameter to the search and gives its value as it is carried out; none where the self link omits it.
fn param(context: &Context<'_>, search: &mut Search, name: &str, value: &str) -> Result<Option<String>> {
    let bare = name.split([':', '.']).next().unwrap_or_default();
    if value.is_empty() {
        return Err(Error::invalid(format!("`{}` has no value; give one or leave the parameter out", shown(name))));
    }
    match name {
        "_format" | "_pretty" => return Ok(None),
        "_page" => {
            once(name, search.page.is_some())?;
            search.page = Some(value.to_owned());
            return Ok(None);
        }
        "_count" => {
            once(name, search.count.is_some())?;
            let count = count(value)?;
            search.count = Some(count);
            return Ok(Some(count.to_string()));
        }
        "_summary" => {
            once(name, search.summary != Summary::False)?;
            search.summary = summary(value)?;
        }
        "_total" => {
            once(name, search.total != Total::None)?;
            search.total = total(value)?;
        }
        "_elements" => elements(context, search, value)?,
        "_sort" => sort(context, search, value)?,
        "_explain" => search.explain = flag(name, value)?,
        _ if matches!(bare, "_include" | "_revinclude") => include(context, search, name, value)?,
        _ if matches!(bare, "_sort" | "_count" | "_summary" | "_elements" | "_total" | "_explain") => {
            let text = format!("`{}` is not supported; use `{bare}` without a modifier", shown(name));
            return Err(Error::unsupported(text));
        }
        _ => {
            if search.criteria.len() >= CRITERIA_MAX {
                let text = format!("the search has more than {CRITERIA_MAX} criteria; leave some out");
                return Err(Error::too_costly(text));
            }
            search.criteria.push(criterion(context, search.type_, name, value, 0)?);
        }
    }
    Ok(Some(value.to_owned()))
}

fn once(name: &str, seen: bool) -> Result<()> {
    if seen { Err(Error::invalid(format!("`{name}` is given more than once; give it once"))) } else { Ok(()) }
}

fn flag(name: &str, value: &str) -> Result<bool> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::invalid(format!("`{name}={}` must be `true` or `false`", shown(value)))),
    }
}

fn count(value: &str) -> Result<usize> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(Error::invalid(format!("`_count={}` is no whole number such as `20`", shown(value))));
    }
    // A number too long to be read is larger than the largest page in any case.
    Ok(value.parse().unwrap_or(PAGE_ENTRIES_MAX).min(PAGE_ENTRIES_MAX))
}

fn summary(value: &str) -> Result<Summary> {
    Ok(match value {
        "false" => Summary::False,
        "true" => Summary::True,
        "text" => Summary::Text,
        "data" => Summary::Data,
        "count" => Summary::Count,
        _ => {
            let text = format!("`_summary={}` is not known; use true, text, data, count or false", shown(value));
            return Err(Error::invalid(text));
        }
    })
}

fn total(value: &str) -> Result<Total> {
    Ok(match value {
        "none" => Total::None,
        "estimate" => Total::Estimate,
        "accurate" => Total::Accurate,
        _ => {
            let text = format!("`_total={}` is not known; use none, estimate or accurate", shown(value));
            return Err(Error::invalid(text));
        }
    })
}

fn elements(context: &Context<'_>, search: &mut Search, value: &str) -> Result<()> {
    let shape = context.definitions.shape_of(search.type_);
    let type_name = context.definitions.type_name(search.type_);
    let mut names = Vec::new();
    for name in value.split(',') {
        if shape.element(name).is_none() {
            let near = did_you_mean(name, shape.elements.iter().map(|element| element.name));
            let text = format!("`_elements`: {type_name} has no element `{}`{near}", shown(name));
            return Err(Error::unsupported(text));
        }
        if !search.elements.iter().chain(&names).any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    search.elements.append(&mut names);
    Ok(())
}

fn sort(context: &Context<'_>, search: &mut Search, value: &str) -> Result<()> {
    let mut all = Vec::new();
    for key in value.split(',') {
        let (descending, name) = key.strip_prefix('-').map_or((false, key), |name| (true, name));
        let by = match name {
            "_id" => SortBy::Id,
            "_lastUpdated" => SortBy::LastUpdated,
            _ => {
                let param = context.param(search.type_, name)?;
                let param = param.ok_or_else(|| unknown_param(context.definitions, search.type_, name))?;
                if !param.has_paths() {
                    let text = format!("`_sort`: `{name}` has no one value to sort by; name another parameter");
                    return Err(Error::unsupported(text));
                }
                // A part of a name says nothing of the name's place.
                let paths = param.paths.iter().map(|path| path.path);
                SortBy::Paths(paths.filter(|path| !context.definitions.path(*path).key.ends_with("#parts")).collect())
            }
        };
        all.push(Sort { by, descending, param: name.to_owned() });
    }
    if search.sort.len() + all.len() > CRITERIA_MAX {
        return Err(Error::too_costly(format!("`_sort` has more than {CRITERIA_MAX} keys; leave some out")));
    }
    search.sort.append(&mut all);
    Ok(())
}
