//! Names by birth cohort. Any likeness to a person is chance: surnames, given names and numbers are drawn separately.

use crate::day::{Day, date};
use crate::model::{Name, Sex, Short};
use crate::rng::{Rng, cumulative};
use std::sync::LazyLock;

const SURNAMES: &str = include_str!("../../data/surnames.csv");
const GIVEN: &str = include_str!("../../data/given.csv");
const FOREIGN: &str = include_str!("../../data/foreign.csv");

pub static TABLES: LazyLock<NameTables> = LazyLock::new(NameTables::read);

pub struct NameTables {
    pub surnames: Vec<&'static str>,
    surname_sums: Vec<f64>,
    cohorts: Vec<Cohort>,
    /// The name as borne, then as clerks write it.
    pub foreign: Vec<[&'static str; 4]>,
}

/// Given names of those born from a year on.
struct Cohort {
    from: i32,
    sex: Sex,
    whole: Vec<&'static str>,
    whole_sums: Vec<f64>,
    first: Vec<&'static str>,
    second: Vec<&'static str>,
    single: Vec<&'static str>,
}

/// Shares of names that are common whole names and of one character, by birth year: one character was in fashion from
/// the seventies to the nineties, about.
const SHAPES: [(i32, f64, f64); 8] = [
    (1900, 0.35, 0.06),
    (1950, 0.30, 0.12),
    (1960, 0.26, 0.22),
    (1970, 0.24, 0.34),
    (1985, 0.22, 0.36),
    (1995, 0.25, 0.18),
    (2005, 0.30, 0.08),
    (2014, 0.30, 0.05),
];

impl NameTables {
    fn read() -> NameTables {
        let mut surnames = Vec::new();
        let mut shares = Vec::new();
        for line in rows(SURNAMES) {
            if let Some((surname, share)) = line.split_once(',') {
                surnames.push(surname);
                shares.push(share.parse().unwrap_or(0.01));
            }
        }
        let mut cohorts: Vec<Cohort> = Vec::new();
        for line in rows(GIVEN) {
            let mut fields = line.splitn(4, ',');
            let (Some(year), Some(sex), Some(kind), Some(names)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let sex = if sex == "f" { Sex::Female } else { Sex::Male };
            let from = year.parse().unwrap_or(0);
            if !cohorts.last().is_some_and(|cohort| cohort.from == from && cohort.sex == sex) {
                let none = Vec::new;
                cohorts.push(Cohort {
                    from,
                    sex,
                    whole: none(),
                    whole_sums: Vec::new(),
                    first: none(),
                    second: none(),
                    single: none(),
                });
            }
            let Some(cohort) = cohorts.last_mut() else { continue };
            let names: Vec<&str> = names.split_whitespace().collect();
            match kind {
                "whole" => {
                    // The first is about three times as common as the twentieth.
                    cohort.whole_sums = cumulative((0..names.len()).map(|nth| 1.0 / (nth as f64 + 8.0)));
                    cohort.whole = names;
                }
                "first" => cohort.first = names,
                "second" => cohort.second = names,
                _ => cohort.single = names,
            }
        }
        let foreign = rows(FOREIGN).filter_map(|line| line.split(',').collect::<Vec<_>>().try_into().ok()).collect();
        NameTables { surnames, surname_sums: cumulative(shares), cohorts, foreign }
    }

    pub fn surname(&self, rng: &mut Rng) -> &'static str {
        self.surnames[rng.weighted(&self.surname_sums)]
    }

    pub fn given(&self, sex: Sex, born: Day, rng: &mut Rng) -> Short {
        let (year, _, _) = date(born);
        // Fashions overlap: some names are a few years early or late.
        let year = year + rng.between(-4, 4) as i32;
        let found = self.cohorts.iter().rev().find(|cohort| cohort.sex == sex && cohort.from <= year);
        let Some(cohort) = found.or(self.cohorts.iter().find(|cohort| cohort.sex == sex)) else {
            return Short::new("安");
        };
        let (_, whole, single) = SHAPES.iter().rev().find(|(from, _, _)| *from <= year).copied().unwrap_or(SHAPES[0]);
        let drawn = rng.unit();
        if drawn < single {
            return Short::new(rng.pick::<&str>(&cohort.single));
        }
        if drawn < single + whole {
            return Short::new(cohort.whole[rng.weighted(&cohort.whole_sums)]);
        }
        let (first, second) = (*rng.pick(&cohort.first), *rng.pick(&cohort.second));
        let mut both = [0; 8];
        both[..first.len()].copy_from_slice(first.as_bytes());
        both[first.len()..first.len() + second.len()].copy_from_slice(second.as_bytes());
        Short::new(std::str::from_utf8(&both[..first.len() + second.len()]).unwrap_or(first))
    }

    pub fn name(&self, sex: Sex, born: Day, rng: &mut Rng) -> Name {
        Name { family: self.surname(rng), given: self.given(sex, born, rng) }
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}
