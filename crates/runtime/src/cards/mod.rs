//! Cards: what programs have to say in the moment somebody orders something or opens a record. A program declares card
//! sources; here their cards are ranked, merged, limited and recorded, and what became of them is kept. `docs/cards.md`.
//!
//! A card that was shown is one `DetectedIssue` whose id follows from what the card is about, so the same card shown
//! again is the same resource and costs no write. An outcome is a new version of it.

mod answer;
mod counts;
mod figures;
mod hidden;
mod identity;
mod issue;
mod model;
mod outcome;
mod question;
mod recorded;
mod remark;
mod viewer;

pub use answer::{Answer, CARDS_MAX, Shown, answer};
pub use counts::{Count, Counts, CountsKeeper};
pub use figures::{By, FIGURE_DAYS_MAX, FiguresQuery, REACTION, figures};
pub use identity::{Differs, contradiction};
pub use issue::suggestion;
pub use model::*;
pub use outcome::{Ending, Kept, OUTCOMES_MAX, Outcome, open, outcome, read};
pub use question::{Asking, ORDERS_MAX, Question, ask, may_ask};
pub use recorded::{Recorded, Standing};
pub use remark::Remark;
pub use viewer::{LINK_MINUTES, Link, Links};

/// The code system of use cases in `DetectedIssue.code`: what tells a card from other issues.
pub const CODE_SYSTEM: &str = "urn:jingluo:card";
/// The code system of `Ending` in `DetectedIssue.mitigation.action`.
pub const OUTCOME_SYSTEM: &str = "urn:jingluo:card:outcome";
/// The fact of an outcome that holds the English name of its reason; the display is the Chinese one.
pub const REASON_ENGLISH: &str = "reason_en";
/// The fact of an outcome that says whether the patient was told why.
pub const TOLD_PATIENT: &str = "told_patient";

/// The extensions of a recorded card, all below this prefix.
mod url {
    pub const SOURCE: &str = "urn:jingluo:card:source";
    pub const KIND: &str = "urn:jingluo:card:kind";
    pub const HOOK: &str = "urn:jingluo:card:hook";
    pub const INSTITUTION: &str = "urn:jingluo:card:institution";
    pub const DEPARTMENT: &str = "urn:jingluo:card:department";
    pub const USER: &str = "urn:jingluo:card:user";
    pub const ENCOUNTER: &str = "urn:jingluo:card:encounter";
    pub const ORDER: &str = "urn:jingluo:card:order";
    pub const OPENED: &str = "urn:jingluo:card:opened";
    pub const ENGLISH: &str = "urn:jingluo:card:english";
    pub const FACTS: &str = "urn:jingluo:card:facts";
}
