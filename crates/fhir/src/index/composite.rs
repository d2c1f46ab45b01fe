//! Whether the parts of a composite parameter hold together in one place of a resource.

use super::matches::element_matches;
use crate::definitions::{Component, r4};
use crate::element::Element;
use crate::resource::Resource;
use crate::search::model::{Composite, Match};
use base::zone::Zone;

/// True if in some place of the resource all parts of one alternative hold.
pub fn composite_matches(resource: &Resource, wanted: &Composite, zone: &Zone) -> bool {
    let Some(param) = r4().param(wanted.type_, wanted.name).filter(|_| resource.type_id() == wanted.type_) else {
        return false;
    };
    param.roots.iter().enumerate().any(|(nth, root)| {
        let places: Vec<Element<'_>> = match *root {
            "" => vec![resource.root()],
            names => resource.root().path(names).collect(),
        };
        places.into_iter().any(|place| {
            let holds = |(component, matches): (&Component, &Vec<Match>)| {
                part_holds(resource, (nth, place), component, matches, zone)
            };
            wanted.any.iter().any(|parts| param.components.iter().zip(parts).all(holds))
        })
    })
}

fn part_holds(
    resource: &Resource,
    (root, place): (usize, Element<'_>),
    component: &Component,
    matches: &[Match],
    zone: &Zone,
) -> bool {
    component.programs.iter().any(|program| {
        let from = match program.root {
            None => resource.root(),
            Some(nth) if nth == root => place,
            Some(_) => return false,
        };
        let tests = || matches.iter().filter(|one| one.path == program.path).map(|one| &one.test);
        from.path(program.names).any(|element| element_matches(program.form, element, zone, &tests).0)
    })
}
