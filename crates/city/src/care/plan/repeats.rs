//! A second doctor, asked within days at another hospital, who orders the same examinations anew.

use super::exams::ORDER_MINUTES;
use super::rates::{clinic_minute, clinic_opens};
use super::{Contact, Exam, Item, Key, Kind, Part, Plan, Purpose, Reason, nth};
use crate::day::{Day, day_of};
use crate::places::Specialty;
use crate::rng::{Rng, stream};

/// Of the examinations of a first contact, so many are ordered again by a second doctor.
const AGAIN: f64 = 0.74;
/// Draws of what equipment an institution has.
const EQUIPMENT: u32 = stream::CARE + 3;

impl Plan<'_> {
    /// Out-patients who go to another hospital with the same complaint.
    pub fn second_opinions(&mut self) {
        let chance = (self.city.settings.rates.repeats / AGAIN).min(0.9);
        for at in 0..self.contacts.len() {
            let contact = &self.contacts[at];
            let asks = matches!(contact.kind, Kind::Clinic | Kind::Community | Kind::Emergency | Kind::Fever);
            if contact.exams.is_empty() || !asks || contact.key.nth >= nth::SECOND {
                continue;
            }
            let mut rng = self.draws(contact.key, Part::Second);
            if rng.chance(chance)
                && let Some(second) = self.second_opinion(contact, &mut rng)
            {
                let exams = self.exams[contact.exams.clone()].to_vec();
                self.ask_again(second, &exams, &mut rng);
            }
        }
    }

    fn second_opinion(&self, contact: &Contact, rng: &mut Rng) -> Option<Contact> {
        let specialty = match contact.reason {
            Reason::Acute(nth) => self.acute(nth).specialty,
            Reason::Lasting(nth) => self.lasting(nth).specialty,
            _ => contact.specialty,
        };
        let hospital = self.hospital_but(specialty, Some(contact.institution), rng)?;
        let is_emergency = rng.chance(0.09) && self.institution(hospital).emergency;
        let wait = 1.0 + rng.exponential(4.2);
        let first = day_of(contact.end) + wait.min(12.0) as Day;
        let on = (first..first + 7).find(|day| is_emergency || clinic_opens(*day, rng))?;
        let start = clinic_minute(on, rng);
        let key = Key { month: contact.key.month, nth: contact.key.nth + nth::SECOND };
        let (kind, specialty) =
            if is_emergency { (Kind::Emergency, Specialty::Emergency) } else { (Kind::Clinic, specialty) };
        let end = start + rng.between(20, 80);
        let mut second = Contact::new(key, kind, start..end, hospital, specialty, contact.reason);
        second.changed = rng.chance(0.17);
        Some(second)
    }

    fn ask_again(&mut self, mut second: Contact, exams: &[Exam], rng: &mut Rng) {
        let in_a_ward =
            |other: &Contact| other.kind == Kind::Stay && second.start < other.end && second.end + 30 > other.start;
        let is_told = self.days.contains(&day_of(second.start)) && self.is_open(second.start);
        if !is_told || self.contacts.iter().any(in_a_ward) {
            return;
        }
        let begin = self.exams.len();
        let at = second.start + rng.between(10, 40);
        for exam in exams {
            if rng.chance(AGAIN) && exam.item != Item::Assay {
                let nth = (self.exams.len() - begin) as u8;
                let (item, ordered, purpose) = (exam.item, at - ORDER_MINUTES, Purpose::Diagnosis);
                self.exams.push(Exam { item, ordered, at, purpose, nth });
            }
        }
        second.exams = begin..self.exams.len();
        self.contacts.push(second);
    }

    /// Which of the methods of an image an institution uses, as a place in the table.
    pub fn method(&self, institution: u32, image: u8) -> usize {
        let methods = self.tables.images[image as usize].methods.len();
        let index = u64::from(institution) << 8 | u64::from(image);
        Rng::of(self.seed(), EQUIPMENT, index).below(methods as u64) as usize
    }
}
