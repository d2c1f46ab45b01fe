//! A resident's contacts with care, before anything is written: when, where, why, and what was examined. Each month is drawn
//! from the seed, the person and the month alone, so that a longer city has the same past.

mod child;
mod exams;
mod months;
mod mother;
mod places;
mod rates;
mod repeats;
mod stays;

use super::tables::{Diagnosis, Lasting, Tables};
use crate::City;
use crate::day::{Day, Minute, date, day_of, minute, month_of};
use crate::model::{Person, Pregnancy, Street};
use crate::outbreak::Infection;
use crate::places::Specialty;
use crate::rng::{Rng, stream};
use crate::settings::Settings;
use std::ops::Range;

pub use places::department;
pub use rates::{clinic_rate, emergency_rate};

/// Draws of a person's month.
const MONTH: u32 = stream::CARE;
/// Draws of what happens within one contact.
pub const CONTACT: u32 = stream::CARE + 1;
/// Draws that hold for a whole life: signing, the record, baselines.
pub const LIFE: u32 = stream::CARE + 2;
/// Draws of the report of one examination.
const EXAM: u32 = stream::CARE + 8;

/// Places of each sort of contact within a month's numbers.
pub mod nth {
    pub const CLINIC: u16 = 0;
    pub const EMERGENCY: u16 = 100;
    pub const LASTING: u16 = 200;
    pub const ONSET: u16 = 280;
    pub const FOLLOW_UP: u16 = 300;
    pub const ANTENATAL: u16 = 400;
    pub const CHILD: u16 = 500;
    pub const INFECTION: u16 = 600;
    pub const STAY: u16 = 700;
    pub const NEWBORN: u16 = 790;
    pub const LAST: u16 = 795;
    /// Added for a second opinion, for the hospital a centre refers to, for the emergency before a stay.
    pub const SECOND: u16 = 1000;
    pub const REFERRED: u16 = 2000;
    pub const BEFORE: u16 = 3000;
}

/// What the draws of a contact are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Contact,
    Exams,
    Second,
    Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Clinic,
    Emergency,
    Fever,
    Community,
    /// A chronic patient asked by telephone or at home.
    FollowUp,
    Home,
    Antenatal,
    ChildCheck,
    Stay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Place in `Tables::diagnoses`.
    Acute(u16),
    /// Place in `Person::chronic`.
    Lasting(u8),
    /// Place in the infections of the person.
    Infection(u16),
    /// Pregnancy and completed weeks.
    Antenatal(u8, u8),
    Birth(u8),
    Postpartum(u8),
    Newborn,
    /// Months of age.
    Child(u8),
    /// Place in `Tables::operations`.
    Operation(u8),
}

/// What makes the ids of a contact: unique for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// As by `day::month_of`.
    pub month: i32,
    pub nth: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Panel(u8),
    Image(u8),
    /// The test that confirms the infection of the contact.
    Assay,
}

#[derive(Clone, Copy, Debug)]
pub struct Exam {
    pub item: Item,
    /// When the order was written.
    pub ordered: Minute,
    /// When the specimen or the image was taken.
    pub at: Minute,
    pub purpose: Purpose,
    /// Number within the contact.
    pub nth: u8,
}

/// What an examination is for, beyond the reason of its contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Diagnosis,
    /// An operation is not begun without it.
    BeforeOperation,
    /// Followed through a stay, because the result changes from day to day.
    Course,
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub key: Key,
    pub kind: Kind,
    pub start: Minute,
    pub end: Minute,
    /// Place in `Places::institutions`.
    pub institution: u32,
    pub specialty: Specialty,
    pub reason: Reason,
    /// Places in `Plan::exams`.
    pub exams: Range<usize>,
    /// The condition has changed since the contact this one repeats.
    pub changed: bool,
    pub ambulance: bool,
    /// The contact whose referral led here.
    pub by: Option<Key>,
    /// The institution this contact refers to.
    pub refers_to: Option<u32>,
    /// Ends with the death of the person.
    pub last: bool,
}

/// Everything of one person.
pub struct Plan<'a> {
    pub city: &'a City,
    pub street: &'a Street,
    pub person: &'a Person,
    pub infections: &'a [Infection],
    pub tables: &'static Tables,
    /// First and one past the last day that is told.
    pub days: Range<Day>,
    pub contacts: Vec<Contact>,
    pub exams: Vec<Exam>,
    /// Whether the person has signed with a family doctor.
    pub signed: bool,
    /// The minute of death.
    pub death: Option<Minute>,
}

