//! The reaction that keeps one Person per valid identity number over the registrations that carry it.

use super::agree::{Contacts, agreeing};
use super::registration::{Registration, local_id};
use super::{TAG_CODE, TAG_SYSTEM};
use crate::program::Env;
use crate::reactions::{Reaction, SLICE_ENTRIES};
use base::zone::Zone;
use base::{Cx, Error, Result};
use fhir::definitions::{TypeId, r4};
use fhir::search::{Handling, parse_search};
use identity::{Day, ResidentNumber, number};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use store::{Batch, Expect, Op, Put, SourceKey, Store, Stored, Write};

pub const REACTION: Reaction = Reaction {
    name: "residents-by-identity-number",
    types: &["Patient"],
    spaces: &[],
    after: &[],
    rest: None,
    slice_entries_max: SLICE_ENTRIES,
    plan,
};

/// Registrations of one Person. A number carried by more is no person's number but filled in by a form.
pub const REGISTRATIONS_MAX: usize = 200;

/// Birth date and gender of the registration agree with the number, and phone or address with another registration
/// where any tells one.
const ASSURANCE_CONFIRMED: &str = "level3";
/// The number is valid, but the registration does not confirm it, or may be made on a card that was lent.
const ASSURANCE_NUMBER_ONLY: &str = "level2";

/// A Person as it is to be.
struct Draft {
    id: String,
    /// The version it has now; none for a new or deleted one.
    version: Option<u32>,
    number: ResidentNumber,
    /// (id of the registration, assurance), oldest link first.
    links: Vec<(String, String)>,
    /// The newest registration among those that changed.
    newest: Option<Registration>,
}

/// What the newest change of a registration left: its id, and what it says unless it was deleted.
struct Changed {
    patient: String,
    first_version: bool,
    registration: Option<Registration>,
}

fn plan(cx: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let store = &env.store;
    let today = Zone::default().date_of(cx.now());
    let changed = newest_changes(slice, today)?;
    let mut drafts = linked_drafts(cx, store, &changed, today)?;
    for change in &changed {
        let number = change.registration.as_ref().and_then(|registration| registration.number);
        for draft in drafts.values_mut().filter(|draft| Some(draft.number) != number) {
            draft.links.retain(|(patient, _)| *patient != change.patient);
        }
        if let (Some(number), Some(registration)) = (number, &change.registration) {
            if let std::collections::btree_map::Entry::Vacant(vacant) = drafts.entry(number) {
                vacant.insert(draft_of(cx, store, number, &change.patient, today)?);
            }
            if let Some(draft) = drafts.get_mut(&number) {
                draft.link(&change.patient, registration);
            }
        }
    }
    let mut batch = Batch::default();
    for mut draft in drafts.into_values() {
        draft.weigh(cx, store, today)?;
        batch.writes.extend(write_of(cx, store, draft, today)?);
    }
    Ok(batch)
}

/// The last change of each registration in the slice, in feed order.
fn newest_changes(slice: &[Stored], today: Day) -> Result<Vec<Changed>> {
    let mut last: BTreeMap<&str, &Stored> = BTreeMap::new();
    for entry in slice {
        last.insert(&entry.id, entry);
    }
    let mut entries: Vec<&Stored> = last.into_values().collect();
    entries.sort_by_key(|entry| entry.position);
    entries
        .into_iter()
        .map(|entry| {
            let registration = match entry.op {
                Op::Delete => None,
                Op::Create | Op::Update => Some(Registration::of(&entry.resource()?, today)),
            };
            Ok(Changed { patient: entry.id.clone(), first_version: entry.version == 1, registration })
        })
        .collect()
}

/// The platform's Persons that link to any of the registrations now. A first version is linked to none yet.
fn linked_drafts(cx: &Cx, store: &Store, changed: &[Changed], today: Day) -> Result<BTreeMap<ResidentNumber, Draft>> {
    let known = changed.iter().filter(|change| !change.first_version).map(|change| change.patient.as_str());
    let persons = persons_linking(cx, store, known)?;
    let drafts = persons.iter().map(|person| Draft::of_person(person, today)).collect::<Result<Vec<_>>>()?;
    Ok(drafts.into_iter().flatten().map(|draft| (draft.number, draft)).collect())
}

