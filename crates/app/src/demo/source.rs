//! The demonstration's data as NDJSON, made while it is read: any number of residents needs the memory of one.

use super::{people, places};
use base::Millis;
use base::zone::Zone;
use serde_json::Value;
use std::io::{Read, Result};

pub struct Residents {
    /// The resident that is made next; 0 are the institutions.
    next: usize,
    last: usize,
    calendar: Calendar,
    text: Vec<u8>,
    at: usize,
}

/// Days back from the day the demonstration was made on.
pub struct Calendar {
    made: Millis,
    zone: Zone,
}

const DAY_MILLIS: Millis = 86_400_000;

impl Calendar {
    /// The calendar day so many days ago.
    pub fn day(&self, days_ago: i64) -> (i16, i8, i8) {
        self.zone.date_of(self.made - days_ago * DAY_MILLIS)
    }

    pub fn date(&self, days_ago: i64) -> String {
        let (year, month, day) = self.day(days_ago);
        format!("{year:04}-{month:02}-{day:02}")
    }

    pub fn instant(&self, days_ago: i64, hour: i64, minute: i64) -> String {
        format!("{}T{hour:02}:{minute:02}:00+08:00", self.date(days_ago))
    }
}

impl Residents {
    /// From `first` to `last`.
    pub fn new(first: usize, last: usize, made: Millis, zone: Zone) -> Residents {
        Residents { next: first, last, calendar: Calendar { made, zone }, text: Vec::new(), at: 0 }
    }

    /// Makes the next resident's lines; false after the last.
    fn make(&mut self) -> bool {
        if self.next > self.last {
            return false;
        }
        let resources = match self.next {
            0 => places::organizations(),
            number => people::resident(number, &self.calendar),
        };
        self.next += 1;
        self.text.clear();
        self.at = 0;
        for resource in resources {
            self.text.extend_from_slice(line(&resource).as_bytes());
        }
        true
    }
}

fn line(resource: &Value) -> String {
    format!("{resource}\n")
}

impl Read for Residents {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.at == self.text.len() {
            if !self.make() {
                return Ok(0);
            }
        }
        let length = out.len().min(self.text.len() - self.at);
        out[..length].copy_from_slice(&self.text[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}
