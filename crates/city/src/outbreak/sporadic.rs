//! The infections of every day: so many of each disease a year, at its ages and in its months, as in a city without outbreaks.

use crate::day::{DAY_MINUTES, Day, month_of, month_start};
use crate::model::Street;
use crate::outbreak::course::{Begin, Courses, found_share};
use crate::outbreak::illness::Illness;
use crate::outbreak::infection::Infection;
use crate::outbreak::roster::Setting;
use crate::outbreak::streams;
use crate::rng::Rng;
use crate::settings::Settings;

/// Ages at which the bands of `Facts::ages` begin.
const BANDS: [i32; 6] = [0, 1, 5, 15, 30, 60];

/// Cases that doctors have seen; each month of a street is drawn for itself, so that a longer city has the same past.
pub fn of_street(settings: &Settings, street: &Street, courses: &Courses) -> Vec<Infection> {
    let mut by_birth: Vec<(Day, u32)> =
        street.people.iter().enumerate().map(|(nth, person)| (person.born, nth as u32)).collect();
    by_birth.sort_unstable();
    let mut infections = Vec::new();
    for month in month_of(settings.start())..=month_of(settings.last()) {
        let start = month_start(month);
        let days = month_start(month + 1) - start;
        let bands: Vec<&[(Day, u32)]> = (0..BANDS.len()).map(|band| of_age(&by_birth, band, start)).collect();
        for disease in Illness::all().filter(|disease| disease.facts().yearly > 0.0) {
            let index = (street.section as u64) << 32 | (month.unsigned_abs() as u64) << 8 | u64::from(disease.0);
            let mut rng = Rng::of(settings.seed, streams::SPORADIC, index);
            let facts = disease.facts();
            let of_month = f64::from(facts.months[month.rem_euclid(12) as usize]) / 100.0;
            let seen_a_year = facts.yearly / (facts.reported * found_share(disease));
            let expected = street.people.len() as f64 / 100_000.0 * seen_a_year * of_month;
            for (band, people) in bands.iter().enumerate() {
                let cases = rng.poisson(expected * f64::from(facts.ages[band]) / 100.0);
                for _ in 0..cases {
                    let day = start + rng.below(u64::from(days.unsigned_abs())) as Day;
                    infections.extend(case(street, people, disease, day, courses, &mut rng));
                }
            }
        }
    }
    infections.retain(|infection| infection.onset >= settings.start() && infection.onset < settings.last());
    infections
}

/// People of an age band on a day, of a list that rises by birth.
fn of_age(by_birth: &[(Day, u32)], band: usize, on: Day) -> &[(Day, u32)] {
    let years_ago = |years: i32| on - (f64::from(years) * 365.2425) as Day;
    // Infants of the month to come are not born yet; the first band holds those of the year before.
    let youngest = by_birth.partition_point(|(born, _)| *born <= years_ago(BANDS[band]));
    let oldest = match BANDS.get(band + 1) {
        Some(years) => by_birth.partition_point(|(born, _)| *born <= years_ago(*years)),
        None => 0,
    };
    &by_birth[oldest..youngest]
}

/// Somebody of the band, if that person lives here then; the draw for the absent is lost, as their share should be.
fn case(
    street: &Street,
    people: &[(Day, u32)],
    disease: Illness,
    ill: Day,
    courses: &Courses,
    rng: &mut Rng,
) -> Option<Infection> {
    if people.is_empty() {
        return None;
    }
    let (_, nth) = *rng.pick(people);
    let person = &street.people[nth as usize];
    let before = (disease.facts().incubation_days * DAY_MINUTES as f64) as i64;
    let at = i64::from(ill) * DAY_MINUTES + rng.between(0, DAY_MINUTES - 1) - before;
    let begin =
        Begin { outbreak: None, disease, by: None, setting: Setting::Outside, place: 0, at, seen: true, ward: None };
    let mut of_case = Rng::of(rng.u64(), streams::SPORADIC, person.number);
    person.is_here(ill).then(|| courses.run(person, &begin, &mut of_case))
}
