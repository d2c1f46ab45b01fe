//! How the primitive types of R4 look: https://hl7.org/fhir/R4/datatypes.html#primitive

use super::dates::{is_date, is_date_time, is_instant, is_time};
use super::xhtml;
use crate::definitions::Primitive;
use crate::json::Kind;
use base::limits::ID_CHARS_MAX;

/// R4: strings have at most 1 MB, counted in characters.
const STRING_CHARS_MAX: usize = 1 << 20;

/// The JSON type that a primitive is written as.
pub(super) fn json_words(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Boolean => "a boolean (true or false, without quotes)",
        Primitive::Decimal | Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => {
            "a number (without quotes)"
        }
        _ => "a string (in double quotes)",
    }
}

pub(super) fn fits_json(primitive: Primitive, kind: Kind) -> bool {
    match primitive {
        Primitive::Boolean => matches!(kind, Kind::True | Kind::False),
        Primitive::Decimal | Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => {
            kind == Kind::Number
        }
        _ => kind.is_string(),
    }
}

/// What is wrong with a value of the right JSON type that is not empty, as the end of a sentence that begins with the
/// value. `plain` says that the text was written without escape sequences, so it cannot hold control characters.
pub(super) fn fault(primitive: Primitive, text: &str, plain: bool) -> Option<String> {
    let good = match primitive {
        Primitive::Boolean | Primitive::Decimal => true,
        Primitive::String | Primitive::Markdown => return string_fault(text, plain),
        Primitive::Xhtml => return xhtml::fault(text),
        Primitive::Code => is_code(text),
        Primitive::Id => is_id(text),
        Primitive::Uri | Primitive::Url | Primitive::Canonical => is_uri(text),
        Primitive::Date => is_date(text),
        Primitive::DateTime => is_date_time(text),
        Primitive::Instant => is_instant(text),
        Primitive::Time => is_time(text),
        Primitive::Integer => whole(text).is_some(),
        Primitive::UnsignedInt => whole(text).is_some_and(|number| number >= 0),
        Primitive::PositiveInt => whole(text).is_some_and(|number| number > 0),
        Primitive::Base64Binary => is_base64(text),
        Primitive::Oid => is_oid(text),
        Primitive::Uuid => is_uuid(text),
    };
    (!good).then(|| rule(primitive).to_owned())
}

fn rule(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Code => "is no code; write at least one character, without blanks at its ends or two in a row",
        Primitive::Id => "is no id; write 1 to 64 letters, digits, `-` and `.`",
        Primitive::Uri | Primitive::Url | Primitive::Canonical => {
            "is no address; write at least one character and no blanks"
        }
        Primitive::Date => "is no date; write YYYY, YYYY-MM or YYYY-MM-DD with a day that the calendar has",
        Primitive::DateTime => {
            "is no date and time; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz, with seconds and offset, on a day that the calendar has"
        }
        Primitive::Instant => "is no instant; write YYYY-MM-DDThh:mm:ss.sss+zz:zz, with seconds and offset",
        Primitive::Time => "is no time; write hh:mm:ss without an offset",
        Primitive::Integer => "is no integer; write a whole number between -2147483648 and 2147483647",
        Primitive::UnsignedInt => "is not allowed; write a whole number between 0 and 2147483647",
        Primitive::PositiveInt => "is not allowed; write a whole number between 1 and 2147483647",
        Primitive::Base64Binary => {
            "is not base64; write groups of four of `A–Z a–z 0–9 + /`, the last one filled with `=`"
        }
        Primitive::Oid => "is no OID; write it as `urn:oid:1.2.3`",
        Primitive::Uuid => "is no UUID; write it as `urn:uuid:` and 8-4-4-4-12 lower-case hexadecimal digits",
        _ => "is not allowed here",
    }
}

fn string_fault(text: &str, plain: bool) -> Option<String> {
    if text.len() > STRING_CHARS_MAX && text.chars().nth(STRING_CHARS_MAX).is_some() {
        return Some(format!("is longer than {STRING_CHARS_MAX} characters; put long content into a Binary"));
    }
    let control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    if !plain && text.bytes().any(control) {
        return Some(
            "holds a control character; of those only tab, line feed and carriage return are allowed".to_owned(),
        );
    }
    None
}

/// `[^\s]+(\s[^\s]+)*`
fn is_code(text: &str) -> bool {
    let mut blank_before = true;
    for byte in text.bytes() {
        let blank = byte.is_ascii_whitespace();
        if (blank && blank_before) || byte < 0x20 {
            return false;
        }
        blank_before = blank;
    }
    !blank_before
}

/// `[A-Za-z0-9\-\.]{1,64}`
pub(crate) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    (1..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

/// `\S*`, and no value of FHIR is empty.
fn is_uri(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte > 0x20)
}

/// A whole number of 32 bits, as JSON and the specification both write it: no fraction, no exponent, no `-0`.
fn whole(text: &str) -> Option<i32> {
    if text == "-0" { None } else { text.parse().ok() }
}

/// Groups of four, white space between them; only the last may be filled with one or two `=`.
fn is_base64(text: &str) -> bool {
    let (mut letters, mut fill) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if fill == 0 => letters += 1,
            b'=' => fill += 1,
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => return false,
        }
    }
    letters > 0 && fill <= 2 && (letters + fill) % 4 == 0
}

/// `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`
fn is_oid(text: &str) -> bool {
    let Some(numbers) = text.strip_prefix("urn:oid:") else { return false };
    let mut parts = numbers.split('.');
    let root = parts.next().is_some_and(|root| matches!(root, "0" | "1" | "2"));
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let mut count = 0;
    root && parts.inspect(|_| count += 1).all(number) && count > 0
}

/// `urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
fn is_uuid(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("urn:uuid:") else { return false };
    let fits = |(nth, byte): (usize, u8)| match nth {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    digits.len() == 36 && digits.bytes().enumerate().all(fits)
}
