//! What comes of an infection: whether the person falls ill, sees a doctor, is tested, admitted and reported, and when.

use crate::day::{DAY_MINUTES, Day, Minute, day_of, is_working_day, minute};
use crate::model::Person;
use crate::outbreak::illness::{Class, Illness};
use crate::outbreak::infection::{Infection, Stay, Test};
use crate::outbreak::roster::Setting;
use crate::places::{Institution, Places, Specialty};
use crate::rng::Rng;

/// Share of cards that are filled in within the clock of the law.
const IN_TIME: f64 = 0.9;
/// Share of true cases that a test finds.
const SENSITIVITY: f64 = 0.93;
/// The setting at which each disease is reported as its row says.
const USUAL_UNDER_REPORTING: f64 = 0.2;
/// Share of cases with a negative test that are reported all the same, on clinical grounds.
const REPORTED_UNCONFIRMED: f64 = 0.3;
/// Share of admitted patients who need intensive care: under 15, 15–59, 60 and more.
const INTENSIVE: [f64; 3] = [0.04, 0.08, 0.16];

/// The beginning of a course: who was infected where and when.
#[derive(Clone, Copy, Debug)]
pub struct Begin {
    pub outbreak: Option<u32>,
    pub disease: Illness,
    pub by: Option<u64>,
    pub setting: Setting,
    pub place: u64,
    pub at: Minute,
    /// A sporadic case is one that a doctor has seen; who else fell ill is not known.
    pub seen: bool,
    /// The stay in which a hospital infection is acquired.
    pub ward: Option<Stay>,
}

pub struct Courses<'a> {
    pub places: &'a Places,
    /// `Rates::under_reporting`.
    pub under_reporting: f64,
}

impl Courses<'_> {
    pub fn run(&self, person: &Person, begin: &Begin, rng: &mut Rng) -> Infection {
        let facts = begin.disease.facts();
        let incubation = rng.lognormal(facts.incubation_days, facts.incubation_spread.ln());
        let onset = begin.at + (incubation * DAY_MINUTES as f64) as Minute;
        let group = age_group(person, day_of(onset));
        let ill = begin.seen || rng.chance(facts.ill);
        let seen = begin.seen || (ill && rng.chance(facts.visits[group]));
        let admitted = seen && begin.ward.is_none() && rng.chance(facts.stays[group]);
        let intensive = rng.chance(INTENSIVE[group]);
        let mut infection = Infection {
            person: person.number,
            outbreak: begin.outbreak,
            disease: begin.disease,
            by: begin.by,
            setting: begin.setting,
            place: begin.place,
            at: begin.at,
            onset: day_of(onset),
            severity: severity(ill, seen, admitted || begin.ward.is_some(), intensive),
            visit: None,
            institution: person.goes_to[0],
            emergency: false,
            test: None,
            stay: begin.ward,
            diagnosed: onset,
            reported: false,
            filled: onset,
        };
        if !seen || day_of(onset) >= person.here_until() {
            return infection;
        }
        self.see_a_doctor(person, begin, onset, admitted, &mut infection, rng);
        if let Some(stay) = infection.stay.as_mut().filter(|stay| stay.acquired) {
            // An infection of the ward keeps the patient there for its treatment.
            stay.to = stay.to.max(onset + rng.between(7, 14) * DAY_MINUTES);
        }
        if day_of(infection.diagnosed) >= person.here_until() {
            infection.reported = false;
        }
        infection
    }

    fn see_a_doctor(
        &self,
        person: &Person,
        begin: &Begin,
        onset: Minute,
        admitted: bool,
        infection: &mut Infection,
        rng: &mut Rng,
    ) {
        let facts = begin.disease.facts();
        infection.emergency = admitted || rng.chance(0.12);
        let wait = rng.exponential(facts.visit_days).min(facts.visit_days * 5.0) + 0.08;
        let wish = onset + (wait * DAY_MINUTES as f64) as Minute;
        let visit = match begin.ward {
            // Who lies in a ward is seen within hours.
            Some(_) => onset + rng.between(30, 600),
            None if infection.emergency => any_hour(wish, rng),
            None => open_hours(wish, rng),
        };
        infection.visit = Some(visit);
        infection.institution = match begin.ward {
            Some(stay) => stay.institution,
            None => self.institution(person, facts.community && !infection.emergency, rng),
        };
        if admitted {
            infection.stay = self.stay(person, begin.disease, visit, infection, rng);
        }
        infection.diagnosed = visit + 20;
        let tested = rng.chance(facts.assay.share);
        if tested {
            let test = test(facts.assay.hours, visit, rng);
            infection.test = Some(test);
            if test.positive {
                infection.diagnosed = test.resulted;
            }
        }
        let found = infection.test.is_none_or(|test| test.positive) || rng.chance(REPORTED_UNCONFIRMED);
        infection.reported = found && !rng.chance(self.missing(1.0 - facts.reported));
        infection.filled = filled(infection.diagnosed, facts.report_hours, rng);
    }

    /// Share that is not reported, where `usual` of the disease is missing at the usual fifth: none at 0, all at 1.
    fn missing(&self, usual: f64) -> f64 {
        match self.under_reporting {
            under if under <= USUAL_UNDER_REPORTING => usual * under / USUAL_UNDER_REPORTING,
            under => usual + (1.0 - usual) * (under - USUAL_UNDER_REPORTING) / (1.0 - USUAL_UNDER_REPORTING),
        }
    }

    /// Where a person goes with it: small things to the community centre, the rest to a hospital by liking.
    fn institution(&self, person: &Person, community: bool, rng: &mut Rng) -> u32 {
        if community && rng.chance(0.4) {
            return person.goes_to[0];
        }
        person.goes_to[1 + rng.by_weight(&[0.6, 0.25, 0.15])]
    }

    /// A stay in the hospital of the visit, or in the one liked best if that has no beds for it.
    fn stay(
        &self,
        person: &Person,
        disease: Illness,
        visit: Minute,
        infection: &mut Infection,
        rng: &mut Rng,
    ) -> Option<Stay> {
        let child = age_group(person, day_of(visit)) == 0;
        let wanted = [infection.institution, person.goes_to[1], person.goes_to[2], person.goes_to[3]];
        let found = wanted.into_iter().find_map(|nth| {
            let department = ward(self.places.institutions.get(nth as usize)?, child)?;
            Some((nth, department))
        });
        let (institution, department) = found?;
        infection.institution = institution;
        let days = if disease.facts().class == Class::Foodborne { 3.0 } else { 6.5 };
        let from = visit + rng.between(60, 300);
        let length = rng.lognormal(days, 0.45).clamp(1.0, 60.0);
        let to = minute(day_of(from) + length as Day + 1, 10, rng.between(0, 300));
        Some(Stay { institution, department, from, to, acquired: false })
    }
}

