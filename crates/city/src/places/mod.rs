//! The places of the city: districts, streets, neighbourhoods, institutions with their departments, schools, work sites,
//! markets.

pub mod areas;
pub mod codes;
pub mod counts;
pub mod departments;
pub mod draw;
pub mod institutions;
pub mod map;
pub mod model;
mod sites;
pub mod write;

pub use model::*;

use crate::out::Out;
use crate::rng::{Rng, stream};
use crate::settings::Settings;
use counts::Counts;

/// Share of a street's people who go to its second community centre where it has two.
pub const SECOND_CENTRE: f64 = 0.45;

impl Places {
    pub fn build(settings: &Settings) -> Places {
        let counts = Counts::of(settings);
        let mut places = Places::default();
        areas::build(settings, &counts, &mut places);
        institutions::build(settings, &counts, &mut places);
        sites::build(settings, &counts, &mut places);
        draw::expectations(&mut places);
        places
    }

    /// Writes all places as resources.
    pub fn write(&self, settings: &Settings, out: &mut Out) {
        write::all(self, settings, out);
    }
}

impl Places {
    /// The community centre of a resident of a street.
    pub fn centre_of(&self, settings: &Settings, street: usize, person: u64) -> usize {
        let place = &self.streets[street];
        let mut rng = Rng::of(settings.seed, stream::CHOICE, person);
        place.second_centre.filter(|_| rng.chance(SECOND_CENTRE)).unwrap_or(place.centre)
    }

    /// The section in which a resident of the census day lives.
    pub fn section_of(&self, person: u64) -> usize {
        self.sections.partition_point(|section| section.first_person <= person).saturating_sub(1)
    }

    /// All hospitals, as places in `institutions`.
    pub fn hospitals(&self) -> Vec<usize> {
        (0..self.institutions.len()).filter(|nth| self.institutions[*nth].is_hospital()).collect()
    }

    /// Hospitals where children are born.
    pub fn with_obstetrics(&self) -> Vec<usize> {
        let has = |nth: &usize| self.institutions[*nth].department(Specialty::Obstetrics).is_some();
        self.hospitals().into_iter().filter(has).collect()
    }
}
