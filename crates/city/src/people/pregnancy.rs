//! Pregnancies: those that young residents come from, those to come, and their risk in five colours.

use super::person::Maker;
use super::pyramid::CENSUS;
use crate::day::{Day, age_on};
use crate::model::{Disease, Outcome, Person, Pregnancy, Risk};
use crate::rng::{Rng, stream};

/// Children up to this age have a mother whose pregnancy is told.
const YEARS_BACK: i32 = 7;
/// Pregnancies that end early, among those known (after 中国妇幼健康事业发展报告).
pub const LOSSES: f64 = 0.13;
/// Births by operation (Shanghai 2020 about).
const CAESAREANS: f64 = 0.42;
/// Days from the first day of the last period to birth: mean and spread; 7 of 100 are born before the 37th week.
const TERM: f64 = 276.0;

/// The pregnancies of mothers whose children are among the residents of a block.
pub fn of_children(maker: &Maker, people: &mut [Person], first: u64) {
    for nth in 0..people.len() {
        let child = &people[nth];
        let age = age_on(child.born, CENSUS);
        let Some(mother) = child.mother.filter(|mother| *mother >= first) else { continue };
        if age >= YEARS_BACK || child.twin.is_some_and(|twin| twin < child.number) {
            continue;
        }
        let at = (mother - first) as usize;
        let children = [Some(child.number), child.twin];
        let born = child.born;
        let mut rng = Rng::of(maker.seed(), stream::PREGNANCY, child.number);
        let start = born - term(child.twin.is_some(), &mut rng);
        let made = draw(maker, &people[at], start, Some((born, children)), &mut rng);
        people[at].pregnancies.push(made);
    }
    for person in people.iter_mut() {
        person.pregnancies.sort_by_key(|pregnancy| pregnancy.start);
    }
}

/// Days a pregnancy takes that ends in birth.
pub fn term(twins: bool, rng: &mut Rng) -> Day {
    let early = if rng.chance(0.06) { rng.exponential(14.0) + 10.0 } else { 0.0 };
    let days = TERM - early - if twins { 16.0 } else { 0.0 } + 7.5 * rng.normal();
    (days as Day).clamp(190, 294)
}

/// A pregnancy from `start`; `birth` is the day and the children, none where it ends early.
pub fn draw(
    maker: &Maker,
    mother: &Person,
    start: Day,
    birth: Option<(Day, [Option<u64>; 2])>,
    rng: &mut Rng,
) -> Pregnancy {
    let hospital = maker.obstetric(rng);
    let twins = birth.is_some_and(|(_, children)| children[1].is_some());
    let risk = risk(mother, start, twins, rng);
    let caesarean = rng.chance(CAESAREANS * if twins { 1.8 } else { 1.0 });
    let loss = start + rng.between(45, 85) as Day;
    Pregnancy {
        start,
        due: start + 280,
        end: birth.map_or(loss, |(day, _)| day),
        risk,
        outcome: match birth {
            Some(_) if caesarean => Outcome::Caesarean,
            Some(_) => Outcome::Birth,
            None => Outcome::Loss,
        },
        children: birth.map_or([None; 2], |(_, children)| children),
        hospital,
    }
}

/// The colour of 国卫妇幼发〔2017〕35号: from 35 years yellow, from 40 orange; illnesses and chance for the rest, so that of a
/// hundred about 55 are green, 32 yellow, 9 orange, 1 red and 3 purple.
fn risk(mother: &Person, start: Day, twins: bool, rng: &mut Rng) -> Risk {
    let age = mother.age_on(start);
    let has = |disease: Disease| mother.has(disease, start);
    let drawn = rng.unit();
    if has(Disease::HepatitisB) && drawn < 0.5 || drawn < 0.012 {
        return Risk::Purple;
    }
    let serious = has(Disease::HeartFailure) || has(Disease::ChronicKidney);
    if drawn > 0.994 || (serious && drawn > 0.7) {
        return Risk::Red;
    }
    if age >= 40 || serious || has(Disease::Diabetes) || has(Disease::Hypertension) || drawn > 0.945 {
        return Risk::Orange;
    }
    if age >= 35 || age <= 18 || twins || has(Disease::Thyroid) || drawn > 0.70 {
        return Risk::Yellow;
    }
    Risk::Green
}
