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
    pub fn write(&self, _settings: &Settings, _out: &mut Out) {}
}
