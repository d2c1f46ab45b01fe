//! Outbreaks by switch, the sporadic infections of every day, who infected whom, and the report cards.
//!
//! A street is simulated as a whole, person by person, and depends on nothing outside it; so memory is bounded by one street,
//! and any street can be made again at any time.

mod illness;
mod infection;
mod roster;
mod spread;
mod table;

use crate::city::City;
use crate::day::Minute;
use crate::model::{Person, Street};
use crate::out::Out;
use crate::places::Places;
use crate::settings::Settings;

pub use illness::{Assay, Class, Facts, Illness};
pub use infection::{Infection, Stay, StreetInfections, Test};
pub use roster::Setting;
pub use table::ILLNESSES;

/// The outbreaks of a city: which kinds, where and when.
#[derive(Clone, Debug, Default)]
pub struct Outbreaks {}

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
    /// Adds the infections of a person to the truth; called once for each, where its block is made.
    pub fn tell(&self, _person: &Person, _out: &mut Out) {}
}

/// Writes the report card of a notifiable disease.
pub fn report_card(_city: &City, _card: &Card, _out: &mut Out) {}
