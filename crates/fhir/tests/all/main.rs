//! The crate from outside.

mod blocks;
mod custom;
mod definitions;
mod examples;
mod given;
mod index;
mod parser;
mod random;
mod resource;
mod search;
mod summary;
