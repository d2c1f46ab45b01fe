//! Pages of lists: things that are in memory in any order, and rows of shelves in the shelf's own order. A page ends
//! with a mark that says after which row the next one begins, so rows that come or go in between shift nothing.

use crate::program::{ListPage, ListQuery};
use base::limits::SORT_ROWS_MAX;
use base::{Cx, Error, Result, hex};
use serde_json::Value;
use std::cmp::Ordering;
use store::{ShelfRow, Store};

/// Rows of a shelf read at once: few at first, because many ranges are short, then more and more.
const SCAN_ROWS_FIRST: usize = 16;
const SCAN_ROWS_MAX: usize = 1_024;
/// Letters from which on a part in the middle of a pinyin is found.
const MIDDLE_LETTERS_MIN: usize = 3;
const DIVIDER: char = '\u{1f}';

/// By what a row is put in order. What has no value comes last, whichever way round.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Number(i64),
    Text(String),
    Missing,
}

/// One thing of a list that is in memory.
pub struct Entry<'a> {
    pub key: Key,
    pub id: &'a str,
    /// Its place where it came from.
    pub at: usize,
}

/// A page of things in memory.
pub fn page_of(
    query: &ListQuery,
    mut entries: Vec<Entry<'_>>,
    mut show: impl FnMut(usize) -> Result<Value>,
) -> Result<ListPage> {
    let descending = query.sort.as_ref().is_some_and(|sort| sort.descending);
    entries.sort_by(|a, b| compare((&a.key, a.id), (&b.key, b.id), descending));
    let start = match &query.page {
        None => 0,
        Some(token) => {
            let (key, id) = read_mark(token)?;
            entries
                .partition_point(|entry| compare((&entry.key, entry.id), (&key, &id), descending) != Ordering::Greater)
        }
    };
    let end = entries.len().min(start + query.count);
    let rows = entries[start..end].iter().map(|entry| show(entry.at)).collect::<Result<Vec<_>>>()?;
    let next = (end < entries.len()).then(|| entries[start..end].last().map(mark)).flatten();
    Ok(ListPage { rows, next, total: Some(entries.len() as u64) })
}

fn compare((key, id): (&Key, &str), (other, other_id): (&Key, &str), descending: bool) -> Ordering {
    let by_key = match (key, other) {
        (Key::Missing, _) | (_, Key::Missing) => key.cmp(other),
        _ if descending => other.cmp(key),
        _ => key.cmp(other),
    };
    by_key.then_with(|| id.cmp(other_id))
}

fn mark(entry: &Entry<'_>) -> String {
    let key = match &entry.key {
        Key::Number(number) => format!("n{number}"),
        Key::Text(text) => format!("t{text}"),
        Key::Missing => "m".to_owned(),
    };
    hex::encode(format!("{key}{DIVIDER}{}", entry.id).as_bytes())
}

fn read_mark(token: &str) -> Result<(Key, String)> {
    let text = mark_text(token)?;
    // A key may hold the divider; an id does not.
    let (key, id) = text.rsplit_once(DIVIDER).ok_or_else(no_page)?;
    let key = match key.split_at_checked(1) {
        Some(("n", number)) => Key::Number(number.parse().map_err(|_| no_page())?),
        Some(("t", text)) => Key::Text(text.to_owned()),
        Some(("m", _)) => Key::Missing,
        _ => return Err(no_page()),
    };
    Ok((key, id.to_owned()))
}

/// Reads the key of a row from its document.
pub type KeyOf<'a> = dyn Fn(&[u8]) -> Result<Key> + 'a;

/// What of a shelf is listed.
pub struct Shelf<'a> {
    pub space: &'a str,
    /// Beginnings of sort keys, one after the other; one empty one means all rows.
    pub ranges: &'a [String],
    /// Which rows, told from their documents.
    pub keep: &'a dyn Fn(&[u8]) -> bool,
    /// The key of a row for the order that is asked for; none where the shelf's own order is.
    pub key: Option<&'a KeyOf<'a>>,
    pub show: &'a dyn Fn(&[u8]) -> Result<Value>,
}

