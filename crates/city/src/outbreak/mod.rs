//! Outbreaks by switch, the usual seasons, who infected whom, and the report cards.

use crate::city::City;
use crate::day::{Day, Minute};
use crate::model::{Person, Street};
use crate::out::Out;
use crate::places::Places;
use crate::settings::Settings;

/// The outbreaks of a city: which kinds, where and when.
#[derive(Clone, Debug, Default)]
pub struct Outbreaks {}

/// The infections of a street.
#[derive(Clone, Debug, Default)]
pub struct StreetInfections {}

/// One infection of one person.
#[derive(Clone, Debug)]
pub struct Infection {
    /// Number of the outbreak; none for what the season brings.
    pub outbreak: Option<u32>,
    pub disease: Infectious,
    /// Who infected the person; none for a common source or from outside.
    pub by: Option<u64>,
    pub at: Minute,
    pub onset: Day,
    /// 0 no symptoms, 1 mild, 2 middling, 3 severe.
    pub severity: u8,
    /// When the person sees a doctor for it.
    pub visit: Option<Minute>,
    /// Whether that doctor sends a report card.
    pub reported: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Infectious {
    Norovirus,
    FoodPoisoning,
    Influenza,
    Measles,
    HospitalInfection,
    Variant,
}

/// What a report card is made from.
pub struct Card<'a> {
    pub infection: &'a Infection,
    /// Id of the Patient at the reporting institution.
    pub patient: &'a str,
    pub encounter: &'a str,
    pub condition: &'a str,
    /// Place in `Places::institutions`.
    pub institution: usize,
    pub filled: Minute,
}

pub fn plan(_settings: &Settings, _places: &Places) -> Outbreaks {
    Outbreaks::default()
}

impl Outbreaks {
    pub fn of_street(&self, _city: &City, _street: &Street) -> StreetInfections {
        StreetInfections::default()
    }

    /// Adds the outbreaks to the truth; called once, with the places.
    pub fn tell(&self, _out: &mut Out) {}
}

impl StreetInfections {
    /// The infections of a person, rising by time.
    pub fn of(&self, _person: u64) -> &[Infection] {
        &[]
    }

    /// Adds the infections of a person to the truth; called once for each, where its block is made.
    pub fn tell(&self, _person: &Person, _out: &mut Out) {}
}

/// Writes the report card of a notifiable disease.
pub fn report_card(_city: &City, _card: &Card, _out: &mut Out) {}
