//! The text of a `_filter` as a tree, before it is known which parameters it names.

use super::super::near::shown;
use base::limits::{CHAIN_DEPTH_MAX, FILTER_DEPTH_MAX, FILTER_TESTS_MAX};
use base::{Error, Result};

#[derive(Debug)]
pub enum Expression {
    All(Vec<Expression>),
    Either(Vec<Expression>),
    Not(Box<Expression>),
    /// Path, operation, value.
    Test(Path, String, String),
}

/// `subject:Patient[active eq true].general-practitioner.name`.
#[derive(Debug)]
pub struct Path {
    pub links: Vec<Link>,
    /// The parameter at the end.
    pub name: String,
}

#[derive(Debug)]
pub enum Link {
    /// A reference parameter, perhaps with a type, and what its target must meet.
    To(String, Option<Expression>),
    /// `_has:Observation:patient`: the type and the parameter by which it refers here.
    By(String, String),
}

/// # Errors
/// `Invalid` where the text is no filter, `TooCostly` for too many or too deep tests.
pub fn parse(text: &str) -> Result<Expression> {
    let mut parser = Parser { text, at: 0, tests: 0 };
    let expression = parser.expression(0)?;
    parser.blanks();
    if parser.at < text.len() { Err(parser.malformed("`and`, `or` or the end is missing")) } else { Ok(expression) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tests: usize,
}

impl<'a> Parser<'a> {
    /// From left to right; `and` does not go before `or`.
    fn expression(&mut self, depth: usize) -> Result<Expression> {
        let mut left = self.operand(depth)?;
        loop {
            if self.word("and") {
                let right = self.operand(depth)?;
                left = match left {
                    Expression::All(mut all) => {
                        all.push(right);
                        Expression::All(all)
                    }
                    other => Expression::All(vec![other, right]),
                };
            } else if self.word("or") {
                let right = self.operand(depth)?;
                left = match left {
                    Expression::Either(mut any) => {
                        any.push(right);
                        Expression::Either(any)
                    }
                    other => Expression::Either(vec![other, right]),
                };
            } else {
                return Ok(left);
            }
        }
    }

    fn operand(&mut self, depth: usize) -> Result<Expression> {
        if depth > FILTER_DEPTH_MAX {
            return Err(Error::too_costly(format!(
                "`_filter` has more than {FILTER_DEPTH_MAX} brackets in each other"
            )));
        }
        let start = self.at;
        let not = self.word("not") && {
            let bracket = self.peek() == Some('(');
            if !bracket {
                self.at = start;
            }
            bracket
        };
        if self.take('(') {
            let inner = self.expression(depth + 1)?;
            if !self.take(')') {
                return Err(self.malformed("`)` is missing"));
            }
            // A bracket is one operand: what follows is not drawn into it.
            return Ok(if not { Expression::Not(Box::new(inner)) } else { Expression::All(vec![inner]) });
        }
        self.tests += 1;
        if self.tests > FILTER_TESTS_MAX {
            return Err(Error::too_costly(format!("`_filter` has more than {FILTER_TESTS_MAX} tests")));
        }
        let path = self.path(depth)?;
        self.blanks();
        let operation = self.run(|letter| letter.is_ascii_alphabetic());
        if operation.is_empty() {
            return Err(self.malformed("an operation such as `eq` is missing"));
        }
        let value = self.value()?;
        Ok(Expression::Test(path, operation.to_owned(), value))
    }

    fn path(&mut self, depth: usize) -> Result<Path> {
        let mut links = Vec::new();
        loop {
            let mut name = self.name()?;
            while let Some(rest) = name.strip_prefix("_has:") {
                let mut words = rest.splitn(3, ':');
                let (Some(source), Some(param), Some(rest)) = (words.next(), words.next(), words.next()) else {
                    return Err(self.malformed("`_has` is written `_has:Observation:patient:code`"));
                };
                links.push(Link::By(source.to_owned(), param.to_owned()));
                name = rest;
            }
            if links.len() > CHAIN_DEPTH_MAX {
                let text = format!("`_filter` has a chain of more than {CHAIN_DEPTH_MAX} references");
                return Err(Error::too_costly(text));
            }
            let filter = if self.next_is('[') {
                self.at += 1;
                let inner = self.expression(depth + 1)?;
                if !self.take(']') {
                    return Err(self.malformed("`]` is missing"));
                }
                Some(inner)
            } else {
                None
            };
            if self.next_is('.') {
                self.at += 1;
                links.push(Link::To(name.to_owned(), filter));
            } else if filter.is_some() {
                return Err(self.malformed("a name is missing after `[…]`, as in `subject[active eq true].name`"));
            } else {
                return Ok(Path { links, name: name.to_owned() });
            }
        }
    }

    fn name(&mut self) -> Result<&'a str> {
        self.blanks();
        let name = self.run(|letter| letter.is_ascii_alphanumeric() || "_-:".contains(letter));
        if name.is_empty() { Err(self.malformed("a parameter is missing")) } else { Ok(name) }
    }

    /// A JSON string, or all up to a blank or a closing bracket.
    fn value(&mut self) -> Result<String> {
        self.blanks();
        if self.next_is('"') {
            return self.quoted();
        }
        let value = self.run(|letter| !letter.is_whitespace() && letter != ')' && letter != ']');
        if value.is_empty() { Err(self.malformed("a value is missing")) } else { Ok(value.to_owned()) }
    }

    fn quoted(&mut self) -> Result<String> {
        let mut out = String::new();
        let mut letters = self.text[self.at + 1..].char_indices();
        while let Some((nth, letter)) = letters.next() {
            let letter = match letter {
                '"' => {
                    self.at += nth + 2;
                    return if out.is_empty() { Err(self.malformed("a value is empty")) } else { Ok(out) };
                }
                '\\' => match letters.next().map(|(_, escaped)| escaped) {
                    Some(same @ ('"' | '\\' | '/')) => same,
                    Some('n' | 't' | 'r' | 'b' | 'f') => ' ',
                    Some('u') => {
                        let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        code.ok_or_else(|| self.malformed("a string has a strange `\\u`"))?
                    }
                    // The signs that any search value escapes keep their backslash, for they are read like one.
                    Some(other) => {
                        out.push('\\');
                        other
                    }
                    None => break,
                },
                other => other,
            };
            out.push(letter);
        }
        Err(self.malformed("a string is not closed"))
    }

    /// Takes a word that stands by itself.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let rest = &self.text[self.at..];
        let found = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && rest[word.len()..].chars().next().is_none_or(|next| next.is_whitespace() || next == '(');
        if found {
            self.at += word.len();
        }
        found
    }

    fn take(&mut self, sign: char) -> bool {
        self.blanks();
        let found = self.next_is(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].trim_start().chars().next()
    }

    fn next_is(&self, sign: char) -> bool {
        self.text[self.at..].starts_with(sign)
    }

    fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn malformed(&self, why: &str) -> Error {
        let rest = &self.text[self.at.min(self.text.len())..];
        let place =
            if rest.trim().is_empty() { "the end".to_owned() } else { format!("`{}`", shown(rest.trim_start())) };
        Error::invalid(format!("`_filter`: {why} at {place}"))
    }
}
