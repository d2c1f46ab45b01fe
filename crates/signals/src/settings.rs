//! What may be set of a method: each setting with its unit, its default and where that comes from. Files hold lines
//! `name = value`; `#` begins a comment.

use crate::Words;
use base::{Error, Result};

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// A number from the first to the second, both included.
    Number(f64, f64),
    Whole(i64, i64),
    Flag,
    OneOf(&'static [&'static str]),
    /// Numbers parted by commas, each within the bounds.
    Numbers(f64, f64),
    Text,
}

/// One setting of a method.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub key: &'static str,
    pub about: Words,
    /// Such as `weeks`; empty for a pure number or a choice.
    pub unit: &'static str,
    /// As it would be written in a file; empty where nothing is set by default.
    pub default: &'static str,
    pub range: Range,
    /// Where the default comes from.
    pub source: &'static str,
}

/// Names and values as somebody has given them, with the line of a file they stand on.
#[derive(Clone, Debug, Default)]
pub struct Given {
    lines: Vec<(String, String, Option<usize>)>,
    /// What errors call the file; empty where it has no name.
    file: String,
}

impl Given {
    /// Reads `name = value` lines; `-` and `_` in names are the same.
    pub fn read(text: &str) -> Result<Given> {
        Given::read_named(text, "")
    }

    /// The same from a file whose name errors give, now and when the settings are used.
    pub fn read_named(text: &str, file: &str) -> Result<Given> {
        let mut given = Given { lines: Vec::new(), file: file.to_owned() };
        for (nth, line) in text.lines().enumerate() {
            let number = nth + 1;
            let line = line.trim_start_matches('\u{feff}').split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                return Err(given.wrong(number, &format!("`{line}` is no setting; write `name = value`")));
            };
            let name = name.trim().replace('-', "_");
            if let Some((_, _, before)) = given.lines.iter().find(|(known, ..)| *known == name) {
                let before = before.unwrap_or_default();
                return Err(given.wrong(number, &format!("`{name}` is already set on line {before}")));
            }
            given.lines.push((name, value.trim().to_owned(), Some(number)));
        }
        Ok(given)
    }

    /// An error about a line of the file.
    fn wrong(&self, line: usize, text: &str) -> Error {
        let file = if self.file.is_empty() { String::new() } else { format!("{}: ", self.file) };
        Error::invalid(format!("{file}line {line}: {text}"))
    }

    /// The same with one more, which outranks what was given before.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Given {
        self.lines.retain(|(known, ..)| known != key);
        self.lines.push((key.to_owned(), value.to_owned(), None));
        self
    }

    /// What is given of a list, and the rest.
    #[must_use]
    pub fn parted(&self, list: &[Setting]) -> (Given, Given) {
        let (of_list, rest) = self.lines.iter().cloned().partition(|(key, ..)| list.iter().any(|one| one.key == key));
        let of = |lines| Given { lines, file: self.file.clone() };
        (of(of_list), of(rest))
    }

    /// Takes out what is given for one part: lines `part.key = value` become `key = value`. In the name of the part, `-` and
    /// `_` are the same.
    pub fn taken(&mut self, part: &str) -> Given {
        let part = part.replace('-', "_");
        let of_part =
            |key: &str| Some(key.split_once('.')?.1.to_owned()).filter(|_| key.split('.').next() == Some(&part));
        let mut taken = Given { lines: Vec::new(), file: self.file.clone() };
        self.lines.retain(|(key, value, line)| match of_part(key) {
            Some(key) => {
                taken.lines.push((key, value.clone(), *line));
                false
            }
            None => true,
        });
        taken
    }
}

/// Every setting of a method with the value it has.
#[derive(Clone, Debug)]
pub struct Settings {
    list: &'static [Setting],
    values: Vec<String>,
}

impl Settings {
    /// What is given, over the defaults.
    ///
    /// # Errors
    /// A name that the method does not know or a value out of its range, with the line of the file and the way out.
    pub fn of(list: &'static [Setting], given: &Given) -> Result<Settings> {
        let mut values: Vec<String> = list.iter().map(|setting| setting.default.to_owned()).collect();
        for (key, value, line) in &given.lines {
            let refuse = |text: String| match line {
                Some(line) => given.wrong(*line, &text),
                None => Error::invalid(text),
            };
            let Some(nth) = list.iter().position(|setting| setting.key == key) else {
                let known: Vec<&str> = list.iter().map(|setting| setting.key).collect();
                return Err(refuse(format!("there is no setting `{key}` here; there are: {}", known.join(", "))));
            };
            list[nth].check(value).map_err(refuse)?;
            values[nth].clone_from(value);
        }
        Ok(Settings { list, values })
    }

    pub fn defaults(list: &'static [Setting]) -> Settings {
        Settings { list, values: list.iter().map(|setting| setting.default.to_owned()).collect() }
    }

    /// The value as text.
    ///
    /// # Panics
    /// If the method has not declared `key`.
    pub fn text(&self, key: &str) -> &str {
        let nth = self.list.iter().position(|setting| setting.key == key).expect("a declared setting");
        &self.values[nth]
    }

    pub fn number(&self, key: &str) -> f64 {
        self.text(key).parse().expect("a checked number")
    }

    /// None where nothing is set.
    pub fn number_if_set(&self, key: &str) -> Option<f64> {
        let text = self.text(key);
        (!text.is_empty()).then(|| text.parse().expect("a checked number"))
    }

    pub fn whole(&self, key: &str) -> i64 {
        self.text(key).parse().expect("a checked whole number")
    }

    pub fn size(&self, key: &str) -> usize {
        usize::try_from(self.whole(key)).expect("a size from nought")
    }

    pub fn flag(&self, key: &str) -> bool {
        self.text(key) == "yes"
    }

    pub fn numbers(&self, key: &str) -> Vec<f64> {
        let text = self.text(key);
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().expect("checked"))
            .collect()
    }

    /// Name and value of each, in the order of declaration: what an answer says it was made with.
    pub fn used(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.list.iter().map(|setting| setting.key).zip(self.values.iter().map(String::as_str))
    }
}

impl Setting {
    fn check(&self, value: &str) -> std::result::Result<(), String> {
        let key = self.key;
        if value.is_empty() && self.default.is_empty() {
            return Ok(());
        }
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        match self.range {
            Range::Number(low, high) => match number(value) {
                Some(given) if (low..=high).contains(&given) => Ok(()),
                _ => Err(format!("`{key}` = `{value}`: give a number from {low} to {high}")),
            },
            Range::Whole(low, high) => match value.parse::<i64>() {
                Ok(given) if (low..=high).contains(&given) => Ok(()),
                _ => Err(format!("`{key}` = `{value}`: give a whole number from {low} to {high}")),
            },
            Range::Flag if ["yes", "no"].contains(&value) => Ok(()),
            Range::Flag => Err(format!("`{key}` = `{value}`: give `yes` or `no`")),
            Range::OneOf(choices) if choices.contains(&value) => Ok(()),
            Range::OneOf(choices) => Err(format!("`{key}` = `{value}`: give one of {}", choices.join(", "))),
            Range::Numbers(low, high) => {
                let good = |part: &str| number(part.trim()).is_some_and(|given| (low..=high).contains(&given));
                if value.split(',').all(good) {
                    Ok(())
                } else {
                    Err(format!("`{key}` = `{value}`: give numbers from {low} to {high}, parted by commas"))
                }
            }
            Range::Text => Ok(()),
        }
    }
}
