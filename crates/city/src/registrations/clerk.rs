//! What a clerk writes down. Each error has its own rate among all registrations. Of the errors of the number at most one
//! befalls a registration, and of those of the name at most one, because they would hide each other.

use super::tables::{Slip, Tables};
use crate::care::Met;
use crate::city::City;
use crate::day::{Day, date, day, day_of};
use crate::model::{Person, Sex, Street};
use crate::people::LATER;
use crate::people::names::TABLES;
use crate::rng::{Rng, stream};

/// A newborn's first registration is made within so many days of birth.
const NEWBORN_DAYS: Day = 60;
/// Until about then a child has no number of its own.
const NUMBER_DAYS: Day = 30;

/// A registration as written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Empty where the whole name stands in `given`, or is given to nobody.
    pub family: String,
    pub given: String,
    pub number: Option<String>,
    pub born: Day,
    pub sex: Sex,
    pub phone: [u8; 11],
    /// A former address in place of the household's, drawn by this number.
    pub old_address: Option<u64>,
    /// Names of the errors, as in the settings.
    pub errors: Vec<&'static str>,
}

/// One of a person's registrations; `nth` is its number in the order of time.
pub fn write_down(city: &City, street: &Street, person: &Person, (nth, met): (usize, Met)) -> Written {
    let index = person.number << 14 | met.institution as u64;
    let mut rng = Rng::of(city.settings.seed, stream::REGISTRATION + 1_000, index);
    let on = day_of(met.first);
    let mut written = Written {
        family: person.name.family.to_owned(),
        given: person.name.given.as_str().to_owned(),
        number: Some(person.identity_text().to_owned()),
        born: person.born,
        sex: person.sex,
        phone: person.phone,
        old_address: None,
        errors: Vec::new(),
    };
    let newborn = nth == 0 && on < person.born + NEWBORN_DAYS;
    let mother = person.mother.and_then(|mother| street.person(mother)).filter(|_| newborn);
    let on_mothers_card = mother.filter(|_| rng.chance(city.settings.errors.mothers_card));
    if let Some(mother) = on_mothers_card {
        mothers_card(person, mother, &mut written, &mut rng);
    } else {
        number_errors(city, street, person, &mut written, &mut rng);
        name_errors(city, person, &mut written, &mut rng);
        if on < person.born + NUMBER_DAYS {
            written.number = None;
        }
    }
    other_errors(city, person, on, &mut written, &mut rng);
    written
}

/// The child goes under its mother's number, and often has no name yet.
fn mothers_card(person: &Person, mother: &Person, written: &mut Written, rng: &mut Rng) {
    written.errors.push("mothers_card");
    written.number = Some(mother.identity_text().to_owned());
    written.phone = mother.phone;
    if rng.chance(0.8) {
        let word = if person.sex == Sex::Male { "之子" } else { "之女" };
        let twin = match person.twin {
            Some(twin) if twin < person.number => "二",
            Some(_) => "一",
            None => "",
        };
        written.family = mother.name.family.to_owned();
        written.given = format!("{}{word}{twin}", mother.name.given.as_str());
    }
}

fn number_errors(city: &City, street: &Street, person: &Person, written: &mut Written, rng: &mut Rng) {
    let errors = &city.settings.errors;
    let rates = [errors.no_number, errors.number_15, errors.wrong_digit, errors.borrowed_card];
    let mut drawn = rng.unit();
    let befallen = rates.iter().position(|rate| {
        drawn -= rate;
        drawn < 0.0
    });
    match befallen {
        Some(0) => {
            written.number = None;
            written.errors.push("no_number");
        }
        Some(1) => {
            // Old systems hold 15 digits and cut the century and the check character off every number.
            let number = person.identity_text();
            written.number = Some(format!("{}{}", &number[..6], &number[8..17]));
            written.errors.push("number_15");
        }
        Some(2) => {
            written.number = Some(wrong_digit(&person.identity, rng));
            written.errors.push("wrong_digit");
        }
        Some(_) => {
            if let Some(lender) = lender(city, street, person, rng) {
                borrow(lender, written, rng);
                written.errors.push("borrowed_card");
            }
        }
        None => {}
    }
}

