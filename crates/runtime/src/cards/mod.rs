//! Cards: what programs have to say in the moment somebody orders something or opens a record. A program declares card
//! sources; here their cards are ranked, limited, merged, recorded, and what became of them is kept.

mod model;

pub use model::*;
