//! What lives in a street: people, households, classes.

use crate::day::{Day, age_on, date, day};
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    Female,
    Male,
}

impl Sex {
    /// As FHIR says it.
    pub const fn code(self) -> &'static str {
        match self {
            Sex::Female => "female",
            Sex::Male => "male",
        }
    }
}

/// A short text held in place: a given name of one to several characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Short {
    length: u8,
    bytes: [u8; 31],
}

impl Short {
    /// The text up to its 31st byte, cut before a character that would not fit.
    pub fn new(text: &str) -> Short {
        let mut length = text.len().min(31);
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        let mut bytes = [0; 31];
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Short { length: length as u8, bytes }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl std::fmt::Debug for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name as the person bears it. Foreign names and names with a middle dot stand in `given` with an empty family name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    pub family: &'static str,
    pub given: Short,
}

impl Name {
    pub fn text(&self) -> String {
        format!("{}{}", self.family, self.given.as_str())
    }
}

/// Long illnesses. Codes, medicines and courses are the care module's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Disease {
    Hypertension,
    Diabetes,
    Lipids,
    CoronaryHeart,
    AtrialFibrillation,
    HeartFailure,
    Stroke,
    Copd,
    Asthma,
    ChronicKidney,
    HepatitisB,
    FattyLiver,
    ChronicGastritis,
    Gout,
    Thyroid,
    Osteoporosis,
    KneeArthrosis,
    Rhinitis,
    Depression,
    Schizophrenia,
    Dementia,
    Parkinson,
    Cataract,
    LungCancer,
    BreastCancer,
    ColorectalCancer,
    StomachCancer,
    LiverCancer,
    ThyroidCancer,
    ProstateCancer,
    ProstateHyperplasia,
    Anaemia,
}

/// A long illness of a person: when it was first diagnosed and how bad it is (1 mild, 2 middling, 3 severe).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chronic {
    pub disease: Disease,
    pub onset: Day,
    pub severity: u8,
}

/// The five colours of pregnancy risk; purple (an infectious disease) stands beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    Green,
    Yellow,
    Orange,
    Red,
    Purple,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Vaginal birth.
    Birth,
    Caesarean,
    /// Miscarriage or termination.
    Loss,
}

/// A pregnancy of a resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pregnancy {
    /// First day of the last period.
    pub start: Day,
    /// Forty weeks later.
    pub due: Day,
    /// Birth or loss.
    pub end: Day,
    pub risk: Risk,
    pub outcome: Outcome,
    /// Numbers of the children born.
    pub children: [Option<u64>; 2],
    /// Institution of antenatal care and birth, as a place in `Places::institutions`.
    pub hospital: u32,
}

/// A class at the school of a street: children of one school year stay together from kindergarten on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId {
    pub street: u32,
    /// The year in whose September the children enter grade 1.
    pub cohort: i16,
    pub nth: u16,
}

impl ClassId {
    /// Grade on a day: 1 to 12 at school, -2 to 0 in kindergarten, none before and after.
    pub fn grade_on(&self, on: Day) -> Option<i32> {
        let (year, month, _) = date(on);
        let school_year = if month >= 9 { year } else { year - 1 };
        let grade = school_year - i32::from(self.cohort) + 1;
        (-2..=12).contains(&grade).then_some(grade)
    }
}

#[derive(Clone, Debug)]
pub struct Person {
    /// Unique in the city.
    pub number: u64,
    /// Place in `Street::households`.
    pub household: u32,
    /// Number of the neighbourhood within the street.
    pub neighbourhood: u16,
    pub sex: Sex,
    pub born: Day,
    pub died: Option<Day>,
    pub name: Name,
    pub identity: [u8; 18],
    pub phone: [u8; 11],
    pub chronic: Vec<Chronic>,
    pub school_class: Option<ClassId>,
    /// Work site of the street, as a place in `Places::work_sites`.
    pub work_site: Option<u32>,
    pub mother: Option<u64>,
    pub father: Option<u64>,
    /// Wife or husband on the census day.
    pub spouse: Option<u64>,
    /// The day of the wedding, before the census day or after it.
    pub married: Option<Day>,
    /// The other child of the same birth.
    pub twin: Option<u64>,
    pub pregnancies: Vec<Pregnancy>,
    /// The day of moving to the city; none for who was born here or has always been here.
    pub arrived: Option<Day>,
    pub left: Option<Day>,
    /// Institutions the person goes to, as places in `Places::institutions`: the community centre, then hospitals by liking.
    pub goes_to: [u32; 4],
}

