//! The crate from outside.
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod care;
mod care_lives;
mod care_made;
mod care_results;
mod catalogue;
mod catalogue_care;
mod catalogue_model;
mod catalogue_registrations;
mod determinism;
mod images;
mod made;
mod outbreak;
mod outbreak_given;
mod people;
mod places;
mod registrations;
mod settings;
