//! What every room stands on: who asks and when (`Cx`), how errors look, the limits that hold, calendar days.
//! No domain words, no store, no HTTP.

pub mod base64;
pub mod calendar;
pub mod clock;
pub mod cx;
pub mod dice;
pub mod error;
pub mod hex;
pub mod limits;
pub mod rng;
pub mod zone;

pub use clock::{Clock, Course, Deadline, Millis, Paced, Stopwatch};
pub use cx::{Cx, Purpose, Role, StopFlag, Who};
pub use dice::Dice;
pub use error::{Error, Issue, Kind, Result, Severity};
