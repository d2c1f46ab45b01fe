//! Functions of probability, least squares and generalised linear models that the methods stand on.

pub mod dist;
pub mod draw;
pub mod glm;
pub mod least;
pub mod sample;
pub mod solve;
pub mod special;
pub mod trend;
