//! The reaction that keeps the directory's shelves: one row for each resource, in the batch that moves its cursor.

use super::read;
use super::rows::{
    AFFILIATION, AREA_ROWS, EQUIPMENT, INSTITUTION, POPULATION, POST, PRACTITIONER, PostRow, PractitionerRow, SERVICE,
    SITE, order,
};
use base::{Cx, Error, Result};
use fhir::{Element, r4};
use runtime::program::Env;
use runtime::reactions::Reaction;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use store::{Batch, Op, ShelfOp, Store, Stored};

pub const REACTION: Reaction = Reaction {
    name: "directory",
    types: &[
        "Organization",
        "Location",
        "HealthcareService",
        "PractitionerRole",
        "Practitioner",
        "OrganizationAffiliation",
        "Group",
        "Device",
    ],
    spaces: &[INSTITUTION, AREA_ROWS, SITE, SERVICE, AFFILIATION, POPULATION, POST, PRACTITIONER, EQUIPMENT],
    after: &[],
    rest: None,
    slice_entries_max: SLICE_ENTRIES_MAX,
    plan,
};

/// Many entries become few rows.
const SLICE_ENTRIES_MAX: usize = 1_000;

/// Between the parts of a sort key.
pub const DIVIDER: char = '\u{1f}';

fn plan(_: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let mut shelf = Shelf { store: &env.store, changed: HashMap::new(), order: Vec::new() };
    for stored in slice {
        let resource = match stored.op {
            Op::Delete => None,
            Op::Create | Op::Update => Some(stored.resource()?),
        };
        let root = resource.as_ref().map(|resource| resource.root());
        keep(&mut shelf, r4().type_name(stored.type_), &stored.id, root)?;
    }
    Ok(Batch { shelves: shelf.into_ops(), ..Batch::default() })
}

/// Keeps what one resource says; `root` is none where it was deleted.
fn keep(shelf: &mut Shelf<'_>, type_name: &str, id: &str, root: Option<Element<'_>>) -> Result<()> {
    match type_name {
        "Organization" => {
            shelf.put(INSTITUTION, id, String::new(), root.map(|root| read::institution(id, root)).as_ref())
        }
        "Location" => location(shelf, id, root),
        "HealthcareService" => shelf.put(SERVICE, id, String::new(), root.map(|root| read::service(id, root)).as_ref()),
        "OrganizationAffiliation" => {
            shelf.put(AFFILIATION, id, String::new(), root.map(|root| read::affiliation(id, root)).as_ref())
        }
        "Group" => {
            let row = root.and_then(|root| read::population(id, root));
            let sort = row.as_ref().map(|row| format!("{}{DIVIDER}{:04}", row.area, row.year));
            shelf.put(POPULATION, id, sort.unwrap_or_default(), row.as_ref())
        }
        "Device" => {
            let row = root.and_then(|root| read::equipment(id, root));
            let sort = row.as_ref().map(|row| sort_at(row.organization.as_deref(), &row.name));
            shelf.put(EQUIPMENT, id, sort.unwrap_or_default(), row.as_ref())
        }
        "PractitionerRole" => post(shelf, id, root),
        "Practitioner" => practitioner(shelf, id, root),
        _ => Ok(()),
    }
}

/// A Location is an area or a site, and may become the other.
fn location(shelf: &mut Shelf<'_>, id: &str, root: Option<Element<'_>>) -> Result<()> {
    let area = root.and_then(|root| read::area(id, root));
    let site = root.filter(|_| area.is_none()).map(|root| read::site(id, root));
    shelf.put(AREA_ROWS, id, String::new(), area.as_ref())?;
    shelf.put(SITE, id, String::new(), site.as_ref())
}

/// A post shows the name of its practitioner, whichever of the two came first.
fn post(shelf: &mut Shelf<'_>, id: &str, root: Option<Element<'_>>) -> Result<()> {
    let before: Option<PostRow> = shelf.get(POST, id)?;
    let row = root.map(|root| read::post(id, root));
    let (was, is) = (before.and_then(|row| row.practitioner), row.as_ref().and_then(|row| row.practitioner.clone()));
    if was != is {
        if let Some(practitioner) = &was {
            let mut held: PractitionerRow = shelf.get(PRACTITIONER, practitioner)?.unwrap_or_default();
            held.posts.retain(|post| post != id);
            let left = Some(&held).filter(|held| !held.posts.is_empty() || !held.name.is_empty());
            shelf.put(PRACTITIONER, practitioner, String::new(), left)?;
        }
        if let Some(practitioner) = &is {
            let mut held: PractitionerRow = shelf.get(PRACTITIONER, practitioner)?.unwrap_or_default();
            held.posts.push(id.to_owned());
            shelf.put(PRACTITIONER, practitioner, String::new(), Some(&held))?;
        }
    }
    let Some(mut row) = row else { return shelf.put::<PostRow>(POST, id, String::new(), None) };
    if let Some(practitioner) = &is {
        named(&mut row, &shelf.get(PRACTITIONER, practitioner)?.unwrap_or_default());
    }
    put_post(shelf, &row)
}

