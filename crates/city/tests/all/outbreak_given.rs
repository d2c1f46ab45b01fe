//! A plain street to try outbreaks on: households of one to four, six classes a year, work sites of sixty.

use city::model::{ClassId, Household, Name, Person, Sex, Short, Street, cohort_of};
use city::places::Places;
use city::{City, Day, OutbreakKind, Rng, Settings};

/// A city, and in place of its first street one with so many residents; all outbreaks of a chosen place happen there.
pub fn city(residents: usize, seed: u64, kinds: &[OutbreakKind], end: Day) -> (City, Street) {
    let mut settings = Settings::new(20_000, seed, end);
    settings.outbreaks = kinds.iter().map(|kind| (*kind).into()).collect();
    lived(residents, settings)
}

/// The same with other settings.
pub fn lived(residents: usize, settings: Settings) -> (City, Street) {
    let (seed, end) = (settings.seed, settings.end);
    let mut city = City::build(settings).unwrap();
    for outbreak in &mut city.outbreaks.all {
        outbreak.street = outbreak.street.map(|_| 0);
    }
    // A person and a street of the city itself lend what does not matter here.
    let lent = city.with_section(0, |held| held.street.clone());
    let street = street(residents, seed, end, &city.places, &lent);
    (city, street)
}

fn street(residents: usize, seed: u64, end: Day, places: &Places, lent: &Street) -> Street {
    let mut rng = Rng::of(seed, 9999, 0);
    let mut people: Vec<Person> = Vec::new();
    let mut households: Vec<Household> = Vec::new();
    let place = &places.streets[0];
    let sites = (residents as u64 / 2 / 60 + 1).min(place.work_sites.len() as u64);
    let hospitals = places.institutions.iter().enumerate().filter(|(_, one)| one.is_hospital());
    let mut goes_to = [place.centre as u32; 4];
    for (liked, (nth, _)) in goes_to[1..].iter_mut().zip(hospitals) {
        *liked = nth as u32;
    }
    while people.len() < residents {
        let number = households.len() as u32;
        let neighbourhood = (number % 4) as u16;
        let members = people.len() as u64 + 1..people.len() as u64 + 1 + rng.between(1, 4).unsigned_abs();
        let ages = household_ages(members.end - members.start, &mut rng);
        for (person, age) in members.clone().zip(ages) {
            let born = end - (age * 365.25) as Day - rng.between(0, 364) as Day;
            let work_site = ((20.0..60.0).contains(&age) && rng.chance(0.75))
                .then(|| place.work_sites.start as u32 + rng.below(sites) as u32);
            people.push(self::person(
                [person, u64::from(number)],
                neighbourhood,
                born,
                work_site,
                goes_to,
                &lent.people[0],
                &mut rng,
            ));
        }
        let members = members.collect();
        households.push(Household { number, neighbourhood, members, ..lent.households[0].clone() });
    }
    let index = people.iter().enumerate().map(|(nth, person)| (person.number, nth as u32)).collect();
    let blocks = std::iter::once(0..people.len()).collect();
    Street { people, households, blocks, index, ..lent.clone() }
}

fn household_ages(size: u64, rng: &mut Rng) -> Vec<f64> {
    let first = if rng.chance(0.3) { 60.0 + rng.unit() * 28.0 } else { 22.0 + rng.unit() * 38.0 };
    let mut ages = vec![first];
    for nth in 1..size {
        ages.push(if nth == 1 { (first + 3.0 * rng.normal()).clamp(20.0, 95.0) } else { rng.unit() * 17.0 });
    }
    ages
}

fn person(
    [number, household]: [u64; 2],
    neighbourhood: u16,
    born: Day,
    work_site: Option<u32>,
    goes_to: [u32; 4],
    lent: &Person,
    rng: &mut Rng,
) -> Person {
    let class = ClassId { street: 0, cohort: cohort_of(born), nth: rng.below(6) as u16 };
    Person {
        number,
        household: household as u32,
        neighbourhood,
        sex: if number % 2 == 0 { Sex::Female } else { Sex::Male },
        born,
        died: None,
        name: Name { family: "试", given: Short::new("人") },
        identity: [b'1'; 18],
        phone: [b'1'; 11],
        chronic: Vec::new(),
        school_class: Some(class),
        work_site,
        mother: None,
        father: None,
        twin: None,
        pregnancies: Vec::new(),
        arrived: None,
        left: None,
        goes_to,
        ..lent.clone()
    }
}
