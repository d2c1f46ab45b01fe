//! The use cases of who orders, who looks something up and who keeps the maps.

pub mod check;
pub mod codes;
pub mod explain;
pub mod items;
pub mod map;
pub mod result;

use crate::directory::Picture;
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
