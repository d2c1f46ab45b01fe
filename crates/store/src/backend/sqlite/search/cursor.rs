//! Where a page ended: the feed position of the first page, what drove it, and the key of its last row.

use base::{Error, Result, hex};
use fhir::search::Search;
use siphasher::sip::SipHasher13;
use std::cmp::Ordering;
use std::hash::Hasher;

/// A key of an index or of a sort.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// No value; always last.
    Missing,
    Int(i64),
    Real(f64),
    Text(String),
}

impl Key {
    /// The order of two keys of one kind; `Missing` is last in either direction.
    pub fn compare(&self, other: &Key, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Key::Missing, Key::Missing) => return Ordering::Equal,
            (Key::Missing, _) => return Ordering::Greater,
            (_, Key::Missing) => return Ordering::Less,
            (Key::Int(a), Key::Int(b)) => a.cmp(b),
            (Key::Real(a), Key::Real(b)) => a.total_cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (Key::Int(_), _) | (Key::Real(_), Key::Text(_)) => Ordering::Less,
            _ => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }

    fn text(&self) -> String {
        match self {
            Key::Missing => "m".to_owned(),
            Key::Int(number) => format!("i{number}"),
            Key::Real(number) => format!("r{:016x}", number.to_bits()),
            Key::Text(text) => format!("t{}", hex::encode(text.as_bytes())),
        }
    }

    fn parse(text: &str) -> Option<Key> {
        let (kind, rest) = text.split_at_checked(1)?;
        match kind {
            "m" => Some(Key::Missing),
            "i" => rest.parse().ok().map(Key::Int),
            "r" => u64::from_str_radix(rest, 16).ok().map(f64::from_bits).map(Key::Real),
            "t" => String::from_utf8(hex::decode(rest)?).ok().map(Key::Text),
            _ => None,
        }
    }
}

/// What gave the rows of a page in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The sources of the part with this number.
    Part(usize),
    /// The reader's own registrations.
    Seen,
    /// The list of the type.
    Type,
    /// The positions of the type.
    Position,
    /// Everything collected and sorted.
    Collected,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    pub at: u64,
    pub way: Way,
    pub keys: Vec<Key>,
    pub rid: i64,
    /// The mark of the search: a link goes on with its own search only.
    pub mark: u32,
}

/// Tells searches apart; how many a page shows may change from page to page.
pub fn mark(search: &Search) -> u32 {
    let mut hasher = SipHasher13::new();
    hasher.write_u16(search.type_.0);
    for (name, value) in search.as_run.iter().filter(|(name, _)| name != "_count" && name != "_page") {
        hasher.write(name.as_bytes());
        hasher.write_u8(0);
        hasher.write(value.as_bytes());
        hasher.write_u8(0);
    }
    hasher.finish() as u32
}

impl Cursor {
    pub fn text(&self) -> String {
        let way = match self.way {
            Way::Part(nth) => format!("p{nth}"),
            Way::Seen => "s".to_owned(),
            Way::Type => "t".to_owned(),
            Way::Position => "u".to_owned(),
            Way::Collected => "c".to_owned(),
        };
        let keys: Vec<String> = self.keys.iter().map(Key::text).collect();
        format!("{}~{way}~{}~{:x}~{:x}", self.at, keys.join("_"), self.rid, self.mark)
    }

    pub fn parse(text: &str, parts: usize, mark: u32) -> Result<Cursor> {
        let parse = || -> Option<Cursor> {
            let mut fields = text.split('~');
            let at = fields.next()?.parse().ok()?;
            let (kind, rest) = fields.next()?.split_at_checked(1)?;
            let way = match kind {
                "p" => Way::Part(rest.parse().ok().filter(|&nth| nth < parts)?),
                "s" => Way::Seen,
                "t" => Way::Type,
                "u" => Way::Position,
                "c" => Way::Collected,
                _ => return None,
            };
            let keys = fields.next()?.split('_').map(Key::parse).collect::<Option<_>>()?;
            let rid = i64::from_str_radix(fields.next()?, 16).ok()?;
            let of = u32::from_str_radix(fields.next()?, 16).ok()?;
            (fields.next().is_none() && of == mark).then_some(Cursor { at, way, keys, rid, mark })
        };
        parse().ok_or_else(|| {
            Error::invalid(
                "the page link is damaged or belongs to another search; start the search again from its first page",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_link() {
        let keys = vec![Key::Int(-5), Key::Text("张 ~_".to_owned()), Key::Real(0.1), Key::Missing];
        let cursor = Cursor { at: 9, way: Way::Part(2), keys, rid: 8192, mark: 7 };
        assert_eq!(Cursor::parse(&cursor.text(), 3, 7), Ok(cursor.clone()));
        assert!(Cursor::parse(&cursor.text(), 2, 7).is_err(), "a part that the search does not have");
        assert!(Cursor::parse(&cursor.text(), 3, 8).is_err(), "another search");
        assert!(Cursor::parse("' OR 1=1", 3, 7).is_err());
    }
}
