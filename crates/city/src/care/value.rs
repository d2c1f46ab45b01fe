//! Results: a person's own level within the reference range, moved by lasting disease as it begins, is treated and goes on,
//! by the acute illness, by the laboratory, and by the day.

use super::plan::{Contact, Kind, Plan, Reason};
use super::tables::{Lasting, Test, TestKind};
use crate::day::{DAY_MINUTES, Day, Minute, day_of};
use crate::model::{Disease, Sex};
use crate::rng::{Rng, stream};

/// Draws of a person's own level of a test.
const LEVEL: u32 = stream::CARE + 4;
/// Draws of how far a laboratory lies from the others.
const LABORATORY: u32 = stream::CARE + 5;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Positive(bool),
    /// 0 negative, 1 to 3 plus.
    Grade(u8),
}

/// The value of a test of the tables, found at a minute of a contact.
pub fn value(plan: &Plan, contact: &Contact, nth: u8, at: Minute, rng: &mut Rng) -> Value {
    let test = &plan.tables.tests[nth as usize];
    let moved = lasting_moves(plan, nth, day_of(at)) + acute_moves(plan, contact, nth, at, rng);
    let mut own = Rng::of(plan.seed(), LEVEL, plan.person.number << 8 | u64::from(nth));
    match test.kind {
        TestKind::Quantity => {
            let level = own.normal().clamp(-2.6, 2.6);
            Value::Number(quantity(plan, contact, test, nth, level, moved, rng))
        }
        TestKind::Presence => {
            // Chronic carriage is the same every time; what is met by chance is not.
            let stable = matches!(test.key, "hbsag" | "hiv" | "syph" | "hp");
            let drawn = if stable { own.unit() } else { rng.unit() };
            Value::Positive(drawn < test.spread + moved)
        }
        TestKind::Grade => {
            let drawn = rng.unit();
            let chance = test.spread + moved;
            Value::Grade(if drawn >= chance { 0 } else { 1 + (drawn / chance.max(0.01) * 2.4) as u8 })
        }
    }
}

fn quantity(plan: &Plan, contact: &Contact, test: &Test, nth: u8, level: f64, moved: f64, rng: &mut Rng) -> f64 {
    let age = plan.age(day_of(contact.start));
    let (low, high) = test.range(plan.person.sex, age);
    let width = high - low;
    let index = u64::from(contact.institution) << 8 | u64::from(nth);
    let bias = 0.03 * Rng::of(plan.seed(), LABORATORY, index).normal().clamp(-2.5, 2.5);
    let middle = low + width * (test.centre + test.spread * level + moved + bias);
    let floor = if low > 0.0 { low * 0.3 } else { high * 0.02 };
    let noise = (test.within / 100.0 * rng.normal().clamp(-3.0, 3.0)).exp();
    let found = middle.max(floor) * noise;
    match test.key {
        // What the body cannot leave.
        "ph" => found.clamp(6.9, 7.65),
        "na" => found.clamp(118.0, 165.0),
        "k" => found.clamp(2.2, 7.2),
        "neu" | "lym" => found.clamp(2.0, 96.0),
        "uph" => found.clamp(4.5, 8.5),
        "alb" => found.clamp(17.0, 62.0),
        "usg" => found.clamp(1.002, 1.035),
        "po2" => found.clamp(38.0, 110.0),
        _ => found,
    }
}

fn lasting_moves(plan: &Plan, nth: u8, on: Day) -> f64 {
    let mut sum = 0.0;
    for chronic in &plan.person.chronic {
        let lasting = plan.tables.lasting(chronic.disease);
        if let Some((_, by)) = lasting.moves.iter().find(|(test, _)| *test == nth) {
            let severity = 0.4 + 0.3 * f64::from(chronic.severity);
            sum += by * severity * course(lasting, chronic.disease, f64::from(on - chronic.onset) / 365.25);
        }
    }
    sum
}

/// How much of a disease shows: it comes over two years, treatment takes hold within one, and what cannot be held back grows.
fn course(lasting: &Lasting, disease: Disease, years: f64) -> f64 {
    if years < 0.0 {
        return (1.0 + years / 2.0).max(0.0);
    }
    let treated = lasting.treated + (1.0 - lasting.treated) * (-2.0 * years).exp();
    let grows = match disease {
        Disease::ChronicKidney => 0.07,
        Disease::Copd | Disease::HeartFailure => 0.05,
        Disease::Diabetes => 0.025,
        Disease::LungCancer | Disease::LiverCancer | Disease::StomachCancer => 0.15,
        _ => 0.0,
    };
    treated * (1.0 + grows * years.min(15.0))
}

