//! The places of the city: districts, streets, neighbourhoods, institutions with their departments, schools, work sites,
//! markets.

pub mod areas;
pub mod codes;
pub mod counts;
pub mod departments;
pub mod institutions;
pub mod map;
pub mod model;
mod sites;
pub mod write;

pub use model::*;

use crate::out::Out;
use crate::settings::Settings;
use counts::Counts;

impl Places {
    pub fn build(settings: &Settings) -> Places {
        let counts = Counts::of(settings);
        let mut places = Places::default();
        areas::build(settings, &counts, &mut places);
        institutions::build(settings, &counts, &mut places);
        sites::build(settings, &counts, &mut places);
        places
    }

    /// Writes all places as resources.
    pub fn write(&self, settings: &Settings, out: &mut Out) {
        write::all(self, settings, out);
    }
}

impl Places {
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
