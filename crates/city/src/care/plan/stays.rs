//! Days in wards: acute illness, flares of lasting disease, planned operations, births, the last days. Stays of one person
//! never overlap.

use super::super::tables::Setting;
use super::months::minutes_of;
use super::rates::{operation_rate, stay_rate};
use super::{Contact, Key, Kind, Part, Plan, Reason, month_in_year, nth};
use crate::day::{DAY_MINUTES, Day, Minute, day_of, is_working_day, minute, month_of, month_start};
use crate::model::{Disease, Outcome};
use crate::places::Specialty;
use crate::rng::Rng;

/// Between a discharge and the next admission lies at least half a day.
const PAUSE: Minute = DAY_MINUTES / 2;
const DAYS_MAX: f64 = 45.0;

impl Plan<'_> {
    pub fn stays_of(&mut self, month: i32) {
        let mut rng = self.stays_rng(month);
        let (first, next) = (month_start(month), month_start(month + 1));
        let (age, sex, of_year) = (self.age(first), self.person.sex, month_in_year(first));
        let acute = stay_rate(age) * self.tables.month_factor(Setting::Stay, of_year, age, sex) / 12.0;
        if rng.chance(acute) {
            let reason = rng.weighted(self.tables.sums(Setting::Stay, of_year, age, sex)) as u16;
            let on = first + rng.below((next - first) as u64) as Day;
            self.acute_stay(Key { month, nth: nth::STAY }, on, reason);
        }
        let flare = rng.unit();
        let on = first + rng.below((next - first) as u64) as Day;
        self.flare(Key { month, nth: nth::STAY + 1 }, on, flare);
        let planned = rng.unit();
        let on = first + rng.below((next - first) as u64) as Day;
        if planned < operation_rate(age) / 12.0 {
            self.operation(Key { month, nth: nth::STAY + 2 }, on, age);
        }
    }

    fn acute_stay(&mut self, key: Key, on: Day, reason: u16) {
        let mut rng = self.draws(key, Part::Contact);
        let diagnosis = self.acute(reason);
        let start = minute(on, 8, rng.between(0, 780));
        let days = rng.lognormal(diagnosis.days.max(2.0) * 0.88, 0.38).clamp(1.2, DAYS_MAX);
        let specialty = if self.age(on) < 14 { Specialty::Paediatrics } else { diagnosis.specialty };
        let hospital = self.hospital(specialty, &mut rng);
        let end = discharge(start, days, &mut rng);
        self.push(Contact::new(key, Kind::Stay, start..end, hospital, specialty, Reason::Acute(reason)));
    }

    /// A lasting disease that has become worse, as its rate and severity say.
    fn flare(&mut self, key: Key, on: Day, drawn: f64) {
        let mut below = 0.0;
        for (nth, chronic) in self.person.chronic.iter().enumerate() {
            if chronic.onset > on {
                continue;
            }
            below += self.tables.lasting(chronic.disease).stays * f64::from(chronic.severity.max(1)) / 12.0 * 0.78;
            if drawn >= below {
                continue;
            }
            let mut rng = self.draws(key, Part::Contact);
            let specialty = self.lasting(nth as u8).specialty;
            let long = matches!(chronic.disease, Disease::Schizophrenia | Disease::Dementia | Disease::Stroke);
            let days = rng.lognormal(if long { 14.0 } else { 6.6 }, 0.4).clamp(1.5, DAYS_MAX);
            let start = minute(on, 9, rng.between(0, 480));
            let hospital = self.hospital(specialty, &mut rng);
            let end = discharge(start, days, &mut rng);
            let reason = Reason::Lasting(nth as u8);
            self.push(Contact::new(key, Kind::Stay, start..end, hospital, specialty, reason));
            return;
        }
    }

    fn operation(&mut self, key: Key, on: Day, age: i32) {
        let mut rng = self.draws(key, Part::Contact);
        let weight = |nth: usize| {
            let operation = &self.tables.operations[nth];
            let fits = (operation.from_age..=operation.to_age).contains(&age)
                && operation.sex.is_none_or(|sex| sex == self.person.sex);
            if fits { operation.weight } else { 0.0 }
        };
        let weights: Vec<f64> = (0..self.tables.operations.len()).map(weight).collect();
        if weights.iter().sum::<f64>() <= 0.0 {
            return;
        }
        let which = rng.by_weight(&weights);
        let operation = &self.tables.operations[which];
        let on = (on..on + 10).find(|day| is_working_day(*day)).unwrap_or(on);
        let start = minute(on, 9, rng.between(0, 400));
        let days = rng.lognormal(operation.days * 0.95, 0.28).clamp(1.2, DAYS_MAX);
        let hospital = self.hospital(operation.specialty, &mut rng);
        let end = discharge(start, days, &mut rng);
        let reason = Reason::Operation(which as u8);
        self.push(Contact::new(key, Kind::Stay, start..end, hospital, operation.specialty, reason));
    }

    /// What is known from the life of the person: births, being born, dying.
    pub fn births_and_death(&mut self) {
        for nth in 0..self.person.pregnancies.len() as u8 {
            self.birth(nth);
        }
        self.being_born();
        self.last_days();
        self.infected_stays();
    }

    /// Stays for an infection, and stays in which one was acquired.
    fn infected_stays(&mut self) {
        for (at, infection) in self.infections.iter().enumerate() {
            let Some(stay) = infection.stay else { continue };
            let key = Key { month: month_of(day_of(stay.from)), nth: nth::STAY + 40 + at as u16 % 50 };
            let mut rng = self.draws(key, Part::Contact);
            let specialty = self.institution(stay.institution).departments[stay.department as usize].specialty;
            let reason = if stay.acquired {
                let (age, sex) = (self.age(infection.onset), self.person.sex);
                let of_year = month_in_year(infection.onset);
                Reason::Acute(rng.weighted(self.tables.sums(Setting::Stay, of_year, age, sex)) as u16)
            } else {
                Reason::Infection(at as u16)
            };
            let end = self.death.map_or(stay.to, |death| death.min(stay.to));
            self.push(Contact::new(key, Kind::Stay, stay.from..end, stay.institution, specialty, reason));
        }
    }

    fn birth(&mut self, nth: u8) {
        let pregnancy = *self.pregnancy(nth);
        let key = Key { month: month_of(pregnancy.end), nth: nth::STAY + 20 + u16::from(nth) };
        let mut rng = self.draws(key, Part::Contact);
        let (start, end) = match pregnancy.outcome {
            Outcome::Loss => {
                let start = minute(pregnancy.end, 9, rng.between(0, 360));
                (start, start + rng.between(480, 2600))
            }
            outcome => {
                let born = self.minute_of_birth(pregnancy.children[0].unwrap_or(self.person.number), pregnancy.end);
                let days = if outcome == Outcome::Caesarean { 4.6 } else { 2.7 };
                (born - rng.between(100, 1300), discharge(born, days * (0.85 + 0.3 * rng.unit()), &mut rng))
            }
        };
        let reason = Reason::Birth(nth);
        self.push(Contact::new(key, Kind::Stay, start..end, pregnancy.hospital, Specialty::Obstetrics, reason));
    }

    /// The same minute for mother and child.
    fn minute_of_birth(&self, child: u64, on: Day) -> Minute {
        minute(on, 0, Rng::of(self.seed(), super::LIFE, child << 8 | 3).between(20, 1420))
    }

    fn being_born(&mut self) {
        let person = self.person;
        let Some(hospital) = self.born_at() else { return };
        let start = self.minute_of_birth(self.elder_of_birth(), person.born);
        let key = Key { month: month_of(person.born), nth: nth::NEWBORN };
        let mut rng = self.draws(key, Part::Contact);
        let end = discharge(start, 2.6 + 1.4 * rng.unit(), &mut rng);
        self.push(Contact::new(key, Kind::Stay, start..end, hospital, Specialty::Obstetrics, Reason::Newborn));
    }

    /// The hospital a person was born at, where the mother's pregnancy tells it.
    pub fn born_at(&self) -> Option<u32> {
        let person = self.person;
        if person.arrived.is_some() {
            return None;
        }
        let mother = self.street.person(person.mother?)?;
        let holds = |children: &[Option<u64>; 2]| children.contains(&Some(person.number));
        mother.pregnancies.iter().find(|pregnancy| holds(&pregnancy.children)).map(|pregnancy| pregnancy.hospital)
    }

    fn elder_of_birth(&self) -> u64 {
        self.person.twin.map_or(self.person.number, |twin| twin.min(self.person.number))
    }

    /// More than half of the dying lie in a ward at last.
    fn last_days(&mut self) {
        let (Some(died), Some(death)) = (self.person.died, self.death) else { return };
        let key = Key { month: month_of(died), nth: nth::LAST };
        let mut rng = self.draws(key, Part::Contact);
        if !rng.chance(0.56) {
            return;
        }
        let start = (death - minutes_of(rng.lognormal(6.0, 0.7).clamp(0.2, 40.0))).max(minute(self.person.born, 0, 1));
        let reason = self.cause_of_death(&mut rng);
        let specialty = match reason {
            Reason::Lasting(nth) => self.lasting(nth).specialty,
            Reason::Acute(nth) => self.acute(nth).specialty,
            _ => Specialty::Internal,
        };
        let hospital = self.emergency_hospital(&mut rng);
        let mut contact = Contact::new(key, Kind::Stay, start..death, hospital, specialty, reason);
        contact.last = true;
        self.push(contact);
    }

    /// A grave lasting disease where there is one, else an acute illness of that age.
    pub fn cause_of_death(&self, rng: &mut Rng) -> Reason {
        let grave = |disease: Disease| match disease {
            Disease::LungCancer | Disease::LiverCancer | Disease::StomachCancer => 6.0,
            Disease::ColorectalCancer | Disease::BreastCancer | Disease::ProstateCancer => 3.0,
            Disease::HeartFailure => 3.0,
            Disease::CoronaryHeart | Disease::Stroke | Disease::Copd => 1.6,
            Disease::ChronicKidney | Disease::Dementia => 1.0,
            Disease::Diabetes => 0.3,
            _ => 0.0,
        };
        let weights: Vec<f64> = self.person.chronic.iter().map(|chronic| grave(chronic.disease)).collect();
        if weights.iter().sum::<f64>() > 0.0 && rng.chance(0.7) {
            return Reason::Lasting(rng.by_weight(&weights) as u8);
        }
        let codes: [&str; 6] = ["J18.9", "I21.9", "I61.9", "I63.9", "J96.9", "A41.9"];
        let icd = if self.person.died.is_some_and(|died| self.age(died) < 40) { "A41.9" } else { *rng.pick(&codes) };
        Reason::Acute(self.tables.diagnosis(icd).unwrap_or(0))
    }

    /// Keeps what a life has fixed and, of the rest in order of time, what does not run into another stay. Then tells of
    /// the emergency visit many acute stays begin with.
    pub fn settle_stays(&mut self) {
        let is_fixed = |contact: &Contact| {
            matches!(contact.reason, Reason::Birth(_) | Reason::Newborn)
                || contact.last
                || contact.key.nth >= nth::STAY + 40
        };
        let mut drawn = std::mem::take(&mut self.contacts);
        drawn.sort_by_key(|contact| (!is_fixed(contact), contact.start, contact.key));
        for contact in drawn {
            let outlives = self.death.is_some_and(|death| contact.end > death);
            if is_fixed(&contact) || !outlives {
                self.stay_if_free(contact);
            }
        }
        for nth in 0..self.contacts.len() {
            let stay = &self.contacts[nth];
            let Reason::Acute(reason) = stay.reason else { continue };
            if self.acute(reason).weights[1] < 3.0 {
                continue;
            }
            let key = Key { month: stay.key.month, nth: stay.key.nth + nth::BEFORE };
            let mut rng = self.draws(key, Part::Contact);
            if !rng.chance(0.62) {
                continue;
            }
            let start = stay.start - rng.between(70, 400);
            let mut contact = self.emergency(key, start, reason, self.age(day_of(start)), &mut rng);
            (contact.institution, contact.end) = (stay.institution, stay.start - 5);
            (contact.kind, contact.specialty) = (Kind::Emergency, Specialty::Emergency);
            contact.ambulance = rng.chance(0.3);
            self.push(contact);
        }
    }

    /// Adds a stay unless it runs into another one.
    pub(super) fn stay_if_free(&mut self, contact: Contact) {
        let is_free = |other: &Contact| {
            other.kind != Kind::Stay || contact.start > other.end + PAUSE || contact.end + PAUSE < other.start
        };
        if self.contacts.iter().all(is_free) {
            self.push(contact);
        }
    }
}

/// Patients go home between nine and five.
fn discharge(start: Minute, days: f64, rng: &mut Rng) -> Minute {
    let end = start + minutes_of(days);
    minute(day_of(end), 9, rng.between(0, 460)).max(start + 300)
}