/// The illness of the day; within a stay it wanes.
fn acute_moves(plan: &Plan, contact: &Contact, nth: u8, at: Minute, rng: &mut Rng) -> f64 {
    let diagnosis = match contact.reason {
        Reason::Acute(reason) => Some(plan.acute(reason)),
        Reason::Operation(operation) => Some(plan.acute(plan.tables.operations[operation as usize].diagnosis)),
        Reason::Infection(infection) => plan.infectious(infection),
        Reason::Newborn => plan.tables.diagnosis("P59.9").map(|found| plan.acute(found)),
        Reason::Antenatal(..) | Reason::Birth(_) => return pregnant(plan.tables.tests[nth as usize].key),
        _ => None,
    };
    let strength = 0.45 + 0.9 * rng.unit();
    let found = diagnosis.and_then(|diagnosis| diagnosis.moves.iter().find(|(test, _)| *test == nth));
    let Some((_, by)) = found else { return 0.0 };
    let days = (at - contact.start) as f64 / DAY_MINUTES as f64;
    let left = if contact.kind == Kind::Stay { (-days / 4.5).exp() } else { 1.0 };
    by * strength * left
}

/// What pregnancy does to results.
fn pregnant(key: &str) -> f64 {
    match key {
        "hgb" | "hct" => -0.25,
        "wbc" => 0.25,
        "fib" => 0.6,
        "alb" => -0.35,
        "crea" => -0.35,
        "ppg" => 0.05,
        _ => 0.0,
    }
}

/// The filtration rate that belongs to a creatinine (CKD-EPI 2009 without race, as Chinese laboratories report it).
pub fn filtration(creatinine: f64, sex: Sex, age: i32) -> f64 {
    let (kappa, alpha, factor) = if sex == Sex::Female { (61.9, -0.329, 1.018) } else { (79.6, -0.411, 1.0) };
    let ratio = creatinine / kappa;
    let years = f64::from(age.max(18));
    (141.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.209) * 0.993_f64.powf(years) * factor).min(150.0)
}

/// Systolic and diastolic pressure on a day.
pub fn pressure(plan: &Plan, on: Day, rng: &mut Rng) -> (f64, f64) {
    let mut own = plan.life(20);
    let age = f64::from(plan.age(on));
    let mut systolic = 98.0 + age.min(18.0) * 0.9 + (age - 40.0).max(0.0) * 0.28 + 7.0 * own.normal().clamp(-2.0, 2.0);
    for chronic in &plan.person.chronic {
        if chronic.disease == Disease::Hypertension {
            let years = f64::from(on - chronic.onset) / 365.25;
            let shown = if years < 0.0 { (1.0 + years / 3.0).max(0.0) } else { 0.42 + 0.58 * (-1.6 * years).exp() };
            systolic += (22.0 + 8.0 * f64::from(chronic.severity)) * shown;
        }
    }
    let systolic = (systolic + 7.0 * rng.normal()).clamp(78.0, 218.0).round();
    let share = 0.63 - (age - 55.0).max(0.0) * 0.0022;
    (systolic, (systolic * share + 4.0 * rng.normal()).clamp(42.0, systolic - 18.0).round())
}

/// Height in cm and weight in kg on a day: a person's own place on the curve of age and sex.
pub fn body(plan: &Plan, on: Day, rng: &mut Rng) -> (f64, f64) {
    let mut own = plan.life(21);
    let (tall, heavy) = (own.normal().clamp(-2.4, 2.4), own.normal().clamp(-2.0, 2.6));
    let years = f64::from(on - plan.person.born).max(0.0) / 365.25;
    let male = plan.person.sex == Sex::Male;
    let (mean, spread) = height(years, male);
    let centimetres = mean + spread * tall;
    // Mass index: infants about 17, small children 15.5, adults 23 to 24.
    let index = match years {
        ..0.3 => 13.5 + years * 12.0,
        0.3..2.0 => 17.0 - (years - 0.3) * 0.6,
        2.0..7.0 => 15.6,
        7.0..18.0 => 15.6 + (years - 7.0) * 0.52,
        18.0..40.0 => 21.6 + (years - 18.0) * 0.09,
        _ => 23.7,
    };
    let index = index + heavy * if years < 7.0 { 1.2 } else { 2.9 } + 0.12 * rng.normal();
    (centimetres, index.max(11.5) * centimetres * centimetres / 10_000.0)
}

/// Mean and deviation of height in cm, after the growth standards of WS/T 423 and WS/T 612 and the adult survey of 2020.
fn height(years: f64, male: bool) -> (f64, f64) {
    let sex = if male { 1.0 } else { 0.0 };
    match years {
        ..1.0 => (49.6 + 0.7 * sex + 26.0 * years.powf(0.62), 2.2),
        1.0..3.0 => (75.6 + 0.9 * sex + (years - 1.0) * 10.4, 3.0),
        3.0..12.0 => (96.6 + 1.0 * sex + (years - 3.0) * 6.35, 5.0),
        12.0..17.0 => (153.8 + (years - 12.0) * (1.5 + 2.5 * sex), 6.0),
        17.0..45.0 => (160.5 + 12.2 * sex, 5.6),
        _ => (160.0 + 11.8 * sex - (years - 45.0) * 0.11, 5.6),
    }
}
