//! A registration as a Patient.

use super::clerk::Written;
use crate::care::Met;
use crate::city::City;
use crate::day::Day;
use crate::json::Json;
use crate::model::{Person, Street};
use crate::rng::Rng;
use identity::number::SYSTEM;

const IDENTIFIER_TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";

/// The members of a Patient; `death` is the day of death once it is known here.
pub fn write(
    city: &City,
    street: &Street,
    person: &Person,
    met: Met,
    (written, death): (&Written, Option<Day>),
    json: &mut Json,
) {
    let institution = &city.places.institutions[met.institution];
    json.source(&institution.id);
    json.array("identifier", |json| {
        json.item(|json| {
            json.piece(r#""use":"usual""#);
            json.object("type", |json| json.codings(&[(IDENTIFIER_TYPES, "MR", "")], "病案号"));
            json.texts("system", &["urn:jingluo:patient-number:", &institution.id]);
            json.text("value", &record_number(person, met));
        });
        if let Some(number) = &written.number {
            json.item(|json| {
                json.piece(r#""use":"official""#);
                json.object("type", |json| json.codings(&[(IDENTIFIER_TYPES, "NI", "")], "居民身份证号"));
                json.text("system", SYSTEM);
                json.text("value", number);
            });
        }
    });
    json.flag("active", death.is_none());
    name(written, json);
    let phone = std::str::from_utf8(&written.phone).unwrap_or_default();
    json.array("telecom", |json| {
        json.item(|json| {
            json.piece(r#""system":"phone""#);
            json.text("value", phone);
            json.piece(r#""use":"mobile""#);
        });
    });
    json.text("gender", written.sex.code());
    json.date("birthDate", written.born);
    if let Some(death) = death {
        json.date("deceasedDateTime", death);
    }
    address(city, street, person, written, json);
    if person.twin.is_some() {
        json.flag("multipleBirthBoolean", true);
    }
    json.object("managingOrganization", |json| {
        json.texts("reference", &["Organization/", &institution.id]);
        json.text("display", &institution.name);
    });
}

/// A Patient of few members, for a city of bookings.
pub fn short(city: &City, person: &Person, met: Met, json: &mut Json) {
    let institution = &city.places.institutions[met.institution];
    json.source(&institution.id);
    json.array("name", |json| {
        json.item(|json| {
            json.texts("text", &[person.name.family, person.name.given.as_str()]);
        });
    });
    json.text("gender", person.sex.code());
    json.date("birthDate", person.born);
    json.reference("managingOrganization", "Organization", &institution.id);
}

/// Institutions count on their own; the number tells nothing about the person elsewhere.
fn record_number(person: &Person, met: Met) -> String {
    let mixed = Rng::of(met.institution as u64, 0, person.number).below(90_000_000) + 10_000_000;
    format!("{mixed}{:02}", person.number % 100)
}

fn name(written: &Written, json: &mut Json) {
    // A name spelled in Latin letters has a blank between its parts.
    let latin = written.family.is_ascii() && !written.family.is_empty();
    json.array("name", |json| {
        json.item(|json| {
            json.texts("text", &[&written.family, if latin { " " } else { "" }, &written.given]);
            if !written.family.is_empty() {
                json.text("family", &written.family);
            }
            json.array("given", |json| json.item_text(&written.given));
        });
    });
}

fn address(city: &City, street: &Street, person: &Person, written: &Written, json: &mut Json) {
    let place = &city.places.streets[street.number];
    let district = city.places.districts[place.district].name;
    let home = street.household_of(person);
    let (mut road, mut house, mut room) = (usize::from(home.road), home.house, home.room);
    if let Some(drawn) = written.old_address {
        let mut rng = Rng::of(drawn, 0, 0);
        road = rng.below(place.roads.len() as u64) as usize;
        (house, room) = (rng.between(1, 480) as u16, (rng.between(1, 24) * 100 + rng.between(1, 6)) as u16);
    }
    let neighbourhood = &place.neighbourhoods[usize::from(home.neighbourhood)];
    let road = place.roads.get(road).map_or("", String::as_str);
    let line = format!("{road}{house}号{room}室");
    json.array("address", |json| {
        json.item(|json| {
            json.array("extension", |json| {
                json.item(|json| {
                    json.piece(r#""url":"urn:jingluo:area""#);
                    json.text("valueCode", &neighbourhood.code);
                });
            });
            json.piece(r#""use":"home""#);
            json.texts("text", &["平川市", district, &place.name, &line]);
            json.array("line", |json| json.item_text(&line));
            json.piece(r#""city":"平川市""#);
            json.text("district", district);
        });
    });
}
