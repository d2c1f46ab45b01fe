//! Registrations: what institutions have written down about a person, clerical errors and all, and the truth of it.

mod clerk;
mod patient;
mod tables;

pub use clerk::{Written, write_down};
pub use tables::Tables;

use crate::care::Met;
use crate::city::City;
use crate::day::{Day, date_text, minute, minute_text};
use crate::model::{Person, Street};
use crate::out::Out;
use crate::rng::{Rng, stream};
use crate::settings::Part;

/// Registrations a person has beside the community centre's where they are made without care: none to three, 1.4 on
/// average (城市居民就诊机构数, 国家第六次卫生服务统计调查 2018).
const HOSPITALS: [f64; 4] = [0.22, 0.34, 0.26, 0.18];

/// Writes one registration of a person; `nth` is its number among the person's registrations in the order of time.
pub fn write(city: &City, street: &Street, person: &Person, (nth, met): (usize, Met), out: &mut Out) {
    if met.first >= out.window.to {
        return;
    }
    let id = city.registration_id(person.number, met.institution);
    if city.settings.only == Some(Part::Booking) {
        out.resource(met.first, "Patient", &id, |json| patient::short(city, person, met, json));
        return;
    }
    let written = write_down(city, street, person, (nth, met));
    if out.is_due(met.first) {
        tell(city, person, &id, met, &written, out);
    }
    // The community centre hears of a death and closes the record.
    let death = person.died.filter(|_| met.institution == person.centre());
    let closed = death.map(|died| minute(died, 17, 0) + 1440).filter(|closed| *closed > met.first);
    let arrivals = [met.first, closed.unwrap_or(met.first)];
    let versions = if closed.is_some() { 2 } else { 1 };
    out.versions("Patient", &id, &arrivals[..versions], |json, version| {
        let death = death.filter(|_| version == 1);
        patient::write(city, street, person, met, (&written, death), json);
    });
}

/// Where a person is registered when only registrations are made: at the hospital of birth, the community centre, and at
/// none to three hospitals, at times between coming to the city and its last day.
pub fn chosen(city: &City, street: &Street, person: &Person) -> Vec<Met> {
    let mut rng = Rng::of(city.settings.seed, stream::REGISTRATION, person.number);
    let opened: Day = person.here_from();
    let since = opened.max(crate::people::pyramid::CENSUS - 5 * 365);
    let born_here = person.arrived.is_none() && since == person.born;
    let at = |day: Day, rng: &mut Rng| minute(day, rng.between(8, 16), rng.between(0, 59));
    let mut met = Vec::with_capacity(4);
    if born_here {
        let hospital = birth_hospital(street, person).unwrap_or(person.goes_to[1] as usize);
        met.push(Met { institution: hospital, first: at(person.born + rng.below(3) as Day, &mut rng) });
    }
    let wait = if born_here { rng.between(20, 60) } else { rng.between(1, 200) } as Day;
    met.push(Met { institution: person.centre(), first: at(since + wait, &mut rng) });
    let count = rng.by_weight(&HOSPITALS);
    for nth in 0..count {
        let institution = person.goes_to[1 + nth] as usize;
        let first = at(since + wait + rng.below(1800) as Day, &mut rng);
        if !met.iter().any(|known| known.institution == institution) {
            met.push(Met { institution, first });
        }
    }
    met.retain(|met| crate::day::day_of(met.first) < person.here_until());
    met.sort_by_key(|met| met.first);
    met
}

/// One registration at the community centre, from the first day in the city on: what a booking needs to know.
pub fn at_centre(person: &Person) -> Vec<Met> {
    vec![Met { institution: person.centre(), first: minute(person.here_from(), 12, 0) }]
}

/// Where a person was born, if the mother lives in the street.
fn birth_hospital(street: &Street, person: &Person) -> Option<usize> {
    let mother = street.person(person.mother?)?;
    let pregnancy = mother.pregnancies.iter().find(|one| one.children.contains(&Some(person.number)))?;
    Some(pregnancy.hospital as usize)
}

/// A row of the truth about registrations.
fn tell(city: &City, person: &Person, id: &str, met: Met, written: &Written, out: &mut Out) {
    let institution = &city.places.institutions[met.institution].id;
    let errors = written.errors.join(";");
    let first = minute_text(met.first);
    let row = format!("{id},{},{institution},{first},{errors}\n", person.number);
    out.truth.registrations.push_str(&row);
}

/// A row of the truth about people, in the window in which the person comes to be here.
pub fn tell_person(city: &City, street: &Street, person: &Person, out: &mut Out) {
    let from = minute(person.here_from(), 0, 0);
    let history = out.window.from == crate::day::Minute::MIN;
    if from >= out.window.to || (!history && from < out.window.from) {
        return;
    }
    let number = |other: Option<u64>| other.map_or(String::new(), |number| number.to_string());
    let day = |day: Option<Day>| day.map_or(String::new(), date_text);
    let place = &city.places.streets[street.number];
    let row = format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
        person.number,
        person.name.family,
        person.name.given.as_str(),
        person.sex.code(),
        date_text(person.born),
        day(person.died),
        person.identity_text(),
        format_args!("{}-{}", street.section, person.household),
        place.code,
        place.neighbourhoods[usize::from(person.neighbourhood)].code,
        number(person.mother),
        number(person.father),
        number(person.twin),
        day(person.arrived),
        day(person.left),
    );
    out.truth.people.push_str(&row);
}
