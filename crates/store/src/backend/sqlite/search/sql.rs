//! A piece of SQL with the values for its question marks, in their order.

use rusqlite::types::Value;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sql {
    pub text: String,
    pub binds: Vec<Value>,
}

impl Sql {
    pub fn new(text: impl Into<String>) -> Sql {
        Sql { text: text.into(), binds: Vec::new() }
    }

    /// The same with one more value.
    pub fn bind(mut self, value: impl Into<Value>) -> Sql {
        self.binds.push(value.into());
        self
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn append(&mut self, other: &Sql) {
        self.text.push_str(&other.text);
        self.binds.extend_from_slice(&other.binds);
    }

    /// Pieces joined by a word, in brackets.
    pub fn joined(pieces: &[Sql], word: &str) -> Sql {
        let mut out = Sql::new("(");
        for (nth, piece) in pieces.iter().enumerate() {
            if nth > 0 {
                out.push(word);
            }
            out.append(piece);
        }
        out.push(")");
        out
    }
}

/// Numbers as a list for `IN`, bound one by one.
pub fn list(numbers: &[i64]) -> Sql {
    let mut out = Sql::new("(");
    for (nth, &number) in numbers.iter().enumerate() {
        out.push(if nth == 0 { "?" } else { ",?" });
        out.binds.push(Value::Integer(number));
    }
    out.push(")");
    out
}
