//! The id of a resource that came without one: from its source key or its content, so that the same file imported again
//! finds what it stored.

use fhir::Resource;
use sha2::{Digest, Sha256};

/// The resource's own id; else one from its first identifier with a system and a value; else one from its full URL and
/// content.
pub fn id_for(resource: &Resource, full_url: Option<&str>) -> String {
    if let Some(id) = resource.id() {
        return id.to_owned();
    }
    let mut hash = Sha256::new();
    hash.update(resource.type_name());
    match source_key(resource) {
        Some((system, value)) => {
            hash.update(b"\0key\0");
            hash.update(system);
            hash.update(b"|");
            hash.update(value);
        }
        None => {
            hash.update(b"\0content\0");
            hash.update(full_url.unwrap_or_default());
            hash.update(b"\0");
            hash.update(resource.to_json());
        }
    }
    base::hex::encode(&hash.finalize()[..16])
}

fn source_key(resource: &Resource) -> Option<(String, String)> {
    let identifiers = resource.root().get("identifier")?;
    identifiers.items().find_map(|identifier| {
        let system = identifier.get("system")?.str()?.into_owned();
        let value = identifier.get("value")?.str()?.into_owned();
        Some((system, value))
    })
}