/// A page of rows of a shelf.
pub fn shelf_page(cx: &Cx, store: &Store, query: &ListQuery, shelf: &Shelf<'_>) -> Result<ListPage> {
    if let Some(key) = shelf.key {
        return sorted_page(cx, store, query, shelf, key);
    }
    let (first, mut after) = match &query.page {
        None => (0, None),
        Some(token) => {
            let (range, rest) = parts(token)?;
            let (sort, key) = rest.rsplit_once(DIVIDER).ok_or_else(no_page)?;
            (range.parse::<usize>().map_err(|_| no_page())?, Some((sort.to_owned(), key.to_owned())))
        }
    };
    let mut page = ListPage::default();
    let mut last: Option<String> = None;
    for (nth, range) in shelf.ranges.iter().enumerate().skip(first) {
        let from = after.take().unwrap_or_else(|| (range.clone(), String::new()));
        let mut full = false;
        scan(cx, store, shelf.space, range, from, &mut |row| {
            if !(shelf.keep)(&row.doc) {
                return Ok(true);
            }
            if page.rows.len() == query.count {
                full = true;
                return Ok(false);
            }
            page.rows.push((shelf.show)(&row.doc)?);
            let mark = format!("{nth}{DIVIDER}{}{DIVIDER}{}", row.sort, row.key);
            last = Some(hex::encode(mark.as_bytes()));
            Ok(true)
        })?;
        if full {
            page.next = last;
            return Ok(page);
        }
    }
    page.total = query.page.is_none().then_some(page.rows.len() as u64);
    Ok(page)
}

/// All rows that are kept, put in order in memory.
fn sorted_page(cx: &Cx, store: &Store, query: &ListQuery, shelf: &Shelf<'_>, key: &KeyOf<'_>) -> Result<ListPage> {
    let mut rows: Vec<(Key, ShelfRow)> = Vec::new();
    for range in shelf.ranges {
        scan(cx, store, shelf.space, range, (range.clone(), String::new()), &mut |row| {
            if (shelf.keep)(&row.doc) {
                if rows.len() >= SORT_ROWS_MAX {
                    return Err(Error::too_costly(format!(
                        "more than {SORT_ROWS_MAX} rows would have to be put in order; narrow the list with a filter, or leave out `sort`"
                    )));
                }
                rows.push((key(&row.doc)?, row));
            }
            Ok(true)
        })?;
    }
    let entry = |(at, (key, row)): (usize, &'_ (Key, ShelfRow))| (key.clone(), row.key.clone(), at);
    let held: Vec<(Key, String, usize)> = rows.iter().enumerate().map(entry).collect();
    let entries = held.iter().map(|(key, id, at)| Entry { key: key.clone(), id, at: *at }).collect();
    page_of(query, entries, |at| (shelf.show)(&rows[at].1.doc))
}

/// Every row whose sort key begins so, after a place, until `visit` says no.
pub fn scan(
    cx: &Cx,
    store: &Store,
    space: &str,
    range: &str,
    mut after: (String, String),
    visit: &mut dyn FnMut(ShelfRow) -> Result<bool>,
) -> Result<()> {
    let mut count = SCAN_ROWS_FIRST;
    loop {
        cx.go_on()?;
        let rows = store.row_list(space, (&after.0, &after.1), count)?;
        let whole = rows.len() == count;
        count = SCAN_ROWS_MAX.min(count * 4);
        if let Some(last) = rows.last() {
            after = (last.sort.clone(), last.key.clone());
        }
        for row in rows {
            if !row.sort.starts_with(range) || !visit(row)? {
                return Ok(());
            }
        }
        if !whole {
            return Ok(());
        }
    }
}

/// What somebody typed to find something, made ready to be held against many rows.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Each word, and whether it is long enough to be found in the middle of a key.
    words: Vec<(String, bool)>,
}