/// Months drawn before the first day, so that a stay that began before it keeps its place.
const WARM_UP_MONTHS: i32 = 2;

impl<'a> Plan<'a> {
    /// Draws all contacts up to `until`.
    pub fn of(
        city: &'a City,
        street: &'a Street,
        person: &'a Person,
        infections: &'a [Infection],
        until: Minute,
    ) -> Plan<'a> {
        let days = days_told(&city.settings, until);
        let mut plan = Plan {
            city,
            street,
            person,
            infections,
            tables: Tables::get(),
            days: days.clone(),
            contacts: Vec::new(),
            exams: Vec::new(),
            signed: false,
            death: None,
        };
        plan.signed = plan.draws_signing();
        plan.death = person.died.map(|died| minute(died, 0, plan.life(4).between(60, 1400)));
        let first = month_of(days.start.max(person.here_from())) - WARM_UP_MONTHS;
        let last = month_of((days.end - 1).min(person.here_until().saturating_sub(1)));
        plan.births_and_death();
        for month in first..=last {
            plan.stays_of(month);
        }
        plan.settle_stays();
        let stays = plan.contacts.len();
        for month in first + WARM_UP_MONTHS..=last {
            plan.visits_of(month);
        }
        plan.pregnancies();
        plan.childhood();
        plan.infected();
        plan.leave_out_what_stays_cover(stays);
        plan.contacts.retain(|contact| days.contains(&day_of(contact.start)));
        plan.examine();
        plan.second_opinions();
        plan.contacts.sort_by_key(|contact| (contact.start, contact.key));
        plan
    }

    /// Age on a day, from 0.
    pub fn age(&self, on: Day) -> i32 {
        self.person.age_on(on).max(0)
    }

    pub fn seed(&self) -> u64 {
        self.city.settings.seed
    }

    /// Draws that hold for the life of the person; `what` tells them apart.
    pub fn life(&self, what: u64) -> Rng {
        Rng::of(self.seed(), LIFE, self.person.number << 8 | what)
    }

    /// Draws of a contact; `part` tells its place and time, its examinations, and what is written apart.
    pub fn draws(&self, key: Key, part: Part) -> Rng {
        let month = u64::from((key.month - 2000 * 12).unsigned_abs() & 0xFFF);
        let index = self.person.number << 27 | month << 15 | u64::from(key.nth) << 2 | part as u64;
        Rng::of(self.seed(), CONTACT, index)
    }

    /// Draws of how the report of an examination comes about.
    pub fn draws_of_exam(&self, key: Key, exam: u8) -> Rng {
        let month = u64::from((key.month - 2000 * 12).unsigned_abs() & 0xFFF);
        let index = self.person.number << 33 | month << 21 | u64::from(key.nth) << 8 | u64::from(exam);
        Rng::of(self.seed(), EXAM, index)
    }

    /// Code and name of the diagnosis of a contact.
    pub fn diagnosis(&self, contact: &Contact) -> (&'static str, &'static str) {
        match contact.reason {
            Reason::Acute(nth) => self.acute(nth).named(),
            Reason::Infection(nth) => {
                let facts = self.infections[nth as usize].disease.facts();
                (facts.icd10, facts.name)
            }
            Reason::Operation(nth) => self.acute(self.tables.operations[nth as usize].diagnosis).named(),
            Reason::Lasting(nth) => {
                let lasting = self.lasting(nth);
                (lasting.icd, lasting.name)
            }
            Reason::Antenatal(..) => ("Z34.9", "孕期保健"),
            Reason::Birth(nth) if self.is_caesarean(nth) => ("O82.9", "剖宫产分娩"),
            Reason::Birth(nth) if self.is_loss(nth) => ("O03.9", "自然流产"),
            Reason::Birth(_) => ("O80.9", "头位自然分娩"),
            Reason::Postpartum(_) => ("Z39.2", "产后随访"),
            Reason::Newborn => ("Z38.0", "单胎活产婴儿"),
            Reason::Child(_) => ("Z00.1", "儿童健康检查"),
        }
    }

    pub fn acute(&self, nth: u16) -> &'static Diagnosis {
        &self.tables.diagnoses[nth as usize]
    }

    /// The table's row of an infection, where it has one.
    pub fn infectious(&self, nth: u16) -> Option<&'static Diagnosis> {
        let facts = self.infections[nth as usize].disease.facts();
        self.tables.diagnosis(facts.icd10).map(|at| self.acute(at))
    }

    pub fn lasting(&self, nth: u8) -> &'static Lasting {
        self.tables.lasting(self.person.chronic[nth as usize].disease)
    }

    pub fn pregnancy(&self, nth: u8) -> &Pregnancy {
        &self.person.pregnancies[nth as usize]
    }

    /// The last day on which something planned can be done: the day before death or leaving.
    pub fn last_day(&self) -> Day {
        self.person.died.map_or(self.person.here_until(), |died| died.min(self.person.here_until())).saturating_sub(1)
    }

    /// Whether a day is told and the person is in the city.
    fn is_open(&self, at: Minute) -> bool {
        let on = day_of(at);
        on < self.days.end && self.person.is_here(on) && self.death.is_none_or(|death| at < death)
    }

    fn push(&mut self, contact: Contact) {
        if self.is_open(contact.start) {
            self.contacts.push(contact);
        }
    }

    /// Who has signed: about 46 of 100 residents, 85 of 100 in the key groups (Shanghai, end of 2023).
    fn draws_signing(&self) -> bool {
        let on = self.city.settings.end;
        let age = self.age(on);
        let key = !(7..60).contains(&age) || !self.person.chronic.is_empty();
        self.life(1).chance(if key { 0.84 } else { 0.24 })
    }

    /// Visits infections lead to.
    fn infected(&mut self) {
        for (at, infection) in self.infections.iter().enumerate() {
            let Some(visit) = infection.visit else { continue };
            let key = Key { month: month_of(day_of(visit)), nth: nth::INFECTION + at as u16 % 50 };
            let mut rng = self.draws(key, Part::Contact);
            let (kind, specialty) = self.where_infected(infection);
            let end = (visit + rng.between(25, 140)).max(infection.test.map_or(0, |test| test.taken + 5));
            let reason = Reason::Infection(at as u16);
            self.push(Contact::new(key, kind, visit..end, infection.institution, specialty, reason));
        }
    }

    /// Visits fall away where the person lies in a ward; what outbreaks say has happened stays.
    fn leave_out_what_stays_cover(&mut self, stays: usize) {
        let covered: Vec<(Minute, Minute)> = self
            .contacts
            .iter()
            .filter(|contact| contact.kind == Kind::Stay)
            .map(|stay| (stay.start, stay.end))
            .collect();
        if covered.is_empty() {
            return;
        }
        let mut at = 0;
        self.contacts.retain(|contact| {
            at += 1;
            at <= stays
                || contact.kind == Kind::Stay
                || matches!(contact.reason, Reason::Infection(..))
                || !covered.iter().any(|(start, end)| contact.end + 30 > *start && contact.start < *end)
        });
    }
}

