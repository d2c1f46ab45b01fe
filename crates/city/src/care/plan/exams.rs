//! What is examined at a contact.

use super::super::tables::Often;
use super::{Contact, Exam, Item, Kind, Part, Plan, Reason};
use crate::day::{DAY_MINUTES, Minute, day_of, minute};
use crate::rng::Rng;

/// Ultrasound by week of pregnancy.
const SCANS: [u8; 5] = [12, 20, 30, 34, 37];

impl Plan<'_> {
    pub fn examine(&mut self) {
        for nth in 0..self.contacts.len() {
            let contact = &self.contacts[nth];
            let mut rng = self.draws(contact.key, Part::Exams);
            let mut wanted = self.wanted(contact, &mut rng);
            wanted.truncate(40);
            let begin = self.exams.len();
            for (at, (item, time)) in wanted.into_iter().enumerate() {
                self.exams.push(Exam { item, at: time, nth: at as u8 });
            }
            self.contacts[nth].exams = begin..self.exams.len();
        }
    }

    fn wanted(&self, contact: &Contact, rng: &mut Rng) -> Vec<(Item, Minute)> {
        let mut wanted = Vec::new();
        let soon = contact.start + rng.between(8, 25);
        match contact.reason {
            Reason::Acute(nth) => {
                let diagnosis = self.acute(nth);
                self.draw_items(
                    contact,
                    &diagnosis.panels,
                    &diagnosis.images,
                    share(contact.kind),
                    soon,
                    &mut wanted,
                    rng,
                );
            }
            Reason::Infection(nth) => self.infection_items(contact, nth, soon, &mut wanted, rng),
            Reason::Lasting(nth) if !matches!(contact.kind, Kind::FollowUp | Kind::Home) => {
                let more = if contact.kind == Kind::Stay { 2.6 } else { share(contact.kind) };
                let lasting = self.lasting(nth);
                self.draw_items(contact, &lasting.panels, &lasting.images, more, soon, &mut wanted, rng);
                let on = day_of(contact.start);
                for (other, chronic) in self.person.chronic.iter().enumerate() {
                    if other != usize::from(nth) && chronic.onset < on {
                        let lasting = self.tables.lasting(chronic.disease);
                        self.draw_items(contact, &lasting.panels, &[], more * 0.3, soon, &mut wanted, rng);
                    }
                }
            }
            Reason::Operation(nth) => {
                let diagnosis = self.acute(self.tables.operations[nth as usize].diagnosis);
                self.draw_items(contact, &diagnosis.panels, &diagnosis.images, 1.2, soon, &mut wanted, rng);
                for key in ["cbc", "coag", "infect", "liver", "kidney", "chem"] {
                    self.panel_at(key, 0.96, soon, &mut wanted, rng);
                }
                self.image_at("ecg", 0.95, soon + 60, &mut wanted, rng);
                self.image_at("chestct", 0.55, soon + 120, &mut wanted, rng);
            }
            Reason::Antenatal(nth, week) => self.antenatal_items(nth, week, soon, &mut wanted, rng),
            Reason::Birth(_) => {
                for key in ["cbc", "coag", "urine"] {
                    self.panel_at(key, 0.95, soon, &mut wanted, rng);
                }
            }
            Reason::Newborn => self.panel_at("bili", 0.45, contact.start + 2900, &mut wanted, rng),
            Reason::Postpartum(_) => self.panel_at("cbc", 0.5, soon, &mut wanted, rng),
            Reason::Child(months) if matches!(months, 8 | 18 | 30 | 36 | 48 | 60 | 72) => {
                self.panel_at("cbc", 0.9, soon, &mut wanted, rng);
            }
            _ => {}
        }
        if contact.kind == Kind::Stay {
            self.through_the_stay(contact, &mut wanted, rng);
        }
        wanted
    }

    fn draw_items(
        &self,
        contact: &Contact,
        panels: &[Often],
        images: &[Often],
        more: f64,
        at: Minute,
        wanted: &mut Vec<(Item, Minute)>,
        rng: &mut Rng,
    ) {
        for (panel, chance) in panels {
            let item = Item::Panel(*panel);
            if rng.chance(chance * more) && !wanted.iter().any(|(other, _)| *other == item) {
                wanted.push((item, at));
            }
        }
        for (image, chance) in images {
            let item = Item::Image(*image);
            let draws = rng.chance(chance * more);
            let wait = rng.between(15, 70);
            let modality = self.tables.images[*image as usize].modality;
            let is_too_heavy = contact.kind == Kind::Community && !matches!(modality, "DX" | "US" | "ECG");
            if draws && !is_too_heavy && !wanted.iter().any(|(other, _)| *other == item) {
                wanted.push((item, at + wait));
            }
        }
    }

    /// The test that confirms it, and what else is usual with the disease.
    fn infection_items(
        &self,
        contact: &Contact,
        nth: u16,
        at: Minute,
        wanted: &mut Vec<(Item, Minute)>,
        rng: &mut Rng,
    ) {
        let infection = &self.infections[nth as usize];
        if let Some(test) = infection.test
            && contact.kind != Kind::Stay
        {
            wanted.push((Item::Assay, test.taken));
        }
        if let Some(diagnosis) = self.infectious(nth) {
            let others: Vec<Often> = diagnosis.panels.iter().copied().filter(|panel| !self.confirms(panel.0)).collect();
            self.draw_items(contact, &others, &diagnosis.images, share(contact.kind), at, wanted, rng);
        } else {
            self.panel_at("cbc", 0.6, at, wanted, rng);
            self.panel_at("liver", 0.3, at, wanted, rng);
        }
    }

    fn confirms(&self, panel: u8) -> bool {
        matches!(self.tables.panels[panel as usize].key, "flu" | "covid" | "noro" | "measles")
    }

    fn panel_at(&self, key: &str, chance: f64, at: Minute, wanted: &mut Vec<(Item, Minute)>, rng: &mut Rng) {
        self.item_at(self.tables.panel(key).map(Item::Panel), chance, at, wanted, rng);
    }

    fn image_at(&self, key: &str, chance: f64, at: Minute, wanted: &mut Vec<(Item, Minute)>, rng: &mut Rng) {
        self.item_at(self.tables.image(key).map(Item::Image), chance, at, wanted, rng);
    }

    fn item_at(&self, item: Option<Item>, chance: f64, at: Minute, wanted: &mut Vec<(Item, Minute)>, rng: &mut Rng) {
        let draws = rng.chance(chance);
        if let Some(item) = item
            && draws
            && !wanted.iter().any(|(other, _)| *other == item)
        {
            wanted.push((item, at));
        }
    }

    fn antenatal_items(&self, nth: u8, week: u8, at: Minute, wanted: &mut Vec<(Item, Minute)>, rng: &mut Rng) {
        self.panel_at("urine", 0.85, at, wanted, rng);
        self.panel_at("cbc", if week <= 13 || week >= 28 { 0.7 } else { 0.35 }, at, wanted, rng);
        if week <= 13 {
            for key in ["infect", "liver", "kidney", "thyroid", "glucose"] {
                self.panel_at(key, 0.85, at, wanted, rng);
            }
        }
        if (24..28).contains(&week) {
            self.panel_at("ogtt", 0.93, at, wanted, rng);
        }
        if week >= 36 {
            self.panel_at("coag", 0.4, at, wanted, rng);
        }
        let due = SCANS.iter().any(|scan| week.abs_diff(*scan) == 0);
        let begin = self.pregnancy(nth).start;
        if due && begin < day_of(at) {
            self.image_at("obus", 0.95, at + 40, wanted, rng);
        }
    }

    /// Blood is drawn again every third morning.
    fn through_the_stay(&self, contact: &Contact, wanted: &mut Vec<(Item, Minute)>, rng: &mut Rng) {
        let again: Vec<Item> =
            ["cbc", "crp", "chem", "liver"].iter().filter_map(|key| self.tables.panel(key)).map(Item::Panel).collect();
        if matches!(contact.reason, Reason::Newborn) {
            return;
        }
        let mut at = minute(day_of(contact.start) + 3, 6, 30);
        while at + DAY_MINUTES < contact.end {
            for (item, chance) in again.iter().zip([0.75, 0.45, 0.4, 0.25]) {
                if rng.chance(chance) {
                    wanted.push((*item, at));
                }
            }
            at += 3 * DAY_MINUTES;
        }
        let end = contact.end;
        wanted.retain(|(_, at)| *at < end);
    }
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
