//! From a batch to what the writer carries out: ids become rows, resources become packed bodies and index rows,
//! an update becomes the difference to the version before. All of it happens on the caller's thread.

use crate::backend::Reading;
use crate::body::PlainBody;
use crate::ids::Rid;
use crate::index_rows::{IndexRows, Spot, keep_difference};
use crate::interner::NameKey;
use crate::model::{Batch, Expect, Guard, Put, ShelfOp, SourceKey, Write, WriteOutcome, Written};
use crate::reindex::Indexes;
use crate::shared::Shared;
use base::{Cx, Error, Millis, Result};
use fhir::Resource;
use fhir::definitions::{IndexPath, PathId, TypeId, r4};
use fhir::index::{Extract, Target, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A batch as the writer gets it.
pub struct Prepared {
    pub account: i64,
    pub role: base::Role,
    pub purpose: base::Purpose,
    pub at: Millis,
    pub names: Names,
    pub changes: Vec<Change>,
    /// Answers in the order of the batch's writes; those that are to be written are completed by the writer.
    pub written: Vec<Written>,
    pub guards: Vec<Guard>,
    pub shelves: Vec<ShelfOp>,
    pub bytes: usize,
    /// What the rows were made for; held until the batch is on the disk, so that a build begins after it.
    pub indexes: Arc<Indexes>,
}

/// New names that travel with the batch.
#[derive(Default)]
pub struct Names {
    pub terms: Vec<(i64, i64, String, String)>,
    pub texts: Vec<(i64, String)>,
    pub aliases: Vec<(TypeId, String, Rid)>,
    /// Every name above once.
    pub keys: HashMap<NameKey, i64>,
}

/// One version to be written.
pub struct Change {
    pub rid: Rid,
    pub type_: TypeId,
    /// Where its answer stands in `Prepared::written`.
    pub nth: usize,
    /// Kept only where the client made it.
    pub client_id: Option<String>,
    pub expect: Expect,
    /// The version that this one replaces.
    pub was: Option<Was>,
    /// None for a delete.
    pub packed: Option<Vec<u8>>,
    /// The same before it was packed.
    pub body: PlainBody,
    pub dictionary: i64,
    pub head: Head,
    pub add: IndexRows,
    pub drop: IndexRows,
    /// The registrations of a Person.
    pub links: Option<Vec<Rid>>,
    /// The source key and its home.
    pub source: Option<(String, u16)>,
}

impl Change {
    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        self.body.len() + self.packed.as_ref().map_or(0, Vec::len) + CHANGE_BYTES
    }
}

/// About what a change takes in memory beside its body: a dozen index rows.
const CHANGE_BYTES: usize = 1_024;

/// The current version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Was {
    pub position: i64,
    pub number: u32,
    pub deleted: bool,
    pub patient: Option<Rid>,
}

/// The columns of the resource row that come from the content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub patient: Option<Rid>,
    pub date: i64,
    pub present: i64,
    pub present_more: i64,
}

/// Longest period of each class in milliseconds: a search looks only that far before its start.
pub const CLASS_MILLIS_MAX: [i64; 4] = [86_400_000, 32 * 86_400_000, 366 * 86_400_000, i64::MAX];

/// The class of the `period` table: the path's number and how long the period is.
pub fn period_class(path: i64, start: Millis, end: Millis) -> i64 {
    let length = end.saturating_sub(start);
    let class = CLASS_MILLIS_MAX.iter().position(|&max| length <= max).unwrap_or(3);
    path * 4 + class as i64
}

/// An open side of a period as the index keeps it: the years 1 and 9999, so that sums never overflow.
pub fn bounded(at: Millis) -> Millis {
    at.clamp(-62_135_683_200_000, 253_402_387_200_000)
}

