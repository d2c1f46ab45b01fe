//! The places of the city: districts, streets, neighbourhoods, institutions with their departments, schools, work sites,
//! markets.

pub mod model;

pub use model::*;

use crate::out::Out;
use crate::settings::Settings;

impl Places {
    pub fn build(_settings: &Settings) -> Places {
        Places::default()
    }

    /// Writes all places as resources.
    pub fn write(&self, _settings: &Settings, _out: &mut Out) {}
}
