//! Creates a resource under an id of the server's choice, or finds the one that is there (conditional create).
//! <https://hl7.org/fhir/R4/http.html#create>

use super::conditional::{Matches, find, finds_nothing};
use super::{Change, Plan, Site, link};
use base::{Cx, Result};
use fhir::Resource;
use store::{Batch, Expect, Put, Store, Write};

/// Plans the create. `none_exist` is the search of `If-None-Exist`; `show` keeps the body for the answer.
/// An id in the resource is ignored, as the specification asks.
pub fn create(
    cx: &Cx,
    store: &Store,
    site: &Site,
    resource: &Resource,
    none_exist: Option<&str>,
    show: bool,
) -> Result<Plan> {
    access::may_write(cx)?;
    let type_ = resource.type_id();
    let mut guards = Vec::new();
    if let Some(query) = none_exist {
        match find(cx, store, site, type_, query)? {
            (_, Matches::One(stored)) => {
                return Ok(Plan { batch: Batch::default(), changes: vec![Change::Found(stored)] });
            }
            (search, Matches::None) => guards.push(finds_nothing(search)),
        }
    }
    let id = store.new_id(type_, link::owner(resource, site).as_deref())?;
    let resource = link::stored(resource, site);
    let body = show.then(|| resource.body());
    let put = Put { id, resource, expect: Expect::Absent, source: None };
    let batch = Batch { writes: vec![Write::Put(put)], guards, ..Batch::default() };
    Ok(Plan { batch, changes: vec![Change::Write { nth: 0, body }] })
}
