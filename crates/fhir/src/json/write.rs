//! JSON without white space; numbers and strings stay as they were written.

use super::tree::{Kind, Tree};

/// Appends the value at `at`.
pub(crate) fn minify(tree: &Tree, at: u32, out: &mut Vec<u8>) {
    let (open, close) = match tree.node(at).kind {
        Kind::Object => (b'{', b'}'),
        Kind::Array => (b'[', b']'),
        _ => {
            out.extend_from_slice(tree.raw(at).as_bytes());
            return;
        }
    };
    out.push(open);
    for (nth, child) in tree.children(at).enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        if open == b'{' {
            write_member_name(tree, child, out);
        }
        minify(tree, child, out);
    }
    out.push(close);
}

/// Appends `"name":`.
pub(crate) fn write_member_name(tree: &Tree, at: u32, out: &mut Vec<u8>) {
    if tree.node(at).key_start < tree.len {
        out.push(b'"');
        out.extend_from_slice(tree.key(at).as_bytes());
        out.push(b'"');
    } else {
        write_string(tree.key(at), out);
    }
    out.push(b':');
}

/// Appends a text as a JSON string.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