/// The Persons made by the platform that the reader may see and that link to one of these registrations.
fn persons_linking<'a>(cx: &Cx, store: &Store, patients: impl Iterator<Item = &'a str>) -> Result<Vec<Stored>> {
    let linked: Vec<String> = patients.map(|id| format!("Patient/{id}")).collect();
    if linked.is_empty() {
        return Ok(Vec::new());
    }
    let params = [("link".to_owned(), linked.join(",")), ("_tag".to_owned(), format!("{TAG_SYSTEM}|{TAG_CODE}"))];
    let mut search = parse_search(type_named("Person")?, &params, Handling::Strict, &Zone::default(), "", cx.now())?;
    search.count = Some(base::limits::PAGE_ENTRIES_MAX);
    let mut found = Vec::new();
    loop {
        let page = store.search(cx, &search)?;
        found.extend(page.matches);
        match page.next {
            Some(next) => search.page = Some(next),
            None => return Ok(found),
        }
    }
}

/// The draft of the Person of a number: as it stands, deleted before, or new.
fn draft_of(cx: &Cx, store: &Store, number: ResidentNumber, first: &str, today: Day) -> Result<Draft> {
    let person = type_named("Person")?;
    let fresh = |id: String| Draft { id, version: None, number, links: Vec::new(), newest: None };
    let Some((_, id)) = store.find_source(&source_key(number))? else {
        return Ok(fresh(store.new_id(person, Some(first))?));
    };
    match store.read(cx, person, &id)? {
        Some(stored) if stored.op != Op::Delete => match Draft::of_person(&stored, today)? {
            Some(draft) => Ok(draft),
            // Somebody has overwritten the Person; its place is taken back.
            None => Ok(Draft { version: Some(stored.version), ..fresh(id) }),
        },
        _ => Ok(fresh(id)),
    }
}

impl Draft {
    /// None where the Person carries no valid number.
    fn of_person(person: &Stored, today: Day) -> Result<Option<Draft>> {
        let resource = person.resource()?;
        let Some(number) = number_of_person(&resource, today) else { return Ok(None) };
        let links = links_of(&resource);
        Ok(Some(Draft { id: person.id.clone(), version: Some(person.version), number, links, newest: None }))
    }

    /// Gives each link its assurance, by what the registrations tell now.
    fn weigh(&mut self, cx: &Cx, store: &Store, today: Day) -> Result<()> {
        let is_fresh = self.links.len() == 1 && self.newest.is_some();
        if is_fresh || self.links.is_empty() {
            return Ok(());
        }
        let patient = type_named("Patient")?;
        let (mut confirming, mut contacts) = (Vec::new(), Vec::new());
        for (nth, (id, assurance)) in self.links.iter_mut().enumerate() {
            ASSURANCE_NUMBER_ONLY.clone_into(assurance);
            let stored = store.read(cx, patient, id)?.filter(|stored| stored.op != Op::Delete);
            let Some(resource) = stored.map(|stored| stored.resource()).transpose()? else { continue };
            if Registration::of(&resource, today).confirms(&self.number) {
                confirming.push(nth);
                contacts.push(Contacts::of(&resource));
            }
        }
        for (nth, agrees) in confirming.into_iter().zip(agreeing(&contacts)) {
            if agrees {
                ASSURANCE_CONFIRMED.clone_into(&mut self.links[nth].1);
            }
        }
        Ok(())
    }

    fn link(&mut self, patient: &str, registration: &Registration) {
        let assurance = match registration.confirms(&self.number) {
            true => ASSURANCE_CONFIRMED,
            false => ASSURANCE_NUMBER_ONLY,
        };
        self.newest = Some(registration.clone());
        if let Some((_, held)) = self.links.iter_mut().find(|(linked, _)| linked == patient) {
            *held = assurance.to_owned();
        } else if self.links.len() >= REGISTRATIONS_MAX {
            tracing::warn!(person = self.id, "a number has more registrations than one person can have; not linked");
        } else {
            self.links.push((patient.to_owned(), assurance.to_owned()));
        }
    }
}

