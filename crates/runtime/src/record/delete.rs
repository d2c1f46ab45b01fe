//! Deletes a resource, named by its id or by a condition that means one. Its versions stay in the history.
//! <https://hl7.org/fhir/R4/http.html#delete>

use super::conditional::{Matches, find, finds_only};
use super::update::expectation;
use super::{Change, Plan, Precondition, Site};
use base::{Cx, Result};
use fhir::TypeId;
use store::{Batch, Expect, Guard, Store, Write};

/// Plans the delete of the resource at a URL; what is not there stays away.
pub fn delete(cx: &Cx, store: &Store, type_: TypeId, id: &str, precondition: Precondition) -> Result<Plan> {
    access::may_write(cx)?;
    let expect = expectation(cx, store, type_, id, precondition)?;
    Ok(plan(type_, id.to_owned(), expect, Vec::new()))
}

/// Plans the delete of the one resource that a condition means; nothing is deleted where it means none.
pub fn conditional_delete(
    cx: &Cx,
    store: &Store,
    site: &Site,
    (type_, query): (TypeId, &str),
    precondition: Precondition,
) -> Result<Plan> {
    access::may_write(cx)?;
    match find(cx, store, site, type_, query)? {
        (_, Matches::None) => Ok(Plan { batch: Batch::default(), changes: vec![Change::Nothing] }),
        (search, Matches::One(stored)) => {
            let expect = expectation(cx, store, type_, &stored.id, precondition)?;
            let guard = finds_only(search, &stored.id);
            Ok(plan(type_, stored.id, expect, vec![guard]))
        }
    }
}

fn plan(type_: TypeId, id: String, expect: Expect, guards: Vec<Guard>) -> Plan {
    let write = Write::Delete { type_, id, expect };
    let batch = Batch { writes: vec![write], guards, ..Batch::default() };
    Plan { batch, changes: vec![Change::Write { nth: 0, body: None }] }
}
