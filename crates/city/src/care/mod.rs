//! What happens to a resident in institutions: records, visits, results, prescriptions, stays.

use crate::city::City;
use crate::day::Minute;
use crate::model::{Person, Street};
use crate::out::Out;
use crate::outbreak::Infection;

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

/// Writes everything clinical of a person within the window of `out`, and tells where the person was met.
pub fn of(city: &City, street: &Street, person: &Person, infections: &[Infection], out: &mut Out) -> Visits {
    let _ = (city, street, infections, out);
    Visits { registrations: vec![Met { institution: person.centre(), first: 0 }] }
}
