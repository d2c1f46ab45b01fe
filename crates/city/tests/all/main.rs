//! The crate from outside.
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod made;
mod outbreak;
mod outbreak_given;
mod catalogue;
mod catalogue_care;
mod catalogue_model;
mod care;
mod care_lives;
mod care_made;
mod care_results;
mod places;
mod catalogue_registrations;
mod people;
mod registrations;
mod settings;
mod determinism;
