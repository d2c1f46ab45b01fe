//! The places as resources.

mod areas;
mod institutions;
mod populations;
mod sites;
mod staff;

use super::Places;
use crate::day::{Minute, minute};
use crate::json::Json;
use crate::out::Out;
use crate::settings::{Part, Settings};

/// Practitioners are written with the places up to so many; in a larger city they come with the blocks of their street,
/// so that no buffer holds them all.
const STAFF_WITH_PLACES: u64 = 40_000;
/// Places stand this many days before history begins.
const DAYS_BEFORE: i32 = 60;

/// All places; of a part of the city only what that part refers to.
pub fn all(places: &Places, settings: &Settings, out: &mut Out) {
    let at = arrival(settings);
    areas::write(places, at, out);
    institutions::write(places, settings, at, out);
    sites::stations(places, at, out);
    if settings.only.is_none() {
        populations::write(places, at, out);
        institutions::affiliations(places, at, out);
        institutions::equipment(places, at, out);
    }
    if matches!(settings.only, None | Some(Part::Surveillance)) {
        sites::write(places, at, out);
    }
    if staff_with_places(places, settings) {
        for nth in 0..places.institutions.len() {
            staff::write(places, settings, nth, at, out);
        }
    }
}

/// The staff of the institutions of a street, where it is not written with the places.
pub fn staff_of_street(places: &Places, settings: &Settings, street: usize, out: &mut Out) {
    if settings.only.is_some_and(|only| only == Part::Registrations) || staff_with_places(places, settings) {
        return;
    }
    for nth in (0..places.institutions.len()).filter(|nth| places.institutions[*nth].street == street) {
        staff::write(places, settings, nth, arrival(settings), out);
    }
}

/// The classes of a section's children at the school of its street, from grade 1 to 12 on the last day of history.
pub fn classes_of_section(places: &Places, settings: &Settings, section: usize, out: &mut Out) {
    if matches!(settings.only, None | Some(Part::Surveillance)) {
        sites::classes(places, settings.end, section, arrival(settings), out);
    }
}

fn staff_with_places(places: &Places, settings: &Settings) -> bool {
    let of = |one: &super::Institution| -> u64 {
        one.departments.iter().map(|department| department.doctors.len() as u64 + u64::from(department.nurses)).sum()
    };
    let count: u64 = places.institutions.iter().map(of).sum();
    settings.only != Some(Part::Registrations) && count <= STAFF_WITH_PLACES
}

/// When places reach the record.
pub fn arrival(settings: &Settings) -> Minute {
    minute(settings.start() - DAYS_BEFORE, 8, 0)
}

/// `"extension":[{"url":"urn:jingluo:area","valueCode":…}]`: in which area something lies.
fn area(code: &str, json: &mut Json) {
    json.array("extension", |json| {
        json.item(|json| {
            json.piece(r#""url":"urn:jingluo:area""#);
            json.text("valueCode", code);
        });
    });
}

fn position((longitude, latitude): super::Point, json: &mut Json) {
    json.object("position", |json| {
        json.decimal("longitude", longitude, 5);
        json.decimal("latitude", latitude, 5);
    });
}

/// A physical type of a Location (HL7 table location-physical-type).
fn physical(code: &str, text: &str, json: &mut Json) {
    json.concept("physicalType", "http://terminology.hl7.org/CodeSystem/location-physical-type", code, text);
}

/// An address within the city.
fn address(places: &Places, street: usize, line: &str, json: &mut Json) {
    let place = &places.streets[street];
    let district = places.districts[place.district].name;
    area(&place.code, json);
    json.texts("text", &["平川市", district, &place.name, line]);
    json.piece(r#""city":"平川市""#);
    json.text("district", district);
}
