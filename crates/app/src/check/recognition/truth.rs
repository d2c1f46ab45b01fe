//! The truth of a city that the check needs: which orders came after what was known, and whose each registration is.

use anyhow::{Context, bail};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// An examination before which the same had been made (docs/city.md, `repeats.csv`). Times are local and of one offset, so
/// they compare as texts.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Report of the earlier result that could have stood for it, or of the one that comes closest.
    pub first: String,
    pub item: String,
    /// The earlier result is of the same institution.
    pub own: bool,
    pub avoidable: bool,
    /// Why it was not avoidable.
    pub reason: String,
    pub ordered: String,
    /// When the earlier result, ready for use, reached the platform.
    pub arrived: String,
    pub fen: i64,
}

#[derive(Debug, Default)]
pub struct Truth {
    /// By the report that was made again, whose order has the same id.
    repeats: HashMap<String, Repeat>,
    /// Registration to person.
    persons: HashMap<String, String>,
    /// Registrations made on the card of somebody else.
    on_anothers_card: HashSet<String>,
}

impl Truth {
    /// From a folder that `jingluo city --truth` has written.
    pub fn read(dir: &Path) -> anyhow::Result<Truth> {
        let mut truth = Truth::default();
        let rows = |name: &str, header: &str| -> anyhow::Result<String> {
            let path = dir.join(name);
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
            match text.split_once('\n') {
                Some((first, rows)) if first == header => Ok(rows.to_owned()),
                _ => bail!("`{}` is of another version; make the city's truth again", path.display()),
            }
        };
        let header =
            |name: &str| city::Truth::HEADERS.iter().find(|(file, _)| *file == name).map_or("", |(_, row)| row);
        truth.add_repeats(&rows("repeats.csv", header("repeats.csv"))?)?;
        truth.add_registrations(&rows("registrations.csv", header("registrations.csv"))?)?;
        Ok(truth)
    }

    pub fn add_repeats(&mut self, rows: &str) -> anyhow::Result<()> {
        for row in rows.lines() {
            let cells: Vec<&str> = row.split(',').collect();
            let [_, first, second, item, place, again, _, avoidable, reason, _, ordered, _, arrived, fen] =
                cells.as_slice()
            else {
                bail!("`{row}` is no row of `repeats.csv`");
            };
            let repeat = Repeat {
                first: (*first).to_owned(),
                item: (*item).to_owned(),
                own: place == again,
                avoidable: *avoidable == "yes",
                reason: (*reason).to_owned(),
                ordered: (*ordered).to_owned(),
                arrived: (*arrived).to_owned(),
                fen: fen.parse().with_context(|| format!("`{row}`: no price"))?,
            };
            self.repeats.insert((*second).to_owned(), repeat);
        }
        Ok(())
    }

    pub fn add_registrations(&mut self, rows: &str) -> anyhow::Result<()> {
        for row in rows.lines() {
            let mut cells = row.split(',');
            let (Some(registration), Some(person)) = (cells.next(), cells.next()) else {
                bail!("`{row}` is no row of `registrations.csv`");
            };
            self.persons.insert(registration.to_owned(), person.to_owned());
            if row.contains("borrowed_card") || row.contains("mothers_card") {
                self.on_anothers_card.insert(registration.to_owned());
            }
        }
        Ok(())
    }

    pub fn repeat(&self, order: &str) -> Option<&Repeat> {
        self.repeats.get(order)
    }

    pub fn is_on_anothers_card(&self, registration: &str) -> bool {
        self.on_anothers_card.contains(registration)
    }

    /// Whose a registration is; none where the city has no such registration.
    pub fn person(&self, registration: &str) -> Option<&str> {
        self.persons.get(registration).map(String::as_str)
    }
}
