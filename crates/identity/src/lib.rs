//! Who is who: pure methods for telling people apart. So far the resident identity number; matching of people follows
//! with the identity issue.

pub mod number;
pub mod organisation;

pub use number::{Day, Refusal, ResidentNumber, Sex};
pub use organisation::{CodeRefusal, OrganisationCode};
