//! One synthetic resident: who it is, and one to three registrations at different institutions.

use super::clinical::{self, Course};
use super::names;
use super::places::{DISTRICTS, INSTITUTIONS, Institution};
use super::random::Random;
use super::source::Calendar;
use identity::number::SYSTEM;
use serde_json::{Value, json};

/// Whom the console's example of a search finds.
const EXAMPLE: (usize, (&str, &str), (i16, i8, i8)) = (2, ("张", "伟"), (1985, 3, 7));
const SEED: u64 = 0x4A69_6E67_6C75_6F00;

/// A resident as drawn.
pub struct Person {
    pub number: usize,
    pub is_male: bool,
    pub age: i64,
    pub name: (String, String),
    pub birth_date: String,
    pub identity_number: String,
    pub district: usize,
    pub phone: String,
    pub address: String,
}

/// A Patient of the resident.
pub struct Registration {
    pub id: String,
    pub institution: &'static Institution,
}

/// All resources of one resident.
pub fn resident(number: usize, calendar: &Calendar) -> Vec<Value> {
    let random = Random::seeded(SEED ^ number as u64);
    let person = draw(number, &random, calendar);
    let registrations = registrations(&person, &random);
    let mut resources = Vec::new();
    for (nth, registration) in registrations.iter().enumerate() {
        // Here and there a clerk left the number out: that registration stands alone until identities are matched.
        let without_number = nth > 0 && nth + 1 == registrations.len() && number.is_multiple_of(5);
        resources.push(patient(&person, registration, nth, without_number));
    }
    let course = Course::draw(&person, &random);
    resources.extend(clinical::record(&person, &registrations, &course, &random, calendar));
    resources
}

fn draw(number: usize, random: &Random, calendar: &Calendar) -> Person {
    let is_example = number == EXAMPLE.0;
    let is_male = random.percent(49) || is_example;
    // The first resident is the one who may sign in, with a long record.
    let age = if number == 1 { 63 } else { *random.one(&[3, 6, 17, 28, 34, 41, 46, 52, 57, 61, 66, 70, 74, 79, 85]) };
    let drawn = calendar.day(age * 365 + age / 4 + random.between(30, 300));
    let (year, month, day) = if is_example { EXAMPLE.2 } else { drawn };
    let age = if is_example { i64::from(calendar.day(0).0 - year) } else { age };
    let given = if is_male { random.one(&names::MALE) } else { random.one(&names::FEMALE) };
    let drawn = (*random.one(&names::FAMILY), *given);
    let (family, given) = if is_example { EXAMPLE.1 } else { drawn };
    let district = usize::try_from(random.between(0, 2)).unwrap_or(0);
    let sequence = random.between(0, 499) * 2 + i64::from(is_male);
    let digits = format!("{}{year:04}{month:02}{day:02}{sequence:03}", DISTRICTS[district].region);
    Person {
        number,
        is_male,
        age,
        name: (family.to_owned(), given.to_owned()),
        birth_date: format!("{year:04}-{month:02}-{day:02}"),
        identity_number: format!("{digits}{}", check_character(&digits)),
        district,
        // 1990… is no range of mobile numbers in use.
        phone: format!("1990000{:04}", number % 10_000),
        address: format!("{}{}号", random.one(&names::STREETS), random.between(1, 280)),
    }
}

/// The check character of GB 11643-1999 for 17 digits.
fn check_character(digits: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        digits.chars().filter_map(|digit| digit.to_digit(10)).zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][(sum % 11) as usize]
}

fn registrations(person: &Person, random: &Random) -> Vec<Registration> {
    let count = if person.number == 1 { 3 } else { random.between(1, 3) };
    // Its own centre, the hospital of its district, the first hospital of the city.
    let mut chosen = vec![person.district + 3];
    for institution in [person.district, 0, 1] {
        if !chosen.contains(&institution) {
            chosen.push(institution);
        }
    }
    if person.number == 1 {
        chosen = vec![0, person.district + 3, 1];
    }
    let ids = (1..=count).map(|nth| format!("demo-p{}-{nth}", person.number));
    ids.zip(chosen).map(|(id, institution)| Registration { id, institution: &INSTITUTIONS[institution] }).collect()
}

fn patient(person: &Person, registration: &Registration, nth: usize, without_number: bool) -> Value {
    let institution = registration.institution;
    let (family, given) = &person.name;
    let text = format!("{family}{given}");
    let mut identifiers = vec![json!({
        "use": "usual",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}], "text": "病案号"},
        "system": format!("urn:jingluo:demo:{}", institution.id),
        "value": format!("{}{:06}", institution.prefix, 100_000 + person.number * 3 + nth),
    })];
    if !without_number {
        identifiers.insert(0, json!({
            "use": "official",
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NI"}], "text": "居民身份证号"},
            "system": SYSTEM,
            "value": person.identity_number,
        }));
    }
    let district = DISTRICTS[person.district].name;
    json!({
        "resourceType": "Patient", "id": registration.id,
        "text": narrative(&format!("{text}，{}，{} 出生，{}", if person.is_male { "男" } else { "女" }, person.birth_date, institution.name)),
        "identifier": identifiers,
        "active": true,
        "name": [{"use": "official", "text": text, "family": family, "given": [given]}],
        "telecom": [{"system": "phone", "value": person.phone, "use": "mobile"}],
        "gender": if person.is_male { "male" } else { "female" },
        "birthDate": person.birth_date,
        "address": [{"use": "home", "text": format!("平川市{district}{}", person.address), "line": [person.address], "city": "平川市", "district": district, "country": "CN"}],
        "managingOrganization": {"reference": format!("Organization/{}", institution.id), "display": institution.name},
    })
}

/// A narrative of one sentence.
pub fn narrative(sentence: &str) -> Value {
    let escaped = sentence.replace('&', "&amp;").replace('<', "&lt;");
    json!({"status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{escaped}</p></div>")})
}

#[cfg(test)]
mod tests {
    use crate::demo::source::Residents;
    use base::zone::Zone;
    use std::io::{BufRead, BufReader};

    #[test]
    fn every_resource_is_valid_and_numbers_are() {
        let made = 1_780_000_000_000;
        let lines = BufReader::new(Residents::new(0, 40, made, Zone::default())).lines();
        let mut types = std::collections::BTreeMap::new();
        for line in lines {
            let line = line.unwrap();
            let resource = fhir::parse(line.as_bytes(), &fhir::Limits::default())
                .unwrap_or_else(|error| panic!("{error}: {line}"));
            *types.entry(resource.type_name()).or_insert(0) += 1;
            if let Some(number) = resource.root().path("identifier").next()
                && resource.type_name() == "Patient"
                && number.text_at("use").as_deref() == Some("official")
            {
                let value = number.text_at("value").unwrap();
                assert!(identity::ResidentNumber::parse(&value, (2030, 1, 1)).is_ok(), "{value}");
            }
        }
        for name in [
            "Patient",
            "Encounter",
            "Condition",
            "Observation",
            "DiagnosticReport",
            "MedicationRequest",
            "Immunization",
        ] {
            assert!(types.contains_key(name), "{name} is missing: {types:?}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_resident() {
        let calendar = || Residents::new(0, 1, 1_780_000_000_000, Zone::default());
        let read = || std::io::read_to_string(calendar()).unwrap();
        assert_eq!(read(), read());
    }
}