/// Prepares a batch. `reading` must see every commit up to now.
pub fn prepare(shared: &Shared, reading: &Reading<'_>, cx: &Cx, batch: Batch) -> Result<Prepared> {
    let mut out = Prepared {
        account: cx.who.account,
        role: cx.who.role,
        purpose: cx.purpose,
        at: cx.now(),
        names: Names::default(),
        changes: Vec::with_capacity(batch.writes.len()),
        written: Vec::with_capacity(batch.writes.len()),
        guards: batch.guards,
        shelves: batch.shelves,
        bytes: 0,
        indexes: shared.now.get(),
    };
    let indexes = out.indexes.clone();
    let mut changed = HashSet::with_capacity(batch.writes.len());
    for (nth, write) in batch.writes.into_iter().enumerate() {
        let mut step = Step { shared, reading, indexes: &indexes, names: &mut out.names, nth };
        let (change, written) = match write {
            Write::Put(put) => step.put(put)?,
            Write::Delete { type_, id, expect } => step.delete(type_, id, expect)?,
        };
        // What is the same as before is not the same as after an earlier change in this batch.
        let name = NameKey::alias(written.type_.0, &written.id);
        if changed.contains(&name) {
            let type_name = r4().type_name(written.type_);
            return Err(Error::invalid(format!(
                "`{type_name}/{}` is written twice in one request; send each resource once",
                written.id
            )));
        }
        if change.is_some() {
            changed.insert(name);
        }
        out.bytes += change.as_ref().map_or(0, Change::bytes);
        out.changes.extend(change);
        out.written.push(written);
    }
    Ok(out)
}

struct Step<'a> {
    shared: &'a Shared,
    reading: &'a Reading<'a>,
    indexes: &'a Indexes,
    names: &'a mut Names,
    nth: usize,
}

