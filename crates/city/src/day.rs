//! Days and minutes of the city, local time at +08:00 the whole year, and its public holidays.

pub use base::calendar::{Day, date, day, weekday};
use base::calendar::{Lunar, lunar, spring_festival};

/// Local minutes since 1970-01-01T00:00.
pub type Minute = i64;

pub const DAY_MINUTES: Minute = 1440;

/// A minute of a day.
pub const fn minute(day: Day, hour: i64, minute: i64) -> Minute {
    day as Minute * DAY_MINUTES + hour * 60 + minute
}

pub const fn day_of(minute: Minute) -> Day {
    minute.div_euclid(DAY_MINUTES) as Day
}

/// Completed years of life on a day; negative before birth.
pub const fn age_on(born: Day, on: Day) -> i32 {
    let (year, month, date_of_birth) = date(born);
    let (now, now_month, now_date) = date(on);
    let before = now_month < month || (now_month == month && now_date < date_of_birth);
    now - year - before as i32
}

/// Months since the year 0, for indexes of what happens month by month.
pub const fn month_of(day: Day) -> i32 {
    let (year, month, _) = date(day);
    year * 12 + month as i32 - 1
}

/// The first day of a month counted as by `month_of`.
pub const fn month_start(month: i32) -> Day {
    day(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
}

/// Fraction of the year that has passed, 0 on the first of January.
pub fn season(on: Day) -> f64 {
    let (year, _, _) = date(on);
    f64::from(on - day(year, 1, 1)) / 365.25
}

/// The years whose lunar days the city keeps. More are known, but a seed goes on to mean the same bytes.
const FESTIVALS: std::ops::RangeInclusive<i32> = 2015..=2036;
const LUNAR_DAYS: std::ops::RangeInclusive<i32> = 2020..=2030;

/// The seven days from the eve of the lunar new year.
pub fn is_spring_festival(day: Day) -> bool {
    let (year, ..) = date(day);
    let first = if FESTIVALS.contains(&year) { spring_festival(year) } else { None };
    first.is_some_and(|first| (first - 1..first + 6).contains(&day))
}

/// Public holidays without make-up days: 1 January, Spring Festival, Qingming, May Day, Dragon Boat, Mid-Autumn,
/// the National Day week (全国年节及纪念日放假办法, as amended in 2024). `base::calendar` knows what was given notice of.
pub fn is_holiday(day: Day) -> bool {
    let (year, month, date) = date(day);
    let fixed = matches!((month, date), (1, 1) | (4, 4) | (5, 1..=5) | (10, 1..=7));
    let moving = || [Lunar::DragonBoat, Lunar::MidAutumn].iter().any(|which| lunar(year, *which) == Some(day));
    fixed || is_spring_festival(day) || (matches!(month, 5..=6 | 9..=10) && LUNAR_DAYS.contains(&year) && moving())
}

/// Neither weekend nor holiday.
pub fn is_working_day(day: Day) -> bool {
    weekday(day) < 5 && !is_holiday(day)
}

/// Summer (July, August) or winter (from mid-January for five weeks): schools are closed.
pub fn is_school_holiday(day: Day) -> bool {
    let (_, month, date) = date(day);
    matches!((month, date), (7 | 8, _) | (1, 18..) | (2, ..=20))
}

/// `2026-03-01`.
pub fn write_date(out: &mut Vec<u8>, day: Day) {
    let (year, month, date) = date(day);
    digits(out, year.unsigned_abs(), 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, date, 2);
}

/// `2026-03-01T08:30:00+08:00`.
pub fn write_minute(out: &mut Vec<u8>, minute: Minute) {
    write_date(out, day_of(minute));
    let of_day = minute.rem_euclid(DAY_MINUTES) as u32;
    out.push(b'T');
    digits(out, of_day / 60, 2);
    out.push(b':');
    digits(out, of_day % 60, 2);
    out.extend_from_slice(b":00+08:00");
}

fn digits(out: &mut Vec<u8>, mut number: u32, length: usize) {
    let start = out.len();
    out.resize(start + length, b'0');
    for place in out[start..].iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

pub fn date_text(day: Day) -> String {
    let mut out = Vec::with_capacity(10);
    write_date(&mut out, day);
    String::from_utf8(out).unwrap_or_default()
}

pub fn minute_text(minute: Minute) -> String {
    let mut out = Vec::with_capacity(25);
    write_minute(&mut out, minute);
    String::from_utf8(out).unwrap_or_default()
}

/// The minute that such a text names.
pub fn minute_named(text: &str) -> Option<Minute> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let on = day(text.get(..4)?.parse().ok()?, number(5, 7)?, number(8, 10)?);
    Some(minute(on, number(11, 13)?.into(), number(14, 16)?.into()))
}
