//! One person: name, numbers, illnesses, school, work, hospitals.

use super::chronic;
use super::household::Draft;
use super::names::TABLES;
use super::numbers::{self, Numbers, PROVINCES};
use super::pyramid::CENSUS;
use crate::day::{Day, age_on};
use crate::model::{ClassId, Disease, Household, Name, Person, Sex, Short, cohort_of};
use crate::places::map::distance_km;
use crate::places::{Places, draw};
use crate::rng::{Rng, cumulative, stream};
use crate::settings::Settings;

/// Residents whose household has come from elsewhere, by the age of its eldest of working age (Shanghai 2020: 42.1 % of
/// the residents were registered outside the city).
const FROM_ELSEWHERE: [(f64, f64); 4] = [(0.0, 0.52), (35.0, 0.50), (50.0, 0.36), (62.0, 0.14)];
/// Years since newcomers came, on average; so that about 3 of 100 residents have come within the last year.
const YEARS_HERE: f64 = 12.0;
/// Days after the census day up to which illnesses to come are drawn at least, so that cities of usual length know the same.
const ILLNESSES_AHEAD: Day = 3 * 365;
/// Children of a class.
const CLASS_SIZE: f64 = 38.0;
/// Children a year among 1,000 residents, for the number of classes.
const CHILDREN_PER_1000: f64 = 6.6;

/// Classes of a school year in a section with so many residents.
pub fn classes(residents: u64) -> u64 {
    ((residents as f64 * CHILDREN_PER_1000 / 1000.0 / CLASS_SIZE).ceil() as u64).clamp(1, 99)
}

/// Where a household comes from: 0 for the city, else a province, and since when it is here.
#[derive(Clone, Debug)]
pub struct Origin {
    pub province: u32,
    pub arrived: Option<Day>,
}

/// What is the same for all people of a section.
pub struct Maker<'a> {
    settings: &'a Settings,
    places: &'a Places,
    street: usize,
    /// Number of the section within its street.
    part: u64,
    provinces: Vec<f64>,
    /// Places in `Places::institutions` and rising sums of how much they draw people of this street.
    hospitals: Vec<u32>,
    adults: Vec<f64>,
    children: Vec<f64>,
    obstetric: Vec<u32>,
    obstetric_sums: Vec<f64>,
    work_sums: Vec<f64>,
    classes: u64,
}

