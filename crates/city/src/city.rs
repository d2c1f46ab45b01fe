//! The city: what is built once, and blocks of residents made from it.

use crate::booking;
use crate::care::{self, Met};
use crate::images;
use crate::model::{Person, Street};
use crate::out::Out;
use crate::outbreak::{self, Outbreaks, StreetInfections};
use crate::people;
use crate::places::Places;
use crate::registrations::{self, Tables};
use crate::settings::{Part, Settings};
use base::Result;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Sections held at a time: one that is written, the next one, and the last one for who is late.
const SECTIONS_HELD: usize = 3;
/// Days of history that add a share to a block.
const SHARE_DAYS: u32 = 90;

/// Resources of a resident whatever the days, and for each day, as measured.
const BASE_EACH: f64 = 37.6;
const DAILY_EACH: f64 = 0.30;

/// Places and the plan of outbreaks; people are made section by section when a block is asked for.
pub struct City {
    pub settings: Settings,
    pub places: Places,
    pub outbreaks: Outbreaks,
    tables: Tables,
    held: Mutex<Vec<(usize, Arc<OnceLock<Held>>)>>,
}

/// A section of a street with what befalls it.
pub struct Held {
    pub street: Street,
    pub infections: StreetInfections,
}

impl City {
    pub fn build(settings: Settings) -> Result<City> {
        settings.check()?;
        let places = Places::build(&settings);
        let outbreaks = outbreak::plan(&settings, &places);
        let tables = Tables::build();
        Ok(City { settings, places, outbreaks, tables, held: Mutex::new(Vec::new()) })
    }

    /// All places: Organizations, Locations, HealthcareServices, Practitioners and their roles, Groups, Devices, Endpoints,
    /// and the pictures that all studies share.
    pub fn places(&self, out: &mut Out) {
        self.places.write(&self.settings, out);
        care::endpoints(self, out);
        care::maps(self, out);
        images::write(out);
    }

    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// How many blocks there are, in the order of the streets. A block of a long history holds a share of the residents of
    /// a block of people, so that none grows with the days.
    pub fn blocks(&self) -> usize {
        self.places.blocks.len() * self.shares()
    }

    fn shares(&self) -> usize {
        1 + (self.settings.days / SHARE_DAYS) as usize
    }

    /// Everything of the residents of a block within the window of `out`; may be called from several threads.
    pub fn block(&self, nth: usize, out: &mut Out) {
        let (shares, share) = (self.shares(), nth % self.shares());
        let Some((section, block)) = self.places.blocks.get(nth / shares).copied() else { return };
        let (section, block) = (section as usize, block as usize);
        self.with_section(section, |held| self.write_block(held, block, (share, shares), out));
        // Who makes the middle block also makes the next section, while the others go on with this one.
        let blocks = self.places.sections[section].blocks.len();
        if blocks > 2 && share == 0 && block == blocks / 2 && section + 1 < self.places.sections.len() {
            self.with_section(section + 1, |_| ());
        }
    }

    /// The people of a section and their infections, made if they are not held.
    pub fn with_section<T>(&self, section: usize, use_it: impl FnOnce(&Held) -> T) -> T {
        let cell = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            match held.iter().find(|(known, _)| *known == section) {
                Some((_, cell)) => cell.clone(),
                None => {
                    if held.len() >= SECTIONS_HELD {
                        held.remove(0);
                    }
                    let cell = Arc::new(OnceLock::new());
                    held.push((section, cell.clone()));
                    cell
                }
            }
        };
        use_it(cell.get_or_init(|| self.make(section)))
    }

    fn make(&self, section: usize) -> Held {
        let street = people::street(&self.settings, &self.places, section);
        let infections = self.outbreaks.of_street(self, &street);
        Held { street, infections }
    }

    fn write_block(&self, held: &Held, block: usize, (share, shares): (usize, usize), out: &mut Out) {
        let street = &held.street;
        if block == 0 {
            crate::places::write::classes_of_section(&self.places, &self.settings, street.section, out);
        }
        if street.first && block == 0 && share == 0 {
            crate::places::write::staff_of_street(&self.places, &self.settings, street.number, out);
            if self.settings.only == Some(Part::Booking) {
                booking::of_street(self, street.number, out);
            }
        }
        let people = &street.people[street.blocks[block].clone()];
        let (from, to) = (people.len() * share / shares, people.len() * (share + 1) / shares);
        for person in &people[from..to] {
            registrations::tell_person(self, street, person, out);
            let infections = held.infections.of(person.number);
            held.infections.tell(person, out);
            let start = out.mark();
            let met = match self.settings.only {
                Some(Part::Registrations) => registrations::chosen(self, street, person),
                Some(Part::Booking) => registrations::at_centre(person),
                _ => care::of(self, street, person, infections, out).registrations,
            };
            self.register(street, person, &met, start, out);
        }
    }

    /// Writes the Patients of a person before everything else that has been written of it.
    fn register(&self, street: &Street, person: &Person, met: &[Met], start: crate::out::Mark, out: &mut Out) {
        let middle = out.mark();
        for (nth, met) in met.iter().enumerate() {
            registrations::write(self, street, person, (nth, *met), out);
        }
        out.bring_forward(start, middle);
    }

    /// Id of the Patient of a person at an institution.
    pub fn registration_id(&self, person: u64, institution: usize) -> String {
        format!("p{person}-{}", self.places.institutions[institution].key)
    }

    /// About how many resources there will be, for a progress bar.
    pub fn resources_estimate(&self) -> u64 {
        let (residents, days) = (self.settings.residents, f64::from(self.settings.days));
        let each = match self.settings.only {
            None => BASE_EACH + DAILY_EACH * days,
            Some(Part::Registrations) => 2.4,
            Some(Part::Results) => 2.0 + 0.2 * days,
            Some(Part::Surveillance) => 2.0 + 0.02 * days,
            Some(Part::Booking) => 2.0,
        };
        (residents as f64 * each) as u64
    }
}