/// One digit of the first 17 mistyped, or two different neighbours swapped.
fn wrong_digit(number: &[u8; 18], rng: &mut Rng) -> String {
    let mut digits = *number;
    let at = rng.below(16) as usize;
    if digits[at] != digits[at + 1] && rng.chance(0.35) {
        digits.swap(at, at + 1);
    } else {
        let other = (digits[at] - b'0' + 1 + rng.below(9) as u8) % 10;
        digits[at] = b'0' + other;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

/// Somebody of the same sex and about the same age: of the household, else of the street. Only residents of the census
/// day lend, so that those to come do not change what has been.
fn lender<'a>(city: &City, street: &'a Street, person: &Person, rng: &mut Rng) -> Option<&'a Person> {
    let fits = |other: &&Person| {
        other.number != person.number && other.sex == person.sex && (other.born - person.born).abs() < 15 * 365
    };
    let members = &street.household_of(person).members;
    let at_home = members.iter().filter(|number| **number < LATER).filter_map(|number| street.person(*number));
    if let Some(found) = at_home.clone().find(fits) {
        return Some(found);
    }
    let section = &city.places.sections[street.section];
    let first = section.first_person;
    let drawn: Vec<u64> = (0..20).map(|_| first + rng.below(section.residents)).collect();
    let tries = drawn.iter().filter_map(|number| street.person(*number));
    // In a street of a few people anybody will do.
    let anybody = (first..first + section.residents).find(|number| *number != person.number);
    tries.clone().find(fits).or_else(|| street.person(anybody?))
}

/// The card is read by a machine, name and all, or only its number is typed.
fn borrow(lender: &Person, written: &mut Written, rng: &mut Rng) {
    written.number = Some(lender.identity_text().to_owned());
    if rng.chance(0.5) {
        written.family = lender.name.family.to_owned();
        written.given = lender.name.given.as_str().to_owned();
        written.born = lender.born;
        written.sex = lender.sex;
    }
}

fn name_errors(city: &City, person: &Person, written: &mut Written, rng: &mut Rng) {
    if person.name.family.is_empty() {
        let known = TABLES.foreign.iter().find(|forms| forms[0] == person.name.given.as_str());
        if let Some(forms) = known {
            written.given = forms[1 + rng.by_weight(&[5.0, 3.0, 2.0])].to_owned();
            written.errors.push("middle_dot_or_foreign");
        }
        return;
    }
    let (errors, tables) = (&city.settings.errors, city.tables());
    let [sound, shape, script] = tables.coverage;
    let kinds = [
        ("homophone", errors.homophone / sound),
        ("similar_shape", errors.similar_shape / shape),
        ("traditional_or_rare", errors.traditional_or_rare / script),
        ("pinyin_only", errors.pinyin_only),
    ];
    // Those with foreign names are not asked here, so the others bear their share.
    let others = 1.0 - errors.middle_dot_or_foreign;
    let mut drawn = rng.unit() * others.max(0.5);
    let Some((kind, _)) = kinds.iter().find(|(_, rate)| {
        drawn -= rate;
        drawn < 0.0
    }) else {
        return;
    };
    let slipped = match *kind {
        "homophone" => tables.slip(&person.name, Slip::Homophone, rng),
        "similar_shape" => tables.slip(&person.name, Slip::Shape, rng),
        "traditional_or_rare" => tables.slip(&person.name, Slip::Script, rng),
        _ => Some(spelled(tables, person)),
    };
    if let Some((family, given)) = slipped {
        written.family = family;
        written.given = given;
        written.errors.push(kind);
    }
}

fn spelled(tables: &Tables, person: &Person) -> (String, String) {
    (tables.spelled(person.name.family), tables.spelled(person.name.given.as_str()))
}

fn other_errors(city: &City, person: &Person, on: Day, written: &mut Written, rng: &mut Rng) {
    let errors = &city.settings.errors;
    if rng.chance(errors.birth_date) {
        written.born = wrong_birth(written.born, on, rng);
        written.errors.push("birth_date");
    }
    if rng.chance(errors.old_phone_or_address) {
        let kind = rng.by_weight(&[5.0, 3.0, 2.0]);
        if kind != 1 {
            written.phone = crate::people::numbers::phone(500_000_000 + person.number % 400_000_000);
        }
        if kind != 0 {
            written.old_address = Some(rng.u64());
        }
        written.errors.push("old_phone_or_address");
    }
    if person.twin.is_some() {
        written.errors.push("twins");
    }
}

/// Day and month swapped where that makes another date; else shifted by a day, a month, a year or ten, never beyond the
/// day of the registration.
fn wrong_birth(born: Day, on: Day, rng: &mut Rng) -> Day {
    let (year, month, date) = date(born);
    let swapped = day(year, date.min(12), month);
    if date <= 12 && date != month && swapped <= on && rng.chance(0.4) {
        return swapped;
    }
    let shift = *rng.pick(&[1, 1, 30, 365, 365, 3652]);
    if born + shift > on || rng.chance(0.5) { born - shift } else { born + shift }
}
