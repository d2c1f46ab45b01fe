//! Residents: households drawn from the pyramid, and what happens to them until the last day that can be lived.

pub mod chronic;
mod household;
mod life;
pub mod names;
pub mod numbers;
mod person;
mod pregnancy;
pub mod pyramid;

use crate::model::{Household, Sex, Street};
use crate::places::{Places, areas::share_out};
use crate::rng::{Rng, stream};
use crate::settings::Settings;
use household::Draft;
use numbers::Numbers;
use person::Maker;
pub use person::classes;
use pyramid::{BANDS, CENSUS};
use std::collections::HashMap;

/// Numbers of those who are not among the residents of the census day: newborn, newcomers, and those who had died or left.
pub const LATER: u64 = 100_000_000;
/// Numbers of this kind that a block can give.
pub const LATER_OF_BLOCK: u64 = 10_000;

/// A section of a street while it is filled.
struct Filling<'a> {
    settings: &'a Settings,
    places: &'a Places,
    section: usize,
    households: Vec<Household>,
    /// People by block; ranges are laid over them at the end.
    blocks: Vec<Vec<crate::model::Person>>,
    numbers: Numbers,
    /// How many numbers of `LATER` each block has given.
    later: Vec<u64>,
    /// Whom people have married since the census day.
    wed: HashMap<u64, u64>,
}

/// The people of a section of a street.
pub fn street(settings: &Settings, places: &Places, section: usize) -> Street {
    let place = &places.sections[section];
    let count = place.blocks.len();
    let mut filling = Filling {
        settings,
        places,
        section,
        households: Vec::new(),
        blocks: vec![Vec::new(); count],
        numbers: numbers(places, section),
        later: vec![0; count],
        wed: HashMap::new(),
    };
    let maker = Maker::new(settings, places, section);
    let mut first = place.first_person;
    for (block, drafts) in drafts(settings, places, section).into_iter().enumerate() {
        let size = drafts.len() as u64;
        filling.census(&maker, block, drafts, first);
        first += size;
    }
    life::before(&mut filling, &maker);
    life::after(&mut filling, &maker);
    filling.finish()
}

fn numbers(places: &Places, section: usize) -> Numbers {
    let street = &places.streets[places.sections[section].street];
    let district = &places.districts[street.district];
    let of_district = |nth: usize| places.streets[nth].sections.clone();
    let first = of_district(district.streets.start).start;
    let last = of_district(district.streets.end - 1).end;
    Numbers::of_section(section, district.code.parse().unwrap_or(0), section - first, last - first)
}

/// The drafts of each block of a section: its residents follow the pyramid exactly, dealt out to the blocks in turn.
fn drafts(settings: &Settings, places: &Places, section: usize) -> Vec<Vec<Draft>> {
    let place = &places.sections[section];
    let blocks = place.blocks.len();
    let mut dealt: Vec<Vec<Draft>> = vec![Vec::new(); blocks];
    let mut rng = Rng::of(settings.seed, stream::HOUSEHOLD, u64::MAX - section as u64);
    let mut turn = 0;
    for (cell, count) in share_out(place.residents, &pyramid::cells()).into_iter().enumerate() {
        let band = &BANDS[cell / 2];
        let sex = if cell % 2 == 0 { Sex::Female } else { Sex::Male };
        // The last band is open; the old grow fewer with each year.
        let years = if band.low >= 90 { 9.0 } else { 5.0 };
        for nth in 0..count {
            let mut along = (nth as f64 + rng.unit()) / count as f64;
            if band.low >= 90 {
                along *= along;
            }
            let born = CENSUS - 1 - ((f64::from(band.low) + along * years) * 365.25) as i32;
            dealt[turn % blocks].push(Draft::new(sex, born));
            turn += 1;
        }
    }
    dealt
}

impl Filling<'_> {
    /// Residents of the census day: number `first` and those after it.
    fn census(&mut self, maker: &Maker, block: usize, mut drafts: Vec<Draft>, first: u64) {
        let global = self.places.sections[self.section].blocks.start + block;
        let mut rng = Rng::of(self.settings.seed, stream::HOUSEHOLD, global as u64);
        let households = household::form(&mut drafts, self.settings.errors.twins, &mut rng);
        let before = self.households.len();
        for _ in 0..households {
            let number = self.households.len() as u32;
            self.households.push(maker.household(number, &mut rng));
        }
        // Numbers rise along the households, so that those who live together stand together.
        let mut order: Vec<usize> = (0..drafts.len()).collect();
        order.sort_by_key(|nth| (drafts[*nth].household, drafts[*nth].born, *nth));
        let mut number_of = vec![0; drafts.len()];
        for (nth, draft) in order.iter().enumerate() {
            number_of[*draft] = first + nth as u64;
        }
        let homes = maker.origins(&drafts, households, &mut rng);
        for nth in order {
            let draft = &drafts[nth];
            let household = before + draft.household;
            let number = number_of[nth];
            self.households[household].members.push(number);
            let mut person = maker.person(number, draft.sex, draft.born, &homes[draft.household], &mut self.numbers);
            person.household = household as u32;
            person.neighbourhood = self.households[household].neighbourhood;
            person.mother = draft.mother.map(|mother| number_of[mother]);
            person.father = draft.father.map(|father| number_of[father]);
            person.spouse = draft.partner.map(|partner| number_of[partner]);
            person.twin = draft.twin.map(|twin| number_of[twin]);
            self.blocks[block].push(person);
        }
        maker.family(&mut self.blocks[block], first);
    }

    /// The next number of a block for somebody who is not of the census day.
    fn later_number(&mut self, block: usize) -> u64 {
        let global = (self.places.sections[self.section].blocks.start + block) as u64;
        let nth = self.later[block].min(LATER_OF_BLOCK - 1);
        self.later[block] += 1;
        LATER + global * LATER_OF_BLOCK + nth
    }

    fn finish(self) -> Street {
        let mut people = Vec::with_capacity(self.blocks.iter().map(Vec::len).sum());
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in self.blocks {
            let start = people.len();
            people.extend(block);
            blocks.push(start..people.len());
        }
        let mut index: Vec<(u64, u32)> = people
            .iter()
            .enumerate()
            .map(|(nth, person): (usize, &crate::model::Person)| (person.number, nth as u32))
            .collect();
        index.sort_unstable();
        let street = self.places.sections[self.section].street;
        let first = self.places.streets[street].sections.start == self.section;
        Street { number: street, section: self.section, first, people, households: self.households, blocks, index }
    }
}
