//! The index paths that a search reads.

use crate::definitions::PathId;
use crate::search::{Composite, Criterion, Search, SortBy, Test};

/// Calls `look` with every index path that a search reads and what the caller wrote there.
pub fn each_path(search: &Search, look: &mut dyn FnMut(&str, PathId)) {
    criteria(&search.criteria, look);
    for sort in &search.sort {
        if let SortBy::Paths(paths) = &sort.by {
            paths.iter().for_each(|path| look(&sort.param, *path));
        }
    }
    for include in &search.includes {
        let name = if include.reverse { "_revinclude" } else { "_include" };
        include.paths.iter().for_each(|path| look(name, *path));
    }
}

fn criteria(criteria: &[Criterion], look: &mut dyn FnMut(&str, PathId)) {
    criteria.iter().for_each(|criterion| test(&criterion.param, &criterion.test, look));
}

fn test(name: &str, of: &Test, look: &mut dyn FnMut(&str, PathId)) {
    match of {
        Test::Any(matches) | Test::None(matches) => matches.iter().for_each(|one| look(name, one.path)),
        Test::Missing { paths, .. } | Test::Terms { paths, .. } => paths.iter().for_each(|path| look(name, *path)),
        Test::Composite(Composite { any, .. }) => {
            any.iter().flatten().flatten().for_each(|one| look(name, one.path));
        }
        Test::Chain { paths, inner, .. } | Test::Has { paths, inner, .. } => {
            paths.iter().for_each(|path| look(name, *path));
            criteria(inner, look);
        }
        Test::Hierarchy { paths, parents, .. } => {
            paths.iter().chain(parents).for_each(|path| look(name, *path));
        }
        Test::All(tests) | Test::Either(tests) => tests.iter().for_each(|inner| test(name, inner, look)),
        Test::Not(inner) => test(name, inner, look),
        Test::Id(_) | Test::LastUpdated(_) | Test::Resident(_) | Test::List(_) | Test::Words { .. } | Test::Near(_) => {
        }
    }
}
