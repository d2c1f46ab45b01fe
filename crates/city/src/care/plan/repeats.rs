//! The same examination again at another hospital within days: some because a second doctor is asked and orders it anew,
//! some by chance. Which of them could have been spared is told beside the data, after the six cases of the national rules on
//! mutual recognition (国卫医发〔2022〕6号) and the windows of the tables.

use super::rates::{clinic_minute, clinic_opens};
use super::{Contact, Exam, Item, Key, Kind, Part, Plan, Reason, nth};
use crate::day::{Day, day_of};
use crate::places::{Mark, Specialty};
use crate::rng::{Rng, stream};

/// What counts as a repeat at all.
pub const REPEAT_HOURS: i64 = 14 * 24;
/// Of the examinations of a first contact, so many are ordered again by a second doctor.
const AGAIN: f64 = 0.74;
/// Draws of what equipment an institution has.
const EQUIPMENT: u32 = stream::CARE + 3;

/// An examination that was made before at another institution.
pub struct Repeat {
    /// Places of contact and examination.
    pub first: (usize, usize),
    pub second: (usize, usize),
    pub hours: i64,
    /// Why it was needed; none where it could have been spared.
    pub reason: Option<&'static str>,
}

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
                self.exams.push(Exam { item: exam.item, at, nth });
            }
        }
        second.exams = begin..self.exams.len();
        self.contacts.push(second);
    }

    /// All repeats, by time of the second examination.
    pub fn repeats(&self) -> Vec<Repeat> {
        let mut all: Vec<(Item, i64, usize, usize)> = Vec::with_capacity(self.exams.len());
        for (at, contact) in self.contacts.iter().enumerate() {
            let exams = contact.exams.clone().filter(|exam| self.exams[*exam].item != Item::Assay);
            all.extend(exams.map(|exam| (self.exams[exam].item, self.exams[exam].at, at, exam)));
        }
        all.sort_by_key(|(item, time, contact, exam)| (item.order(), *time, *contact, *exam));
        let mut repeats = Vec::new();
        for (nth, (item, time, contact, exam)) in all.iter().enumerate() {
            let institution = self.contacts[*contact].institution;
            let earlier = all[..nth]
                .iter()
                .rev()
                .take_while(|(other, before, ..)| other == item && time - before <= REPEAT_HOURS * 60);
            // The newest result of another institution counts.
            let mut elsewhere = earlier.filter(|(_, _, other, _)| self.contacts[*other].institution != institution);
            if let Some((_, before, first, first_exam)) = elsewhere.next() {
                let hours = (time - before) / 60;
                let reason = self.need(*first, *contact, *item, hours);
                repeats.push(Repeat { first: (*first, *first_exam), second: (*contact, *exam), hours, reason });
            }
        }
        repeats.sort_by_key(|repeat| (self.exams[repeat.second.1].at, repeat.second.1));
        repeats
    }

    /// Why an examination had to be made again.
    fn need(&self, first: usize, second: usize, item: Item, hours: i64) -> Option<&'static str> {
        let (first, second) = (&self.contacts[first], &self.contacts[second]);
        let (window, is_listed) = match item {
            Item::Panel(nth) => {
                let panel = &self.tables.panels[nth as usize];
                (panel.window_hours, panel.marked)
            }
            Item::Image(nth) => (self.tables.images[nth as usize].window_hours, true),
            Item::Assay => (0, false),
        };
        let quality = self.institution(first.institution).quality;
        if second.changed {
            return Some("condition-changed");
        }
        if second.kind == Kind::Emergency {
            return Some("emergency");
        }
        if matches!(second.reason, Reason::Operation(_)) {
            return Some("before-operation");
        }
        if hours > window {
            return Some("out-of-window");
        }
        if !is_listed {
            return Some("not-on-list");
        }
        if !quality.assessed || quality.mark == Mark::None {
            return Some("no-mark");
        }
        if let Item::Image(image) = item
            && self.method(second.institution, image) > self.method(first.institution, image)
        {
            return Some("other-method");
        }
        None
    }

    /// Which of the methods of an image an institution uses, as a place in the table.
    pub fn method(&self, institution: u32, image: u8) -> usize {
        let methods = self.tables.images[image as usize].methods.len();
        let index = u64::from(institution) << 8 | u64::from(image);
        Rng::of(self.seed(), EQUIPMENT, index).below(methods as u64) as usize
    }
}

impl Item {
    fn order(self) -> u16 {
        match self {
            Item::Panel(nth) => u16::from(nth),
            Item::Image(nth) => 256 + u16::from(nth),
            Item::Assay => 512,
        }
    }
}
