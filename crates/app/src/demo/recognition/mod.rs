//! Mutual recognition in the demonstration: the hospitals of the city ask about what their doctors order, and the doctors
//! decide. Everything goes the way it goes at a hospital: the question for cards, the record of a card, the program's
//! `decide`. Nothing is written that a hospital could not have caused.
//!
//! `past` asks about the orders of the history as of their minutes; then `Desk` is asked while the city lives. What doctors do
//! is drawn from the city's seed and the card alone, so the same city decides the same way each time.

mod corrections;
mod desk;
mod habits;
mod past;
mod words;

pub use desk::Desk;
pub use past::ask_the_past;
