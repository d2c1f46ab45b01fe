//! What happens to the people of a street: those who had died or left before the census day, and, month by month after
//! it, deaths, moves, weddings, pregnancies and births. Months go outermost, so that a longer city only adds.

use super::Filling;
use super::person::{Maker, Origin, danger};
use super::pregnancy;
use super::pyramid::{self, CENSUS};
use crate::day::{Day, month_of, month_start};
use crate::model::{Person, Sex};
use crate::rng::{Rng, stream};

/// Years before the census day for which those who died or left are filled in.
const YEARS_BEFORE: i32 = 2;
/// Newcomers in a year among 1,000 residents; about as many leave.
const NEWCOMERS: f64 = 0.028;
/// Weddings in a year among 1,000 residents (上海市 2023: 10.5 万对, 2.49 千万人).
const WEDDINGS: f64 = 0.0042;
/// Share of unmarried women who may have a child.
const UNMARRIED_MOTHERS: f64 = 0.04;

/// Index of a person's month; months of the census and after are all above zero.
fn of_month(person: u64, month: i32) -> u64 {
    person << 12 | (month - month_of(CENSUS) + 64).unsigned_abs() as u64
}

/// Those who died or left within two years before the census day.
pub fn before(filling: &mut Filling, maker: &Maker) {
    let settings = maker.settings();
    for block in 0..filling.blocks.len() {
        for nth in 0..filling.blocks[block].len() {
            let person = &filling.blocks[block][nth];
            let age = person.age_on(CENSUS);
            let mut rng = Rng::of(settings.seed, stream::ARRIVALS, person.number);
            let years = f64::from(YEARS_BEFORE);
            let dies = rng.chance(pyramid::death_rate(person.sex, age) * years * settings.rates.deaths);
            let leaves = rng.chance(pyramid::leaving_rate(age) * years * settings.rates.moves);
            if !dies && !leaves {
                continue;
            }
            let (sex, household) = (person.sex, person.household);
            let day = CENSUS - 1 - rng.below((years * 365.0) as u64) as Day;
            let born = (person.born - rng.between(0, 700) as Day).min(day - 1);
            let province = if leaves { maker.province(&mut rng) } else { 0 };
            let arrived = leaves.then_some(day - 30 - rng.exponential(1500.0) as Day);
            let origin = Origin { province, arrived };
            let mut gone = newcomer(filling, maker, block, (sex, born), &origin);
            if dies {
                // Somebody who lived here and is missed by this household.
                gone.died = Some(day);
                place(filling, &mut gone, household);
            } else {
                gone.left = Some(day);
                let household = new_household(filling, maker, &mut rng);
                place(filling, &mut gone, household);
            }
            filling.blocks[block].push(gone);
        }
    }
}

/// From nine months before the census day to the month of the last day that can be lived.
pub fn after(filling: &mut Filling, maker: &Maker) {
    let first = month_of(CENSUS);
    let last = month_of(maker.settings().last().max(CENSUS));
    for month in first - 10..=last {
        for block in 0..filling.blocks.len() {
            let count = filling.blocks[block].len();
            for nth in 0..count {
                one_month(filling, maker, block, nth, month);
            }
            if month >= first {
                newcomers(filling, maker, block, month);
                weddings(filling, maker, block, month);
            }
        }
    }
}

/// A month of one person.
fn one_month(filling: &mut Filling, maker: &Maker, block: usize, nth: usize, month: i32) {
    let settings = maker.settings();
    let person = &filling.blocks[block][nth];
    let start = month_start(month);
    if !person.is_here(start) {
        return;
    }
    let age = person.age_on(start);
    let mut rng = Rng::of(settings.seed, stream::LIFE, of_month(person.number, month));
    let (death, leave, child) = (rng.unit(), rng.unit(), rng.unit());
    let day = start + rng.below((month_start(month + 1) - start) as u64) as Day;
    let fertile = person.sex == Sex::Female && (20..45).contains(&age);
    if fertile {
        conception(filling, maker, (block, nth), day, child, &mut rng);
    }
    if month < month_of(CENSUS) {
        return;
    }
    let person = &mut filling.blocks[block][nth];
    // Who is with child neither dies nor moves; that keeps every birth that has been told.
    if person.pregnancies.iter().any(|pregnancy| day <= pregnancy.end) {
        return;
    }
    if death < pyramid::death_rate(person.sex, age) / 12.0 * danger(person, start) * settings.rates.deaths {
        person.died = Some(day.max(person.born));
    } else if leave < pyramid::leaving_rate(age) / 12.0 * settings.rates.moves {
        person.left = Some(day);
    }
}

/// Whether a woman conceives in a month, and who comes of it.
fn conception(filling: &mut Filling, maker: &Maker, (block, nth): (usize, usize), day: Day, drawn: f64, rng: &mut Rng) {
    let settings = maker.settings();
    let mother = &filling.blocks[block][nth];
    let age = mother.age_on(day);
    let married = mother.is_married(day);
    // Rates are of all women; the married bear nearly all children.
    let share = pyramid::married_share(Sex::Female, age).max(0.06);
    let factor = if married { 1.0 / share } else { UNMARRIED_MOTHERS };
    let monthly = pyramid::birth_rate(age) / 12.0 * factor.min(2.2) * settings.rates.births;
    if drawn >= monthly / (1.0 - pregnancy::LOSSES) {
        return;
    }
    let busy = mother.pregnancies.iter().any(|known| day > known.start - 300 && day < known.end + 240);
    if busy {
        return;
    }
    if rng.chance(pregnancy::LOSSES) {
        let made = pregnancy::draw(maker, mother, day, None, rng);
        filling.blocks[block][nth].pregnancies.push(made);
        return;
    }
    let twins = rng.chance(settings.errors.twins);
    let born = day + pregnancy::term(twins, rng);
    if born < CENSUS || !mother.is_here(born) {
        return;
    }
    let sexes = [0, 1].map(|_| if rng.chance(0.52) { Sex::Male } else { Sex::Female });
    let children = bear(filling, maker, (block, nth), born, &sexes[..if twins { 2 } else { 1 }]);
    let made = pregnancy::draw(maker, &filling.blocks[block][nth], day, Some((born, children)), rng);
    filling.blocks[block][nth].pregnancies.push(made);
}

