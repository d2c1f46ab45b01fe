//! The city: what is built once, and blocks of residents made from it.

use crate::model::Street;
use crate::out::Out;
use crate::outbreak::{self, Outbreaks, StreetInfections};
use crate::places::Places;
use crate::settings::Settings;
use base::Result;
use std::sync::Arc;

/// Places and the plan of outbreaks; people are made street by street when a block is asked for.
pub struct City {
    pub settings: Settings,
    pub places: Places,
    pub outbreaks: Outbreaks,
}

/// A street with what befalls it.
pub struct Held {
    pub street: Street,
    pub infections: StreetInfections,
}

impl City {
    pub fn build(settings: Settings) -> Result<City> {
        settings.check()?;
        let places = Places::build(&settings);
        let outbreaks = outbreak::plan(&settings, &places);
        Ok(City { settings, places, outbreaks })
    }

    /// All places: Organizations, Locations, HealthcareServices, Practitioners and their roles, Groups, Devices, Endpoints.
    pub fn places(&self, out: &mut Out) {
        self.places.write(&self.settings, out);
        self.outbreaks.tell(out);
    }

    /// How many blocks there are, in the order of the streets.
    pub fn blocks(&self) -> usize {
        self.places.blocks.len()
    }

    /// The people of a street and their infections.
    pub fn street(&self, number: usize) -> Arc<Held> {
        let street =
            Street { number, people: Vec::new(), households: Vec::new(), blocks: Vec::new(), index: Vec::new() };
        let infections = self.outbreaks.of_street(self, &street);
        Arc::new(Held { street, infections })
    }

    /// Everything of the residents of a block within the window of `out`; may be called from several threads.
    pub fn block(&self, nth: usize, out: &mut Out) {
        let Some((street, block)) = self.places.blocks.get(nth).copied() else { return };
        let held = self.street(street as usize);
        for person in &held.street.people[held.street.blocks[block as usize].clone()] {
            let infections = held.infections.of(person.number);
            let _met = crate::care::of(self, &held.street, person, infections, out);
        }
    }

    /// Id of the Patient of a person at an institution.
    pub fn registration_id(&self, person: u64, institution: usize) -> String {
        format!("p{person}-{}", self.places.institutions[institution].key)
    }

    /// About how many resources there will be, for a progress bar.
    pub fn resources_estimate(&self) -> u64 {
        self.settings.residents * 60
    }
}
