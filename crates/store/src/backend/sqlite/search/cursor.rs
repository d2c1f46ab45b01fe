//! Where a page begins: the feed position of the first page, what drove it, and the key of the row beside it.

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
    /// The index of what is sorted by.
    Sorted,
    /// Everything collected and sorted.
    Collected,
}

/// Where a row stands in the order of its search.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// 0 for those with a value, 1 for those without.
    pub stage: usize,
    /// The first is the index's own, further ones of further sorts.
    pub keys: Vec<Key>,
    /// What stands between the key and the row in some indexes: the system of a text, the date of a coded value.
    pub sub: i64,
    pub rid: i64,
}

/// From where a page is read.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Start,
    After(Place),
    Before(Place),
    End,
}

impl From {
    pub fn backward(&self) -> bool {
        matches!(self, From::Before(_) | From::End)
    }
    pub fn place(&self) -> Option<&Place> {
        match self {
            From::After(place) | From::Before(place) => Some(place),
            From::Start | From::End => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    pub at: u64,
    /// Which of several searches the row belongs to.
    pub nth: usize,
    pub way: Way,
    pub from: From,
    /// The mark of the search: a link goes on with its own search only.
    pub mark: u32,
}

/// Tells searches apart; how many a page shows may change from page to page.
pub fn mark(searches: &[&Search]) -> u32 {
    let mut hasher = SipHasher13::new();
    for search in searches {
        hasher.write_u16(search.type_.0);
    }
    let first = searches.first().map_or(&[][..], |search| &search.as_run);
    let ignored = ["_count", "_page", "_explain"];
    for (name, value) in first.iter().filter(|(name, _)| !ignored.contains(&name.as_str())) {
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
            Way::Sorted => "o".to_owned(),
            Way::Collected => "c".to_owned(),
        };
        let from = match &self.from {
            From::Start => "s".to_owned(),
            From::End => "e".to_owned(),
            From::After(place) => format!("a{}", place.text()),
            From::Before(place) => format!("b{}", place.text()),
        };
        format!("{}~{:x}~{}~{way}~{from}", self.at, self.mark, self.nth)
    }

    pub fn parse(text: &str, searches: usize, mark: u32) -> Result<Cursor> {
        let parse = || -> Option<Cursor> {
            let mut fields = text.splitn(5, '~');
            let at = fields.next()?.parse().ok()?;
            let of = u32::from_str_radix(fields.next()?, 16).ok().filter(|&of| of == mark)?;
            let nth = fields.next()?.parse().ok().filter(|&nth| nth < searches)?;
            let (kind, rest) = fields.next()?.split_at_checked(1)?;
            let way = match kind {
                "p" => Way::Part(rest.parse().ok()?),
                "s" => Way::Seen,
                "t" => Way::Type,
                "u" => Way::Position,
                "o" => Way::Sorted,
                "c" => Way::Collected,
                _ => return None,
            };
            let (kind, rest) = fields.next()?.split_at_checked(1)?;
            let from = match kind {
                "s" => From::Start,
                "e" => From::End,
                "a" => From::After(Place::parse(rest)?),
                "b" => From::Before(Place::parse(rest)?),
                _ => return None,
            };
            Some(Cursor { at, nth, way, from, mark: of })
        };
        parse().ok_or_else(damaged)
    }
}

/// A link that leads nowhere.
pub fn damaged() -> Error {
    Error::invalid("the page link is damaged or belongs to another search; start the search again from its first page")
}

impl Place {
    fn text(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(Key::text).collect();
        format!("{}~{}~{}~{:x}", self.stage, keys.join("_"), self.sub, self.rid)
    }

    fn parse(text: &str) -> Option<Place> {
        let mut fields = text.split('~');
        let stage = fields.next()?.parse().ok()?;
        let keys: Vec<Key> = fields.next()?.split('_').map(Key::parse).collect::<Option<_>>()?;
        let sub = fields.next()?.parse().ok()?;
        let rid = i64::from_str_radix(fields.next()?, 16).ok()?;
        fields.next().is_none().then_some(Place { stage, keys, sub, rid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_link() {
        let keys = vec![Key::Int(-5), Key::Text("张 ~_".to_owned()), Key::Real(0.1), Key::Missing];
        let place = Place { stage: 1, keys, sub: -3, rid: 8192 };
        for from in [From::Start, From::End, From::After(place.clone()), From::Before(place)] {
            let cursor = Cursor { at: 9, nth: 1, way: Way::Part(2), from, mark: 7 };
            assert_eq!(Cursor::parse(&cursor.text(), 2, 7), Ok(cursor.clone()));
            assert!(Cursor::parse(&cursor.text(), 1, 7).is_err(), "a type that the search does not have");
            assert!(Cursor::parse(&cursor.text(), 2, 8).is_err(), "another search");
        }
        assert!(Cursor::parse("' OR 1=1", 3, 7).is_err());
    }
}