/// The children of a birth.
fn bear(
    filling: &mut Filling,
    maker: &Maker,
    (block, nth): (usize, usize),
    born: Day,
    sexes: &[Sex],
) -> [Option<u64>; 2] {
    let mother = &filling.blocks[block][nth];
    let (number, household, father, phone) = (mother.number, mother.household, mother.spouse, mother.phone);
    let father = father.or_else(|| filling.wed.get(&number).copied());
    let by_father = filling.blocks[block].iter().find(|person| Some(person.number) == father);
    let named = by_father.unwrap_or(&filling.blocks[block][nth]).name.family;
    let origin = Origin { province: 0, arrived: None };
    let mut children = [None; 2];
    for (at, sex) in sexes.iter().enumerate() {
        let mut child = newcomer(filling, maker, block, (*sex, born), &origin);
        if !named.is_empty() && !child.name.family.is_empty() {
            child.name.family = named;
        }
        child.mother = Some(number);
        child.father = father;
        child.phone = phone;
        place(filling, &mut child, household);
        children[at] = Some(child.number);
        filling.blocks[block].push(child);
    }
    if let [Some(first), Some(second)] = children {
        for child in filling.blocks[block].iter_mut().rev().take(2) {
            child.twin = Some(if child.number == first { second } else { first });
        }
    }
    children
}

/// People who move into a block in a month.
fn newcomers(filling: &mut Filling, maker: &Maker, block: usize, month: i32) {
    let settings = maker.settings();
    let size = filling.places.sections[filling.section].residents as f64 / filling.blocks.len() as f64;
    let global = (filling.places.sections[filling.section].blocks.start + block) as u64;
    let mut rng = Rng::of(settings.seed, stream::ARRIVALS, of_month(u64::MAX >> 13 ^ global, month));
    let start = month_start(month);
    for _ in 0..rng.poisson(size * NEWCOMERS / 12.0 * settings.rates.moves) {
        let age = 18.0 + rng.exponential(11.0).min(60.0);
        let born = start - (age * 365.25) as Day;
        let sex = if rng.chance(0.53) { Sex::Male } else { Sex::Female };
        let day = start + rng.below(28) as Day;
        let province = maker.province(&mut rng);
        let mut person = newcomer(filling, maker, block, (sex, born), &Origin { province, arrived: Some(day) });
        let household = new_household(filling, maker, &mut rng);
        place(filling, &mut person, household);
        filling.blocks[block].push(person);
    }
}

/// Couples of a block who marry in a month.
fn weddings(filling: &mut Filling, maker: &Maker, block: usize, month: i32) {
    let settings = maker.settings();
    let start = month_start(month);
    let size = filling.places.sections[filling.section].residents as f64 / filling.blocks.len() as f64;
    let global = (filling.places.sections[filling.section].blocks.start + block) as u64;
    let mut rng = Rng::of(settings.seed, stream::HOUSEHOLD, of_month(u64::MAX >> 13 ^ global, month));
    for _ in 0..rng.poisson(size * WEDDINGS / 12.0) {
        let people = &mut filling.blocks[block];
        let free = |person: &&Person, sex: Sex, low: i32| {
            let age = person.age_on(start);
            person.sex == sex
                && person.spouse.is_none()
                && person.married.is_none()
                && (low..40).contains(&age)
                && person.is_here(start)
        };
        let women: Vec<u64> = people.iter().filter(|one| free(one, Sex::Female, 22)).map(|one| one.number).collect();
        let men: Vec<u64> = people.iter().filter(|one| free(one, Sex::Male, 23)).map(|one| one.number).collect();
        if women.is_empty() || men.is_empty() {
            return;
        }
        let (bride, groom) = (*rng.pick(&women), *rng.pick(&men));
        let day = start + rng.below(28) as Day;
        filling.wed.insert(bride, groom);
        for person in people.iter_mut() {
            if person.number == bride || person.number == groom {
                person.married = Some(day);
            }
        }
    }
}

/// A person under the next number of a block that is not of the census day.
fn newcomer(filling: &mut Filling, maker: &Maker, block: usize, (sex, born): (Sex, Day), origin: &Origin) -> Person {
    let number = filling.later_number(block);
    maker.person(number, sex, born, origin, &mut filling.numbers)
}

fn place(filling: &mut Filling, person: &mut Person, household: u32) {
    let home = &mut filling.households[household as usize];
    home.members.push(person.number);
    person.household = household;
    person.neighbourhood = home.neighbourhood;
}

fn new_household(filling: &mut Filling, maker: &Maker, rng: &mut Rng) -> u32 {
    let number = filling.households.len() as u32;
    filling.households.push(maker.household(number, rng));
    number
}
