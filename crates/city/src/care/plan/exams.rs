//! What is examined at a contact.

use super::super::tables::{Often, Tables};
use super::{Contact, Exam, Item, Kind, Part, Plan, Purpose, Reason};
use crate::day::{DAY_MINUTES, Day, Minute, day_of, minute};
use crate::rng::Rng;

/// Ultrasound by week of pregnancy.
const SCANS: [u8; 5] = [12, 20, 30, 34, 37];
/// More is not ordered at one contact.
const ORDERS_MAX: usize = 40;
/// An order is written so many minutes before a specimen is taken.
pub const ORDER_MINUTES: Minute = 4;
/// Of the out-patients' examinations that need an appointment, so many are not made on the same day.
const SCHEDULED: f64 = 0.5;

/// What is ordered at one contact, and when the specimen is taken.
struct Orders {
    tables: &'static Tables,
    kind: Kind,
    at: Minute,
    purpose: Purpose,
    rng: Rng,
    exams: Vec<Exam>,
}

impl Orders {
    /// By the shares of a table, `more` times as often.
    fn draw(&mut self, panels: &[Often], images: &[Often], more: f64) {
        for (panel, chance) in panels {
            let draws = self.rng.chance(chance * more);
            self.add(Item::Panel(*panel), draws, 0);
        }
        for (image, chance) in images {
            let draws = self.rng.chance(chance * more);
            let wait = self.wait(*image);
            let modality = self.tables.images[*image as usize].modality;
            let is_too_heavy = self.kind == Kind::Community && !matches!(modality, "DX" | "US" | "ECG");
            self.add(Item::Image(*image), draws && !is_too_heavy, wait);
        }
    }

    /// How long after the visit an image is taken: soon, or on a morning of the next three days.
    fn wait(&mut self, image: u8) -> Minute {
        let soon = self.rng.between(15, 70);
        let image = &self.tables.images[image as usize];
        let by_appointment = image.modality == "MR" || matches!(image.key, "holter" | "echo" | "gastroscopy");
        let is_scheduled = self.kind == Kind::Clinic && by_appointment && self.rng.chance(SCHEDULED);
        if !is_scheduled {
            return soon;
        }
        let on = day_of(self.at) + self.rng.between(1, 3) as Day;
        minute(on, self.rng.between(8, 15), self.rng.between(0, 59)) - self.at
    }

    fn panel(&mut self, key: &str, chance: f64) {
        let draws = self.rng.chance(chance);
        if let Some(panel) = self.tables.panel(key) {
            self.add(Item::Panel(panel), draws, 0);
        }
    }

    fn panels(&mut self, keys: &[&str], chance: f64) {
        for key in keys {
            self.panel(key, chance);
        }
    }

    fn image(&mut self, key: &str, chance: f64, wait: Minute) {
        let draws = self.rng.chance(chance);
        if let Some(image) = self.tables.image(key) {
            self.add(Item::Image(image), draws, wait);
        }
    }

    fn add(&mut self, item: Item, draws: bool, wait: Minute) {
        if draws && !self.exams.iter().any(|other| other.item == item) {
            self.exams.push(exam(item, self.at - ORDER_MINUTES, self.at + wait, self.purpose));
        }
    }
}

