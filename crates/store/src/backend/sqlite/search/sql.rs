//! A piece of SQL with the values for its question marks, in their order. Values are always bound and long lists travel
//! as one JSON text, so that a few shapes of statements serve all searches and stay prepared.

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

    /// ` AND ` and the other piece.
    pub fn and(&mut self, other: &Sql) {
        self.text.push_str(" AND ");
        self.append(other);
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

    /// The same with some names of columns replaced.
    pub fn renamed(&self, names: &[(&str, &str)]) -> Sql {
        let mut text = self.text.clone();
        for (from, to) in names {
            text = text.replace(from, to);
        }
        Sql { text, binds: self.binds.clone() }
    }
}

/// Numbers up to which each has a question mark of its own.
const SHORT_MAX: usize = 4;

/// `column` is one of these numbers.
pub fn one_of(column: &str, numbers: &[i64]) -> Sql {
    match numbers {
        [] => Sql::new("0"),
        [one] => Sql::new(format!("{column} = ?")).bind(*one),
        short if short.len() <= SHORT_MAX => {
            let mut out = Sql::new(format!("{column} IN (?, ?, ?, ?)"));
            out.binds = (0..SHORT_MAX).map(|nth| Value::Integer(short[nth.min(short.len() - 1)])).collect();
            out
        }
        long => Sql::new(format!("{column} IN (SELECT value FROM json_each(?))")).bind(json(long)),
    }
}

fn json(numbers: &[i64]) -> String {
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", texts.join(","))
}
