//! Whether an index path has one value at most in a resource, so that its index holds each resource once.

use fhir::definitions::{PathId, r4};

/// Types of elements that become one value each.
const SIMPLE: [&str; 12] = [
    "date",
    "dateTime",
    "instant",
    "Period",
    "code",
    "boolean",
    "Reference",
    "integer",
    "decimal",
    "Quantity",
    "uri",
    "canonical",
];

/// True where the path is a plain chain of elements that do not repeat; false where that is not known.
pub fn is_single(path: PathId) -> bool {
    let definitions = r4();
    if !definitions.is_standard(path) {
        return false;
    }
    let path = definitions.path(path);
    let mut names = path.key.split('.');
    let mut here = match names.next() {
        Some(name) if definitions.type_name(path.type_) == name => name.to_owned(),
        _ => return false,
    };
    let mut simple = false;
    for name in names {
        let Some(element) = definitions.element(&here, name) else { return false };
        if element.many {
            return false;
        }
        simple = element.types.iter().all(|one| SIMPLE.contains(&one.name));
        here = format!("{here}.{name}");
    }
    simple
}
