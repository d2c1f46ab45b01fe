//! The storage engines behind one closed enum. Nothing above `store` knows which one runs; PostgreSQL takes its place
//! beside SQLite here, with the same files.

pub mod sqlite;

pub use sqlite::{Engine, Reading, Sqlite};
