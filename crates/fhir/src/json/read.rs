//! From bytes to a tree, or to one error with line and column.

use super::scan::{skip_space, string_stop, unescape};
use super::tree::{Kind, Node, Tree};
use base::limits::{BODY_BYTES_MAX, ISSUES_MAX, JSON_DEPTH_MAX, JSON_NODES_MAX};
use base::{Error, Issue, Result, Severity};

/// What one input may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes_max: usize,
    pub depth_max: usize,
    pub nodes_max: usize,
    pub issues_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes_max: BODY_BYTES_MAX,
            depth_max: JSON_DEPTH_MAX,
            nodes_max: JSON_NODES_MAX,
            issues_max: ISSUES_MAX,
        }
    }
}

impl Limits {
    /// For what the store wrote itself: it was within the limits when it came.
    pub(crate) const TRUSTED: Limits =
        Limits { bytes_max: u32::MAX as usize / 2, depth_max: 1_000, nodes_max: usize::MAX, issues_max: ISSUES_MAX };
}

impl Tree {
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Tree> {
        if bytes.len() > limits.bytes_max.min(Limits::TRUSTED.bytes_max) {
            return Err(Error::too_costly(format!(
                "the input has {} bytes, more than the {} that one may have; send it in parts",
                bytes.len(),
                limits.bytes_max
            )));
        }
        let text = str::from_utf8(bytes).map_err(|error| {
            let (line, column) = place(bytes, error.valid_up_to());
            invalid(format!("the text is not UTF-8 at line {line}, column {column}; send UTF-8"))
        })?;
        Tree::read_owned(text.to_owned(), limits)
    }

    /// The text's length must be within the limits.
    pub fn read_owned(text: String, limits: &Limits) -> Result<Tree> {
        let mut reader = Reader {
            bytes: text.as_bytes(),
            at: 0,
            depth: 0,
            nodes: Vec::with_capacity(text.len() / 24 + 4),
            names: String::new(),
            limits,
        };
        match reader.document() {
            Ok(()) => {
                let (nodes, names, len) = (reader.nodes, reader.names, offset(text.len()));
                Ok(Tree { text: text + &names, len, nodes })
            }
            Err(fault) => Err(fault.tell(text.as_bytes(), limits)),
        }
    }
}

/// Why reading stopped, and where.
struct Fault {
    at: usize,
    why: Why,
}

