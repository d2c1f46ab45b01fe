//! The synthetic city: an invented place whose people, institutions, visits and outbreaks are drawn from published
//! figures, and whose truth is known. Pure: no files, no clock, no store. The same settings make the same bytes, whatever
//! the number of threads and the order in which blocks are made.

mod booking;
pub mod care;
pub mod city;
pub mod day;
mod images;
pub mod json;
pub mod model;
pub mod out;
pub mod outbreak;
pub mod people;
pub mod places;
pub mod registrations;
pub use base::rng;
pub mod settings;

pub use city::City;
pub use day::{Day, Minute};
pub use json::Json;
pub use model::{Chronic, ClassId, Disease, Household, Name, Outcome, Person, Pregnancy, Risk, Sex, Short, Street};
pub use out::{Out, Truth, Window};
pub use places::{Department, Institution, InstitutionKind, Level, Places, Specialty};
pub use rng::{Rng, stream};
pub use settings::{ErrorRates, OutbreakKind, OutbreakWish, Part, Settings, read_settings};
