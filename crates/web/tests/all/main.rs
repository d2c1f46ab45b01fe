//! The HTTP edge from outside: the whole app on a fresh store, spoken to over HTTP as named users.

mod bundles;
mod capabilities;
mod conditions;
mod harness;
mod histories;
mod limits;
mod paging;
mod races;
mod roles;
mod single;
