//! The age pyramid, laid on the census day, and what follows from age and sex.

use crate::day::{Day, day};
use crate::model::Sex;

/// The day on which the pyramid holds. What happens before it is filled in backwards (those who had died or moved away),
/// what comes after it is lived month by month; so a city's past does not depend on how long it lives.
pub const CENSUS: Day = day(2026, 1, 1);

/// A band of five years of age.
pub struct Band {
    pub low: i32,
    /// Share of all residents in percent.
    pub share: f64,
    /// Share of men in the band, before all are scaled to the published sex ratio.
    pub male: f64,
}

const fn band(low: i32, share: f64, male: f64) -> Band {
    Band { low, share, male }
}

/// Shanghai, 第七次全国人口普查 2020: ages 0-14 9.80 %, 15-59 66.82 %, 60 and over 23.38 %, 65 and over 16.28 %; men 51.77 %
/// (上海市第七次全国人口普查主要数据公报 第三号、第四号). The split into five-year bands within those sums follows the
/// census yearbook about; the last band is open.
pub const BANDS: [Band; 19] = [
    band(0, 3.66, 0.521),
    band(5, 3.65, 0.523),
    band(10, 2.49, 0.527),
    band(15, 2.79, 0.545),
    band(20, 6.58, 0.540),
    band(25, 9.30, 0.528),
    band(30, 11.20, 0.518),
    band(35, 9.40, 0.520),
    band(40, 7.30, 0.525),
    band(45, 7.20, 0.532),
    band(50, 7.10, 0.535),
    band(55, 5.95, 0.522),
    band(60, 7.10, 0.502),
    band(65, 6.64, 0.491),
    band(70, 4.02, 0.487),
    band(75, 2.19, 0.474),
    band(80, 1.76, 0.438),
    band(85, 1.15, 0.405),
    band(90, 0.52, 0.360),
];

/// Men among all residents (the same census).
pub const MALE: f64 = 0.5177;

/// Weights of (band, sex), women first in each band.
pub fn cells() -> Vec<f64> {
    let raw: f64 = BANDS.iter().map(|band| band.share * band.male).sum::<f64>() / 100.0;
    let scale = MALE / raw;
    let both = |band: &Band| {
        let male = band.share * band.male * scale;
        [band.share - male, male]
    };
    BANDS.iter().flat_map(both).collect()
}

/// Deaths in a year among 1,000 men and 1,000 women by age (after the life table of Shanghai 2020: men 81.2, women
/// 86.2 years of life; about 6 of 1,000 residents die in a year).
const DEATHS: [(i32, f64, f64); 15] = [
    (0, 2.0, 1.7),
    (1, 0.2, 0.15),
    (15, 0.3, 0.15),
    (30, 0.6, 0.3),
    (40, 1.2, 0.6),
    (45, 1.9, 1.0),
    (50, 3.1, 1.5),
    (55, 5.0, 2.3),
    (60, 8.0, 3.7),
    (65, 12.8, 6.3),
    (70, 21.0, 11.5),
    (75, 37.0, 22.0),
    (80, 66.0, 44.0),
    (85, 115.0, 87.0),
    (90, 210.0, 180.0),
];

/// The chance of dying within a year.
pub fn death_rate(sex: Sex, age: i32) -> f64 {
    let row = DEATHS.iter().rev().find(|row| row.0 <= age).unwrap_or(&DEATHS[0]);
    (if sex == Sex::Male { row.1 } else { row.2 }) / 1000.0
}

/// Births in a year among 1,000 women by age: their shape after the census of 2020, their height so that 4.8 children are
/// born to 1,000 residents in a year (上海市 2024: 11.8 万人).
pub fn birth_rate(age: i32) -> f64 {
    let per_thousand = match age {
        20..=24 => 14.0,
        25..=29 => 43.0,
        30..=34 => 39.0,
        35..=39 => 14.0,
        40..=44 => 2.8,
        _ => 0.0,
    };
    per_thousand / 1000.0
}

/// The chance of moving away within a year; as many arrive (about 3 of 100 residents each way).
pub fn leaving_rate(age: i32) -> f64 {
    match age {
        18..=24 => 0.07,
        25..=34 => 0.055,
        35..=49 => 0.025,
        50..=64 => 0.012,
        65.. => 0.005,
        _ => 0.02,
    }
}

/// Share that has married by an age (after the census of 2020; women marry two years earlier).
pub fn married_share(sex: Sex, age: i32) -> f64 {
    let age = if sex == Sex::Female { age + 2 } else { age };
    match age {
        ..22 => 0.0,
        22..=24 => 0.08,
        25..=27 => 0.25,
        28..=29 => 0.45,
        30..=32 => 0.65,
        33..=34 => 0.78,
        35..=39 => 0.87,
        40..=64 => 0.94,
        _ => 0.96,
    }
}
