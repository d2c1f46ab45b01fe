//! The words of a resource, for `_text` and `_content`.

use crate::element::Element;
use crate::fold::{fold, starts_a_word};
use crate::resource::Resource;
use crate::search::model::WordsOf;

/// A text of this length without a blank is data, not language.
const WORD_BYTES_MAX: usize = 1_024;
/// Between two texts, so that no phrase reaches from one into the other.
const BORDER: char = '\u{1f}';

/// True if all words of one of the alternatives are there: each at the beginning of a word, Chinese ones anywhere.
pub fn words_match(resource: &Resource, of: WordsOf, any: &[Vec<String>]) -> bool {
    let text = words_text(resource, of);
    any.iter().any(|words| words.iter().all(|word| starts_a_word(&text, word)))
}

/// The folded text that `words_match` looks through.
pub fn words_text(resource: &Resource, of: WordsOf) -> String {
    let mut text = String::new();
    match of {
        WordsOf::Narrative => {
            if let Some(div) = resource.root().text_at("text.div") {
                push_narrative(&div, &mut text);
            }
        }
        WordsOf::Everything => everything(resource.root(), &mut text),
    }
    fold(&text)
}

fn everything(element: Element<'_>, out: &mut String) {
    if element.is_array() {
        element.items().for_each(|item| everything(item, out));
    } else if element.is_object() {
        element.members().for_each(|(_, member)| everything(member, out));
    } else if let Some(text) = element.str() {
        if text.len() > WORD_BYTES_MAX && !text.contains(char::is_whitespace) {
            return;
        }
        match element.name() {
            "div" => push_narrative(&text, out),
            _ => out.push_str(&text),
        }
        out.push(BORDER);
    }
}

/// The text of a narrative: tags are borders of words, entities are what they stand for.
fn push_narrative(div: &str, out: &mut String) {
    let mut rest = div;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        let (end, stands_for) = match rest.as_bytes()[at] {
            b'<' => (rest[at..].find('>'), Some(' ')),
            _ => {
                let end = rest[at..].find(';').filter(|end| *end <= 10);
                (end, end.and_then(|end| entity(&rest[at + 1..at + end])))
            }
        };
        out.extend(stands_for);
        match end {
            Some(end) => rest = &rest[at + end + 1..],
            None => rest = &rest[at + 1..],
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    let code = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => match name.strip_prefix("#x") {
            Some(digits) => code(digits, 16),
            None => name.strip_prefix('#').and_then(|digits| code(digits, 10)),
        },
    }
}
