//! A city made for a test, and how its lines are read without parsing all of them.

use city::{City, Out, Settings, Window};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

/// What a city has written.
pub struct Made {
    pub text: String,
    pub people: String,
    pub repeats: String,
    /// Arrivals of the lines, where every version is wanted.
    pub arrivals: Vec<(i64, usize, usize)>,
}

impl Made {
    pub fn of(settings: &Settings, window: Window) -> Made {
        let city = City::build(settings.clone()).unwrap();
        let mut out = Out::new(window, settings.only);
        city.places(&mut out);
        for nth in 0..city.blocks() {
            city.block(nth, &mut out);
        }
        let text = String::from_utf8(out.ndjson).unwrap();
        Made { text, people: out.truth.people, repeats: out.truth.repeats, arrivals: out.arrivals }
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }

    pub fn of_type<'a>(&'a self, type_: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let begin = format!("{{\"resourceType\":\"{type_}\"");
        self.lines().filter(move |line| line.starts_with(&begin))
    }
}

/// History up to the end of the settings; made once for equal settings.
pub fn made(settings: &Settings) -> &'static Made {
    static MADE: OnceLock<Mutex<HashMap<String, &'static OnceLock<Made>>>> = OnceLock::new();
    let cell = {
        let mut made = MADE.get_or_init(Mutex::default).lock().unwrap();
        *made.entry(format!("{settings:?}")).or_insert_with(|| Box::leak(Box::default()))
    };
    cell.get_or_init(|| Made::of(settings, Window::history(i64::from(settings.end) * 1440)))
}

/// The text after `after` and before the next `before`.
pub fn within<'a>(line: &'a str, after: &str, before: &str) -> &'a str {
    let Some(begin) = line.find(after) else { return "" };
    let rest = &line[begin + after.len()..];
    &rest[..rest.find(before).unwrap_or(rest.len())]
}

/// The first string of this name after a text; empty where there is none.
pub fn field<'a>(line: &'a str, after: &str, name: &str) -> &'a str {
    let Some(begin) = line.find(after) else { return "" };
    within(&line[begin..], &format!("\"{name}\":\""), "\"")
}

/// Rows of the truth about repeats whose examination had been made at another hospital within two weeks.
pub fn repeats_elsewhere(rows: &str) -> usize {
    rows.lines().filter(|row| row.split(',').nth(9).is_some_and(|hours| !hours.is_empty())).count()
}

/// Number of the person a line belongs to: ids begin with `p12-`.
pub fn person_of(line: &str) -> u64 {
    let id = field(line, "", "id");
    id[1..].split('-').next().unwrap().parse().unwrap()
}

/// Minute of `2026-03-01T08:30:00+08:00` or of midnight of a date.
pub fn minute_of(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let day = city::day::day(number(0, 4) as i32, number(5, 7) as u32, number(8, 10) as u32);
    let of_day = if text.len() > 10 { number(11, 13) * 60 + number(14, 16) } else { 0 };
    i64::from(day) * 1440 + of_day
}
