//! Walking through a shelf whose rows stand by day and institution, from the newest day asked for to the oldest, past the
//! institutions that the reader does not see.

use super::reaction::{DIVIDER, day_key, day_of_key};
use super::whose::{Asked, Reader};
use base::{Cx, Error, Result, hex};
use runtime::program::Env;
use store::ShelfRow;

/// Rows read from the shelf at once.
const SCAN_ROWS: usize = 512;

pub struct Walk<'a> {
    space: &'static str,
    reader: &'a Reader,
    asked: &'a Asked,
    /// The institutions of a reader who sees few, sorted.
    few: Option<Vec<&'a str>>,
    after: (String, String),
    ready: std::vec::IntoIter<ShelfRow>,
    ended: bool,
}

impl<'a> Walk<'a> {
    /// From the beginning, or after the row that `page` names.
    pub fn new(space: &'static str, reader: &'a Reader, asked: &'a Asked, page: Option<&str>) -> Result<Walk<'a>> {
        let after = match page {
            None => (day_key(asked.to), String::new()),
            Some(token) => read_mark(token)?,
        };
        let few = reader.few().map(|mut few| {
            few.sort_unstable();
            few
        });
        Ok(Walk { space, reader, asked, few, after, ready: Vec::new().into_iter(), ended: false })
    }

    pub fn next(&mut self, cx: &Cx, env: &Env) -> Result<Option<ShelfRow>> {
        loop {
            if let Some(found) = self.ready.next() {
                let within = day_of_key(&found.sort).is_some_and(|day| day >= self.asked.from);
                return Ok(within.then_some(found));
            }
            if self.ended {
                return Ok(None);
            }
            cx.go_on()?;
            let rows = env.store.row_list(self.space, (&self.after.0, &self.after.1), SCAN_ROWS)?;
            self.ended = rows.len() < SCAN_ROWS;
            if let Some(last) = rows.last() {
                self.after = (last.sort.clone(), last.key.clone());
            }
            self.ready = rows.into_iter();
        }
    }

    /// Tells that a row was not wanted: past an institution that the reader does not see, the walk goes on with the next
    /// that it does, of that day or the one before.
    pub fn pass(&mut self, day: i32, institution: &str) {
        let Some(few) = &self.few else { return };
        if self.reader.sees(institution) {
            return;
        }
        let next = few.iter().find(|&&seen| seen > institution);
        let sort = match next {
            Some(next) => format!("{}{DIVIDER}{next}{DIVIDER}", day_key(day)),
            None => format!("{}{DIVIDER}", day_key(day - 1)),
        };
        self.after = (sort, String::new());
        self.ready = Vec::new().into_iter();
        self.ended = false;
    }

    /// The name of a row, after which a page goes on.
    pub fn mark(row: &ShelfRow) -> String {
        hex::encode(format!("{}{DIVIDER}{}", row.sort, row.key).as_bytes())
    }
}

fn read_mark(token: &str) -> Result<(String, String)> {
    let text = hex::decode(token).and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.rsplit_once(DIVIDER));
    let owned = parts.map(|(sort, key)| (sort.to_owned(), key.to_owned()));
    owned.ok_or_else(|| Error::invalid("`page` is not the `next` of an answer to this list; start again without it"))
}
