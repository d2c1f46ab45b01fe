//! JSON as a flat tree over its own text. The reader is strict (RFC 8259); nothing is copied but the text as a whole,
//! so numbers keep their digits and members their order.

mod read;
mod scan;
mod tree;
mod write;

pub use read::Limits;
pub(crate) use tree::{Kind, Tree};
pub use write::write_string;
pub(crate) use write::{minify, write_member_name};
