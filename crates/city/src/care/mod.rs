//! What happens to a resident in institutions: the health record, visits, results, prescriptions, stays, immunisations.
//!
//! A person's contacts are planned first (`plan`), then written (`write`); figures and codes stand in tables (`tables`). The
//! plan does not depend on the window that is asked for, so that any window can be made at any time.

mod plan;
mod tables;
mod value;
mod write;

use crate::City;
use crate::day::Minute;
use crate::model::{Person, Street};
use crate::out::Out;
use crate::outbreak::Infection;

pub use plan::{clinic_rate, emergency_rate};
pub use tables::{Tables, read as read_tables};
pub use write::{endpoints, maps};

/// Where a person was met first when; the Patients are written from it.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    pub registrations: Vec<Met>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// Place in `Places::institutions`.
    pub institution: usize,
    /// The minute of the first contact.
    pub first: Minute,
}

impl Visits {
    /// Keeps the earliest contact with an institution.
    fn met(&mut self, institution: usize, at: Minute) {
        match self.registrations.iter_mut().find(|met| met.institution == institution) {
            Some(met) => met.first = met.first.min(at),
            None => self.registrations.push(Met { institution, first: at }),
        }
    }
}

/// Writes everything clinical of a person within the window of `out`, and tells where the person was met.
pub fn of(city: &City, street: &Street, person: &Person, infections: &[Infection], out: &mut Out) -> Visits {
    let plan = plan::Plan::of(city, street, person, infections, out.window.to);
    write::write(&plan, out)
}
