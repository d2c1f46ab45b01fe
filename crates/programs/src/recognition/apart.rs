//! Links undone: a result was shown because its registration was certainly the resident's, and later it is not any more. Its
//! Person may have let it go, may hold it by a lower grade, or another Person may claim it too.

use super::alert::AlertRow;
use super::follow::{SHOWING_MILLIS, type_named};
use base::{Cx, Millis, Result};
use fhir::definitions::r4;
use runtime::program::Env;
use runtime::residents::local_id;
use std::collections::{BTreeMap, BTreeSet};
use store::{Op, Stored};

/// Versions of a Person that are looked at for the one by which a result was shown.
const VERSIONS_MAX: usize = 200;

/// Persons that may have told that two registrations are one resident's, by registration.
pub type Doubtful = BTreeMap<String, BTreeSet<String>>;

/// The version of a Person since which a result is no longer certainly the patient's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// `Person/12`
    pub reference: String,
    pub version: u32,
    pub at: Millis,
}

/// Registrations of a Person, and whether each is certain.
pub fn links(person: &Stored) -> Result<BTreeMap<String, bool>> {
    if person.op == Op::Delete {
        return Ok(BTreeMap::new());
    }
    let resource = person.resource()?;
    let linked = resource.root().path("link").filter_map(|link| {
        let patient = local_id(&link.get("target")?.get("reference")?.str()?, "Patient")?;
        let assurance = link.get("assurance").and_then(|assurance| assurance.str());
        Some((patient, matches!(assurance.as_deref(), Some("level3" | "level4"))))
    });
    Ok(linked.collect())
}

/// The registrations that a slice of the feed may have parted: all that stood beside one that a Person let go, or holds
/// by a lower grade, or that a second Person claims.
pub fn doubtful_in(env: &Env, slice: &[Stored]) -> Result<Doubtful> {
    let persons: Vec<Stored> = slice.iter().filter(|entry| r4().type_name(entry.type_) == "Person").cloned().collect();
    let mut doubtful = Doubtful::new();
    for (entry, before) in persons.iter().zip(env.store.replaced(&persons)?) {
        let was = before.as_ref().map(links).transpose()?.unwrap_or_default();
        let is = links(entry)?;
        let mut parted: BTreeSet<String> = BTreeSet::new();
        if was.iter().any(|(patient, certain)| *certain && is.get(patient) != Some(&true)) {
            parted.extend(was.keys().chain(is.keys()).cloned());
        }
        for patient in is.keys().filter(|patient| !was.contains_key(*patient)) {
            let claimed_by = env.store.persons_of(patient)?;
            if claimed_by.len() > 1 {
                for person in claimed_by {
                    parted.extend(env.store.registrations_of(&person)?);
                }
            }
        }
        for patient in parted {
            doubtful.entry(patient).or_default().insert(entry.id.clone());
        }
    }
    Ok(doubtful)
}

/// Since when the results that a card rests on are not certainly its patient's any more; none where they are, or were not
/// when it was shown. `persons` are looked at beside those that claim the registrations now.
pub fn apart(
    cx: &Cx,
    env: &Env,
    row: &AlertRow,
    implicated: &[String],
    persons: &BTreeSet<String>,
) -> Result<Option<Apart>> {
    for reference in implicated {
        let Some(id) = local_id(reference, "DiagnosticReport") else { continue };
        let stored = env.store.read(cx, type_named("DiagnosticReport")?, &id)?.filter(|stored| stored.op != Op::Delete);
        let Some(stored) = stored else { continue };
        let subject = stored.resource()?.root().text_at("subject.reference").map(String::from).unwrap_or_default();
        let Some(other) = local_id(&subject, "Patient").filter(|other| *other != row.patient) else { continue };
        if let Some(apart) = (Pair { cx, env, own: &row.patient, other: &other }).apart(row.shown, persons)? {
            return Ok(Some(apart));
        }
    }
    Ok(None)
}

/// The registration that asked and the one of a result.
struct Pair<'a> {
    cx: &'a Cx,
    env: &'a Env,
    own: &'a str,
    other: &'a str,
}

impl Pair<'_> {
    fn apart(&self, shown: Millis, persons: &BTreeSet<String>) -> Result<Option<Apart>> {
        let store = &self.env.store;
        let (own, other) = (store.persons_of(self.own)?, store.persons_of(self.other)?);
        if let ([one], [another]) = (own.as_slice(), other.as_slice())
            && one == another
            && let Some(now) = self.now(one)?
            && self.holds(&now)?
        {
            return Ok(None);
        }
        let claiming: BTreeSet<&String> = own.iter().chain(&other).chain(persons).collect();
        for person in &claiming {
            let Some(apart) = self.apart_in(person, shown)? else { continue };
            let Since::Version(version, at) = apart else {
                // It holds both as before: another one claims one of them too.
                let second = claiming.iter().find(|second| *second != person);
                let Some(second) = second.map(|second| self.now(second)).transpose()?.flatten() else { continue };
                return Ok(Some(Apart { reference: format!("Person/{}", second.id), version: 1, at: second.updated }));
            };
            return Ok(Some(Apart { reference: format!("Person/{person}"), version, at }));
        }
        Ok(None)
    }

    fn now(&self, person: &str) -> Result<Option<Stored>> {
        self.env.store.read(self.cx, type_named("Person")?, person)
    }

    /// Whether a version of a Person holds both with certainty.
    fn holds(&self, person: &Stored) -> Result<bool> {
        let links = links(person)?;
        Ok([self.own, self.other].iter().all(|patient| links.get(*patient) == Some(&true)))
    }

    /// Since when a Person does not hold both; none where it did not when the card was shown.
    fn apart_in(&self, person: &str, shown: Millis) -> Result<Option<Since>> {
        let Some(now) = self.now(person)? else { return Ok(None) };
        let mut since = if self.holds(&now)? { Some(Since::Never) } else { None };
        let mut parted = (now.version, now.updated);
        let (mut version, mut next): (Stored, Option<Millis>) = (now, None);
        for _ in 0..VERSIONS_MAX {
            let holds = self.holds(&version)?;
            if !holds && since.is_none() {
                parted = (version.version, version.updated);
            } else if holds {
                since.get_or_insert(Since::Version(parted.0, parted.1));
            }
            // What was replaced while the card was made may still be what it was made from.
            let was_there = version.updated <= shown && next.is_none_or(|next| next > shown - SHOWING_MILLIS);
            if was_there && holds {
                return Ok(since);
            }
            if version.updated <= shown - SHOWING_MILLIS || version.version == 1 {
                return Ok(None);
            }
            next = Some(version.updated);
            let before = self.env.store.read_version(self.cx, version.type_, person, version.version - 1)?;
            let Some(before) = before else { return Ok(None) };
            version = before;
        }
        Ok(None)
    }
}

/// Since when a Person does not hold both registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    /// It holds them.
    Never,
    Version(u32, Millis),
}