impl Step<'_> {
    fn put(&mut self, put: Put) -> Result<(Option<Change>, Written)> {
        let type_ = put.resource.type_id();
        let extract = self.extract(&put.resource);
        let home = self.home_of(type_, &put.id, &extract)?;
        let (rid, client_made) = self.row_of(type_, &put.id, home)?;
        let current = match !client_made && self.shared.fresh.take(rid.row()) {
            true => None,
            false => self.reading.current(self.shared, rid, type_, &put.id)?,
        };
        check_expect(type_, &put.id, put.expect, current.as_ref().map(|(was, _)| was))?;
        if current.is_none() && !client_made && rid.row() >= self.shared.rows_given() {
            return Err(Error::invalid(format!(
                "`{}` has the form of an id that this server makes but has not made; leave the id out or choose another",
                put.id
            )));
        }
        let split = put.resource.body();
        let body = PlainBody::new(&split.meta, &split.rest);
        let mut written = Written { type_, id: put.id, version: 0, updated: 0, outcome: WriteOutcome::Unchanged };
        if let Some((was, old)) = &current
            && !was.deleted
            && old.body.bytes() == body.bytes()
        {
            (written.version, written.updated) = (was.number, old.updated);
            return Ok((None, written));
        }
        let (head, mut add, links) = self.rows_of(rid, type_, &extract)?;
        let mut drop = match &current {
            Some((was, old)) if !was.deleted => self.old_rows(rid, type_, &old.resource()?)?,
            _ => IndexRows::default(),
        };
        keep_difference(&mut add, &mut drop);
        self.add_unfinished(&mut add, Spot::new(rid, head.date, head.patient), &put.resource)?;
        let was = current.map(|(was, _)| was);
        written.outcome = match &was {
            Some(was) if !was.deleted => WriteOutcome::Updated,
            _ => WriteOutcome::Created,
        };
        let change = Change {
            rid,
            type_,
            nth: self.nth,
            client_id: client_made.then(|| written.id.clone()),
            expect: put.expect,
            was,
            packed: Some(self.shared.packer.pack(&body)?),
            body,
            dictionary: self.shared.packer.dictionary(),
            head,
            add,
            drop,
            links,
            source: put.source.as_ref().map(|key| self.shared.source_key(key)),
        };
        Ok((Some(change), written))
    }

    fn delete(&mut self, type_: TypeId, id: String, expect: Expect) -> Result<(Option<Change>, Written)> {
        let mut written = Written { type_, id, version: 0, updated: 0, outcome: WriteOutcome::AlreadyDeleted };
        let rid = self.reading.row_named(self.shared, type_, &written.id)?;
        let current = match rid {
            Some(rid) => self.reading.current(self.shared, rid, type_, &written.id)?,
            None => None,
        };
        check_expect(type_, &written.id, expect, current.as_ref().map(|(was, _)| was))?;
        let (Some(rid), Some((was, old))) = (rid, current) else { return Ok((None, written)) };
        if was.deleted {
            (written.version, written.updated) = (was.number, old.updated);
            return Ok((None, written));
        }
        written.outcome = WriteOutcome::Deleted;
        let drop = self.old_rows(rid, type_, &old.resource()?)?;
        let client_id = self.shared.ids.rid(&written.id, type_).is_none().then(|| written.id.clone());
        let head = Head { patient: was.patient, ..Head::default() };
        let links = (type_ == self.shared.person).then(Vec::new);
        let change = Change {
            rid,
            type_,
            nth: self.nth,
            client_id,
            expect,
            was: Some(was),
            packed: None,
            body: PlainBody::default(),
            dictionary: 0,
            head,
            add: IndexRows::default(),
            drop,
            links,
            source: None,
        };
        Ok((Some(change), written))
    }

    /// The home of a resource if it is new: a Patient's and a Location's from its id; in a compartment that of its first
    /// patient; that of a Schedule's Location; that of a Slot's Schedule; 0 for all else.
    fn home_of(&self, type_: TypeId, id: &str, extract: &Extract) -> Result<u16> {
        let shared = self.shared;
        if type_ == shared.patient || type_ == shared.location {
            return Ok(shared.ids.home_of_id(id, type_));
        }
        if let Some(Target::Local { type_, id }) = extract.patients.first()
            && *type_ == shared.patient
        {
            return Ok(shared.ids.home_of_id(id, *type_));
        }
        let Some(owner) = owner_of(type_) else { return Ok(0) };
        let found = extract.values.iter().find_map(|found| match &found.value {
            Value::Reference(Target::Local { type_, id }) if *type_ == owner => Some(id),
            _ => None,
        });
        found.map_or(Ok(0), |id| shared.home_of_owner(self.reading, owner, id))
    }

    /// The row of an id and whether the client made the id.
    fn row_of(&mut self, type_: TypeId, id: &str, home: u16) -> Result<(Rid, bool)> {
        if let Some(rid) = self.shared.ids.rid(id, type_) {
            return Ok((rid, false));
        }
        let key = NameKey::alias(type_.0, id);
        let find = || Ok(self.reading.alias(type_, id)?.map(|rid| rid.0));
        let named = self.shared.interner.name(key, find, || Rid::new(self.shared.next_row(type_), home).0)?;
        let rid = Rid(named.number);
        if named.pending && self.names.keys.insert(key, named.number).is_none() {
            self.names.aliases.push((type_, id.to_owned(), rid));
        }
        Ok((rid, true))
    }

    fn old_rows(&mut self, rid: Rid, type_: TypeId, old: &Resource) -> Result<IndexRows> {
        let extract = self.extract(old);
        Ok(self.rows_of(rid, type_, &extract)?.1)
    }

    fn extract(&self, resource: &Resource) -> Extract {
        let mut extract = fhir::index::extract(resource, &self.shared.zone);
        let custom = self.indexes.written(resource.type_id());
        if !custom.is_empty() {
            extract.values.extend(fhir::index::extract_paths(resource, custom, &self.shared.zone));
        }
        extract
    }

    /// The version before may have no rows yet under a path that is being built, so what both have must be written, too.
    fn add_unfinished(&mut self, add: &mut IndexRows, spot: Spot, resource: &Resource) -> Result<()> {
        let unfinished = self.indexes.unfinished(resource.type_id());
        if !unfinished.is_empty() {
            for value in fhir::index::extract_paths(resource, unfinished, &self.shared.zone) {
                self.row(add, spot, r4().path(value.path), &value.value)?;
            }
            add.sort();
        }
        Ok(())
    }

    fn rows_of(&mut self, rid: Rid, type_: TypeId, extract: &Extract) -> Result<(Head, IndexRows, Option<Vec<Rid>>)> {
        let mut links = Vec::new();
        for target in &extract.patients {
            if let Target::Local { type_, id } = target
                && *type_ == self.shared.patient
            {
                links.push(self.row_of(*type_, id, self.shared.ids.home_of_id(id, *type_))?.0);
            }
        }
        let patient = if type_ == self.shared.patient { Some(rid) } else { links.first().copied() };
        let date = extract.main_date.map_or(0, |at| bounded(at).div_euclid(1_000));
        let mut head = Head { patient, date, present: 0, present_more: 0 };
        let (mut rows, spot) = (IndexRows::default(), Spot::new(rid, date, patient));
        // Terms below 1,000 are the types themselves: (type, main date, rid) lists every current resource of a type.
        rows.token.push(spot.token(i64::from(type_.0)));
        for value in &extract.values {
            let path = r4().path(value.path);
            mark_present(&mut head, self.shared.path_ordinal(path.id));
            self.row(&mut rows, spot, path, &value.value)?;
        }
        head.present_more |= apart(type_, date, extract);
        rows.sort();
        Ok((head, rows, (type_ == self.shared.person).then_some(links)))
    }

    fn row(&mut self, rows: &mut IndexRows, spot: Spot, path: &IndexPath, value: &Value) -> Result<()> {
        let Spot { rid, date, .. } = spot;
        let number = match self.indexes.number(path.id) {
            Some(number) => number,
            None => self.shared.path_number(path.id),
        };
        match value {
            Value::Token { system, code, texts } => {
                let term = match (code.is_empty(), texts.first()) {
                    (true, Some(text)) if system.is_empty() => self.term(number, "", &format!("\u{1}{text}"))?,
                    _ => self.term(number, code, system)?,
                };
                for text in texts {
                    self.term_text(term, text)?;
                }
                rows.token.push(spot.token(term));
            }
            Value::Uri { uri, version } => rows.token.push(spot.token(self.term(number, uri, version)?)),
            Value::Identifier { system, value } => {
                let system = if system.is_empty() { 0 } else { self.term(0, system, "")? };
                rows.text.push((number, value.clone(), system, rid.0));
            }
            Value::Text(text) => rows.text.push((number, text.clone(), 0, rid.0)),
            Value::Reference(target) => {
                let target = self.target(rid, target)?;
                rows.reference.push((number, target, date, rid.0));
            }
            Value::Date { start, end } => {
                let (start, end) = (bounded(*start), bounded(*end));
                rows.period.push((period_class(number, start, end), start, end - start, rid.0));
            }
            Value::Number { low, high } => rows.number.push((number, *low, *high, 0, rid.0)),
            Value::Quantity { low, high, system, code, unit } => {
                let unit = match system.is_empty() && code.is_empty() && unit.is_empty() {
                    true => 0,
                    false => self.term(-1, &format!("{code}\u{1}{unit}"), system)?,
                };
                rows.number.push((number, *low, *high, unit, rid.0));
            }
        }
        Ok(())
    }

    fn target(&mut self, from: Rid, target: &Target) -> Result<i64> {
        match target {
            Target::Local { type_, id } => {
                let home = if *type_ == self.shared.patient || *type_ == self.shared.location {
                    self.shared.ids.home_of_id(id, *type_)
                } else if owner_of(*type_).is_some() || r4().in_patient_compartment(*type_) {
                    from.home()
                } else {
                    0
                };
                Ok(self.row_of(*type_, id, home)?.0.0)
            }
            Target::Url(url) => Ok(-self.term(0, url, "")?),
        }
    }

    fn term(&mut self, path: i64, code: &str, system: &str) -> Result<i64> {
        let key = NameKey::term(path, code, system);
        let find = || self.reading.term(path, code, system);
        let named = self.shared.interner.name(key, find, || self.shared.next_term())?;
        if named.pending && self.names.keys.insert(key, named.number).is_none() {
            self.names.terms.push((named.number, path, code.to_owned(), system.to_owned()));
        }
        Ok(named.number)
    }

    fn term_text(&mut self, term: i64, text: &str) -> Result<()> {
        let key = NameKey::text(term, text);
        let find = || Ok(self.reading.term_text(term, text)?.then_some(1));
        let named = self.shared.interner.name(key, find, || 1)?;
        if named.pending && self.names.keys.insert(key, 1).is_none() {
            self.names.texts.push((term, text.to_owned()));
        }
        Ok(())
    }
}

