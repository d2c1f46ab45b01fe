//! Outbreaks by switch, the sporadic infections of every day, who infected whom, and the report cards.
//!
//! A street is simulated as a whole, person by person, and depends on nothing outside it; so memory is bounded by one street,
//! and any street can be made again at any time.

mod absence;
mod card;
mod course;
mod illness;
mod infection;
mod kinds;
mod lineage;
mod plan;
mod roster;
mod sporadic;
mod spread;
mod table;
mod truth;
mod ward;

use crate::city::City;
use crate::model::Street;
use crate::outbreak::absence::Absences;
use crate::outbreak::course::{Begin, Courses};
use crate::outbreak::kinds::Scene;
use crate::rng::Rng;

pub use card::{Card, report_card};
pub use illness::{Assay, Class, Facts, Illness};
pub use infection::{Infection, Stay, StreetInfections, Test};
pub use plan::{Outbreak, Outbreaks, plan};
pub use roster::Setting;
pub use table::ILLNESSES;

/// Streams of draws; a number is never used for two things.
mod streams {
    use crate::rng::stream::OUTBREAK;

    pub const PLAN: u32 = OUTBREAK;
    pub const SPORADIC: u32 = OUTBREAK + 1;
    pub const ARRIVAL: u32 = OUTBREAK + 2;
    pub const ABSENCE: u32 = OUTBREAK + 3;
    pub const LINEAGE: u32 = OUTBREAK + 4;
    /// Each outbreak takes eight streams from here on.
    const EACH: u32 = OUTBREAK + 1000;

    /// First infections.
    pub const fn first(outbreak: u32) -> u32 {
        EACH + outbreak * 8
    }

    pub const fn course(outbreak: u32) -> u32 {
        EACH + outbreak * 8 + 1
    }

    /// Takes two: contacts and susceptibility.
    pub const fn spread(outbreak: u32) -> u32 {
        EACH + outbreak * 8 + 2
    }

    /// The same for the tries of an outbreak.
    pub const fn tries(outbreak: u32, nth: u32) -> u32 {
        EACH + 1_000_000 + outbreak * 1000 + nth * 2
    }
}

impl Outbreaks {
    /// All infections of a street in the window of the city.
    pub fn of_street(&self, city: &City, street: &Street) -> StreetInfections {
        let settings = &city.settings;
        let courses = Courses { places: &city.places, under_reporting: settings.rates.under_reporting };
        let mut all = sporadic::of_street(settings, street, &courses);
        for outbreak in &self.all {
            if outbreak.street.is_some_and(|nth| nth != street.number || !street.first) {
                continue;
            }
            let scene = Scene::new(settings, &city.places, street, outbreak);
            for case in scene.cases() {
                let person = &street.people[case.member as usize];
                let begin = Begin {
                    outbreak: Some(outbreak.number),
                    disease: scene.disease(),
                    by: case.by.map(|by| street.people[by as usize].number),
                    setting: case.setting,
                    place: case.place,
                    at: case.at,
                    seen: false,
                    ward: case.stay,
                };
                let mut rng = Rng::of(settings.seed, streams::course(outbreak.number), person.number);
                all.push(courses.run(person, &begin, &mut rng));
            }
        }
        let names = truth::Names::new(&city.places, street, &self.all, &all);
        let absences = Absences::new(settings, &city.places, street, &all);
        StreetInfections::new(all, names, absences)
    }
}