/// Share of seen cases that a doctor would report, were none forgotten.
pub fn found_share(disease: Illness) -> f64 {
    1.0 - disease.facts().assay.share * (1.0 - SENSITIVITY) * (1.0 - REPORTED_UNCONFIRMED)
}

/// 0 under 15, 1 under 60, 2 from 60 on.
fn age_group(person: &Person, on: Day) -> usize {
    match person.age_on(on) {
        ..15 => 0,
        15..60 => 1,
        _ => 2,
    }
}

fn severity(ill: bool, seen: bool, admitted: bool, intensive: bool) -> u8 {
    match (ill, seen, admitted, intensive) {
        (false, ..) => 0,
        (_, false, ..) => 1,
        (_, _, false, _) => 2,
        (.., false) => 3,
        _ => 4,
    }
}

/// The ward that takes an infection: as a place in the departments of a hospital.
pub fn ward(institution: &Institution, child: bool) -> Option<u16> {
    let order: &[Specialty] = if child {
        &[Specialty::Paediatrics, Specialty::Infectious, Specialty::Internal]
    } else {
        &[Specialty::Infectious, Specialty::Respiratory, Specialty::Internal, Specialty::TraditionalMedicine]
    };
    if !institution.is_hospital() {
        return None;
    }
    let with_beds =
        |wanted: &Specialty| institution.departments.iter().position(|d| d.specialty == *wanted && d.beds > 0);
    let any = || institution.departments.iter().position(|department| department.beds > 0);
    order.iter().find_map(with_beds).or_else(any).map(|nth| nth as u16)
}

/// The minute at which a wish for a visit comes true: half of those who would come on a free day wait for a working day;
/// mornings are the fullest.
pub fn open_hours(wish: Minute, rng: &mut Rng) -> Minute {
    let mut day = day_of(wish);
    if !is_working_day(day) && rng.chance(0.5) {
        while !is_working_day(day) {
            day += 1;
        }
    }
    let (open, close) = match rng.by_weight(&[0.6, 0.3, 0.1]) {
        0 => (8 * 60, 11 * 60 + 30),
        1 => (13 * 60, 16 * 60 + 30),
        _ => (17 * 60, 20 * 60),
    };
    let visit = minute(day, 0, rng.between(open, close));
    if visit >= wish { visit } else { wish + rng.between(10, 90) }
}

/// The minute of an emergency visit: at any hour, in the evening most.
fn any_hour(wish: Minute, rng: &mut Rng) -> Minute {
    let (from, to) = [(0, 8), (8, 12), (12, 18), (18, 24)][rng.by_weight(&[0.15, 0.2, 0.3, 0.35])];
    let visit = minute(day_of(wish), 0, rng.between(from * 60, to * 60 - 1));
    if visit >= wish { visit } else { wish + rng.between(5, 45) }
}

fn test(hours: i64, visit: Minute, rng: &mut Rng) -> Test {
    let taken = visit + rng.between(10, 60);
    let worked = rng.lognormal(hours.max(1) as f64 * 60.0, 0.3) as Minute;
    let mut resulted = taken + worked;
    // Long tests are read on working days only.
    while hours > 24 && !is_working_day(day_of(resulted)) {
        resulted += DAY_MINUTES;
    }
    Test { taken, resulted, positive: rng.chance(SENSITIVITY) }
}

/// When a card is filled in: within the clock for most, late for some, and later where the diagnosis falls on a free day.
fn filled(diagnosed: Minute, hours: i64, rng: &mut Rng) -> Minute {
    let limit = hours as f64 * 60.0;
    let in_time = rng.chance(IN_TIME) && (is_working_day(day_of(diagnosed)) || rng.chance(0.8));
    let wait = if in_time {
        rng.lognormal(limit * 0.15, 0.8).min(limit * 0.98)
    } else {
        limit * (1.0 + rng.exponential(0.8)).min(12.0)
    };
    diagnosed + wait.max(3.0) as Minute
}