/// The valid number of a Person that the platform made.
pub fn number_of_person(person: &fhir::Resource, today: Day) -> Option<ResidentNumber> {
    let identifiers = person.root().get("identifier")?;
    let number = identifiers.items().find(|identifier| {
        let system = identifier.get("system").and_then(|system| system.str());
        system.as_deref() == Some(number::SYSTEM)
    })?;
    ResidentNumber::parse(&number.get("value")?.str()?, today).ok()
}

/// (id of the registration, assurance) of each link to a registration.
pub fn links_of(person: &fhir::Resource) -> Vec<(String, String)> {
    let Some(links) = person.root().get("link") else { return Vec::new() };
    let link = |link: fhir::Element<'_>| {
        let patient = local_id(&link.get("target")?.get("reference")?.str()?, "Patient")?;
        let assurance = link.get("assurance").and_then(|assurance| assurance.str());
        Some((patient, assurance.map_or_else(|| ASSURANCE_NUMBER_ONLY.to_owned(), |text| text.into_owned())))
    };
    links.items().filter_map(link).collect()
}

fn write_of(cx: &Cx, store: &Store, draft: Draft, today: Day) -> Result<Option<Write>> {
    let type_ = type_named("Person")?;
    let expect = draft.version.map_or(Expect::Absent, Expect::Version);
    if draft.links.is_empty() {
        let delete = Write::Delete { type_, id: draft.id, expect };
        return Ok(draft.version.map(|_| delete));
    }
    let newest = match &draft.newest {
        Some(newest) => newest.clone(),
        None => newest_of(cx, store, &draft.links, today)?,
    };
    let resource = fhir::parse(person_json(&draft, &newest).as_bytes(), &fhir::Limits::default())?;
    let source = Some(source_key(draft.number));
    Ok(Some(Write::Put(Put { id: draft.id, resource, expect, source })))
}

/// What the registration that was written last says, where none of the linked ones is among the changed.
fn newest_of(cx: &Cx, store: &Store, links: &[(String, String)], today: Day) -> Result<Registration> {
    let patient = type_named("Patient")?;
    let mut newest: Option<Stored> = None;
    for (id, _) in links {
        let Some(stored) = store.read(cx, patient, id)?.filter(|stored| stored.op != Op::Delete) else { continue };
        if newest.as_ref().is_none_or(|newest| newest.position < stored.position) {
            newest = Some(stored);
        }
    }
    match newest {
        Some(stored) => Ok(Registration::of(&stored.resource()?, today)),
        // All were deleted meanwhile; the feed brings their deletes, which delete the Person.
        None => Ok(Registration::default()),
    }
}

/// The Person: number, links, and what the newest registration says, with the number's own birth date and sex where
/// the registration has none. Ids, numbers and codes need no escape: they come out of validated resources.
fn person_json(draft: &Draft, newest: &Registration) -> String {
    let (id, number) = (&draft.id, draft.number);
    let (year, month, day) = number.birth_date();
    let birth_date = newest.birth_date.clone().unwrap_or_else(|| format!("{year:04}-{month:02}-{day:02}"));
    let gender = newest.gender.clone().unwrap_or_else(|| format!("{:?}", number.sex()).to_lowercase());
    let name = newest.names_json.as_deref().and_then(|names| std::str::from_utf8(names).ok());
    let name = name.map(|names| format!(r#""name":{names},"#)).unwrap_or_default();
    let mut links = String::new();
    for (nth, (patient, assurance)) in draft.links.iter().enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(links, r#"{comma}{{"target":{{"reference":"Patient/{patient}"}},"assurance":"{assurance}"}}"#);
    }
    format!(
        r#"{{"resourceType":"Person","id":"{id}","meta":{{"tag":[{{"system":"{TAG_SYSTEM}","code":"{TAG_CODE}"}}]}},"identifier":[{{"use":"official","system":"{}","value":"{}"}}],{name}"gender":"{gender}","birthDate":"{birth_date}","active":true,"link":[{links}]}}"#,
        number::SYSTEM,
        number.text(),
    )
}

fn source_key(number: ResidentNumber) -> SourceKey {
    SourceKey {
        institution: "platform".to_owned(),
        system: TAG_CODE.to_owned(),
        number: number.text().to_owned(),
        part: String::new(),
    }
}

fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| Error::fault(format!("the definitions have no type `{name}`")))
}
