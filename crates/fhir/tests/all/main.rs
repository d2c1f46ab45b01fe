//! The crate from outside.

mod definitions;
mod given;
mod parser;
mod random;
mod resource;
mod summary;