impl Plan<'_> {
    pub fn examine(&mut self) {
        for nth in 0..self.contacts.len() {
            let mut wanted = self.wanted(&self.contacts[nth]);
            // Who has left or died does not come to an appointment; what then is not made was not ordered here.
            wanted.retain(|exam| self.keeps_appointment(exam));
            wanted.truncate(ORDERS_MAX);
            let begin = self.exams.len();
            let numbered = wanted.into_iter().enumerate().map(|(at, exam)| Exam { nth: at as u8, ..exam });
            self.exams.extend(numbered);
            self.contacts[nth].exams = begin..self.exams.len();
        }
    }

    fn keeps_appointment(&self, exam: &Exam) -> bool {
        let (on, ordered) = (day_of(exam.at), day_of(exam.ordered));
        on == ordered || (self.person.is_here(on) && self.death.is_none_or(|death| exam.at < death))
    }

    fn wanted(&self, contact: &Contact) -> Vec<Exam> {
        let mut rng = self.draws(contact.key, Part::Exams);
        let at = contact.start + rng.between(8, 25);
        let purpose = match contact.reason {
            Reason::Operation(_) => Purpose::BeforeOperation,
            _ => Purpose::Diagnosis,
        };
        let mut orders = Orders { tables: self.tables, kind: contact.kind, at, purpose, rng, exams: Vec::new() };
        match contact.reason {
            Reason::Acute(nth) => {
                let diagnosis = self.acute(nth);
                orders.draw(&diagnosis.panels, &diagnosis.images, share(contact.kind));
            }
            Reason::Infection(nth) => self.of_infection(contact, nth, &mut orders),
            Reason::Lasting(nth) if !matches!(contact.kind, Kind::FollowUp | Kind::Home) => {
                self.of_lasting(contact, nth, &mut orders);
            }
            Reason::Operation(nth) => {
                let diagnosis = self.acute(self.tables.operations[nth as usize].diagnosis);
                orders.draw(&diagnosis.panels, &diagnosis.images, 1.2);
                orders.panels(&["cbc", "coag", "infect", "liver", "kidney", "chem"], 0.96);
                orders.image("ecg", 0.95, 60);
                orders.image("chestct", 0.55, 120);
            }
            Reason::Antenatal(_, week) => of_pregnancy(week, &mut orders),
            Reason::Birth(_) => orders.panels(&["cbc", "coag", "urine"], 0.95),
            Reason::Newborn => {
                orders.at = contact.start + 2900;
                orders.panel("bili", 0.45);
            }
            Reason::Postpartum(_) => orders.panel("cbc", 0.5),
            Reason::Child(8 | 18 | 30 | 36 | 48 | 60 | 72) => orders.panel("cbc", 0.9),
            _ => {}
        }
        if contact.kind == Kind::Stay && contact.reason != Reason::Newborn {
            through_the_stay(contact, &mut orders);
        }
        orders.exams
    }

    fn of_lasting(&self, contact: &Contact, nth: u8, orders: &mut Orders) {
        let more = if contact.kind == Kind::Stay { 2.6 } else { share(contact.kind) };
        let lasting = self.lasting(nth);
        orders.draw(&lasting.panels, &lasting.images, more);
        let on = day_of(contact.start);
        for (other, chronic) in self.person.chronic.iter().enumerate() {
            if other != usize::from(nth) && chronic.onset < on {
                orders.draw(&self.tables.lasting(chronic.disease).panels, &[], more * 0.22);
            }
        }
    }

    /// The test that confirms it, and what else is usual with the disease.
    fn of_infection(&self, contact: &Contact, nth: u16, orders: &mut Orders) {
        if let Some(test) = self.infections[nth as usize].test
            && contact.kind != Kind::Stay
        {
            orders.exams.push(exam(Item::Assay, test.taken - ORDER_MINUTES, test.taken, Purpose::Diagnosis));
        }
        let Some(diagnosis) = self.infectious(nth) else {
            orders.panel("cbc", 0.6);
            orders.panel("liver", 0.3);
            return;
        };
        let confirms =
            |panel: u8| matches!(self.tables.panels[panel as usize].key, "flu" | "covid" | "noro" | "measles");
        let others: Vec<Often> = diagnosis.panels.iter().copied().filter(|(panel, _)| !confirms(*panel)).collect();
        orders.draw(&others, &diagnosis.images, share(contact.kind));
    }
}

fn of_pregnancy(week: u8, orders: &mut Orders) {
    orders.panel("urine", 0.85);
    orders.panel("cbc", if week <= 13 || week >= 28 { 0.7 } else { 0.35 });
    if week <= 13 {
        orders.panels(&["infect", "liver", "kidney", "thyroid", "glucose"], 0.85);
    }
    if (24..28).contains(&week) {
        orders.panel("ogtt", 0.93);
    }
    if week >= 36 {
        orders.panel("coag", 0.4);
    }
    if SCANS.contains(&week) {
        orders.image("obus", 0.95, 40);
    }
}

/// Blood is drawn again every third morning.
fn through_the_stay(contact: &Contact, orders: &mut Orders) {
    let again = ["cbc", "crp", "chem", "liver"].map(|key| orders.tables.panel(key));
    let mut at = minute(day_of(contact.start) + 3, 6, 30);
    while at + DAY_MINUTES < contact.end {
        for (panel, chance) in again.iter().zip([0.75, 0.45, 0.4, 0.25]) {
            if let (Some(panel), true) = (panel, orders.rng.chance(chance)) {
                orders.exams.push(exam(Item::Panel(*panel), at - ORDER_MINUTES, at, Purpose::Course));
            }
        }
        at += 3 * DAY_MINUTES;
    }
    orders.exams.retain(|exam| exam.at < contact.end);
}

const fn exam(item: Item, ordered: Minute, at: Minute, purpose: Purpose) -> Exam {
    Exam { item, ordered, at, purpose, nth: 0 }
}

/// How much more or less is examined than the table says.
const fn share(kind: Kind) -> f64 {
    match kind {
        Kind::Community => 0.6,
        Kind::Clinic => 0.85,
        Kind::Stay => 1.15,
        _ => 1.0,
    }
}
