//! One criterion, ready to run: ranges of index tables that it can drive by, a filter in SQL, and a check of the rest.

use super::check::Check;
use super::dates;
use super::probe::{APART_TABLE, Likely, Order, Source};
use super::sql::Sql;
use fhir::definitions::PathId;
use fhir::search::Match;

#[derive(Default)]
pub struct Part {
    /// As the caller wrote it.
    pub param: String,
    /// Empty where no index can drive by it.
    pub sources: Vec<Source>,
    /// Rows found by the sources match without another look.
    pub sources_exact: bool,
    /// Holds for every resource that matches.
    pub filter: Option<Sql>,
    /// … and for no other.
    pub filter_exact: bool,
    /// … but for odd rows, which the filter lets through.
    pub odd: bool,
    /// Where the main dates (seconds) of matches lie, but for rows apart.
    pub window: Option<(i64, i64)>,
    /// The exact answer.
    pub check: Check,
    /// The matches whose values the sources hold, where a resource may have several of them.
    pub values: Vec<Match>,
    /// The paths of which the sources hold every value.
    pub paths: Vec<PathId>,
    /// The sources are those of several alternatives, which may find the same resource.
    pub several: bool,
    /// What the explanation says of it beside its parameter.
    pub note: Option<String>,
}

impl Part {
    /// The one order of all sources; none where they differ.
    pub fn order(&self) -> Option<Order> {
        let first = self.sources.first()?.order;
        self.sources.iter().all(|source| source.order == first).then_some(first)
    }

    /// A criterion that only the body answers.
    pub fn checked(check: Check) -> Part {
        Part { check, ..Part::default() }
    }

    /// A criterion that a condition on the row answers.
    pub fn filtered(filter: Sql) -> Part {
        let check = Check::Row(filter.clone());
        Part { filter: Some(filter), filter_exact: true, check, ..Part::default() }
    }

    pub fn nothing() -> Part {
        Part::filtered(Sql::new("0"))
    }

    /// Whether it says nothing that another part does not say.
    pub fn is_trivial(&self) -> bool {
        self.sources.is_empty() && self.filter.is_none() && self.filter_exact
    }

    /// Whether it is known that nothing matches.
    pub fn is_nothing(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.text == "0")
    }

    /// All of several hold: the one with the fewest likely rows gives candidates.
    pub fn all(parts: Vec<Part>) -> Part {
        if parts.iter().any(Part::is_nothing) {
            return Part::nothing();
        }
        let filters: Vec<Sql> = parts.iter().filter_map(|part| part.filter.clone()).collect();
        let best = parts.iter().filter(|part| !part.sources.is_empty());
        let best = best.min_by_key(|part| (part.sources[0].likely, part.sources.len()));
        let window = parts.iter().filter_map(|part| part.window).reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)));
        Part {
            sources: best.map(|part| part.sources.clone()).unwrap_or_default(),
            values: best.map(|part| part.values.clone()).unwrap_or_default(),
            paths: best.map(|part| part.paths.clone()).unwrap_or_default(),
            several: best.is_some_and(|part| part.several),
            sources_exact: parts.len() == 1 && parts[0].sources_exact,
            filter: (!filters.is_empty()).then(|| Sql::joined(&filters, " AND ")),
            filter_exact: parts.iter().all(|part| part.filter_exact),
            odd: parts.iter().any(|part| part.odd),
            window,
            check: Check::All(parts.into_iter().map(|part| part.check).collect()),
            ..Part::default()
        }
    }

    /// At least one of several holds.
    pub fn either(mut parts: Vec<Part>) -> Part {
        parts.retain(|part| !part.is_nothing());
        if parts.is_empty() {
            return Part::nothing();
        }
        let filtered = parts.iter().all(|part| part.filter.is_some());
        let filters: Vec<Sql> = parts.iter().filter_map(|part| part.filter.clone()).collect();
        let driving = parts.iter().all(|part| !part.sources.is_empty());
        let windows: Option<Vec<(i64, i64)>> = parts.iter().map(|part| part.window).collect();
        Part {
            sources: match driving {
                true => parts.iter().flat_map(|part| part.sources.clone()).collect(),
                false => Vec::new(),
            },
            sources_exact: parts.iter().all(|part| part.sources_exact),
            filter: filtered.then(|| Sql::joined(&filters, " OR ")),
            filter_exact: filtered && parts.iter().all(|part| part.filter_exact),
            odd: parts.iter().any(|part| part.odd),
            several: parts.len() > 1 || parts.iter().any(|part| part.several),
            window: windows.and_then(|all| all.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))),
            values: parts.iter_mut().flat_map(|part| std::mem::take(&mut part.values)).collect(),
            paths: parts.iter_mut().flat_map(|part| std::mem::take(&mut part.paths)).collect(),
            check: Check::Either(parts.into_iter().map(|part| part.check).collect()),
            ..Part::default()
        }
    }

    /// It does not hold.
    pub fn not(part: Part) -> Part {
        let check = Check::Not(Box::new(part.check));
        let Some(filter) = part.filter.filter(|_| part.filter_exact) else { return Part::checked(check) };
        // What a filter lets through as odd it must still let through when it is turned round.
        let mut turned = Sql::new(if part.odd { "(r.present_more < 0 OR NOT " } else { "(NOT " });
        turned.append(&filter);
        turned.push(")");
        Part { filter: Some(turned), filter_exact: true, odd: part.odd, check, ..Part::default() }
    }

    /// The condition of the index of rows apart, for a source of its own.
    pub fn apart(type_: i64, also: Option<Sql>) -> Source {
        let condition = Sql::new(format!("t.type = ? AND t.{}", dates::APART)).bind(type_);
        Source { order: Order::Date, table: APART_TABLE, condition, likely: Likely::Code, also }
    }
}
