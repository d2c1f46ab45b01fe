//! Pieces of JSON that are written straight into the answer's bytes.

/// Appends a JSON string with its quotes.
pub fn string(out: &mut Vec<u8>, text: &str) {
    fhir::write_string(text, out);
}

/// Appends text that needs no escape.
pub fn raw(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