/// The index rows that a stored resource should have, without those of paths that are being built if `whole_only`.
/// Names it takes in passing are committed ones.
pub fn rows_for_check(
    shared: &Shared,
    reading: &Reading<'_>,
    indexes: &Indexes,
    whole_only: bool,
    rid: Rid,
    resource: &Resource,
) -> Result<IndexRows> {
    let mut names = Names::default();
    let mut step = Step { shared, reading, indexes, names: &mut names, nth: 0 };
    let mut extract = step.extract(resource);
    if whole_only {
        let unfinished = indexes.unfinished(resource.type_id());
        extract.values.retain(|value| !unfinished.contains(&value.path));
    }
    Ok(step.rows_of(rid, resource.type_id(), &extract)?.1)
}

/// The index rows of some paths of a stored resource, and the bits that they set, for an index that is being built.
pub fn rows_under(
    shared: &Shared,
    reading: &Reading<'_>,
    indexes: &Indexes,
    names: &mut Names,
    spot: Spot,
    resource: &Resource,
    paths: &[PathId],
) -> Result<(IndexRows, Head)> {
    let mut step = Step { shared, reading, indexes, names, nth: 0 };
    let (mut rows, mut head) = (IndexRows::default(), Head::default());
    for value in fhir::index::extract_paths(resource, paths, &shared.zone) {
        mark_present(&mut head, shared.path_ordinal(value.path));
        step.row(&mut rows, spot, r4().path(value.path), &value.value)?;
    }
    rows.sort();
    Ok((rows, head))
}

