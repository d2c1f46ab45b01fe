//! The visits of one month: acute reasons, emergencies, return visits of the chronically ill, follow-ups.

use super::super::tables::Setting;
use super::rates::{
    CLINIC_THINNING, EMERGENCY_THINNING, clinic_minute, clinic_opens, clinic_rate, emergency_minute, emergency_opens,
    emergency_rate,
};
use super::{Contact, Key, Kind, MONTH, Part, Plan, Reason, month_in_year, nth};
use crate::day::{DAY_MINUTES, Day, day_of, minute, month_start};
use crate::model::Disease;
use crate::places::Specialty;
use crate::rng::Rng;

/// What a community centre can treat; the rest goes to hospitals.
fn is_for_centre(specialty: Specialty) -> bool {
    matches!(
        specialty,
        Specialty::Respiratory
            | Specialty::Gastroenterology
            | Specialty::Ent
            | Specialty::Dermatology
            | Specialty::Infectious
            | Specialty::Rehabilitation
            | Specialty::TraditionalMedicine
            | Specialty::GeneralPractice
            | Specialty::Orthopaedics
            | Specialty::Stomatology
            | Specialty::Cardiology
            | Specialty::Neurology
    )
}

impl Plan<'_> {
    /// A number of a person's month.
    fn month_rng(&self, month: i32, part: u64) -> Rng {
        let month = u64::from((month - 2000 * 12).unsigned_abs() & 0xFFF);
        Rng::of(self.seed(), MONTH, self.person.number << 16 | month << 4 | part)
    }

    pub(super) fn stays_rng(&self, month: i32) -> Rng {
        self.month_rng(month, 3)
    }

    pub fn visits_of(&mut self, month: i32) {
        self.acute_visits(month);
        self.emergencies(month);
        self.return_visits(month);
        self.follow_ups(month);
    }

    fn acute_visits(&mut self, month: i32) {
        let mut rng = self.month_rng(month, 0);
        let (first, next) = (month_start(month), month_start(month + 1));
        let (age, sex, of_year) = (self.age(first), self.person.sex, month_in_year(first));
        let rate = clinic_rate(age) * self.city.settings.rates.visits * (1.0 + 0.2 * (rng.unit() - 0.5));
        let factor = self.tables.month_factor(Setting::Clinic, of_year, age, sex);
        let count = rng.poisson(rate * factor / 12.0 * CLINIC_THINNING);
        for at in 0..count.min(40) as u16 {
            let on = first + rng.below((next - first) as u64) as Day;
            let keeps = clinic_opens(on, &mut rng);
            let reason = rng.weighted(self.tables.sums(Setting::Clinic, of_year, age, sex)) as u16;
            let start = clinic_minute(on, &mut rng);
            if !keeps {
                continue;
            }
            let key = Key { month, nth: nth::CLINIC + at };
            let mut own = self.draws(key, Part::Contact);
            let (kind, institution, specialty) = self.where_treated(reason, age, &mut own);
            let end = start + own.between(12, 75);
            self.push_visit(
                Contact::new(key, kind, start..end, institution, specialty, Reason::Acute(reason)),
                &mut own,
            );
        }
    }

    fn where_treated(&self, reason: u16, age: i32, rng: &mut Rng) -> (Kind, u32, Specialty) {
        let specialty = self.acute(reason).specialty;
        let at_centre = if age < 14 {
            0.12
        } else if self.signed {
            0.5
        } else {
            0.3
        };
        if is_for_centre(specialty) && rng.chance(at_centre) {
            return (Kind::Community, self.centre(), Specialty::GeneralPractice);
        }
        let is_childs = matches!(
            specialty,
            Specialty::Respiratory | Specialty::Infectious | Specialty::Gastroenterology | Specialty::GeneralPractice
        );
        let specialty = if age < 14 && is_childs { Specialty::Paediatrics } else { specialty };
        let specialty = if specialty == Specialty::GeneralPractice { Specialty::Internal } else { specialty };
        (Kind::Clinic, self.hospital(specialty, rng), specialty)
    }

    /// Adds a visit; a centre refers three of a hundred to a hospital within the week.
    fn push_visit(&mut self, mut contact: Contact, rng: &mut Rng) {
        if contact.kind == Kind::Community && rng.chance(0.035) {
            let specialty = match contact.reason {
                Reason::Acute(nth) => self.acute(nth).specialty,
                Reason::Lasting(nth) => self.lasting(nth).specialty,
                _ => Specialty::Internal,
            };
            let hospital = self.hospital(specialty, rng);
            contact.refers_to = Some(hospital);
            let key = Key { month: contact.key.month, nth: contact.key.nth + nth::REFERRED };
            let on = day_of(contact.start) + rng.between(1, 7) as Day;
            let start = clinic_minute(on, rng);
            let mut referred = Contact::new(key, Kind::Clinic, start..start + 40, hospital, specialty, contact.reason);
            referred.by = Some(contact.key);
            self.push(referred);
        }
        self.push(contact);
    }

    fn emergencies(&mut self, month: i32) {
        let mut rng = self.month_rng(month, 1);
        let (first, next) = (month_start(month), month_start(month + 1));
        let (age, sex, of_year) = (self.age(first), self.person.sex, month_in_year(first));
        let factor = self.tables.month_factor(Setting::Emergency, of_year, age, sex);
        let rate = emergency_rate(age) * self.city.settings.rates.visits;
        let count = rng.poisson(rate * factor / 12.0 * EMERGENCY_THINNING);
        for at in 0..count.min(40) as u16 {
            let on = first + rng.below((next - first) as u64) as Day;
            let keeps = emergency_opens(on, &mut rng);
            let reason = rng.weighted(self.tables.sums(Setting::Emergency, of_year, age, sex)) as u16;
            let start = emergency_minute(on, &mut rng);
            if !keeps {
                continue;
            }
            let key = Key { month, nth: nth::EMERGENCY + at };
            let mut own = self.draws(key, Part::Contact);
            let mut contact = self.emergency(key, start, reason, age, &mut own);
            contact.ambulance = contact.kind == Kind::Emergency && own.chance(if age >= 70 { 0.2 } else { 0.06 });
            self.push(contact);
        }
    }

    pub(super) fn emergency(&self, key: Key, start: i64, reason: u16, age: i32, rng: &mut Rng) -> Contact {
        let hospital = self.emergency_hospital(rng);
        let icd = self.acute(reason).icd;
        let feverish = matches!(icd, "R50.8" | "R50.9" | "J18.9");
        let end = start + rng.between(40, 300);
        let (kind, specialty) = if feverish && age >= 14 && self.institution(hospital).fever_clinic && rng.chance(0.75)
        {
            (Kind::Fever, Specialty::FeverClinic)
        } else {
            (Kind::Emergency, Specialty::Emergency)
        };
        Contact::new(key, kind, start..end, hospital, specialty, Reason::Acute(reason))
    }

    /// Return visits are regular: a month has the whole number of the rate and sometimes one more.
    fn return_visits(&mut self, month: i32) {
        let mut rng = self.month_rng(month, 2);
        let (first, next) = (month_start(month), month_start(month + 1));
        let weights: Vec<f64> = (0..self.person.chronic.len()).map(|nth| self.return_rate(nth, first)).collect();
        let (sum, most) = weights.iter().fold((0.0, 0.0_f64), |(sum, most), rate| (sum + rate, most.max(*rate)));
        let rate = (most + 0.58 * (sum - most)) * self.city.settings.rates.visits;
        let count = (rate / 12.0 * CLINIC_THINNING + rng.unit()) as u16;
        for at in 0..count.min(30) {
            let on = first + rng.below((next - first) as u64) as Day;
            let keeps = clinic_opens(on, &mut rng);
            let which = rng.by_weight(&weights) as u8;
            let start = clinic_minute(on, &mut rng);
            if !keeps {
                continue;
            }
            let key = Key { month, nth: nth::LASTING + at };
            let mut own = self.draws(key, Part::Contact);
            self.return_visit(key, start, which, &mut own);
        }
        for nth in 0..self.person.chronic.len() {
            let onset = self.person.chronic[nth].onset;
            if (first..next).contains(&onset) {
                // The day of the first diagnosis, at a hospital.
                let key = Key { month, nth: nth::ONSET + nth as u16 };
                let specialty = self.lasting(nth as u8).specialty;
                let hospital = self.hospital(specialty, &mut self.draws(key, Part::Contact));
                let start = minute(onset, 9, 10 + nth as i64 * 7);
                let reason = Reason::Lasting(nth as u8);
                self.push(Contact::new(key, Kind::Clinic, start..start + 45, hospital, specialty, reason));
            }
        }
    }

    fn return_rate(&self, nth: usize, on: Day) -> f64 {
        let chronic = &self.person.chronic[nth];
        if chronic.onset >= on {
            return 0.0;
        }
        self.tables.lasting(chronic.disease).visits * (1.0 + 0.2 * f64::from(chronic.severity.saturating_sub(1)))
    }

    fn return_visit(&mut self, key: Key, start: i64, which: u8, rng: &mut Rng) {
        let lasting = self.lasting(which);
        let home = lasting.home * if self.signed { 1.08 } else { 0.7 };
        let end = start + rng.between(10, 50);
        let reason = Reason::Lasting(which);
        let contact = if rng.chance(home) {
            Contact::new(key, Kind::Community, start..end, self.centre(), Specialty::GeneralPractice, reason)
        } else {
            let hospital = self.hospital(lasting.specialty, rng);
            Contact::new(key, Kind::Clinic, start..end, hospital, lasting.specialty, reason)
        };
        self.push_visit(contact, rng);
    }

    /// Blood pressure and glucose four times a year for managed hypertension and diabetes (national public health services).
    fn follow_ups(&mut self, month: i32) {
        let first = month_start(month);
        let managed = |disease| self.person.has(disease, first);
        if !managed(Disease::Hypertension) && !managed(Disease::Diabetes) {
            return;
        }
        let is_due = (month + (self.person.number % 3) as i32).rem_euclid(3) == 0;
        if !is_due || !self.life(2).chance(0.78) {
            return;
        }
        let mut rng = self.month_rng(month, 4);
        let on = first + rng.between(1, 26) as Day;
        let start = minute(on, 9, rng.between(0, 420));
        let which = self.person.chronic.iter().position(|chronic| {
            matches!(chronic.disease, Disease::Hypertension | Disease::Diabetes) && chronic.onset <= first
        });
        let kind = if rng.chance(0.3) { Kind::Home } else { Kind::FollowUp };
        let key = Key { month, nth: nth::FOLLOW_UP };
        let reason = Reason::Lasting(which.unwrap_or(0) as u8);
        let end = start + rng.between(6, 25);
        let centre = self.centre();
        self.push(Contact::new(key, kind, start..end, centre, Specialty::GeneralPractice, reason));
    }
}

/// A stay's length as minutes.
pub(super) fn minutes_of(days: f64) -> i64 {
    (days * DAY_MINUTES as f64) as i64
}
