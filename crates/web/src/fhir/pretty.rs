//! JSON with line breaks and indents, for people (`_pretty=true`). Values are copied as they are.

/// The same JSON, two spaces a level.
pub fn pretty(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 3 / 2);
    let mut level = 0_usize;
    let mut bytes = json.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => string(&mut bytes, &mut out),
            b'{' | b'[' => {
                out.push(byte);
                level += 1;
                // An empty object or array stays on its line.
                if bytes.peek().is_some_and(|next| matches!(next, b'}' | b']')) {
                    level -= 1;
                    out.extend(bytes.next());
                } else {
                    line(level, &mut out);
                }
            }
            b'}' | b']' => {
                level = level.saturating_sub(1);
                line(level, &mut out);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(level, &mut out);
            }
            b':' => out.extend_from_slice(b": "),
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => out.push(byte),
        }
    }
    out
}

fn string(bytes: &mut impl Iterator<Item = u8>, out: &mut Vec<u8>) {
    out.push(b'"');
    while let Some(byte) = bytes.next() {
        out.push(byte);
        match byte {
            b'\\' => out.extend(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

fn line(level: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', 2 * level));
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn pretty_changes_white_space_only() {
        let given = r#"{"a":[1.50,"x, \" {y}"],"b":{},"c":[]}"#;
        let lines = "{\n  \"a\": [\n    1.50,\n    \"x, \\\" {y}\"\n  ],\n  \"b\": {},\n  \"c\": []\n}";
        assert_eq!(String::from_utf8(pretty(given.as_bytes())).unwrap(), lines);
    }
}