/// How a main date fails to tell the periods under its path: odd where it is not the start of the only one (a period with
/// an open start or one that ends before it starts, a timing with several), wide where that one is long.
fn apart(type_: TypeId, date: i64, extract: &Extract) -> i64 {
    let Some(main) = r4().main_date_path(type_) else { return 0 };
    let mut periods = extract.values.iter().filter(|found| found.path == main).filter_map(|found| match found.value {
        Value::Date { start, end } => Some((bounded(start), bounded(end))),
        _ => None,
    });
    let (first, more) = (periods.next(), periods.next().is_some());
    match first {
        Some((start, end)) if more || start.div_euclid(1_000) != date || end <= start => Head::ODD,
        Some((start, end)) if end - start > CLASS_MILLIS_MAX[1] => Head::WIDE,
        _ => 0,
    }
}

impl Head {
    /// The sign of `present_more`: the main date alone does not find the resource's periods.
    pub const ODD: i64 = i64::MIN;
    /// A bit of `present_more`: the one period is longer than a search looks back along the main date.
    pub const WIDE: i64 = 1 << 62;
}

fn mark_present(head: &mut Head, ordinal: u16) {
    match ordinal {
        nth @ 0..=61 => head.present |= 1 << nth,
        nth @ 62..=123 => head.present_more |= 1 << (nth - 62),
        // The definitions hold no type with so many paths (a test there); search asks the body for them.
        _ => {}
    }
}

/// The type whose home a type takes, where that is not the patient's: a Schedule its Location's, a Slot its Schedule's.
pub fn owner_of(type_: TypeId) -> Option<TypeId> {
    match r4().type_name(type_) {
        "Schedule" => r4().type_named("Location"),
        "Slot" => r4().type_named("Schedule"),
        _ => None,
    }
}

/// A source key as one text; the separator cannot occur in FHIR strings.
pub fn source_text(key: &SourceKey) -> String {
    [key.institution.as_str(), &key.system, &key.number, &key.part].join("\u{1f}")
}

fn check_expect(type_: TypeId, id: &str, expect: Expect, was: Option<&Was>) -> Result<()> {
    let name = r4().type_name(type_);
    let there = was.filter(|was| !was.deleted);
    match (expect, there) {
        (Expect::Any, _) | (Expect::Present, Some(_)) | (Expect::Absent, None) => Ok(()),
        (Expect::Absent, Some(_)) => {
            Err(Error::conflict(format!("`{name}/{id}` is there already; read it and update it")))
        }
        (Expect::Present, None) => Err(Error::not_found(format!("there is no `{name}/{id}`"))),
        (Expect::Version(asked), Some(was)) if was.number == asked => Ok(()),
        (Expect::Version(asked), Some(was)) => Err(Error::precondition(format!(
            "`{name}/{id}` is at version {} and not at {asked}; read it, merge your change and send it again",
            was.number
        ))),
        (Expect::Version(asked), None) => Err(Error::precondition(format!(
            "`{name}/{id}` is not there, so it has no version {asked}; leave If-Match out to create it"
        ))),
    }
}