impl Contact {
    pub fn new(
        key: Key,
        kind: Kind,
        time: Range<Minute>,
        institution: u32,
        specialty: Specialty,
        reason: Reason,
    ) -> Contact {
        Contact {
            key,
            kind,
            start: time.start,
            end: time.end,
            institution,
            specialty,
            reason,
            exams: 0..0,
            changed: false,
            ambulance: false,
            by: None,
            refers_to: None,
            last: false,
        }
    }
}

impl Diagnosis {
    fn named(&self) -> (&'static str, &'static str) {
        (self.icd, self.name)
    }
}

impl Key {
    /// `2511-3`: year and month, number within.
    pub fn write(self, text: &mut String) {
        let (year, month) = (self.month.div_euclid(12), self.month.rem_euclid(12) + 1);
        for number in [year % 100 / 10, year % 10, month / 10, month % 10] {
            text.push(char::from(b'0' + number as u8));
        }
        text.push('-');
        push_number(text, u64::from(self.nth));
    }
}

pub fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// From the first day of history to the last that may be told.
fn days_told(settings: &Settings, until: Minute) -> Range<Day> {
    let start = settings.end - settings.days as Day;
    let end = (settings.end + settings.horizon as Day).min(day_of(until.min(i64::from(i32::MAX) * 1000)) + 1);
    start..end.max(start)
}

/// The month of the year of a day, 1 to 12.
pub const fn month_in_year(on: Day) -> u32 {
    date(on).1
}
