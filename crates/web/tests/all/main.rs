//! The HTTP edge from outside: the whole app on a fresh store, spoken to over HTTP as named users.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected ends")]

mod api_demo;
mod api_images;
mod api_imports;
mod api_residents;
mod api_session;
mod api_shown;
mod bundles;
mod capabilities;
mod cards;
mod cds;
mod cds_client;
mod cds_feedback;
mod cds_hostile;
mod cds_view;
mod conditions;
mod harness;
mod histories;
mod limits;
mod links;
mod overview;
mod paging;
mod parameters;
mod programs;
mod races;
mod recognition;
mod roles;
mod rules;
mod search_breadth;
mod search_everything;
mod search_lastn;
mod search_limits;
mod search_system;
mod search_terms;
mod search_turns;
mod single;
mod walk;
mod walk_worlds;