enum Why {
    /// What was expected instead.
    Expected(&'static str),
    /// A whole sentence's beginning.
    Bad(&'static str),
    TooDeep,
    TooMany,
}

impl Fault {
    fn tell(&self, bytes: &[u8], limits: &Limits) -> Error {
        let (line, column) = place(bytes, self.at);
        let place = format!("at line {line}, column {column}");
        match self.why {
            Why::Expected(_) if bytes.iter().all(u8::is_ascii_whitespace) => {
                invalid("the input is empty; send one FHIR resource as JSON".to_owned())
            }
            Why::Expected(what) => {
                let found = found(bytes, self.at);
                invalid(format!("the text is not JSON {place}: expected {what}, found {found}"))
            }
            Why::Bad(what) => invalid(format!("the text is not JSON {place}: {what}")),
            Why::TooDeep => {
                let max = limits.depth_max;
                invalid(format!("the nesting is deeper than {max} levels {place}; a resource needs far fewer"))
            }
            Why::TooMany => {
                let max = limits.nodes_max;
                Error::too_costly(format!("the input has more than {max} values {place}; send it in parts"))
            }
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    nodes: Vec<Node>,
    /// Member names that were escaped, decoded.
    names: String,
    limits: &'a Limits,
}

type Step<T> = std::result::Result<T, Fault>;

impl Reader<'_> {
    fn document(&mut self) -> Step<()> {
        self.at = skip_space(self.bytes, 0);
        self.value(0, 0)?;
        self.at = skip_space(self.bytes, self.at);
        if self.at < self.bytes.len() { self.fault(Why::Expected("the end of the text")) } else { Ok(()) }
    }

    fn fault<T>(&self, why: Why) -> Step<T> {
        Err(Fault { at: self.at, why })
    }

    fn peek(&self) -> u8 {
        // No token of JSON begins with a zero byte, so it stands for the end.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn value(&mut self, key_start: u32, key_len: u16) -> Step<()> {
        if self.nodes.len() >= self.limits.nodes_max {
            return self.fault(Why::TooMany);
        }
        let place = self.nodes.len();
        let start = offset(self.at);
        let next = offset(place + 1);
        self.nodes.push(Node { start, end: start, next, key_start, key_len, kind: Kind::Null });
        match self.peek() {
            b'"' => {
                let (start, end, escaped) = self.string()?;
                let node = &mut self.nodes[place];
                (node.start, node.end) = (offset(start), offset(end));
                node.kind = if escaped { Kind::EscapedString } else { Kind::String };
                return Ok(());
            }
            b'{' => self.nested(place, Kind::Object)?,
            b'[' => self.nested(place, Kind::Array)?,
            b't' => self.word("true", place, Kind::True)?,
            b'f' => self.word("false", place, Kind::False)?,
            b'n' => self.word("null", place, Kind::Null)?,
            b'-' | b'0'..=b'9' => self.number(place)?,
            _ => return self.fault(Why::Expected("a value")),
        }
        self.nodes[place].end = offset(self.at);
        Ok(())
    }

    fn nested(&mut self, place: usize, kind: Kind) -> Step<()> {
        if self.depth >= self.limits.depth_max {
            return self.fault(Why::TooDeep);
        }
        self.depth += 1;
        self.at = skip_space(self.bytes, self.at + 1);
        if kind == Kind::Object {
            self.members()?
        } else {
            self.array_items()?
        }
        self.depth -= 1;
        self.nodes[place].kind = kind;
        self.nodes[place].next = offset(self.nodes.len());
        Ok(())
    }

    fn members(&mut self) -> Step<()> {
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != b'"' {
                return self.fault(Why::Expected("a member name in double quotes"));
            }
            let (key_start, key_len) = self.name()?;
            self.at = skip_space(self.bytes, self.at);
            if self.peek() != b':' {
                return self.fault(Why::Expected("`:`"));
            }
            self.at = skip_space(self.bytes, self.at + 1);
            self.value(key_start, key_len)?;
            self.at = skip_space(self.bytes, self.at);
            match self.peek() {
                b',' => self.at = skip_space(self.bytes, self.at + 1),
                b'}' => break,
                _ => return self.fault(Why::Expected("`,` or `}`")),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn array_items(&mut self) -> Step<()> {
        if self.peek() == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(0, 0)?;
            self.at = skip_space(self.bytes, self.at);
            match self.peek() {
                b',' => self.at = skip_space(self.bytes, self.at + 1),
                b']' => break,
                _ => return self.fault(Why::Expected("`,` or `]`")),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// A member name: its place in the text, or behind it where it was escaped.
    fn name(&mut self) -> Step<(u32, u16)> {
        let quote = self.at;
        let (start, end, escaped) = self.string()?;
        let (start, len) = if escaped {
            let inner = str::from_utf8(&self.bytes[start..end]).unwrap_or_default();
            let name = unescape(inner);
            let start = self.bytes.len() + self.names.len();
            self.names.push_str(&name);
            (start, name.len())
        } else {
            (start, end - start)
        };
        let Ok(len) = u16::try_from(len) else {
            self.at = quote;
            return self.fault(Why::Bad("a member name is longer than 65,535 bytes"));
        };
        Ok((offset(start), len))
    }

    /// A string: where its content starts and ends, and whether it has escape sequences.
    fn string(&mut self) -> Step<(usize, usize, bool)> {
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            self.at = string_stop(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => {
                    return self.fault(Why::Bad("a control character stands in a string; write it as `\\u00XX`"));
                }
                None => return self.fault(Why::Bad("a string is not closed")),
            }
        }
        let end = self.at;
        self.at += 1;
        Ok((start, end, escaped))
    }

    fn escape(&mut self) -> Step<()> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let first = self.four_digits(self.at + 2)?;
                let pair = (0xD800..0xDC00).contains(&first);
                if (0xDC00..0xE000).contains(&first) {
                    return self.fault(Why::Bad("half of a surrogate pair stands alone"));
                }
                if pair {
                    let second = match self.bytes.get(self.at + 6..self.at + 8) {
                        Some(b"\\u") => self.four_digits(self.at + 8)?,
                        _ => 0,
                    };
                    if !(0xDC00..0xE000).contains(&second) {
                        return self.fault(Why::Bad("half of a surrogate pair stands alone"));
                    }
                }
                self.at += if pair { 12 } else { 6 };
            }
            _ => return self.fault(Why::Bad("there is no such escape sequence")),
        }
        Ok(())
    }

    fn four_digits(&self, at: usize) -> Step<u32> {
        let digits = self.bytes.get(at..at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let value =
            digits.and_then(|digits| str::from_utf8(digits).ok()).and_then(|text| u32::from_str_radix(text, 16).ok());
        value.map_or_else(|| self.fault(Why::Bad("`\\u` needs four hexadecimal digits")), Ok)
    }

    fn word(&mut self, word: &str, place: usize, kind: Kind) -> Step<()> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.fault(Why::Expected("a value"));
        }
        self.at += word.len();
        self.nodes[place].kind = kind;
        Ok(())
    }

    fn number(&mut self, place: usize) -> Step<()> {
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
            if self.peek().is_ascii_digit() {
                return self.fault(Why::Bad("a number begins with a zero too many"));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        self.nodes[place].kind = Kind::Number;
        Ok(())
    }

    fn digits(&mut self) -> Step<()> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { self.fault(Why::Expected("a digit")) } else { Ok(()) }
    }
}

/// Texts are shorter than 4 GiB (`Limits`), so every offset fits.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Line and column, both from 1, the column in characters.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at.min(bytes.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before[line_start..].iter().filter(|byte| !(0x80..0xC0).contains(*byte)).count() + 1;
    (line, column)
}

fn found(bytes: &[u8], at: usize) -> String {
    let rest = str::from_utf8(bytes.get(at..).unwrap_or_default()).unwrap_or_default();
    match rest.chars().next() {
        Some(letter) => format!("`{}`", letter.escape_debug()),
        None => "the end of the text".to_owned(),
    }
}

fn invalid(text: String) -> Error {
    Error::invalid_input(vec![Issue { severity: Severity::Error, code: "structure", text, at: None }])
}
