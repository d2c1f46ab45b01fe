//! Text as it is compared in searches.

use base::limits::INDEX_TEXT_BYTES_MAX;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text in lower case, without accents, with letters of one width (NFKD without marks), white space collapsed
/// to single blanks and none at the ends. Folding twice changes nothing more.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|letter| push(letter.to_ascii_lowercase(), &mut out));
    } else if text.chars().all(is_settled) {
        text.chars().for_each(|letter| push(letter, &mut out));
    } else {
        // Lower case may bring back a mark (`İ`), so marks are dropped after it.
        let letters = text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|letter| !is_combining_mark(*letter));
        letters.for_each(|letter| push(letter, &mut out));
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// `fold`, cut to what is indexed.
pub fn fold_for_index(text: &str) -> String {
    let mut folded = fold(text);
    cut(&mut folded);
    folded
}

/// Cuts a text to `INDEX_TEXT_BYTES_MAX` at the border of a character.
pub fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(INDEX_TEXT_BYTES_MAX));
}

/// True where `folded` holds `start` at its beginning or at the beginning of a word. Every Han character counts as
/// a word.
pub fn starts_a_word(folded: &str, start: &str) -> bool {
    let Some(first) = start.chars().next() else { return true };
    folded.match_indices(start).any(|(at, _)| {
        let before = folded[..at].chars().next_back();
        is_han(first) || before.is_none_or(|before| is_han(before) || !before.is_alphanumeric())
    })
}

/// A character of the Chinese script.
pub fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' | '〇')
}

/// Folds to itself: most Chinese text needs no tables.
fn is_settled(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9FFF}' | 'a'..='z' | '0'..='9' | ' ' | ',' | '.' | '-' | '/' | '(' | ')')
}

fn push(letter: char, out: &mut String) {
    if !letter.is_whitespace() {
        out.push(letter);
    } else if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}
