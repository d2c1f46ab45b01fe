//! Query strings: percent-encoding of names and values, forwards and backwards.
//! <https://url.spec.whatwg.org/#application/x-www-form-urlencoded>

use base::{Error, Result};
use std::borrow::Cow;

/// Parameters of one query; more are refused before they are decoded.
const PARAMETERS_MAX: usize = 10_000;

/// The parameters of a query or form body, decoded, in their order; empty parts are left out.
pub fn parse_query(query: &str) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        if pairs.len() == PARAMETERS_MAX {
            return Err(Error::too_costly(format!("a query may hold at most `{PARAMETERS_MAX}` parameters")));
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        pairs.push((decode(name, true)?.into_owned(), decode(value, true)?.into_owned()));
    }
    Ok(pairs)
}

/// One segment of a path, decoded; borrowed where nothing was encoded.
pub fn decode_segment(segment: &str) -> Result<Cow<'_, str>> {
    decode(segment, false)
}

fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%' || (plus_is_space && byte == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'+' if plus_is_space => out.push(b' '),
            b'%' => {
                let pair = bytes.get(at..at + 2).and_then(|pair| Some(hex(pair[0])? << 4 | hex(pair[1])?));
                out.push(
                    pair.ok_or_else(|| Error::invalid("a `%` in the URL is not followed by two hexadecimal digits"))?,
                );
                at += 2;
            }
            _ => out.push(byte),
        }
    }
    let text =
        String::from_utf8(out).map_err(|_| Error::invalid("the URL is not UTF-8 after decoding its `%` signs"))?;
    Ok(Cow::Owned(text))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Appends `text` percent-encoded for a query: all but letters, digits and `-._~:/|,$@` are encoded.
pub fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/|,$@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for text in ["", "a b", "张伟", "1|2,3", "+08:00", "100%", "a&b=c#d"] {
            let mut query = "x=".to_owned();
            encode(text, &mut query);
            assert_eq!(parse_query(&query).unwrap(), [("x".to_owned(), text.to_owned())], "{query}");
        }
    }

    #[test]
    fn broken_encodings_are_refused() {
        for query in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(parse_query(query).is_err(), "{query}");
        }
        assert_eq!(parse_query("a=1+2&&b").unwrap(), [("a".into(), "1 2".into()), ("b".into(), String::new())]);
    }
}