impl Person {
    pub fn age_on(&self, on: Day) -> i32 {
        age_on(self.born, on)
    }

    /// Born, living and in the city.
    pub fn is_here(&self, on: Day) -> bool {
        on >= self.here_from() && on < self.here_until()
    }

    /// The first day in the city.
    pub fn here_from(&self) -> Day {
        self.arrived.map_or(self.born, |arrived| arrived.max(self.born))
    }

    /// The first day on which the person is no more in the city, far away for who stays.
    pub fn here_until(&self) -> Day {
        let died = self.died.map_or(Day::MAX, |died| died + 1);
        died.min(self.left.unwrap_or(Day::MAX))
    }

    pub fn identity_text(&self) -> &str {
        std::str::from_utf8(&self.identity).unwrap_or_default()
    }

    pub fn phone_text(&self) -> &str {
        std::str::from_utf8(&self.phone).unwrap_or_default()
    }

    /// The community centre of the street.
    pub fn centre(&self) -> usize {
        self.goes_to[0] as usize
    }

    /// Hospitals, the most liked first.
    pub fn hospitals(&self) -> impl Iterator<Item = usize> + '_ {
        self.goes_to[1..].iter().map(|nth| *nth as usize)
    }

    pub fn has(&self, disease: Disease, on: Day) -> bool {
        self.chronic.iter().any(|chronic| chronic.disease == disease && chronic.onset <= on)
    }

    /// The pregnancy that is under way on a day.
    pub fn pregnancy_on(&self, on: Day) -> Option<&Pregnancy> {
        self.pregnancies.iter().find(|pregnancy| (pregnancy.start..=pregnancy.end).contains(&on))
    }

    pub fn is_married(&self, on: Day) -> bool {
        self.married.is_some_and(|married| married <= on)
    }

    pub fn is_pupil(&self, on: Day) -> bool {
        self.school_class.is_some_and(|class| class.grade_on(on).is_some())
    }
}

#[derive(Clone, Debug)]
pub struct Household {
    /// Unique in the street.
    pub number: u32,
    pub neighbourhood: u16,
    /// Place in the street's list of roads.
    pub road: u8,
    pub house: u16,
    pub room: u16,
    /// Numbers of the people who live or lived in it.
    pub members: Vec<u64>,
}

/// The people of a street, held in memory as a whole, one at a time. A street of more than `SECTION` residents is made in
/// sections that know nothing of each other, so that memory stays bounded; then this is one of them.
#[derive(Clone, Debug)]
pub struct Street {
    /// Place in `Places::streets`.
    pub number: usize,
    /// Place in `Places::sections`.
    pub section: usize,
    /// Whether it is the first section of its street: what a street has once is here.
    pub first: bool,
    pub people: Vec<Person>,
    pub households: Vec<Household>,
    /// People of each block, as ranges of `people`.
    pub blocks: Vec<Range<usize>>,
    /// (number, place in `people`), rising.
    pub index: Vec<(u64, u32)>,
}

impl Street {
    /// A person of the street by number.
    pub fn person(&self, number: u64) -> Option<&Person> {
        let at = self.index.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.people.get(self.index[at].1 as usize)
    }

    pub fn household_of(&self, person: &Person) -> &Household {
        &self.households[person.household as usize]
    }
}

/// The school year in whose September a child born on `born` enters grade 1: six years old before the first of September.
pub fn cohort_of(born: Day) -> i16 {
    let (year, _, _) = date(born);
    let late = born >= day(year, 9, 1);
    (year + 6 + i32::from(late)) as i16
}
