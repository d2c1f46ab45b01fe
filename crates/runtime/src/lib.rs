//! What every program stands on: use cases of the record, import, accounts, reactions to the feed, residents, live
//! updates. It decides nothing about a service.

pub mod accounts;
pub mod cards;
pub mod care;
pub mod csv;
pub mod import;
pub mod imports;
pub mod listing;
pub mod live;
pub mod parameters;
pub mod program;
pub mod reactions;
pub mod rebuild;
pub mod record;
pub mod residents;
pub mod rules;
pub mod small;
