//! The runtime from outside: accounts, reactions, residents, live updates and imports on a fresh store.

mod accounts;
mod harness;
mod imports;
mod live;
mod reactions;
mod residents;
