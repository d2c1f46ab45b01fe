//! One resident as a row: who it is, and the registrations that the reader may see.

use super::registration::Registration;
use base::zone::Zone;
use base::{Cx, Error, Kind, Result};
use fhir::{Resource, TypeId, r4};
use identity::Day;
use serde::Serialize;
use std::collections::HashMap;
use store::{Op, Store, Stored};

/// A resident, or a registration that stands alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The id of the Person; none for a registration without a valid identity number.
    pub person: Option<String>,
    pub name: String,
    pub pinyin: String,
    pub gender: Option<String>,
    pub birth_date: Option<String>,
    /// The identity number, masked.
    pub number: Option<String>,
    /// Newest first.
    pub registrations: Vec<RegistrationRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegistrationRow {
    /// The id of the Patient.
    pub patient: String,
    pub institution: Option<String>,
    pub institution_id: Option<String>,
    pub name: String,
    /// The number by which the institution knows the person.
    pub number: Option<String>,
}

/// The row of a Person, with every registration that the reader may see. The Person itself is not read: it tells of every
/// institution.
pub fn of_person(cx: &Cx, store: &Store, id: &str) -> Result<Row> {
    // Before anything is looked for: who sees no single resident is not told that there is one.
    access::sight_of_persons(cx)?;
    let mut rows = Rows::new(cx, store);
    let registrations = rows.registrations(&store.registrations_of(id)?)?;
    if registrations.is_empty() {
        // The same answer whether there is no Person or none of its registrations is in sight.
        return Err(Error::not_found(format!("there is no registration of `Person/{id}` that you may see")));
    }
    rows.row(Some(id.to_owned()), registrations)
}

/// The row of a registration: that of its Person, or its own if it stands alone.
pub fn of_patient(cx: &Cx, store: &Store, id: &str) -> Result<Row> {
    let patient = there(store.read(cx, type_named("Patient")?, id)?, "Patient", id)?;
    match store.persons_of(id)?.first() {
        Some(person) => of_person(cx, store, person),
        None => Rows::new(cx, store).row(None, vec![(patient.resource()?, patient)]),
    }
}

/// Makes rows, and reads each institution once.
pub struct Rows<'a> {
    cx: &'a Cx,
    store: &'a Store,
    pub today: Day,
    institutions: HashMap<String, Option<String>>,
}

impl<'a> Rows<'a> {
    pub fn new(cx: &'a Cx, store: &'a Store) -> Rows<'a> {
        let today = Zone::default().date_of(cx.now());
        Rows { cx, store, today, institutions: HashMap::new() }
    }

    /// Those of some registrations that the reader may see.
    pub fn registrations(&self, patients: &[String]) -> Result<Vec<(Resource, Stored)>> {
        let patient = type_named("Patient")?;
        let mut seen = Vec::new();
        for id in patients {
            if let Some(stored) = self.store.read(self.cx, patient, id)?.filter(|stored| stored.op != Op::Delete) {
                seen.push((stored.resource()?, stored));
            }
        }
        Ok(seen)
    }

    /// The row over some registrations, which must not be empty; the newest gives name, gender and birth date.
    pub fn row(&mut self, person: Option<String>, mut registrations: Vec<(Resource, Stored)>) -> Result<Row> {
        registrations.sort_by_key(|(_, stored)| std::cmp::Reverse(stored.position));
        let views: Vec<Registration> =
            registrations.iter().map(|(patient, _)| Registration::of(patient, self.today)).collect();
        let newest = views.first().cloned().unwrap_or_default();
        let number = views.iter().find_map(|view| view.number).map(|number| number.masked());
        let mut rows = Vec::with_capacity(views.len());
        for (view, (_, stored)) in views.into_iter().zip(&registrations) {
            rows.push(self.registration(view, stored.id.clone())?);
        }
        let Registration { name, pinyin, gender, birth_date, .. } = newest;
        Ok(Row { person, name, pinyin, gender, birth_date, number, registrations: rows })
    }

    fn registration(&mut self, view: Registration, patient: String) -> Result<RegistrationRow> {
        let named = match &view.institution {
            Some(id) => self.institution(id)?,
            None => None,
        };
        let institution = named.or(view.institution_display);
        let (institution_id, name, number) = (view.institution, view.name, view.local_number);
        Ok(RegistrationRow { patient, institution, institution_id, name, number })
    }

    fn institution(&mut self, id: &str) -> Result<Option<String>> {
        if let Some(known) = self.institutions.get(id) {
            return Ok(known.clone());
        }
        let stored = self.store.read(self.cx, type_named("Organization")?, id)?;
        let name = match stored.filter(|stored| stored.op != Op::Delete) {
            Some(stored) => {
                let organization = stored.resource()?;
                organization.root().get("name").and_then(|name| name.str()).map(|name| name.into_owned())
            }
            None => None,
        };
        self.institutions.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

pub fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| Error::fault(format!("the definitions have no type `{name}`")))
}

fn there(stored: Option<Stored>, type_name: &str, id: &str) -> Result<Stored> {
    match stored {
        None => Err(Error::not_found(format!("there is no `{type_name}/{id}` that you may see"))),
        Some(stored) if stored.op == Op::Delete => {
            Err(Error::new(Kind::Gone, format!("`{type_name}/{id}` has been deleted; its history is still there")))
        }
        Some(stored) => Ok(stored),
    }
}
