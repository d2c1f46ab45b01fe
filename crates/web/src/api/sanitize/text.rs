//! Character references in and out of texts and attribute values.

/// The text with its character references resolved; an unknown one stays as written and is escaped later.
pub fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(32).position(|byte| byte == b';');
        match end.and_then(|end| Some((reference(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#') {
            Some(digits) => match digits.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => number(hexadecimal, 16),
                None => number(digits, 10),
            },
            None => html_entity(name),
        },
    }
}

/// The named entities that narratives use beside XML's five.
fn html_entity(name: &str) -> Option<char> {
    #[rustfmt::skip]
    const ENTITIES: [(&str, char); 38] = [
        ("nbsp", '\u{a0}'), ("copy", '©'), ("reg", '®'), ("trade", '™'), ("deg", '°'), ("plusmn", '±'), ("micro", 'µ'),
        ("middot", '·'), ("bull", '•'), ("hellip", '…'), ("ndash", '–'), ("mdash", '—'), ("lsquo", '‘'), ("rsquo", '’'),
        ("ldquo", '“'), ("rdquo", '”'), ("laquo", '«'), ("raquo", '»'), ("le", '≤'), ("ge", '≥'), ("ne", '≠'),
        ("times", '×'), ("divide", '÷'), ("frac12", '½'), ("frac14", '¼'), ("sup2", '²'), ("sup3", '³'), ("para", '¶'),
        ("sect", '§'), ("larr", '←'), ("rarr", '→'), ("uarr", '↑'), ("darr", '↓'), ("alpha", 'α'), ("beta", 'β'),
        ("mu", 'μ'), ("euro", '€'), ("yen", '¥'),
    ];
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// Appends the text so that it is only text wherever it stands.
pub fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => {}
            _ => out.push(character),
        }
    }
}
