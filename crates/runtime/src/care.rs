//! Who takes part in the care of a resident: from a registration that the caller sees to the resident's registrations at
//! all institutions, each with the grade of its link.

use base::{Cx, Error, Kind, Result};
use fhir::definitions::{TypeId, r4};
use store::{Op, Store, Stored};

/// How sure it is that a registration belongs to the resident (`Person.link.assurance`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Good enough to be looked at by a person, for nothing else.
    Probable,
    /// Good enough to decide upon.
    Certain,
}

/// A registration of the resident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub patient: String,
    pub grade: Grade,
}

/// The care of one resident, as the caller takes part in it.
#[derive(Clone, Debug)]
pub struct Care {
    /// The caller, who sees all registrations of the resident by it. For this question only; do not keep it.
    pub cx: Cx,
    /// None where the registration is linked to nobody.
    pub person: Option<String>,
    /// The registration that the caller came with, first, then the others.
    pub registrations: Vec<Linked>,
}

impl Care {
    /// The registrations upon which may be decided: the caller's own one, and the certain ones where that is certain too.
    pub fn certain(&self) -> Vec<&str> {
        let own_is_certain = self.registrations.first().is_some_and(|own| own.grade == Grade::Certain);
        let counts = |nth: usize, linked: &Linked| nth == 0 || (own_is_certain && linked.grade == Grade::Certain);
        let certain = self.registrations.iter().enumerate().filter(|(nth, linked)| counts(*nth, linked));
        certain.map(|(_, linked)| linked.patient.as_str()).collect()
    }

    /// Registrations that may be the resident's, and upon which nothing may be decided.
    pub fn uncertain(&self) -> Vec<&str> {
        let certain = self.certain();
        let all = self.registrations.iter().map(|linked| linked.patient.as_str());
        all.filter(|patient| !certain.contains(patient)).collect()
    }
}

/// The care of the resident to whom this registration belongs. Not found where the caller does not see the registration.
/// A registration that several Persons claim is certain for none.
pub fn of_patient(cx: &Cx, store: &Store, patient: &str) -> Result<Care> {
    Ok(of_registration(cx, store, patient)?.1)
}

/// The same, with the registration that was read on the way.
pub fn of_registration(cx: &Cx, store: &Store, patient: &str) -> Result<(Stored, Care)> {
    let unseen = || Error::not_found(format!("there is no `Patient/{patient}` that this account may see"));
    let seen = match store.read(cx, type_named("Patient")?, patient) {
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => None,
        read => read?,
    };
    let stored = seen.filter(|stored| stored.op != Op::Delete).ok_or_else(unseen)?;
    let alone = |grade| Linked { patient: patient.to_owned(), grade };
    let mut persons = store.persons_of(patient)?;
    let (Some(person), true) = (persons.pop(), persons.is_empty()) else {
        let registrations = vec![alone(Grade::Probable)];
        return Ok((stored, Care { cx: cx.clone(), person: None, registrations }));
    };
    let wide = access::in_care_of(cx, &person);
    let mut registrations = links(&wide, store, &person)?;
    let contested = store.contested_of(&person)?;
    for other in registrations.iter_mut().filter(|other| contested.contains(&other.patient)) {
        other.grade = Grade::Probable;
    }
    let own = registrations.iter().position(|linked| linked.patient == patient);
    let own = own.map_or_else(|| alone(Grade::Probable), |at| registrations.remove(at));
    registrations.insert(0, own);
    Ok((stored, Care { cx: wide, person: Some(person), registrations }))
}

fn links(cx: &Cx, store: &Store, person: &str) -> Result<Vec<Linked>> {
    let Some(stored) = store.read(cx, type_named("Person")?, person)? else { return Ok(Vec::new()) };
    let resource = stored.resource()?;
    let Some(links) = resource.root().get("link") else { return Ok(Vec::new()) };
    let linked = links.items().filter_map(|link| {
        let target = link.get("target")?.get("reference")?.str()?;
        let patient = crate::residents::local_id(&target, "Patient")?;
        let assurance = link.get("assurance").and_then(|assurance| assurance.str());
        let certain = matches!(assurance.as_deref(), Some("level3" | "level4"));
        Some(Linked { patient, grade: if certain { Grade::Certain } else { Grade::Probable } })
    });
    Ok(linked.collect())
}

fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| Error::fault(format!("R4 has no type `{name}`")))
}
