//! Immunisations by schedule, with the delays and gaps of life; influenza each autumn for the old.

use super::super::plan::{Plan, push_number};
use super::super::tables::{Dose, Due};
use super::Visits;
use crate::day::{Day, Minute, date, day, day_of, is_working_day, minute};
use crate::out::Out;
use crate::rng::{Rng, stream};
use std::fmt::Write;

/// Draws of a dose.
const DOSE: u32 = stream::CARE + 7;
/// Children's vaccinations are on electronic record from here on (born in 2004 and later).
const RECORDED_FROM: Day = day(2004, 1, 1);
/// Days between two doses of a vaccine, at least.
const INTERVAL: Day = 28;
const INFLUENZA_AGE: i32 = 60;
/// Yearly doses known before the city's first day.
const INFLUENZA_FROM: i32 = 2023;
/// Numbers of the yearly doses begin here.
const YEARLY: u64 = 100;

/// One dose given.
struct Given<'a> {
    nth: u64,
    name: &'a str,
    code: &'a str,
    cvx: &'a str,
    dose: u8,
    at: Minute,
    institution: u32,
    /// Given elsewhere and brought along: entered when the record was opened here.
    entered: Option<Minute>,
}

impl Given<'_> {
    fn known(&self) -> Minute {
        self.entered.unwrap_or(self.at)
    }
}

pub fn met(plan: &Plan, visits: &mut Visits) {
    each(plan, |given| visits.met(given.institution as usize, given.known()));
}

pub fn write(plan: &Plan, out: &mut Out) {
    let mut id = String::with_capacity(24);
    each(plan, |given| {
        let institution = plan.institution(given.institution);
        let mut rng = Rng::of(plan.seed(), DOSE, plan.person.number << 8 | given.nth | 128);
        let arrival = institution.arrival(given.known(), rng.unit());
        if !out.is_due(arrival) {
            return;
        }
        id.clear();
        id.push('p');
        push_number(&mut id, plan.person.number);
        id.push_str("-v");
        push_number(&mut id, given.nth);
        let patient = plan.city.registration_id(plan.person.number, given.institution as usize);
        out.resource(arrival, "Immunization", &id, |json| {
            json.source(&institution.id);
            json.piece(r#""status":"completed""#);
            json.object("vaccineCode", |json| {
                let codings =
                    [("urn:jingluo:vaccine", given.code, given.name), ("http://hl7.org/fhir/sid/cvx", given.cvx, "")];
                json.codings(&codings, given.name);
            });
            json.reference("patient", "Patient", &patient);
            json.instant("occurrenceDateTime", given.at);
            json.flag("primarySource", given.entered.is_none());
            let mut lot = String::with_capacity(16);
            // A lot lasts two months. Writing to a String cannot fail.
            let _ = write!(lot, "{}{:05}", given.code, day_of(given.at) / 61 * 7 + given.nth as Day);
            json.text("lotNumber", &lot);
            json.array("performer", |json| {
                json.item(|json| json.reference("actor", "Organization", &institution.id));
            });
            json.array("protocolApplied", |json| {
                json.item(|json| json.number("doseNumberPositiveInt", given.dose.into()));
            });
        });
    });
}

/// All doses of a person that are told.
fn each(plan: &Plan, mut tell: impl FnMut(&Given)) {
    let person = plan.person;
    let centre = plan.centre();
    // The last dose of each vaccine; none where one was missed, and with it the later ones.
    let mut before: Vec<(&str, Option<Day>)> = Vec::with_capacity(16);
    for (nth, dose) in plan.tables.doses.iter().enumerate() {
        let mut rng = Rng::of(plan.seed(), DOSE, person.number << 8 | nth as u64);
        let takes = rng.chance(dose.uptake);
        let Some(on) = due(plan, dose, &mut rng) else { continue };
        let known = before.iter().position(|(vaccine, _)| *vaccine == dose.vaccine);
        let on = match known.map(|at| before[at].1) {
            Some(None) => continue,
            Some(Some(last)) => working_day(on.max(last + INTERVAL)),
            None => on,
        };
        let given = takes.then_some(on);
        match known {
            Some(at) => before[at].1 = given,
            None => before.push((dose.vaccine, given)),
        }
        if !takes || !is_told(plan, on) {
            continue;
        }
        let at_birth = matches!(dose.due, Due::Age(..=1));
        let entered = (on < person.here_from()).then(|| super::record::opened(plan));
        let birthplace = if at_birth && entered.is_none() { plan.born_at() } else { None };
        let institution = birthplace.unwrap_or(centre);
        let at = minute(on, if on == person.born { 23 } else { 8 }, 30 + rng.between(0, 29));
        let (name, code, cvx) = (dose.name, dose.code, dose.cvx);
        tell(&Given { nth: nth as u64, name, code, cvx, dose: dose.dose, at, institution, entered });
    }
    influenza(plan, centre, &mut tell);
}

/// Every autumn for the old.
fn influenza(plan: &Plan, centre: u32, tell: &mut impl FnMut(&Given)) {
    let person = plan.person;
    let (last, ..) = date(plan.days.end);
    for year in INFLUENZA_FROM..=last {
        let mut rng = Rng::of(plan.seed(), DOSE, person.number << 8 | (YEARLY + (year - 2000).unsigned_abs() as u64));
        let on = day(year, 10, 8) + rng.exponential(26.0).min(110.0) as Day;
        let on = working_day(on);
        if on < person.here_from()
            || plan.age(on) < INFLUENZA_AGE
            || !rng.chance(if plan.signed { 0.4 } else { 0.22 })
            || !is_told(plan, on)
        {
            continue;
        }
        let at = minute(on, 9, rng.between(0, 380));
        let nth = YEARLY + (year - 2000).unsigned_abs() as u64;
        let name = "流感病毒裂解疫苗";
        tell(&Given { nth, name, code: "2101", cvx: "150", dose: 1, at, institution: centre, entered: None });
    }
}

/// In the city then, or brought along from before; not later than is told.
fn is_told(plan: &Plan, on: Day) -> bool {
    on < plan.days.end && (plan.person.born..=plan.last_day()).contains(&on)
}

/// The day of a dose; none where it is not for this person.
fn due(plan: &Plan, dose: &Dose, rng: &mut Rng) -> Option<Day> {
    let person = plan.person;
    if !(dose.born.0..=dose.born.1).contains(&person.born) || dose.sex.is_some_and(|sex| sex != person.sex) {
        return None;
    }
    let wait = rng.exponential(dose.delay.max(0.01)) as Day;
    let on = match dose.due {
        Due::Age(days) if days < 21_000 && person.born < RECORDED_FROM => return None,
        Due::Age(days) => person.born + days + wait,
        Due::Day(first) => first + wait.min(200),
    };
    Some(if dose.due == Due::Age(0) { on } else { working_day(on) })
}

/// The same day or the next on which clinics work.
fn working_day(on: Day) -> Day {
    (on..on + 10).find(|day| is_working_day(*day)).unwrap_or(on)
}
