//! How often residents of an age see a doctor for acute reasons, and when in the week and the day. Together with lasting
//! diseases, pregnancies and checks they make about 10.8 out-patient and emergency visits a resident-year, as Shanghai
//! published before 2023 (more than 260 million visits at 24.9 million residents); the spread over ages follows the National
//! Health Services Survey (two-week visits by age).

use crate::day::{Day, Minute, is_holiday, is_spring_festival, minute, weekday};
use crate::rng::Rng;

/// Out-patient visits a year for acute reasons.
pub const fn clinic_rate(age: i32) -> f64 {
    match age {
        ..1 => 6.4,
        1..4 => 7.6,
        4..7 => 6.6,
        7..15 => 4.2,
        15..25 => 3.2,
        25..45 => 3.6,
        45..60 => 4.8,
        60..70 => 8.0,
        70..80 => 10.5,
        _ => 11.0,
    }
}

/// Emergency and fever clinic visits a year.
pub const fn emergency_rate(age: i32) -> f64 {
    match age {
        ..6 => 1.5,
        6..15 => 0.75,
        15..45 => 0.6,
        45..65 => 0.65,
        65..80 => 0.95,
        _ => 1.5,
    }
}

/// Admissions a year for acute reasons, beside lasting disease, operations and births.
pub const fn stay_rate(age: i32) -> f64 {
    match age {
        ..1 => 0.16,
        1..6 => 0.07,
        6..18 => 0.025,
        18..45 => 0.025,
        45..60 => 0.055,
        60..70 => 0.09,
        70..80 => 0.15,
        _ => 0.24,
    }
}

/// Planned operations a year.
pub const fn operation_rate(age: i32) -> f64 {
    match age {
        ..3 => 0.0,
        3..18 => 0.008,
        18..45 => 0.022,
        45..60 => 0.05,
        60..70 => 0.075,
        70..80 => 0.07,
        _ => 0.03,
    }
}

/// Weights of weekdays in clinics; the highest is a Monday.
const CLINIC_DAYS: [f64; 7] = [1.3, 1.12, 1.05, 1.02, 0.98, 0.66, 0.48];
const CLINIC_MEAN: f64 = 0.944;
const EMERGENCY_DAYS: [f64; 7] = [1.0, 0.95, 0.94, 0.94, 0.97, 1.12, 1.14];
const EMERGENCY_MOST: f64 = 1.3;

/// By how much a rate is raised so that the visits left after `clinic_opens` are as many as meant.
pub const CLINIC_THINNING: f64 = 1.3 / CLINIC_MEAN;
pub const EMERGENCY_THINNING: f64 = EMERGENCY_MOST / 1.01;

/// Whether a visit on this day is kept.
pub fn clinic_opens(on: Day, rng: &mut Rng) -> bool {
    let weight = if is_spring_festival(on) {
        0.16
    } else if is_holiday(on) {
        0.34
    } else {
        CLINIC_DAYS[weekday(on) as usize]
    };
    rng.chance(weight / 1.3)
}

/// Emergency is busier when clinics are closed.
pub fn emergency_opens(on: Day, rng: &mut Rng) -> bool {
    let weight = if is_holiday(on) { 1.22 } else { EMERGENCY_DAYS[weekday(on) as usize] };
    rng.chance(weight / EMERGENCY_MOST)
}

/// Visits of a clinic begin from 8:00, most before noon; few come after 16:30.
pub fn clinic_minute(on: Day, rng: &mut Rng) -> Minute {
    let of_day = if rng.chance(0.64) {
        470 + (rng.unit().powf(1.25) * 235.0) as i64
    } else {
        780 + (rng.unit().powf(1.15) * 210.0) as i64
    };
    minute(on, 0, of_day)
}

/// Share of emergency visits in each hour: evenings most, few before dawn.
const HOURS: [f64; 24] = [
    2.6, 2.0, 1.6, 1.4, 1.3, 1.5, 2.2, 3.2, 4.6, 5.2, 5.3, 4.8, 4.2, 4.3, 4.6, 4.7, 4.9, 5.2, 5.9, 6.8, 6.9, 6.2, 5.0,
    3.6,
];

pub fn emergency_minute(on: Day, rng: &mut Rng) -> Minute {
    let hour = rng.by_weight(&HOURS) as i64;
    minute(on, hour, rng.between(0, 59))
}