impl<'a> Maker<'a> {
    pub fn new(settings: &'a Settings, places: &'a Places, section: usize) -> Maker<'a> {
        let section_place = &places.sections[section];
        let street = section_place.street;
        let place = &places.streets[street];
        let hospitals = places.hospitals();
        let draw = |children: bool| cumulative(draw::weights(places, &hospitals, place, children));
        let (adults, of_children) = (draw(false), draw(true));
        let obstetric = places.with_obstetrics();
        let near = |nth: &usize| {
            let one = &places.institutions[*nth];
            one.weight / (1.0 + (distance_km(place.point, one.point) / 8.0).powi(2))
        };
        let obstetric_sums = cumulative(obstetric.iter().map(near));
        let sites = &places.work_sites[place.work_sites.clone()];
        Maker {
            settings,
            places,
            street,
            part: (section - place.sections.start) as u64,
            provinces: cumulative(PROVINCES.iter().map(|(_, weight)| *weight)),
            adults,
            children: of_children,
            hospitals: hospitals.iter().map(|nth| *nth as u32).collect(),
            obstetric: obstetric.iter().map(|nth| *nth as u32).collect(),
            obstetric_sums,
            work_sums: cumulative(sites.iter().map(|site| f64::from(site.workers) + 0.01)),
            classes: classes(section_place.residents),
        }
    }

    pub fn household(&self, number: u32, rng: &mut Rng) -> Household {
        let place = &self.places.streets[self.street];
        Household {
            number,
            neighbourhood: rng.below(place.neighbourhoods.len() as u64) as u16,
            road: rng.below(place.roads.len() as u64) as u8,
            house: rng.between(1, 480) as u16,
            room: (rng.between(1, 24) * 100 + rng.between(1, 6)) as u16,
            members: Vec::new(),
        }
    }

    /// Where each household of a block comes from.
    pub fn origins(&self, drafts: &[Draft], households: usize, rng: &mut Rng) -> Vec<Origin> {
        let mut eldest = vec![0.0_f64; households];
        for draft in drafts {
            eldest[draft.household] = eldest[draft.household].max(draft.age());
        }
        eldest.into_iter().map(|age| self.origin(age, rng)).collect()
    }

    fn origin(&self, age: f64, rng: &mut Rng) -> Origin {
        let share = FROM_ELSEWHERE.iter().rev().find(|(from, _)| *from <= age).map_or(0.5, |(_, share)| *share);
        if !rng.chance(share) {
            return Origin { province: 0, arrived: None };
        }
        let years = rng.exponential(YEARS_HERE).min((age - 17.0).max(0.3));
        Origin { province: self.province(rng), arrived: Some(CENSUS - (years * 365.25) as Day) }
    }

    pub fn province(&self, rng: &mut Rng) -> u32 {
        PROVINCES[rng.weighted(&self.provinces)].0
    }

    /// A person with all that follows from number, sex, birth and origin; ties to others are laid by the caller.
    pub fn person(&self, number: u64, sex: Sex, born: Day, origin: &Origin, numbers: &mut Numbers) -> Person {
        let seed = self.settings.seed;
        let mut rng = Rng::of(seed, stream::PERSON, number);
        let mut names = Rng::of(seed, stream::NAME, number);
        let name = if names.chance(self.settings.errors.middle_dot_or_foreign) {
            Name { family: "", given: Short::new(names.pick(&TABLES.foreign)[0]) }
        } else {
            TABLES.name(sex, born, &mut names)
        };
        let until = self.settings.last().max(CENSUS + ILLNESSES_AHEAD);
        let chronic = chronic::draw(sex, born, until, &mut Rng::of(seed, stream::CHRONIC, number));
        let cohort = cohort_of(born);
        let nth = (self.part * self.classes + rng.below(self.classes)) as u16;
        let school_class = Some(ClassId { street: self.street as u32, cohort, nth });
        Person {
            number,
            household: 0,
            neighbourhood: 0,
            sex,
            born,
            died: None,
            name,
            identity: numbers.next(origin.province, born, sex),
            phone: numbers::phone(number),
            chronic,
            school_class,
            work_site: self.work_site(sex, born, &mut rng),
            mother: None,
            father: None,
            spouse: None,
            married: None,
            twin: None,
            pregnancies: Vec::new(),
            arrived: origin.arrived.filter(|arrived| *arrived > born),
            left: None,
            goes_to: self.goes_to(number, born),
        }
    }

    /// Share at work by age and sex (after the census of 2020; women retire at 50 or 55, men at 60).
    fn work_site(&self, sex: Sex, born: Day, rng: &mut Rng) -> Option<u32> {
        let share = match (sex, age_on(born, CENSUS)) {
            (_, ..18) => 0.0,
            (_, 18..=22) => 0.5,
            (Sex::Male, 23..=54) => 0.9,
            (Sex::Female, 23..=49) => 0.8,
            (Sex::Male, 55..=59) => 0.76,
            (Sex::Female, 50..=54) => 0.42,
            (_, 55..=69) => 0.18,
            _ => 0.0,
        };
        let works = rng.chance(share);
        let at = rng.weighted(&self.work_sums);
        let first = self.places.streets[self.street].work_sites.start;
        (works && !self.work_sums.is_empty()).then_some((first + at) as u32)
    }

    /// The street's community centre and three hospitals, drawn by size, distance and kind; children go where children go.
    fn goes_to(&self, number: u64, born: Day) -> [u32; 4] {
        // Another draw of the same stream than the one for the centre.
        let mut rng = Rng::of(self.settings.seed, stream::CHOICE, number | 1 << 62);
        let mut chosen = [self.places.centre_of(self.settings, self.street, number) as u32; 4];
        let sums = if age_on(born, CENSUS) < 14 { &self.children } else { &self.adults };
        for nth in 1..4 {
            let mut next = self.hospitals[rng.weighted(sums)];
            for _ in 0..12 {
                if !chosen[1..nth].contains(&next) {
                    break;
                }
                next = self.hospitals[rng.weighted(sums)];
            }
            if chosen[1..nth].contains(&next) {
                next = self.hospitals.iter().copied().find(|one| !chosen[1..nth].contains(one)).unwrap_or(next);
            }
            chosen[nth] = next;
        }
        chosen
    }

    /// A hospital for antenatal care and birth.
    pub fn obstetric(&self, rng: &mut Rng) -> u32 {
        self.obstetric.get(rng.weighted(&self.obstetric_sums)).copied().unwrap_or(self.hospitals[0])
    }

    /// What members of a family share, for the residents of a block whose first number is `first`: surnames, telephones,
    /// wedding days, and the pregnancies their young children come from.
    pub fn family(&self, people: &mut [Person], first: u64) {
        for nth in 0..people.len() {
            let parent = people[nth].father.or(people[nth].mother);
            let Some(parent) = parent.and_then(|number| people.get((number - first) as usize)) else { continue };
            let (family, phone, foreign) = (parent.name.family, parent.phone, parent.name.family.is_empty());
            let young = age_on(people[nth].born, CENSUS) < 12;
            let child = &mut people[nth];
            if !foreign && !child.name.family.is_empty() {
                child.name.family = family;
            }
            if young {
                child.phone = phone;
            }
        }
        for nth in 0..people.len() {
            let Some(spouse) = people[nth].spouse.filter(|spouse| *spouse > people[nth].number) else { continue };
            let at = (spouse - first) as usize;
            let mut rng = Rng::of(self.settings.seed, stream::LIFE, people[nth].number);
            let younger = people[nth].born.max(people[at].born);
            let age = 25.5 + 2.5 * rng.normal();
            let day = younger + (age.max(20.2) * 365.25) as Day;
            let day = day.min(CENSUS - 1 - rng.below(400) as Day);
            people[nth].married = Some(day);
            people[at].married = Some(day);
        }
        super::pregnancy::of_children(self, people, first);
    }

    pub fn seed(&self) -> u64 {
        self.settings.seed
    }

    pub fn settings(&self) -> &Settings {
        self.settings
    }
}

/// Whether an illness makes a year more dangerous, and how much.
pub fn danger(person: &Person, on: Day) -> f64 {
    // The old have several illnesses on average; together all are as dangerous as the life table says.
    let mut danger: f64 = 0.72;
    for chronic in person.chronic.iter().filter(|chronic| chronic.onset <= on) {
        danger *= match chronic.disease {
            Disease::LungCancer | Disease::LiverCancer | Disease::StomachCancer => 4.0,
            Disease::ColorectalCancer | Disease::HeartFailure => 2.0,
            Disease::Copd | Disease::Stroke | Disease::ChronicKidney | Disease::Dementia => 1.4,
            Disease::Diabetes | Disease::CoronaryHeart => 1.15,
            _ => 0.97,
        };
    }
    danger.clamp(0.4, 8.0)
}
