//! What `_text` and `_content` ask for: words that must all be there, with `and`, `or`, brackets, and quotes around what
//! stands together.
//!
//! <https://hl7.org/fhir/R4/search.html#text>

use super::near::shown;
use crate::fold::fold;
use base::limits::{FILTER_DEPTH_MAX, TEXT_WAYS_MAX};
use base::{Error, Result};

/// Words, brackets, `and` and `or` of one expression.
const WORDS_MAX: usize = 256;

/// The alternatives that an expression comes to, each a list of folded words or phrases.
pub(super) fn alternatives(name: &str, text: &str) -> Result<Vec<Vec<String>>> {
    let mut reading = Reading { name, text, words: words(name, text)?, at: 0 };
    let any = reading.or(0)?;
    match reading.words.get(reading.at) {
        Some(_) => Err(reading.malformed("a bracket is closed that was not opened")),
        None => Ok(any),
    }
}

enum Word {
    Open,
    Close,
    And,
    Or,
    /// Folded.
    Text(String),
}

fn words(name: &str, text: &str) -> Result<Vec<Word>> {
    let malformed = |why: &str| Error::invalid(format!("`{name}={}`: {why}", shown(text)));
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                words.push(if first == '(' { Word::Open } else { Word::Close });
                rest = &rest[1..];
            }
            '"' => {
                let end = rest[1..].find('"').ok_or_else(|| malformed("a quotation is not closed"))?;
                push(&mut words, &rest[1..=end]);
                rest = &rest[end + 2..];
            }
            _ => {
                let ends = |letter: char| letter.is_whitespace() || "()\"".contains(letter);
                let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
                match word.to_ascii_lowercase().as_str() {
                    "and" => words.push(Word::And),
                    "or" => words.push(Word::Or),
                    "not" => return Err(malformed("`not` is not supported; put it in quotes to find the word")),
                    _ => push(&mut words, word),
                }
                rest = &rest[word.len()..];
            }
        }
        if words.len() > WORDS_MAX {
            return Err(Error::too_costly(format!("`{name}` has more than {WORDS_MAX} words and brackets")));
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

fn push(words: &mut Vec<Word>, text: &str) {
    let folded = fold(text);
    if !folded.is_empty() {
        words.push(Word::Text(folded));
    }
}

struct Reading<'a> {
    name: &'a str,
    text: &'a str,
    words: Vec<Word>,
    at: usize,
}

impl Reading<'_> {
    fn or(&mut self, depth: usize) -> Result<Vec<Vec<String>>> {
        let mut any = self.and(depth)?;
        while let Some(Word::Or) = self.words.get(self.at) {
            self.at += 1;
            any.extend(self.and(depth)?);
        }
        Ok(any)
    }

    /// Words side by side must all be there, as if `and` stood between them.
    fn and(&mut self, depth: usize) -> Result<Vec<Vec<String>>> {
        let mut all = self.one(depth)?;
        loop {
            match self.words.get(self.at) {
                Some(Word::And) => self.at += 1,
                Some(Word::Open | Word::Text(_)) => {}
                _ => return Ok(all),
            }
            let more = self.one(depth)?;
            if all.len() * more.len() > TEXT_WAYS_MAX {
                let text =
                    format!("`{}` comes to more than {TEXT_WAYS_MAX} alternatives; ask for fewer words", self.name);
                return Err(Error::too_costly(text));
            }
            let pairs = all.iter().flat_map(|one| more.iter().map(move |other| [one.as_slice(), other].concat()));
            all = pairs.collect();
        }
    }

    fn one(&mut self, depth: usize) -> Result<Vec<Vec<String>>> {
        let at = self.at;
        self.at += 1;
        match self.words.get(at) {
            Some(Word::Text(text)) => Ok(vec![vec![text.clone()]]),
            Some(Word::Open) if depth < FILTER_DEPTH_MAX => {
                let inner = self.or(depth + 1)?;
                let Some(Word::Close) = self.words.get(self.at) else {
                    return Err(self.malformed("a bracket is not closed"));
                };
                self.at += 1;
                Ok(inner)
            }
            Some(Word::Open) => Err(Error::too_costly(format!("`{}` has too many brackets", self.name))),
            _ => Err(self.malformed("a word is missing")),
        }
    }

    fn malformed(&self, why: &str) -> Error {
        Error::invalid(format!("`{}={}`: {why}", self.name, shown(self.text)))
    }
}