impl Typed {
    /// Nothing typed finds everything.
    pub fn new(text: Option<&str>) -> Typed {
        let folded = fhir::fold(text.unwrap_or_default());
        let word = |word: &str| (word.to_owned(), word.chars().count() >= MIDDLE_LETTERS_MIN);
        Typed { words: folded.split(' ').filter(|word| !word.is_empty()).map(word).collect() }
    }

    /// Whether something that is found by `keys` (folded names, pinyin, initials, divided by bars) is meant: every word
    /// begins a key or a word in it, or stands anywhere where it is long enough.
    pub fn finds(&self, keys: &str) -> bool {
        self.words.iter().all(|(word, is_long)| fhir::starts_a_word(keys, word) || (*is_long && keys.contains(word)))
    }
}

/// The two parts of a page's mark.
fn parts(token: &str) -> Result<(String, String)> {
    let text = mark_text(token)?;
    let (first, rest) = text.split_once(DIVIDER).ok_or_else(no_page)?;
    Ok((first.to_owned(), rest.to_owned()))
}

fn mark_text(token: &str) -> Result<String> {
    hex::decode(token).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(no_page)
}

fn no_page() -> Error {
    Error::invalid("`page` is not the `next` of an answer to this list; start again without it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Sort;

    fn walk(keys: &[Key], descending: bool, count: usize) -> Vec<u64> {
        let ids: Vec<String> = (0..keys.len()).map(|at| format!("{at:03}")).collect();
        let sort = Some(Sort { key: "x".to_owned(), descending });
        let mut query = ListQuery { sort, count, ..ListQuery::default() };
        let mut seen = Vec::new();
        loop {
            let entries = keys.iter().zip(&ids).enumerate();
            let entries = entries.map(|(at, (key, id))| Entry { key: key.clone(), id, at }).collect();
            let page = page_of(&query, entries, |at| Ok(Value::from(at))).unwrap();
            assert_eq!(page.total, Some(keys.len() as u64));
            seen.extend(page.rows.iter().filter_map(Value::as_u64));
            match page.next {
                Some(next) => query.page = Some(next),
                None => return seen,
            }
        }
    }

    #[test]
    fn pages_hold_every_thing_once_in_order() {
        let keys = [Key::Number(2), Key::Missing, Key::Number(-1), Key::Number(2), Key::Missing];
        for count in 1..7 {
            assert_eq!(walk(&keys, false, count), [2, 0, 3, 1, 4]);
            assert_eq!(walk(&keys, true, count), [0, 3, 2, 1, 4]);
        }
        let texts = ["b", "a", ""].map(|text| Key::Text(text.to_owned()));
        assert_eq!(walk(&texts, false, 2), [2, 1, 0]);
        // A key that is made of parts.
        let parts = ["x\u{1f}b", "x\u{1f}a", "x"].map(|text| Key::Text(text.to_owned()));
        assert_eq!(walk(&parts, false, 1), [2, 1, 0]);
    }

    #[test]
    fn a_mark_from_elsewhere_is_refused() {
        for page in ["x", "zz", "", "6e31", "6e781f31"] {
            let query = ListQuery { page: Some(page.to_owned()), count: 1, ..ListQuery::default() };
            assert!(page_of(&query, Vec::new(), |_| Ok(Value::Null)).is_err(), "{page}");
        }
    }

    #[test]
    fn names_are_found_by_what_people_type() {
        let keys = "平川市第一人民医院|pingchuanshidiyirenminyiyuan|pcsdyrmyy|12330000a";
        for typed in ["第一人民", "平川", "pingchuan", "pcsdy", "renmin", "rmyy", "12330000A", "平川 人民", "PCSD"]
        {
            assert!(Typed::new(Some(typed)).finds(keys), "{typed}");
        }
        assert!(Typed::new(None).finds(keys) && Typed::new(Some(" ")).finds(keys));
        for typed in ["第二", "an", "beijing", "平川 妇幼"] {
            assert!(!Typed::new(Some(typed)).finds(keys), "{typed}");
        }
    }
}
