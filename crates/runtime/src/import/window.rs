//! A Bundle above what is held as a whole, entry by entry.

use super::scan::{self, End};
use base::limits::RESOURCE_BYTES_MAX;
use std::io::{BufRead, Read};

/// Bytes by which the window grows.
const WINDOW_BYTES: usize = 1 << 20;

/// The part of a large Bundle that is in memory.
pub struct Window<'a> {
    pub text: Vec<u8>,
    at: usize,
    reader: &'a mut dyn BufRead,
    /// The line of `counted`.
    pub line: u64,
    counted: usize,
}

pub enum Next {
    /// The line and the place of the next entry.
    Entry(u64, (usize, usize)),
    End,
    Fault(&'static str),
}

impl<'a> Window<'a> {
    /// Starts at the array of entries at `start`.
    pub fn new(text: Vec<u8>, start: usize, reader: &'a mut dyn BufRead) -> Window<'a> {
        let line = 1 + count_lines(&text[..start]);
        Window { text, at: start + 1, reader, line, counted: start }
    }

    /// Finds the next entry, reading on as far as needed.
    pub fn next(&mut self) -> std::io::Result<Next> {
        loop {
            self.at = scan::skip_space(&self.text, self.at);
            let faulty = match self.text.get(self.at) {
                Some(b']') => return Ok(Next::End),
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => match scan::skip_value(&self.text, self.at) {
                    End::At(end) => return Ok(self.entry(end)),
                    End::Malformed => Some("the text is no JSON"),
                    End::Short if self.text.len() - self.at > RESOURCE_BYTES_MAX => Some("the next entry is too large"),
                    End::Short => None,
                },
                None => None,
            };
            if let Some(reason) = faulty {
                return Ok(Next::Fault(reason));
            }
            if !self.grow()? {
                return Ok(Next::Fault("the file ends inside the Bundle"));
            }
        }
    }

    fn entry(&mut self, end: usize) -> Next {
        let start = self.at;
        self.line += count_lines(&self.text[self.counted..start]);
        (self.at, self.counted) = (end, start);
        Next::Entry(self.line, (start, end))
    }

    /// Reads on; false at the end of the file. What is done is dropped once it is half of the window.
    fn grow(&mut self) -> std::io::Result<bool> {
        if self.counted > self.text.len() / 2 {
            self.text.drain(..self.counted);
            self.at -= self.counted;
            self.counted = 0;
        }
        let before = self.text.len();
        Read::take(&mut *self.reader, WINDOW_BYTES as u64).read_to_end(&mut self.text)?;
        Ok(self.text.len() > before)
    }
}

fn count_lines(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}
