//! Writes what is planned for a person as resources, each with the delay of its institution.

mod codes;
mod contact;
mod imaging;
mod immunisation;
mod issue;
mod laboratory;
mod measures;
mod mother;
mod record;
mod repeats;
mod stay;

pub use codes::maps;
pub use imaging::endpoints;

use super::Visits;
use super::plan::{Contact, Item, Kind, Part, Plan, Reason, department, push_number};
use crate::day::{DAY_MINUTES, Minute};
use crate::json::Json;
use crate::out::Out;
use crate::outbreak::{Card, report_card};
use crate::places::{Department, Institution};
use crate::rng::Rng;
use crate::settings;

/// Which resources are wanted.
#[derive(Clone, Copy)]
struct Keep {
    /// Encounters and their diagnoses.
    contacts: bool,
    results: bool,
    /// Only results that surveillance reads.
    infectious_only: bool,
    /// The health record, prescriptions, measures, stays' costs and all the rest.
    rest: bool,
}

impl Keep {
    fn of(only: Option<settings::Part>) -> Option<Keep> {
        let all = Keep { contacts: true, results: true, infectious_only: false, rest: true };
        match only {
            None => Some(all),
            Some(settings::Part::Results) => Some(Keep { contacts: false, rest: false, ..all }),
            Some(settings::Part::Surveillance) => Some(Keep { infectious_only: true, rest: false, ..all }),
            Some(settings::Part::Registrations | settings::Part::Booking) => None,
        }
    }

    /// Whether anything of a contact is wanted: surveillance counts infections and the complaints they begin with, results
    /// come from examinations.
    fn wants(self, plan: &Plan, contact: &Contact) -> bool {
        let is_watched = || {
            let (icd, _) = plan.diagnosis(contact);
            WATCHED.iter().any(|beginning| icd.starts_with(beginning))
        };
        match (self.rest, self.infectious_only) {
            (true, _) => true,
            (false, true) => matches!(contact.reason, Reason::Infection(_)) || is_watched(),
            (false, false) => !contact.exams.is_empty(),
        }
    }
}

/// ICD-10 chapters and codes that surveillance counts: infections, and acute respiratory, intestinal, eruptive and feverish
/// complaints.
const WATCHED: [&str; 11] = ["A", "B", "J0", "J1", "J20", "J21", "J22", "K52", "R05", "R21", "R50"];

/// Where a contact takes place, and the texts its resources share.
struct Scene<'a> {
    plan: &'a Plan<'a>,
    contact: &'a Contact,
    institution: &'a Institution,
    department: Option<&'a Department>,
    /// Id of a PractitionerRole; empty where the department has none.
    doctor: &'a str,
    /// Id of the Patient at the institution.
    patient: String,
    /// Id of the contact's Encounter, and the beginning of all other ids.
    base: String,
    /// The delay of everything of this contact.
    draw: f64,
    keep: Keep,
}

/// Facts later than this after the end of a contact do not exist: an image is made within three days, its report takes as long.
const AFTERMATH: Minute = 8 * DAY_MINUTES;

pub fn write(plan: &Plan, out: &mut Out) -> Visits {
    let mut visits = Visits::default();
    let keep = Keep::of(out.only);
    if keep.is_none_or(|keep| keep.rest) {
        record::met(plan, &mut visits);
        immunisation::met(plan, &mut visits);
    }
    let wanted = || plan.contacts.iter().filter(|contact| keep.is_none_or(|keep| keep.wants(plan, contact)));
    for contact in wanted() {
        visits.met(contact.institution as usize, contact.start);
    }
    let Some(keep) = keep else { return visits };
    if keep.rest {
        record::write(plan, out);
        immunisation::write(plan, out);
    }
    for contact in wanted() {
        let mut rng = plan.draws(contact.key, Part::Written);
        let scene = Scene::of(plan, contact, keep, &mut rng);
        let is_over = scene.arrival(contact.end.max(contact.start) + AFTERMATH) < out.window.from;
        if !is_over {
            scene.write(out, &mut rng);
        }
    }
    if keep.results && !keep.infectious_only {
        repeats::tell(plan, keep, out);
    }
    visits
}

impl<'a> Scene<'a> {
    fn of(plan: &'a Plan<'a>, contact: &'a Contact, keep: Keep, rng: &mut Rng) -> Scene<'a> {
        let institution = plan.institution(contact.institution);
        let department = department(institution, contact.specialty);
        let staffed = department.filter(|found| !found.doctors.is_empty());
        let doctor = staffed.map_or("", |found| rng.pick(found.doctors.as_slice()).as_str());
        let draw = rng.unit();
        let patient = plan.city.registration_id(plan.person.number, contact.institution as usize);
        Scene { plan, contact, institution, department, doctor, patient, base: base(plan, contact), draw, keep }
    }

    fn write(&self, out: &mut Out, rng: &mut Rng) {
        let fen = if self.keep.rest { self.prescribe(out, rng) } else { 0 } + self.examinations_fen();
        if self.keep.contacts {
            self.encounter(fen, out, rng);
            self.condition(out);
        }
        if self.keep.rest {
            self.referral(out);
            self.measure(out, rng);
            self.of_mother_and_child(out, rng);
            if self.contact.kind == Kind::Stay {
                self.stay(fen, out, rng);
            }
            if self.contact.last {
                self.death(out);
            }
        }
        for exam in &self.plan.exams[self.contact.exams.clone()] {
            match exam.item {
                Item::Panel(nth) => self.panel(nth, exam, out, rng),
                Item::Image(nth) => self.image(nth, exam, out, rng),
                Item::Assay => self.assay(exam, out, rng),
            }
        }
        if let (Reason::Infection(nth), true) = (self.contact.reason, self.contact.kind != Kind::Stay) {
            self.card(nth, out);
        }
    }

    /// The report card of a notifiable disease.
    fn card(&self, nth: u16, out: &mut Out) {
        if !self.keep.contacts || self.contact.key.nth >= super::plan::nth::SECOND {
            return;
        }
        let infection = &self.plan.infections[nth as usize];
        let condition = self.id("c");
        let card = Card { infection, patient: &self.patient, encounter: &self.base, condition: &condition };
        report_card(self.plan.city, self.plan.street, self.plan.person, &card, out);
    }

    fn arrival(&self, at: Minute) -> Minute {
        self.institution.arrival(at, self.draw)
    }

    /// `p12-2511-3-c`.
    fn id(&self, part: &str) -> String {
        let mut id = String::with_capacity(self.base.len() + part.len() + 4);
        id.push_str(&self.base);
        id.push('-');
        id.push_str(part);
        id
    }

    /// The same with a number behind.
    fn numbered(&self, part: &str, nth: usize) -> String {
        let mut id = self.id(part);
        push_number(&mut id, nth as u64);
        id
    }

    fn source(&self, json: &mut Json) {
        json.source(&self.institution.id);
    }

    fn subject(&self, json: &mut Json) {
        json.reference("subject", "Patient", &self.patient);
    }

    /// The Encounter, where it is written.
    fn in_encounter(&self, json: &mut Json) {
        if self.keep.contacts {
            json.reference("encounter", "Encounter", &self.base);
        }
    }

    fn performer(&self, json: &mut Json) {
        json.array("performer", |json| json.item_reference("Organization", &self.institution.id));
    }

    fn kind(&self) -> Kind {
        self.contact.kind
    }
}

fn base(plan: &Plan, contact: &Contact) -> String {
    let mut base = String::with_capacity(24);
    base.push('p');
    push_number(&mut base, plan.person.number);
    base.push('-');
    contact.key.write(&mut base);
    base
}
