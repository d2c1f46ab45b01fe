//! An infection of a person and what comes of it: onset, visit, test, stay, report.

use crate::day::{Day, Minute};
use crate::outbreak::absence::Absences;
use crate::outbreak::illness::Illness;
use crate::outbreak::roster::Setting;
use crate::outbreak::truth::Names;

/// One infection of one person. Whoever writes visits makes from it: a visit at `visit` in `institution` with the diagnosis
/// `disease.facts()`, the test of `test`, the stay of `stay`, and, if it is `reported`, the report card.
#[derive(Clone, Debug, PartialEq)]
pub struct Infection {
    pub person: u64,
    /// Number of the outbreak; none for a sporadic case.
    pub outbreak: Option<u32>,
    pub disease: Illness,
    /// Who infected the person; none for a common source or from outside the street.
    pub by: Option<u64>,
    pub setting: Setting,
    /// Key of the place within its setting: class, work site, household, neighbourhood, department.
    pub place: u64,
    pub at: Minute,
    /// The first day of illness; for who does not fall ill, the day it would have been.
    pub onset: Day,
    /// 0 no symptoms, 1 mild, 2 seen by a doctor, 3 admitted, 4 intensive care.
    pub severity: u8,
    /// When the person sees a doctor for it.
    pub visit: Option<Minute>,
    /// Where, as a place in `Places::institutions`.
    pub institution: u32,
    pub emergency: bool,
    pub test: Option<Test>,
    pub stay: Option<Stay>,
    /// When the diagnosis is made: at the visit, or with the result of the test.
    pub diagnosed: Minute,
    /// Whether a report card is sent, and when it is filled in.
    pub reported: bool,
    pub filled: Minute,
}

/// A specimen and its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    pub taken: Minute,
    pub resulted: Minute,
    pub positive: bool,
}

/// A stay in a hospital for an infection, or during which it was acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Place in `Places::institutions`.
    pub institution: u32,
    /// Place in `Institution::departments`.
    pub department: u16,
    pub from: Minute,
    pub to: Minute,
    /// The infection came with the stay (a hospital infection), not the stay with the infection.
    pub acquired: bool,
}

/// The infections of the residents of a street.
#[derive(Clone, Debug, Default)]
pub struct StreetInfections {
    /// By person, then by time.
    all: Vec<Infection>,
    pub(super) names: Names,
    pub(super) absences: Absences,
}

impl StreetInfections {
    pub(super) fn new(mut all: Vec<Infection>, names: Names, absences: Absences) -> StreetInfections {
        all.sort_by_key(|infection| (infection.person, infection.at, infection.disease));
        StreetInfections { all, names, absences }
    }

    /// The infections of a person, rising by time.
    pub fn of(&self, person: u64) -> &[Infection] {
        let start = self.all.partition_point(|infection| infection.person < person);
        let length = self.all[start..].partition_point(|infection| infection.person == person);
        &self.all[start..start + length]
    }

    pub fn all(&self) -> &[Infection] {
        &self.all
    }
}