fn practitioner(shelf: &mut Shelf<'_>, id: &str, root: Option<Element<'_>>) -> Result<()> {
    let before: PractitionerRow = shelf.get(PRACTITIONER, id)?.unwrap_or_default();
    let said = root.map(read::practitioner).unwrap_or_default();
    let row = PractitionerRow { posts: before.posts.clone(), ..said };
    let shows_the_same = (&row.name, &row.keys, &row.gender) == (&before.name, &before.keys, &before.gender);
    let left = Some(&row).filter(|row| root.is_some() || !row.posts.is_empty());
    shelf.put(PRACTITIONER, id, String::new(), left)?;
    if shows_the_same {
        return Ok(());
    }
    for post in &row.posts {
        let Some(mut held) = shelf.get::<PostRow>(POST, post)? else { continue };
        named(&mut held, &row);
        put_post(shelf, &held)?;
    }
    Ok(())
}

fn named(post: &mut PostRow, practitioner: &PractitionerRow) {
    post.name = practitioner.name.clone();
    post.keys = practitioner.keys.clone();
    post.gender = practitioner.gender.clone();
}

fn put_post(shelf: &mut Shelf<'_>, row: &PostRow) -> Result<()> {
    shelf.put(POST, &row.id, sort_at(row.organization.as_deref(), &row.name), Some(row))
}

/// Rows of one institution stand together, in the order of their names.
fn sort_at(organization: Option<&str>, name: &str) -> String {
    format!("{}{DIVIDER}{}", organization.unwrap_or_default(), order(name))
}

/// The shelves as they will be once the slice is committed.
struct Shelf<'a> {
    store: &'a Store,
    changed: HashMap<(&'static str, String), Change>,
    /// The keys of `changed` in the order of their first change.
    order: Vec<(&'static str, String)>,
}

/// Sort key and document; none where the row goes.
type Change = Option<(String, Vec<u8>)>;

impl Shelf<'_> {
    fn get<T: DeserializeOwned>(&self, space: &'static str, key: &str) -> Result<Option<T>> {
        let doc = match self.changed.get(&(space, key.to_owned())) {
            Some(change) => change.as_ref().map(|(_, doc)| doc.clone()),
            None => self.store.row_read(space, key)?,
        };
        doc.map(|doc| read_row(&doc)).transpose()
    }

    /// Puts a row, or takes it away. What is there already, or is not there, costs no write.
    fn put<T: Serialize>(&mut self, space: &'static str, key: &str, sort: String, row: Option<&T>) -> Result<()> {
        let of = |row| serde_json::to_vec(row).map_err(|_| Error::fault("a row of the directory could not be written"));
        let doc = row.map(of).transpose()?;
        let at = (space, key.to_owned());
        let is_first = !self.changed.contains_key(&at);
        // A row's sort key follows from its document.
        if is_first && self.store.row_read(space, key)? == doc {
            return Ok(());
        }
        self.changed.insert(at.clone(), doc.map(|doc| (sort, doc)));
        if is_first {
            self.order.push(at);
        }
        Ok(())
    }

    fn into_ops(mut self) -> Vec<ShelfOp> {
        let mut ops = Vec::with_capacity(self.order.len());
        for (space, key) in self.order {
            let Some(change) = self.changed.remove(&(space, key.clone())) else { continue };
            let (sort, doc) = change.map_or((String::new(), None), |(sort, doc)| (sort, Some(doc)));
            ops.push(ShelfOp::Row { space: space.to_owned(), key, sort, doc });
        }
        ops
    }
}

/// Reads a row of a shelf.
pub fn read_row<T: DeserializeOwned>(doc: &[u8]) -> Result<T> {
    let wrong =
        |_| Error::fault("a row of the directory cannot be read; rebuild its shelves with `jingluo check rebuild`");
    serde_json::from_slice(doc).map_err(wrong)
}
