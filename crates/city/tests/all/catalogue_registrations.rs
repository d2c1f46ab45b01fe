//! Shares of registrations with each clerical error, from the truth of a city of registrations alone.

use std::collections::BTreeMap;

use city::day::minute;
use city::{City, Day, Out, Part, Settings, Window};

use crate::catalogue_care::day_in;

const END: Day = city::day::day(2026, 12, 10);

#[derive(Default)]
struct Counts {
    registrations: f64,
    errors: BTreeMap<String, f64>,
    /// First registrations within a month of birth, and those on the mother's card.
    newborns: f64,
    on_mothers_card: f64,
}

pub fn errors() -> Vec<(String, f64)> {
    let mut settings = Settings::new(60_000, 4, END);
    settings.only = Some(Part::Registrations);
    let city = City::build(settings).unwrap();
    let mut counts = Counts::default();
    let mut out = Out::new(Window::history(minute(END, 0, 0)), Some(Part::Registrations));
    for block in 0..city.blocks() {
        out.clear();
        city.block(block, &mut out);
        counts.block(&out);
    }
    let mothers_card = ("errors.mothers_card".to_owned(), counts.on_mothers_card * 100.0 / counts.newborns);
    // A twin is no clerical error, and the mother's card is one of newborns only.
    let of_all = counts.errors.iter().filter(|(error, _)| !["twins", "mothers_card"].contains(&error.as_str()));
    let share = |(error, count): (&String, &f64)| (format!("errors.{error}"), count * 100.0 / counts.registrations);
    of_all.map(share).chain([mothers_card]).collect()
}

impl Counts {
    fn block(&mut self, out: &Out) {
        let born = |line: &str| Some((line.split(',').next()?.to_owned(), day_in(line.split(',').nth(4)?)?));
        let births: BTreeMap<String, Day> = out.truth.people.lines().filter_map(born).collect();
        let mut firsts: BTreeMap<&str, (Day, bool)> = BTreeMap::new();
        for line in out.truth.registrations.lines() {
            let cells: Vec<&str> = line.split(',').collect();
            self.registrations += 1.0;
            for error in cells[4].split(';').filter(|error| !error.is_empty()) {
                *self.errors.entry(error.to_owned()).or_default() += 1.0;
            }
            let from = day_in(cells[3]).unwrap();
            let mothers = cells[4].contains("mothers_card");
            let first = firsts.entry(cells[1]).or_insert((from, mothers));
            if from < first.0 {
                *first = (from, mothers);
            }
        }
        for (person, (from, mothers)) in firsts {
            if from - births[person] < 30 {
                self.newborns += 1.0;
                self.on_mothers_card += f64::from(u8::from(mothers));
            }
        }
    }
}
