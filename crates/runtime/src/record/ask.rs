//! What a search asks for: where it looks, and one `Search` for each type that it looks at.
//! <https://hl7.org/fhir/R4/http.html#search>, <https://hl7.org/fhir/R4/compartmentdefinition.html>

use super::outcome::shortened;
use super::{Site, local_url, terms};
use base::limits::SEARCH_MATCHES_MAX;
use base::{Cx, Error, Issue, Kind, Result};
use fhir::custom::each_path;
use fhir::search::{Criterion, Handling, Match, Search, Test, ValueTest, parse_search_with};
use fhir::{Target, TypeId, r4};
use std::collections::HashSet;
use store::Store;

/// Where a search looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every type, or those that `_type` names.
    System,
    Type(TypeId),
    /// What lies in the compartment of one resource: of one type, or all of it.
    Compartment {
        type_: TypeId,
        id: String,
        of: Option<TypeId>,
    },
    /// What an operation of this path below the base shows.
    Operation(String),
}

/// A search ready to be carried out.
#[derive(Clone, Debug)]
pub struct Asked {
    pub scope: Scope,
    /// One a type; the first one's page, count, order and total hold for all.
    pub searches: Vec<Search>,
}

/// The name under which a search carries its compartment, so that a page link goes on in the same one only.
const COMPARTMENT: &str = "_compartment";

/// Reads the parameters of a search.
pub fn ask(
    cx: &Cx,
    store: &Store,
    site: &Site,
    scope: Scope,
    params: &[(String, String)],
    handling: Handling,
) -> Result<Asked> {
    let one = match &scope {
        Scope::Type(type_) => Some(*type_),
        Scope::Compartment { of, .. } => *of,
        Scope::System | Scope::Operation(_) => None,
    };
    let mut searches = match one {
        Some(type_) => vec![parse(cx, store, type_, params, handling, site)?],
        None => Several { cx, store, site, types: types(&scope, params)?, params }.searches(handling)?,
    };
    if let Scope::Compartment { type_, id, .. } = &scope {
        for search in &mut searches {
            search.criteria.insert(0, lies_in(*type_, id, search.type_));
            bind(search, &local_url(*type_, id));
        }
    }
    Ok(Asked { scope, searches })
}

/// The search of one type that these parameters ask for.
pub fn parse(
    cx: &Cx,
    store: &Store,
    type_: TypeId,
    params: &[(String, String)],
    handling: Handling,
    site: &Site,
) -> Result<Search> {
    let custom = &store.indexes().custom;
    let (zone, base_url) = (&site.zone, &site.base_url);
    let mut search = parse_search_with(custom, type_, params, handling, zone, base_url, cx.now())?;
    terms::resolve(cx, store, &mut search.criteria)?;
    Ok(search)
}

impl Scope {
    /// The path below the base, with its leading slash.
    pub fn path(&self) -> String {
        match self {
            Scope::System => String::new(),
            Scope::Operation(path) => path.clone(),
            Scope::Type(type_) => format!("/{}", r4().type_name(*type_)),
            Scope::Compartment { type_, id, of } => {
                format!("/{}/{}", local_url(*type_, id), of.map_or("*", |of| r4().type_name(of)))
            }
        }
    }
}

impl Asked {
    /// The search of one type.
    pub fn of(search: Search) -> Asked {
        Asked { scope: Scope::Type(search.type_), searches: vec![search] }
    }

    /// The search whose page, count, order, total and view hold for all.
    pub fn first(&self) -> &Search {
        &self.searches[0]
    }

    /// The parameters as they are carried out, for the links.
    pub fn as_run(&self) -> impl Iterator<Item = &(String, String)> {
        self.first().as_run.iter().filter(|(name, _)| name != COMPARTMENT)
    }
}

/// Binds the pages of a search to a place: a page link goes on there only.
pub fn bind(search: &mut Search, place: &str) {
    search.as_run.insert(0, (COMPARTMENT.to_owned(), place.to_owned()));
}

/// That a resource of type `of` lies in the compartment of this one.
pub fn lies_in(compartment: TypeId, id: &str, of: TypeId) -> Criterion {
    let target = Target::Local { type_: compartment, id: id.to_owned() };
    let names = r4().compartment_params(r4().type_name(compartment), of);
    let params = names.iter().filter_map(|name| r4().param(of, name));
    let paths = params.flat_map(|param| &param.paths);
    let paths = paths.filter(|path| path.target.is_none_or(|target| target == compartment));
    let mut seen = HashSet::new();
    let paths = paths.filter(|path| seen.insert(path.path));
    let any = paths.map(|path| Match { path: path.path, test: ValueTest::Reference(target.clone()) }).collect();
    let mut test = Test::Any(any);
    if of == compartment {
        // The owner lies in its own compartment.
        let itself = Test::Id(vec![id.to_owned()]);
        test =
            if matches!(&test, Test::Any(any) if any.is_empty()) { itself } else { Test::Either(vec![itself, test]) };
    }
    Criterion { param: local_url(compartment, id), test }
}

