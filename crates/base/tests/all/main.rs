//! Holds the repository to its own rules (ARCHITECTURE.md): sizes, directions, and what stands where.

mod directions;
mod schema;
mod sizes;
mod sources;
