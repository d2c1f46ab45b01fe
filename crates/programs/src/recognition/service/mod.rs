//! The use cases of who orders, who looks something up and who keeps the maps.

pub mod check;
pub mod codes;
pub mod explain;
pub mod items;
pub mod map;
pub mod result;

use crate::directory::Picture;
use base::Error;
use serde_json::{Value, json};

/// `{"type","id","name"}`
pub fn reference(type_name: &str, id: &str, name: &str) -> Value {
    json!({ "type": type_name, "id": id, "name": name })
}

/// An institution to open; its id stands for a name that nobody knows.
pub fn institution(picture: &Picture, id: &str) -> Value {
    let name = picture.institution(id).map_or(id, |institution| institution.row.name.as_str());
    reference("Organization", id, name)
}

/// What an operation answers to a body that it cannot read. The place is told and not what stands there: it may be
/// personal.
pub fn unread(operation: &str, error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let what = error.to_string();
    // Serde names a member that it misses, and the value of one that it did not expect.
    let missing = what.split(" at line").next().filter(|what| what.starts_with("missing field"));
    let what = missing.unwrap_or("it is not JSON, or has a member that is unknown or of another type");
    Error::invalid(format!("the body is not what `{operation}` reads: {what} (line {line}, column {column})"))
}