/// The types that a search over several looks at: those that `_type` names, else all that can be there.
fn types(scope: &Scope, params: &[(String, String)]) -> Result<Vec<TypeId>> {
    let mut named = params.iter().filter(|(name, _)| name == "_type").map(|(_, value)| value);
    let possible = |type_: TypeId| match scope {
        Scope::Compartment { type_: of, .. } => !r4().compartment_params(r4().type_name(*of), type_).is_empty(),
        _ => true,
    };
    let Some(list) = named.next() else {
        return Ok(r4().types().filter(|type_| possible(*type_)).collect());
    };
    if named.next().is_some() {
        return Err(at_type("`_type` is given more than once; name the types in one list, like `Patient,Observation`"));
    }
    let mut types = Vec::new();
    for name in list.split(',') {
        let type_ = r4().type_named(name).ok_or_else(|| {
            at_type(format!("there is no resource type `{name}`; names are written like `Patient,Observation`"))
        })?;
        if !possible(type_) {
            return Err(at_type(format!("a resource of type `{name}` never lies in this compartment; leave it out")));
        }
        if !types.contains(&type_) {
            types.push(type_);
        }
    }
    Ok(types)
}

fn at_type(text: impl Into<String>) -> Error {
    Error::invalid(shortened(text.into())).at("http._type")
}

/// A search over several types, each of which must have every parameter.
struct Several<'a> {
    cx: &'a Cx,
    store: &'a Store,
    site: &'a Site,
    types: Vec<TypeId>,
    params: &'a [(String, String)],
}

impl Several<'_> {
    fn searches(&self, handling: Handling) -> Result<Vec<Search>> {
        let mut left_out = HashSet::new();
        let mut searches = self.parsed(handling, &left_out)?;
        let warnings: Vec<Issue> = unique(searches.iter().flat_map(|search| search.warnings.iter().cloned()));
        if !warnings.is_empty() {
            // What one type does not have is left out for all of them.
            left_out = warnings.iter().filter_map(|issue| issue.at.clone()).collect();
            searches = self.parsed(handling, &left_out)?;
        }
        self.agree(&mut searches, warnings);
        Ok(searches)
    }

    fn parsed(&self, handling: Handling, left_out: &HashSet<String>) -> Result<Vec<Search>> {
        let mut spent = 0;
        let of = |(nth, type_): (usize, &TypeId)| {
            let mine = |(name, value): &&(String, String)| {
                name != "_type"
                    && !left_out.contains(&format!("http.{name}"))
                    && self.concerns(nth, *type_, name, value)
            };
            let params: Vec<(String, String)> = self.params.iter().filter(mine).cloned().collect();
            let search = parse(self.cx, self.store, *type_, &params, handling, self.site)?;
            // A list of values stands once in the request and once for each type in memory.
            each_path(&search, &mut |name, _| spent += usize::from(!matches!(name, "_include" | "_revinclude")));
            if spent > SEARCH_MATCHES_MAX {
                return Err(Error::too_costly(format!(
                    "over all types the search comes to more than {SEARCH_MATCHES_MAX} comparisons; name fewer types in `_type` or give fewer values"
                )));
            }
            Ok(search)
        };
        let searches: Result<Vec<Search>> = self.types.iter().enumerate().map(of).collect();
        searches.map_err(|mut error| {
            if let (Kind::Unsupported, Some(issue)) = (error.kind, error.issues.first_mut()) {
                issue.text.push_str("; each of the types searched must have the parameter, `_type` names them");
            }
            error
        })
    }

    /// Whether an include starts from (`_include`) or ends at (`_revinclude`) this type. One that concerns none of the
    /// types is given to the first, whose error tells.
    fn concerns(&self, nth: usize, type_: TypeId, name: &str, value: &str) -> bool {
        let concerned = |type_: TypeId| {
            let mut parts = value.split(':');
            let (source, param, target) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
            match name {
                "_include" => source == "*" || source == r4().type_name(type_),
                "_revinclude" => {
                    let ends = |param| {
                        let param = r4().type_named(source).and_then(|source| r4().param(source, param));
                        param.is_some_and(|param| param.targets.contains(&type_))
                    };
                    source == "*"
                        || param.is_some_and(|param| param == "*" || ends(param))
                            && target.is_none_or(|target| target == r4().type_name(type_))
                }
                _ => true,
            }
        };
        concerned(type_) || (nth == 0 && !self.types.iter().any(|&type_| concerned(type_)))
    }

    /// Every search tells the same parameters; the first one tells what was left out.
    fn agree(&self, searches: &mut [Search], warnings: Vec<Issue>) {
        let mut as_run = unique(searches.iter().flat_map(|search| search.as_run.iter().cloned()));
        let types = self.params.iter().find(|(name, _)| name == "_type").cloned();
        as_run.splice(0..0, types);
        // One page, so one list of what comes with it.
        let includes = unique(searches.iter().flat_map(|search| search.includes.iter().cloned()));
        for (nth, search) in searches.iter_mut().enumerate() {
            search.as_run.clone_from(&as_run);
            search.includes.clone_from(&includes);
            search.warnings = if nth == 0 { warnings.clone() } else { Vec::new() };
        }
    }
}

/// Each once, in their order.
fn unique<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}
